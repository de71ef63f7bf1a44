"""Amounts of a column as a whole: which mark parts the decimals, which part thousands, and which currency."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

POINT, COMMA = ".", ","
_MARK = r"[A-Z]{3}|[A-Z]{0,2}\$|[€£¥₹₩₽₺₫₱฿₴₪₦₵]|Rs\.?|RM|R|[Kk]r\.?|zł|Kč|Ft|lei|Fr\.?|元|円|원|人民币"
_AMOUNT = re.compile(
	rf"(?P<sign>[-+]?)\s*(?P<before>{_MARK})?\s*(?P<inner>[-+]?)\s*(?P<body>\d[\d.,' ]*|[.,]\d+)"
	rf"(?P<power>[eE][-+]?\d+)?\s*(?P<after>{_MARK})?\s*(?P<behind>-?)",
	re.ASCII,
)
#: Currencies that a mark may stand for.
_STANDS_FOR = {
	"$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"},
	"US$": {"USD"}, "A$": {"AUD"}, "C$": {"CAD"}, "CA$": {"CAD"}, "NZ$": {"NZD"}, "HK$": {"HKD"},
	"S$": {"SGD"}, "NT$": {"TWD"}, "R$": {"BRL"}, "€": {"EUR"}, "£": {"GBP", "EGP"}, "¥": {"JPY", "CNY"},
	"元": {"CNY", "TWD"}, "人民币": {"CNY"}, "RMB": {"CNY"},
	"円": {"JPY"}, "원": {"KRW"}, "₩": {"KRW"}, "₹": {"INR"},
	"Rs": {"INR", "PKR", "LKR", "NPR"}, "RM": {"MYR"}, "R": {"ZAR"}, "₽": {"RUB"}, "₺": {"TRY"}, "₫": {"VND"},
	"₱": {"PHP"}, "฿": {"THB"}, "₴": {"UAH"}, "₪": {"ILS"}, "₦": {"NGN"}, "₵": {"GHS"}, "zł": {"PLN"},
	"Kč": {"CZK"}, "Ft": {"HUF"}, "lei": {"RON"}, "Fr": {"CHF"}, "kr": {"SEK", "NOK", "DKK", "ISK"},
}  # fmt: skip
_GROUPED_BY_BLANK = re.compile(r"\d{1,3}(?:[' ]\d{3})+(?:[.,]\d*)?", re.ASCII)
#: Below zero; a currency's mark may stand outside.
_BRACKETS = re.compile(r"([^()\d]*)\(([^()]*)\)([^()\d]*)")
#: Thousands in threes, or as in India: 12,34,567.
_GROUPS = {
	mark: re.compile(
		rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+|\d{{1,2}}(?:{re.escape(mark)}\d{{2}})+{re.escape(mark)}\d{{3}}"
	)
	for mark in (POINT, COMMA)
}


class Parts(NamedTuple):
	"""An amount taken apart: its digits with the marks among them, whether it is below zero, its currency."""

	body: str
	power: str
	negative: bool
	currency: str


@dataclass(frozen=True)
class Evidence:
	"""What a column's amounts say of their decimal mark.

	Attributes:
		proven: by decimal mark, how many distinct amounts can be read by no other.
		open: an example of an amount that a thousand times as much may be meant by; or None.
	"""

	proven: dict[str, int]
	open: str | None = None

	def mark(self) -> str | None:
		"""The decimal mark borne out most; a point if it does not matter; None if it cannot be known."""
		if any(self.proven.values()):
			return max(self.proven, key=lambda mark: self.proven[mark])
		return POINT if self.open is None else None

	def joined(self, other: Evidence) -> Evidence:
		"""Of both columns together."""
		return Evidence(
			{mark: self.proven[mark] + other.proven[mark] for mark in (POINT, COMMA)}, self.open or other.open
		)


def parts(text: str) -> Parts | None:
	"""An amount taken apart; None if a text is none."""
	plain = unicodedata.normalize("NFKC", text).translate(_ALIKE).strip()
	if brackets := _BRACKETS.fullmatch(plain):
		plain = "".join(brackets.groups()).strip()
	match = _AMOUNT.fullmatch(plain)
	if not match or (match["before"] and match["after"]):
		return None
	signs = [match["sign"], match["inner"], match["behind"], "-" if brackets else ""]
	body = match["body"].strip()
	if sum(map(bool, signs)) > 1 or (match["power"] and not body.replace(".", "", 1).isdigit()):
		return None
	if " " in body or "'" in body:
		if not _GROUPED_BY_BLANK.fullmatch(body):
			return None
		body = body.replace(" ", "").replace("'", "") + ("" if "." in body or "," in body else "|")
	mark = (match["before"] or match["after"] or "").rstrip(".")
	return Parts(body, match["power"] or "", "-" in signs, _known_mark(mark))


_ALIKE = str.maketrans(
	{"’": "'", "‘": "'", "`": "'", "´": "'", "−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "}
)


def _known_mark(mark: str) -> str:
	return mark[:1].lower() + mark[1:] if mark.lower() == "kr" else mark


def evidence(texts: Iterable[str]) -> Evidence:
	"""What distinct amounts say of the decimal mark."""
	proven, is_open = {POINT: 0, COMMA: 0}, None
	for text in texts:
		if text.isdigit() or not (found := parts(text)):
			continue
		mark = _proves(found.body)
		if mark in proven:
			proven[mark] += 1
		elif mark == "?":
			is_open = is_open or text
	return Evidence(proven, is_open)


def _proves(body: str) -> str:
	"""The only decimal mark by which digits can be read; ? if both can, and differ; else empty."""
	if body.endswith("|"):
		return ""
	readable = [mark for mark in (POINT, COMMA) if not math.isnan(_value(body, mark))]
	if len(readable) == 2:
		return "" if _value(body, POINT) == _value(body, COMMA) else "?"
	return readable[0] if readable else ""


def _value(body: str, decimal: str) -> float:
	"""The number that digits with marks are by a decimal mark; NaN if they are none by it."""
	group = COMMA if decimal == POINT else POINT
	whole, mark, fraction = body.rstrip("|").partition(decimal)
	if (mark and not (fraction.isdigit() or not fraction)) or (mark and not whole and not fraction):
		return math.nan
	if group in whole:
		if not _GROUPS[group].fullmatch(whole) or whole.startswith("0"):
			return math.nan
		whole = whole.replace(group, "")
	if whole and not whole.isdigit():
		return math.nan
	return float(f"{whole or 0}.{fraction or 0}")


def read_amount(text: str, decimal: str) -> float:
	"""A finite number; NaN where a text is none by this decimal mark."""
	found = parts(text)
	if found is None:
		return math.nan
	if found.power:
		number = float(f"{found.body}{found.power}") if decimal == POINT else math.nan
	else:
		number = _value(found.body, decimal)
	if not math.isfinite(number):
		return math.nan
	return -number if found.negative and number else number


def read_mark(text: str) -> str:
	"""The currency's mark beside an amount; empty if there is none."""
	found = parts(text)
	return found.currency if found else ""


def are_one_currency(marks: Iterable[str]) -> bool:
	"""Whether all marks may stand for one and the same currency."""
	meant = [_STANDS_FOR.get(mark, {mark}) for mark in marks if mark]
	return not meant or bool(set.intersection(*meant))


def currency_of(mark: str) -> str:
	"""The code of the currency that a mark can only stand for; else the mark."""
	meant = _STANDS_FOR.get(mark, {mark})
	return next(iter(meant)) if len(meant) == 1 else mark
