"""The Settings form of an older site shows how follow-ups are kept, once they are switched on."""

from customer_tiering.site.acting import switches


def execute() -> None:
	switches.write_defaults()
