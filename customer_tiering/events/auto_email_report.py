"""Auto Email Report: whoever mails one of our reports by another's permissions must be allowed to."""

import frappe
from frappe.model.document import Document
from frappe.utils import escape_html

from customer_tiering.names import MODULE
from customer_tiering.site.access import permissions
from customer_tiering.wording.texts import _


def validate(doc: Document, method: str | None = None) -> None:
	if _is_ours(doc.report) and not permissions.may_name(frappe.session.user, doc.user):
		frappe.throw(
			_(
				"This report would be mailed with what {0} may see. Name yourself, or ask a System Manager to set it up."  # noqa: E501 a sentence is translated whole
			).format(frappe.bold(escape_html(doc.user))),
			frappe.PermissionError,
		)


def _is_ours(report: str) -> bool:
	"""Whether it is one of our reports, or somebody's own arrangement of one."""
	modules = frappe.get_all(
		"Report",
		filters={"name": ("in", [report, frappe.db.get_value("Report", report, "reference_report") or ""])},
		pluck="module",
		order_by=None,
	)
	return MODULE in modules
