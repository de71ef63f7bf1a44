"""The command line as its users meet it: files in, files and sentences out."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_tiering import __version__, policies
from customer_tiering.cli import main
from customer_tiering.engine import Policy
from customer_tiering.formulas import guard, unguard

HEAD = "name,customer,posting_date,base_net_total,is_return,return_against"
SALES = f"""{HEAD}
1,Acme,2024-12-01,100,0,
2,Acme,2025-01-10,250.50,0,
3,Borel,2025-01-05,80,0,
4,Borel,2025-01-20,-80,1,3
5,,2025-01-31,12,0,
6,Ciel,2025-01-25,-5,1,
"""


def run(*arguments: object) -> Result:
	result = CliRunner().invoke(main, [str(argument) for argument in arguments])
	if result.exception and not isinstance(result.exception, SystemExit):
		raise result.exception
	return result


def refused(*arguments: object) -> str:
	"""What is said on standard error when the command refuses; nothing is said elsewhere."""
	result = run(*arguments)
	assert result.exit_code == 2
	assert result.stdout == ""
	return result.stderr


def write(path: Path, text: str | bytes) -> Path:
	path.write_bytes(text if isinstance(text, bytes) else text.encode())
	return path


def scores(folder: Path) -> dict[str, dict[str, str]]:
	with (folder / "scores.csv").open(encoding="utf-8", newline="") as file:
		return {row["customer"]: row for row in csv.DictReader(file)}


def summary(folder: Path) -> dict[str, Any]:
	found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
	return found


@pytest.fixture
def sales(tmp_path: Path) -> Path:
	return write(tmp_path / "sales.csv", SALES)


# -- what is written -----------------------------------------------------------------------------


def test_scores_are_one_row_per_customer_in_order(sales: Path, tmp_path: Path) -> None:
	"""The fixed columns, the policy's metrics, and the state for the next run."""
	result = run("score", sales, "--out", tmp_path / "out")
	assert result.exit_code == 0
	assert "as of 2025-01-31, the last date in the data." in result.stdout
	assert (tmp_path / "out" / "scores.csv").read_text() == (
		"customer,tier,score,lifecycle_stage,rfm_segment,r,f,m,first_purchase,last_purchase,recency_days,purchases,"
		"purchase_amount,revenue_365d,invoice_count_365d,recency,as_of,tier_since,earned_tier,earned_since,"
		"below_since,opening_tier,opening_tier_since,opening_earned_tier,opening_earned_since,opening_below_since\n"
		"Acme,Silver,60,New,Loyal,3,4,3,2024-12-01,2025-01-10,21,2,350.50,350.50,2,21,2025-01-31,"
		"2025-01-31,Silver,2025-01-31,,,,,,\n"
		"Borel,,,Prospect,,,,,,,,0,0.00,,,,2025-01-31,,,,,,,,,\n"
		"Ciel,,,Prospect,,,,,,,,0,0.00,,,,2025-01-31,,,,,,,,,\n"
	)


def test_the_summary_ties_out(sales: Path, tmp_path: Path) -> None:
	"""Rows read are graded, left out or bad; tiers, stages and segments add up to the total."""
	run("score", sales, "--out", tmp_path)
	told = summary(tmp_path)
	assert told["rows_read"] == 6
	assert told["rows_graded"] == 5
	assert told["rows_left_out"] == {"anonymous": {"rows": 1, "net_amount": 12}}
	assert told["customers"] == 3
	assert told["revenue"] == 345.5
	assert told["without_purchase"] == {"customers": 2, "of_these_with_documents": 2, "revenue": -5}
	for kind in ("tiers", "stages", "segments"):
		assert sum(row["customers"] for row in told[kind]) == 3
		assert sum(row["revenue"] for row in told[kind]) == 345.5
	assert told["tiers"][-1] == {"name": None, "customers": 2, "revenue": -5, "share_percent": -1.45}
	rfm = Policy.from_dict(policies.load("rfm"))
	assert told["policy"] == {"name": "rfm", "hash": rfm.hash}
	assert told["as_of_is"] == "the last date in the data"


def test_the_same_data_in_another_form_gives_the_same_scores(sales: Path, tmp_path: Path) -> None:
	"""Packed, with semicolons, as a workbook, with labels, or cut into two files."""
	rows = list(csv.reader(SALES.splitlines()))
	book = openpyxl.Workbook()
	for row in rows:
		book.active.append([float(cell) if at == 3 and cell != row[0] and cell[-1:].isdigit() else cell
			for at, cell in enumerate(row)])  # fmt: skip
	book.save(tmp_path / "sales.xlsx")
	labels = "ID;Customer;Date;Net Total (Company Currency);Is Return (Credit Note);Return Against"
	semicolons = "\n".join([labels, *(";".join(row) for row in rows[1:])])
	forms = {
		"gz": [write(tmp_path / "sales.csv.gz", gzip.compress(SALES.encode()))],
		"semicolons": [write(tmp_path / "semicolons.csv", "\ufeff" + semicolons)],
		"commas": [write(tmp_path / "commas.csv", semicolons.replace(".", ","))],
		"xlsx": [tmp_path / "sales.xlsx"],
		"two": [
			write(tmp_path / "1.csv", "\n".join(SALES.splitlines()[:4])),
			write(tmp_path / "2.csv", "\n".join([HEAD, *SALES.splitlines()[4:]])),
		],
	}
	run("score", sales, "--out", tmp_path / "plain")
	expected = (tmp_path / "plain" / "scores.csv").read_bytes()
	for form, paths in forms.items():
		extra = ["--decimal", ","] if form == "commas" else []
		result = run("score", *paths, *extra, "--out", tmp_path / form)
		assert (result.exit_code, result.stderr) == (0, "")
		assert (tmp_path / form / "scores.csv").read_bytes() == expected


def test_later_rows_change_nothing(sales: Path, tmp_path: Path) -> None:
	"""They are left out by name, and who is known by them only is not listed."""
	run("score", sales, "--as-of", "2025-01-31", "--out", tmp_path / "before")
	with sales.open("a") as file:
		file.write("7,Acme,2025-02-01,999,0,\n8,Dora,2025-02-01,5,0,\n")
	run("score", sales, "--as-of", "2025-01-31", "--out", tmp_path / "after")
	assert (tmp_path / "before" / "scores.csv").read_bytes() == (
		tmp_path / "after" / "scores.csv"
	).read_bytes()
	assert summary(tmp_path / "after")["rows_left_out"]["after_as_of"] == {"rows": 2, "net_amount": 1004}


def test_cells_that_a_spreadsheet_would_run_are_guarded(tmp_path: Path) -> None:
	"""In scores.csv and in rejects.csv; --previous undoes it; a negative amount stays as it is."""
	names = ["=1+1", "+1", "-1", "@a", "'=quoted", "'plain"]
	lines = [f"{n},{name},2025-01-0{n + 1},{n + 1},0," for n, name in enumerate(names)]
	path = write(tmp_path / "s.csv", "\n".join([HEAD, *lines, '9,=bad,"=cmd",-12.5,0,']))
	assert run("score", path, "--skip-bad-rows", "--out", tmp_path).exit_code == 0
	assert sorted(scores(tmp_path)) == sorted(["'=1+1", "'+1", "'-1", "'@a", "''=quoted", "'plain"])
	assert (tmp_path / "rejects.csv").read_text().splitlines()[1].endswith(",9,'=bad,'=cmd,-12.5,0,")
	again = run(
		"score", path, "--skip-bad-rows", "--previous", tmp_path / "scores.csv", "--out", tmp_path / "b"
	)
	assert "0 up, 0 down, 0 with a tier for the first time, 0 without one now" in again.stdout


@given(st.text())
def test_guarding_can_always_be_undone(text: str) -> None:
	"""Whatever a customer is called."""
	assert unguard(guard(text)) == text
	assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))


# -- previous scores -----------------------------------------------------------------------------


def fading(tmp_path: Path) -> Path:
	"""Ten customers; the first bought most and then never again."""
	lines = [f"F{n}{d},Customer 0,2024-0{n}-{d},900,0," for n in range(1, 7) for d in ("01", "20")]
	lines += [f"{c}-{n},Customer {c},2024-{n:02d}-15,{c * 40},0," for c in range(1, 10) for n in range(1, 13)]
	return write(tmp_path / "fading.csv", "\n".join([HEAD, *lines]))


def test_the_same_day_twice_is_one_day(tmp_path: Path) -> None:
	"""Scores read back and scored again come out byte for byte."""
	path, out = fading(tmp_path), tmp_path / "out"
	run("score", path, "--as-of", "2024-06-30", "--out", out)
	first = (out / "scores.csv").read_bytes()
	for _ in range(2):
		run("score", path, "--as-of", "2024-06-30", "--previous", out / "scores.csv", "--out", out)
		assert (out / "scores.csv").read_bytes() == first


def test_grace_carries_over_from_run_to_run(tmp_path: Path) -> None:
	"""A tier outlives its score for the grace days, counted from the first run that saw it lower."""
	path, out = fading(tmp_path), tmp_path / "out"
	held = []
	for day in ("2024-06-30", "2024-10-01", "2024-10-30", "2024-10-31"):
		previous = ["--previous", out / "scores.csv"] if held else []
		result = run("score", path, "--as-of", day, *previous, "--out", out)
		assert result.exit_code == 0
		row = scores(out)["Customer 0"]
		held.append((row["tier"], row["below_since"], row["tier_since"]))
	assert held == [
		("Platinum", "", "2024-06-30"),
		("Platinum", "2024-10-01", "2024-06-30"),
		("Platinum", "2024-10-01", "2024-06-30"),
		("Gold", "", "2024-10-31"),
	]
	assert summary(out)["moves"]["down"] == 1
	assert "1 down" in result.stdout


def test_customers_without_documents_now_are_noted(sales: Path, tmp_path: Path) -> None:
	"""They were graded and are not any more; so were tiers that the policy does not have."""
	run("score", sales, "--out", tmp_path / "a")
	other = write(tmp_path / "other.csv", f"{HEAD}\n1,Acme,2025-01-01,5,0,\n")
	told = run(
		"score",
		other,
		"--previous",
		tmp_path / "a" / "scores.csv",
		"--policy",
		"pareto-abc",
		"--out",
		tmp_path,
	).stdout
	assert "2 customers of the previous scores without documents now: not graded." in told
	assert "tiers that this policy does not: Silver" in told
	assert "The previous scores are later than the as-of date" in told


@pytest.mark.parametrize(
	("old", "new", "message"),
	[
		(
			"customer,tier",
			"who,tier",
			"is not a scores.csv that this command wrote: it has no column customer",
		),
		("Acme,", ",", "line 2 has no customer"),
		("Borel,", "Acme,", "lists customer Acme twice"),
		(",2025-01-31,2025-01-31", ",2025-01-31,soon", "line 2: tier_since is not a date"),
		("Ciel,,", "Ciel,", "line 4: the row has more or fewer cells than the heading"),
	],
)
def test_previous_scores_that_cannot_be_read_are_refused(
	sales: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
	"""By a sentence that says where."""
	run("score", sales, "--out", tmp_path)
	text = (tmp_path / "scores.csv").read_text()
	assert old in text
	bad = write(tmp_path / "bad.csv", text.replace(old, new, 1))
	assert message in refused("score", sales, "--previous", bad, "--out", tmp_path)


# -- bad rows ------------------------------------------------------------------------------------


def test_bad_rows_stop_everything(sales: Path, tmp_path: Path) -> None:
	"""With file, line and reason; nothing is written, and nothing of the attempt stays."""
	write(sales, SALES + "7,Acme,soon,1,0,\n7,Acme,2025-01-01,x,0,\n")
	assert refused("score", sales, "--out", tmp_path / "out").splitlines() == [
		"2 of 8 rows are bad; nothing was written.",
		f"  {sales}, line 8: date not of the form 2025-01-31: soon",
		f"  {sales}, line 9: amount is not a plain number like 1234.56: x",
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
		"score", write(sales, SALES + "2,Acme,2025-01-31,1,0,\n"), write(tmp_path / "b.csv", other),
		"--skip-bad-rows", "--out", tmp_path,
	)  # fmt: skip
	assert result.exit_code == 0
	assert "Bad rows, in rejects.csv: 3." in result.stdout
	assert scores(tmp_path) == scores(tmp_path / "clean")
	assert (tmp_path / "rejects.csv").read_text().splitlines() == [
		f"file,line,reason,{HEAD},Date,Customer,ID,Net Total (Company Currency),Memo",
		f"{sales},8,document ID listed before: 2,2,Acme,2025-01-31,1,0,,,,,,",
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


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["31.01.2025", "2025-1-31", "2025-02-30", "0001-01-01", "today", ""])
def test_an_as_of_that_is_no_date_is_refused(sales: Path, tmp_path: Path, text: str) -> None:
	"""By a sentence with an example."""
	told = refused("score", sales, "--as-of", text, "--out", tmp_path)
	assert told == f"--as-of {text} is not a date; write it as year-month-day, like 2025-06-30.\n"


def test_an_unknown_policy_lists_those_there_are(sales: Path, tmp_path: Path) -> None:
	"""For a name and for a missing file."""
	for told in (refused("score", sales, "--policy", "gold", "--out", tmp_path), refused("policies", "gold")):
		assert "rfm, composite-value" in told


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


def test_a_failed_write_leaves_the_last_result(
	sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
	"""A full disk is told in a sentence, and the files of the run before are whole."""
	run("score", sales, "--out", tmp_path / "out")
	before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

	def full(*_arguments: object) -> None:
		raise OSError(28, "No space left on device")

	monkeypatch.setattr("customer_tiering.results.write_summary", full)
	write(sales, SALES + "7,Zoe,2025-01-31,1,0,\n")
	assert refused("score", sales, "--out", tmp_path / "out") == "No space left on device.\n"
	assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before


def test_what_is_missing_for_a_policy_is_noted_or_refused(sales: Path, tmp_path: Path) -> None:
	"""Profit and scopes are noted; companies without a column would leave nobody, and are refused."""
	profit = run("score", sales, "--policy", "composite-value", "--out", tmp_path)
	assert "Note: The policy looks at profit" in profit.stdout
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


# -- anything at all -----------------------------------------------------------------------------

CELLS = st.one_of(
	st.sampled_from(
		["", "1", "-5", "2025-01-31", "2025-13-01", "Acme", "yes", "Total", "nan", "9" * 400, '"', "=x"]
	),
	st.text(max_size=8),
)
HEADINGS = st.sampled_from(
	[
		"name",
		"customer",
		"posting_date",
		"base_net_total",
		"is_return",
		"docstatus",
		"return_against",
		"Date",
		"",
		"x",
	]
)


@settings(
	deadline=None,
	max_examples=100,
	suppress_health_check=[HealthCheck.function_scoped_fixture],
	derandomize=True,
)
@given(
	heading=st.one_of(st.just(HEAD.split(",")), st.lists(HEADINGS, max_size=8)),
	rows=st.lists(st.lists(CELLS, max_size=7), max_size=6),
	delimiter=st.sampled_from([",", ";", "\t"]),
	skip=st.booleans(),
)
def test_no_text_file_ends_in_a_traceback(
	tmp_path: Path, heading: list[str], rows: list[list[str]], delimiter: str, skip: bool
) -> None:
	"""It is graded, or refused with a sentence; nothing half-written stays."""
	text = "\n".join(delimiter.join(row) for row in [heading, *rows])
	path = write(tmp_path / "junk.csv", text.encode("utf-8", "replace"))
	result = run("score", path, "--out", tmp_path / "out", *(["--skip-bad-rows"] if skip else []))
	assert result.exit_code in (0, 2)
	assert bool(result.stderr) == (result.exit_code == 2)
	left = {file.name for file in (tmp_path / "out").glob("*")} if (tmp_path / "out").exists() else set()
	assert left <= {"scores.csv", "summary.json", "rejects.csv"}


@settings(
	deadline=None,
	max_examples=100,
	suppress_health_check=[HealthCheck.function_scoped_fixture],
	derandomize=True,
)
@given(content=st.one_of(st.binary(max_size=200), st.binary(max_size=50).map(lambda end: b"PK\3\4" + end),
	st.binary(max_size=50).map(lambda end: b"\x1f\x8b\x08" + end)))  # fmt: skip
def test_no_binary_file_ends_in_a_traceback(tmp_path: Path, content: bytes) -> None:
	"""As sales, as previous scores and as policy."""
	sales, junk = write(tmp_path / "sales.csv", SALES), write(tmp_path / "junk", content)
	out = tmp_path / "out"
	assert run("score", junk, "--out", out).exit_code == 2
	assert run("score", sales, "--previous", junk, "--out", out).exit_code == 2
	assert run("score", sales, "--policy", junk, "--out", out).exit_code == 2


# -- policies and version ------------------------------------------------------------------------


def test_policies_are_listed_and_printed_to_be_edited(sales: Path, tmp_path: Path) -> None:
	"""What is printed is pure JSON, and --policy takes it back as the same policy."""
	listed = run("policies").stdout
	for name in policies.names():
		assert name in listed
		printed = run("policies", name).stdout_bytes
		assert json.loads(printed) == policies.load(name)
	write(tmp_path / "mine.json", run("policies", "pareto-abc").stdout_bytes)
	run("score", sales, "--policy", tmp_path / "mine.json", "--out", tmp_path / "file")
	run("score", sales, "--policy", "pareto-abc", "--out", tmp_path / "name")
	assert summary(tmp_path / "file")["policy"] == summary(tmp_path / "name")["policy"]
	assert scores(tmp_path / "file") == scores(tmp_path / "name")


def test_every_ready_made_policy_grades(sales: Path, tmp_path: Path) -> None:
	"""Its metrics are columns of scores.csv."""
	for name in policies.names():
		assert run("score", sales, "--policy", name, "--out", tmp_path).exit_code == 0
		assert summary(tmp_path)["policy"]["name"] == name


def test_a_byte_order_mark_does_no_harm_to_a_policy(sales: Path, tmp_path: Path) -> None:
	"""As some shells and editors write one."""
	for encoding in ("utf-8-sig", "utf-16"):
		path = write(tmp_path / "p.json", json.dumps(policies.load("rfm")).encode(encoding))
		assert run("score", sales, "--policy", path, "--out", tmp_path).exit_code == 0


def test_version_is_the_packages() -> None:
	"""One number, in one place."""
	assert run("--version").stdout == f"customer-tiering, version {__version__}\n"


# -- the sample company --------------------------------------------------------------------------


def test_the_demo_is_the_same_every_time_and_adds_up(tmp_path: Path) -> None:
	"""Scores to the byte; tiers, stages and segments to the total; movers both ways."""
	first, second = run("demo", "--out", tmp_path / "a"), run("demo", "--out", tmp_path / "b")
	assert (first.exit_code, first.stderr) == (0, "")
	assert (tmp_path / "a" / "scores.csv").read_bytes() == (tmp_path / "b" / "scores.csv").read_bytes()
	assert first.stdout.replace(str(tmp_path / "a"), "") == second.stdout.replace(str(tmp_path / "b"), "")
	told = summary(tmp_path / "a")
	assert told["customers"] == len(scores(tmp_path / "a"))
	for kind in ("tiers", "stages", "segments"):
		assert sum(row["customers"] for row in told[kind]) == told["customers"]
		assert sum(row["revenue"] for row in told[kind]) == pytest.approx(told["revenue"], abs=1e-3)
	assert "↑" in first.stdout
	assert "↓" in first.stdout
	assert {file.name for file in (tmp_path / "a").iterdir()} == {
		"company.sqlite",
		"scores.csv",
		"summary.json",
	}
