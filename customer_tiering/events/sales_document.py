"""Sales Invoice and POS Invoice: mark the customer, compute nothing."""

from frappe.model.document import Document

from customer_tiering.site import outbox


def on_submit(doc: Document, method: str | None = None) -> None:
	outbox.mark(doc.customer, "Invoice", doc.doctype, doc.name)


def on_cancel(doc: Document, method: str | None = None) -> None:
	outbox.mark(doc.customer, "Invoice", doc.doctype, doc.name)


def on_update_after_submit(doc: Document, method: str | None = None) -> None:
	# is_opening may change on a submitted document.
	outbox.mark(doc.customer, "Invoice", doc.doctype, doc.name)
