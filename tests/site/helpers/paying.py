"""Payments for invoices, made through the host's own document API."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe

from tests.site.helpers.selling import today


def pay(bill: Any, amount: float | None = None, on: date | None = None) -> Any:
	"""A submitted Payment Entry for an invoice, by default for all of it."""
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	entry = get_payment_entry("Sales Invoice", bill.name, party_amount=amount)
	entry.update({"posting_date": on or today(), "reference_no": "1", "reference_date": on or today()})
	entry.submit()
	return entry


def pay_by_journal(bill: Any, amount: float, on: date) -> Any:
	"""A submitted Journal Entry that pays an invoice in cash."""
	party = {
		"account": bill.debit_to, "party_type": "Customer", "party": bill.customer,
		"reference_type": "Sales Invoice", "reference_name": bill.name,
		"credit_in_account_currency": amount,
	}  # fmt: skip
	till = frappe.db.get_value("Account", {"account_type": "Cash", "company": bill.company, "is_group": 0})
	cash = {"account": till, "debit_in_account_currency": amount}
	entry = frappe.get_doc(
		{
			"doctype": "Journal Entry",
			"company": bill.company,
			"posting_date": on,
			"accounts": [party, cash],
		}
	)
	entry.submit()
	return entry


def unreconcile(payment: Any) -> Any:
	"""Take a payment from the invoices that it was set against."""
	entry = frappe.get_doc(
		{
			"doctype": "Unreconcile Payment",
			"company": payment.company,
			"voucher_type": payment.doctype,
			"voucher_no": payment.name,
		}
	)
	entry.add_references()
	entry.submit()
	return entry
