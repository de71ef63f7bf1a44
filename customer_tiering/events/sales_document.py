"""Sales documents: the tier of the time they are made; invoices mark their customer. Nothing is computed."""

import frappe
from frappe.model.document import Document

from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding.events import harmless


@harmless
def before_validate(doc: Document, method: str | None = None) -> None:
	keep_tier(doc, doc.customer)


def keep_tier(doc: Document, customer: str | None) -> None:
	"""The tier at the time the document was made, whatever its form or the API sends."""
	before = doc.get_doc_before_save()
	if before and before.get("customer_tier") and _party(before) == _party(doc):
		doc.customer_tier = existing_tier(before.customer_tier)
	else:
		held = frappe.db.get_value("Customer", customer, "customer_tier") if customer else None
		doc.customer_tier = existing_tier(held)


def existing_tier(name: str | None) -> str | None:
	"""A tier, unless somebody has deleted it past the app: a link to nothing would stop the document."""
	return name and frappe.db.get_value("Customer Tier", name, "name")


def _party(doc: Document) -> tuple[str | None, ...]:
	if doc.doctype == "Quotation":
		return doc.quotation_to, doc.party_name
	return (doc.customer,)


@harmless
def on_submit(doc: Document, method: str | None = None) -> None:
	_mark(doc)


@harmless
def on_cancel(doc: Document, method: str | None = None) -> None:
	_mark(doc)


@harmless
def on_update_after_submit(doc: Document, method: str | None = None) -> None:
	# is_opening may change on a submitted document.
	_mark(doc)


def _mark(doc: Document) -> None:
	if doc.customer:  # one of nobody counts for nobody
		outbox.mark(doc.customer, "Invoice", doc.doctype, doc.name)
