"""What a site of a released version holds of ours, as a small file: columns of our tables, and a few rows.

``python -m tests.site.helpers.states FILE`` writes it from the fresh site. Do so once per release that
changes a column, and add the file to ``fixtures``: every later version is then tested to migrate from it.
Columns that begin with an underscore are the host's, and differ between its versions.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frappe

FIXTURES = Path(__file__).parents[1] / "setup/fixtures"
MODULE = "Customer Tiering"
SETTINGS = "Customer Tiering Settings"
AT_MOST = 20


def our_doctypes() -> list[str]:
	"""The DocTypes that have a table."""
	filters = {"module": MODULE, "issingle": 0}
	return frappe.get_all("DocType", filters=filters, pluck="name", order_by="name asc")


def columns(doctype: str) -> dict[str, str]:
	"""Type of each column of a DocType's table."""
	found = frappe.qb.Schema("information_schema").columns
	query = frappe.qb.from_(found).select(found.column_name, found.column_type).orderby(found.column_name)
	query = query.where(found.table_schema == frappe.conf.db_name).where(found.table_name == f"tab{doctype}")
	return {name: kind for name, kind in query.run() if not name.startswith("_")}


def rows(doctype: str, names: list[str] | None = None) -> list[dict[str, Any]]:
	"""Rows as the database holds them, in order of name."""
	filters = {} if names is None else {"name": ("in", names)}
	found = frappe.db.get_values(doctype, filters, "*", as_dict=True, order_by="name asc")
	return [_plain(row) for row in found]


def settings() -> dict[str, str | None]:
	"""Every stored value of the Settings."""
	table = frappe.qb.DocType("Singles")
	query = frappe.qb.from_(table).select(table.field, table.value).where(table.doctype == SETTINGS)
	return dict(query.orderby(table.field).run())


def _plain(row: dict[str, Any]) -> dict[str, Any]:
	own = {key: value for key, value in row.items() if not key.startswith("_")}
	return {
		key: value if value is None or isinstance(value, int | float) else str(value)
		for key, value in own.items()
	}


def capture() -> dict[str, Any]:
	"""The state of the connected site."""
	from customer_tiering import __version__

	held = settings()
	some = {doctype: rows(doctype)[:AT_MOST] for doctype in our_doctypes()}
	some["Tiering Policy"] = rows("Tiering Policy", [str(held["current_policy"])])
	return {
		"version": __version__,
		"tables": {doctype: columns(doctype) for doctype in our_doctypes()},
		"rows": some,
		"settings": held,
	}


def restore(state: dict[str, Any]) -> None:
	"""Bring the site to a state: its columns and rows, and nothing that came later."""
	for doctype in our_doctypes():
		if doctype not in state["tables"]:
			frappe.db.sql_ddl(f"DROP TABLE `tab{doctype}`")
			frappe.delete_doc("DocType", doctype, ignore_on_trash=True, force=True)
	for doctype, wanted in state["tables"].items():
		for change in _changes(columns(doctype), wanted):
			frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` {change}")
		frappe.db.delete(doctype)
		for row in state["rows"][doctype]:
			frappe.db.bulk_insert(doctype, list(row), [tuple(row.values())])
	frappe.db.delete("Singles", {"doctype": SETTINGS})
	fields = ("doctype", "field", "value")
	frappe.db.bulk_insert("Singles", fields, [(SETTINGS, *item) for item in state["settings"].items()])
	frappe.db.delete("Patch Log", {"patch": ("like", "customer_tiering.%")})
	# So that the host reads every DocType of ours again.
	frappe.db.set_value("DocType", {"module": MODULE}, "migration_hash", "", update_modified=False)
	frappe.db.commit()
	frappe.clear_cache()


def _changes(now: dict[str, str], wanted: dict[str, str]) -> Iterator[str]:
	yield from (f"DROP COLUMN `{name}`" for name in now if name not in wanted)
	yield from (f"ADD COLUMN `{name}` {kind}" for name, kind in wanted.items() if name not in now)


def _write(path: Path) -> None:
	from tests.site.conftest import connect, empty
	from tests.site.helpers.selling import ago, drain, invoice, make_customer

	os.chdir(os.environ["SITES_PATH"])
	connect()
	empty()
	for name, amount in (("Small Shop", 900), ("Big Mill", 90_000)):
		invoice(make_customer(name), amount, ago(5))
	drain()
	from customer_tiering import api

	api.set_override("Small Shop", "Gold", "At Least", "Tender under way")
	path.write_text(json.dumps(capture(), indent="\t", ensure_ascii=False) + "\n")
	frappe.destroy()


if __name__ == "__main__":
	_write(Path(sys.argv[1]).resolve())
