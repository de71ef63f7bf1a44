"""A policy is data: what is refused and in which words, and what comes back as it went in."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering import policies
from customer_tiering.engine import Policy, PolicyError
from customer_tiering.engine.metrics import METRICS
from customer_tiering.engine.policy import COLORS, Tier
from customer_tiering.engine.stages import STAGES

TOP = {"name": "Top", "min_score": 50}
LOW = {"name": "Low", "min_score": 0}
RULE = {
	"name": "R",
	"metric": "Revenue",
	"method": "Bands",
	"weight": 1,
	"bands": [{"at_least": 1, "points": 10}, {"at_least": 5, "points": 50}],
}
FLOOR = {"name": "F", "type": "Floor", "metric": "Revenue", "condition": ">=", "value": 10, "tier": "Top"}
CAP = {"name": "C", "type": "Cap", "metric": "Revenue", "condition": ">=", "value": 20, "tier": "Low"}
GOOD: dict[str, Any] = {"name": "good", "tiers": [TOP, LOW], "rules": [RULE]}


def problems_of(data: Any) -> list[str]:
	"""The sentences by which a policy is refused."""
	with pytest.raises(PolicyError) as refused:
		Policy.from_dict(data)
	assert str(refused.value) == "\n".join(map(str, refused.value.problems))
	return [str(problem) for problem in refused.value.problems]


BAD_TIERS = [
	([], "The policy has no tiers; add at least one with min_score 0."),
	([TOP], "Tier Top: the lowest tier must have min_score 0, it has 50; set it to 0."),
	([LOW, {"name": "X", "min_score": 0}], "Tiers Low and X share min_score 0; give each its own."),
	([LOW, {"name": "X", "min_score": 101}], "Tier X: min_score is 101; it must lie between 0 and 100."),
	([LOW, {"name": "X", "min_score": -0.5}], "Tier X: min_score is -0.5; it must lie between 0 and 100."),
	([LOW, {"name": "X"}], "Tier X: min_score is missing; fill it in."),
	([LOW, {"name": "X", "min_score": "50"}], "Tier X: min_score must be a number."),
	(
		[LOW, {"name": "X", "min_score": 1.005}],
		"Tier X: min_score is 1.005; scores have two decimals, so give no more.",
	),
	([LOW, {"min_score": 4}], "Tier 2: name is missing; fill it in."),
	([LOW, {"name": "  ", "min_score": 4}], "Tier 2: name is missing; fill it in."),
	([LOW, {"name": ["X"], "min_score": 4}], "Tier 2: name must be text."),
	([LOW, {**LOW, "min_score": 5}], "Tier Low is listed twice; keep one."),
	([LOW, {**TOP, "grace_days": -1}], "Tier Top: grace_days is -1; it must lie between 0 and 36500."),
	([LOW, {**TOP, "hold_days": 0.5}], "Tier Top: hold_days is 0.5; it must be a whole number."),
	([LOW, {**TOP, "grace_day": 1}], "Tier Top: grace_day is not a field; did you mean grace_days?"),
	(
		[LOW, {**TOP, "color": "Mauve"}],
		f"Tier Top: color cannot be Mauve; choose one of {', '.join(COLORS)}.",
	),
]


@pytest.mark.parametrize(("tiers", "sentence"), BAD_TIERS)
def test_a_bad_ladder_is_refused_with_one_sentence_that_says_what_to_do(
	tiers: list[Any], sentence: str
) -> None:
	assert problems_of({**GOOD, "tiers": tiers}) == [sentence]


BAD_RULE_FIELDS = [
	({"weight": -1}, "Rule R: weight is -1; it must lie between 0 and 1000000."),
	({"weight": "NaN"}, "Rule R: weight must be a number."),
	({"weight": math.nan}, "Rule R: weight must be a number."),
	({"weight": math.inf}, "Rule R: weight must be a number."),
	({"weight": True}, "Rule R: weight must be a number."),
	({"weight": 10**400}, "Rule R: weight is too large; it must lie between 0 and 1000000."),
	(
		{"weight": 0},
		"The weights of the Score rules sum to nothing; give at least one a weight above 0.",
	),
	({"metric": "Revenu"}, f"Rule R: metric cannot be Revenu; choose one of {', '.join(METRICS)}."),
	({"metric": ""}, "Rule R: metric is missing; fill it in."),
	({"method": None}, "Rule R: method is missing; fill it in."),
	(
		{"method": "Band"},
		"Rule R: method cannot be Band; choose one of Bands, Quantile, Linear, Pareto, By Stage.",
	),
	({"bands": []}, "Rule R: bands has no rows; add at least one with points."),
	({"bands": "none"}, "Rule R: bands must be a list."),
	({"bands": [1]}, "Rule R: each entry of bands must be an object."),
	(
		{"bands": [{"at_least": 5, "points": 1}, {"at_least": 5, "points": 2}]},
		"Rule R: bands are out of order; list at_least from the smallest to the largest, each once.",
	),
	({"bands": [{"at_least": 5, "points": 101}]}, "Rule R: points is 101; it must lie between 0 and 100."),
	({"bands": [{"at_least": 5}]}, "Rule R: points is missing; fill it in."),
	({"bands": [{"points": 5}]}, "Rule R: at_least is missing; fill it in."),
	(
		{"bands": [{"at_least": 5, "points": 5, "up_to_share": 80}]},
		"Rule R: up_to_share is not a field; remove it.",
	),
	({"method": "Linear", "full_at": 5}, "Rule R: zero_at is missing; fill it in."),
	(
		{"method": "Linear", "zero_at": 5, "full_at": 5},
		"Rule R: zero_at and full_at are both 5; they must differ.",
	),
	(
		{"method": "Pareto", "bands": [{"up_to_share": 0, "points": 5}]},
		"Rule R: up_to_share is a percentage; keep each above 0 and up to 100.",
	),
	(
		{"method": "Pareto", "bands": [{"up_to_share": 120, "points": 5}]},
		"Rule R: up_to_share is a percentage; keep each above 0 and up to 100.",
	),
	(
		{"method": "Pareto", "bands": [{"up_to_share": 80, "points": 5}, {"up_to_share": 90, "points": 6}]},
		"Rule R: the points of a Pareto rule may not rise down the rows; sort them.",
	),
	(
		{"method": "Pareto", "bands": [{"up_to_share": 80, "points": 5}, {"up_to_share": 70, "points": 4}]},
		"Rule R: bands are out of order; list up_to_share from the smallest to the largest, each once.",
	),
	(
		{"method": "By Stage", "bands": [{"stage": "Lost", "points": 5}, {"stage": "Lost", "points": 6}]},
		"Rule R: stage Lost is listed twice; keep one row.",
	),
	(
		{"method": "By Stage", "bands": [{"stage": "Los", "points": 5}]},
		f"Rule R: stage cannot be Los; choose one of {', '.join(STAGES)}.",
	),
	({"method": "Quantile", "buckets": 101}, "Rule R: buckets is 101; it must lie between 2 and 100."),
	({"method": "Quantile", "buckets": 1}, "Rule R: buckets is 1; it must lie between 2 and 100."),
	({"method": "Quantile", "buckets": 2.5}, "Rule R: buckets is 2.5; it must be a whole number."),
	({"window_days": 0}, "Rule R: window_days is 0; it must lie between 1 and 36500."),
	({"window": "Weekly"}, "Rule R: window cannot be Weekly; choose one of Rolling, All Time, Fiscal Year."),
	(
		{"metric": "Revenue Growth %", "window": "All Time"},
		"Rule R: Revenue Growth % compares with the window before, which All Time does not have; "
		"set window to Rolling.",
	),
	({"points_if_missing": 101}, "Rule R: points_if_missing is 101; it must lie between 0 and 100."),
	({"better": "Up"}, "Rule R: better cannot be Up; choose one of Higher, Lower."),
	({"name": ""}, "Rule 1: name is missing; fill it in."),
	({"name": "R" * 141}, f"Rule {'R' * 140}: name is longer than 140 characters; shorten it."),
	({"colour": "x"}, "Rule R: colour is not a field; remove it."),
	({"wieght": 5}, "Rule R: wieght is not a field; did you mean weight?"),
	({"company": 5}, "Rule R: company must be text."),
	({"territory": "half \ud800"}, "Rule R: territory must be text."),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD_RULE_FIELDS)
def test_a_bad_score_rule_is_refused_with_one_sentence_that_says_what_to_do(
	fields: dict[str, Any], sentence: str
) -> None:
	assert problems_of({**GOOD, "rules": [{**RULE, **fields}]}) == [sentence]


BAD_LIMITS = [
	({"tier": ""}, "Rule F: tier is missing; fill it in."),
	({"tier": "Gold"}, "Rule F: tier Gold is not in this policy; choose one of its tiers."),
	({"value": None}, "Rule F: value is missing; fill it in."),
	({"condition": "Between"}, "Rule F: value_to is missing; fill it in."),
	({"condition": "Between", "value_to": 9}, "Rule F: value is above value_to; swap them."),
	({"condition": "=="}, "Rule F: condition cannot be ==; choose one of >=, <=, Between."),
	({"type": "Bonus", "method": "Linear", "zero_at": 0, "full_at": 1},
		"Rule F: type cannot be Bonus; choose one of Score, Floor, Cap."),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "sentence"), BAD_LIMITS)
def test_a_bad_floor_is_refused_with_one_sentence_that_says_what_to_do(
	fields: dict[str, Any], sentence: str
) -> None:
	assert problems_of({**GOOD, "rules": [RULE, {**FLOOR, **fields}]}) == [sentence]


BAD_WHOLES = [
	({"rules": []}, "The policy has no rule of type Score; add one, or nobody can be graded."),
	({"rules": [RULE, RULE]}, "Rule R is listed twice; give each rule its own name."),
	(
		{"rules": [{**RULE, "name": f"R{at}"} for at in range(101)]},
		"The policy has 101 rules; keep to 100.",
	),
	({"name": 5}, "Policy: name must be text."),
	({"description": "x" * 2001}, "Policy: description is longer than 2000 characters; shorten it."),
	({"grade_prospects": "yes"}, "Policy: grade_prospects must be true or false."),
	({"one_step_down": 2}, "Policy: one_step_down must be true or false."),
	({"margin": -1}, "Policy: margin is -1; it must lie between 0 and 100."),
	({"margin": 0.005}, "Policy: margin is 0.005; scores have two decimals, so give no more."),
	({"reviewed": "Weekly"}, "Policy: reviewed cannot be Weekly; choose one of Always, Monthly, Quarterly."),
	({"rises_between_reviews": "no"}, "Policy: rises_between_reviews must be true or false."),
	({"returns_dated": "Never"}, "Policy: returns_dated cannot be Never; choose one of Return, Original."),
	({"companies": "Acme"}, "Policy: companies must be a list."),
	({"companies": ["Acme", 5]}, "Policy: each entry of companies must be text."),
	(
		{"fiscal_year_start_month": 13},
		"Policy: fiscal_year_start_month is 13; it must lie between 1 and 12.",
	),
	({"rfm_window_days": -1}, "Policy: rfm_window_days is -1; it must lie between 0 and 36500."),
	({"stages": [1]}, "Policy: stages must be an object."),
	({"stages": {"new_days": 1.5}}, "Policy: new_days is 1.5; it must be a whole number."),
	({"stages": {"min_gap": 200}}, "Policy: min_gap is above max_gap; swap them."),
	({"stages": {"declining_factor": 2}}, "Policy: declining_factor is above growing_factor; swap them."),
	(
		{"stages": {"at_risk_gaps": 9}},
		"Policy: at_risk_gaps is above lost_gaps; a customer is at risk before he is lost.",
	),
	({"stages": {"lost_day": 9}}, "Policy: lost_day is not a field; did you mean lost_days?"),
	({"tires": []}, "Policy: tires is not a field; did you mean tiers?"),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD_WHOLES)
def test_a_bad_policy_is_refused_with_one_sentence_that_says_what_to_do(
	fields: dict[str, Any], sentence: str
) -> None:
	assert problems_of({**GOOD, **fields}) == [sentence]


@pytest.mark.parametrize("data", [None, [], "rfm", 5, True])
def test_what_is_not_an_object_is_refused(data: Any) -> None:
	assert problems_of(data) == ["A policy is an object with tiers and rules; this is not one."]


def test_all_problems_are_told_at_once() -> None:
	bad = {
		"tiers": [TOP, {"name": "Silver", "min_score": 50}],
		"rules": [{**RULE, "metric": "Turnover", "weight": "much"}, {**FLOOR, "tier": "Gold"}],
		"grade_prospects": "maybe",
	}
	assert set(problems_of(bad)) == {
		"Tier Top: the lowest tier must have min_score 0, it has 50; set it to 0.",
		"Tiers Top and Silver share min_score 50; give each its own.",
		f"Rule R: metric cannot be Turnover; choose one of {', '.join(METRICS)}.",
		"Rule R: weight must be a number.",
		"Rule F: tier Gold is not in this policy; choose one of its tiers.",
		"Policy: grade_prospects must be true or false.",
	}


CONTRADICTION = (
	"Rule F is a floor at Top, above the cap at Low of rule C for the same values of Revenue; "
	"change one of the conditions or tiers."
)


@pytest.mark.parametrize(
	("floor", "cap"),
	[
		({}, {}),
		({"condition": "<=", "value": 20}, {}),  # 20 itself is in both
		({"condition": "Between", "value": 5, "value_to": 20}, {}),
		({"territory": "North"}, {}),
		({"territory": "North"}, {"territory": "North"}),
		({"company": "Acme"}, {"company": "Acme"}),
	],
)
def test_a_floor_above_a_cap_is_refused_where_both_can_act_on_one_value(
	floor: dict[str, Any], cap: dict[str, Any]
) -> None:
	assert problems_of({**GOOD, "rules": [RULE, {**FLOOR, **floor}, {**CAP, **cap}]}) == [CONTRADICTION]


def test_the_window_of_a_metric_that_has_none_does_not_hide_a_contradiction() -> None:
	floor = {**FLOOR, "metric": "Recency", "window_days": 30}
	cap = {**CAP, "metric": "Recency", "window": "All Time"}
	sentence = CONTRADICTION.replace("Revenue", "Recency")
	assert problems_of({**GOOD, "rules": [RULE, floor, cap]}) == [sentence]


@pytest.mark.parametrize(
	("floor", "cap"),
	[
		({}, {"metric": "Recency"}),
		({}, {"window_days": 90}),
		({}, {"condition": "<=", "value": 9.99}),
		({"condition": "Between", "value": 5, "value_to": 19.99}, {}),
		({"territory": "North"}, {"territory": "South"}),
		({"company": "Acme"}, {}),  # the value is another one: that company's documents only
		({}, {"tier": "Top"}),
	],
)
def test_a_floor_and_a_cap_that_cannot_meet_on_one_value_are_accepted(
	floor: dict[str, Any], cap: dict[str, Any]
) -> None:
	policy = Policy.from_dict({**GOOD, "rules": [RULE, {**FLOOR, **floor}, {**CAP, **cap}]})
	assert [rule.name for rule in policy.rules] == ["R", "F", "C"]


def test_a_score_rule_does_not_read_a_condition_that_is_left_over() -> None:
	stale = {**RULE, "condition": "Between", "value": 9, "value_to": None, "tier": "Gone"}
	assert Policy.from_dict({**GOOD, "rules": [stale]}) == Policy.from_dict(GOOD)


def test_what_is_left_out_has_its_default() -> None:
	policy = Policy.from_dict(GOOD)
	assert policy.tiers == (Tier("Low", 0.0), Tier("Top", 50.0))
	assert policy.rules[0].window == "Rolling" and policy.rules[0].window_days == 365
	assert (policy.stages.new_days, policy.stages.lost_days, policy.stages.growing_factor) == (90, 180, 1.2)
	assert not policy.grade_prospects and not policy.one_step_down
	assert policy.exclude_opening and policy.exclude_internal


def test_tiers_may_be_listed_in_any_order() -> None:
	assert Policy.from_dict({**GOOD, "tiers": [LOW, TOP]}) == Policy.from_dict(GOOD)


def test_position_is_the_rung_from_the_bottom_and_minus_one_for_strangers() -> None:
	policy = Policy.from_dict(GOOD)
	assert [policy.position(tier) for tier in ("Low", "Top", "Gold", None, math.nan)] == [0, 1, -1, -1, -1]


FULL = {
	"name": "full",
	"description": "Uses every field.",
	"tiers": [
		{**TOP, "grace_days": 30, "hold_days": 9, "color": "Red", "strategy": "s", "benefits": "b",
			"contact_every_days": 7},
		LOW,
	],
	"rules": [
		{**RULE, "window": "Fiscal Year", "company": "Acme", "points_if_missing": 5},
		{**RULE, "name": "Q", "method": "Quantile", "buckets": 4, "better": "Lower", "bands": []},
		{**RULE, "name": "L", "method": "Linear", "zero_at": 3, "full_at": -2, "territory": "North"},
		{**RULE, "name": "P", "method": "Pareto", "bands": [{"up_to_share": 80, "points": 9}]},
		{"name": "S", "method": "By Stage", "bands": [{"stage": "Lost", "points": 0}]},
		{**FLOOR, "condition": "Between", "value_to": 12, "customer_group": "Retail"},
		{**CAP, "customer_type": "Company", "window": "All Time"},
	],
	"stages": {"new_days": 30, "growing_factor": 1.5},
	"rfm_window_days": 730,
	"grade_prospects": True,
	"one_step_down": 1,
	"returns_dated": "Original",
	"exclude_opening": 0,
	"companies": ["Beta", "Acme", "Beta"],
	"currency": "EUR",
	"fiscal_year_start_month": 4,
}  # fmt: skip


@pytest.mark.parametrize("data", [GOOD, FULL, *map(policies.load, policies.names())])
def test_a_policy_comes_back_from_json_as_it_went_in(data: dict[str, Any]) -> None:
	policy = Policy.from_dict(data)
	again = Policy.from_dict(json.loads(json.dumps(policy.to_dict())))
	assert again == policy
	assert again.hash == policy.hash


def test_the_hash_does_not_depend_on_how_the_policy_was_written_down() -> None:
	written = {**GOOD, "tiers": [{"min_score": -0.0, "name": " Low "}, TOP], "grade_prospects": 0}
	assert Policy.from_dict(written).hash == Policy.from_dict(GOOD).hash


def test_the_hash_changes_with_anything_that_grades_otherwise() -> None:
	others = [
		{**GOOD, "tiers": [{**TOP, "min_score": 51}, LOW]},
		{**GOOD, "rules": [{**RULE, "window_days": 364}]},
		{**GOOD, "stages": {"new_days": 91}},
		{**GOOD, "grade_prospects": True},
	]
	assert len({Policy.from_dict(data).hash for data in [GOOD, *others]}) == 5


def test_needs_cost_only_where_a_rule_reads_it() -> None:
	assert not Policy.from_dict(GOOD).needs_cost
	assert Policy.from_dict({**GOOD, "rules": [{**RULE, "metric": "Gross Margin %"}]}).needs_cost


_KEYS = st.sampled_from([*FULL, *RULE, *FLOOR, *TOP, "zero_at", "full_at", "buckets", "at_least", "points"])
JUNK = st.recursive(
	st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(
		["Score", "Bands", "Quantile", "Pareto", "By Stage", "Revenue", "Lost", 10**400, "NaN"]
	),
	lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5),
	max_leaves=15,
)  # fmt: skip


@given(st.dictionaries(_KEYS, JUNK, max_size=8))
def test_junk_is_refused_by_policy_error_and_nothing_else(data: dict[str, Any]) -> None:
	_refused_or_sound(data)


@given(
	st.sampled_from(["tiers", "rules"]),
	st.integers(0, 6),
	st.sampled_from(sorted({key for rule in FULL["rules"] for key in rule} | set(FULL["tiers"][0]))),
	JUNK,
)
def test_one_junk_field_in_a_good_policy_is_refused_or_harmless(
	part: str, at: int, key: str, junk: Any
) -> None:
	data = json.loads(json.dumps(FULL))
	data[part][at % len(data[part])][key] = junk
	_refused_or_sound(data)


def test_a_very_deep_value_is_refused_in_words() -> None:
	deep: list[Any] = []
	for _ in range(50_000):
		deep = [deep]
	assert problems_of({**GOOD, "name": deep}) == ["Policy: name must be text."]
	assert problems_of({**GOOD, "rules": [{**RULE, "name": deep}]}) == ["Rule 1: name must be text."]
	assert problems_of({**GOOD, "companies": [deep]}) == ["Policy: each entry of companies must be text."]


def _refused_or_sound(data: dict[str, Any]) -> None:
	"""Either every reason is a sentence, or the policy has a ladder from 0 and survives JSON."""
	try:
		policy = Policy.from_dict(data)
	except PolicyError as refused:
		assert refused.problems
		assert all(str(problem).endswith((".", "?")) for problem in refused.problems)
		return
	assert policy.tiers[0].min_score == 0
	assert sum(rule.weight for rule in policy.score_rules) > 0
	assert Policy.from_dict(json.loads(json.dumps(policy.to_dict()))).hash == policy.hash
