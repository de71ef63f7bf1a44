"""The language of whoever reads on a site, as Frappe has it."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.translate import get_all_translations
from frappe.utils import fmt_money, formatdate


class Reader:
	"""The reader of this request; see :class:`customer_tiering.wording.languages.Language`."""

	@property
	def code(self) -> str:
		return str(frappe.local.lang)

	def text(self, text: str, context: str) -> str:
		return str(frappe._(text, context=context))

	def name(self, name: str, context: str) -> str:
		return get_all_translations(frappe.local.lang).get(f"{name}:{context}") or name

	def number(self, value: float, decimals: int) -> str:
		return str(fmt_money(value, precision=decimals))

	def day(self, day: date) -> str:
		return str(formatdate(day))
