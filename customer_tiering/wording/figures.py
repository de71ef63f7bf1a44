"""Numbers, amounts, shares and days, as sentences of the reader's language have them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from customer_tiering.wording.texts import _, language, listed


def number(value: float, decimals: int = 0) -> str:
	"""With separators; nothing is minus zero."""
	return language().number(round(value, decimals) + 0.0, decimals)


def amount(value: float) -> str:
	"""An amount in whole units: a sentence names its size."""
	return number(value)


def percent(value: float) -> str:
	"""A percentage with one decimal; a dash where there is none."""
	return "–" if math.isnan(value) else f"{number(value, 1)}%"


def signed(value: float, decimals: int = 0) -> str:
	"""With its sign: +3, −3, ±0."""
	sign = "+" if value > 0 else "−" if value < 0 else "±"
	return f"{sign}{number(abs(value), decimals)}"


def day(when: date) -> str:
	"""A day."""
	return language().day(when)


def series(words: Sequence[str]) -> str:
	"""Words one after the other, the last one joined by *and*."""
	*others, last = words or [""]
	return _("{0} and {1}").format(listed(others), last) if others else last


def counted(count: int, one: str, many: str) -> str:
	"""One thing, or ``many`` with its number."""
	return one if count == 1 else many.format(number(count))


def customers(count: int) -> str:
	"""So many customers."""
	return counted(count, _("1 customer"), _("{0} customers"))


def rows(count: int) -> str:
	"""So many rows."""
	return counted(count, _("1 row"), _("{0} rows"))


def days(count: int) -> str:
	"""So many days."""
	return counted(count, _("1 day"), _("{0} days"))
