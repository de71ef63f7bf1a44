"""The verb ``policies``: which ready-made ones there are, and one of them to edit."""

from __future__ import annotations

import json

import click

from customer_tiering import policies
from customer_tiering.command.chosen_policy import ready_made
from customer_tiering.command.language import language_option
from customer_tiering.command.shown import tables, terminal
from customer_tiering.engine import Policy


@click.command("policies")
@click.argument("name", required=False)
@language_option
def list_policies(name: str | None) -> None:
	"""List the ready-made policies, or print one as JSON to edit.

	\b
	  customer-tiering policies rfm > my-policy.json
	  customer-tiering score sales.csv --policy my-policy.json
	"""
	if name is not None:
		text = json.dumps(ready_made(name), indent=2, ensure_ascii=False) + "\n"
		click.echo(text.encode(), nl=False)  # bytes, so that a redirected file is UTF-8 everywhere
		return
	console = terminal.page()
	tables.show_policies(console, {one: Policy.from_dict(policies.load(one)) for one in policies.names()})
