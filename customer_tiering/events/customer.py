"""Customer: whatever changes who he is marks him; his grade is not his form's to write."""

import frappe
from frappe.model.document import Document

from customer_tiering.events.sales_document import existing_tier
from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding.events import harmless, unnoticed

#: Fields that a rule's scope or the population depends on.
_WATCHED = ("disabled", "customer_group", "territory", "customer_type", "is_internal_customer")


@harmless
def before_save(doc: Document, method: str | None = None) -> None:
	"""A form that was opened before the last grading must not write the old grade back."""
	stored = None
	if not doc.is_new():
		stored = frappe.db.get_value("Customer", doc.name, list(GRADE_FIELDS), as_dict=True)
	for field in GRADE_FIELDS:
		doc.set(field, stored[field] if stored else None)
	doc.customer_tier = existing_tier(doc.customer_tier)


@harmless
def after_insert(doc: Document, method: str | None = None) -> None:
	outbox.mark(doc.name, "Customer", doc.doctype, doc.name)


@harmless
def on_update(doc: Document, method: str | None = None) -> None:
	if doc.get_doc_before_save() and any(doc.has_value_changed(field) for field in _WATCHED):
		outbox.mark(doc.name, "Customer", doc.doctype, doc.name)


@harmless
def after_rename(doc: Document, method: str, old: str, new: str, merge: bool = False) -> None:
	outbox.mark(new, "Merge" if merge else "Customer", "Customer", new)


@harmless
def on_trash(doc: Document, method: str | None = None) -> None:
	"""What was graded goes; the log of changes stays."""
	for doctype in ("Customer Score", "Rescore Request", "Tiering Failure", "Customer Follow-up"):
		with unnoticed(f"could not delete from {doctype}"):
			frappe.db.delete(doctype, {"customer": doc.name})
