"""What the command refuses, by a sentence on standard error, and what it does with bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_runs import HEAD, SALES, refused, run, scores, summary, write

from customer_tiering import policies

# -- bad rows ------------------------------------------------------------------------------------


def test_bad_rows_stop_everything(sales: Path, tmp_path: Path) -> None:
	"""With file, line and reason; nothing is written, and nothing of the attempt stays."""
	write(sales, SALES + "7,Acme,soon,1,0,\n7,Acme,2025-01-01,x,0,\n")
	assert refused("score", sales, "--out", tmp_path / "out").splitlines() == [
		"2 of 8 rows are bad; nothing was written.",
		f"  {sales}, line 8: date not of the form 2025-01-31: soon",
		f"  {sales}, line 9: amount is not a number like 1234.56: x",
		"Amounts with a decimal comma are read with --decimal ','.",
		"Correct them, or use --skip-bad-rows to write them to rejects.csv and grade the rest.",
	]
	assert not (tmp_path / "out").exists()


def test_many_bad_rows_are_told_in_few_lines(tmp_path: Path) -> None:
	"""The first twenty, and how many of each kind."""
	path = write(tmp_path / "s.csv", f"{HEAD}\n" + "".join(f"{n},a,?{n},1,0,\n" for n in range(500)))
	lines = refused("score", path, "--out", tmp_path).splitlines()
	assert len(lines) == 25
	assert lines[-4:-1] == ["  … and 480 more.", "In all:", "  500 × date not of the form 2025-01-31"]


def test_skipped_rows_go_to_rejects(sales: Path, tmp_path: Path) -> None:
	"""With their own columns, and the rest is graded as if they were not there."""
	run("score", sales, "--out", tmp_path / "clean")
	other = "Date,Customer,ID,Net Total (Company Currency),Memo\n2025-01-31,Acme,,1,x\n2025-01-31,Acme\n"
	result = run(
		"score", write(sales, SALES + "8,Acme,?,1,0,\n"), write(tmp_path / "b.csv", other),
		"--skip-bad-rows", "--out", tmp_path,
	)  # fmt: skip
	assert result.exit_code == 0
	assert "Bad rows, in rejects.csv: 3." in result.stdout
	assert scores(tmp_path) == scores(tmp_path / "clean")
	assert (tmp_path / "rejects.csv").read_text().splitlines() == [
		f"file,line,reason,{HEAD},Date,Customer,ID,Net Total (Company Currency),Memo",
		f"{sales},8,date not of the form 2025-01-31: ?,8,Acme,?,1,0,,,,,,",
		f"{tmp_path / 'b.csv'},2,no document ID,,,,,,,2025-01-31,Acme,,1,x",
		f"{tmp_path / 'b.csv'},3,the row has more or fewer cells than the heading,,,,,,,2025-01-31,Acme,,,",
	]
	assert summary(tmp_path)["rows_bad"]["rows"] == 3


def test_nothing_to_grade_says_where_the_rows_went(tmp_path: Path) -> None:
	"""Every reason, with its count."""
	path = write(tmp_path / "s.csv", f"{HEAD}\n1,,2025-01-31,1,0,\n\n2,a,?,1,0,\n")
	assert refused("score", path, "--skip-bad-rows", "--out", tmp_path / "out").splitlines() == [
		"There is nothing to grade in 3 rows.",
		"  1 left out: blank rows",
		"  1 left out: anonymous, without a customer",
		f"  {path}, line 4: date not of the form 2025-01-31: ?",
	]
	assert "nothing to grade in 0 rows" in refused("score", write(path, HEAD), "--out", tmp_path / "out")


# -- what cannot be used ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["31.01.2025", "2025-1-31", "2025-02-30", "0001-01-01", "today", ""])
def test_an_as_of_that_is_no_date_is_refused(sales: Path, tmp_path: Path, text: str) -> None:
	"""By a sentence with an example."""
	told = refused("score", sales, "--as-of", text, "--out", tmp_path)
	assert told == f"--as-of {text} is not a date; write it as year-month-day, like 2025-06-30.\n"


def test_an_unknown_policy_lists_those_there_are(sales: Path, tmp_path: Path) -> None:
	"""For a name and for a missing file."""
	for told in (refused("score", sales, "--policy", "gold", "--out", tmp_path), refused("policies", "gold")):
		assert "value-pyramid, composite-value" in told


@pytest.mark.parametrize(
	("content", "message"),
	[
		("not json", "is not JSON"),
		("[" * 100_000, "is not JSON"),
		('{"rules": NaN}', "is not JSON: NaN is not a number"),
		(b"\xff\xfe\x00", "is not JSON"),
		('{"name": "\\ud800"}', "is not JSON"),
		("[]", "A policy is an object with tiers and rules"),
		(" " * 1_000_001, "is larger than 1,000,000 bytes"),
	],
)
def test_a_policy_file_that_is_none_is_refused(
	sales: Path, tmp_path: Path, content: str | bytes, message: str
) -> None:
	"""Whatever it holds."""
	path = write(tmp_path / "p.json", content)
	assert message in refused("score", sales, "--policy", path, "--out", tmp_path)


def test_a_bad_policy_tells_all_its_problems(sales: Path, tmp_path: Path) -> None:
	"""Each on its own line."""
	data = policies.load("rfm")
	data["tiers"][0]["min_score"] = 70
	data["rules"][0]["metric"] = "Revenues"
	path = write(tmp_path / "p.json", json.dumps(data))
	lines = refused("score", sales, "--policy", path, "--out", tmp_path).splitlines()
	assert lines[0] == f"The policy {path} cannot be used:"
	assert len(lines) == 3
	assert all(line.startswith("  ") for line in lines[1:])


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
	"""Where it has the name of a result."""
	path = write(tmp_path / "scores.csv", SALES)
	assert "would be overwritten" in refused("score", path, "--out", tmp_path)
	assert path.read_text() == SALES


def test_what_is_missing_for_a_policy_is_noted_or_refused(sales: Path, tmp_path: Path) -> None:
	"""Profit and scopes are noted; companies without a column would leave nobody, and are refused."""
	profit = run("score", sales, "--policy", "composite-value", "--out", tmp_path)
	assert "Note: The policy looks at profit" in profit.stdout
	credit = run("score", sales, "--policy", "credit-minded", "--out", tmp_path)
	assert "Note: The policy looks at payments, of which the files tell nothing" in credit.stdout
	data = policies.load("rfm")
	data["rules"][0]["territory"] = "Asia"
	path = write(tmp_path / "p.json", json.dumps(data))
	scoped = run("score", sales, "--policy", path, "--out", tmp_path)
	assert "no column territory: nobody is in the scope of rule Spending in a year." in scoped.stdout
	assert summary(tmp_path)["notes"]
	write(path, json.dumps({**data, "companies": ["Linden"]}))
	assert "have no column company" in refused("score", sales, "--policy", path, "--out", tmp_path)


@pytest.mark.parametrize(
	("option", "value", "message"),
	[("--encoding", "klingon", "There is no encoding klingon"), ("--map", "x", "is not of the form")],
)
def test_options_that_make_no_sense_are_refused(
	sales: Path, tmp_path: Path, option: str, value: str, message: str
) -> None:
	"""By a sentence."""
	assert message in refused("score", sales, option, value, "--out", tmp_path)


def test_a_file_that_is_not_there_is_named() -> None:
	"""By click's own message, on standard error."""
	assert "nowhere.csv" in refused("score", "nowhere.csv")
