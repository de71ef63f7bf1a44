"""Amounts that add up to the last digit, ratios that are rounded once, halves that go up."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine import Facts, evaluate
from customer_tiering.engine import exact as numbers
from customer_tiering.engine.exact import MAX_AMOUNT, Addends, compare, quotient, ten_thousandths, times
from customer_tiering.engine.rules import rounded
from engine.builders import AS_OF, doc, facts_of, grade, metric_of, policy_of, score_rule

# -- amounts and sums --------------------------------------------------------------------------------

#: Written with four decimals or fewer, as ledgers write them; small ones, and as large as there are.
AMOUNTS = (
	st.integers(-(10**7), 10**7).map(lambda cents: cents / 100)
	| st.integers(-(5 * 10**15), 5 * 10**15).map(lambda parts: parts / 10_000)
	| st.integers(-9 * 10**14, 9 * 10**14).map(float)
)


@given(AMOUNTS | st.floats(-MAX_AMOUNT, MAX_AMOUNT))
def test_an_amount_is_read_as_it_is_written_to_four_decimals(amount: float) -> None:
	written = Decimal(repr(amount)).scaleb(4).to_integral_value(ROUND_HALF_UP)
	assert ten_thousandths(np.array([amount])).tolist() == [int(written)]


@pytest.mark.parametrize(
	("amount", "parts"),
	[
		(0.00005, 1),
		(-0.00005, -1),
		(0.000049, 0),
		(1.00015, 10_002),
		(123_456_789.123_45, 1_234_567_891_235),
		(10_000_000_000_000.1, 100_000_000_000_001_000),
		(9e14, 9 * 10**18),
		(-9e14, -9 * 10**18),
	],
)
def test_half_a_ten_thousandth_goes_away_from_zero(amount: float, parts: int) -> None:
	assert ten_thousandths(np.array([amount])).tolist() == [parts]


PARTS = st.integers(-9 * 10**18, 9 * 10**18) | st.integers(-(10**6), 10**6)


@given(st.lists(st.tuples(st.integers(0, 3), PARTS), max_size=30))
def test_sums_are_exact_at_any_size(rows: list[tuple[int, int]]) -> None:
	codes = np.array([code for code, _value in rows], dtype=np.int64)
	values = np.array([value for _code, value in rows], dtype=np.int64)
	expected = [sum(value for code, value in rows if code == at) for at in range(4)]
	assert Addends(values).per(codes, 4).tolist() == expected
	chosen = values % 3 == 0
	odd = [sum(value for code, value in rows if code == at and value % 3 == 0) for at in range(4)]
	assert Addends(values).per(codes, 4, chosen).tolist() == odd


def test_sums_are_exact_however_many_rows_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(numbers, "_ROWS", 7)
	values = np.full(100, 9 * 10**18, dtype=np.int64)
	assert Addends(values).per(np.arange(100) % 3, 3).tolist() == [34 * 9 * 10**18, *[33 * 9 * 10**18] * 2]


@given(st.integers(-(10**22), 10**22), st.integers(1, 10**22))
def test_a_quotient_is_the_float_that_is_nearest(above: int, below: int) -> None:
	found = quotient(np.array([above, 1], dtype=object), np.array([below, 0], dtype=object))
	assert found[0] == float(Fraction(above, below)) and math.isnan(found[1])


@given(PARTS, st.sampled_from([1.2, 0.8, 2.3, 1 / 3, 0.0, 1.0, 999.999]), PARTS, st.booleans())
def test_a_comparison_goes_to_the_last_digit(left: int, factor: float, right: int, level: bool) -> None:
	exact = Fraction(repr(factor))
	if level:
		right -= right % exact.denominator
		left = int(exact * right)
	expected = (left > exact * right) - (left < exact * right)
	found = compare(np.array([left], dtype=object), factor, np.array([right], dtype=object))
	assert found.tolist() == [expected]
	if max(abs(left), abs(right)) < 2**62:
		assert compare(np.array([left]), factor, np.array([right])).tolist() == [expected]


def test_a_product_that_outgrows_64_bits_is_kept() -> None:
	assert times(np.array([2**61, 3]), 100).tolist() == [100 * 2**61, 300]
	assert times(np.array([5, 3]), 100).dtype == np.int64


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_a_large_amount_that_comes_and_goes_leaves_the_small_ones(order: tuple[int, ...]) -> None:
	parts = [[1e11], [0.1] * 10, [-1e11]]
	amounts = [amount for at in order for amount in parts[at]]
	assert metric_of(facts_of(*(doc("a", 10, amount) for amount in amounts)), "Revenue") == {"a": 1.0}


@pytest.mark.parametrize("large", [5e10, 1e13, 9e14])
def test_one_customer_alone_has_the_sums_that_he_has_among_all(large: float) -> None:
	docs = [doc("b", 10, large - at) for at in range(7)]
	docs += [doc("a", 10, large), *(doc("a", 9, 0.01) for _ in range(9)), doc("a", 8, -large)]
	policy = policy_of(score_rule(method="Quantile"))
	full = evaluate(facts_of(*docs), policy, AS_OF)
	alone = evaluate(facts_of(*docs[7:]), policy, AS_OF, cut_points=full.cut_points)
	assert full.scores.loc[0, "revenue_365d"] == alone.scores.loc[0, "revenue_365d"] == 0.09


def test_sums_beyond_what_64_bits_of_ten_thousandths_hold_are_kept() -> None:
	docs = [doc("a", at, 9e14) for at in range(1, 12)]
	found = grade(facts_of(*docs, doc("a", 5, 0.5), doc("b", 5, 1e14)), policy_of(score_rule())).loc["a"]
	assert found["revenue_365d"] == found["purchase_amount"] == 9_900_000_000_000_000.5


@pytest.mark.parametrize("column", ["net_amount", "gross_profit"])
def test_an_amount_beyond_the_largest_is_refused(column: str) -> None:
	row = doc("a", 10, 1.0, gross_profit=1.0)
	evaluate(facts_of({**row, column: -9e14}), policy_of(score_rule()), AS_OF)
	with pytest.raises(ValueError, match=f"has a {column} that is no number up to 9e.14"):
		facts_of({**row, column: 9.01e14})


@given(st.lists(st.tuples(st.sampled_from("abc"), AMOUNTS), min_size=1, max_size=20))
def test_the_customers_revenue_ties_out_to_the_documents(rows: list[tuple[str, float]]) -> None:
	facts = facts_of(*(doc(name, 10, amount, is_return=False) for name, amount in rows))
	ledger = evaluate(facts, policy_of(score_rule()), AS_OF).ledger
	written = sum(int(Decimal(repr(amount)).scaleb(4)) for _name, amount in rows)
	assert sum(map(int, ledger.sums())) == written


# -- ratios ------------------------------------------------------------------------------------------


def _tier(facts: Facts, *rules: dict[str, Any]) -> dict[str, str]:
	return grade(facts, policy_of(score_rule(full_at=1e9), *rules))["tier"].to_dict()


@pytest.mark.parametrize("part", range(1, 100))
def test_so_many_of_a_hundred_are_so_many_percent(part: int) -> None:
	facts = facts_of(
		doc("a", 500, 1.0, gross_profit=0.0),
		doc("a", 400, 99.0, gross_profit=0.0),
		doc("a", 10, 100.0, gross_profit=float(part)),
		doc("b", 400, 100.0, gross_profit=0.0),
		doc("b", 10, 100.0 + part, gross_profit=0.0),
		doc("c", 10, 100.0, gross_profit=0.0),
		doc("c", 9, -float(part), gross_profit=0.0),
	)
	assert metric_of(facts, "Gross Margin %")["a"] == part
	assert metric_of(facts, "Revenue Growth %")["b"] == part
	assert metric_of(facts, "Return Rate %")["c"] == part


LIMITS = [
	("Gross Margin %", ">=", 29, [doc("a", 10, 100, gross_profit=29)]),
	("Revenue Growth %", ">=", 29, [doc("a", 400, 100), doc("a", 10, 129)]),
	("Return Rate %", "<=", 7, [doc("a", 10, 100), doc("a", 9, -7)]),
	("Average Order Value", ">=", 19.99, [doc("a", day, 19.99) for day in range(5)]),
]


@pytest.mark.parametrize(("metric", "condition", "value", "docs"), LIMITS, ids=[row[0] for row in LIMITS])
def test_a_limit_that_is_met_exactly_is_met(
	metric: str, condition: str, value: float, docs: list[dict[str, Any]]
) -> None:
	floor = {"type": "Floor", "metric": metric, "condition": condition, "value": value, "tier": "Gold"}
	assert _tier(facts_of(*docs), floor) == {"a": "Gold"}


def test_equal_ratios_of_other_amounts_are_equal_values_with_equal_points() -> None:
	facts = facts_of(
		doc("a", 10, 100, gross_profit=30),
		doc("b", 10, 9, gross_profit=2.7),
		doc("c", 10, 0.7, gross_profit=0.21),
		doc("d", 10, 3e12, gross_profit=9e11),
	)
	assert metric_of(facts, "Gross Margin %") == dict.fromkeys("abcd", 30)
	scores = grade(facts, policy_of(score_rule("Gross Margin %", "Quantile")))["score"]
	assert scores.to_dict() == dict.fromkeys("abcd", 60)


def test_five_orders_of_one_price_have_the_mean_of_one() -> None:
	facts = facts_of(*(doc("five", day, 19.99) for day in range(5)), doc("one", 1, 19.99))
	assert metric_of(facts, "Average Order Value") == {"five": 19.99, "one": 19.99}


# -- points and the score ----------------------------------------------------------------------------


def _points(facts: Facts, **rule: Any) -> list[float]:
	found = evaluate(facts, policy_of(score_rule(**rule)), AS_OF).scored[0].points
	assert found is not None
	return found.tolist()


@pytest.mark.parametrize(
	("value", "zero_at", "full_at", "points"),
	[
		(29, 0, 100, 29),
		(57, 0, 100, 57),
		(0.3, 0.1, 0.5, 50),
		(0.3, 0.5, 0.1, 50),
		(1.1, 1, 2, 10),
		(7e14, 0, 8e14, 87.5),
		(3e13, 2.9e13, 3.1e13, 50),
		(1 / 4096, 0, 1, 0.02),  # 0.0002 to four decimals
	],
)
def test_points_on_a_line_are_exact(value: float, zero_at: float, full_at: float, points: float) -> None:
	assert _points(facts_of(doc("a", 10, value)), zero_at=zero_at, full_at=full_at) == [points]


@pytest.mark.parametrize("scale", [0.01, 1, 1e9, 1e12])
def test_a_share_that_is_reached_exactly_is_not_below(scale: float) -> None:
	facts = facts_of(doc("a", 9, 700 * scale), doc("b", 9, 200 * scale), doc("c", 9, 100 * scale))
	for share, points in ((70, [100, 10, 10]), (70.000000000001, [100, 100, 10])):
		bands = [{"up_to_share": share, "points": 100}, {"up_to_share": 100, "points": 10}]
		assert _points(facts, method="Pareto", bands=bands) == points


@pytest.mark.parametrize(
	("points", "score"),
	[((84.98, 84.99), 84.99), ((44.97, 44.98), 44.98), ((0.12, 0.13), 0.13), ((0, 0.01), 0.01)],
)
def test_half_a_hundredth_of_the_score_goes_up(points: tuple[float, float], score: float) -> None:
	rules = [
		score_rule(method="Bands", bands=[{"at_least": 0, "points": given}], name=f"{given}")
		for given in points
	]
	assert grade(facts_of(doc("a", 10, 1)), policy_of(*rules)).loc["a", "score"] == score


@pytest.mark.parametrize("error", [-3e-16, 0, 3e-16])
def test_a_half_that_the_floats_just_miss_goes_up_all_the_same(error: float) -> None:
	hundredths = np.arange(10_000)
	assert (rounded((hundredths + 0.5) / 100 * (1 + error)) == (hundredths + 1) / 100).all()
	assert (rounded((hundredths + 0.499999) / 100 * (1 + error)) == hundredths / 100).all()
	assert np.isnan(rounded(np.array([np.nan])))


def test_it_is_the_rounded_score_that_reaches_a_tier() -> None:
	tiers = [{"name": "High", "min_score": 84.99}, {"name": "Low", "min_score": 0}]
	rules = [
		score_rule(method="Bands", bands=[{"at_least": 0, "points": given}], name=f"{given}")
		for given in (84.98, 84.99)
	]
	assert grade(facts_of(doc("a", 10, 1)), policy_of(*rules, tiers=tiers)).loc["a", "tier"] == "High"


# -- stages ------------------------------------------------------------------------------------------


def _stage(*docs: dict[str, Any], **parameters: Any) -> str:
	return str(grade(facts_of(*docs), policy_of(score_rule(), stages=parameters)).loc["a", "lifecycle_stage"])


@pytest.mark.parametrize(
	("before", "recent", "stage"),
	[
		(0.05, 0.06, "Growing"),
		(0.1, 0.1199, "Active"),
		(9e12, 1.08e13, "Growing"),
		(500_000_000_000.25, 600_000_000_000.3, "Growing"),
		(500_000_000_000.25, 600_000_000_000.2999, "Active"),
		(0.0005, 0.0004, "Declining"),
		(400_000_000_000.25, 320_000_000_000.2, "Declining"),
		(400_000_000_000.25, 320_000_000_000.2001, "Active"),
	],
)
def test_a_trend_is_told_to_the_last_digit(before: float, recent: float, stage: str) -> None:
	assert _stage(doc("a", 200, before), doc("a", 20, recent)) == stage


@pytest.mark.parametrize(("silence", "stage"), [(207, "Active"), (208, "At Risk")])
def test_two_point_three_times_ninety_is_two_hundred_and_seven(silence: int, stage: str) -> None:
	assert _stage(doc("a", silence, 1), at_risk_gaps=2.3, trend_days=0) == stage


@pytest.mark.parametrize(("silence", "stage"), [(414, "At Risk"), (415, "Lost")])
def test_lost_is_told_to_the_day_too(silence: int, stage: str) -> None:
	assert _stage(doc("a", silence, 1), lost_gaps=4.6) == stage


@pytest.mark.parametrize(("silence", "stage"), [(414, "Active"), (415, "Won Back")])
def test_so_is_won_back(silence: int, stage: str) -> None:
	assert _stage(doc("a", 10, 1), doc("a", 10 + silence, 1), lost_gaps=4.6) == stage


@pytest.mark.parametrize("method", ["Quantile", "Pareto", "Linear", "Bands"])
def test_equal_amounts_in_other_pieces_get_equal_points(method: str) -> None:
	more: dict[str, Any] = {
		"Pareto": {"bands": [{"up_to_share": at, "points": 90 - at / 2} for at in (20, 50, 100)]},
		"Bands": {"bands": [{"at_least": 0.3, "points": 50}]},
	}.get(method, {})
	pieces: dict[str, Callable[[], list[float]]] = {
		"whole": lambda: [0.3, 1e11],
		"parts": lambda: [0.1, 1e11, 0.1, 0.1],
		"other": lambda: [1e11, 0.1, 0.2, 1e12, -1e12],
	}
	facts = facts_of(
		*(doc(name, 9, amount, is_return=False) for name, of in pieces.items() for amount in of())
	)
	assert len(set(_points(facts, method=method, **more))) == 1
