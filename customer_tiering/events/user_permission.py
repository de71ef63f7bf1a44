"""User Permission: an amount of all companies goes from the customers before somebody may not see it."""

from frappe.model.document import Document

from customer_tiering.site.access import companies
from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding.events import harmless


@harmless
def on_update(doc: Document, method: str | None = None) -> None:
	"""Too often rather than too late: the run that follows brings it back if he sees them in another way."""
	from customer_tiering.site.customers import shown

	if doc.allow == "Company" and not companies.names_all(doc.user):
		shown.hide_revenue()
	_ask(doc)


@harmless
def after_delete(doc: Document, method: str | None = None) -> None:
	_ask(doc)


def _ask(doc: Document) -> None:
	from customer_tiering.site.customers import shown

	if doc.allow == "Company" and shown.is_hidden():
		outbox.mark(None, "Customer", doc.doctype, doc.name)
