"""Communication, Event, Maintenance Visit and ToDo: a contact with a customer, if it is about one."""

from collections.abc import Iterator

import frappe
from frappe.model.document import Document

from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding.events import harmless

#: Where a document names customers: the field of a table, and in its rows the type and the name.
_ROWS = {
	"Communication": ("timeline_links", "link_doctype", "link_name"),
	"Event": ("event_participants", "reference_doctype", "reference_docname"),
}
#: The same in the document itself.
_OWN = {
	"Communication": ("reference_doctype", "reference_name"),
	"ToDo": ("reference_type", "reference_name"),
}


@harmless
def on_update(doc: Document, method: str | None = None) -> None:
	_mark(doc, doc.get_doc_before_save())


@harmless
def on_cancel(doc: Document, method: str | None = None) -> None:
	_mark(doc)


@harmless
def on_trash(doc: Document, method: str | None = None) -> None:
	_mark(doc)


def _mark(doc: Document, before: Document | None = None) -> None:
	"""With whom it is, and with whom it was until now."""
	those = [one for one in (doc, before) if one and _is_over(one)]
	customers = {customer for one in those for customer in _customers(one) if customer}
	outbox.mark_for("contacts", customers, doc.doctype, doc.name)
	for customer in _listed(customers):  # so that what it settles is closed within moments
		outbox.mark(customer, "Customer", doc.doctype, doc.name)


def _listed(customers: set[str]) -> list[str]:
	"""Those of them about whom a follow-up is open."""
	if not customers:
		return []
	filters = {"customer": ("in", sorted(customers)), "status": "Open"}
	return sorted(set(frappe.get_all("Customer Follow-up", filters, pluck="customer", order_by=None)))


def _is_over(doc: Document) -> bool:
	"""Whether there may have been a contact; what is no more than planned is none."""
	if doc.doctype == "ToDo":
		return doc.status == "Closed"
	if doc.doctype == "Maintenance Visit":
		return doc.docstatus > 0
	return doc.doctype != "Communication" or doc.communication_type == "Communication"


def _customers(doc: Document) -> Iterator[str | None]:
	if doc.doctype == "Maintenance Visit":
		yield doc.customer
	if doc.doctype in _OWN:
		kind, name = _OWN[doc.doctype]
		if doc.get(kind) == "Customer":
			yield doc.get(name)
	if doc.doctype in _ROWS:
		table, kind, name = _ROWS[doc.doctype]
		for row in doc.get(table) or ():
			if row.get(kind) == "Customer":
				yield row.get(name)
