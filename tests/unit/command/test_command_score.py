"""Grades as files: what is written, and that the same data gives the same."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import openpyxl
import pytest
from command_runs import HEAD, QUINTILES, SALES, refused, run, scores, summary, write
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering import policies
from customer_tiering.engine import Policy
from customer_tiering.engine.metrics import METRICS
from customer_tiering.engine.rules import metric_key
from customer_tiering.formulas import guard, unguard


def test_scores_are_one_row_per_customer_in_order(sales: Path, tmp_path: Path) -> None:
	"""The fixed columns, the policy's metrics, and the state for the next run."""
	result = run("score", sales, "--policy", QUINTILES, "--out", tmp_path / "out")
	assert result.exit_code == 0
	assert "as of 2025-01-31, the last date in the data." in result.stdout
	assert (tmp_path / "out" / "scores.csv").read_text(encoding="utf-8-sig") == (
		"customer,tier,score,lifecycle_stage,rfm_segment,r,f,m,first_purchase,last_purchase,recency_days,purchases,"
		"purchase_amount,revenue_365d,invoice_count_365d,recency,as_of,tier_since,earned_tier,earned_since,"
		"below_since,climbing,opening_tier,opening_tier_since,opening_earned_tier,opening_earned_since,"
		"opening_below_since,opening_climbing,opening_as_of\n"
		"Acme,Silver,60,New,Loyal,3,4,3,2024-12-01,2025-01-10,21,2,350.50,350.50,2,21,2025-01-31,"
		"2025-01-31,Silver,2025-01-31,,,,,,,,,\n"
		"Borel,,,Prospect,,,,,,,,0,0.00,,,,2025-01-31,,,,,,,,,,,,\n"
		"Ciel,,,Prospect,,,,,,,,0,0.00,,,,2025-01-31,,,,,,,,,,,,\n"
	)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_of_the_engine_can_be_a_column(sales: Path, tmp_path: Path, name: str) -> None:
	"""Called as the engine calls it, and written by its unit: whole numbers, or two decimals for money."""
	rule = {"name": "One", "metric": name, "weight": 1, "method": "Linear", "zero_at": 0, "full_at": 1}
	data = {
		**policies.load("rfm"),
		"rules": [rule | ({"window": "Rolling"} if METRICS[name].windowed else {})],
	}
	write(tmp_path / "policy.json", json.dumps(data))
	result = run("score", sales, "--policy", tmp_path / "policy.json", "--out", tmp_path)
	assert result.exit_code == 0, result.stderr
	(key,) = map(metric_key, Policy.from_dict(data).rules)
	written = scores(tmp_path)["Acme"][key]
	decimals = {"currency": 2, "count": 0, "days": 0}
	if METRICS[name].table:
		assert written == "", "the files tell of sales only"
	elif METRICS[name].foretold:
		assert written == "", "of three customers nothing can be foreseen"
	elif METRICS[name].unit in decimals and not METRICS[name].needs_cost:
		assert len(written.partition(".")[2]) == decimals[METRICS[name].unit]


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
	policy = Policy.from_dict(policies.load(policies.DEFAULT))
	assert told["policy"] == {"name": policy.name, "hash": policy.hash}
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


def test_a_failed_write_leaves_the_last_result(
	sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
	"""A full disk is told in a sentence, and the files of the run before are whole."""
	run("score", sales, "--out", tmp_path / "out")
	before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

	def full(*_arguments: object) -> None:
		raise OSError(28, "No space left on device")

	monkeypatch.setattr("customer_tiering.command.score.write_json", full)
	write(sales, SALES + "7,Zoe,2025-01-31,1,0,\n")
	assert refused("score", sales, "--out", tmp_path / "out") == "No space left on device.\n"
	assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before
