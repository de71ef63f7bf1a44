"""From values to points by each method, the weighted score, scopes, floors and caps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine import Policy, evaluate
from customer_tiering.engine.scoring import buckets_of, quantile_cuts
from engine.builders import (
	AS_OF,
	PLAIN,
	customers_of,
	doc,
	facts_of,
	grade,
	points_of,
	policy_of,
	score_rule,
)

# -- Bands -------------------------------------------------------------------------------------------

BANDS = [{"at_least": 10, "points": 20}, {"at_least": 20, "points": 55}, {"at_least": 100, "points": 100}]


@pytest.mark.parametrize(
	("value", "points"),
	[(9.99, 0), (10, 20), (10.01, 20), (19.9999, 20), (20, 55), (99.99, 55), (100, 100), (1e9, 100)],
)
def test_bands_give_the_points_of_the_greatest_start_that_is_reached(value: float, points: float) -> None:
	assert points_of({"a": value}, method="Bands", bands=BANDS) == {"a": points}


def test_bands_may_fall_where_less_is_better() -> None:
	bands = [{"at_least": 0, "points": 100}, {"at_least": 30, "points": 50}, {"at_least": 90, "points": 0}]
	facts = facts_of(*(doc(f"{days:03}", days, 10) for days in (0, 29, 30, 89, 90, 400)))
	scores = grade(facts, policy_of(score_rule("Recency", "Bands", bands=bands)))["score"]
	assert scores.to_dict() == {"000": 100, "029": 100, "030": 50, "089": 50, "090": 0, "400": 0}


def test_bands_may_start_below_zero() -> None:
	facts = facts_of(doc("a", 20, 10), doc("a", 10, -15))
	bands = [{"at_least": -10, "points": 30}, {"at_least": 0, "points": 60}]
	assert grade(facts, policy_of(score_rule("Revenue", "Bands", bands=bands)))["score"].to_dict() == {
		"a": 30
	}


# -- Quantile ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("values", "buckets", "points"),
	[
		([1, 2, 3, 4, 5], 5, [20, 40, 60, 80, 100]),
		([5, 1, 4, 2, 3], 5, [100, 20, 80, 40, 60]),
		([7], 5, [60]),
		([7], 2, [100]),  # min(2, 1 + 2 * ½)
		([7], 10, [60]),
		([7, 7, 7, 7], 5, [60, 60, 60, 60]),
		([1, 2], 5, [40, 80]),  # buckets 1, 3 and 5 are empty
		([1, 1, 1, 9], 4, [50, 50, 50, 100]),
		([1, 2, 2, 3], 4, [25, 75, 75, 100]),
		([1, 2, 3, 4], 2, [50, 50, 100, 100]),
	],
)
def test_quantile_points_keep_ties_together(values: list[float], buckets: int, points: list[float]) -> None:
	names = [f"c{at:02}" for at in range(len(values))]
	found = points_of(dict(zip(names, values, strict=True)), method="Quantile", buckets=buckets)
	assert list(found.values()) == points


def test_quantile_of_a_metric_where_less_is_better_gives_the_least_most() -> None:
	facts = facts_of(*(doc(f"c{days}", days, 10) for days in (1, 2, 3, 4, 5)))
	scores = grade(facts, policy_of(score_rule("Recency", "Quantile")))["score"]
	assert scores.tolist() == [100, 80, 60, 40, 20]
	turned = grade(facts, policy_of(score_rule("Recency", "Quantile", better="Higher")))["score"]
	assert turned.tolist() == [20, 40, 60, 80, 100]


def _bucket_by_definition(value: float, population: list[float], buckets: int, lower: bool) -> int:
	worse = sum(one > value if lower else one < value for one in population)
	equal = sum(one == value for one in population)
	return min(buckets, 1 + buckets * (2 * worse + equal) // (2 * len(population)))


POPULATION = st.lists(st.integers(-5, 25).map(float), min_size=1, max_size=40)


@given(POPULATION, st.integers(2, 10), st.booleans())
def test_stored_cut_points_give_the_bucket_of_the_definition(
	population: list[float], buckets: int, lower: bool
) -> None:
	cuts = quantile_cuts(np.array(population), buckets, lower)
	found = buckets_of(np.array(population), cuts, lower)
	assert found.tolist() == [_bucket_by_definition(v, population, buckets, lower) for v in population]


@given(POPULATION, st.integers(2, 10), st.booleans())
def test_a_cut_point_is_the_least_good_value_in_its_bucket_or_a_better_one(
	population: list[float], buckets: int, lower: bool
) -> None:
	cuts = quantile_cuts(np.array(population), buckets, lower)
	assert len(cuts) == buckets - 1
	for bucket, cut in enumerate(cuts, start=2):
		inside = [v for v in population if _bucket_by_definition(v, population, buckets, lower) >= bucket]
		assert cut == ((max(inside) if lower else min(inside)) if inside else None)


def test_the_population_leaves_out_the_disabled_the_undefined_and_who_is_out_of_scope() -> None:
	facts = facts_of(
		*(doc(name, 10, amount) for name, amount in zip("abcde", (10, 20, 30, 60, 50), strict=True)),
		doc("returner", 10, -99),
		customers=customers_of(
			a={"customer_type": "Company"}, b={"customer_type": "Company"}, c={"customer_type": "Individual"},
			d={"customer_type": "Company", "disabled": 1}, e={"customer_type": "Company", "disabled": 0},
			returner={"customer_type": "Company"},
		),
	)  # fmt: skip
	policy = policy_of(score_rule(method="Quantile", buckets=3, customer_type="Company"))
	found = evaluate(facts, policy, AS_OF)
	assert found.cut_points["rules"] == {"Revenue 1": [20.0, 50.0]}
	scores = found.scores.set_index("customer")["score"]
	assert scores.dropna().round(2).to_dict() == {"a": 33.33, "b": 66.67, "e": 100.0}


def test_nobody_at_all_leaves_every_bucket_empty_and_is_no_error() -> None:
	facts = facts_of(doc("returner", 10, -5))
	found = evaluate(facts, policy_of(score_rule(method="Quantile")), AS_OF)
	assert found.cut_points["rules"]["Revenue 1"] == [None] * 4
	assert found.scores["score"].isna().all()


def test_no_documents_at_all_is_no_error() -> None:
	found = evaluate(facts_of(), policy_of(score_rule(method="Quantile")), AS_OF)
	assert len(found.scores) == 0 and len(found.changes) == 0


# -- Linear ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("value", "points"), [(0.01, 0), (50, 0), (50.5, 0.5), (75, 25), (149.99, 99.99), (150, 100), (900, 100)]
)
def test_linear_rises_from_zero_at_to_full_at_and_is_clamped(value: float, points: float) -> None:
	assert points_of({"a": value}, zero_at=50, full_at=150) == {"a": points}


@pytest.mark.parametrize(("value", "points"), [(0.01, 100), (50, 100), (75, 75), (150, 0), (151, 0)])
def test_linear_falls_where_full_at_is_below_zero_at(value: float, points: float) -> None:
	assert points_of({"a": value}, zero_at=150, full_at=50) == {"a": points}


# -- Pareto ------------------------------------------------------------------------------------------

ABC = [
	{"up_to_share": 80, "points": 100},
	{"up_to_share": 95, "points": 50},
	{"up_to_share": 100, "points": 10},
]


@pytest.mark.parametrize(
	("values", "points"),
	[
		([80, 15, 5], [100, 50, 10]),  # 80 % before b is not below 80
		([79, 16, 5], [100, 100, 10]),
		([50, 29, 16, 5], [100, 100, 100, 10]),
		([100], [100]),
		([40, 40, 20], [100, 100, 50]),
		([25, 25, 25, 25], [100, 100, 100, 100]),  # equal values share the part before their group
		([90, 5, 5], [100, 50, 50]),
	],
)
def test_pareto_counts_the_share_before_the_group_of_equals(values: list[float], points: list[float]) -> None:
	names = [f"c{at}" for at in range(len(values))]
	found = points_of(dict(zip(names, values, strict=True)), method="Pareto", bands=ABC)
	assert list(found.values()) == points


def test_pareto_gives_nothing_to_values_of_zero_or_less() -> None:
	facts = facts_of(
		doc("a", 10, 100),
		doc("even", 500, 50),  # bought once, not in the window: 0
		doc("minus", 500, 50),
		doc("minus", 10, -20),
		doc("crumb", 10, 0.01),
	)
	scores = grade(facts, policy_of(score_rule(method="Pareto", bands=ABC)))["score"]
	assert scores.to_dict() == {"a": 100, "crumb": 10, "even": 0, "minus": 0}


def test_pareto_gives_nothing_beyond_a_last_row_that_ends_below_100() -> None:
	bands = [{"up_to_share": 50, "points": 100}, {"up_to_share": 80, "points": 40}]
	values = {"a": 50, "b": 30, "c": 20}
	assert points_of(values, method="Pareto", bands=bands) == {"a": 100, "b": 40, "c": 0}


def test_pareto_ranks_the_largest_first_whichever_way_is_better() -> None:
	facts = facts_of(doc("a", 80, 10), doc("b", 15, 10), doc("c", 5, 10))
	policy = policy_of(score_rule("Recency", "Pareto", bands=ABC))
	full = evaluate(facts, policy, AS_OF)
	assert full.scores["score"].tolist() == [100, 50, 10]
	today = evaluate(facts_of(doc("a", 0, 10)), policy, AS_OF)  # a population without any value above zero
	again = evaluate(facts, policy, AS_OF, cut_points=today.cut_points)
	assert again.scores["score"].tolist() == [10, 10, 10]


def _pareto_by_definition(value: float, population: list[float], bands: list[dict[str, float]]) -> float:
	positive = [one for one in population if one > 0]
	if value <= 0:
		return 0.0
	share = sum(one for one in positive if one > value) / sum(positive) * 100
	return next((row["points"] for row in bands if row["up_to_share"] > share + 1e-9), 0.0)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=25), st.sampled_from([60, 95, 100]))
def test_pareto_agrees_with_its_definition(values: list[int], last: int) -> None:
	bands: list[dict[str, float]] = [{"up_to_share": 50, "points": 90}, {"up_to_share": last, "points": 30}]
	names = {f"c{at:02}": float(value) for at, value in enumerate(values)}
	found = points_of(names, method="Pareto", bands=bands)
	population = list(names.values())
	assert found == {name: _pareto_by_definition(v, population, bands) for name, v in names.items()}


# -- By Stage ----------------------------------------------------------------------------------------


def test_by_stage_gives_the_points_of_the_stage_and_nothing_to_those_not_listed() -> None:
	facts = facts_of(doc("new", 10, 5), doc("lost", 900, 5), doc("prospect", 10, -5))
	bands = [{"stage": "New", "points": 70}, {"stage": "Prospect", "points": 15}]
	policy = policy_of(score_rule("", "By Stage", bands=bands, name="Stage"), grade_prospects=True)
	scores = grade(facts, policy)
	assert scores["lifecycle_stage"].to_dict() == {"lost": "Lost", "new": "New", "prospect": "Prospect"}
	assert scores["score"].to_dict() == {"lost": 0, "new": 70, "prospect": 15}


# -- the score ---------------------------------------------------------------------------------------


def test_the_score_is_the_weighted_mean_to_two_decimals() -> None:
	facts = facts_of(doc("a", 10, 50))
	rules = [
		score_rule(weight=50, full_at=150),  # 33.33...
		score_rule("Invoice Count", weight=25, full_at=10),  # 10
		score_rule("Recency", weight=25, zero_at=40, full_at=0),  # 75
	]
	assert grade(facts, policy_of(*rules)).loc["a", "score"] == 37.92  # (1666.67 + 250 + 1875) / 100


def test_an_undefined_metric_gives_points_if_missing_and_zero_by_default() -> None:
	facts = facts_of(doc("a", 10, 50))
	growth = score_rule("Revenue Growth %", weight=1)
	revenue = score_rule(full_at=50)
	assert grade(facts, policy_of(revenue, growth)).loc["a", "score"] == 50
	assert grade(facts, policy_of(revenue, {**growth, "points_if_missing": 40})).loc["a", "score"] == 70


def test_a_rule_out_of_scope_takes_no_part_in_the_mean() -> None:
	facts = facts_of(
		doc("a", 10, 40), doc("b", 10, 40),
		customers=customers_of(a={"customer_type": "Company"}, b={"customer_type": "Individual"}),
	)  # fmt: skip
	rules = [score_rule(), score_rule("Invoice Count", customer_type="Company")]
	assert grade(facts, policy_of(*rules))["score"].to_dict() == {"a": 20.5, "b": 40}


def test_who_is_in_the_scope_of_no_score_rule_is_unrated_whatever_the_floors_say() -> None:
	facts = facts_of(doc("a", 10, 99), customers=customers_of(a={"customer_type": "Individual"}))
	floor = {"type": "Floor", "metric": "Revenue", "value": 1, "tier": "Gold"}
	row = grade(facts, policy_of(score_rule(customer_type="Company"), floor)).loc["a"]
	assert math.isnan(row["score"]) and row.isna()["tier"]
	assert row["lifecycle_stage"] == "New" and row["rfm_segment"] == "About to Sleep"


def test_weight_zero_shows_a_metric_without_counting_it() -> None:
	facts = facts_of(doc("a", 10, 40))
	row = grade(facts, policy_of(score_rule(), score_rule("Tenure", weight=0))).loc["a"]
	assert (row["score"], row["tenure"]) == (40, 10)


# -- scopes ------------------------------------------------------------------------------------------

PARENTS = {
	"territory": {"All": None, "Europe": "All", "France": "Europe", "Paris": "France", "Asia": "All"},
	"customer_group": {"Retail": "All Groups", "Shops": "Retail", "All Groups": None},
}
PLACES: dict[str, dict[str, Any]] = {
	"world": {"territory": "All", "customer_group": "All Groups"},
	"europe": {"territory": "Europe", "customer_group": "Retail"},
	"paris": {"territory": "Paris", "customer_group": "Shops"},
	"asia": {"territory": "Asia", "customer_group": "Wholesale"},
	"nowhere": {"territory": None, "customer_group": None},
}


@pytest.mark.parametrize(
	("scope", "inside"),
	[
		({"territory": "All"}, {"world", "europe", "paris", "asia"}),
		({"territory": "Europe"}, {"europe", "paris"}),
		({"territory": "France"}, {"paris"}),
		({"territory": "Paris"}, {"paris"}),
		({"territory": "Mars"}, set()),
		({"customer_group": "Retail"}, {"europe", "paris"}),
		({"customer_group": "Wholesale"}, {"asia"}),  # not in the tree, but his own
		({"customer_group": "Retail", "territory": "France"}, {"paris"}),
		({}, set(PLACES)),
	],
)
def test_a_scope_takes_in_everything_below_it_in_the_tree(scope: dict[str, str], inside: set[str]) -> None:
	facts = facts_of(
		*(doc(name, 10, 50) for name in PLACES), customers=customers_of(**PLACES), parents=PARENTS
	)
	scores = grade(facts, policy_of(score_rule(**scope)))["score"]
	assert set(scores.dropna().index) == inside


def test_a_tree_that_bites_its_tail_is_no_endless_loop() -> None:
	facts = facts_of(
		doc("a", 10, 50),
		customers=customers_of(a={"territory": "X"}),
		parents={"territory": {"X": "Y", "Y": "X"}},
	)
	assert grade(facts, policy_of(score_rule(territory="Z")))["score"].isna().all()
	assert grade(facts, policy_of(score_rule(territory="Y")))["score"].notna().all()


def test_a_rule_of_one_company_is_about_its_customers_and_sees_its_documents_only() -> None:
	facts = facts_of(
		doc("both", 10, 30, company="Acme"), doc("both", 5, 50, company="Beta"), doc("acme", 10, 70),
		doc("returned", 10, -5, company="Beta"), doc("returned", 10, 20, company="Acme"),
	)  # fmt: skip
	policy = policy_of(score_rule(company="Beta", points_if_missing=7), score_rule("Recency", weight=0))
	scores = grade(facts, policy)
	assert scores["score"].dropna().to_dict() == {"both": 50, "returned": 7}
	assert scores.loc["both", "revenue_365d_Beta"] == 50
	assert scores.loc["both", "recency"] == 5


def test_a_policy_of_some_companies_sees_no_other_documents() -> None:
	facts = facts_of(doc("a", 10, 30), doc("a", 5, 50, company="Beta"), doc("b", 5, 50, company="Beta"))
	scores = grade(facts, policy_of(PLAIN, companies=["Acme"]))
	assert scores.loc["a", ["score", "purchases", "recency_days"]].tolist() == [30, 1, 10]
	assert math.isnan(scores.loc["b", "score"]) and scores.loc["b", "lifecycle_stage"] == "Prospect"


# -- floors and caps ---------------------------------------------------------------------------------


def _limit(kind: str, tier: str, **more: Any) -> dict[str, Any]:
	return {"type": kind, "name": f"{kind} {tier}", "metric": "Revenue", "tier": tier, **more}


@pytest.mark.parametrize(
	("condition", "acts_on"),
	[
		({"condition": ">=", "value": 20}, {"c20", "c21", "c40", "c41"}),
		({"condition": "<=", "value": 20}, {"c19", "c20"}),
		({"condition": "Between", "value": 20, "value_to": 40}, {"c20", "c21", "c40"}),
		({"condition": "Between", "value": 21, "value_to": 21}, {"c21"}),
	],
)
def test_a_floor_acts_on_its_limits_too(condition: dict[str, Any], acts_on: set[str]) -> None:
	facts = facts_of(*(doc(f"c{amount}", 10, amount) for amount in (19, 20, 21, 40, 41)))
	scores = grade(facts, policy_of(PLAIN, _limit("Floor", "Gold", **condition)))
	assert set(scores.index[scores["tier"] == "Gold"]) == acts_on
	assert scores["score"].tolist() == [19, 20, 21, 40, 41]  # a floor moves the tier, never the score


def test_a_cap_holds_down_and_leaves_alone_who_is_below_it() -> None:
	facts = facts_of(doc("high", 10, 95), doc("low", 10, 20))
	scores = grade(facts, policy_of(PLAIN, _limit("Cap", "Silver", value=1)))
	assert scores["tier"].to_dict() == {"high": "Silver", "low": "Bronze"}


def test_a_floor_leaves_alone_who_is_above_it() -> None:
	facts = facts_of(doc("high", 10, 95))
	assert grade(facts, policy_of(PLAIN, _limit("Floor", "Silver", value=1)))["tier"].tolist() == ["Platinum"]


def test_floors_come_first_and_caps_have_the_last_word() -> None:
	facts = facts_of(doc("a", 10, 20))
	cap = {"type": "Cap", "metric": "Recency", "value": 5, "tier": "Silver"}
	for rules in ([_limit("Floor", "Platinum", value=1), cap], [cap, _limit("Floor", "Platinum", value=1)]):
		assert grade(facts, policy_of(PLAIN, *rules))["tier"].tolist() == ["Silver"]


def test_of_several_floors_the_highest_counts_and_of_several_caps_the_lowest() -> None:
	facts = facts_of(doc("a", 10, 20), doc("b", 40, 95))
	floors = [_limit("Floor", "Gold", value=1), _limit("Floor", "Silver", value=2)]
	caps = [
		{"type": "Cap", "metric": "Recency", "value": 30, "tier": tier}
		for tier in ("Gold", "Bronze", "Silver")
	]
	assert grade(facts, policy_of(PLAIN, *floors, *caps))["tier"].to_dict() == {"a": "Gold", "b": "Bronze"}


def test_a_condition_never_holds_where_the_metric_is_undefined() -> None:
	facts = facts_of(doc("a", 10, 95))
	cap = {"type": "Cap", "metric": "Revenue Growth %", "condition": "<=", "value": 1e9, "tier": "Bronze"}
	assert grade(facts, policy_of(PLAIN, cap))["tier"].tolist() == ["Platinum"]


def test_a_floor_has_a_scope_too() -> None:
	facts = facts_of(
		doc("a", 10, 20), doc("b", 10, 20), customers=customers_of(a={"customer_group": "VIP"}, b={})
	)
	floor = _limit("Floor", "Gold", value=0, customer_group="VIP")
	assert grade(facts, policy_of(PLAIN, floor))["tier"].to_dict() == {"a": "Gold", "b": "Bronze"}


# -- stored cut points -------------------------------------------------------------------------------


def _quantile_policy(**more: Any) -> Policy:
	return policy_of(score_rule(method="Quantile", name="Q", **more))


def test_a_value_beyond_the_stored_population_reaches_the_best_bucket_there_was() -> None:
	stored = evaluate(facts_of(doc("a", 10, 1), doc("b", 10, 2)), _quantile_policy(), AS_OF).cut_points
	assert stored["rules"]["Q"] == [1.0, 2.0, 2.0, None]
	later = evaluate(facts_of(doc("z", 10, 1000)), _quantile_policy(), AS_OF, cut_points=stored)
	assert later.scores["score"].tolist() == [80]
	assert later.cut_points == stored


def test_cut_points_of_another_policy_are_refused() -> None:
	facts = facts_of(doc("a", 10, 1))
	stored = evaluate(facts, _quantile_policy(), AS_OF).cut_points
	with pytest.raises(
		ValueError, match=r"There are no cut points for rule Other; evaluate everyone first\."
	):
		evaluate(facts, policy_of(score_rule(method="Quantile", name="Other")), AS_OF, cut_points=stored)
	with pytest.raises(ValueError, match="The cut points for rule Q are another policy's"):
		evaluate(facts, _quantile_policy(buckets=4), AS_OF, cut_points=stored)
