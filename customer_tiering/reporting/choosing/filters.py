"""What the reader of a report chose, checked before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, ClassVar, TypeVar

import frappe
from frappe.utils import cint, flt

from customer_tiering.engine.stages import STAGES
from customer_tiering.site.access import arguments
from customer_tiering.wording.labels import stage_label
from customer_tiering.wording.texts import _, listed

Chosen = TypeVar("Chosen", bound="Filters")
#: Longest text that a filter holds: the name of a document.
_LONGEST = 140


@dataclass(frozen=True)
class Filters:
	"""What all reports may be limited by; a report adds its own choices, and names its views.

	Attributes:
		from_date: first day of the period.
		to_date: last day of the period.
		view: one of ``VIEWS``; the first one where nothing is chosen.
		company: only this company's documents.
		tier: only who holds this tier; with ``unrated``, who holds none.
		territory, customer_group, sales_person: with everything below them in their trees.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("",)

	from_date: date
	to_date: date
	view: str = ""
	company: str = ""
	customer: str = ""
	tier: str = ""
	unrated: bool = False
	stage: str = ""
	territory: str = ""
	customer_group: str = ""
	sales_person: str = ""

	@classmethod
	def of(cls: type[Chosen], raw: Mapping[str, Any]) -> Chosen:
		"""Check what came from the browser.

		Raises:
			frappe.ValidationError: a sentence that says what to choose instead.
		"""
		if not raw.get("from_date") or not raw.get("to_date"):
			frappe.throw(_("Choose the first and the last day of the period."))
		read = {field.name: _READ[str(field.type)] for field in fields(cls)}
		given = {name: read[name](raw[name]) for name in read if raw.get(name) not in (None, "")}
		chosen = cls(**{"view": cls.VIEWS[0], **given})
		chosen.check()
		return chosen

	def check(self) -> None:
		"""Refuse what does not fit together; a report with choices of its own checks those as well."""
		if self.from_date > self.to_date:
			frappe.throw(_("The period ends before it begins. Choose a last day on or after the first day."))
		self.one_of(self.view, self.VIEWS, _("There is no such view. Choose one of {0}."))
		if self.stage:
			sentence = _("There is no such life cycle stage. Choose one of {0}.")
			self.one_of(self.stage, STAGES, sentence, stage_label)
		if self.tier and self.unrated:
			frappe.throw(_("Choose either a tier or the unrated customers: nobody is both."))

	@staticmethod
	def one_of(value: Any, choices: Iterable[Any], sentence: str, label: Callable[[str], str] = _) -> None:
		"""Refuse what is not among the choices; the sentence has a gap for them, as ``label`` has them."""
		if value not in choices:
			frappe.throw(sentence.format(listed(label(str(choice)) for choice in choices)))

	@property
	def days(self) -> int:
		"""Length of the period."""
		return (self.to_date - self.from_date).days + 1

	@property
	def before(self) -> tuple[date, date]:
		"""First and last day of the equal period before."""
		return self.from_date - timedelta(days=self.days), self.from_date - timedelta(days=1)

	@property
	def narrows_customers(self) -> bool:
		"""Whether anything but a period and a company was chosen."""
		who = ("customer", "tier", "unrated", "stage", "territory", "customer_group", "sales_person")
		return any(getattr(self, name) for name in who)


def _text(value: Any) -> str:
	if not isinstance(value, (str, int, float)) or len(str(value)) > _LONGEST:
		frappe.throw(_("A filter must be a text of up to {0} characters.").format(_LONGEST))
	return str(value)


#: How a value is read, by the type of its field.
_READ: dict[str, Callable[[Any], Any]] = {
	"date": arguments.day,
	"date | None": arguments.day,
	"str": _text,
	"bool": lambda value: bool(cint(value)),
	"int": cint,
	"float": flt,
}
