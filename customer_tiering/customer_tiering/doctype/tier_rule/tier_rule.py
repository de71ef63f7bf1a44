import frappe
from frappe import _
from frappe.model.document import Document


class TierRule(Document):
	"""One criterion, in the draft of the next policy. Whole drafts are checked when published."""

	def validate(self) -> None:
		if self.rule_type != "Score" and not (self.metric and self.tier):
			frappe.throw(_("A floor or a cap needs a metric and a tier: fill in both."))
		if self.rule_type == "Score" and not self.method:
			frappe.throw(_("A score rule needs a method: choose one."))
