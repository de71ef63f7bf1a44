import frappe
from frappe.model.document import Document
from frappe.utils import flt

from customer_tiering.site.access.arguments import check_fields
from customer_tiering.wording.texts import _


class CustomerTier(Document):
	"""A rung of the ladder, in the draft of the next policy. Whole drafts are checked when published."""

	def validate(self) -> None:
		check_fields(self)
		if not 0 <= flt(self.min_score) <= 100:
			frappe.throw(_("From Score must lie between 0 and 100."))
