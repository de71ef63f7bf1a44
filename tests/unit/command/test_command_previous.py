"""From one run to the next: grace, moves, and who is new or gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_runs import HEAD, refused, run, scores, summary, write


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
