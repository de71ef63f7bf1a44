"""The verb backtest: the files of score, a past day, and what followed in a manager's words."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from command_runs import HEAD, SALES, refused, run, scores, write
from numpy.random import PCG64, Generator

CUT = "2024-12-31"


def _lines(customers: int = 60, seed: int = 4) -> list[str]:
	"""Customers who come at rates of their own over a year and a half, and may leave."""
	draw, first, lines = Generator(PCG64(seed)), date(2024, 1, 1), []
	for number in range(customers):
		gap, at = 5 + draw.exponential(40), draw.uniform(0, 300)
		while at < 540:
			when = first + timedelta(int(at))
			lines.append(f"Customer {number},{when},{draw.uniform(10, 90):.2f},0,")
			if draw.random() < 0.1:
				break
			at += 1 + draw.exponential(gap)
	return [f"{number},{line}" for number, line in enumerate(lines)]


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Path:
	path = tmp_path_factory.mktemp("sold") / "sales.csv"
	return write(path, "\n".join([HEAD, *_lines(), "x,Customer 0,2025-06-30,1,0,", ""]))


def test_it_says_what_followed(sold: Path) -> None:
	"""In sentences of so many of 100, and writes nothing unless asked."""
	before = sorted(sold.parent.iterdir())
	result = run("backtest", sold, "--cut", CUT, "--horizon", 60)
	assert result.exit_code == 0
	for part in (
		"60 customers graded by Value Pyramid as of 2024-12-31. In the 60 days after it, ",
		"Of those whom it called At Risk, ",
		"of as many of the longest silent, ",
		"Of 100 drawn by lot, ",
		"Who foresees that a customer does not come back:",
		"Chance to Buy: learnt from ",
		"The year before, graded every day:",
	):
		assert part in result.stdout, part
	assert sorted(sold.parent.iterdir()) == before


def test_the_files_have_the_forecasts_and_all_figures(sold: Path, tmp_path: Path) -> None:
	"""Beside the columns of score; the figures tie out with the files."""
	result = run("backtest", sold, "--cut", CUT, "--horizon", 60, "--out", tmp_path)
	assert f"Written to {tmp_path}: backtest.json and scores.csv." in result.stdout
	assert sorted(path.name for path in tmp_path.iterdir()) == ["backtest.json", "scores.csv"]
	run("score", sold, "--as-of", CUT, "--out", tmp_path / "score")
	ours, plain = scores(tmp_path), scores(tmp_path / "score")
	forecasts = ("chance_to_buy", "expected_purchases", "expected_value")

	def but_forecasts(rows: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
		return {name: {k: v for k, v in row.items() if k not in forecasts} for name, row in rows.items()}

	assert but_forecasts(ours) == but_forecasts(plain)
	assert all(list(row) == list(plain[name]) for name, row in ours.items()), "of 60 days, and of 90"
	assert all(0 <= float(row["chance_to_buy"]) <= 1 for row in ours.values())
	data = json.loads((tmp_path / "backtest.json").read_text(encoding="utf-8"))
	assert data["cut"] == CUT and data["horizon"] == 60 and data["customers"] == 60
	with sold.open(encoding="utf-8") as file:
		assert data["rows_read"] == sum(1 for _ in csv.reader(file)) - 1


def test_a_territory_that_changes_after_the_cut_changes_no_score(tmp_path: Path) -> None:
	"""The customers are those of the cut, with what was known of them then."""
	policy = json.loads(run("policies", "rfm").stdout)
	policy["rules"][0]["territory"] = "North"
	rules, found = write(tmp_path / "p.json", json.dumps(policy)), []
	for later in ("North", "South"):
		lines = [
			f"{line},{later if line.split(',')[2] > CUT else 'North'}"
			for line in [*_lines(), "x,Customer 0,2025-06-30,1,0,"]
		]
		path = write(tmp_path / f"{later}.csv", "\n".join([f"{HEAD},territory", *lines]))
		run("backtest", path, "--cut", CUT, "--horizon", 60, "--policy", rules, "--out", tmp_path / later)
		found.append((tmp_path / later / "scores.csv").read_text())
	assert found[0] == found[1]


@pytest.mark.parametrize(
	("cut", "horizon", "told"),
	[
		("2023-12-31", 90, "The cut 2023-12-31 is before the first document, of 2024-01-"),
		(
			"2025-06-01",
			90,
			"The data end on 2025-06-30, and 90 days after 2025-06-01 do not end before 2025-08-30.",
		),
		(
			"2024-01-20",
			30,
			"customers had purchased by 2024-01-20; a back-test needs 20. Choose a later cut.",
		),
		("31.12.2024", 90, "--cut 31.12.2024 is not a date; write it as year-month-day, like 2025-06-30."),
	],
)
def test_a_day_that_cannot_be_judged_is_refused(
	sold: Path, tmp_path: Path, cut: str, horizon: int, told: str
) -> None:
	"""By a sentence, and nothing is written."""
	out = tmp_path / "out"
	assert told in refused("backtest", sold, "--cut", cut, "--horizon", horizon, "--out", out)
	assert not out.exists()


def test_bad_rows_and_inputs_are_refused_as_by_score(sold: Path, tmp_path: Path) -> None:
	"""With the same words."""
	bad = write(tmp_path / "bad.csv", SALES + "7,Acme,soon,1,0,\n")
	assert "1 of 7 rows is bad; nothing was written." in refused("backtest", bad, "--cut", "2025-01-01")
	own = write(tmp_path / "scores.csv", SALES)
	assert "would be overwritten" in refused("backtest", own, "--cut", CUT, "--out", tmp_path)
	assert "too few" not in refused("backtest", own, "--cut", "2025-01-21", "--horizon", 5)
	assert "horizon" in refused("backtest", sold, "--cut", CUT, "--horizon", 0)
