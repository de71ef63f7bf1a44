"""A policy of one's own by share, whose rises take time, from run to run."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from command_runs import HEAD, refused, run, scores, write

LINE = {"name": "Spending", "metric": "Revenue", "method": "Quantile", "buckets": 100, "weight": 1}
TIERS = [
	{"name": "Top", "top_share": 10, "rise_days": 30},
	{"name": "Middle", "top_share": 40, "grace_days": 20},
	{"name": "Rest"},
]
JANUARY = [f"{at},C{at:02},2025-01-05,{100 * at},0," for at in range(1, 11)]
#: The least of all buys most of all.
FEBRUARY = [*JANUARY, "11,C01,2025-02-05,5000,0,"]


def _policy(tmp_path: Path, **more: Any) -> Path:
	return write(
		tmp_path / "mine.json", json.dumps({"name": "mine", "tiers": TIERS, "rules": [LINE], **more})
	)


def _run(
	tmp_path: Path, rows: list[str], day: str, *more: object, **policy: Any
) -> dict[str, dict[str, str]]:
	sales = write(tmp_path / "sales.csv", "\n".join([HEAD, *rows]))
	previous = tmp_path / "scores.csv"
	held = ("--previous", previous) if previous.exists() else ()
	words = ("--policy", _policy(tmp_path, **policy), "--as-of", day, "--out", tmp_path, *held, *more)
	assert run("score", sales, *words).exit_code == 0
	return scores(tmp_path)


def test_tiers_by_share_and_a_rise_from_run_to_run(tmp_path: Path) -> None:
	"""Who comes to the top waits there for thirty days, counted from the first run that saw him."""
	first = _run(tmp_path, JANUARY, "2025-01-31")
	assert [row["tier"] for row in first.values()] == ["Rest"] * 6 + ["Middle"] * 3 + ["Top"]
	for day, tier in (("2025-02-10", "Middle"), ("2025-03-11", "Middle"), ("2025-03-12", "Top")):
		row = _run(tmp_path, FEBRUARY, day)["C01"]
		assert (row["tier"], row["opening_as_of"] < day) == (tier, True)
		climbing = json.loads(row["climbing"] or "{}")
		assert climbing == ({} if tier == "Top" else {"Top": "2025-02-10"})


def test_a_day_run_twice_gives_the_same_file(tmp_path: Path) -> None:
	"""Rises and reviews too."""
	_run(tmp_path, JANUARY, "2025-01-31", reviewed="Monthly")
	_run(tmp_path, FEBRUARY, "2025-02-10", reviewed="Monthly")
	before = (tmp_path / "scores.csv").read_bytes()
	_run(tmp_path, FEBRUARY, "2025-02-10", reviewed="Monthly")
	assert (tmp_path / "scores.csv").read_bytes() == before


def test_scores_of_an_older_version_are_read_back(tmp_path: Path) -> None:
	"""They know nothing of rises."""
	_run(tmp_path, JANUARY, "2025-01-31")
	path = tmp_path / "scores.csv"
	with path.open(newline="") as file:
		rows = list(csv.DictReader(file))
	younger = {"climbing", "opening_climbing", "opening_as_of"}
	with path.open("w", newline="") as file:
		writer = csv.DictWriter(
			file, [name for name in rows[0] if name not in younger], extrasaction="ignore"
		)
		writer.writeheader()
		writer.writerows(rows)
	assert json.loads(_run(tmp_path, FEBRUARY, "2025-02-10")["C01"]["climbing"]) == {"Top": "2025-02-10"}


def test_a_climb_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path) -> None:
	"""Before anything is graded."""
	_run(tmp_path, JANUARY, "2025-01-31")
	_run(tmp_path, FEBRUARY, "2025-02-10")
	path = tmp_path / "scores.csv"
	text = path.read_text()
	assert text.count('{""Top"":') == 1
	bad = write(tmp_path / "bad.csv", text.replace('{""Top"":', '{""Top"";'))
	told = refused("score", tmp_path / "sales.csv", "--previous", bad, "--out", tmp_path)
	assert "line 2: climbing: " in told and 'it should look like {"Gold":"2024-05-01"}.' in told


@pytest.mark.parametrize("tiers", [TIERS[:2], [*TIERS[:2], {"name": "Rest", "min_score": 0}]])
def test_a_ladder_of_both_kinds_or_of_none_is_refused(tmp_path: Path, tiers: list[dict[str, Any]]) -> None:
	"""By a sentence that names the tier."""
	sales = write(tmp_path / "sales.csv", "\n".join([HEAD, *JANUARY]))
	told = refused("score", sales, "--policy", _policy(tmp_path, tiers=tiers), "--out", tmp_path)
	assert f"  Tier {tiers[-1]['name']}: the " in told and "top_share" in told
