"""Policies and files of anything are refused or listed, in bounded time and memory."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result
from command_runs import HEAD, SALES, run, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_tiering import policies
from customer_tiering.command.main import main
from customer_tiering.engine import Policy, PolicyError

FUZZ = settings(
	derandomize=True, deadline=None, max_examples=200, database=None, suppress_health_check=list(HealthCheck)
)
NASTY = (
	"", "\x00", "{{ 7*7 }}", "<img src=x onerror=alert(1)>", "../../etc/passwd", "=cmd|' /C calc'!A0",
	"NaN", "Infinity", "-inf", "1e308", "1e309", "0001-01-01", "9999-12-31", "10000-01-01", "2025-02-30", "x" * 10_000,
	"🜚", "ß", "-0", "１２",
)  # fmt: skip
VALUES = st.recursive(
	st.sampled_from(NASTY) | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
	lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
	max_leaves=6,
)
CELLS = st.sampled_from(NASTY) | st.text(max_size=20)
HEADING = ("name", "customer", "posting_date", "base_net_total")


LIKELY_CELLS = st.one_of(
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


def run_any(*words: object) -> Result:
	return CliRunner().invoke(main, list(map(str, words)))


def refused_or_done(result: Result) -> None:
	"""A sentence and a code that says so; an exception of Python's is neither."""
	assert result.exit_code in (0, 2), result.output[-500:]
	assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
	assert "Traceback" not in result.output


@FUZZ
@given(st.data())
def test_a_policy_with_anything_in_it_is_read_or_refused_with_sentences(data: Any) -> None:
	policy = policies.load(data.draw(st.sampled_from(policies.names())))
	part = data.draw(
		st.sampled_from([policy, *policy["tiers"], *policy["rules"], policy.get("stages", policy)])
	)
	part[data.draw(st.sampled_from([*part, "unknown"]))] = data.draw(VALUES)
	try:
		assert len(Policy.from_dict(policy).hash) == 64
	except PolicyError as error:
		assert all(str(problem).endswith((".", ")")) or str(problem) for problem in error.problems)


@FUZZ
@given(st.lists(st.lists(CELLS, min_size=3, max_size=5), max_size=5))
def test_a_file_of_anything_is_graded_or_refused(rows: list[list[str]]) -> None:
	with TemporaryDirectory() as folder:
		sales, out = Path(folder, "sales.csv"), Path(folder, "out")
		with sales.open("w", newline="", encoding="utf-8", errors="replace") as file:
			csv.writer(file).writerows([HEADING, ["1", "Good", "2025-01-31", "10"], *rows])
		for words in ((), ("--skip-bad-rows",)):
			refused_or_done(run_any("score", sales, "--out", out, *words))


@FUZZ
@given(st.binary(max_size=200))
def test_a_file_of_any_bytes_is_refused(content: bytes) -> None:
	with TemporaryDirectory() as folder:
		sales, policy, out = (Path(folder, name) for name in ("sales.csv", "policy.json", "out"))
		sales.write_bytes(b"name,customer,posting_date,base_net_total\n" + content)
		policy.write_bytes(content)
		refused_or_done(run_any("score", sales, "--out", out))
		refused_or_done(run_any("score", sales, "--policy", policy, "--out", out))


@pytest.mark.parametrize(
	"name", ["../../etc/passwd", "/etc/passwd", "policies/rfm", "rfm.json", "", "\x00", "%s"]
)
def test_a_ready_made_policy_is_no_path(name: str) -> None:
	assert name not in policies.names()
	with pytest.raises(KeyError):
		policies.load(name)
	refused_or_done(result := run_any("policies", name))
	assert "root:" not in result.output


def test_a_policy_of_ten_megabytes_is_refused_at_once(tmp_path: Path) -> None:
	policy = policies.load("rfm") | {"description": "x" * 10_000_000}
	path = tmp_path / "policy.json"
	path.write_text(json.dumps(policy))
	(tmp_path / "sales.csv").write_text(",".join(HEADING) + "\n1,A,2025-01-31,10\n")
	began = time.monotonic()
	result = run_any("score", tmp_path / "sales.csv", "--policy", path, "--out", tmp_path / "out")
	assert result.exit_code == 2
	assert "larger than" in result.output
	with pytest.raises(PolicyError):
		Policy.from_dict(policy)
	with pytest.raises(PolicyError):
		Policy.from_dict(policy | {"description": "", "rules": policy["rules"] * 50_000})
	assert time.monotonic() - began < 30


def test_many_bad_rows_are_listed_one_by_one(tmp_path: Path) -> None:
	rows = 20_000
	path = tmp_path / "sales.csv"
	with path.open("w", newline="") as file:
		csv.writer(file).writerows([HEADING, ["0", "Good", "2025-01-31", "10"]])
		csv.writer(file).writerows(
			[i, "=cmd|' /C calc'!A0", "0001-01-01", "1e308"] for i in range(1, rows + 1)
		)
	result = run_any("score", path, "--out", tmp_path / "out", "--skip-bad-rows")
	assert result.exit_code == 0, result.output
	with (tmp_path / "out/rejects.csv").open(newline="") as file:
		listed = list(csv.DictReader(file))
	assert len(listed) == rows
	assert {row["customer"][0] for row in listed} == {"'"}, "no formula for a spreadsheet to run"
	summary = json.loads((tmp_path / "out/summary.json").read_text())
	assert summary["rows_bad"]["rows"] == rows


def test_no_formula_reaches_the_scores(tmp_path: Path) -> None:
	path = tmp_path / "sales.csv"
	names = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "'=1"]
	with path.open("w", newline="") as file:
		csv.writer(file).writerows(
			[HEADING, *([i, name, "2025-01-31", "10"] for i, name in enumerate(names))]
		)
	assert run_any("score", path, "--out", tmp_path / "out").exit_code == 0
	with (tmp_path / "out/scores.csv").open(encoding="utf-8-sig", newline="") as file:
		assert all(row["customer"][0] not in "=+-@\t\r" for row in csv.DictReader(file))


@settings(
	deadline=None,
	max_examples=100,
	suppress_health_check=[HealthCheck.function_scoped_fixture],
	derandomize=True,
)
@given(
	heading=st.one_of(st.just(HEAD.split(",")), st.lists(HEADINGS, max_size=8)),
	rows=st.lists(st.lists(LIKELY_CELLS, max_size=7), max_size=6),
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
