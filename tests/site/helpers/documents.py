"""A document of each kind that tells its customer's tier, as its form sends it."""

from __future__ import annotations

from typing import Any

import frappe

from tests.site.helpers.reports import COMPANY
from tests.site.helpers.selling import ITEM, ago
from tests.site.helpers.world.till import PROFILE

#: Those that a Pricing Rule can price keep the tier; the others tell that of today.
PRICED = ("Quotation", "Sales Order", "Delivery Note", "Sales Invoice", "POS Invoice")
TOLD = ("Opportunity", "Issue", "Project")
DOCUMENTS = (*PRICED, *TOLD)
_DAYS = {"Delivery Note": "posting_date", "Sales Invoice": "posting_date", "POS Invoice": "posting_date"}
_TITLES = {"Issue": "subject", "Project": "project_name"}


def party(doctype: str, customer: str) -> dict[str, str]:
	"""The fields that say whose it is."""
	party_type = {"Quotation": "quotation_to", "Opportunity": "opportunity_from"}.get(doctype)
	return {party_type: "Customer", "party_name": customer} if party_type else {"customer": customer}


def document(doctype: str, customer: str, **fields: Any) -> Any:
	"""One that is not there yet."""
	values: dict[str, Any] = {"doctype": doctype, "company": COMPANY, **party(doctype, customer), **fields}
	if doctype in PRICED:
		items = [{"item_code": ITEM, "qty": 1, "rate": 10, "delivery_date": ago(-5)}]
		values = {_DAYS.get(doctype, "transaction_date"): ago(0), "items": items, **values}
	if doctype == "POS Invoice":
		paid = [{"mode_of_payment": "Cash", "amount": 10}]
		values = {"pos_profile": PROFILE, "is_pos": 1, "update_stock": 0, "payments": paid, **values}
	if doctype in _TITLES:
		values = {_TITLES[doctype]: f"{doctype} of {customer}", **values}
	return frappe.get_doc(values)
