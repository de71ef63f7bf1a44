"""CSV and Excel files as rows with line numbers, whatever is in them."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from customer_tiering.sources import sheets
from customer_tiering.sources.sheets import Batch, Record, SheetError


def rows(path: Path, encoding: str = "") -> tuple[list[tuple[int, list[str]]], list[Record]]:
	"""Good rows with their lines, and broken records."""
	batches: list[Batch] = list(sheets.read_sheet(path, encoding))
	good = [pair for batch in batches for pair in zip(batch.lines, batch.rows, strict=True)]
	return good, [record for batch in batches for record in batch.broken]


def write(path: Path, text: str | bytes) -> Path:
	path.write_bytes(text if isinstance(text, bytes) else text.encode())
	return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_heading(tmp_path: Path, delimiter: str) -> None:
	"""Comma, semicolon and tab all work, without being named."""
	path = write(tmp_path / "a.csv", f"a{delimiter}b{delimiter}c\n1{delimiter}2{delimiter}3\n")
	assert sheets.read_heading(path) == ["a", "b", "c"]
	assert rows(path) == ([(2, ["1", "2", "3"])], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_heading(tmp_path: Path, encoding: str) -> None:
	"""UTF-8 with and without a mark, and what Excel calls Unicode text."""
	path = write(tmp_path / "a.csv", "客户,b\n青禾,é\n".encode(encoding))
	assert sheets.read_heading(path) == ["客户", "b"]
	assert rows(path)[0] == [(2, ["青禾", "é"])]


def test_another_encoding_is_refused_until_it_is_named(tmp_path: Path) -> None:
	"""Bytes that are not UTF-8 are never guessed at."""
	path = write(tmp_path / "a.csv", "a,b\n青禾,1\n".encode("gb18030"))
	with pytest.raises(SheetError, match=r"is not UTF-8 text.*--encoding gb18030"):
		rows(path)
	assert rows(path, "gb18030")[0] == [(2, ["青禾", "1"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_through_quoted_line_ends_and_blank_lines(tmp_path: Path, end: str) -> None:
	"""A record's line is where it begins."""
	path = write(tmp_path / "a.csv", end.join(["", "a,b", '"x', 'y",1', "", "z,2"]))
	good, broken = rows(path)
	assert good == [(3, [f"x{end}y", "1"]), (5, ["", ""]), (6, ["z", "2"])]
	assert broken == []


def test_a_stray_quotation_mark_spoils_only_its_own_line(tmp_path: Path) -> None:
	"""What an unclosed quotation mark would swallow is read as the rows that it is."""
	lines = ["a,b", '"open,1', "p,2", 'q,"3" x', "r,4", '"s",5', '"never closed,6', "t,7"]
	good, broken = rows(write(tmp_path / "a.csv", "\n".join(lines)))
	assert [line for line, _row in good] == [3, 5, 6, 8]
	assert [(record.line, record.wrong) for record in broken] == [
		(2, sheets.QUOTES),
		(4, sheets.QUOTES),
		(7, sheets.QUOTES),
	]


def test_rows_of_another_width_are_broken_unless_only_empty_cells_are_too_many(tmp_path: Path) -> None:
	"""A row cut short or shifted is never read as if it were whole."""
	good, broken = rows(write(tmp_path / "a.csv", "a,b\n1\n1,2,3\n1,2,,\n,,,\n1,2\n"))
	assert good == [(4, ["1", "2"]), (5, ["", ""]), (6, ["1", "2"])]
	assert [(record.line, record.wrong) for record in broken] == [(2, sheets.WIDTH), (3, sheets.WIDTH)]


def test_lines_that_are_too_long_or_hold_nul_are_broken(tmp_path: Path) -> None:
	"""The lines after them are read, and counted right."""
	long = "x" * (2 * sheets.MAX_LINE + 5)
	good, broken = rows(write(tmp_path / "a.csv", f"a,b\n{long},1\n\0,2\ny,3\n"))
	assert [(record.line, record.wrong) for record in broken] == [(2, sheets.TOO_LONG), (3, sheets.NUL)]
	assert good == [(4, ["y", "3"])]


def test_batches_are_bounded_and_continue_the_count(tmp_path: Path) -> None:
	"""Many batches together are all lines, in order, whether or not some need care."""
	lines = [f'"{n}",{n}' if n % 70_000 == 5 else f"{n},{n}" for n in range(150_000)]
	path = write(tmp_path / "a.csv", "a,b\n" + "\n".join(lines))
	batches = list(sheets.read_sheet(path))
	assert len(batches) > 2
	assert max(sum(len(cell) for row in batch.rows for cell in row) for batch in batches) < 1_000_000
	good, _broken = rows(path)
	assert good == [(n + 2, [str(n), str(n)]) for n in range(150_000)]


def test_unclosed_quotation_marks_all_the_way_stay_bounded(tmp_path: Path) -> None:
	"""Every line would swallow the next; each is told once, and no batch holds the whole file."""
	path = write(tmp_path / "a.csv", "a,b\n" + '"x,1\n' * 50_000)
	batches = list(sheets.read_sheet(path))
	assert max(batch.size for batch in batches) <= sheets.BATCH_ROWS
	assert [record.line for batch in batches for record in batch.broken] == list(range(2, 50_002))


def test_progress_reaches_the_end(tmp_path: Path) -> None:
	"""The part that is told never falls, and ends at one."""
	told: list[float] = []
	path = write(tmp_path / "a.csv", "a,b\n" + "1,2\n" * 300_000)
	list(sheets.read_sheet(path, progress=told.append))
	assert told == sorted(told)
	assert told[-1] == 1.0


def test_a_gz_file_is_read_whatever_it_is_called(tmp_path: Path) -> None:
	"""It is known by its content."""
	path = write(tmp_path / "a.csv", gzip.compress(b"a,b\n1,2\n"))
	assert rows(path)[0] == [(2, ["1", "2"])]


def test_a_damaged_gz_file_is_refused(tmp_path: Path) -> None:
	"""Cut off, it says so, instead of grading a part."""
	content = gzip.compress("".join(f"{n},{n * n}\n" for n in range(10_000)).encode())
	with pytest.raises(SheetError, match="is damaged"):
		rows(write(tmp_path / "a.csv.gz", content[: len(content) // 2]))


def test_excel_cells_become_what_a_csv_file_would_hold(tmp_path: Path) -> None:
	"""Dates as ISO, whole numbers without a point, truth as 0 and 1; rows keep their numbers."""
	book = openpyxl.Workbook()
	book.active.append(["name", "n", "day", "flag"])
	book.active.append([17850, 2.5, datetime(2025, 1, 31), True])
	book.active.append([])
	book.active.append([17851.0, -3, date(2025, 2, 1), None])
	book.save(tmp_path / "a.xlsx")
	assert sheets.read_heading(tmp_path / "a.xlsx") == ["name", "n", "day", "flag"]
	assert rows(tmp_path / "a.xlsx")[0] == [
		(2, ["17850", "2.5", "2025-01-31", "1"]),
		(3, ["", "", "", ""]),
		(4, ["17851", "-3", "2025-02-01", ""]),
	]


@pytest.mark.parametrize(
	"content", [b"", b"no workbook", b"PK\3\4 no workbook either", b"\xd0\xcf\x11\xe0 old"]
)
def test_what_is_only_called_a_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
	"""By a sentence that says what to do."""
	with pytest.raises(SheetError, match=r"is not an Excel workbook.*save it"):
		sheets.read_heading(write(tmp_path / "a.xlsx", content))


@pytest.mark.parametrize("content", ["", "\n\n", " , \n,\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
	"""A file without a heading says so."""
	with pytest.raises(SheetError, match="is empty"):
		sheets.read_heading(write(tmp_path / "a.csv", content))
