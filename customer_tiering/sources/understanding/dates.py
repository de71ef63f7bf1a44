"""Dates of a column as a whole: which of its numbers are days and which are months."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from customer_tiering.engine.facts import to_day

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
#: Codes that stand in a column of days for a cell that could not be read.
MISSING, UNREADABLE, OUTSIDE = -(10**9), -(10**9) + 1, -(10**9) + 2
#: The order of the numbers in a date: day, month, year.
ORDERS = ("dmy", "mdy", "ymd")

_TIME = (
	r"(?:[T ,]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?"
	r"\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.ASCII)
_COMPACT = re.compile(r"((?:19|20|21)\d{2})(\d{2})(\d{2})(?:\.0)?", re.ASCII)
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?")
_NUMBERS = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}", re.ASCII)
_DAY_NUMBER = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_DAY_NAME_YEAR = re.compile(
	rf"(?:[^\W\d]{{2,}}\.?,?\s+)?(\d{{1,2}})\.?[-\s/]*(?:de\s+)?([^\W\d]{{3,}})\.?,?[-\s/]*(?:de\s+)?(\d{{4}}|\d{{2}}){_TIME}"
)
_NAME_DAY_YEAR = re.compile(rf"([^\W\d]{{3,}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}")
_MONTHS = (
	("jan", "ene"), ("feb", "fév", "fev"), ("mar", "mär", "mrz"), ("apr", "avr", "abr"), ("may", "mai"),
	("jun", "juin"), ("jul", "juil"), ("aug", "aoû", "aou", "ago"), ("sep",), ("oct", "okt"), ("nov",),
	("dec", "dez", "déc", "dic"),
)  # fmt: skip
#: A spreadsheet counts days from here on; numbers between these two are dates of the years 1954 to 2119.
_SPREADSHEET = date(1899, 12, 30)
_FIRST_NUMBER, _LAST_NUMBER = 20_000, 80_000


@dataclass(frozen=True)
class Evidence:
	"""What a column's dates say of their order: how many can be read in one order only, with an example.

	Attributes:
		only: by order, the cells that can be read in no other.
		open: an example of a cell that more than one order can read, each giving another day; or None.
	"""

	only: dict[str, list[str]]
	open: str | None = None

	def order(self) -> str | None:
		"""The only order that is borne out; empty if none is needed; None if it cannot be known."""
		borne_out = [order for order in ORDERS if self.only.get(order)]
		if len(borne_out) == 1:
			return borne_out[0]
		return "" if self.open is None and not borne_out else None

	def joined(self, other: Evidence) -> Evidence:
		"""Of both columns together."""
		only = {order: [*self.only.get(order, []), *other.only.get(order, [])] for order in ORDERS}
		return Evidence(only, self.open or other.open)


def evidence(cells: Iterable[Any]) -> Evidence:
	"""What distinct cells say of the order of their numbers."""
	only: dict[str, list[str]] = {order: [] for order in ORDERS}
	is_open: str | None = None
	for cell in cells:
		text = cell.strip() if isinstance(cell, str) else ""
		if not _NUMBERS.fullmatch(text):
			continue
		days = {order: day for order in ORDERS if (day := _ordered(text, order)) is not None}
		if len(set(days.values())) > 1:
			is_open = is_open or text
		elif len(days) == 1:
			only[next(iter(days))].append(text)
	return Evidence(only, is_open)


def _ordered(text: str, order: str) -> date | None:
	match = _NUMBERS.fullmatch(text)
	if not match:
		return None
	first, mark, second, third = match.group(1, 2, 3, 4)
	if mark == "." and order == "mdy":
		return None  # nobody writes months first with points
	if order == "ymd":
		return None if len(third) == 4 else _date(_century(first.zfill(2)), second, third)
	day, month = (first, second) if order == "dmy" else (second, first)
	return _date(_century(third), month, day)


def _century(year: str) -> int:
	"""Two digits are a year from 1970 to 2069."""
	number = int(year)
	return number if len(year) == 4 else number + (2000 if number < 70 else 1900)


def _date(year: int | str, month: int | str, day: int | str) -> date | None:
	try:
		return date(int(year), int(month), int(day))
	except ValueError:
		return None


def read_date(cell: Any, order: str = "") -> int:
	"""Days since 1970-01-01 of a date; a code where it is none.

	Args:
		cell: a text, or what a spreadsheet holds: a date, or a number of days.
		order: of the numbers where the year does not come first, one of ``ORDERS``; empty: such dates with a
			slash or a dash are not read.
	"""
	found = _found(cell, order)
	if isinstance(found, int):
		return found
	return to_day(found) if FIRST_DAY <= found <= LAST_DAY else OUTSIDE


def is_date(day: int) -> bool:
	"""Whether :func:`read_date` found one."""
	return day > OUTSIDE


def is_day_number(cell: Any) -> bool:
	"""Whether a cell is a spreadsheet's number of a day."""
	text = "" if isinstance(cell, date | bool) else str(cell).strip()
	match = _DAY_NUMBER.fullmatch(text)
	return bool(match) and _FIRST_NUMBER <= int(match[1]) < _LAST_NUMBER  # type: ignore[index]


def _found(cell: Any, order: str) -> date | int:
	if isinstance(cell, datetime):
		return cell.date()
	if isinstance(cell, date):
		return cell
	text = str(cell).strip()
	if not text:
		return MISSING
	if is_day_number(cell):
		return _SPREADSHEET + timedelta(days=int(float(text)))
	for pattern, places in ((_YEAR_FIRST, (1, 3, 4)), (_COMPACT, (1, 2, 3)), (_CHINESE, (1, 2, 3))):
		if match := pattern.fullmatch(text):
			return _date(*match.group(*places)) or UNREADABLE
	if _NUMBERS.fullmatch(text):
		return _ordered(text, order or ("dmy" if "." in text[:3] else "")) or UNREADABLE
	return _named(text) or UNREADABLE


def _named(text: str) -> date | None:
	"""A date with the name of its month, in English, German, French or Spanish."""
	if match := _DAY_NAME_YEAR.fullmatch(text):
		day, name, year = match.groups()
	elif match := _NAME_DAY_YEAR.fullmatch(text):
		name, day, year = match.groups()
	else:
		return None
	starts = [number for number, names in enumerate(_MONTHS, start=1) if name.casefold().startswith(names)]
	return _date(_century(year), starts[0], day) if starts else None
