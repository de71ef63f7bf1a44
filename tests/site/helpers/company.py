"""A company that can sell: the host's own setup wizard, then the app, as an admin would do it."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path

import frappe


def set_up(site: str) -> None:
	"""Run the setup wizard on a new site and install the app."""
	frappe.init(site, sites_path=os.environ["SITES_PATH"])
	frappe.connect()
	frappe.set_user("Administrator")
	_run_wizard()
	frappe.db.set_single_value("System Settings", "time_zone", "Asia/Shanghai")
	_make_item()
	frappe.db.commit()
	(Path(os.environ["SITES_PATH"]) / "schema_before.json").write_text(json.dumps(schema()))
	from frappe.installer import install_app

	install_app("customer_tiering")
	frappe.db.commit()


def schema() -> dict[str, list[str]]:
	"""Every table of the site with its columns, and its indexes with theirs."""
	tables: dict[str, list[str]] = {}
	told = frappe.qb.Schema("information_schema")
	for found, of in ((told.columns, "table_name"), (told.statistics, "index_name")):
		rows = (
			frappe.qb.from_(found)
			.select(found.table_name, found[of], found.column_name)
			.where(found.table_schema == frappe.conf.db_name)
			.orderby(found.table_name, found[of], found.column_name)
		).run()
		for table, index, column in rows:
			tables.setdefault(table if index == table else f"{table}: {index}", []).append(column)
	return tables


def _run_wizard() -> None:
	from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

	year = date.today().year
	setup_complete(
		{
			"language": "English",
			"country": "United States",
			"timezone": "America/New_York",
			"currency": "USD",
			"full_name": "Ada Admin",
			"email": "ada@example.com",
			"password": "Correct-Horse-9",
			"company_name": "Jade River Trading",
			"company_abbr": "JR",
			"chart_of_accounts": "Standard",
			"fy_start_date": f"{year}-01-01",
			"fy_end_date": f"{year}-12-31",
			"setup_demo": 0,
		}
	)


def _make_item() -> None:
	for years_ago in (1, 2, 3):  # back-dated invoices need their fiscal years
		year = date.today().year - years_ago
		if not frappe.db.exists("Fiscal Year", str(year)):
			frappe.get_doc(
				{
					"doctype": "Fiscal Year",
					"year": str(year),
					"year_start_date": f"{year}-01-01",
					"year_end_date": f"{year}-12-31",
				}
			).insert()
	frappe.get_doc(
		{
			"doctype": "Item",
			"item_code": "Service Hour",
			"item_group": "All Item Groups",
			"is_stock_item": 0,
			"stock_uom": "Nos",
		}
	).insert()


if __name__ == "__main__":
	set_up(sys.argv[1])
