"""Territory, Customer Group, Company and Currency: a published policy may name them, and follows a rename."""

import frappe
from frappe.model.document import Document

from customer_tiering.site.grading import outbox
from customer_tiering.site.published import named
from customer_tiering.site.withstanding.events import harmless

_SAVEPOINT = "customer_tiering_rename"


@harmless
def before_rename(doc: Document, method: str, old: str, new: str, merge: bool = False) -> None:
	# Before the host rewrites all links: no run may read the old policy and the new customers.
	named.lock()


@harmless
def after_rename(doc: Document, method: str, old: str, new: str, merge: bool = False) -> None:
	frappe.db.savepoint(_SAVEPOINT)
	try:
		named.follow(doc.doctype, old, new)
	except Exception:
		# Followed everywhere or nowhere: then Tiering Health lists what the policy names and nobody has.
		frappe.db.rollback(save_point=_SAVEPOINT)
		raise
	if merge:
		_mark_everyone(doc)


@harmless
def on_update(doc: Document, method: str | None = None) -> None:
	"""Who is below another node from now on may be in the scope of another rule."""
	before, parent = doc.get_doc_before_save(), doc.nsm_parent_field
	if before and before.get(parent) != doc.get(parent):
		_mark_everyone(doc)


def _mark_everyone(doc: Document) -> None:
	if named.is_in_a_scope(doc.doctype):
		outbox.mark(None, "Customer", doc.doctype, doc.name)
