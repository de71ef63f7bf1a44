"""Good files spoilt at random: the right numbers, or a refusal that says what to do; never others in silence."""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import re
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from click.testing import CliRunner, Result
from command_runs import scores, summary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_tiering.command.main import main

#: More by hand: FUZZ_EXAMPLES=2000 python -m pytest tests/unit/command/reading/test_reading_fuzz.py
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
FUZZ = settings(
	derandomize=EXAMPLES == 60, deadline=None, max_examples=EXAMPLES, database=None,
	suppress_health_check=list(HealthCheck),
)  # fmt: skip
HEAD = ["ID", "Customer", "Date", "Net Total (Company Currency)", "Is Return", "Status", "Note"]
WORDS = ("Paid", "Overdue", "Draft", "Cancelled")
Rows = list[list[str]]
PLAIN = re.compile(r"-?\d+\.\d{2}", re.ASCII)


def good() -> Rows:
	"""Forty documents of seven customers, with returns, drafts and cancelled ones."""
	chance = random.Random(5)
	rows = [HEAD]
	for n in range(40):
		is_return, amount = n % 11 == 10, chance.randrange(100, 900_000) / 100
		day = f"2025-{1 + n % 12:02d}-{1 + n * 7 % 28:02d}"
		rows.append(
			[f"S-{n}", f"Müller {n % 7}", day, f"{-amount if is_return else amount:.2f}", str(int(is_return)),
			WORDS[n % 4 if n % 9 == 0 else 0], "a, b"]
		)  # fmt: skip
	return rows


def column(at: int, change: Callable[[str], str]) -> Callable[[Rows, random.Random], Rows]:
	"""Write every cell of a column in another way."""
	return lambda rows, _chance: [
		rows[0],
		*([*row[:at], row[at] and change(row[at]), *row[at + 1 :]] for row in rows[1:]),
	]


def english(text: str) -> str:
	return f"{float(text):,.2f}"


def german(text: str) -> str:
	return english(text).translate(str.maketrans(",.", ".,"))


def _day(shape: str) -> Callable[[str], str]:
	return lambda text: shape.format(y=text[:4], m=text[5:7], d=text[8:])


def _total(rows: Rows, _chance: random.Random) -> Rows:
	return [*rows, ["Total", "", "", f"{sum(float(row[3]) for row in rows[1:]):.2f}", "", "", ""]]


def _shuffled(rows: Rows, chance: random.Random) -> Rows:
	return [rows[0], *chance.sample(rows[1:], len(rows) - 1)]


def _turned(rows: Rows, chance: random.Random) -> Rows:
	order = chance.sample(range(len(HEAD)), len(HEAD))
	return [[row[at] for at in order] for row in rows]


#: Ways to write the same amounts, the same dates, and all else the same, by which the numbers must be the same.
AMOUNTS = {
	"plain": str,
	"english": english,
	"german": german,
	"french": lambda text: german(text).replace(".", "\u202f"),
	"swiss": lambda text: english(text).replace(",", "’"),
	"euro": lambda text: f"{english(text)} €",
	"brackets": lambda text: f"({text[1:]})" if text.startswith("-") else text,
	"behind": lambda text: f"{text[1:]}-" if text.startswith("-") else text,
}
DATES = {
	"plain": str,
	"dmy": _day("{d}/{m}/{y}"),
	"mdy": _day("{m}/{d}/{y}"),
	"dots": _day("{d}.{m}.{y}"),
	"compact": _day("{y}{m}{d}"),
	"chinese": _day("{y}年{m}月{d}日"),
	"times": _day("{y}-{m}-{d} 14:05:06 +0200"),
}
STATUSES = {"Paid": "已付款", "Overdue": "逾期", "Draft": "草稿", "Cancelled": "已作废"}
SAME: dict[str, Callable[[Rows, random.Random], Rows]] = {
	"positive": lambda rows, _chance: [
		row if row[4] != "1" else [*row[:3], row[3].strip("-"), *row[4:]] for row in rows
	],
	"status": column(5, STATUSES.__getitem__),
	"blanks": column(1, lambda text: f" {text}  "),
	"total": _total,
	"shuffled": _shuffled,
}


def as_csv(rows: Rows, delimiter: str, end: str, quoting: int) -> str:
	out = io.StringIO()
	csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
	return out.getvalue()


def as_book(rows: Rows) -> bytes:
	book, out = openpyxl.Workbook(), io.BytesIO()
	for row in rows:
		book.active.append([float(cell) if PLAIN.fullmatch(cell) else cell for cell in row])
	book.save(out)
	return out.getvalue()


def as_zip(content: bytes) -> bytes:
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w") as archive:
		archive.writestr("sales.csv", content)
	return out.getvalue()


def score(folder: str, content: bytes) -> Result:
	path = Path(folder, "sales.csv")
	path.write_bytes(content)
	return CliRunner().invoke(
		main, ["score", str(path), "--policy", "rfm", "--as-of", "2025-12-31", "--out", f"{folder}/out"]
	)


def brought(folder: str) -> dict[str, float]:
	return {name: float(row["revenue_365d"] or 0) for name, row in scores(Path(folder, "out")).items()}


def is_refused_by_a_sentence(result: Result) -> bool:
	assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
	assert result.exit_code in (0, 2), result.output
	return result.exit_code == 2 and len(result.stderr.split()) > 4


@pytest.fixture(scope="module")
def right() -> dict[str, float]:
	with TemporaryDirectory() as folder:
		assert score(folder, as_csv(good(), ",", "\n", csv.QUOTE_MINIMAL).encode()).exit_code == 0
		return brought(folder)


@FUZZ
@given(st.data())
def test_the_same_data_in_another_form_is_the_same_or_refused(
	right: dict[str, float], data: st.DataObject
) -> None:
	"""Written by other programs, in other countries; two ways at once."""
	rows, chance = good(), random.Random(data.draw(st.integers(0, 99)))
	names = data.draw(st.lists(st.sampled_from(list(SAME)), max_size=3, unique=True))
	for name in sorted(names, key=list(SAME).index):
		rows = SAME[name](rows, chance)
	rows = column(3, AMOUNTS[data.draw(st.sampled_from(list(AMOUNTS)))])(rows, chance)
	rows = column(2, DATES[data.draw(st.sampled_from(list(DATES)))])(rows, chance)
	if data.draw(st.booleans()):
		rows = _turned(rows, chance)
	delimiter = data.draw(st.sampled_from([",", ";", "\t", "|"]))
	text = as_csv(
		rows, delimiter, data.draw(st.sampled_from(["\n", "\r\n"])), data.draw(st.sampled_from([0, 1]))
	)
	encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252"]))
	form = data.draw(st.sampled_from(["plain", "gz", "zip", "book"]))
	try:
		content = text.encode(encoding)
	except UnicodeEncodeError:
		content = text.encode()
	content = {"gz": gzip.compress, "zip": as_zip, "plain": bytes, "book": lambda _: as_book(rows)}[form](
		content
	)
	with TemporaryDirectory() as folder:
		result = score(folder, content)
		if not is_refused_by_a_sentence(result):
			found = brought(folder)
			if encoding in ("gb18030", "cp1252"):  # names of few letters may be taken for another language's
				assert sorted(found.values()) == pytest.approx(sorted(right.values()))
			else:
				assert found == pytest.approx(right), (names, result.output)


@cache
def _usual_left_out() -> dict[str, dict[str, float]]:
	"""What is left out of the good rows: drafts and cancelled ones."""
	with TemporaryDirectory() as folder:
		score(folder, as_csv(good(), ",", "\n", csv.QUOTE_MINIMAL).encode())
		found: dict[str, dict[str, float]] = summary(Path(folder, "out"))["rows_left_out"]
		return found


JUNK = st.sampled_from(
	["", " ", "nan", "-", "1.38E+10", "9" * 30, "x", "2052-01-01", "1900-01-01", "31/12/2025", "01/02/2025", "1,250",
	"1.250", "$5", "=1+1", "\x00", '"', "Total", "NULL", "45662", "-0", "1e308", "Refunded", "Foo", "yes", "2"]
) | st.text(max_size=6)  # fmt: skip


@FUZZ
@given(st.data())
def test_a_spoilt_cell_is_refused_or_told(right: dict[str, float], data: st.DataObject) -> None:
	"""If the numbers are others, the rows that made them so are in the summary, or it is another amount."""
	rows = good()
	at, where = data.draw(st.integers(1, len(rows) - 1)), data.draw(st.integers(0, 5))
	junk = data.draw(JUNK)
	before = rows[at][where]
	rows[at][where] = junk
	with TemporaryDirectory() as folder:
		began = time.monotonic()
		result = score(folder, as_csv(rows, ",", "\n", csv.QUOTE_MINIMAL).encode("utf-8", "replace"))
		assert time.monotonic() - began < 30
		if is_refused_by_a_sentence(result):
			return
		told = summary(Path(folder, "out"))
		assert told["rows_read"] == told["rows_graded"] + sum(
			one["rows"] for one in told["rows_left_out"].values()
		)
		if brought(folder) != pytest.approx(right) and where in (0, 3, 4, 5):
			is_told = told["decided"] or told["rows_left_out"] != _usual_left_out()
			assert is_told or where == 3 or (before, junk.strip()) in (("0", "yes"), ("1", "")), (
				before,
				junk,
				result.output,
			)


@cache
def packed(form: str) -> bytes:
	"""Good rows in a form; made once, as the day of making is in some of them."""
	text = as_csv(good(), ",", "\n", csv.QUOTE_ALL).encode()
	return {"gz": gzip.compress, "zip": as_zip, "plain": bytes, "book": lambda _: as_book(good())}[form](text)


@FUZZ
@given(st.data())
def test_spoilt_bytes_end_in_a_sentence(data: st.DataObject) -> None:
	"""Of text, packed text and workbooks: some changed, taken away or added; or the end is missing."""
	content = bytearray(packed(data.draw(st.sampled_from(["plain", "gz", "zip", "book"]))))
	for _ in range(data.draw(st.integers(1, 4))):
		at = data.draw(st.integers(0, len(content) - 1))
		kind = data.draw(st.sampled_from(["change", "take", "add", "cut"]))
		if kind == "change":
			content[at] = data.draw(st.integers(0, 255))
		elif kind == "take":
			del content[at : at + data.draw(st.integers(1, 50))]
		elif kind == "add":
			content[at:at] = data.draw(st.binary(min_size=1, max_size=20))
		else:
			del content[max(at, 1) :]
		if not content:
			break
	with TemporaryDirectory() as folder:
		is_refused_by_a_sentence(score(folder, bytes(content)))
