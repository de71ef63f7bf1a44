"""What grading alone writes."""

import frappe
from frappe.model.document import Document

from customer_tiering.wording.texts import _


class WrittenByGrading(Document):
	"""A row that is written in bulk; nobody makes, changes or deletes one by hand, whatever his role."""

	def validate(self) -> None:
		self._refuse()

	def on_trash(self) -> None:
		if not frappe.flags.in_uninstall:
			self._refuse()

	def refusal(self) -> str:
		"""What is told to whoever tries."""
		return _("Grades, their log and their requests are written by grading alone. Nothing was changed.")

	def _refuse(self) -> None:
		frappe.throw(self.refusal(), frappe.PermissionError)
