"""A till: sales through the host's own point of sale, and their consolidation at the end of a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import frappe
import pytest

from tests.site.helpers.reports import COMPANY
from tests.site.helpers.selling import ITEM, today

PROFILE = "Counter"
#: What a till leaves behind, besides what other sales do.
TABLES = (
	"POS Profile", "POS Payment Method", "POS Opening Entry", "POS Opening Entry Detail",
	"POS Invoice Merge Log", "POS Invoice Reference", "Sales Invoice Payment",
)  # fmt: skip


def open_till() -> None:
	"""Open the till, on a host of either kind."""
	company = frappe.get_doc("Company", COMPANY)
	if frappe.get_meta("POS Settings").has_field("invoice_type"):
		frappe.db.set_single_value("POS Settings", "invoice_type", "POS Invoice")
	cash = frappe.get_doc("Mode of Payment", "Cash")
	if company.name not in [row.company for row in cash.accounts]:
		cash.append("accounts", {"company": company.name, "default_account": company.default_cash_account})
		cash.save()
	accounts = {
		"write_off_account": company.write_off_account or company.default_expense_account,
		"write_off_cost_center": company.cost_center,
		"warehouse": frappe.db.get_value("Warehouse", {"company": company.name, "is_group": 0}),
	}
	profile = {"doctype": "POS Profile", "name": PROFILE, "company": company.name, "currency": "USD"}
	payments = [{"mode_of_payment": "Cash", "default": 1}]
	frappe.get_doc({**profile, **accounts, "payments": payments}).insert(ignore_mandatory=True)
	opening = {"doctype": "POS Opening Entry", "pos_profile": PROFILE, "company": company.name}
	opening |= {"user": frappe.session.user, "period_start_date": frappe.utils.now()}
	balance = [{"mode_of_payment": "Cash", "opening_amount": 0}]
	frappe.get_doc(
		{
			**opening,
			"user": frappe.session.user,
			"period_start_date": frappe.utils.now(),
			"balance_details": balance,
		}
	).insert().submit()


@pytest.fixture
def till() -> Iterator[None]:
	"""A till that is open; nothing of it stays, whatever has been committed."""
	open_till()
	yield
	frappe.set_user("Administrator")
	frappe.db.rollback()
	for doctype in TABLES:
		frappe.db.delete(doctype)
	frappe.db.commit()


def sell_at_till(customer: str, amount: float, on: date | None = None) -> Any:
	"""A POS Invoice over one service, paid."""
	doc = frappe.get_doc(
		{
			"doctype": "POS Invoice", "customer": customer, "pos_profile": PROFILE, "is_pos": 1,
			"posting_date": on or today(), "set_posting_time": 1, "update_stock": 0,
			"items": [{"item_code": ITEM, "qty": 1, "rate": amount}],
			"payments": [{"mode_of_payment": "Cash", "amount": amount}],
		}
	)  # fmt: skip
	return doc.insert().submit()


def consolidate(names: list[str]) -> None:
	"""Merge till sales into invoices of their customers, as closing the till does. The host commits."""
	from erpnext.accounts.doctype.pos_invoice_merge_log.pos_invoice_merge_log import consolidate_pos_invoices

	fields = ["name as pos_invoice", "customer", "posting_date", "grand_total", "is_return", "return_against"]
	found = frappe.get_all("POS Invoice", filters={"name": ("in", names)}, fields=fields, order_by="name asc")
	consolidate_pos_invoices(pos_invoices=found)
