"""CSV text as columns with line numbers, whatever is in it."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_tiering.sources.tables import sources, text
from customer_tiering.sources.tables.table import (
	AMOUNT,
	NUL,
	OTHER,
	QUOTES,
	TOO_LONG,
	WIDTH,
	Table,
	TableError,
)


def named(heading: Sequence[str]) -> int:
	"""How many columns of a test's heading there are: a, b and c."""
	return len({"a", "b", "c", "客户"} & {*heading})


def read(path: Path, encoding: str = "") -> tuple[sources.Source, Table]:
	(source,) = sources.look([path], named, encoding).sources
	return source, sources.read(source, dict.fromkeys(range(len(source.heading.names)), OTHER))


def rows(path: Path, encoding: str = "") -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]]]:
	"""Good rows with their lines, and broken records with what is wrong."""
	_source, table = read(path, encoding)
	cells = [[table.columns[at].text(row) for at in sorted(table.columns)] for row in range(len(table.lines))]
	return list(zip(table.lines.tolist(), cells, strict=True)), [
		(one.line, one.wrong) for one in table.broken
	]


def write(path: Path, content: str | bytes) -> Path:
	path.write_bytes(content if isinstance(content, bytes) else content.encode())
	return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_heading(tmp_path: Path, delimiter: str) -> None:
	path = write(tmp_path / "x.csv", f"a{delimiter}b{delimiter}c\n1{delimiter}2{delimiter}3\n")
	assert rows(path) == ([(2, ["1", "2", "3"])], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "big5"])
def test_an_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
	"""By its mark, or by the heading that makes sense."""
	path = write(
		tmp_path / "x.csv",
		"客户,b\n上海,1\n".encode(encoding) if encoding != "big5" else "客戶,b,a\n上海,1,2\n".encode("big5"),
	)
	source, table = read(path)
	assert table.columns[0].text(0) == "上海"
	assert source.guessed is (encoding in ("gb18030", "big5"))
	assert rows(path, encoding)[0][0][1][0] == "上海"


def test_letters_far_down_a_file_tell_its_encoding(tmp_path: Path) -> None:
	lines = ["a,b", *("plain,1" for _ in range(50_000)), "Müller,2"]
	good, _broken = rows(write(tmp_path / "x.csv", "\n".join(lines).encode("cp1252")))
	assert good[-1] == (50_002, ["Müller", "2"])


def test_a_named_encoding_that_is_not_the_files_is_refused(tmp_path: Path) -> None:
	with pytest.raises(TableError, match=r"is not utf-8 text.*--encoding gb18030"):
		read(write(tmp_path / "x.csv", "a,b\n青禾,1\n".encode("gb18030")), "utf-8")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_through_quoted_line_ends_and_blank_lines(tmp_path: Path, end: str) -> None:
	"""A record's line is where it begins; a line end in a cell is one, however it is written."""
	path = write(tmp_path / "x.csv", end.join(["", "a,b", '"x', 'y",1', "", "z,2"]))
	_source, table = read(path)
	assert rows(path) == ([(3, ["x\ny", "1"]), (6, ["z", "2"])], [])
	assert table.blank == 1


def test_a_stray_quotation_mark_spoils_only_its_own_line(tmp_path: Path) -> None:
	"""What an unclosed quotation mark would swallow is read as the rows that it is."""
	lines = ["a,b", '"open,1', "p,2", 'q,"3" x', "r,4", '"s",5', '"never closed,6', "t,7"]
	good, broken = rows(write(tmp_path / "x.csv", "\n".join(lines)))
	assert [line for line, _row in good] == [3, 5, 6, 8]
	assert broken == [(2, QUOTES), (4, QUOTES), (7, QUOTES)]


def test_rows_of_another_width_are_broken_unless_only_empty_cells_are_too_many(tmp_path: Path) -> None:
	"""A row cut short or shifted is never read as if it were whole."""
	good, broken = rows(write(tmp_path / "x.csv", "a,b\n1\n1,2,3\n1,2,,\n,,,\n1,2\n"))
	assert good == [(4, ["1", "2"]), (6, ["1", "2"])]
	assert broken == [(2, WIDTH), (3, WIDTH)]


def test_lines_that_are_too_long_or_hold_nul_are_broken(tmp_path: Path) -> None:
	long = "x" * (2 * text.MAX_LINE + 5)
	good, broken = rows(write(tmp_path / "x.csv", f"a,b\n{long},1\n\0,2\ny,3\n"))
	assert broken == [(2, TOO_LONG), (3, NUL)]
	assert good == [(4, ["y", "3"])]


CELLS = st.text(st.sampled_from('ab"\n, ;é1'), max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
	st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
	st.integers(1, 40),
	st.booleans(),
)
def test_what_a_csv_writer_wrote_is_read_back(
	tmp_path: Path, wanted: list[list[str]], size: int, quoted: bool
) -> None:
	"""In blocks of any size; blanks before a cell and rows of nothing aside."""
	wanted = [[cell.lstrip() for cell in row] for row in wanted]
	out = io.StringIO()
	csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(
		[["a", "b", "c"], *wanted]
	)
	path = write(tmp_path / "x.csv", out.getvalue())
	with pytest.MonkeyPatch.context() as patch:
		patch.setattr(sources._content.__wrapped__, "__defaults__", (size,))
		good, broken = rows(path)
	assert broken == []
	assert [row for _line, row in good if any(cell.strip() for cell in row)] == [
		row for row in wanted if any(cell.strip() for cell in row)
	]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(st.sampled_from('a1"\n,x '), max_size=60))
def test_the_fast_way_and_the_careful_way_agree(tmp_path: Path, content: str) -> None:
	"""Whatever stands in the file; but for rows of nothing, which only the careful way leaves out at once."""
	path = write(tmp_path / "x.csv", f"a,b\n{content}")
	ways = [rows(path)]
	with pytest.MonkeyPatch.context() as patch:
		patch.setattr(text, "_starts", lambda *_: None)
		ways.append(rows(path))
	full = [[row for row in good if any(cell.strip() for cell in row[1])] for good, _broken in ways]
	assert full[0] == full[1]
	assert ways[0][1] == ways[1][1]


def test_amounts_are_numbers_where_all_are(tmp_path: Path) -> None:
	path = write(tmp_path / "x.csv", "a,b\n1.5,x\n-2,y\n")
	(source,) = sources.look([path], named).sources
	cells = sources.read(source, {0: AMOUNT}).columns[0]
	assert cells.numbers is not None and cells.numbers.tolist() == [1.5, -2]
	assert cells.text(1) == "-2"


def test_progress_reaches_the_end(tmp_path: Path) -> None:
	told: list[float] = []
	path = write(tmp_path / "x.csv", "a,b\n" + "1,2\n" * 50_000)
	(source,) = sources.look([path], named).sources
	sources.read(source, {0: OTHER}, told.append)
	assert told == sorted(told)
	assert told[-1] == 1.0


def zipped(files: dict[str, bytes]) -> bytes:
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
		for name, content in files.items():
			archive.writestr(name, content)
	return out.getvalue()


@pytest.mark.parametrize(
	"content",
	[
		gzip.compress(b"a,b\n1,2\n"),
		zipped({"in/x.csv": b"a,b\n1,2\n"}),
		zipped({"x.csv.gz": gzip.compress(b"a,b\n1,2\n")}),
	],
)
def test_packed_files_are_read_whatever_they_are_called(tmp_path: Path, content: bytes) -> None:
	assert rows(write(tmp_path / "x.csv", content))[0] == [(2, ["1", "2"])]


def test_an_archive_of_months_is_as_many_tables(tmp_path: Path) -> None:
	files: dict[str, bytes] = {"1.csv": b"a,b\n1,2\n", "2.csv": b"a,b\n3,4\n", "notes.md": b"x"}
	looked = sources.look([write(tmp_path / "x.zip", zipped(files))], named)
	assert [source.name.rpartition("/")[2] for source in looked.sources] == ["1.csv", "2.csv"]
	assert [name.rpartition("/")[2] for name in looked.skipped] == ["notes.md"]


def test_a_damaged_gz_file_is_refused(tmp_path: Path) -> None:
	"""Cut off, it says so, instead of grading a part."""
	content = gzip.compress("".join(f"{n},{n * n}\n" for n in range(10_000)).encode())
	with pytest.raises(TableError, match="is damaged"):
		rows(write(tmp_path / "x.csv.gz", content[: len(content) // 2]))


@pytest.mark.parametrize("content", ["", "\n\n", " , \n,\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: Any) -> None:
	with pytest.raises(TableError, match="is empty"):
		read(write(tmp_path / "x.csv", content))


def test_a_web_page_is_no_table(tmp_path: Path) -> None:
	"""Some programs call one .xls."""
	with pytest.raises(TableError, match="is a web page"):
		read(write(tmp_path / "x.xls", "<html><table><tr><td>a</td></tr></table></html>"))
