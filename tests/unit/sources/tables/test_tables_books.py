"""Spreadsheets as columns: what their cells are, which sheets count, and what is only called a workbook."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from customer_tiering.sources.tables import sources
from customer_tiering.sources.tables.table import AMOUNT, OTHER, TableError


def named(heading: object) -> int:
	return len({"name", "n", "day", "flag"} & {*heading})  # type: ignore[misc]


def test_cells_become_what_a_csv_file_would_hold(tmp_path: Path) -> None:
	"""Dates as ISO, whole numbers without a point, truth as 0 and 1; rows keep their numbers."""
	book = openpyxl.Workbook()
	book.active.append(["name", "n", "day", "flag"])
	book.active.append([17850, 2.5, datetime(2025, 1, 31), True])
	book.active.append([])
	book.active.append([17851.0, -3, date(2025, 2, 1), None])
	book.save(tmp_path / "a.xlsx")
	(source,) = sources.look([tmp_path / "a.xlsx"], named).sources
	table = sources.read(source, {0: OTHER, 1: AMOUNT, 2: OTHER, 3: OTHER})
	assert (table.lines.tolist(), table.blank) == ([2, 4], 1)
	assert [[table.columns[at].text(row) for at in range(4)] for row in range(2)] == [
		["17850", "2.5", "2025-01-31", "1"],
		["17851", "-3", "2025-02-01", ""],
	]


def test_a_row_with_cells_beside_the_heading_is_broken(tmp_path: Path) -> None:
	book = openpyxl.Workbook()
	for row in (["name", "n"], ["x", 1], ["y", 2, "stray"]):
		book.active.append(row)
	book.save(tmp_path / "a.xlsx")
	(source,) = sources.look([tmp_path / "a.xlsx"], named).sources
	table = sources.read(source, {0: OTHER})
	assert table.lines.tolist() == [2]
	assert [(one.line, "more or fewer" in one.wrong) for one in table.broken] == [(3, True)]


def test_an_open_document_is_a_workbook_too(tmp_path: Path) -> None:
	"""As LibreOffice writes it."""
	names = ("office", "table", "text")
	spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
	cell = '<table:table-cell office:value-type="{}" {}><text:p>{}</text:p></table:table-cell>'
	day = cell.format("date", 'office:date-value="2025-01-31"', "31.01.25")
	rows = (
		cell.format("string", "", "name") + cell.format("string", "", "n") + cell.format("string", "", "day"),
		cell.format("string", "", "x") + cell.format("float", 'office:value="2.5"', "2,5") + day,
	)
	body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
	content = (
		f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
		f'<table:table table:name="S">{body}</table:table></office:spreadsheet></office:body>'
		"</office:document-content>"
	)
	with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
		archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
		archive.writestr("META-INF/manifest.xml", "<manifest/>")
		archive.writestr("content.xml", content)
	(source,) = sources.look([tmp_path / "a.ods"], named).sources
	table = sources.read(source, {0: OTHER, 1: AMOUNT, 2: OTHER})
	assert [table.columns[at].text(0) for at in range(3)] == ["x", "2.5", "2025-01-31"]


@pytest.mark.parametrize(
	"content", [b"", b"no workbook", b"PK\3\4 no workbook either", b"\xd0\xcf\x11\xe0 old"]
)
def test_what_is_only_called_a_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
	"""By a sentence that says what to do."""
	(tmp_path / "a.xlsx").write_bytes(content)
	with pytest.raises(TableError, match=r"is not an Excel workbook.*save it"):
		sources.look([tmp_path / "a.xlsx"], named)
