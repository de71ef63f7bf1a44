import frappe
from frappe.model.document import Document

from customer_tiering.wording.texts import _


class CustomerFollowup(Document):
	"""One reason to contact one customer. Opened by planning, closed by an act of a person or by itself."""

	def validate(self) -> None:
		self._refuse()

	def on_trash(self) -> None:
		if not frappe.flags.in_uninstall:
			self._refuse()

	def _refuse(self) -> None:
		frappe.throw(
			_("Follow-ups are made and closed from My Customers Today. Nothing was changed."),
			frappe.PermissionError,
		)
