"""CSV text as a table. Blocks that are sound, the usual case, are split by pandas; others row by row."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import Bools, Ints
from customer_tiering.sources.tables.table import (
	AMOUNT,
	NAME,
	NUL,
	QUOTES,
	TOO_LONG,
	Cells,
	Heading,
	Record,
	Table,
	find_heading,
	fitting,
	is_blank,
)

BLOCK = 16_000_000  # characters
START = 200_000  # enough of a file to see how it begins
MAX_LINE = 1_000_000  # characters
DELIMITERS = (",", ";", "\t", "|", "^")
_LOOKED_AT = 60  # lines, to look for the heading among them
_QUOTE, _NEWLINE = 34, 10
_BACK = 50  # line ends before the last, at one of which a block may be cut


@contextmanager
def opened_text(stream: IO[bytes], encoding: str, size: int = BLOCK) -> Iterator[Text]:
	"""The text of a stream, which stays open afterwards; in blocks of about so many characters."""
	text = Text(stream, encoding, size)
	try:
		yield text
	finally:
		text.text.detach()


class Text:
	"""The text of a file from its first line on, in blocks of whole lines."""

	def __init__(self, stream: IO[bytes], encoding: str, size: int):
		self.size = size
		self.text = io.TextIOWrapper(stream, encoding=encoding, newline=None)
		self.number = 0  # lines that have been handed out
		self.rest = ""

	def block(self) -> str:
		"""Some whole lines; nothing at the end. Quotation marks come in pairs, where that can be."""
		block = self.rest
		while True:
			piece = self.text.read(self.size)
			block += piece
			if not piece:
				self.rest = ""
				return block + "\n" if block and not block.endswith("\n") else block
			if end := _end(block):
				self.rest = block[end:]
				return block[:end]

	def lines(self) -> Iterator[str]:
		"""One by one, without counting them."""
		while block := self.block():
			yield from block.splitlines(keepends=True) if "\n" not in block else _split(block)


def _split(block: str) -> list[str]:
	lines = block.split("\n")
	return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _end(block: str) -> int:
	"""Where to cut: behind the last line that ends outside quotation marks, or else the last line."""
	last = end = block.rfind("\n") + 1
	marks = block.count('"', 0, end)
	for _ in range(_BACK):
		if not end or marks % 2 == 0:
			break
		before = block.rfind("\n", 0, end - 1) + 1
		marks -= block.count('"', before, end)
		end = before
	return end or last


def look(text: Text, recognised: Callable[[Sequence[str]], int]) -> tuple[str, Heading | None]:
	"""The delimiter and the heading, by the first lines; they are handed out again.

	The delimiter is the one by which most columns have a name that is known, then the one that makes most.
	"""
	start = text.block()
	lines = _split(start)[:_LOOKED_AT]
	text.rest = start + text.rest
	found = [(delimiter, find_heading(_loosely(lines, delimiter), recognised)) for delimiter in DELIMITERS]
	if any(heading is None for _delimiter, heading in found):  # nothing but delimiters
		return ",", None
	return max(found, key=lambda one: (one[1].known, len(one[1].names)) if one[1] else (0, 0))


def _loosely(lines: Sequence[str], delimiter: str) -> list[Record]:
	"""Records of the first lines; the line of each is the one on which it ends."""
	records: list[Record] = []
	reader = csv.reader(
		(line.replace("\0", "") for line in lines), delimiter=delimiter, skipinitialspace=True
	)
	while True:
		try:
			cells = next(reader)
		except StopIteration:
			return records
		except csv.Error:
			return [*records, Record(reader.line_num, [], TOO_LONG)]
		records.append(Record(reader.line_num, cells))


def read_text(
	text: Text, delimiter: str, heading: Heading, wanted: Mapping[int, str], progress: Callable[[], None]
) -> Table:
	"""The rows below the heading.

	Args:
		text: from its first line on.
		delimiter: between cells.
		heading: where it ends, and how many columns it names.
		wanted: positions of the columns to keep, and how each is split.
		progress: is called from time to time.
	"""
	reader = _Reader(text, delimiter, len(heading.names), wanted)
	reader.skip(heading.line)
	while block := reader.block():
		reader.take(block)
		progress()
	return reader.table()


def records_of(
	text: Text, delimiter: str, width: int, after: int, lines: set[int] | None = None
) -> Iterator[Record]:
	"""The records below a line, one by one; all, or those that begin at some lines."""
	reader = _Reader(text, delimiter, width, {})
	reader.skip(after)
	while block := reader.block():
		end = reader.queue.number + block.count("\n")
		if lines is None or any(reader.queue.number < line <= end for line in lines):
			yield from (one for one in reader.careful(block) if lines is None or one.line in lines)
		else:
			reader.queue.number = end


class _Column:
	"""The cells of one column, block by block."""

	def __init__(self, kind: str) -> None:
		self.kind = kind
		self.codes: list[Ints] = []
		self.numbers: list[Any] = []
		self.known: list[Any] = []  # the distinct cells of each block
		self.names: list[str] = []

	def add(self, values: Any) -> None:
		"""The cells of a block, as an array of floats or of texts."""
		if values.dtype.kind == "f":
			self.codes.append(np.full(len(values), -1, dtype=np.int32))
			self.numbers.append(values)
			return
		if self.kind == NAME:
			self.codes.append(np.arange(len(self.names), len(self.names) + len(values), dtype=np.int32))
			self.names.extend(values.tolist())
			return
		codes, known = pd.factorize(values)
		self.codes.append((codes + sum(map(len, self.known))).astype(np.int32))
		self.known.append(known)
		if self.kind == AMOUNT:
			self.numbers.append(np.full(len(values), np.nan))

	def cells(self) -> Cells:
		codes: Any = np.concatenate(self.codes) if self.codes else np.zeros(0, dtype=np.int32)
		numbers = np.concatenate(self.numbers) if self.numbers else None
		if self.kind == NAME or not self.known:
			return Cells(self.names, codes, numbers)
		places, known = pd.factorize(np.concatenate(self.known))
		return Cells(list(known), np.append(places, -1).astype(np.int32)[codes], numbers)


class _Reader:
	"""Takes blocks of lines apart, and counts the lines."""

	def __init__(self, text: Text, delimiter: str, width: int, wanted: Mapping[int, str]):
		self.text, self.delimiter, self.width = text, delimiter, width
		self.columns = {at: _Column(kind) for at, kind in wanted.items()}
		self.lines: list[Ints] = []
		self.broken: list[Record] = []
		self.blank = 0
		self.queue = _Lines(text)

	def skip(self, lines: int) -> None:
		"""Pass over the first lines."""
		for _ in range(lines):
			with suppress(csv.Error):
				next(self.queue)
		self.queue.record.clear()

	def block(self) -> str:
		"""The next lines, those first that were handed back."""
		waiting = "".join(self.queue.waiting)
		self.queue.waiting.clear()
		return waiting or self.text.block()

	def take(self, block: str) -> None:
		"""Add a block's rows to the columns."""
		frame = None if "\0" in block else self._sound(block)
		if frame is None:
			self._take_records(list(self.careful(block)))
			return
		for at, column in self.columns.items():
			column.add(frame[at].to_numpy())

	def _sound(self, block: str) -> pd.DataFrame | None:
		"""The cells of a block in which every record is as it should be; None for any other."""
		data = block.encode("utf-8", "surrogatepass")
		starts = _starts(data, ord(self.delimiter), self.width)
		if starts is None:
			return None
		frame = self._split(data)
		if frame is None or len(frame) != len(starts):
			return None
		self.lines.append(self.queue.number + 1 + starts)
		self.queue.number += data.count(b"\n")
		return frame

	def _split(self, data: bytes) -> pd.DataFrame | None:
		"""By pandas: amounts as numbers, if all of them are."""
		kinds = {at: np.float64 if column.kind == AMOUNT else object for at, column in self.columns.items()}
		for types in (kinds, dict.fromkeys(kinds, object)):
			try:
				frame = pd.read_csv(
					io.BytesIO(data), sep=self.delimiter, header=None, names=range(self.width),
					usecols=[*kinds], dtype=types, na_filter=False, skipinitialspace=True,
					skip_blank_lines=False, low_memory=False,
				)  # fmt: skip
			except pd.errors.ParserError:
				return None
			except ValueError:
				continue
			amounts = [at for at, kind in types.items() if kind is np.float64]
			if all(np.isfinite(frame[at].to_numpy()).all() for at in amounts):
				return frame
		return None

	def careful(self, block: str) -> Iterator[Record]:
		"""The records of a block one by one, and perhaps the lines after it that belong to the last."""
		lines = _split(block)
		end = self.queue.number + len(lines)
		self.queue.waiting.extend(lines)
		records = _records(self.queue, self.delimiter)
		while self.queue.waiting and self.queue.number < end:
			yield fitting(next(records), self.width)

	def _take_records(self, records: Sequence[Record]) -> None:
		sound = [record for record in records if not record.wrong]
		full = [record for record in sound if not is_blank(record.cells)]
		self.broken += [record for record in records if record.wrong]
		self.blank += len(sound) - len(full)
		self.lines.append(np.array([record.line for record in full], dtype=np.int64))
		for at, column in self.columns.items():
			values = np.empty(len(full), dtype=object)
			values[:] = [record.cells[at] for record in full]
			column.add(values)

	def table(self) -> Table:
		lines = np.concatenate(self.lines) if self.lines else np.zeros(0, dtype=np.int64)
		return Table(
			{at: column.cells() for at, column in self.columns.items()}, lines, self.broken, self.blank
		)


def _starts(data: bytes, delimiter: int, width: int) -> Ints | None:
	"""How many lines lie before each record, shape (records,); None if a record is not as it should be.

	Every record has as many cells as the heading, a quotation mark only around a cell, and no cell is huge.
	"""
	letters = np.frombuffer(data, dtype=np.uint8)
	ends, marks = np.flatnonzero(letters == _NEWLINE), np.flatnonzero(letters == delimiter)
	line_ends = ends
	if b'"' in data:
		quotes = np.flatnonzero(letters == _QUOTE)
		if not _are_around_cells(letters, quotes, delimiter):
			return None
		ends, marks = (found[np.searchsorted(quotes, found) % 2 == 0] for found in (ends, marks))
	if not len(ends) or len(marks) != len(ends) * (width - 1):
		return None
	firsts = np.concatenate([[-1], ends[:-1]])
	if width > 1:
		between = marks.reshape(len(ends), width - 1)
		if (between[:, 0] < firsts).any() or (between[:, -1] > ends).any():
			return None
		if (ends - firsts).max() >= csv.field_size_limit():
			return None
	return np.arange(len(ends)) if line_ends is ends else np.searchsorted(line_ends, firsts + 1)


def _are_around_cells(letters: Any, quotes: Ints, delimiter: int) -> bool:
	if len(quotes) % 2 or quotes[-1] + 1 >= len(letters):
		return False
	edges = (delimiter, _NEWLINE, _QUOTE)
	opening, closing = quotes[0::2], quotes[1::2]
	before = letters[opening - 1]
	if opening[0] == 0:
		before[0] = _NEWLINE
	return bool(_among(before, edges).all() and _among(letters[closing + 1], edges).all())


def _among(letters: Any, edges: Sequence[int]) -> Bools:
	return np.asarray(np.logical_or.reduce([letters == edge for edge in edges]), dtype=bool)


class _Lines:
	"""Hands out lines, counts them, and can take back all of a record's lines but the first."""

	def __init__(self, text: Text):
		self.text = text
		self.number = 0
		self.waiting: deque[str] = deque()
		self.record: list[str] = []

	def __iter__(self) -> _Lines:
		return self

	def __next__(self) -> str:
		if not self.waiting:
			self.waiting.extend(_split(self.text.block()))
		if not self.waiting:
			raise StopIteration
		line = self.waiting.popleft()
		self.number += 1
		self.record.append(line)
		if len(line) >= MAX_LINE or "\0" in line:
			raise csv.Error
		return line

	def take_back(self) -> str:
		"""Give the record's lines but the first to the next record; returns the first."""
		first, rest = self.record[0], self.record[1:]
		self.waiting.extendleft(reversed(rest))
		self.number -= len(rest)
		return first


def _records(lines: _Lines, delimiter: str) -> Iterator[Record]:
	def begin() -> Any:
		return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)

	reader = begin()
	while True:
		start = lines.number + 1
		lines.record.clear()
		try:
			cells = next(reader)
		except StopIteration:
			return
		except csv.Error:
			reader = begin()
			first = lines.take_back()
			yield Record(start, [first.rstrip("\n")], _what_is_wrong(first))
		else:
			yield Record(start, cells)


def _what_is_wrong(first: str) -> str:
	"""Why a record that begins with this line could not be read."""
	if "\0" in first:
		return NUL
	return TOO_LONG if len(first) > csv.field_size_limit() else QUOTES
