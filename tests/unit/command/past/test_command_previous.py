"""From one run to the next: grace, moves, and who is new or gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from command_runs import HEAD, QUINTILES, refused, run, scores, summary, write

from customer_tiering.command.notes import moves
from customer_tiering.engine import Evaluation


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
		result = run("score", path, "--policy", QUINTILES, "--as-of", day, *previous, "--out", out)
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


# -- who has no tier -----------------------------------------------------------------------------

JANUARY = "name,customer,posting_date,base_net_total\n1,Ida,2025-01-05,9000\n2,Udo,2025-01-06,100\n"
MOVES = "Since the previous scores: {} up, {} down, {} with a tier for the first time, {} without one now."


def test_only_those_without_a_tier_before_have_one_now(tmp_path: Path) -> None:
	"""Nobody rose and nobody fell: a newcomer has his first tier."""
	january = write(tmp_path / "january.csv", JANUARY)
	february = write(tmp_path / "february.csv", f"{JANUARY}3,Eva,2025-02-06,500\n")
	words = ("--policy", "purchase-amount", "--out", tmp_path)
	run("score", january, "--as-of", "2025-01-31", *words)
	previous = ("--previous", tmp_path / "scores.csv")
	result = run("score", february, "--as-of", "2025-02-28", *previous, *words)
	assert result.exit_code == 0
	assert MOVES.format(0, 0, 1, 0) in result.stdout
	assert summary(tmp_path)["moves"] == {"up": 0, "down": 0, "first_tier": 1, "tier_lost": 0}
	assert "Note: 1 customer not in the previous scores. New: Eva." in result.stdout


def test_a_renamed_customer_is_gone_and_new(tmp_path: Path) -> None:
	"""Both names are told: who reads them knows that they are one."""
	before = write(tmp_path / "before.csv", JANUARY)
	after = write(tmp_path / "after.csv", JANUARY.replace("Ida", "Ida & Sons"))
	run("score", before, "--out", tmp_path)
	result = run("score", after, "--previous", tmp_path / "scores.csv", "--out", tmp_path)
	assert result.exit_code == 0
	assert "1 customer of the previous scores without documents now: not graded. Gone: Ida." in result.stdout
	assert "1 customer not in the previous scores. New: Ida & Sons." in result.stdout
	assert list(scores(tmp_path)) == ["Ida & Sons", "Udo"]


def test_many_who_are_new_are_told_in_one_line(tmp_path: Path) -> None:
	"""The first ten by name, and how many more."""
	before = write(tmp_path / "before.csv", JANUARY)
	more = "".join(f"N{n},Newcomer {n:02d},2025-01-07,5\n" for n in range(1, 13))
	after = write(tmp_path / "after.csv", JANUARY + more)
	run("score", before, "--out", tmp_path)
	run("score", after, "--previous", tmp_path / "scores.csv", "--out", tmp_path)
	(told,) = (note for note in summary(tmp_path)["notes"] if "New: " in note)
	assert told.startswith("12 customers not in the previous scores. New: Newcomer 01, Newcomer 02, ")
	assert told.endswith(", Newcomer 10 and 2 more.")


@pytest.mark.parametrize("emptied", ["every row", "every tier"])
def test_previous_scores_without_any_tier(sales: Path, tmp_path: Path, emptied: str) -> None:
	"""A file with its heading alone, or with customers of whom nobody had a tier."""
	run("score", sales, "--out", tmp_path)
	heading, *rows = (tmp_path / "scores.csv").read_text().splitlines()
	empty = "," * heading.count(",")
	left = [row.split(",")[0] + empty for row in rows if emptied == "every tier"]
	previous = write(tmp_path / "previous.csv", "\n".join([heading, *left]))
	result = run("score", sales, "--previous", previous, "--out", tmp_path / "out")
	assert result.exit_code == 0
	assert MOVES.format(0, 0, 1, 0) in result.stdout


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
@pytest.mark.parametrize(
	("before", "after", "expected"),
	[
		((), (), (0, 0, 0, 0)),
		((None, None), ("Gold", "Silver"), (0, 0, 2, 0)),
		(("Gold", "Silver"), (None, None), (0, 0, 0, 2)),
		((None, None), (None, None), (0, 0, 0, 0)),
		((None, "Gold", "Silver", "Gold"), ("Gold", None, "Gold", "Silver"), (1, 1, 1, 1)),
		(("Emerald", "Gold"), ("Silver", "Emerald"), (1, 1, 0, 0)),
	],
)
def test_moves_are_counted_whoever_has_no_tier(
	graded: Evaluation,
	nothing: object,
	before: tuple[object, ...],
	after: tuple[object, ...],
	expected: tuple[int, ...],
) -> None:
	"""However emptiness is written; a tier that the policy does not have is below all that it has."""
	columns = {name: [nothing if tier is None else tier for tier in tiers]
		for name, tiers in (("from_tier", before), ("to_tier", after))}  # fmt: skip
	assert tuple(moves(replace(graded, changes=pd.DataFrame(columns))).values()) == expected
	typed = pd.DataFrame(columns, dtype=object)
	assert tuple(moves(replace(graded, changes=typed)).values()) == expected
