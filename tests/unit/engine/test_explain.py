"""Why a customer has his grade: what is said adds up, and what is promised comes true."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from customer_tiering import policies
from customer_tiering.engine import Policy, evaluate
from engine.builders import AS_OF, PLAIN, TIERS, ago, doc, facts_of, policy_of, score_rule

ABC = [{"up_to_share": 50, "points": 100}, {"up_to_share": 100, "points": 20}]


def _explain(facts: Any, policy: Policy, customer: str = "a", **more: Any) -> dict[str, Any]:
	return evaluate(facts, policy, AS_OF, **more).explain(customer)


def test_an_explanation_tells_each_rule_with_its_value_points_weight_and_contribution() -> None:
	bands = [{"at_least": 1, "points": 30}, {"at_least": 5, "points": 90}]
	rules = [
		score_rule(name="Money", weight=3, full_at=200),
		score_rule("Invoice Count", "Bands", name="Often", weight=1, bands=bands, window_days=90),
		score_rule("Revenue Growth %", name="Growth", points_if_missing=50),
	]
	told = _explain(facts_of(doc("a", 10, 100)), policy_of(*rules))
	assert (told["as_of"], told["tier"], told["score"]) == ("2024-06-30", "Silver", 46)
	assert told["usual_gap"] == 90 and not told["own_gap"]
	assert told["rules"] == [
		{"rule": "Money", "metric": "Revenue", "method": "Linear", "unit": "currency", "window": "Rolling",
			"window_days": 365, "value": 100, "missing": False, "points": 50, "weight": 3, "next": None,
			"share": 0.6, "contribution": 30},
		{"rule": "Often", "metric": "Invoice Count", "method": "Bands", "unit": "count", "window": "Rolling",
			"window_days": 90, "value": 1, "missing": False, "points": 30, "weight": 1,
			"next": {"value": 5, "points": 90}, "share": 0.2, "contribution": 6},
		{"rule": "Growth", "metric": "Revenue Growth %", "method": "Linear", "unit": "percent",
			"window": "Rolling", "window_days": 365, "value": None, "missing": True, "points": 50,
			"weight": 1, "next": None, "share": 0.2, "contribution": 10},
	]  # fmt: skip
	assert told["floors"] == told["caps"] == []
	assert told["held"] is None and told["override"] is None


def test_a_gap_is_his_own_from_the_third_purchase_day_on() -> None:
	three = [doc("a", day, 10) for day in (50, 30, 10)]
	assert not _explain(facts_of(*three[:2]), policy_of(PLAIN))["own_gap"]
	assert not _explain(facts_of(*three[:2], doc("a", 30, 10)), policy_of(PLAIN))["own_gap"]
	told = _explain(facts_of(*three), policy_of(PLAIN))
	assert told["own_gap"] and told["usual_gap"] == 20


def test_a_rule_by_stage_has_neither_metric_nor_value() -> None:
	bands = [{"stage": "New", "points": 70}]
	told = _explain(facts_of(doc("a", 10, 1)), policy_of(score_rule("", "By Stage", name="S", bands=bands)))
	rule = told["rules"][0]
	assert (rule["metric"], rule["value"], rule["points"], rule["missing"]) == ("", None, 70, False)


def test_rules_out_of_scope_are_not_told() -> None:
	told = _explain(facts_of(doc("a", 10, 50)), policy_of(PLAIN, score_rule("Tenure", territory="Mars")))
	assert [rule["rule"] for rule in told["rules"]] == ["Spending"]


def test_the_distance_to_the_tier_above_and_to_the_fall_is_in_points_of_the_score() -> None:
	told = _explain(facts_of(doc("a", 10, 50)), policy_of(PLAIN))
	assert told["above"] == {
		"tier": "Gold",
		"points": 20,
		"ways": [{"rule": "Spending", "metric": "Revenue", "unit": "currency", "value": 70}],
	}
	assert told["below"] == {"tier": "Bronze", "points": 5}


def test_at_the_ends_of_the_ladder_there_is_nothing_above_or_below() -> None:
	facts = facts_of(doc("top", 10, 90), doc("low", 10, 10))
	assert _explain(facts, policy_of(PLAIN), "top")["above"] is None
	assert _explain(facts, policy_of(PLAIN), "low")["below"] is None


def test_who_is_unrated_is_told_his_values_but_no_distance() -> None:
	told = _explain(facts_of(doc("a", 10, -5)), policy_of(PLAIN))
	assert (told["tier"], told["score"], told["above"], told["below"]) == (None, None, None, None)


def test_floors_and_caps_that_acted_are_told_with_their_condition() -> None:
	rules = [
		{"name": "F", "type": "Floor", "metric": "Revenue", "value": 40, "tier": "Gold"},
		{"name": "idle", "type": "Floor", "metric": "Revenue", "value": 60, "tier": "Platinum"},
		{"name": "C", "type": "Cap", "metric": "Recency", "condition": "Between", "value": 5, "value_to": 20,
			"tier": "Silver"},
	]  # fmt: skip
	told = _explain(facts_of(doc("a", 10, 50)), policy_of(PLAIN, *rules))
	assert told["floors"] == [
		{"rule": "F", "tier": "Gold", "metric": "Revenue", "unit": "currency", "value": 50, "condition": ">=",
			"limit": 40, "limit_to": None}
	]  # fmt: skip
	assert told["caps"] == [
		{"rule": "C", "tier": "Silver", "metric": "Recency", "unit": "days", "value": 10,
			"condition": "Between", "limit": 5, "limit_to": 20}
	]  # fmt: skip


def test_a_customer_held_up_by_grace_sees_how_far_the_score_is_below_already() -> None:
	tiers = [{**tier, "grace_days": 30} for tier in TIERS]
	facts = facts_of(doc("a", 10, 90), doc("a", 1, -60))
	before = evaluate(facts, policy_of(PLAIN, tiers=tiers), ago(5)).scores
	told = _explain(facts, policy_of(PLAIN, tiers=tiers), previous=before)
	assert told["tier"] == "Platinum" and told["score"] == 30
	assert told["below"] == {"tier": "Gold", "points": -55}
	assert told["above"] is None
	way = {"rule": "Spending", "metric": "Revenue", "unit": "currency", "value": 85}
	assert told["held"] == {
		"by": "grace", "until": ago(-30).isoformat(), "falls_to": "Bronze", "ways": [way],
	}  # fmt: skip


def test_the_next_threshold_gives_the_points_of_all_that_equal_it() -> None:
	facts = facts_of(doc("a", 10, 1), doc("b", 10, 2))  # cut points 1, 2, 2 and nobody
	rule = _explain(facts, policy_of(score_rule(method="Quantile")))["rules"][0]
	assert (rule["points"], rule["next"]) == (40, {"value": 2, "points": 80})
	best = _explain(facts, policy_of(score_rule(method="Quantile")), "b")["rules"][0]
	assert (best["points"], best["next"]) == (80, None)


def test_the_next_threshold_of_recency_is_a_shorter_silence() -> None:
	facts = facts_of(*(doc(name, days, 1) for name, days in (("a", 50), ("b", 30), ("c", 10))))
	rule = _explain(facts, policy_of(score_rule("Recency", "Quantile", buckets=3)))["rules"][0]
	assert (rule["value"], rule["next"]["value"]) == (50, 30)


def test_who_sells_nothing_needs_the_least_amount_for_a_share() -> None:
	facts = facts_of(doc("a", 500, 1), doc("b", 10, 60), doc("c", 10, 40))
	rule = _explain(facts, policy_of(score_rule(method="Pareto", bands=ABC)))["rules"][0]
	assert (rule["value"], rule["points"], rule["next"]) == (0, 0, {"value": 0.0001, "points": 20})


@pytest.mark.parametrize("name", policies.names())
def test_every_explanation_is_plain_json(name: str) -> None:
	facts = facts_of(doc("a", 10, 50), doc("a", 400, 9), doc("b", 500, 70), doc("c", 3, -1))
	found = evaluate(facts, Policy.from_dict(policies.load(name)), AS_OF)
	for customer in "abc":
		told = found.explain(customer)
		assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_customer_who_was_not_evaluated_is_a_key_error() -> None:
	with pytest.raises(KeyError, match="zoe"):
		_explain(facts_of(doc("a", 10, 50)), policy_of(PLAIN), "zoe")


AMOUNTS = st.integers(1, 20_000).map(lambda cents: cents / 100)
WEIGHTS = st.lists(st.integers(1, 97), min_size=3, max_size=3)


def _three_rules(weights: list[int]) -> Policy:
	bands = [{"at_least": at * 40, "points": at * 25 + 0.33} for at in range(4)]
	one, two, three = weights
	return policy_of(
		score_rule(window="All Time", name="Line", weight=one, zero_at=3, full_at=173),
		score_rule(window="All Time", method="Bands", name="Bands", weight=two, bands=bands),
		score_rule("Tenure", name="Tenure", weight=three, full_at=700),
	)


@given(AMOUNTS, WEIGHTS, st.integers(0, 900))
def test_contributions_add_up_to_the_score(amount: float, weights: list[int], tenure: int) -> None:
	told = _explain(facts_of(doc("a", tenure, amount)), _three_rules(weights))
	assert sum(rule["contribution"] for rule in told["rules"]) == pytest.approx(told["score"], abs=0.01)
	assert sum(rule["share"] for rule in told["rules"]) == pytest.approx(1, abs=1e-5)


@given(AMOUNTS, WEIGHTS, st.integers(0, 900))
def test_the_points_to_the_tiers_around_are_those_of_the_ladder(
	amount: float, weights: list[int], tenure: int
) -> None:
	policy = _three_rules(weights)
	told = _explain(facts_of(doc("a", tenure, amount)), policy)
	rung = policy.position(told["tier"])
	above, below = told["above"], told["below"]
	assert (above is None, below is None) == (rung == 3, rung == 0)
	if above:
		assert above["tier"] == policy.tiers[rung + 1].name
		assert told["score"] + above["points"] == pytest.approx(policy.tiers[rung + 1].min_score)
	if below:
		assert below["tier"] == policy.tiers[rung - 1].name
		assert told["score"] - below["points"] == pytest.approx(policy.tiers[rung].min_score)


@given(AMOUNTS, st.lists(st.integers(1, 97), min_size=2, max_size=2), st.booleans())
def test_a_way_really_leads_to_the_tier_above(amount: float, weights: list[int], banded: bool) -> None:
	by_amount, by_tenure = weights
	method = (
		{"method": "Bands", "bands": [{"at_least": at * 40 + 0.5, "points": at * 33.3} for at in range(4)]}
		if banded
		else {"zero_at": 3, "full_at": 173}
	)
	policy = policy_of(
		score_rule(window="All Time", name="Money", weight=by_amount, **method),
		score_rule("Tenure", name="Tenure", weight=by_tenure, full_at=700),
	)
	told = _explain(facts_of(doc("a", 100, amount)), policy)
	assume(told["above"] and told["above"]["ways"])
	for way in told["above"]["ways"]:
		if way["rule"] == "Money":  # as much as said, to the last decimal that an amount can have
			facts = facts_of(doc("a", 100, math.ceil(way["value"] * 1e4 - 1e-6) / 1e4))
		else:
			facts = facts_of(doc("a", math.ceil(way["value"] - 1e-9), amount))
		rung = policy.position(evaluate(facts, policy, AS_OF).scores.loc[0, "tier"])
		assert rung >= policy.position(told["above"]["tier"])


@given(AMOUNTS)
def test_no_way_is_told_where_one_rule_alone_is_not_enough(amount: float) -> None:
	policy = policy_of(score_rule(weight=1), score_rule("Tenure", weight=9, full_at=10_000))
	assert _explain(facts_of(doc("a", 0, amount)), policy)["above"]["ways"] == [
		{"rule": "Tenure 2", "metric": "Tenure", "unit": "days", "value": pytest.approx(value)}
		for value in [10_000 * (45 - min(amount, 100) / 10) / 90]
	]


@given(st.lists(st.integers(1, 60), min_size=3, max_size=12))
def test_a_way_through_a_quantile_holds_by_the_stored_cut_points(amounts: list[int]) -> None:
	facts = facts_of(*(doc(f"c{at:02}", 10, amount) for at, amount in enumerate(amounts)))
	policy = policy_of(score_rule(method="Quantile"))
	full = evaluate(facts, policy, AS_OF)
	for customer in full.scores["customer"]:
		above = full.explain(customer)["above"]
		for way in above["ways"] if above else ():
			richer = facts_of(doc("z", 10, way["value"]))
			found = evaluate(richer, policy, AS_OF, cut_points=full.cut_points)
			assert policy.position(found.scores.loc[0, "tier"]) >= policy.position(above["tier"])
