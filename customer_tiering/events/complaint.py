"""Issue and Warranty Claim: a complaint more or less, if it is a customer's."""

from typing import Any

from frappe.model.document import Document

from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding.events import harmless


@harmless
def on_update(doc: Document, method: str | None = None) -> None:
	before = doc.get_doc_before_save()
	if before is None or _told(before) != _told(doc):
		_mark(doc, before)


@harmless
def on_trash(doc: Document, method: str | None = None) -> None:
	_mark(doc)


def _told(doc: Document) -> tuple[Any, ...]:
	"""What is told of it in the facts."""
	day = doc.get("opening_date") or doc.get("complaint_date")
	return doc.customer, str(day), doc.company, doc.status == "Cancelled"


def _mark(doc: Document, before: Document | None = None) -> None:
	"""Whose it is, and whose it was until now."""
	customers = {one.customer for one in (doc, before) if one and one.customer}
	outbox.mark_for("complaints", customers, doc.doctype, doc.name)
