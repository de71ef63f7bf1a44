"""The verb ``demo``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_runs import run, scores, summary

from customer_tiering.command.demo import movers
from customer_tiering.engine import Evaluation


def test_the_demo_is_the_same_every_time_and_adds_up(tmp_path: Path) -> None:
	"""Scores to the byte; tiers, stages and segments to the total; movers both ways."""
	first, second = run("demo", "--out", tmp_path / "a"), run("demo", "--out", tmp_path / "b")
	assert (first.exit_code, first.stderr) == (0, "")
	assert (tmp_path / "a" / "scores.csv").read_bytes() == (tmp_path / "b" / "scores.csv").read_bytes()
	assert first.stdout.replace(str(tmp_path / "a"), "") == second.stdout.replace(str(tmp_path / "b"), "")
	told = summary(tmp_path / "a")
	assert told["customers"] == len(scores(tmp_path / "a"))
	assert (tmp_path / "a/report.html").read_bytes() == (tmp_path / "b/report.html").read_bytes()
	assert f"To read, open {tmp_path / 'a' / 'report.html'}." in first.stdout
	for kind in ("tiers", "stages", "segments"):
		assert sum(row["customers"] for row in told[kind]) == told["customers"]
		assert sum(row["revenue"] for row in told[kind]) == pytest.approx(told["revenue"], abs=1e-3)
	assert "↑" in first.stdout
	assert "↓" in first.stdout
	assert {file.name for file in (tmp_path / "a").iterdir()} == {
		"company.sqlite",
		"report.html",
		"scores.csv",
		"summary.json",
	}


def test_movers_are_whoever_has_another_tier(graded: Evaluation) -> None:
	"""Also one who never purchased; not one who had no tier, or has none."""
	then = pd.DataFrame(
		{
			"customer": ["Ada", "Ben", "Cid", "Dot"],
			"tier": ["Gold", None, "Silver", "Bronze"],
			"score": [60.0, np.nan, 40.0, 10.0],
			"lifecycle_stage": "Loyal",
			"last_purchase": np.array(["NaT", "NaT", "2025-01-05", "2025-01-05"], dtype="datetime64[s]"),
		}
	)
	now = then.assign(tier=["Silver", "Gold", None, "Gold"], score=[40.0, 60.0, np.nan, 60.0])
	found = movers(replace(graded, scores=then), replace(graded, scores=now))
	assert [(move["customer"], move["rungs"], move["last_purchase"]) for move in found] == [
		("Dot", 2, "2025-01-05"),
		("Ada", -1, ""),
	]
	nobody = then.assign(tier=None)
	assert movers(replace(graded, scores=nobody), replace(graded, scores=now)) == []
