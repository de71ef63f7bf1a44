"""From the candidate tier to the tier held: up at once, down after grace and hold, overrides on top."""

from __future__ import annotations

from datetime import date
from io import StringIO
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from engine.builders import AS_OF, PLAIN, TIERS, ago, as_previous, doc, facts_of, grade, policy_of


def _ladder(grace: int = 0, hold: int = 0, **more: Any) -> Policy:
	tiers = [{**tier, "grace_days": grace, "hold_days": hold} for tier in TIERS]
	return policy_of(PLAIN, *more.pop("rules", ()), tiers=tiers, **more)


def _worth(amount: float) -> Facts:
	"""One customer whose score is the amount, whatever the day."""
	return facts_of(doc("a", 100, 0.01), doc("a", 100, amount - 0.01))


def _held(tier: str | None, since: date | int | None = 100, **more: Any) -> pd.DataFrame:
	"""What was held before; days count back from the as-of date."""
	row = {"tier": tier, "tier_since": since, **more}
	days = {key: ago(value) if isinstance(value, int) else value for key, value in row.items()}
	return pd.DataFrame([{"customer": "a", **days}])


def _row(evaluation: Evaluation) -> pd.Series:
	return evaluation.scores.iloc[0]


def _day(value: Any) -> date | None:
	return None if pd.isna(value) else pd.Timestamp(value).date()


def _life(policy: Policy, *days: tuple[int, float]) -> list[str]:
	"""The tier after each evaluation of (days before the as-of date, score), each fed with the one before."""
	previous, tiers = None, []
	for days_ago, amount in days:
		found = evaluate(_worth(amount), policy, ago(days_ago), previous)
		previous = as_previous(found)
		tiers.append(found.scores.loc[0, "tier"])
	return tiers


# -- by score ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("score", "tier"),
	[
		(0.01, "Bronze"),
		(44.99, "Bronze"),
		(45, "Silver"),
		(69.99, "Silver"),
		(70, "Gold"),
		(84.99, "Gold"),
		(84.994, "Gold"),
		(84.996, "Platinum"),  # the score has two decimals, and it is the score that is compared
		(85, "Platinum"),
		(100, "Platinum"),
	],
)
def test_a_tier_starts_at_its_min_score(score: float, tier: str) -> None:
	assert grade(_worth(score), _ladder())["tier"].tolist() == [tier]


def test_every_customer_is_in_one_tier_or_none() -> None:
	facts = facts_of(*(doc(f"c{at:02}", 10, at * 5) for at in range(21)))
	scores = grade(facts, _ladder())
	counts = scores["tier"].value_counts(dropna=False)
	assert counts.sum() == len(scores) == 21
	assert counts[["Bronze", "Silver", "Gold", "Platinum"]].tolist() == [8, 5, 3, 4]
	assert scores["tier"].isna().sum() == 1  # c00 bought for nothing


# -- up ----------------------------------------------------------------------------------------------


def test_a_customer_rises_at_once_over_any_number_of_rungs_in_spite_of_hold_and_one_step() -> None:
	policy = _ladder(grace=30, hold=60, one_step_down=True)
	row = _row(evaluate(_worth(90), policy, AS_OF, _held("Bronze", 1)))
	assert row["tier"] == "Platinum"
	assert _day(row["tier_since"]) == AS_OF
	assert row[["below_since", "falls_on", "falls_to"]].isna().all()


def test_who_was_not_graded_before_starts_where_he_belongs() -> None:
	for previous in (None, _held(None, None), _held("A tier of another policy")):
		row = _row(evaluate(_worth(50), _ladder(grace=30), AS_OF, previous))
		assert (row["tier"], _day(row["tier_since"])) == ("Silver", AS_OF)


def test_who_stays_keeps_the_day_since_when() -> None:
	row = _row(evaluate(_worth(50), _ladder(), AS_OF, _held("Silver", 77)))
	assert (row["tier"], _day(row["tier_since"]), _day(row["earned_since"])) == ("Silver", ago(77), ago(77))


# -- down: grace -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("below", "tier", "falls_on"),
	[(None, "Gold", -30), (0, "Gold", -30), (29, "Gold", -1), (30, "Silver", None), (31, "Silver", None)],
)
def test_a_fall_waits_until_the_grace_days_are_over(
	below: int | None, tier: str, falls_on: int | None
) -> None:
	row = _row(evaluate(_worth(50), _ladder(grace=30), AS_OF, _held("Gold", 200, below_since=below)))
	assert row["tier"] == tier
	assert _day(row["falls_on"]) == (None if falls_on is None else ago(falls_on))
	waiting = tier == "Gold"
	assert _day(row["below_since"]) == (ago(below or 0) if waiting else None)
	assert (row["falls_to"] if waiting else row["tier"]) == "Silver"
	assert _day(row["tier_since"]) == (ago(200) if waiting else AS_OF)


def test_without_grace_a_customer_falls_at_once() -> None:
	row = _row(evaluate(_worth(50), _ladder(), AS_OF, _held("Platinum")))
	assert (row["tier"], _day(row["tier_since"])) == ("Silver", AS_OF)


def test_a_recovery_ends_the_grace_and_the_next_one_starts_anew() -> None:
	days = [(100, 75), (90, 50), (70, 75), (65, 50), (40, 50), (36, 50), (35, 50)]
	assert _life(_ladder(grace=30), *days) == ["Gold"] * 6 + ["Silver"]


def test_a_fall_goes_to_where_the_candidate_is_on_that_day() -> None:
	assert _life(_ladder(grace=10), (20, 90), (10, 72), (5, 10), (0, 50)) == ["Platinum"] * 3 + ["Silver"]


def test_the_day_of_the_fall_is_foretold_and_kept() -> None:
	policy = _ladder(grace=14)
	first = evaluate(_worth(50), policy, ago(20), _held("Gold", 300))
	falls_on = _day(first.scores.loc[0, "falls_on"])
	assert falls_on == ago(6)
	for days_ago, tier in ((7, "Gold"), (6, "Silver")):
		later = evaluate(_worth(50), policy, ago(days_ago), as_previous(first))
		assert later.scores.loc[0, "tier"] == tier


# -- down: hold --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("since", "tier"), [(0, "Gold"), (59, "Gold"), (60, "Silver"), (500, "Silver")])
def test_a_tier_is_held_for_its_hold_days_after_it_was_reached(since: int, tier: str) -> None:
	row = _row(evaluate(_worth(50), _ladder(hold=60), AS_OF, _held("Gold", since)))
	assert row["tier"] == tier
	assert _day(row["falls_on"]) == (ago(since - 60) if tier == "Gold" else None)


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
	policy = _ladder(grace=30, hold=60)
	found = evaluate(_worth(50), policy, AS_OF, _held("Gold", since, below_since=below))
	assert _day(found.scores.loc[0, "falls_on"]) == ago(falls_on)
	held = found.explain("a")["held"]
	assert (held["by"], held["until"], held["falls_to"]) == (by, ago(falls_on).isoformat(), "Silver")


def test_each_tier_has_its_own_grace_and_hold() -> None:
	tiers = [{**TIERS[0], "grace_days": 90}, {**TIERS[1], "grace_days": 5}, *TIERS[2:]]
	policy = policy_of(PLAIN, tiers=tiers)
	for tier, falls_on in (("Platinum", ago(-90)), ("Gold", ago(-5)), ("Silver", None)):
		row = _row(evaluate(_worth(10), policy, AS_OF, _held(tier)))
		assert _day(row["falls_on"]) == falls_on


# -- down: one step at a time ------------------------------------------------------------------------


def test_one_step_at_a_time_each_rung_has_its_own_grace() -> None:
	policy = _ladder(grace=10, one_step_down=True)
	days = [(50, 90), (40, 5), (31, 5), (30, 5), (21, 5), (20, 5), (11, 5), (10, 5), (0, 5)]
	expected = ["Platinum", "Platinum", "Platinum", "Gold", "Gold", "Silver", "Silver", "Bronze", "Bronze"]
	assert _life(policy, *days) == expected


def test_one_step_without_grace_is_one_step_a_day() -> None:
	policy = _ladder(one_step_down=True)
	assert _life(policy, (3, 90), (2, 5), (2, 5), (1, 5), (0, 5)) == [
		"Platinum", "Gold", "Gold", "Silver", "Bronze"
	]  # fmt: skip


def _falls(policy: Policy, amount: float, *days: int, held: pd.DataFrame | None = None) -> list[Any]:
	"""Day, tier, next fall and its tier, as told by evaluations so many days before the as-of date."""
	told = []
	for days_ago in days:
		found = evaluate(_worth(amount), policy, ago(days_ago), held)
		held, row = as_previous(found), found.scores.iloc[0]
		falls_to = None if pd.isna(row["falls_to"]) else row["falls_to"]
		told.append((days_ago, row["tier"], _day(row["falls_on"]), falls_to))
	return told


def test_the_day_of_a_fall_tells_of_the_next_one() -> None:
	policy = _ladder(grace=10, one_step_down=True)
	assert _falls(policy, 5, 30, 20, 10, 0, held=_held("Platinum", 300)) == [
		(30, "Platinum", ago(20), "Gold"),
		(20, "Gold", ago(10), "Silver"),
		(10, "Silver", ago(0), "Bronze"),
		(0, "Bronze", None, None),
	]


def test_a_next_fall_without_grace_is_on_the_next_day() -> None:
	told = _falls(_ladder(one_step_down=True), 5, 2, 1, 0, held=_held("Platinum", 300))
	assert told == [(2, "Gold", ago(1), "Silver"), (1, "Silver", ago(0), "Bronze"), (0, "Bronze", None, None)]


def test_a_next_fall_is_held_up_by_what_ends_last() -> None:
	policy = _ladder(grace=3, hold=8, one_step_down=True)
	found = evaluate(_worth(50), policy, AS_OF, _held("Platinum", 300, below_since=9))
	held = found.explain("a")["held"]
	assert (held["by"], held["until"], held["falls_to"]) == ("hold", ago(-8).isoformat(), "Silver")
	assert held["ways"] == [{"rule": "Spending", "metric": "Revenue", "unit": "currency", "value": 70}]


def test_a_cap_that_is_fallen_through_tells_of_the_next_fall_too() -> None:
	policy = _ladder(one_step_down=True, rules=[{**CAP, "tier": "Gold"}])
	assert _falls(policy, 5, 0, held=_held("Platinum")) == [(0, "Silver", ago(-1), "Bronze")]


SPANS = st.lists(st.integers(0, 6), min_size=4, max_size=4)


@settings(max_examples=12)
@given(SPANS, SPANS, st.booleans(), st.sampled_from([5, 50, 75]), st.integers(0, 9), st.integers(0, 9))
def test_what_is_told_of_a_fall_comes_true(
	grace: list[int], hold: list[int], one_step: bool, amount: float, since: int, below: int
) -> None:
	spans = zip(TIERS, grace, hold, strict=True)
	tiers = [{**tier, "grace_days": days, "hold_days": held} for tier, days, held in spans]
	policy = policy_of(PLAIN, tiers=tiers, one_step_down=one_step)
	held = _held("Platinum", 26 + since, below_since=26 + below)
	daily = {at[0]: at for at in _falls(policy, amount, *range(25, -1, -1), held=held)}
	for day in range(24, -1, -1):
		_before, tier, falls_on, falls_to = daily[day + 1]
		assert falls_on is None or falls_on > ago(day + 1)
		assert daily[day][1] == (falls_to if falls_on == ago(day) else tier)
	# Whoever is evaluated on the days that are told only, is on them where he is if evaluated every day.
	day: int | None = 25
	while day is not None and day >= 0:
		told = _falls(policy, amount, day, held=held)[0]
		assert told == daily[day]
		held = as_previous(evaluate(_worth(amount), policy, ago(day), held))
		day = None if told[2] is None else (AS_OF - told[2]).days


@settings(max_examples=12)
@given(SPANS, SPANS, st.booleans(), st.sets(st.integers(0, 24), min_size=1))
def test_skipped_days_never_hasten_a_fall(
	grace: list[int], hold: list[int], one_step: bool, skipped: set[int]
) -> None:
	spans = zip(TIERS, grace, hold, strict=True)
	tiers = [{**tier, "grace_days": days, "hold_days": held} for tier, days, held in spans]
	policy = policy_of(PLAIN, tiers=tiers, one_step_down=one_step)
	daily = _falls(policy, 5, *range(25, -1, -1), held=_held("Platinum", 26))
	some = _falls(policy, 5, *sorted(set(range(26)) - skipped, reverse=True), held=_held("Platinum", 26))
	tier_on = {day: policy.position(tier) for day, tier, *_more in daily}
	assert all(policy.position(tier) >= tier_on[day] for day, tier, *_more in some)


# -- caps --------------------------------------------------------------------------------------------

CAP = {"name": "Cap", "type": "Cap", "metric": "Recency", "value": 50, "tier": "Silver"}


def test_a_cap_works_at_once_in_spite_of_grace_and_hold() -> None:
	policy = _ladder(grace=30, hold=300, one_step_down=True, rules=[CAP])
	row = _row(evaluate(_worth(90), policy, AS_OF, _held("Platinum", 5)))
	assert (row["tier"], _day(row["tier_since"])) == ("Silver", AS_OF)
	assert row[["below_since", "falls_on"]].isna().all()


def test_below_the_cap_a_further_fall_has_the_grace_of_the_capped_tier_from_that_day() -> None:
	policy = _ladder(grace=30, rules=[CAP])
	row = _row(evaluate(_worth(10), policy, AS_OF, _held("Platinum", 300, below_since=29)))
	assert (row["tier"], _day(row["falls_on"]), row["falls_to"]) == ("Silver", ago(-30), "Bronze")
	assert _day(row["below_since"]) == AS_OF


def test_below_the_cap_the_capped_tier_is_held_from_that_day() -> None:
	row = _row(evaluate(_worth(10), _ladder(hold=60, rules=[CAP]), AS_OF, _held("Platinum", 300)))
	assert (row["tier"], _day(row["falls_on"])) == ("Silver", ago(-60))


def test_a_cap_above_the_tier_held_changes_nothing() -> None:
	policy = _ladder(grace=30, rules=[CAP])
	row = _row(evaluate(_worth(10), policy, AS_OF, _held("Silver", 300, below_since=20)))
	assert (row["tier"], _day(row["falls_on"])) == ("Silver", ago(-10))


# -- unrated -----------------------------------------------------------------------------------------


def test_who_turns_out_never_to_have_purchased_loses_the_tier_at_once() -> None:
	facts = facts_of(doc("a", 20, 90, document="s"), doc("a", 1, -90, return_against="s"))
	found = evaluate(facts, _ladder(grace=30, hold=30), AS_OF, _held("Platinum", 5))
	row = _row(found)
	assert row[["tier", "tier_since", "earned_tier", "earned_since", "below_since", "falls_on"]].isna().all()
	assert found.changes[["from_tier"]].values.tolist() == [["Platinum"]]
	assert found.changes["to_tier"].isna().all()


# -- overrides ---------------------------------------------------------------------------------------

MODES = [
	("Exact", 10, "Gold"),
	("Exact", 75, "Gold"),
	("Exact", 95, "Gold"),
	("At Least", 10, "Gold"),
	("At Least", 95, "Platinum"),
	("At Most", 10, "Bronze"),
	("At Most", 95, "Gold"),
	(None, 10, "Gold"),  # an override without a mode is exact
]


@pytest.mark.parametrize(("mode", "score", "tier"), MODES)
def test_an_override_is_exact_at_least_or_at_most_a_tier(mode: str | None, score: float, tier: str) -> None:
	previous = _held(None, None, override_tier="Gold", override_mode=mode)
	row = _row(evaluate(_worth(score), _ladder(), AS_OF, previous))
	assert (row["tier"], row["score"]) == (tier, score)
	assert row["earned_tier"] == {10: "Bronze", 75: "Gold", 95: "Platinum"}[int(score)]


@pytest.mark.parametrize(("mode", "tier"), [("Exact", "Gold"), ("At Least", "Gold"), ("At Most", None)])
def test_an_override_may_give_a_tier_to_the_unrated(mode: str, tier: str | None) -> None:
	previous = _held(None, None, override_tier="Gold", override_mode=mode)
	row = _row(evaluate(facts_of(doc("a", 5, -10)), _ladder(), AS_OF, previous))
	assert row.isna()["tier"] if tier is None else row["tier"] == tier
	assert row.isna()["earned_tier"]
	assert _day(row["tier_since"]) == (AS_OF if tier else None)


@pytest.mark.parametrize(
	("until", "tier"), [(None, "Platinum"), (-1, "Platinum"), (0, "Platinum"), (1, "Silver"), (400, "Silver")]
)
def test_an_override_ends_by_itself_after_its_last_day(until: int | None, tier: str) -> None:
	more = {"override_tier": "Platinum", "override_mode": "Exact", "override_until": until}
	previous = _held("Platinum", 90, earned_tier="Silver", earned_since=90, **more)
	found = evaluate(_worth(50), _ladder(grace=30), AS_OF, previous)
	assert found.scores.loc[0, "tier"] == tier
	assert (found.explain("a")["override"] is not None) == (tier == "Platinum")


def test_the_earned_tier_goes_on_by_itself_below_an_override() -> None:
	policy = _ladder(grace=30)
	override = {"override_tier": "Platinum", "override_mode": "Exact", "override_until": 0}
	previous = _held("Platinum", 90, earned_tier="Gold", earned_since=300, below_since=29, **override)
	found = evaluate(_worth(50), policy, AS_OF, previous)
	row = _row(found)
	assert (row["tier"], _day(row["tier_since"])) == ("Platinum", ago(90))
	assert (row["earned_tier"], _day(row["falls_on"])) == ("Gold", ago(-1))
	next_day = evaluate(_worth(50), policy, ago(-1), as_previous(found))
	assert next_day.scores.loc[0, "tier"] == "Silver"  # the override is over, and so is the grace


def test_an_override_on_a_tier_that_the_policy_does_not_have_is_passed_over() -> None:
	previous = _held("Silver", 90, override_tier="Diamond", override_mode="Exact")
	found = evaluate(_worth(50), _ladder(), AS_OF, previous)
	assert found.scores.loc[0, "tier"] == "Silver" and found.explain("a")["override"] is None


def test_an_override_mode_that_is_none_is_refused() -> None:
	previous = _held("Silver", 90, override_tier="Gold", override_mode="Roughly")
	with pytest.raises(ValueError, match="The override mode Roughly is none; choose one of Exact, At Least"):
		evaluate(_worth(50), _ladder(), AS_OF, previous)


def test_the_reason_of_an_override_is_in_the_explanation() -> None:
	more = {"override_mode": "At Least", "override_until": -9, "override_reason": "Agreed with the board"}
	found = evaluate(_worth(50), _ladder(), AS_OF, _held("Silver", 90, override_tier="Gold", **more))
	assert found.explain("a")["override"] == {
		"tier": "Gold", "mode": "At Least", "until": ago(-9).isoformat(), "reason": "Agreed with the board"
	}  # fmt: skip


# -- within one day ----------------------------------------------------------------------------------


def test_a_second_evaluation_on_the_same_day_starts_from_the_day_before() -> None:
	policy = _ladder(grace=30)
	yesterday = evaluate(_worth(50), policy, ago(1), _held("Silver", 300))
	noon = evaluate(_worth(90), policy, AS_OF, as_previous(yesterday))
	evening = evaluate(_worth(50), policy, AS_OF, as_previous(noon))  # the invoice was cancelled
	assert [noon.scores.loc[0, "tier"], evening.scores.loc[0, "tier"]] == ["Platinum", "Silver"]
	assert _day(evening.scores.loc[0, "tier_since"]) == ago(300)
	next_day = evaluate(_worth(50), policy, ago(-1), as_previous(evening))
	assert next_day.scores.loc[0, "tier"] == "Silver"


def test_a_grade_that_lasted_over_midnight_has_its_grace() -> None:
	policy = _ladder(grace=30)
	yesterday = evaluate(_worth(90), policy, ago(1), _held("Silver", 300))
	today = evaluate(_worth(50), policy, AS_OF, as_previous(yesterday))
	assert today.scores.loc[0, "tier"] == "Platinum"
	assert _day(today.scores.loc[0, "falls_on"]) == ago(-30)


def test_a_clock_that_went_back_starts_from_the_same_opening() -> None:
	policy = _ladder(grace=30)
	today = evaluate(_worth(90), policy, AS_OF, _held("Silver", 300))
	back = evaluate(_worth(50), policy, ago(1), as_previous(today))
	assert back.scores.loc[0, "tier"] == "Silver"


# -- changes -----------------------------------------------------------------------------------------


def test_changes_list_whose_tier_or_stage_is_another_than_before() -> None:
	facts = facts_of(*(doc(name, 10, 50) for name in ("moved", "new", "same", "staged")))
	previous = pd.DataFrame(
		{
			"customer": ["moved", "same", "staged", "gone"],
			"tier": ["Bronze", "Silver", "Silver", "Gold"],
			"lifecycle_stage": ["New", "New", "Engaged", "Lost"],
		}
	)
	changes = evaluate(facts, _ladder(), AS_OF, previous).changes
	assert changes["customer"].tolist() == ["moved", "new", "staged"]
	assert changes["from_tier"].fillna("-").tolist() == ["Bronze", "-", "Silver"]
	assert changes["to_tier"].tolist() == ["Silver"] * 3
	assert changes["from_stage"].fillna("-").tolist() == ["New", "-", "Engaged"]
	assert changes["to_stage"].tolist() == ["New"] * 3
	assert changes["score"].tolist() == [50] * 3


def test_previous_grades_that_list_a_customer_twice_are_refused() -> None:
	with pytest.raises(ValueError, match="The previous grades list a customer twice"):
		evaluate(_worth(50), _ladder(), AS_OF, pd.concat([_held("Gold"), _held("Silver")]))


def test_previous_grades_may_come_from_a_file() -> None:
	policy = _ladder(grace=30)
	first = evaluate(_worth(50), policy, ago(20), _held("Gold", 300))
	read = pd.read_csv(StringIO(as_previous(first).to_csv(index=False)))
	again = evaluate(_worth(50), policy, AS_OF, read)
	assert (again.scores.loc[0, "tier"], _day(again.scores.loc[0, "falls_on"])) == ("Gold", ago(-10))
