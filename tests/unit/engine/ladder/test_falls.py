"""Down the ladder after grace and hold, perhaps a step at a time, and at once below a cap."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_tiering.engine import Policy, evaluate
from engine.builders import AS_OF, PLAIN, TIERS, ago, as_previous, policy_of
from engine.ladder.one_customer import CAP, day_of, held_before, ladder_of, life_of, row_of, worth

# -- down: grace -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("below", "tier", "falls_on"),
	[(None, "Gold", -30), (0, "Gold", -30), (29, "Gold", -1), (30, "Silver", None), (31, "Silver", None)],
)
def test_a_fall_waits_until_the_grace_days_are_over(
	below: int | None, tier: str, falls_on: int | None
) -> None:
	row = row_of(evaluate(worth(50), ladder_of(grace=30), AS_OF, held_before("Gold", 200, below_since=below)))
	assert row["tier"] == tier
	assert day_of(row["falls_on"]) == (None if falls_on is None else ago(falls_on))
	waiting = tier == "Gold"
	assert day_of(row["below_since"]) == (ago(below or 0) if waiting else None)
	assert (row["falls_to"] if waiting else row["tier"]) == "Silver"
	assert day_of(row["tier_since"]) == (ago(200) if waiting else AS_OF)


def test_without_grace_a_customer_falls_at_once() -> None:
	row = row_of(evaluate(worth(50), ladder_of(), AS_OF, held_before("Platinum")))
	assert (row["tier"], day_of(row["tier_since"])) == ("Silver", AS_OF)


def test_a_recovery_ends_the_grace_and_the_next_one_starts_anew() -> None:
	days = [(100, 75), (90, 50), (70, 75), (65, 50), (40, 50), (36, 50), (35, 50)]
	assert life_of(ladder_of(grace=30), *days) == ["Gold"] * 6 + ["Silver"]


def test_a_fall_goes_to_where_the_candidate_is_on_that_day() -> None:
	assert life_of(ladder_of(grace=10), (20, 90), (10, 72), (5, 10), (0, 50)) == ["Platinum"] * 3 + ["Silver"]


def test_the_day_of_the_fall_is_foretold_and_kept() -> None:
	policy = ladder_of(grace=14)
	first = evaluate(worth(50), policy, ago(20), held_before("Gold", 300))
	falls_on = day_of(first.scores.loc[0, "falls_on"])
	assert falls_on == ago(6)
	for days_ago, tier in ((7, "Gold"), (6, "Silver")):
		later = evaluate(worth(50), policy, ago(days_ago), as_previous(first))
		assert later.scores.loc[0, "tier"] == tier


# -- down: hold --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("since", "tier"), [(0, "Gold"), (59, "Gold"), (60, "Silver"), (500, "Silver")])
def test_a_tier_is_held_for_its_hold_days_after_it_was_reached(since: int, tier: str) -> None:
	row = row_of(evaluate(worth(50), ladder_of(hold=60), AS_OF, held_before("Gold", since)))
	assert row["tier"] == tier
	assert day_of(row["falls_on"]) == (ago(since - 60) if tier == "Gold" else None)


@pytest.mark.parametrize(
	("since", "below", "falls_on", "by"),
	[
		(50, 25, -10, "hold"),
		(50, 15, -15, "grace"),
		(34, 5, -26, "hold"),
		(35, 5, -25, "grace"),
		(40, 10, -20, "grace"),
	],
)
def test_of_grace_and_hold_the_later_end_counts(since: int, below: int, falls_on: int, by: str) -> None:
	policy = ladder_of(grace=30, hold=60)
	found = evaluate(worth(50), policy, AS_OF, held_before("Gold", since, below_since=below))
	assert day_of(found.scores.loc[0, "falls_on"]) == ago(falls_on)
	held = found.explain("a")["held"]
	assert (held["by"], held["until"], held["falls_to"]) == (by, ago(falls_on).isoformat(), "Silver")


def test_each_tier_has_its_own_grace_and_hold() -> None:
	tiers = [{**TIERS[0], "grace_days": 90}, {**TIERS[1], "grace_days": 5}, *TIERS[2:]]
	policy = policy_of(PLAIN, tiers=tiers)
	for tier, falls_on in (("Platinum", ago(-90)), ("Gold", ago(-5)), ("Silver", None)):
		row = row_of(evaluate(worth(10), policy, AS_OF, held_before(tier)))
		assert day_of(row["falls_on"]) == falls_on


# -- down: one step at a time ------------------------------------------------------------------------


def test_one_step_at_a_time_each_rung_has_its_own_grace() -> None:
	policy = ladder_of(grace=10, one_step_down=True)
	days = [(50, 90), (40, 5), (31, 5), (30, 5), (21, 5), (20, 5), (11, 5), (10, 5), (0, 5)]
	expected = ["Platinum", "Platinum", "Platinum", "Gold", "Gold", "Silver", "Silver", "Bronze", "Bronze"]
	assert life_of(policy, *days) == expected


def test_one_step_without_grace_is_one_step_a_day() -> None:
	policy = ladder_of(one_step_down=True)
	assert life_of(policy, (3, 90), (2, 5), (2, 5), (1, 5), (0, 5)) == [
		"Platinum", "Gold", "Gold", "Silver", "Bronze"
	]  # fmt: skip


def falls_of(policy: Policy, amount: float, *days: int, held: pd.DataFrame | None = None) -> list[Any]:
	"""Day, tier, next fall and its tier, as told by evaluations so many days before the as-of date."""
	told = []
	for days_ago in days:
		found = evaluate(worth(amount), policy, ago(days_ago), held)
		held, row = as_previous(found), found.scores.iloc[0]
		falls_to = None if pd.isna(row["falls_to"]) else row["falls_to"]
		told.append((days_ago, row["tier"], day_of(row["falls_on"]), falls_to))
	return told


def test_the_day_of_a_fall_tells_of_the_next_one() -> None:
	policy = ladder_of(grace=10, one_step_down=True)
	assert falls_of(policy, 5, 30, 20, 10, 0, held=held_before("Platinum", 300)) == [
		(30, "Platinum", ago(20), "Gold"),
		(20, "Gold", ago(10), "Silver"),
		(10, "Silver", ago(0), "Bronze"),
		(0, "Bronze", None, None),
	]


def test_a_next_fall_without_grace_is_on_the_next_day() -> None:
	told = falls_of(ladder_of(one_step_down=True), 5, 2, 1, 0, held=held_before("Platinum", 300))
	assert told == [(2, "Gold", ago(1), "Silver"), (1, "Silver", ago(0), "Bronze"), (0, "Bronze", None, None)]


def test_a_next_fall_is_held_up_by_what_ends_last() -> None:
	policy = ladder_of(grace=3, hold=8, one_step_down=True)
	found = evaluate(worth(50), policy, AS_OF, held_before("Platinum", 300, below_since=9))
	held = found.explain("a")["held"]
	assert (held["by"], held["until"], held["falls_to"]) == ("hold", ago(-8).isoformat(), "Silver")
	assert held["ways"] == [{"rule": "Spending", "metric": "Revenue", "unit": "currency", "value": 70}]


def test_a_cap_that_is_fallen_through_tells_of_the_next_fall_too() -> None:
	policy = ladder_of(one_step_down=True, rules=[{**CAP, "tier": "Gold"}])
	assert falls_of(policy, 5, 0, held=held_before("Platinum")) == [(0, "Silver", ago(-1), "Bronze")]


SPANS = st.lists(st.integers(0, 6), min_size=4, max_size=4)


@settings(max_examples=12)
@given(SPANS, SPANS, st.booleans(), st.sampled_from([5, 50, 75]), st.integers(0, 9), st.integers(0, 9))
def test_what_is_told_of_a_fall_comes_true(
	grace: list[int], hold: list[int], one_step: bool, amount: float, since: int, below: int
) -> None:
	spans = zip(TIERS, grace, hold, strict=True)
	tiers = [{**tier, "grace_days": days, "hold_days": held} for tier, days, held in spans]
	policy = policy_of(PLAIN, tiers=tiers, one_step_down=one_step)
	held = held_before("Platinum", 26 + since, below_since=26 + below)
	daily = {at[0]: at for at in falls_of(policy, amount, *range(25, -1, -1), held=held)}
	for day in range(24, -1, -1):
		_before, tier, falls_on, falls_to = daily[day + 1]
		assert falls_on is None or falls_on > ago(day + 1)
		assert daily[day][1] == (falls_to if falls_on == ago(day) else tier)
	# Whoever is evaluated on the days that are told only, is on them where he is if evaluated every day.
	day: int | None = 25
	while day is not None and day >= 0:
		told = falls_of(policy, amount, day, held=held)[0]
		assert told == daily[day]
		held = as_previous(evaluate(worth(amount), policy, ago(day), held))
		day = None if told[2] is None else (AS_OF - told[2]).days


@settings(max_examples=12)
@given(SPANS, SPANS, st.booleans(), st.sets(st.integers(0, 24), min_size=1))
def test_skipped_days_never_hasten_a_fall(
	grace: list[int], hold: list[int], one_step: bool, skipped: set[int]
) -> None:
	spans = zip(TIERS, grace, hold, strict=True)
	tiers = [{**tier, "grace_days": days, "hold_days": held} for tier, days, held in spans]
	policy = policy_of(PLAIN, tiers=tiers, one_step_down=one_step)
	daily = falls_of(policy, 5, *range(25, -1, -1), held=held_before("Platinum", 26))
	some = falls_of(
		policy, 5, *sorted(set(range(26)) - skipped, reverse=True), held=held_before("Platinum", 26)
	)
	tier_on = {day: policy.position(tier) for day, tier, *_more in daily}
	assert all(policy.position(tier) >= tier_on[day] for day, tier, *_more in some)


# -- caps --------------------------------------------------------------------------------------------


def test_a_cap_works_at_once_in_spite_of_grace_and_hold() -> None:
	policy = ladder_of(grace=30, hold=300, one_step_down=True, rules=[CAP])
	row = row_of(evaluate(worth(90), policy, AS_OF, held_before("Platinum", 5)))
	assert (row["tier"], day_of(row["tier_since"])) == ("Silver", AS_OF)
	assert row[["below_since", "falls_on"]].isna().all()


def test_below_the_cap_a_further_fall_has_the_grace_of_the_capped_tier_from_that_day() -> None:
	policy = ladder_of(grace=30, rules=[CAP])
	row = row_of(evaluate(worth(10), policy, AS_OF, held_before("Platinum", 300, below_since=29)))
	assert (row["tier"], day_of(row["falls_on"]), row["falls_to"]) == ("Silver", ago(-30), "Bronze")
	assert day_of(row["below_since"]) == AS_OF


def test_below_the_cap_the_capped_tier_is_held_from_that_day() -> None:
	row = row_of(evaluate(worth(10), ladder_of(hold=60, rules=[CAP]), AS_OF, held_before("Platinum", 300)))
	assert (row["tier"], day_of(row["falls_on"])) == ("Silver", ago(-60))


def test_a_cap_above_the_tier_held_changes_nothing() -> None:
	policy = ladder_of(grace=30, rules=[CAP])
	row = row_of(evaluate(worth(10), policy, AS_OF, held_before("Silver", 300, below_since=20)))
	assert (row["tier"], day_of(row["falls_on"])) == ("Silver", ago(-10))
