"""What the columns of a sales table are called: ERPNext's field names, its labels, and the user's own."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path

_HEADINGS: dict[str, dict[str, list[str]]] = json.loads(
	(Path(__file__).parent / "headings.json").read_text(encoding="utf-8")
)
SHOWN_HEADINGS = 30
#: A heading that names all that is needed weighs more than any that does not.
_COMPLETE = 1_000


@dataclass(frozen=True)
class Column:
	"""One column that can be read, under its own name or under those of ``headings.json``."""

	field: str
	what: str
	required: bool = False

	@property
	def names(self) -> list[str]:
		"""What it may be called, the field's own name first, then the most willingly accepted."""
		return [self.field, *(name for names in _HEADINGS[self.field].values() for name in names)]

	@property
	def english(self) -> list[str]:
		"""Its names that a message offers."""
		return [self.field, *_HEADINGS[self.field]["en"][:2]]


COLUMNS = (
	Column("name", "the document's ID", required=True),
	Column("customer", "the customer", required=True),
	Column("posting_date", "the document's date", required=True),
	Column("base_net_total", "the net amount in the company's currency", required=True),
	Column("selling_amount", "the amount of Gross Profit, a report of ERPNext"),
	Column("net_total", "the net amount in the document's currency"),
	Column("line_amount", "the net amount of one line"),
	Column("is_return", "whether it is a return"),
	Column("return_against", "the document that is returned"),
	Column("is_debit_note", "whether it is a debit note"),
	Column("is_opening", "whether it is an opening entry"),
	Column("is_internal_customer", "whether the customer is internal"),
	Column("is_consolidated", "whether it consolidates till sales"),
	Column("docstatus", "draft, submitted or cancelled"),
	Column("status", "the status"),
	Column("voucher_type", "the kind of voucher"),
	Column("company", "the company"),
	Column("currency", "the currency"),
	Column("customer_group", "the customer group"),
	Column("territory", "the territory"),
	Column("customer_type", "the customer type"),
	Column("gross_profit", "the gross profit"),
	Column("quantity", "how many were sold"),
)
BY_FIELD = {column.field: column for column in COLUMNS}
#: What is read as the amount, the most willingly first.
AMOUNTS = ("base_net_total", "selling_amount", "net_total", "line_amount")


class ColumnsError(ValueError):
	"""Headings that cannot be understood; the message says which, and what to do."""


def normal(heading: str) -> str:
	"""A heading as it is compared: no matter of case, spaces, underscores or full-width brackets."""
	text = unicodedata.normalize("NFKC", heading).replace("_", " ").replace("\ufeff", "")
	return " ".join(text.casefold().strip("* ").split())


_NORMAL = {column.field: [normal(name) for name in column.names] for column in COLUMNS}
_FIELDS = {name: column_field for column_field, names in reversed(_NORMAL.items()) for name in names}


def field_of(name: str) -> str:
	"""The field that a name stands for; empty if none does."""
	return _FIELDS.get(normal(name), "")


@dataclass(frozen=True)
class Mapping:
	"""The user's own names: ``(theirs, field)`` pairs; and those that he has if a file has them."""

	pairs: tuple[tuple[str, str], ...] = ()
	likely: MappingType[str, str] = field(default_factory=dict)

	@classmethod
	def parse(cls, texts: Iterable[str], likely: MappingType[str, str] | None = None) -> Mapping:
		"""Read ``theirs=ours`` texts.

		Args:
			texts: as the user gives them.
			likely: by name of theirs, fields that a profile gives; what the user gives goes before.

		Raises:
			ColumnsError: a text has another form, or names a field that does not exist or is named twice.
		"""
		pairs: list[tuple[str, str]] = []
		for text in texts:
			theirs, equals, ours = text.rpartition("=")
			if not equals or not theirs.strip():
				raise ColumnsError(f"--map {text} is not of the form 'their column=our column'.")
			if not field_of(ours):
				raise ColumnsError(
					f"--map {text}: there is no column {ours.strip()} to map to. Choose one of "
					f"{', '.join(BY_FIELD)}."
				)
			pairs.append((theirs, field_of(ours)))
		_refuse_twice([field for _theirs, field in pairs])
		return cls(tuple(pairs), likely or {})

	def unused(self, headings: Iterable[Sequence[str]]) -> list[str]:
		"""Names of theirs that none of the files has."""
		known = {normal(name) for heading in headings for name in heading}
		return [theirs for theirs, _field in self.pairs if normal(theirs) not in known]

	def named(self, names: Sequence[str]) -> dict[str, str]:
		"""By field, the normal name that this gives it among some normal names."""
		given = {column: normal(theirs) for theirs, column in self.pairs if normal(theirs) in names}
		likely = {
			column: normal(theirs)
			for theirs, column in reversed(list(self.likely.items()))
			if normal(theirs) in names
		}
		return {column: name for column, name in likely.items() if name not in given.values()} | given


def _refuse_twice(fields: list[str]) -> None:
	for name in fields:
		if fields.count(name) > 1:
			raise ColumnsError(f"--map gives {name} twice; keep one.")


@dataclass(frozen=True)
class Found:
	"""Where in a heading each field is.

	Attributes:
		positions: by field; the amount is ``base_net_total``, whichever column it is.
		amount: which column that is: one of ``AMOUNTS``, or ``mapped`` where the user said so.
	"""

	positions: dict[str, int]
	amount: str = "base_net_total"


def recognised(heading: Sequence[str], mapping: Mapping) -> int:
	"""How much a row looks like a heading: how many columns it names, and whether all that are needed."""
	names = [normal(name) for name in heading]
	fields = {_FIELDS[name] for name in names if name in _FIELDS} | set(mapping.named(names))
	return len(fields) + (_COMPLETE if _has_all(fields) else 0)


def _has_all(fields: set[str]) -> bool:
	"""Whether all that is needed is among some fields."""
	needed = {column.field for column in COLUMNS if column.required and column.field not in AMOUNTS}
	return needed <= fields and bool(fields & set(AMOUNTS))


def is_complete(heading: Sequence[str], mapping: Mapping) -> bool:
	"""Whether a heading has all columns that are needed."""
	return recognised(heading, mapping) >= _COMPLETE


def find(file: str, heading: Sequence[str], mapping: Mapping) -> Found:
	"""Where each known column is in a file's heading.

	Raises:
		ColumnsError: a required column is missing, or one that is read stands there twice.
	"""
	names = [normal(name) for name in heading]
	mapped = mapping.named(names)
	taken = set(mapped.values())
	found: dict[str, int] = {}
	for column in COLUMNS:
		choices = [mapped[column.field]] if column.field in mapped else _choices(column, heading, taken)
		name = next((choice for choice in choices if choice in names), None)
		if name is None:
			continue
		if names.count(name) > 1:
			raise ColumnsError(f"{file} has the column {heading[names.index(name)]} twice; keep one.")
		if names.index(name) not in found.values():
			found[column.field] = names.index(name)
	amount = "mapped" if "base_net_total" in mapped else next((one for one in AMOUNTS if one in found), "")
	if amount in AMOUNTS:
		found["base_net_total"] = found[amount]
	_refuse_missing(file, heading, found)
	for other in AMOUNTS[1:]:
		found.pop(other, None)
	return Found(found, amount)


def _choices(column: Column, heading: Sequence[str], taken: set[str]) -> list[str]:
	"""Names to look for. *Name* may be a person's: as a document it counts only where nothing else does."""
	wanted = [name for name in _NORMAL[column.field] if name not in taken]
	if column.field == "name" and "name" in wanted and "name" not in heading:
		wanted = [*(name for name in wanted if name != "name"), "name"]
	return wanted


def _refuse_missing(file: str, heading: Sequence[str], found: dict[str, int]) -> None:
	missing = [column for column in COLUMNS if column.required and column.field not in found]
	if not missing:
		return
	lines = [
		f"{file} has no column for {column.what}. Call it {' or '.join(column.english)}, or say which it is: "
		f"--map 'your column={column.field}'."
		for column in missing
	]
	shown = [name if name.strip() else "(empty)" for name in heading[:SHOWN_HEADINGS]]
	more = len(heading) - len(shown)
	lines.append(f"Its columns are: {', '.join(shown)}{f' and {more} more' if more > 0 else ''}.")
	raise ColumnsError("\n".join(lines))
