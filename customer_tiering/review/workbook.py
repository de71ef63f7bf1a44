"""The tables of a review as a workbook: a sheet each, whole, with number formats and a frozen heading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from rich.cells import cell_len

from customer_tiering.review.section import Told
from customer_tiering.review.tables import NUMBERS, Column, Table, is_blank
from customer_tiering.wording.texts import _

_FORMATS = {
	"count": "#,##0",
	"days": "#,##0",
	"money": "#,##0.00",
	"score": "0.00",
	"percent": '0.0"%"',
	"change": '+0.0"%";-0.0"%";0.0"%"',
	"date": "yyyy-mm-dd",
}
_WIDTHS = {"count": 12, "days": 10, "money": 18, "score": 10, "percent": 12, "change": 12, "date": 13}
_WIDEST = 60  # of a text, in letters
_MOST_ROWS = 1_048_576 - 3  # of a sheet, less heading, total and a sentence
_BOLD = Font(bold=True)


def write(told: Told, path: Path) -> None:
	"""Write all tables; the first sheet holds the headline. A text is never a formula."""
	book = Workbook(write_only=True)
	first = book.create_sheet(_sheet_name(_("Headline"), set()))
	first.column_dimensions["A"].width = 110
	for text in (told.title, *told.headline):
		first.append([_cell(first, text, Column("", "", "text"), bold=text == told.title)])
	names: set[str] = {_("Headline").lower()}
	for section in told.sections:
		for table in section.tables:
			name = _sheet_name(section.title if len(section.tables) == 1 else table.title, names)
			names.add(name.lower())
			_fill(book.create_sheet(name), table)
	book.save(path)


def _sheet_name(title: str, taken: set[str]) -> str:
	"""As Excel allows it: up to 31 letters, none of them special, no name twice."""
	plain = "".join(" " if letter in "[]:*?/\\'" else letter for letter in title)[:31].strip()
	name, number = plain, 2
	while name.lower() in taken:
		name, number = f"{plain[:27]} {number}", number + 1
	return name


def _fill(sheet: Any, table: Table) -> None:
	sheet.freeze_panes = "B2"
	for at, column in enumerate(table.columns, start=1):
		sheet.column_dimensions[get_column_letter(at)].width = _width(table, column)
	sheet.append([_heading(sheet, column) for column in table.columns])
	for row in _rows(table):
		sheet.append([_cell(sheet, value, column) for value, column in zip(row, table.columns, strict=True)])
	if table.total:
		sheet.append([_cell(sheet, table.total.get(one.name), one, bold=True) for one in table.columns])


def _rows(table: Table) -> Iterator[tuple[Any, ...]]:
	names = [column.name for column in table.columns]
	rows: Iterator[tuple[Any, ...]] = table.rows[names][:_MOST_ROWS].itertuples(index=False, name=None)
	return rows


def _width(table: Table, column: Column) -> float:
	heading = 1.2 * cell_len(column.heading) + 2
	if column.kind in _WIDTHS:
		return max(_WIDTHS[column.kind], heading)
	longest = max((cell_len(str(text)) for text in table.rows[column.name][:1000]), default=0)
	return max(heading, min(longest * 1.1 + 2, _WIDEST))


def _heading(sheet: Any, column: Column) -> WriteOnlyCell:
	cell = _cell(sheet, column.heading, Column("", "", "text"), bold=True)
	cell.alignment = Alignment(
		wrap_text=True, vertical="top", horizontal="right" if column.kind in NUMBERS else None
	)
	return cell


def _cell(sheet: Any, value: Any, column: Column, bold: bool = False) -> WriteOnlyCell:
	cell = WriteOnlyCell(sheet, None if is_blank(value) else _plain(value, column.kind))
	if column.kind not in _FORMATS and cell.value is not None:
		cell.data_type = "s"  # whatever it begins with, it is a text
	if column.kind in _FORMATS:
		cell.number_format = _FORMATS[column.kind]
	if bold:
		cell.font = _BOLD
	return cell


def _plain(value: Any, kind: str) -> Any:
	if kind not in _FORMATS:
		return ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", str(value))
	if kind == "date":
		return pd.Timestamp(value).date()
	return int(value) if kind in ("count", "days") else round(float(value), 4)
