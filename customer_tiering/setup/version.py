"""Which version of the app a site's tables are of; an older app must not touch them."""

import re

import click
import frappe

from customer_tiering import __version__
from customer_tiering.names import SETTINGS
from customer_tiering.wording.texts import _


def remember() -> None:
	"""Note on the site that its tables are of this version."""
	if stored() != __version__:
		frappe.db.set_single_value(SETTINGS, "schema_version", __version__, update_modified=False)


def refuse_downgrade() -> None:
	"""Stop a migration to an older version of the app, before it changes anything.

	Raises:
		click.ClickException: the command line prints its sentence, without a traceback.
	"""
	held = stored()
	if held and _parts(held) > _parts(__version__):
		raise click.ClickException(
			_(
				"This site is of Customer Tiering {0}, and the app is {1}, which is older. Install {0} or later, or restore a backup from before the upgrade."  # noqa: E501 a sentence is translated whole
			).format(held, __version__)
		)


def stored() -> str | None:
	"""The version that the site's tables are of; None on a site that never noted it."""
	return setting("schema_version")


def setting(field: str) -> str | None:
	"""A stored value of the Settings, whether this site's version of them has the field or not."""
	table = frappe.qb.DocType("Singles")
	query = frappe.qb.from_(table).select(table.value)
	found = query.where((table.doctype == SETTINGS) & (table.field == field)).run()
	return found[0][0] if found else None


def _parts(version: str) -> tuple[int, ...]:
	return tuple(map(int, re.findall(r"\d+", version)))
