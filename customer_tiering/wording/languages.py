"""The languages of the command: the app's texts from its one dictionary, numbers and days by Babel."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Protocol

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

_TRANSLATIONS = Path(__file__).parents[1] / "translations"
#: How each writes numbers and days.
_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
#: The languages of the command.
CODES = tuple(_LOCALES)


class Language(Protocol):
	"""How a reader's language says what the app says."""

	@property
	def code(self) -> str:
		"""As in ``<html lang>``."""

	def text(self, text: str, context: str) -> str:
		"""A text of the app."""

	def name(self, name: str, context: str) -> str:
		"""A name that people give, translated only where it is known under its own context."""

	def number(self, value: float, decimals: int) -> str:
		"""A number, with separators."""

	def day(self, day: date) -> str:
		"""A day, as sentences have it."""


@dataclass(frozen=True)
class OfTheCommand:
	"""A language of the command; see :class:`Language`."""

	code: str

	def text(self, text: str, context: str) -> str:
		known = _dictionary(self.code)
		return known.get((text, context)) or known.get((text, "")) or text

	def name(self, name: str, context: str) -> str:
		return _dictionary(self.code).get((name, context), name)

	def number(self, value: float, decimals: int) -> str:
		places = "0" * decimals
		return format_decimal(value, f"#,##0.{places}" if places else "#,##0", locale=self._locale)

	def day(self, day: date) -> str:
		return format_date(day, "long", locale=self._locale)

	@property
	def _locale(self) -> Locale:
		return Locale.parse(_LOCALES[self.code])


ENGLISH = OfTheCommand("en")


@cache
def _dictionary(code: str) -> dict[tuple[str, str], str]:
	"""The translations by text and context; none for the language of the texts themselves."""
	path = _TRANSLATIONS / f"{code}.csv"
	if not path.exists():
		return {}
	with path.open(encoding="utf-8", newline="") as file:
		return {(text, context): translated for text, translated, context in csv.reader(file)}
