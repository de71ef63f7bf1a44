"""Territory, Customer Group, Company and Currency: a published policy may name them, and follows a rename."""

from frappe.model.document import Document

from customer_tiering.site.grading import outbox
from customer_tiering.site.published import named
from customer_tiering.site.withstanding.events import harmless


@harmless
def before_rename(doc: Document, method: str, old: str, new: str, merge: bool = False) -> None:
	# Before the host rewrites all links: no run may read the old policy and the new customers.
	named.lock()


@harmless
def after_rename(doc: Document, method: str, old: str, new: str, merge: bool = False) -> None:
	named.follow(doc.doctype, old, new)
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
