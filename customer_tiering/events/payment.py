"""Payments, journal entries, and what takes them from an invoice again: they change what is owed."""

from frappe.model.document import Document

from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding.events import harmless

#: Where a document has its parties, unless it is of one party itself.
_ROWS = {"Journal Entry": "accounts", "Unreconcile Payment": "allocations"}


@harmless
def on_submit(doc: Document, method: str | None = None) -> None:
	_mark(doc)


@harmless
def on_cancel(doc: Document, method: str | None = None) -> None:
	_mark(doc)


@harmless
def on_update_after_submit(doc: Document, method: str | None = None) -> None:
	# Reconciled with an invoice, it is written anew.
	_mark(doc)


def _mark(doc: Document) -> None:
	rows = doc.get(_ROWS[doc.doctype]) if doc.doctype in _ROWS else [doc]
	customers = {row.party for row in rows if row.party_type == "Customer" and row.party}
	outbox.mark_for("payments", customers, doc.doctype, doc.name)
