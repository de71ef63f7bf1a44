"""Sales documents from CSV and Excel files: typed, checked, and every bad row told by line and reason."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import CUSTOMER_COLUMNS, MAX_AMOUNT, Bools, Floats, Ints, to_day
from customer_tiering.sources import columns, sheets
from customer_tiering.sources.columns import ColumnsError, Mapping

SAMPLES = 20
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
MAX_MEMO = 100_000
MAX_SHOWN = 40  # characters of a cell that is quoted
_DATE = re.compile(
	r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
	r"|(\d{4})年(\d{1,2})月(\d{1,2})日",
	re.ASCII,
)
_FLAGS = {
	**dict.fromkeys(("", "0", "0.0", "no", "n", "false", "否"), 0),
	**dict.fromkeys(("1", "1.0", "yes", "y", "true", "是"), 1),
}
_DOCSTATUS = {
	**dict.fromkeys(("0", "0.0", "draft", "草稿", "草案"), 0),
	**dict.fromkeys(("", "1", "1.0", "submitted", "已提交"), 1),
	**dict.fromkeys(("2", "2.0", "cancelled", "已取消", "取消"), 2),
}
_LINE_ENDS = re.compile(r"[\r\n]+")
_TOTALS = {"total", "totals", "grand total", "总", "总计", "合计"}
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
#: A comma alone may be a decimal mark, so groups count only where they leave no doubt.
_GROUPED_NUMBER = re.compile(r"[+-]?\d{1,3}((,\d{3})+\.\d+|(,\d{3}){2,})", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?", re.ASCII)
#: Codes that stand in a column of integers for a value that could not be read.
_MISSING, _UNREADABLE, _OUTSIDE = -(10**9), -(10**9) + 1, -(10**9) + 2
_TEXTS = ("company", "return_against", *CUSTOMER_COLUMNS)
_FLAG_FIELDS = {
	"is_return": "is_return",
	"is_debit_note": "is_debit_note",
	"is_opening": "is_opening",
	"is_internal": "is_internal_customer",
	"is_consolidated": "is_consolidated",
}


class Bad(NamedTuple):
	"""A row that cannot be graded: where it is, why, and what it holds."""

	file: str
	line: int
	reasons: tuple[str, ...]  # as they are counted
	told: str  # with the values that are wrong
	cells: Sequence[str]


RejectRow = Callable[[Bad, Sequence[str]], None]
Progress = Callable[[Path, float], None]


@dataclass
class Reading:
	"""What was read.

	Attributes:
		documents: the good rows, as :func:`customer_tiering.sources.documents.select` takes them.
		has: the fields that at least one file has a column for.
		rows: all rows below the headings.
		unseen: rows that hold no document, by reason: blank rows and an export's totals.
		bad: how many rows are bad; ``reasons`` counts why, and a row may have several.
		samples: the first bad rows.
	"""

	documents: pd.DataFrame
	has: frozenset[str]
	rows: int = 0
	unseen: Counter[str] = field(default_factory=Counter)
	bad: int = 0
	reasons: Counter[str] = field(default_factory=Counter)
	samples: list[Bad] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
	"""A file, its heading, and where in it each field is."""

	path: Path
	heading: list[str]
	positions: dict[str, int]
	encoding: str = ""
	decimal: str = "."


def open_sources(
	paths: Sequence[Path], mapping: Mapping, encoding: str = "", decimal: str = "."
) -> list[Source]:
	"""Look at the headings of all files before any is read.

	Args:
		paths: the files.
		mapping: the user's own names of columns.
		encoding: of the CSV files, empty for UTF-8.
		decimal: the decimal mark of amounts in CSV files, a point or a comma.

	Raises:
		SheetError: a file cannot be read.
		ColumnsError: a file lacks a required column, or the mapping names one that no file has.
	"""
	headings = {path: sheets.read_heading(path, encoding) for path in paths}
	for theirs in mapping.unused(headings.values()):
		names = ", ".join(name for heading in headings.values() for name in heading[: columns.SHOWN_HEADINGS])
		raise ColumnsError(f"--map {theirs}=…: no file has a column {theirs}. There are: {names}.")
	return [
		Source(
			path,
			heading,
			columns.find(str(path), heading, mapping),
			encoding,
			"." if sheets.is_excel(path) else decimal,
		)
		for path, heading in headings.items()
	]


def read_sales(
	sources: Sequence[Source], reject: RejectRow | None = None, progress: Progress | None = None
) -> Reading:
	"""Read the files, one after the other.

	Args:
		sources: from :func:`open_sources`.
		reject: is given every bad row and its heading, in order.
		progress: is told the part of a file that has been read.

	Raises:
		SheetError: a file cannot be read.
	"""
	has = frozenset(name for source in sources for name in source.positions)
	reader = _Reader(has, reject)
	for source in sources:
		on_part = progress and partial(progress, source.path)
		for batch in sheets.read_sheet(source.path, source.encoding, on_part):
			reader.take(source, batch)
	if reader.pieces:
		reader.reading.documents = pd.concat(reader.pieces, ignore_index=True)
	return reader.reading


class _Memo(dict[str, Any]):
	"""Reads each distinct text once; forgets all when they become too many."""

	def __init__(self, read: Callable[[str], Any]):
		self._read = read

	def __missing__(self, text: str) -> Any:
		value = self[text] = self._read(text)
		return value

	def of(self, texts: Sequence[str]) -> list[Any]:
		if len(self) > MAX_MEMO:
			self.clear()
		return [self[text] for text in texts]


class _Reader:
	"""Turns batches of text into documents; holds what must be known across batches and files."""

	def __init__(self, has: frozenset[str], reject: RejectRow | None):
		self.reading = Reading(pd.DataFrame(), has)
		self.pieces: list[pd.DataFrame] = []
		self.reject = reject
		self.documents: set[str] = set()
		self.texts = _Memo(lambda text: _LINE_ENDS.sub(" ", text.strip()))
		self.dates = _Memo(read_date)
		self.flags = _Memo(lambda text: _FLAGS.get(text.strip().casefold(), _UNREADABLE))
		self.statuses = _Memo(lambda text: _DOCSTATUS.get(text.strip().casefold(), _UNREADABLE))

	def take(self, source: Source, raw: sheets.Batch) -> None:
		"""Keep the good rows of a batch, count those that hold no document and tell the bad ones."""
		self.reading.rows += raw.size
		raw = self._without_unseen(source, raw)
		batch = _Batch(source, raw)
		values = self._values(batch)
		self._find_duplicates(batch, values["document"])
		self._tell(source, raw, batch)
		good = ~batch.bad
		if good.any():
			self.pieces.append(pd.DataFrame(self._typed(values))[good])

	def _without_unseen(self, source: Source, raw: sheets.Batch) -> sheets.Batch:
		seen: list[int] = []
		for at, row in enumerate(raw.rows):
			if not row[source.positions["posting_date"]].strip() and (kind := _unseen(source, row)):
				self.reading.unseen[kind] += 1
			else:
				seen.append(at)
		if len(seen) == len(raw.rows):
			return raw
		return sheets.Batch([raw.lines[at] for at in seen], [raw.rows[at] for at in seen], raw.broken)

	def _values(self, batch: _Batch) -> dict[str, Any]:
		"""Each field's values; what cannot be read is noted in the batch."""
		names = [name.strip() for name in batch.cells("name")]
		batch.note("no document ID", [not name for name in names])
		values: dict[str, Any] = {
			"customer": self.texts.of(batch.cells("customer")),
			"document": names,
			"posting_date": batch.dates(self.dates),
			"net_amount": batch.amounts("base_net_total"),
		}
		if "gross_profit" in self.reading.has:
			values["gross_profit"] = batch.amounts("gross_profit", missing=True)
		for key, name in _FLAG_FIELDS.items():
			values[key] = batch.codes(name, self.flags, "neither yes nor no")
		if "is_return" not in batch.source.positions:
			values["is_return"] = (values["net_amount"] < 0).astype(np.int64)
		values["docstatus"] = self._docstatus(batch)
		for name in _TEXTS:
			if name in self.reading.has:
				values[name] = self.texts.of(batch.cells(name))
		return values

	def _docstatus(self, batch: _Batch) -> Ints:
		"""Without a column for it, the status tells drafts and cancelled documents."""
		if "docstatus" in batch.source.positions:
			return batch.codes("docstatus", self.statuses, "none of draft, submitted and cancelled")
		codes = self.statuses.of(batch.cells("status"))
		return np.array([1 if code == _UNREADABLE else code for code in codes], dtype=np.int64)

	def _find_duplicates(self, batch: _Batch, names: list[str]) -> None:
		"""The first good row of a document holds; the ID is then taken."""
		if not batch.bad.any() and len(set(names)) == len(names) and self.documents.isdisjoint(names):
			self.documents.update(names)
			return
		twice = np.zeros(len(names), dtype=bool)
		for at in np.flatnonzero(~batch.bad).tolist():
			twice[at] = names[at] in self.documents
			self.documents.add(names[at])
		batch.note("document ID listed before", twice, names)

	def _tell(self, source: Source, raw: sheets.Batch, batch: _Batch) -> None:
		if not (raw.broken or batch.bad.any()):
			return
		file = str(source.path)
		found = [Bad(file, row.line, (row.wrong,), row.wrong, row.cells) for row in raw.broken]
		found += [
			Bad(file, raw.lines[at], *batch.reasons(at), raw.rows[at])
			for at in np.flatnonzero(batch.bad).tolist()
		]
		for bad in sorted(found, key=lambda bad: bad.line):
			self.reading.bad += 1
			self.reading.reasons.update(bad.reasons)
			if len(self.reading.samples) < SAMPLES:
				self.reading.samples.append(bad)
			if self.reject:
				self.reject(bad, source.heading)

	def _typed(self, values: dict[str, Any]) -> dict[str, Any]:
		typed: dict[str, Any] = {
			key: pd.Series(value, dtype=object) if isinstance(value, list) else value
			for key, value in values.items()
		}
		typed["posting_date"] = values["posting_date"].astype("datetime64[D]").astype("datetime64[s]")
		typed["docstatus"] = values["docstatus"].astype(np.int8)
		typed.update({key: values[key] == 1 for key in _FLAG_FIELDS})
		typed.setdefault("company", pd.Series([""] * len(values["document"]), dtype=object))
		return typed


class _Batch:
	"""The cells of a batch by field, and what is wrong with its rows."""

	def __init__(self, source: Source, raw: sheets.Batch):
		self.source = source
		self.rows = raw.rows
		self.bad: Bools = np.zeros(len(raw.rows), dtype=bool)
		self.problems: list[tuple[str, Bools, Sequence[str] | None]] = []

	def cells(self, name: str) -> list[str]:
		"""A field's texts; empty ones where the file has no column for it."""
		at = self.source.positions.get(name)
		return [""] * len(self.rows) if at is None else [row[at] for row in self.rows]

	def note(self, reason: str, rows: Sequence[bool] | Bools, texts: Sequence[str] | None = None) -> None:
		"""Mark rows as bad for a reason; ``texts`` are what the cells hold."""
		mask = np.asarray(rows, dtype=bool)
		if mask.any():
			self.bad |= mask
			self.problems.append((reason, mask, texts))

	def reasons(self, at: int) -> tuple[tuple[str, ...], str]:
		"""Why a row is bad, for counting and for reading."""
		mine = [(reason, texts[at] if texts else "") for reason, mask, texts in self.problems if mask[at]]
		told = [f"{reason}: {_clip(text)}" if text else reason for reason, text in mine]
		return tuple(reason for reason, _text in mine), "; ".join(told)

	def dates(self, memo: _Memo) -> Ints:
		texts = self.cells("posting_date")
		days = np.array(memo.of(texts), dtype=np.int64)
		self.note("no date", days == _MISSING)
		self.note("date not of the form 2025-01-31", days == _UNREADABLE, texts)
		self.note(f"date outside {FIRST_DAY.year} to {LAST_DAY.year}", days == _OUTSIDE, texts)
		return days

	def codes(self, name: str, memo: _Memo, wrong: str) -> Ints:
		"""A field of few values as numbers; 0 for all without a column for it."""
		if name not in self.source.positions:
			return np.zeros(len(self.rows), dtype=np.int64)
		texts = self.cells(name)
		codes = np.array(memo.of(texts), dtype=np.int64)
		self.note(f"{name} is {wrong}", codes == _UNREADABLE, texts)
		return codes

	def amounts(self, name: str, missing: bool = False) -> Floats:
		"""A field's numbers; ``missing`` says whether it may be empty, and is NaN then."""
		if name not in self.source.positions:
			return np.full(len(self.rows), np.nan)
		texts = self.cells(name)
		amounts, wrong = _numbers(texts, self.source.decimal)
		if missing:
			wrong &= np.array([bool(text.strip()) for text in texts], dtype=bool)
		what = "amount" if name == "base_net_total" else name
		self.note(f"{what} is not a plain number like 1234{self.source.decimal}56", wrong, texts)
		with np.errstate(invalid="ignore"):
			self.note(f"{what} is over {MAX_AMOUNT:,.0f}", np.abs(amounts) > MAX_AMOUNT, texts)
		return amounts


def _unseen(source: Source, row: list[str]) -> str:
	"""Why a row without a date is no document: it is blank, or ERPNext's totals below an export."""
	if not any(map(str.strip, row)):
		return "blank"
	who = [row[source.positions[name]].strip().casefold() for name in ("name", "customer")]
	words = {cell.strip().casefold() for cell in row} & _TOTALS
	return "totals" if words and all(not text or text in _TOTALS for text in who) else ""


def _clip(text: str) -> str:
	"""A cell's text as it can be shown within a line."""
	shown = "".join(c if c.isprintable() else " " for c in text[: MAX_SHOWN + 1]).strip()
	return shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 1] + "…"


def _numbers(texts: Sequence[str], decimal: str) -> tuple[Floats, Bools]:
	"""Finite numbers, and which texts are none (their number is NaN)."""
	if decimal == "." and not any("_" in text for text in texts):
		try:
			amounts = np.array(list(map(float, texts)), dtype=np.float64)
		except ValueError:
			pass
		else:
			finite = np.isfinite(amounts)
			return np.where(finite, amounts, np.nan), ~finite
	amounts = np.array([_number(text, decimal) for text in texts], dtype=np.float64)
	return amounts, np.isnan(amounts)


def _number(text: str, decimal: str) -> float:
	text = text.strip()
	if decimal == ",":
		text = text.replace(".", "").replace(",", ".") if _COMMA_NUMBER.fullmatch(text) else ""
	elif _GROUPED_NUMBER.fullmatch(text):
		text = text.replace(",", "")
	if not _PLAIN_NUMBER.fullmatch(text):
		return math.nan
	number = float(text)
	return number if math.isfinite(number) else math.nan


def read_date(text: str) -> int:
	"""Days since 1970-01-01 of a date that begins with its year; a code where it is none."""
	text = text.strip()
	if not text:
		return _MISSING
	match = _DATE.fullmatch(text)
	if not match:
		return _UNREADABLE
	year, month, day = (int(part) for part in match.group(1, 3, 4, 5, 6, 7) if part)
	try:
		found = date(year, month, day)
	except ValueError:
		return _UNREADABLE
	return to_day(found) if FIRST_DAY <= found <= LAST_DAY else _OUTSIDE


def is_date(day: int) -> bool:
	"""Whether :func:`read_date` found one."""
	return day > _OUTSIDE
