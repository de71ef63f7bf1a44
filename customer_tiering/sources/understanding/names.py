"""Names of customers and documents: nobody's, those cut by a spreadsheet, one name in many spellings."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from customer_tiering.sources.tables.table import as_text

_LINE_ENDS = re.compile(r"[\r\n]+")
#: 1.38E+10 is what is left of 13800000001.
_CUT = re.compile(r"[-+]?\d(?:[.,]\d+)?[eE]\+?\d{2,}", re.ASCII)
_EXACT = 10**15  # from here on a spreadsheet's numbers have lost digits


def tidy(cell: Any) -> str:
	"""A name on one line, without blanks around; 12345.0 is 12345."""
	text = (cell if isinstance(cell, str) else as_text(cell)).strip()
	if "\n" in text or "\r" in text:
		text = _LINE_ENDS.sub(" ", text)
	return text.split(".")[0] if is_pointed(text) else text


def is_pointed(text: str) -> bool:
	"""Whether a number has a point and nothing but zeros behind it."""
	return text.endswith(".0") and text[:-2].isdecimal()


def is_cut(cell: Any) -> bool:
	"""Whether a spreadsheet has cut a long number that was a name, so that others look like it."""
	if isinstance(cell, float | int) and not isinstance(cell, bool):
		return abs(cell) >= _EXACT
	return isinstance(cell, str) and "+" in cell and bool(_CUT.fullmatch(cell.strip()))


def tidied(cells: Sequence[Any]) -> list[str]:
	"""All of them tidy; as nearly all are so already, they are looked at one by one only if one is not."""
	if _may_be(cells, ".0\n", "\r", lines=True):
		return [tidy(cell) for cell in cells]
	return list(map(str.strip, cells))


def cut(cells: Sequence[Any]) -> list[bool]:
	"""Which of them a spreadsheet has cut."""
	return [is_cut(cell) for cell in cells] if _may_be(cells, "E+", "e+") else [False] * len(cells)


def pointed(cells: Sequence[Any]) -> list[bool]:
	"""Which of them are texts of numbers with a point and zeros behind it."""
	if not _may_be(cells, ".0"):
		return [False] * len(cells)
	return [isinstance(cell, str) and is_pointed(cell.strip()) for cell in cells]


def _may_be(cells: Sequence[Any], *signs: str, lines: bool = False) -> bool:
	"""Whether a cell is no text, or one of some signs is in any; or a line end, if lines count."""
	if set(map(type, cells)) - {str}:
		return True
	together = "\n".join(cells) + "\n"
	return any(sign in together for sign in signs) or (lines and together.count("\n") > len(cells))


def spelling(name: str) -> str:
	"""What is the same for names that differ only in case, blanks or the width of letters."""
	return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def alike(names: Iterable[str]) -> list[list[str]]:
	"""Groups of names that differ only in case, blanks or the width of letters, in order of the first."""
	known = list(names)
	together = "\n".join(known)
	if together.isascii() and "  " not in together and "\t" not in together:
		if len(set(map(str.lower, known))) == len(known):  # mostly, and much faster
			return []
	return _grouped(known, spelling)


def differ_by_zeros(names: Iterable[str]) -> list[list[str]]:
	"""Groups of numbers that differ only in zeros before them."""
	return _grouped((name for name in names if name.isdigit()), lambda name: name.lstrip("0"))


def _grouped(names: Iterable[str], key: Any) -> list[list[str]]:
	groups: dict[str, list[str]] = {}
	for name in names:
		groups.setdefault(key(name), []).append(name)
	return [group for group in groups.values() if len(group) > 1]


def nearest(name: str, names: Sequence[str]) -> list[str]:
	"""Names that somebody may have meant."""
	return difflib.get_close_matches(name, names, n=3)
