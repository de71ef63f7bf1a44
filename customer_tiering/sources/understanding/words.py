"""What words in cells stand for: states of documents, kinds of vouchers, yes and no, totals, and nobody."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

_DATA: dict[str, Any] = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
#: By word: ``draft``, ``cancelled``, ``refunded``, ``return``, ``internal`` or ``sale``.
STATUSES = {word: meaning for meaning, words in _DATA["status"].items() for word in words}
#: By word: ``sale``, ``return`` or ``other``, which is no sale.
VOUCHERS = {word: meaning for meaning, words in _DATA["voucher"].items() for word in words}
TOTALS = frozenset(_DATA["total"])
NOBODY = frozenset(_DATA["nobody"])
_LONGEST = max(map(len, NOBODY))
_FLAGS = {word: meaning == "yes" for meaning, words in _DATA["flag"].items() for word in words}
_DOCSTATUS = {"draft": 0, "sale": 1, "return": 1, "cancelled": 2}
#: What a word of a status may be said to mean.
MEANINGS = ("sale", "draft", "cancelled", "refunded", "return", "internal")
UNREADABLE = -1


def folded(text: str) -> str:
	"""A word as it is compared: no matter of case, of blanks around or of the width of letters."""
	return unicodedata.normalize("NFKC", text).strip().casefold().removesuffix(".0")


def read_flag(text: str) -> int:
	"""1 for yes, 0 for no and for nothing, ``UNREADABLE`` for anything else."""
	return int(_FLAGS.get(folded(text), UNREADABLE))


def read_docstatus(text: str) -> int:
	"""0 for a draft, 1 for a submitted document or nothing, 2 for a cancelled one; else ``UNREADABLE``."""
	word = folded(text)
	return 1 if not word else _DOCSTATUS.get(STATUSES.get(word, ""), UNREADABLE)


def is_total(text: str) -> bool:
	"""Whether a cell names a row of totals."""
	return folded(text).strip(":：") in TOTALS


def is_nobody(text: str) -> bool:
	"""Whether a cell says that there is nothing in it."""
	return len(text) <= _LONGEST + 4 and folded(text) in NOBODY
