"""Customers and documents, made through the host's own document API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import frappe

ITEM = "Service Hour"


def today() -> date:
	from customer_tiering.site.grading import state

	return state.today()


def ago(days: int) -> date:
	"""The date so many days before the site's today."""
	return today() - timedelta(days=days)


def make_customer(name: str, **fields: Any) -> str:
	"""A customer; gives its name."""
	defaults = {"customer_group": "Commercial", "territory": "All Territories", "customer_type": "Company"}
	return frappe.get_doc({"doctype": "Customer", "customer_name": name, **defaults, **fields}).insert().name


def invoice(customer: str, amount: float, on: date | None = None, submit: bool = True, **fields: Any) -> Any:
	"""A Sales Invoice over one service; submitted unless told otherwise."""
	on = on or today()
	doc = frappe.get_doc(
		{
			"doctype": "Sales Invoice",
			"customer": customer,
			"posting_date": on,
			"set_posting_time": 1,
			"due_date": on + timedelta(days=30),
			"items": [{"item_code": ITEM, "qty": -1 if fields.get("is_return") else 1, "rate": amount}],
			**fields,
		}
	)
	if not submit:
		return doc.insert()
	doc.submit()  # not inserted before: the host then validates once, which takes longest
	doc.reload()  # it has been changed since it was written
	return doc


def credit(original: Any, amount: float | None = None, on: date | None = None) -> Any:
	"""A credit note for an invoice, by default over all of it."""
	return invoice(
		original.customer,
		amount or original.net_total,
		on,
		is_return=1,
		return_against=original.name,
		update_outstanding_for_self=0,
	)


def graded(customer: str) -> dict[str, Any]:
	"""What is held for a customer."""
	fields = [
		"tier",
		"score",
		"lifecycle_stage",
		"rfm_segment",
		"purchases",
		"purchase_amount",
		"below_since",
	]
	found = frappe.get_all("Customer Score", filters={"customer": customer}, fields=fields, order_by=None)
	assert len(found) <= 1, f"{customer} has {len(found)} scores"
	return found[0] if found else {}


def changes(customer: str) -> list[tuple[str | None, str | None, str]]:
	"""The log of a customer: from tier, to tier, cause; oldest first."""
	rows = frappe.get_all(
		"Tier Change",
		filters={"customer": customer},
		fields=["from_tier", "to_tier", "cause"],
		order_by="creation asc, name asc",
	)
	return [(row.from_tier, row.to_tier, row.cause) for row in rows]


def drain() -> int:
	"""Commit, as a request does, and drain, as a worker does."""
	from customer_tiering.site.grading import drains

	frappe.db.commit()
	return drains.drain()


def sold(customer: str, *sales: tuple[int, float]) -> None:
	"""Submitted invoices of a customer, per (days ago, amount), as rows: made at once, read like others."""
	from customer_tiering.site.database import bulk_writing

	own = frappe.db.get_single_value("Global Defaults", "default_company")  # others' tests add companies
	company = frappe.db.get_value("Company", own, ["name", "default_currency"], as_dict=True)
	rows = [
		(
			customer,
			customer,
			company.name,
			ago(days),
			amount,
			amount,
			1,
			company.default_currency,
			1,
			"No",
			"Paid",
		)
		for days, amount in sales
	]
	fields = (
		"customer", "customer_name", "company", "posting_date", "base_net_total", "base_grand_total",
		"docstatus", "currency", "conversion_rate", "is_opening", "status",
	)  # fmt: skip
	bulk_writing.insert("Sales Invoice", fields, rows)
