import re

import frappe
from frappe.model.document import Document
from frappe.utils import escape_html, flt

from customer_tiering.names import SETTINGS
from customer_tiering.site.access.arguments import check_fields
from customer_tiering.site.published import named
from customer_tiering.wording.texts import _

#: What the host's filters take from a name, or read as another character.
_UNFILTERABLE = re.compile(r"^\s*%|%\s*$|&#?\w+;")


class CustomerTier(Document):
	"""A rung of the ladder, in the draft of the next policy. Whole drafts are checked when published."""

	def before_insert(self) -> None:
		if _UNFILTERABLE.search(str(self.tier_name or "")):
			frappe.throw(
				_(
					"A tier's name must not begin or end with %, nor contain a code like {0}: no list could be filtered by it."  # noqa: E501 a sentence is translated whole
				).format(escape_html("&amp;"))
			)

	def onload(self) -> None:
		self.set_onload("tiers_by", frappe.db.get_single_value(SETTINGS, "tiers_by"))

	def validate(self) -> None:
		check_fields(self)
		if not 0 <= flt(self.min_score) <= 100:
			frappe.throw(_("From Score must lie between 0 and 100."))
		if not 0 <= flt(self.top_share) < 100:
			frappe.throw(_("Top Share (%) must be 0 or more, and below 100."))

	def before_rename(self, old: str, new: str, merge: bool = False) -> None:
		# Before the host rewrites all links: no run may read the old policy and the new names.
		named.lock()
		if merge:
			named.refuse_if_used(old)

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		if not merge:
			named.follow(self.doctype, old, new)

	def on_trash(self) -> None:
		if not frappe.flags.in_uninstall:
			named.refuse_if_used(self.name)
