import frappe
from frappe.model.document import Document

from customer_tiering.wording.texts import _


class TieringPolicy(Document):
	"""One published version. Submitted once, never edited."""

	def before_insert(self) -> None:
		if not self.flags.published:
			frappe.throw(_("A policy is published in Customer Tiering Settings, not made by hand."))

	def before_update_after_submit(self) -> None:
		self._refuse()

	def before_cancel(self) -> None:
		self._refuse()

	def on_trash(self) -> None:
		if not frappe.flags.in_uninstall:
			self._refuse()

	def _refuse(self) -> None:
		frappe.throw(
			_("A published policy stays as it is. Change tiers and rules, and publish the next version.")
		)
