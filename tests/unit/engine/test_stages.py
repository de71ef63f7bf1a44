"""Every boundary between two stages, on both sides."""

from __future__ import annotations

import tracemalloc
from itertools import accumulate, pairwise
from statistics import median
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine import evaluate
from customer_tiering.engine.stages import TRENDS
from engine.builders import AS_OF, PLAIN, ago, customers_of, doc, facts_of, grade, policy_of


def _stage(*purchases: int | tuple[int, float], **parameters: Any) -> str:
	"""The stage after purchases as days before the as-of date, each of 10 unless told otherwise."""
	docs = [doc("a", *(one if isinstance(one, tuple) else (one, 10))) for one in purchases]
	return str(grade(facts_of(*docs), policy_of(PLAIN, stages=parameters)).loc["a", "lifecycle_stage"])


def _every(gap: int, last: int, times: int = 5) -> list[int]:
	"""So many purchases with one gap between them, the last one so many days ago."""
	return [last + gap * at for at in range(times)]


@pytest.mark.parametrize(
	("purchases", "stage"),
	[
		# Fewer than three purchase days: the default gap of 90. At Risk beyond 180, Lost beyond 360.
		((180,), "Active"),
		((181,), "At Risk"),
		((360,), "At Risk"),
		((361,), "Lost"),
		((360, 360, 360), "At Risk"),  # one day, whatever the number of invoices
		# A gap of 20: At Risk beyond 40; Lost beyond 180 days, which is more than 4 gaps.
		(_every(20, 40), "Active"),
		(_every(20, 41), "At Risk"),
		(_every(20, 180), "At Risk"),
		(_every(20, 181), "Lost"),
		# A gap of 60: At Risk beyond 120, Lost beyond 240.
		(_every(60, 120), "Active"),
		(_every(60, 121), "At Risk"),
		(_every(60, 240), "At Risk"),
		(_every(60, 241), "Lost"),
		# A gap of 1 counts as 7: At Risk beyond 14.
		(_every(1, 14), "New"),
		(_every(1, 15), "At Risk"),
		# A gap of 300 counts as 180: At Risk beyond 360, Lost beyond 720.
		(_every(300, 360), "Active"),
		(_every(300, 361), "At Risk"),
		(_every(300, 720), "At Risk"),
		(_every(300, 721), "Lost"),
	],
)
def test_silence_is_measured_in_the_customers_own_gaps(purchases: list[int], stage: str) -> None:
	assert _stage(*purchases, trend_days=0) == stage


def test_the_median_of_an_even_number_of_gaps_is_the_middle_between_two() -> None:
	gaps_10_and_20 = (0, 10, 30)  # g = 15: At Risk beyond 30
	assert _stage(*(day + 30 for day in gaps_10_and_20)) == "New"
	assert _stage(*(day + 31 for day in gaps_10_and_20)) == "At Risk"


@pytest.mark.parametrize(("first", "stage"), [(0, "New"), (89, "New"), (90, "Active")])
def test_a_customer_is_new_for_less_than_new_days(first: int, stage: str) -> None:
	assert _stage(first) == stage


@pytest.mark.parametrize(
	("purchases", "stage"),
	[
		((89, 450), "Won Back"),  # a silence of 361 days: more than 4 default gaps
		((89, 449), "Active"),  # 360 is not more
		((90, 451), "Active"),  # the purchase is 90 days old
		((5, 80, 441), "Won Back"),  # the silence was ended by the purchase before the last
		((5, 95, 456), "Active"),
		((0, 181, *_every(20, 201)), "Won Back"),  # own gap 20: Lost beyond 180
		((0, 180, *_every(20, 200)), "Active"),
		((0, 240, *_every(60, 300)), "Active"),  # own gap 60: Lost beyond 240
		((0, 241, *_every(60, 301)), "Won Back"),
	],
)
def test_won_back_is_who_bought_after_a_silence_that_was_lost(purchases: list[int], stage: str) -> None:
	assert _stage(*purchases, trend_days=0, loyal_purchases=100) == stage


def test_won_back_goes_by_the_gap_known_before_that_purchase() -> None:
	# A silence of 190 days. After three purchases ten days apart that was Lost. After two the gap was not
	# known yet, and by the default one it was not, though with the silence itself there are three days now.
	assert _stage(0, 190, 200, 210, trend_days=0) == "Won Back"
	assert _stage(0, 190, 200, trend_days=0) == "Active"
	# Gaps of 10 and 100: g is 55, Lost beyond 220. With the silence it would be 100, Lost beyond 400.
	assert _stage(0, 221, 321, 331, trend_days=0) == "Won Back"
	assert _stage(0, 220, 320, 330, trend_days=0) == "Active"


@given(st.lists(st.integers(1, 60), min_size=1, max_size=25), st.integers(0, 25), st.integers(1, 900))
def test_won_back_agrees_with_its_definition(gaps: list[int], lost_days: int, new_days: int) -> None:
	days = [0, *accumulate(gaps)][::-1]  # ago, the first purchase first
	p = {
		"lost_days": lost_days,
		"new_days": new_days,
		"lost_gaps": 1.5,
		"at_risk_gaps": 1.5,
		"default_gap": 20,
	}
	won = False
	for at in range(1, len(days)):
		silences = [a - b for a, b in pairwise(days[:at])]
		gap = min(max(median(silences), 7), 180) if at >= 3 else 20
		silence = days[at - 1] - days[at]
		won |= silence > lost_days and silence * 2 > gap * 3 and days[at] < new_days
	assert (_stage(*days, **p) == "Won Back") == won


def test_many_silences_within_a_long_time_cost_no_more_than_their_number() -> None:
	times = 3000
	docs = [doc("a", at * 2, 10) for at in range(times)] + [doc("b", 5, 10), doc("b", 600, 10)]
	policy = policy_of(PLAIN, stages={"new_days": 36_500, "lost_days": 1, "lost_gaps": 0, "at_risk_gaps": 0})
	facts = facts_of(*docs)
	tracemalloc.start()
	found = grade(facts, policy)["lifecycle_stage"].to_dict()
	peak = tracemalloc.get_traced_memory()[1]
	tracemalloc.stop()
	assert found["a"] == "Won Back"
	assert peak < times * 2000, "every silence looked at the whole history before it"


@pytest.mark.parametrize(
	("now", "before", "stage"),
	[(120, 100, "Growing"), (119.99, 100, "Active"), (80.01, 100, "Active"), (80, 100, "Declining")],
)
def test_growth_and_decline_start_at_their_factors(now: float, before: float, stage: str) -> None:
	assert _stage((20, now), (200, before)) == stage


@pytest.mark.parametrize(
	("days_ago", "stage"), [(179, "Growing"), (180, "Declining"), (359, "Declining"), (360, "Active")]
)
def test_the_half_years_of_the_trend_meet_without_a_gap(days_ago: int, stage: str) -> None:
	assert _stage((20, 100), (190, 100), (days_ago, 50)) == stage


def test_there_is_no_trend_where_nothing_was_bought_in_the_half_year_before() -> None:
	assert _stage((20, 100), (361, 100)) == "Active"
	assert _stage((20, 100), (200, 50), (190, -50), (300, 0.5), (299, -0.5)) == "Active"


def test_returns_count_for_the_trend() -> None:
	assert _stage((20, 100), (10, -20), (200, 100)) == "Declining"


@pytest.mark.parametrize(
	("purchases", "stage"),
	[
		((20, 100, 200, 300, 365), "Loyal"),  # four in the year, the first a year ago
		((20, 100, 200, 300, 364), "Active"),
		((20, 100, 200, 365, 400), "Active"),  # the day 365 days ago is no longer in the year
		((20, 100, 200, 364, 400), "Loyal"),
		((20, 20, 200, 200, 400), "Loyal"),  # purchases, not purchase days
	],
)
def test_loyal_takes_a_year_and_four_purchases_in_it(purchases: list[int], stage: str) -> None:
	assert _stage(*purchases, trend_days=0) == stage


def test_the_first_stage_that_matches_counts() -> None:
	risk_and_declining = _every(20, 41, times=19)
	assert _stage(*risk_and_declining) == "At Risk"
	new_and_growing = (10, 80)
	assert _stage(*new_and_growing, trend_days=40) == "New"
	won_back_and_growing = ((0, 100), 200, 220, 240)
	assert _stage(*won_back_and_growing) == "Won Back"
	assert _stage(*won_back_and_growing, lost_days=200) == "Growing"
	growing_and_loyal = (10, 20, 30, 40, 50, 200, 400)
	assert _stage(*growing_and_loyal) == "Growing"
	assert _stage(*growing_and_loyal, growing_factor=9) == "Loyal"


@pytest.mark.parametrize(
	("parameter", "value", "purchases", "before", "after"),
	[
		("new_days", 30, (40,), "New", "Active"),
		("default_gap", 30, (70,), "New", "At Risk"),
		("min_gap", 30, _every(1, 15), "At Risk", "New"),
		("max_gap", 60, _every(100, 150), "Declining", "At Risk"),
		("at_risk_gaps", 1.5, (150,), "Active", "At Risk"),
		("lost_gaps", 2.5, (230,), "At Risk", "Lost"),
		("lost_days", 400, (361,), "Lost", "At Risk"),
		("trend_days", 90, ((20, 10), (100, 10), (170, 10)), "Active", "Declining"),
		("growing_factor", 3.0, ((20, 20), (200, 10)), "Growing", "Active"),
		("declining_factor", 0.4, ((20, 5), (200, 10)), "Declining", "Active"),
		("loyal_tenure", 500, (20, 100, 200, 300, 400), "Loyal", "Active"),
		("loyal_purchases", 5, (20, 100, 200, 300, 400), "Loyal", "Active"),
		("loyal_days", 250, (20, 100, 200, 300, 400), "Loyal", "Active"),
	],
)
def test_every_number_is_a_parameter(
	parameter: str, value: float, purchases: list[int], before: str, after: str
) -> None:
	assert (_stage(*purchases), _stage(*purchases, **{parameter: value})) == (before, after)


@pytest.mark.parametrize(
	("purchases", "stage"),
	[
		# Of the 90 days that ended 365 days ago, the first was 454 days ago; bought before is 455 or more.
		((20, 100, 380, 390, 455), "Declining"),
		((20, 100, 380, 390, 454), "Active"),
		# Both ends: 365 and 454 days ago are in, 364 and 455 are not.
		((20, 100, (365, 30), 460), "Declining"),
		((20, 100, (364, 30), 460), "Active"),
		((20, 100, (454, 30), 460), "Declining"),
		((20, 100, (455, 30), 460), "Active"),
		# The trend window is what it was: 89 days ago is in, 90 is not.
		((20, (89, 110), 100, (380, 100), 460), "Growing"),
		((20, (90, 110), 100, (380, 100), 460), "Declining"),
		# The factors are reached exactly.
		(((20, 12), 100, (380, 10), 460), "Growing"),
		(((20, 11.99), 100, (380, 10), 460), "Active"),
		(((20, 8), 100, (380, 10), 460), "Declining"),
		(((20, 8.01), 100, (380, 10), 460), "Active"),
	],
)
def test_a_trend_against_the_year_before(purchases: list[int | tuple[int, float]], stage: str) -> None:
	assert _stage(*purchases, trend_days=90, trend_against="Year Before") == stage


def test_only_a_purchase_that_counts_was_before_the_days_of_last_year() -> None:
	docs = [doc("a", day, 10) for day in (20, 100, 380, 390)]
	undone = [doc("a", 460, 10, document="x"), doc("a", 459, -10, return_against="x")]
	policy = policy_of(PLAIN, stages={"trend_days": 90, "trend_against": "Year Before"})
	assert grade(facts_of(*docs, *undone), policy).loc["a", "lifecycle_stage"] == "Active"


def test_a_trend_window_longer_than_a_year_compares_with_the_days_before() -> None:
	purchases = (20, 300, 380, 700, 720, 740, 1000, 1500)
	for length in (365, 366):
		stages = [_stage(*purchases, trend_days=length, trend_against=name) for name in TRENDS]
		assert len(set(stages)) == 1, "up to a year, the year before is the days before"


def test_a_seasonal_customer_neither_grows_nor_declines_by_the_year() -> None:
	season = [(365 * year + day, 10) for year in range(3) for day in (5, 15, 25)]
	for later in (0, 60, 100):
		moved = [(day + later, amount) for day, amount in season]
		found = {_stage(*moved, trend_days=90, trend_against=name, lost_days=400) for name in TRENDS[1:]}
		assert not found & {"Growing", "Declining"}, later


@pytest.mark.parametrize(
	("opened", "closed", "stage"),
	[
		(10, None, "Engaged"),
		(0, None, "Engaged"),
		(-1, None, "Prospect"),
		(10, 0, "Prospect"),  # closed on the as-of date
		(10, -1, "Engaged"),  # closed later than that
	],
)
def test_a_prospect_with_something_open_is_engaged(opened: int, closed: int | None, stage: str) -> None:
	pipeline = pd.DataFrame(
		{
			"customer": ["a", "stranger"],
			"opened": pd.to_datetime([ago(opened)] * 2),
			"closed": pd.to_datetime([None if closed is None else ago(closed)] * 2),
		}
	)
	facts = facts_of(doc("b", 10, 5), customers=customers_of(a={}), pipeline=pipeline)
	assert grade(facts, policy_of(PLAIN))["lifecycle_stage"].to_dict() == {"a": stage, "b": "New"}


def test_an_open_quotation_does_not_change_the_stage_of_a_customer() -> None:
	pipeline = pd.DataFrame(
		{"customer": ["a"], "opened": pd.to_datetime([ago(1)]), "closed": pd.to_datetime([None])}
	)
	facts = facts_of(doc("a", 400, 5), pipeline=pipeline)
	assert grade(facts, policy_of(PLAIN))["lifecycle_stage"].to_dict() == {"a": "Lost"}


def test_time_alone_moves_the_stage() -> None:
	facts = facts_of(*(doc("a", day, 10) for day in _every(20, 0)))
	policy = policy_of(PLAIN)
	found = [evaluate(facts, policy, ago(-days)).scores.loc[0, "lifecycle_stage"] for days in (0, 41, 181)]
	assert found == ["New", "At Risk", "Lost"]


def test_customers_do_not_disturb_each_other() -> None:
	lives = {"a": _every(20, 41), "b": [89, 450], "c": [361], "d": [0], "e": _every(60, 120)}
	facts = facts_of(*(doc(name, day, 10) for name, days in lives.items() for day in days))
	together = grade(facts, policy_of(PLAIN), AS_OF)["lifecycle_stage"].to_dict()
	assert together == {name: _stage(*days) for name, days in lives.items()}
	assert len(set(together.values())) == 5
