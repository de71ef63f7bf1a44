"""Quotation and Opportunity: an open one makes a prospect Engaged."""

import frappe
from frappe.model.document import Document

from customer_tiering.site import outbox


def on_change(doc: Document, method: str | None = None) -> None:
	customer = _customer(doc)
	if customer and (doc.doctype == "Opportunity" or doc.docstatus):
		outbox.mark(customer, "Customer", doc.doctype, doc.name)


def before_validate(doc: Document, method: str | None = None) -> None:
	"""A quotation's party is a dynamic link, from which a field cannot fetch by itself."""
	customer = _customer(doc)
	if customer and not doc.get("customer_tier"):
		doc.customer_tier = frappe.db.get_value("Customer", customer, "customer_tier")


def _customer(doc: Document) -> str | None:
	party_type = doc.get("quotation_to") or doc.get("opportunity_from")
	return doc.party_name if party_type == "Customer" else None
