"""Tiers by share: a pyramid on every site, whatever its numbers, and the same for one customer as for all."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from customer_tiering.engine.exact import as_fraction
from engine.builders import AS_OF, PLAIN, as_previous, customers_of, doc, facts_of, grade, policy_of, same
from engine.evaluate.test_properties import POLICIES, ledgers, states

SHARES = (5, 20, 50)


def _tiers(*shares: float, **more: Any) -> list[dict[str, Any]]:
	"""From the highest down: T1, T2, …, and the lowest."""
	return [
		*({"name": f"T{at}", "top_share": share, **more} for at, share in enumerate(shares, 1)),
		{"name": "Low"},
	]


def _policy(*shares: float, rules: Any = (), **more: Any) -> Policy:
	return policy_of(PLAIN, *rules, tiers=_tiers(*(shares or SHARES)), **more)


def _facts(*scores: float, **tables: Any) -> Facts:
	return facts_of(*(doc(f"c{at:03}", 9, score) for at, score in enumerate(scores)), **tables)


def _standing(*scores: float, policy: Policy | None = None) -> list[str]:
	return grade(_facts(*scores), policy or _policy())["tier"].tolist()


# -- who reaches what --------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("customers", "share", "reach"),
	[
		(1, 49.99, 0),  # a lone customer has place one half
		(1, 50, 1),
		(2, 24.99, 0),
		(2, 25, 1),
		(2, 75, 2),
		(3, 5, 0),
		(10, 4.99, 0),
		(10, 5, 1),
		(10, 14.9, 1),
		(10, 15, 2),
		(30, 20, 6),
		(40, 2.5, 1),
		(40, 1.25, 1),
		(40, 1.2499999, 0),
		(100, 0.5, 1),
		(100, 7, 7),
		(100, 99.5, 100),
		(700, 0.29, 2),  # 0.29 of 700 is 2.03: as floats, 0.29 ÷ 100 × 700 would be above it
	],
)
def test_a_tier_has_its_share_of_the_customers_rounded(customers: int, share: float, reach: int) -> None:
	standing = _standing(*(50 + at / 100 for at in range(customers)), policy=_policy(share))
	assert standing == ["Low"] * (customers - reach) + ["T1"] * reach
	assert reach == int(as_fraction(share) * customers / 100 + Fraction(1, 2))


@pytest.mark.parametrize(
	("scores", "standing"),
	[
		((7,), ["T3"]),
		((7, 7), ["T3", "T3"]),
		((7, 7, 7), ["T3"] * 3),
		((1, 2), ["Low", "T3"]),
		((1, 1, 2), ["Low", "Low", "T2"]),  # place one sixth
		((1, 2, 2), ["Low", "T3", "T3"]),
		((1, 2, 2, 2), ["Low", "T3", "T3", "T3"]),
		((1, 1, 2, 2), ["Low", "Low", "T3", "T3"]),
		((1, 1, 1, 9), ["Low", "Low", "Low", "T2"]),
	],
)
def test_equal_scores_share_a_tier(scores: tuple[float, ...], standing: list[str]) -> None:
	assert _standing(*scores) == standing


@given(
	st.lists(st.integers(1, 60) | st.integers(1, 10_000), min_size=1, max_size=60),
	st.lists(st.integers(1, 9_999).map(lambda share: share / 100), min_size=1, max_size=4, unique=True),
)
def test_a_pyramid_is_as_wide_as_the_policy_says(cents: list[int], shares: list[float]) -> None:
	"""With m in a tier or above, e of whom have the least score: m − ½ · e is in the share, and is all."""
	policy = _policy(*sorted(shares))
	scores = grade(_facts(*(amount / 100 for amount in cents)), policy)
	rung, n = scores["tier"].map(policy.position), len(scores)
	for at, tier in enumerate(policy.tiers[1:], start=1):
		room = as_fraction(tier.top_share or 0) * n / 100
		inside, outside = scores["score"][rung >= at], scores["score"][rung < at]
		if len(inside):
			assert len(inside) - Fraction(int((inside == inside.min()).sum()), 2) <= room
		if len(outside):
			assert len(inside) + Fraction(int((outside == outside.max()).sum()), 2) > room
			assert not len(inside) or inside.min() > outside.max()
	assert (rung >= 0).all()


def test_a_pyramid_stays_one_when_everybody_doubles() -> None:
	scores = [at / 2 for at in range(1, 81)]
	assert _standing(*scores) == _standing(*(2 * score for score in scores))
	assert pd.Series(_standing(*scores)).value_counts().to_dict() == {"T1": 4, "T2": 12, "T3": 24, "Low": 40}


# -- who is counted ----------------------------------------------------------------------------------


def test_the_unrated_and_the_disabled_are_not_counted() -> None:
	people = customers_of(c000={"disabled": True}, c001={"disabled": False}, stranger={"disabled": False})
	scores = grade(_facts(90, 10, customers=people), _policy())
	assert scores["tier"].fillna("-").to_dict() == {"c000": "-", "c001": "T3", "stranger": "-"}


def test_floors_and_caps_move_nobody_else() -> None:
	plain = _standing(*range(1, 41))
	rules = [
		{"name": "F", "type": "Floor", "metric": "Revenue", "condition": "<=", "value": 1, "tier": "T1"},
		{"name": "C", "type": "Cap", "metric": "Revenue", "condition": ">=", "value": 40, "tier": "T2"},
	]
	limited = _standing(*range(1, 41), policy=_policy(rules=rules))
	assert limited == ["T1", *plain[1:-1], "T2"]


# -- cut points --------------------------------------------------------------------------------------


def _full(*scores: float, policy: Policy | None = None) -> Evaluation:
	return evaluate(_facts(*scores), policy or _policy(), AS_OF)


def test_the_thresholds_are_cut_points_from_the_lowest_up() -> None:
	assert _full(*range(1, 11)).cut_points["tiers"] == {"score": [6.0, 9.0, 10.0]}
	assert _full(7).cut_points["tiers"] == {"score": [7.0, None, None]}
	assert evaluate(facts_of(doc("a", 9, -5)), _policy(), AS_OF).cut_points["tiers"] == {"score": [None] * 3}


def test_nobody_reaches_a_tier_without_a_threshold_before_the_next_full_run() -> None:
	cuts = json.loads(json.dumps(_full(7).cut_points))
	assert evaluate(_facts(100), _policy(), AS_OF, cut_points=cuts).scores["tier"].tolist() == ["T3"]


def test_cut_points_of_another_policy_are_refused() -> None:
	cuts = _full(7).cut_points
	with pytest.raises(ValueError, match="cut points for the tiers are another policy's; evaluate everyone"):
		evaluate(_facts(7), _policy(10, 20), AS_OF, cut_points=cuts)
	without = {key: value for key, value in cuts.items() if key != "tiers"}
	for stored in (without, {**cuts, "tiers": {}}):
		with pytest.raises(
			ValueError, match="There are no cut points for the tiers; evaluate everyone first"
		):
			evaluate(_facts(7), _policy(), AS_OF, cut_points=stored)


def test_a_policy_by_score_works_with_cut_points_that_know_no_tiers() -> None:
	full = evaluate(_facts(7, 50), policy_of(PLAIN), AS_OF)
	assert full.cut_points["tiers"] == {}
	stored = {"rules": full.cut_points["rules"], "rfm": full.cut_points["rfm"]}
	same(evaluate(_facts(7, 50), policy_of(PLAIN), AS_OF, cut_points=stored).scores, full.scores)


def test_a_disabled_customer_who_comes_back_is_placed_by_the_others() -> None:
	people = customers_of(c000={"disabled": True})
	full = evaluate(_facts(80, *range(1, 41), customers=people), _policy(), AS_OF)
	back = evaluate(_facts(80), _policy(), AS_OF, as_previous(full), full.cut_points)
	assert back.scores["tier"].tolist() == ["T1"]


PYRAMID = POLICIES["pyramid"]


@given(st.data(), ledgers())
def test_one_customer_alone_with_stored_cut_points_stands_where_the_full_run_puts_him(
	data: st.DataObject, docs: list[dict[str, Any]]
) -> None:
	held, facts = data.draw(states(PYRAMID)), facts_of(*docs)
	full = evaluate(facts, PYRAMID, AS_OF, held)
	cuts = json.loads(json.dumps(full.cut_points))
	for at, customer in enumerate(full.scores["customer"]):
		sales = facts.sales[facts.sales["customer"] == customer]
		alone = evaluate(Facts(sales), PYRAMID, AS_OF, held, cuts)
		same(alone.scores, full.scores.iloc[[at]])
		assert alone.explain(customer) == full.explain(customer)


@given(ledgers(), st.integers(1, 4))
def test_equal_facts_stand_on_one_rung_however_many_they_are(docs: list[dict[str, Any]], twins: int) -> None:
	first = docs[0]["customer"]
	more = [
		{**row, "customer": f"twin {at}"} for at in range(twins) for row in docs if row["customer"] == first
	]
	scores = grade(facts_of(*docs, *more), PYRAMID)
	assert scores.loc[[first, *(f"twin {at}" for at in range(twins))], "tier"].nunique(dropna=False) == 1


# -- in time -----------------------------------------------------------------------------------------


def test_who_is_overtaken_keeps_the_tier_within_the_margin_and_for_its_grace() -> None:
	tiers = _tiers(50, grace_days=30)
	policy = policy_of(PLAIN, tiers=tiers, margin=2)
	held = pd.DataFrame([{"customer": f"c00{at}", "tier": "T1"} for at in range(3)])
	scores = grade(_facts(60, 58, 57.99, 70), policy, previous=held)
	assert scores["tier"].tolist() == ["T1"] * 4
	assert scores["falls_to"].fillna("-").tolist() == ["-", "-", "Low", "-"]


def test_where_nobody_is_good_enough_there_is_no_margin() -> None:
	held = pd.DataFrame([{"customer": "c000", "tier": "T1"}])
	found = evaluate(_facts(60), _policy(margin=100), AS_OF, held)
	assert found.scores["tier"].tolist() == ["T3"]
	above = found.explain("c000")["above"]
	assert above == {"tier": "T2", "points": None, "ways": []}


def test_an_explanation_goes_by_the_cut_points_of_the_day() -> None:
	told = _full(*range(1, 11)).explain("c006")
	assert told["above"] == {
		"tier": "T2", "points": 2.0,
		"ways": [{"rule": "Spending", "metric": "Revenue", "unit": "currency", "value": 9.0}],
	}  # fmt: skip
	assert told["below"] == {"tier": "Low", "points": 1.0}
