"""Spreadsheets by calamine: .xlsx, .xls, .xlsb and .ods, every sheet as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import python_calamine as calamine

from customer_tiering.sources.tables.opening import Opened, whole
from customer_tiering.sources.tables.table import AMOUNT, NAME, WIDTH, Cells, Record, Table, TableError


@contextmanager
def opened_book(file: Opened) -> Iterator[Any]:
	"""A workbook, to be read once.

	Raises:
		TableError: it cannot be read.
	"""
	try:
		book = calamine.load_workbook(file.path if not (file.member or file.packed) else whole(file))
		try:
			yield book
		finally:
			book.close()
	except calamine.PasswordError as problem:
		raise TableError(f"{file.name} is protected by a password; save it without one.") from problem
	except (calamine.CalamineError, UnicodeError, ValueError, OverflowError) as problem:
		if isinstance(problem, TableError):
			raise
		raise TableError(
			f"{file.name} is not an Excel workbook that can be read; save it again as .xlsx."
		) from problem
	except BaseException as problem:
		if type(problem).__name__ != "PanicException":  # the library's own fault, over a damaged file
			raise
		raise TableError(
			f"{file.name} is not an Excel workbook that can be read; save it again as .xlsx."
		) from problem


def sheets_of(book: Any) -> list[tuple[str, bool]]:
	"""The names of its sheets of cells, and whether one sees them."""
	return [
		(sheet.name, sheet.visible == calamine.SheetVisibleEnum.Visible)
		for sheet in book.sheets_metadata
		if sheet.typ == calamine.SheetTypeEnum.WorkSheet
	]


def rows_of(book: Any, sheet: str) -> list[list[Any]]:
	"""All rows of a sheet from its first on; cells are text, numbers, dates and truth."""
	rows: list[list[Any]] = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
	return rows


def first_records(rows: Sequence[list[Any]], count: int | None = None) -> list[Record]:
	"""The first rows, to look for the heading among them; or all."""
	return [Record(number, cells) for number, cells in enumerate(rows[:count], start=1)]


def table_of(rows: list[list[Any]], start: int, width: int, wanted: Mapping[int, str]) -> Table:
	"""The columns at some positions, below a line.

	Args:
		rows: of a sheet, all as long as its longest.
		start: how many lines to pass over.
		width: how many columns the heading names.
		wanted: positions, and how each column is split.
	"""
	below, empty = rows[start:], [""] * len(rows[0])
	full = np.array([row != empty for row in below], dtype=bool)
	lines = np.arange(start + 1, start + 1 + len(below), dtype=np.int64)
	if not full.all():
		below = [row for row, is_full in zip(below, full.tolist(), strict=True) if is_full]
	fits = np.array([row[width:] == empty[width:] for row in below], dtype=bool)
	broken = [
		Record(int(line), row, WIDTH)
		for line, row, fit in zip(lines[full], below, fits, strict=True)
		if not fit
	]
	if broken:
		below = [row for row, fit in zip(below, fits.tolist(), strict=True) if fit]
	columns = {at: _split([row[at] for row in below], kind) for at, kind in wanted.items()}
	return Table(columns, lines[full][fits], broken, int((~full).sum()))


def _split(values: list[Any], kind: str) -> Cells:
	"""Amounts as numbers where all are; each distinct cell of anything else once."""
	if kind == AMOUNT and set(map(type, values)) <= {float}:
		numbers = np.array(values, dtype=np.float64)
		return Cells([], np.full(len(values), -1, dtype=np.int32), numbers)
	if kind == NAME:
		return Cells(values, np.arange(len(values), dtype=np.int32))
	return Cells.of(values)
