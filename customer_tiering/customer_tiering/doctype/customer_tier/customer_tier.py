import frappe
from frappe import _
from frappe.model.document import Document


class CustomerTier(Document):
	"""A rung of the ladder, in the draft of the next policy. Whole drafts are checked when published."""

	def validate(self) -> None:
		if not 0 <= (self.min_score or 0) <= 100:
			frappe.throw(_("From Score must lie between 0 and 100."))
