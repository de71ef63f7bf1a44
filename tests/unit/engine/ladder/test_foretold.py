"""What is foretold comes true on its day, nobody waits for ever, and a day is a day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_tiering.engine import Policy
from customer_tiering.engine.exact import Bools
from engine.builders import PLAIN, TIERS, policy_of
from engine.ladder.walks import SCORES, START, Walk, policies, told

FLOORS = st.sampled_from([None, None, "Gold"])
#: Longer than three rungs can take, each with the longest rise, grace and hold of a test and a whole quarter.
LONG = 3 * (9 + 92) + 1


def _day(at: int) -> date:
	return START + timedelta(at)


@settings(max_examples=25)
@given(policies(), FLOORS)
def test_a_move_is_on_the_day_foretold_and_to_the_tier_foretold(policy: Policy, floor: str | None) -> None:
	walk = Walk(policy, floor)
	before = walk.on(_day(0))
	for at in range(1, LONG):
		today = np.datetime64(_day(at))
		now = walk.on(_day(at))
		for move in (before.fall, before.rise):
			assert (np.isnat(move.on) | (move.on >= today)).all()
		foretold = np.where(before.fall.on == today, before.fall.to, before.rungs.tier)
		foretold = np.where(before.rise.on == today, before.rise.to, foretold)
		assert (now.rungs.tier == foretold).all()
		assert (np.isnat(now.fall.on) | np.isnat(now.rise.on)).all()
		assert (np.isnat(now.fall.on) == (now.fall.to < 0)).all()
		assert (np.isnat(now.rise.on) == (now.rise.to < 0)).all()
		before = now


@settings(max_examples=25)
@given(policies(), FLOORS)
def test_everyone_comes_to_rest_at_his_candidate_or_within_the_margin_above(
	policy: Policy, floor: str | None
) -> None:
	walk = Walk(policy, floor)
	last = [walk.on(_day(at)) for at in range(LONG)][-1]
	candidate = walk.candidate()
	assert _at_rest(walk, last.rungs.tier, candidate)
	assert np.isnat(last.fall.on).all() and np.isnat(last.rise.on).all()
	assert (last.in_margin == (last.rungs.tier > candidate)).all()


def _at_rest(walk: Walk, tier: np.ndarray, candidate: np.ndarray) -> bool:
	near = walk.thresholds.scores[tier] - walk.score <= walk.policy.margin
	found: Bools = (tier == candidate) | ((tier > candidate) & near)
	return bool(found.all())


@settings(max_examples=25)
@given(policies(), st.lists(st.integers(1, 150), min_size=8, max_size=8))
def test_everyone_comes_to_rest_however_seldom_he_is_evaluated(policy: Policy, gaps: list[int]) -> None:
	walk, day = Walk(policy), START
	step = walk.on(day)
	for gap in [*gaps, *gaps, *[200] * 8]:
		day += timedelta(gap)
		step = walk.on(day)
	assert _at_rest(walk, step.rungs.tier, walk.candidate())


@settings(max_examples=15)
@given(policies(), FLOORS)
def test_who_is_evaluated_on_the_days_foretold_only_is_where_he_is_if_evaluated_daily(
	policy: Policy, floor: str | None
) -> None:
	daily = Walk(policy, floor)
	days = [told(daily.on(_day(at))) for at in range(LONG)]
	for one in range(len(daily.score)):
		walk, at = Walk(policy, floor), 0
		while at < LONG:
			step = walk.on(_day(at))
			assert [values[one] for values in told(step)] == [values[one] for values in days[at]]
			moves = [move.on[one] for move in (step.fall, step.rise) if not np.isnat(move.on[one])]
			at = int((min(moves) - np.datetime64(START)).astype(int)) if moves else LONG


WAVES = st.lists(st.sampled_from(SCORES), min_size=12, max_size=12)


@settings(max_examples=25)
@given(policies(3), WAVES, st.lists(st.integers(1, 40), min_size=12, max_size=12))
def test_a_second_evaluation_of_a_day_goes_on_from_the_day_before(
	policy: Policy, scores: list[float], gaps: list[int]
) -> None:
	once, twice, day = Walk(policy), Walk(policy), START
	for score, gap in zip(scores, gaps, strict=True):
		now = np.full(len(once.score), score)
		twice.glance(day, now[::-1] - 1)  # what happened earlier on the day
		assert told(once.on(day, now)) == told(twice.on(day, now))
		day += timedelta(gap)


@settings(max_examples=40)
@given(policies(5), WAVES, st.lists(st.integers(1, 40), min_size=12, max_size=12))
def test_between_reviews_nobody_moves_but_as_the_policy_says(
	policy: Policy, scores: list[float], gaps: list[int]
) -> None:
	walk, day, seen = Walk(policy), START, START - timedelta(1)
	for score, gap in zip(scores, gaps, strict=True):
		before = walk.base.earned.tier
		now = walk.on(day, np.full(len(walk.score), score)).rungs.tier
		reviewed = any(_is_review(policy, seen + timedelta(at)) for at in range(1, (day - seen).days + 1))
		if not reviewed:
			moved = (now != before) & (before >= 0)
			assert not (moved & (now < before)).any()
			assert policy.rises_between_reviews or not moved.any()
		seen, day = day, day + timedelta(gap)


def _is_review(policy: Policy, day: date) -> bool:
	months = {"Always": 0, "Monthly": 1, "Quarterly": 3}[policy.reviewed]
	return not months or (day.day == 1 and (day.month - policy.fiscal_year_start_month) % months == 0)


@settings(max_examples=25)
@given(policies(), st.sets(st.integers(1, 120), max_size=100))
def test_skipped_days_hasten_no_move(policy: Policy, skipped: set[int]) -> None:
	"""Nothing changes but the days on which anybody looks."""
	daily, some = Walk(policy), Walk(policy)
	for at in range(121):
		every = daily.on(_day(at)).rungs.tier
		if at in skipped:
			continue
		now = some.on(_day(at)).rungs.tier
		first, target = some.tier, daily.candidate()
		assert np.where(first > target, now >= every, now <= every).all()


@pytest.mark.parametrize("reviewed", ["Always", "Monthly", "Quarterly"])
def test_every_walk_has_somebody_who_falls_and_somebody_who_rises(reviewed: str) -> None:
	tiers = [{**tier, "rise_days": 5, "grace_days": 5} for tier in TIERS]
	first = Walk(policy_of(PLAIN, tiers=tiers, reviewed=reviewed)).on(START)
	assert (~np.isnat(first.fall.on)).any() and (~np.isnat(first.rise.on)).any()
