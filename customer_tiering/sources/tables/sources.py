"""All tables that a user's paths hold, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from customer_tiering.sources.tables import books, text
from customer_tiering.sources.tables.encodings import found_encoding
from customer_tiering.sources.tables.opening import BOOK, Opened, opened
from customer_tiering.sources.tables.table import (
	MAX_COLUMNS,
	Heading,
	Progress,
	Record,
	Table,
	TableError,
	find_heading,
	fitting,
)

_LOOKED_AT = 60  # rows of a sheet, to look for the heading among them
Recognised = Callable[[Sequence[str]], int]


@dataclass
class Source:
	"""A table of a file: where it is, and what its heading says.

	Attributes:
		sheet: of a workbook; empty for text.
		encoding: of a text; ``guessed`` says that neither a mark nor the user told it.
		rows: of a sheet, until they are read.
	"""

	file: Opened
	heading: Heading
	sheet: str = ""
	encoding: str = ""
	guessed: bool = False
	delimiter: str = ""
	rows: list[list[Any]] | None = field(default=None, repr=False)

	@property
	def name(self) -> str:
		"""What people are told it is called."""
		return f"{self.file.name}, sheet {self.sheet}" if self.sheet else self.file.name


@dataclass
class Looked:
	"""What a user's paths hold: the tables, and by name what is none and what was not asked for."""

	sources: list[Source] = field(default_factory=list)
	skipped: list[str] = field(default_factory=list)


def look(
	paths: Sequence[Path], recognised: Recognised, encoding: str = "", sheets: Sequence[str] = ()
) -> Looked:
	"""Find the tables in files, archives and folders, and the heading of each.

	Args:
		paths: the files and folders.
		recognised: how many of some names of columns it knows.
		encoding: of the text files; empty: it is found out.
		sheets: of workbooks, the names of those to read; empty: every visible one whose heading is known.

	Raises:
		TableError: a file cannot be read or is empty, or a sheet is not there.
	"""
	files, skipped = opened(paths)
	found = Looked(skipped=skipped)
	asked = dict.fromkeys(sheets, False)
	for file in files:
		if file.kind == BOOK:
			_look_at_book(file, recognised, asked, found)
		else:
			found.sources.append(_look_at_text(file, recognised, encoding))
	for name in (name for name, is_there in asked.items() if not is_there):
		raise TableError(f"There is no sheet {name}. There are: {', '.join(_all_sheets(files)) or 'none'}.")
	return found


def _look_at_text(file: Opened, recognised: Recognised, encoding: str) -> Source:
	name, guessed = encoding, False
	if not encoding:
		with file.stream() as (stream, _raw):
			name = found_encoding(stream, lambda start: _most(start, recognised))
		guessed = bool(name) and not name.startswith("utf")
	with (
		_decoded(file, encoding),
		file.stream() as (stream, _raw),
		text.opened_text(stream, name or "utf-8-sig", text.START) as content,
	):
		delimiter, heading = text.look(content, recognised)
	if heading is None:
		raise TableError(f"{file.name} is empty; it needs a heading row and one row per sales document.")
	return Source(file, _checked(file.name, heading), "", name or "utf-8-sig", guessed, delimiter)


def _most(start: str, recognised: Recognised) -> int:
	"""How many names of columns are known in the first lines of a text, by any delimiter."""
	lines = start.splitlines()[:_LOOKED_AT]
	return max(
		(
			recognised([name.strip('" ') for name in line.split(mark)])
			for line in lines
			for mark in text.DELIMITERS
		),
		default=0,
	)


def _checked(name: str, heading: Heading) -> Heading:
	if len(heading.names) > MAX_COLUMNS:
		raise TableError(f"{name} has {len(heading.names)} columns; keep to {MAX_COLUMNS}.")
	if not any(name.strip() for name in heading.names):
		raise TableError(
			f"{name}, line {heading.line}: the heading cannot be read: a cell of it is too long."
		)
	return heading


def _look_at_book(file: Opened, recognised: Recognised, asked: dict[str, bool], found: Looked) -> None:
	"""Sheets with a heading that is known; where none has one, the fullest, which tells what lacks."""
	looked: list[Source] = []
	with books.opened_book(file) as book:
		for sheet, is_visible in books.sheets_of(book):
			if sheet in asked:
				asked[sheet] = True
			elif asked or not is_visible:
				found.skipped.append(f"{file.name}, sheet {sheet}{'' if is_visible else ' (hidden)'}")
				continue
			rows = books.rows_of(book, sheet)
			heading = find_heading(books.first_records(rows, _LOOKED_AT), recognised)
			if heading is not None:
				looked.append(
					Source(file, _checked(f"{file.name}, sheet {sheet}", heading), sheet, rows=rows)
				)
			elif asked:
				raise TableError(f"{file.name}, sheet {sheet} is empty.")
			else:
				found.skipped.append(f"{file.name}, sheet {sheet} (empty)")
	if not looked and not any(asked.values()):
		if asked:
			return
		raise TableError(f"{file.name} is empty; it needs a heading row and one row per sales document.")
	most = max((source.heading.known for source in looked), default=0)
	for source in looked:
		if asked or source.heading.known * 2 > most or most == 0:
			found.sources.append(source)
		else:
			found.skipped.append(source.name)


def _all_sheets(files: Sequence[Opened]) -> list[str]:
	names: list[str] = []
	for file in files:
		if file.kind == BOOK:
			with books.opened_book(file) as book:
				names += [name for name, _visible in books.sheets_of(book)]
	return names


@contextmanager
def _decoded(file: Opened, encoding: str) -> Iterator[None]:
	try:
		yield
	except UnicodeError as problem:
		what = f"is not {encoding} text" if encoding else "is not text in an encoding that could be found out"
		raise TableError(
			f"{file.name} {what}. Save it as 'CSV UTF-8', or name its encoding, for example "
			"--encoding gb18030 or --encoding cp1252."
		) from problem


def read(source: Source, wanted: Mapping[int, str], progress: Progress | None = None) -> Table:
	"""The columns at some positions, and how each is to be split; see :mod:`text`.

	Args:
		source: from :func:`look`.
		wanted: by position in its heading: ``AMOUNT``, ``NAME`` or ``OTHER``.
		progress: is told the part of the file that has been read, 0 to 1.

	Raises:
		TableError: the file cannot be read.
	"""
	if source.sheet:
		return books.table_of(_rows(source), source.heading.line, len(source.heading.names), wanted)
	size = source.file.path.stat().st_size or 1
	with _content(source) as (content, raw):
		return text.read_text(
			content,
			source.delimiter,
			source.heading,
			wanted,
			lambda: progress(min(1.0, raw.tell() / size)) if progress else None,
		)


@contextmanager
def _content(source: Source, size: int = text.BLOCK) -> Iterator[tuple[text.Text, IO[bytes]]]:
	with (
		_decoded(source.file, source.encoding),
		source.file.stream() as (stream, raw),
		text.opened_text(stream, source.encoding, size) as content,
	):
		yield content, raw


def first_rows(source: Source, count: int) -> list[Record]:
	"""The first rows below the heading, with all their cells."""
	if source.sheet:
		start = source.heading.line
		return books.first_records(_rows(source), start + count)[start:]
	with _content(source, text.START) as (content, _raw):
		return list(islice(_records(source, content), count))


def _records(source: Source, content: text.Text, lines: set[int] | None = None) -> Iterator[Record]:
	return text.records_of(content, source.delimiter, len(source.heading.names), source.heading.line, lines)


def _rows(source: Source) -> list[list[Any]]:
	if source.rows is not None:
		return source.rows
	with books.opened_book(source.file) as book:
		return books.rows_of(book, source.sheet)


def whole_rows(source: Source, lines: Sequence[int]) -> Iterator[Record]:
	"""Rows with all their cells, at some lines, in order; a second look at the file."""
	if source.sheet:
		rows, width = _rows(source), len(source.heading.names)
		yield from (fitting(Record(line, rows[line - 1]), width) for line in lines)
		return
	with _content(source) as (content, _raw):
		yield from _records(source, content, set(lines))
