import frappe
from frappe.model.document import Document
from frappe.utils import escape_html

from customer_tiering.site.access.arguments import check_fields
from customer_tiering.wording.texts import _


class TierRule(Document):
	"""One criterion, in the draft of the next policy. Whole drafts are checked when published."""

	def validate(self) -> None:
		check_fields(self)
		self._check_metric()
		if self.rule_type != "Score" and not (self.metric and self.tier):
			frappe.throw(_("A floor or a cap needs a metric and a tier: fill in both."))
		if self.rule_type == "Score" and not self.method:
			frappe.throw(_("A score rule needs a method: choose one."))

	def _check_metric(self) -> None:
		"""One of the app's own, or one that another app adds; a disabled rule may keep one that has gone."""
		from customer_tiering.site.reading import metrics_of_apps  # heavy, and not needed to read a rule

		if self.metric and not self.disabled and self.metric not in metrics_of_apps.all_names():
			frappe.throw(
				_("There is no metric {0}: choose one from the list.").format(escape_html(self.metric))
			)
