"""User Permission: an amount of all companies goes from the customers before somebody may not see it."""

from frappe.model.document import Document

from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding.events import harmless


@harmless
def on_update(doc: Document, method: str | None = None) -> None:
	if doc.allow == "Company":
		from customer_tiering.site.customers import shown

		shown.hide_revenue()
		_ask(doc)


@harmless
def after_delete(doc: Document, method: str | None = None) -> None:
	if doc.allow == "Company":
		_ask(doc)


def _ask(doc: Document) -> None:
	"""The run that follows brings it back, if nobody is kept from a company that grading counts."""
	outbox.mark(None, "Customer", doc.doctype, doc.name)
