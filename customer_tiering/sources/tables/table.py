"""One table of a file: its heading, its columns as whole arrays, and the rows that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import Bools, Floats, Ints, factorized

MAX_COLUMNS = 2_000
Progress = Callable[[float], None]

#: How a column is split: amounts as plain numbers where all are, names one by one, others each once.
AMOUNT, NAME, OTHER = "amount", "name", "other"

#: What can be wrong with a record as a whole.
QUOTES = "the quotation marks do not match"
TOO_LONG = "the row or one of its cells is too long"
NUL = "the row holds a NUL character"
WIDTH = "the row has more or fewer cells than the heading"


class TableError(ValueError):
	"""A file that cannot be read at all; the message says why and what to do."""


class Record(NamedTuple):
	"""One record of a file: its first line, its cells, and what is wrong with it, if anything."""

	line: int
	cells: Sequence[Any]
	wrong: str = ""


@dataclass(frozen=True)
class Heading:
	"""The row with the names of the columns.

	Attributes:
		names: as they stand there.
		line: which line it is.
		above: how many rows that hold anything stand above it.
		known: how many of the names mean something to the reader.
	"""

	names: list[str]
	line: int = 1
	above: int = 0
	known: int = 0


@dataclass(frozen=True)
class Cells:
	"""A column: each distinct cell once, and which of them each row has; or plain numbers.

	Attributes:
		known: the distinct cells: text, or what a spreadsheet holds: a number, a date, truth.
		codes: position in ``known`` of each row's cell, shape (rows,); -1 where the cell is in ``numbers``.
		numbers: NaN where the cell is in ``known``; None where no cell was read as a number beforehand.
	"""

	known: list[Any]
	codes: Ints
	numbers: Floats | None = None

	@classmethod
	def of(cls, values: Sequence[Any]) -> Cells:
		"""Of cells one by one; 1 and True are one, and so are 1 and 1.0."""
		cells = np.empty(len(values), dtype=object)
		cells[:] = values
		codes, known = factorized(cells)
		return cls(list(known), codes.astype(np.int32))

	@classmethod
	def empty(cls, rows: int) -> Cells:
		"""Of a column that is not there: all cells are empty."""
		return cls([""], np.zeros(rows, dtype=np.int32))

	def __len__(self) -> int:
		return len(self.codes)

	def text(self, row: int) -> str:
		"""A row's cell as a person would write it."""
		code = int(self.codes[row])
		return as_text(
			float(self.numbers[row]) if code < 0 and self.numbers is not None else self.known[code]
		)

	def each(self, read: Callable[[Any], Any], dtype: Any) -> Any:
		"""What a function makes of each distinct cell, laid out by row; shape (rows,)."""
		values = np.empty(len(self.known), dtype=dtype)
		for at, cell in enumerate(self.known):
			values[at] = read(cell)
		return values[self.codes]

	def coded(self, read: Callable[[Any], str]) -> pd.Categorical:
		"""The text that a function makes of each distinct cell, as categories; shape (rows,)."""
		return self.named(list(map(read, self.known)))

	def named(self, texts: Sequence[str]) -> pd.Categorical:
		"""A text for each distinct cell, as categories; shape (rows,)."""
		codes, known = factorized(np.array([*texts, None], dtype=object)[:-1])
		return pd.Categorical.from_codes(codes.astype(np.int32)[self.codes], pd.Index(known, dtype=object))

	def texts(self) -> list[str]:
		"""The distinct cells as a person would write them, without blanks around."""
		return [as_text(cell).strip() for cell in self.known]

	def take(self, rows: Ints | Bools) -> Cells:
		"""Only some rows."""
		numbers = None if self.numbers is None else self.numbers[rows]
		return Cells(self.known, self.codes[rows], numbers)


@dataclass
class Table:
	"""The columns that were asked for, by position in the heading.

	Attributes:
		columns: by position.
		lines: on which line of the file each row is, shape (rows,).
		broken: records that are no rows, such as those cut short.
		blank: rows that hold nothing, which are not among the others.
	"""

	columns: dict[int, Cells]
	lines: Ints
	broken: list[Record] = field(default_factory=list)
	blank: int = 0


def as_text(value: Any) -> str:
	"""A cell's value as a CSV file would hold it."""
	if isinstance(value, str):
		return value
	if value is None:
		return ""
	if isinstance(value, datetime):
		return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
	if isinstance(value, date):
		return value.isoformat()
	if isinstance(value, bool | np.bool_):
		return str(int(value))
	if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
		return str(int(value))
	return str(value)


def is_blank(cells: Sequence[Any]) -> bool:
	"""Whether a row holds nothing."""
	return not any(str(cell).strip() for cell in cells if cell is not None and cell != "")


def fitting(record: Record, width: int) -> Record:
	"""A record as long as the heading: empty cells too many do no harm, another width does."""
	line, cells, wrong = record
	if wrong or len(cells) == width:
		return record
	if is_blank(cells):
		return Record(line, [""] * width)
	if len(cells) > width and is_blank(cells[width:]):
		return Record(line, list(cells[:width]))
	return Record(line, cells, WIDTH)


def find_heading(records: Sequence[Record], recognised: Callable[[Sequence[str]], int]) -> Heading | None:
	"""Of the first rows of a table the one that names most columns; the first with anything if none does.

	Args:
		records: the first rows, in order.
		recognised: how many of the names it knows.
	"""
	best: Heading | None = None
	above = 0
	for record in records:
		if is_blank(record.cells) and not record.wrong:
			continue
		names = [as_text(cell) for cell in record.cells]
		known = 0 if record.wrong else recognised(names)
		if best is None or known > best.known:
			best = Heading(_without_empty_end(names), record.line, above, known)
		above += 1
	return best


def _without_empty_end(names: list[str]) -> list[str]:
	"""A workbook's rows are all as long as its longest."""
	end = len(names)
	while end > 1 and not names[end - 1].strip():
		end -= 1
	return names[:end]
