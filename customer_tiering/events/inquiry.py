"""Quotation and Opportunity: an open one makes a prospect Engaged."""

from frappe.model.document import Document

from customer_tiering.events.sales_document import keep_tier
from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding.events import harmless


@harmless
def on_change(doc: Document, method: str | None = None) -> None:
	if doc.doctype == "Opportunity" or doc.docstatus:
		for customer in _customers(doc):
			outbox.mark(customer, "Customer", doc.doctype, doc.name)


@harmless
def before_validate(doc: Document, method: str | None = None) -> None:
	"""A quotation's party is a dynamic link, from which a field cannot fetch by itself."""
	keep_tier(doc, _customer(doc))


def _customers(doc: Document) -> set[str]:
	"""Whose it is, and whose it was until now: it may have been moved from one party to another."""
	before = doc.get_doc_before_save()
	return {customer for one in (doc, before) if one and (customer := _customer(one))}


def _customer(doc: Document) -> str | None:
	party_type = doc.get("quotation_to") or doc.get("opportunity_from")
	return doc.party_name if party_type == "Customer" else None
