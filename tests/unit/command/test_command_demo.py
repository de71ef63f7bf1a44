"""The verb ``demo``."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_runs import run, scores, summary


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
