"""CSV and Excel files as batches of rows of text, each with its line number; broken lines apart."""

from __future__ import annotations

import csv
import gzip
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

BATCH_ROWS = 10_000
BATCH_CHARACTERS = 500_000
MAX_LINE = 1_000_000  # characters
MAX_COLUMNS = 2_000
DELIMITERS = (",", ";", "\t")
Progress = Callable[[float], None]

#: What can be wrong with a record as a whole.
QUOTES = "the quotation marks do not match"
TOO_LONG = "the row or one of its cells is too long"
NUL = "the row holds a NUL character"
WIDTH = "the row has more or fewer cells than the heading"


class SheetError(ValueError):
	"""A file that cannot be read at all; the message says why and what to do."""


class Record(NamedTuple):
	"""One record of a file: its first line, its cells, and what is wrong with it, if anything."""

	line: int
	cells: list[str]
	wrong: str = ""


@dataclass
class Batch:
	"""Rows as long as the heading, with the line on which each begins; and the records that are not."""

	lines: list[int] = field(default_factory=list)
	rows: list[list[str]] = field(default_factory=list)
	broken: list[Record] = field(default_factory=list)

	@property
	def size(self) -> int:
		"""All records, broken or not."""
		return len(self.rows) + len(self.broken)

	def add(self, record: Record, width: int) -> None:
		"""Put a record where it belongs.

		Blank rows and empty cells to the right of the heading do no harm; another width does.
		"""
		line, cells, wrong = record
		if len(cells) != width and not wrong:
			if not any(cell.strip() for cell in cells):
				cells = [""] * width
			elif len(cells) > width and not any(cell.strip() for cell in cells[width:]):
				cells = cells[:width]
			else:
				wrong = WIDTH
		if wrong:
			self.broken.append(Record(line, cells, wrong))
		else:
			self.lines.append(line)
			self.rows.append(cells)


def read_heading(path: Path, encoding: str = "") -> list[str]:
	"""The names in a file's first row that is not blank.

	Raises:
		SheetError: the file cannot be read, or is empty.
	"""
	with _opened(path, encoding) as sheet:
		return _heading(path, sheet.records)


def read_sheet(path: Path, encoding: str = "", progress: Progress | None = None) -> Iterator[Batch]:
	"""All rows below the heading, a batch at a time.

	Args:
		path: a ``.csv``, ``.csv.gz`` or ``.xlsx`` file.
		encoding: of a CSV file; empty for UTF-8, or UTF-16 where a byte order mark says so.
		progress: is told the part of the file that has been read, 0 to 1.

	Raises:
		SheetError: the file cannot be read.
	"""
	with _opened(path, encoding, progress) as sheet:
		yield from sheet.batches(len(_heading(path, sheet.records)))


def _heading(path: Path, records: Iterator[Record]) -> list[str]:
	for record in records:
		if record.wrong:
			raise SheetError(f"{path}, line {record.line}: the heading cannot be read: {record.wrong}.")
		if any(cell.strip() for cell in record.cells):
			if len(record.cells) > MAX_COLUMNS:
				raise SheetError(f"{path} has {len(record.cells)} columns; keep to {MAX_COLUMNS}.")
			return record.cells
	raise SheetError(f"{path} is empty; it needs a heading row and one row per sales document.")


def is_excel(path: Path) -> bool:
	"""Whether a file is an Excel workbook, by its content.

	Raises:
		SheetError: it is an old one, or only called one.
	"""
	with path.open("rb") as file:
		start = file.read(4)
	if start == b"PK\3\4":
		return True
	if start == b"\xd0\xcf\x11\xe0" or path.suffix.lower() in (".xlsx", ".xls", ".xlsm"):
		raise SheetError(f"{path} is not an Excel workbook that can be read; save it as .xlsx or .csv.")
	return False


@contextmanager
def _opened(path: Path, encoding: str, progress: Progress | None = None) -> Iterator[_Sheet]:
	if is_excel(path):
		with _reading_excel(path), closing(_excel(path, progress)) as records:
			yield _Sheet(records)
	else:
		with _reading_text(path), path.open("rb") as raw, _unpacked(raw) as binary:
			text = TextIOWrapper(binary, encoding=encoding or _encoding(binary), newline="")
			size = path.stat().st_size or 1
			yield _CsvSheet(text, progress and (lambda: progress(raw.tell() / size)))


class _Sheet:
	"""The records of one table, to be read once. A workbook does not store empty cells at a row's end."""

	def __init__(self, records: Iterator[Record]):
		self.records = records

	def batches(self, width: int) -> Iterator[Batch]:
		"""The records that have not been read yet, some at a time."""
		batch, characters = Batch(), 0
		for line, cells, wrong in self.records:
			batch.add(Record(line, cells + [""] * (width - len(cells)), wrong), width)
			characters += sum(map(len, cells))
			if batch.size >= BATCH_ROWS or characters > BATCH_CHARACTERS:
				yield batch
				batch, characters = Batch(), 0
		if batch.size:
			yield batch


# -- Excel ---------------------------------------------------------------------------------------


@contextmanager
def _reading_excel(path: Path) -> Iterator[None]:
	try:
		yield
	except SheetError:
		raise
	except (
		InvalidFileException, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, SyntaxError,
		AttributeError, IndexError, EOFError, NotImplementedError,
	) as problem:  # fmt: skip
		raise SheetError(
			f"{path} is not an Excel workbook that can be read; save it again as .xlsx."
		) from problem


def _excel(path: Path, progress: Progress | None) -> Generator[Record, None, None]:
	with path.open("rb") as file:
		book = openpyxl.load_workbook(file, read_only=True, data_only=True)
		try:
			sheet = book.worksheets[0]
			total = sheet.max_row or 0
			sheet.reset_dimensions()  # some programs write wrong ones
			for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
				if progress and not number % 1000:
					progress(min(1.0, number / total) if total else 0.0)
				yield Record(number, [_cell(value) for value in cells])
		finally:
			book.close()


def _cell(value: Any) -> str:
	"""A cell's value as a CSV file would hold it."""
	if value is None:
		return ""
	if isinstance(value, datetime):
		return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
	if isinstance(value, date):
		return value.isoformat()
	if isinstance(value, bool):
		return str(int(value))
	if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
		return str(int(value))
	return str(value)


# -- CSV -----------------------------------------------------------------------------------------


@contextmanager
def _reading_text(path: Path) -> Iterator[None]:
	try:
		yield
	except LookupError as problem:
		raise SheetError(f"There is no text encoding of this name: {problem}.") from problem
	except UnicodeError as problem:
		raise SheetError(
			f"{path} is not UTF-8 text. Save it as 'CSV UTF-8', or name its encoding, for example "
			"--encoding gb18030 or --encoding cp1252."
		) from problem
	except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
		raise SheetError(f"{path} is damaged: it cannot be unpacked to its end.") from problem


class _CsvSheet(_Sheet):
	"""A CSV table. Blocks of lines without quotation marks, the usual case, are split as a whole."""

	def __init__(self, text: TextIOWrapper, report: Callable[[], None] | None):
		self.lines = _Lines(iter(partial(text.readline, MAX_LINE), ""))
		self.delimiter = _sniff(self.lines)
		self.report = report
		super().__init__(_records(self.lines, self.delimiter))

	def batches(self, width: int) -> Iterator[Batch]:
		while block := self.lines.block():
			yield self._plain(block, width) or self._careful(block, width)
			if self.report:
				self.report()

	def _plain(self, block: list[str], width: int) -> Batch | None:
		text = "".join(block)
		if '"' in text or "\0" in text or max(map(len, block)) >= csv.field_size_limit():
			return None
		rows = list(csv.reader(block, delimiter=self.delimiter))
		first = self.lines.number + 1
		self.lines.number += len(block)
		numbers = range(first, first + len(block))
		if set(map(len, rows)) == {width}:
			return Batch(list(numbers), rows)
		batch = Batch()
		for number, row in zip(numbers, rows, strict=True):
			batch.add(Record(number, row), width)
		return batch

	def _careful(self, block: list[str], width: int) -> Batch:
		batch, end = Batch(), self.lines.number + len(block)
		self.lines.waiting.extend(block)
		while self.lines.waiting and self.lines.number < end:
			batch.add(next(self.records), width)
		return batch


class _Lines:
	"""Hands out lines, counts them, and can take back all of a record's lines but the first."""

	def __init__(self, source: Iterator[str]):
		self.source = source
		self.number = 0
		self.waiting: deque[str] = deque()
		self.record: list[str] = []

	def __iter__(self) -> _Lines:
		return self

	def __next__(self) -> str:
		line = self.waiting.popleft() if self.waiting else next(self.source)
		self.number += 1
		self.record.append(line)
		if len(line) >= MAX_LINE:
			self._skip_rest(line)
			raise csv.Error
		if "\0" in line:
			raise csv.Error
		return line

	def block(self) -> list[str]:
		"""Some lines that have not been handed out yet, to be counted by who takes them."""
		lines, characters = list(self.waiting), 0
		self.waiting.clear()
		for line in self.source:
			lines.append(line)
			characters += len(line)
			if characters > BATCH_CHARACTERS or len(lines) >= BATCH_ROWS or len(line) >= MAX_LINE:
				break
		return lines

	def take_back(self) -> str:
		"""Give the record's lines but the first to the next record; returns the first."""
		first, rest = self.record[0], self.record[1:]
		self.waiting.extendleft(reversed(rest))
		self.number -= len(rest)
		return first

	def _skip_rest(self, line: str) -> None:
		while len(line) >= MAX_LINE and not line.endswith(("\n", "\r")):
			line = next(self.source, "")


def _records(lines: _Lines, delimiter: str) -> Iterator[Record]:
	reader = csv.reader(lines, delimiter=delimiter, strict=True)
	while True:
		start = lines.number + 1
		lines.record.clear()
		try:
			cells = next(reader)
		except StopIteration:
			return
		except csv.Error:
			reader = csv.reader(lines, delimiter=delimiter, strict=True)
			first = lines.take_back()
			yield Record(start, [first.rstrip("\r\n")], _what_is_wrong(first))
		else:
			yield Record(start, cells)


@contextmanager
def _unpacked(raw: BinaryIO) -> Iterator[BinaryIO]:
	if raw.read(2) == b"\x1f\x8b":
		raw.seek(0)
		with gzip.GzipFile(fileobj=raw) as unpacked:
			yield unpacked  # type: ignore[misc]
	else:
		raw.seek(0)
		yield raw


def _encoding(binary: BinaryIO) -> str:
	mark = binary.read(2)
	binary.seek(0)
	return "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _what_is_wrong(first: str) -> str:
	"""Why a record that begins with this line could not be read."""
	if "\0" in first:
		return NUL
	return TOO_LONG if len(first) > csv.field_size_limit() else QUOTES


def _sniff(lines: _Lines) -> str:
	"""The delimiter that splits the first line that is not blank into the most columns."""
	seen: list[str] = []
	for line in lines.source:
		seen.append(line)
		if line.strip():
			break
	lines.waiting.extend(seen)
	first = seen[-1] if seen else ""
	if len(first) >= MAX_LINE:
		return ","
	return max(DELIMITERS, key=lambda delimiter: _columns(first, delimiter))


def _columns(line: str, delimiter: str) -> int:
	try:
		return len(next(csv.reader([line.replace("\0", "")], delimiter=delimiter)))
	except (csv.Error, StopIteration):
		return 0
