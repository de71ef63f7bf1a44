"""The verb ``report``: from the same grades as ``score``, on one page and in one workbook."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import openpyxl
import pytest
from command_runs import HEAD, SALES, refused, run, scores, summary, write

#: Two and a half years of a few customers, with what is not graded.
MONTHS = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)][:30]
LONG = HEAD + "".join(
	f"\n{customer}-{month},{customer},{month}-{day},{amount},0,"
	for customer, day, amount, months in (
		("Acme", "05", 300, MONTHS),
		("Borel", "12", 120.25, MONTHS[:24]),
		("Ciel & Söhne", "20", 80, MONTHS[20:]),
		("", "21", 9, MONTHS[:3]),
	)
	for month in months
)


@pytest.fixture
def long(tmp_path: Path) -> Path:
	return write(tmp_path / "long.csv", LONG)


def cells(page: str, table: str) -> dict[str, list[str]]:
	"""The cells of a table by the first of each row, as they are read."""
	body = re.search(rf'<table id="table-{table}".*?</table>', page, re.S)
	assert body
	rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in body[0].split("<tr>")[2:]]
	plain = [[unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in row] for row in rows]
	return {row[0]: row[1:] for row in plain if row}


def test_the_page_has_the_figures_of_scores_and_summary(long: Path, tmp_path: Path) -> None:
	run("score", long, "--out", tmp_path / "graded")
	found = run("report", long, "-o", tmp_path / "report.html")
	assert (found.exit_code, found.stderr) == (0, "")
	page, told = (tmp_path / "report.html").read_text(encoding="utf-8"), summary(tmp_path / "graded")
	tiers = cells(page, "tiers")
	for row in told["tiers"]:
		if row["customers"]:
			assert int(tiers[row["name"]][0]) == row["customers"]
			assert float(tiers[row["name"]][-1].replace(",", "")) == row["revenue"]
	assert float(tiers["Total"][-1].replace(",", "")) == told["revenue"]
	listed = cells(page, "customers")
	for name, row in scores(tmp_path / "graded").items():
		assert listed[name][0] == row["tier"]
		assert float(listed[name][1]) == float(row["score"])
		assert listed[name][2] == row["lifecycle_stage"]
	data = cells(page, "data")
	assert data["Graded"] == ["64", "12,686.00"]
	assert data["Anonymous, without a customer"] == ["3", "27.00"]
	assert data["Total"] == ["67", ""]


def test_the_screen_says_the_headline_and_where_it_is(long: Path, tmp_path: Path) -> None:
	found = run("report", long, "-o", tmp_path / "new" / "page.html")
	lines = found.stdout.splitlines()
	assert lines[0] == "Customers as of 20 June 2025"
	assert lines[-1] == f"Written to {tmp_path / 'new'}: page.html."
	page = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
	assert [line for line in lines[1:-1] if f"<li>{line}</li>" not in page] == []


def test_in_chinese_screen_page_and_workbook_say_the_same(long: Path, tmp_path: Path) -> None:
	found = run("report", long, "--lang", "zh", "-o", tmp_path / "r.html", "--xlsx", tmp_path / "r.xlsx")
	assert found.stdout.startswith("客户报告（截至 2025年6月20日）\n")
	assert "客户报告（截至 2025年6月20日）" in (tmp_path / "r.html").read_text(encoding="utf-8")
	book = openpyxl.load_workbook(tmp_path / "r.xlsx")
	assert book["概要"]["A1"].value == "客户报告（截至 2025年6月20日）"
	assert [cell.value for cell in book["全部客户"]["A"]][:2] == ["客户", "Acme"]


def test_as_of_an_earlier_day_nothing_later_is_seen(long: Path, tmp_path: Path) -> None:
	run("report", long, "-o", tmp_path / "then.html", "--as-of", "2024-12-31")
	known = [line for line in LONG.splitlines() if ",2025-" not in line]
	cut = write(tmp_path / "known.csv", "\n".join(known))
	run("report", cut, "-o", tmp_path / "cut.html", "--as-of", "2024-12-31")
	then, alone = ((tmp_path / name).read_text(encoding="utf-8") for name in ("then.html", "cut.html"))
	for table in ("tiers", "stages", "segments", "customers", "moves1", "cohorts"):
		assert cells(then, table) == cells(alone, table), table


def test_bad_rows_are_told(tmp_path: Path) -> None:
	path = write(tmp_path / "sales.csv", SALES + "7,Dot,31.13.2025,5,0,\n8,Dot,2025-01-02,x,0,\n")
	assert "2 of 8 rows are bad; nothing was written." in refused("report", path, "-o", tmp_path / "r.html")
	assert not (tmp_path / "r.html").exists()
	found = run("report", path, "-o", tmp_path / "r.html", "--skip-bad-rows")
	assert found.stdout.endswith(f"Written to {tmp_path}: r.html and rejects.csv.\n")
	page = (tmp_path / "r.html").read_text(encoding="utf-8")
	data = cells(page, "data")
	assert data["Bad rows, in rejects.csv"] == ["2", ""]
	assert sum(int(row[0]) for name, row in data.items() if name != "Total") == int(data["Total"][0]) == 8
	assert cells(page, "bad")["date not of the form 2025-01-31"] == ["1"]


def test_grace_goes_on_from_the_previous_scores(long: Path, tmp_path: Path) -> None:
	run("score", long, "--out", tmp_path, "--as-of", "2024-12-31")
	run("score", long, "--out", tmp_path / "next", "--previous", tmp_path / "scores.csv")
	run("report", long, "-o", tmp_path / "r.html", "--previous", tmp_path / "scores.csv")
	listed = cells((tmp_path / "r.html").read_text(encoding="utf-8"), "customers")
	held = scores(tmp_path / "next")
	assert {name: row[0] for name, row in listed.items() if name in held} == {
		name: row["tier"] for name, row in held.items()
	}


def test_no_file_is_written_over(long: Path, tmp_path: Path) -> None:
	told = refused("report", long, "-o", long)
	assert told == f"{long} would be overwritten by the result; choose another name with -o.\n"
	assert "name two" in refused(
		"report", long, "-o", tmp_path / "a.html", "--xlsx", tmp_path / "b" / "a.xlsx"
	)
	assert "one file" in refused("report", long, "-o", tmp_path / "a.html", "--xlsx", tmp_path / "a.html")
	assert long.read_text(encoding="utf-8") == LONG


def test_a_language_that_is_not_there_is_refused(long: Path) -> None:
	assert "'en', 'zh'" in run("report", long, "--lang", "xx").stderr


@pytest.mark.parametrize("verb", ["score", "report", "backtest", "demo", "policies"])
def test_every_verb_that_tells_something_speaks_chinese(verb: str) -> None:
	assert "--lang [en|zh]" in run(verb, "--help").stdout


def test_the_screen_speaks_chinese_and_the_files_stay_as_they_are(long: Path, tmp_path: Path) -> None:
	english, chinese = (
		run("score", long, "--out", tmp_path / "en"),
		run("score", long, "--out", tmp_path / "zh", "--lang", "zh"),
	)
	assert (
		"3 customers graded by Value Pyramid, as of 2025-06-20, the last date in the data." in english.stdout
	)
	assert "3 个客户按“价值金字塔”评级，截至 2025-06-20（数据的最后日期）。" in chinese.stdout
	assert not re.search(
		r"[A-Za-z]{3,}", re.sub(r"RFM|scores\.csv|summary\.json|is_return|/\S+", "", chinese.stdout)
	)
	assert (tmp_path / "en/scores.csv").read_bytes() == (tmp_path / "zh/scores.csv").read_bytes()
	told = [summary(tmp_path / code) for code in ("en", "zh")]
	assert {**told[0], "notes": 0} == {**told[1], "notes": 0}
