"""Whatever is said that an order would do, it does: the order is made, and graded as any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_tiering.engine import Facts, Policy, evaluate
from customer_tiering.engine.exact import MAX_AMOUNT
from customer_tiering.engine.what_if import (
	Customer,
	Customers,
	Order,
	least_of,
	least_to_stay,
	lifted,
	reachable,
)
from engine.builders import AS_OF, TIERS, ago, as_previous, doc, facts_of, policy_of, same, score_rule
from engine.evaluate.test_properties import ANY_POLICY, POLICIES, ledgers

CENT = 0.01
#: An example is some dozens of evaluations.
FEW = settings(deadline=None, max_examples=25)


def _one(docs: list[dict[str, Any]], policy: Policy, held: pd.DataFrame | None = None) -> Customer:
	"""The first document's customer, among the others."""
	everyone = evaluate(facts_of(*docs), policy, AS_OF)
	own = [row for row in docs if row["customer"] == docs[0]["customer"]]
	return Customer(facts_of(*own), policy, AS_OF, held, everyone.cut_points)


def _ordered(one: Customer, amount: float, day: date = AS_OF) -> Facts:
	"""His facts with an order among them, written as a document is."""
	sales = one.facts.sales
	profit = sales["gross_profit"] if "gross_profit" in sales else pd.Series(dtype=float)
	revenue = sales.loc[profit.notna(), "net_amount"].sum() if len(profit) else 0
	more = {"document": "new", "company": sales["company"].iloc[0], "customer": sales["customer"].iloc[0]}
	row = {
		**more,
		"posting_date": pd.Timestamp(day),
		"net_amount": amount,
		"is_return": False,
		"is_purchase": True,
	}
	if "gross_profit" in sales:
		row["gross_profit"] = (
			np.clip(amount * (profit.sum() / revenue), -MAX_AMOUNT, MAX_AMOUNT)
			if revenue > 0
			else float("nan")
		)
	return Facts(pd.concat([sales, pd.DataFrame([row])], ignore_index=True))


def _rung(one: Customer, facts: Facts, day: date = AS_OF) -> int:
	found = evaluate(facts, one.policy, day, one.previous, one.cut_points).scores.iloc[0]
	return one.policy.position(found["tier"])


@FEW
@given(ledgers(12), ANY_POLICY)
def test_the_order_made_reaches_the_tier_and_a_cent_less_does_not(
	docs: list[dict[str, Any]], policy: Policy
) -> None:
	one = _one(docs, policy)
	for found in reachable(one):
		rung = policy.position(found.tier)
		assert _rung(one, _ordered(one, found.amount)) >= rung
		for more in (CENT, found.amount, 1e6):
			assert _rung(one, _ordered(one, min(round(found.amount + more, 2), MAX_AMOUNT))) >= rung
		if found.amount > CENT:
			assert _rung(one, _ordered(one, round(found.amount - CENT, 2))) < rung


@FEW
@given(ledgers(12), ANY_POLICY, st.integers(1, 10**7))
def test_what_is_not_promised_no_order_does(docs: list[dict[str, Any]], policy: Policy, cents: int) -> None:
	one = _one(docs, policy)
	promised = {found.tier: found.amount for found in reachable(one)}
	now, then = _rung(one, one.facts), _rung(one, _ordered(one, cents / 100))
	for rung in range(now + 1, then + 1):
		least = promised.get(policy.tiers[rung].name)
		# A cap may take away from a greater order what a smaller one reaches: then nothing is said.
		assert least is None or least <= cents / 100
		assert least is not None or any(rule.type == "Cap" for rule in policy.rules) or _is_mixed(policy)


def _is_mixed(policy: Policy) -> bool:
	return any(rule.metric in ("Average Order Value", "Gross Margin %") for rule in policy.rules)


FALLING = [policy for policy in POLICIES.values() if any(tier.grace_days for tier in policy.tiers)]


@FEW
@given(st.data(), ledgers(12), st.sampled_from(FALLING))
def test_the_order_before_the_fall_keeps_the_tier_on_whichever_day(
	data: st.DataObject, docs: list[dict[str, Any]], policy: Policy
) -> None:
	top, since = policy.tiers[-1].name, ago(data.draw(st.integers(1, 60)))
	name = docs[0]["customer"]
	held = pd.DataFrame(
		[{"customer": name, "tier": top, "tier_since": since, "earned_tier": top, "earned_since": since}]
	).assign(as_of=pd.Timestamp(ago(1)))
	one = _one(docs, policy, held)
	before = evaluate(one.facts, policy, AS_OF, held, one.cut_points)
	falls_on, amount = before.scores["falls_on"].iloc[0], least_to_stay(one)
	if pd.isna(falls_on):
		assert amount is None
	if amount is None:
		return
	fall = pd.Timestamp(falls_on).date()
	day = AS_OF + timedelta(days=data.draw(st.integers(0, (fall - AS_OF).days - 1)))
	later = Customer(one.facts, policy, day, as_previous(before) if day > AS_OF else held, one.cut_points)
	after = evaluate(_ordered(later, amount, day), policy, day, later.previous, one.cut_points)
	assert after.scores["tier"].iloc[0] == top
	on_the_day = evaluate(_ordered(later, amount, day), policy, fall, as_previous(after), one.cut_points)
	if not any(rule.type == "Cap" for rule in policy.rules):
		assert on_the_day.scores["tier"].iloc[0] == top


@FEW
@given(ledgers(12), ANY_POLICY, st.integers(1, 10**7))
def test_it_is_the_evaluation_of_an_order_made(
	docs: list[dict[str, Any]], policy: Policy, cents: int
) -> None:
	one = _one(docs, policy)
	made = evaluate(_ordered(one, cents / 100), policy, AS_OF, None, one.cut_points)
	same(one.what_if([Order(cents / 100)]).scores, made.scores)
	same(
		one.tried([cents / 100]).scores if False else one.tried([cents / 100]).drop(columns="customer"),
		made.scores.drop(columns="customer"),
	)
	same(one.what_if([]).scores, evaluate(one.facts, policy, AS_OF, None, one.cut_points).scores)


def test_one_order_moves_amount_number_and_silence_together() -> None:
	"""Each rule alone would need an order of 200; any order at all does."""
	policy = policy_of(
		score_rule("Revenue", weight=50, zero_at=0, full_at=200),
		score_rule("Recency", weight=50, zero_at=100, full_at=0),
		tiers=[{"name": "Gold", "min_score": 60}, {"name": "Base", "min_score": 0}],
	)
	one = _one([doc("a", 90, 100)], policy)
	assert [(found.tier, found.amount) for found in reachable(one)] == [("Gold", 0.01)]


def test_the_least_order_is_given_to_the_cent() -> None:
	policy = policy_of(
		score_rule(
			"Revenue", "Bands", bands=[{"at_least": 0, "points": 10}, {"at_least": 310.37, "points": 90}]
		)
	)
	found = reachable(_one([doc("a", 9, 100)], policy))
	assert [(one.tier, one.amount, one.on) for one in found] == [
		("Silver", 210.37, AS_OF), ("Gold", 210.37, AS_OF), ("Platinum", 210.37, AS_OF),
	]  # fmt: skip


def test_a_prospect_has_a_way_too() -> None:
	policy = policy_of(score_rule("Revenue", zero_at=0, full_at=100))
	one = Customer(
		Facts(facts_of(doc("a", 1, 1)).sales.iloc[:0], pd.DataFrame({"customer": ["a"]})),
		policy,
		AS_OF,
		None,
		None,
	)
	assert [(found.tier, found.amount) for found in reachable(one)] == [
		("Bronze", 0.01), ("Silver", 45.0), ("Gold", 70.0), ("Platinum", 85.0),
	]  # fmt: skip


def test_what_no_single_order_reaches_is_not_promised() -> None:
	policy = policy_of(score_rule("Invoice Count", zero_at=0, full_at=10))
	assert [found.tier for found in reachable(_one([doc("a", 9 + n, 5) for n in range(4)], policy))] == [
		"Silver"
	]


@pytest.mark.parametrize("day", [5, 40])
def test_another_apps_metric_stays_as_it_is(day: int) -> None:
	policy = Policy.from_dict(
		{
			"name": "given",
			"tiers": [{"name": "Gold", "min_score": 60}, {"name": "Base", "min_score": 0}],
			"rules": [
				{"name": "N", "metric": "Stars", "method": "Linear", "zero_at": 0, "full_at": 5, "weight": 1},
				{
					"name": "R",
					"metric": "Revenue",
					"method": "Linear",
					"zero_at": 0,
					"full_at": 100,
					"weight": 1,
				},
			],
		},
		["Stars"],
	)
	facts = facts_of(
		doc("a", day, 20),
		given={"Stars": lambda facts, as_of: pd.Series([3.0] * len(facts.index)).to_numpy()},
	)
	found = reachable(Customer(facts, policy, AS_OF, None, None))
	assert [(one.tier, one.amount) for one in found] == [("Gold", 39.99)]  # 59.995 is a score of 60


def test_a_tier_that_is_climbed_to_is_promised_for_its_day() -> None:
	"""Silver at once, Gold after ten days, Platinum at the review after forty: if all stays as it is."""
	rises = {"Platinum": 40, "Gold": 10, "Silver": 0, "Bronze": 0}
	policy = policy_of(
		score_rule("Revenue", window="All Time"),
		tiers=[{**tier, "rise_days": rises[str(tier["name"])]} for tier in TIERS],
		reviewed="Monthly",
	)
	held = pd.DataFrame([{"customer": "a", "tier": "Bronze", "tier_since": ago(90), "as_of": ago(1)}])
	one = _one([doc("a", 90, 20)], policy, held)
	found = {reach.tier: (reach.amount, reach.on) for reach in reachable(one)}
	assert found == {
		"Silver": (25.0, date(2024, 7, 1)),
		"Gold": (50.0, date(2024, 8, 1)),
		"Platinum": (65.0, date(2024, 9, 1)),
	}
	for tier, (amount, on) in found.items():
		state, facts = held, _ordered(one, amount)
		for days in range((on - AS_OF).days + 1):
			after = evaluate(facts, policy, AS_OF + timedelta(days=days), state, one.cut_points)
			rung = policy.position(after.scores["tier"].iloc[0])
			assert (rung >= policy.position(tier)) == (days == (on - AS_OF).days)
			state = as_previous(after)


# -- many at once -----------------------------------------------------------------------------------


def _many(docs: list[dict[str, Any]], policy: Policy) -> Customers:
	facts = facts_of(*docs)
	return Customers(facts, policy, AS_OF, None, evaluate(facts, policy, AS_OF).cut_points)


def _alone(many: Customers, name: str) -> Customer:
	sales = many.facts.sales
	own = sales[sales["customer"] == name].reset_index(drop=True)
	return Customer(Facts(own), many.policy, AS_OF, None, many.cut_points)


@FEW
@given(ledgers(30), ANY_POLICY)
def test_many_at_once_are_lifted_as_each_alone_is(docs: list[dict[str, Any]], policy: Policy) -> None:
	many = _many(docs, policy)
	found = lifted(many, many.usual).set_index("customer")
	for name, usual in zip(many.facts.index, many.usual, strict=True):
		if np.isnan(usual):
			assert name not in found.index
			continue
		one = _alone(many, name)
		now, then = _rung(one, one.facts), _rung(one, _ordered(one, usual))
		assert (name in found.index) == (then > now)
		if then > now:
			row = found.loc[name]
			assert (row["amount"], policy.position(row["reached"])) == (usual, then)
			assert pd.Timestamp(row["on"]).date() == AS_OF


@FEW
@given(ledgers(30), ANY_POLICY)
def test_the_least_of_many_reaches_the_tier_and_a_cent_less_does_not(
	docs: list[dict[str, Any]], policy: Policy
) -> None:
	many = _many(docs, policy)
	found = lifted(many, many.usual)
	names = found["customer"].tolist()
	if not names:
		return
	few = replace(many, facts=Facts(many.facts.sales[many.facts.sales["customer"].isin(names)]))
	goals = np.array([policy.position(tier) for tier in found["reached"]])
	for row, least, rung in zip(
		found.itertuples(), least_of(few, found["amount"].to_numpy(), goals), goals, strict=True
	):
		one = _alone(many, row.customer)
		assert least <= row.amount
		assert _rung(one, _ordered(one, least)) >= rung
		if least > CENT:
			assert _rung(one, _ordered(one, round(least - CENT, 2))) < rung


def test_the_usual_order_is_the_median_of_what_counts() -> None:
	docs = [
		doc("a", 9, 10),
		doc("a", 8, 30),
		doc("a", 7, 500),
		doc("a", 6, -5),
		doc("b", 5, 1),
		doc("b", 4, 2),
	]
	policy = policy_of(score_rule("Revenue"))
	assert _many(docs, policy).usual.tolist() == [30.0, 1.5]
	assert np.isnan(_many([doc("a", 6, -5)], policy).usual).all()


def test_categories_are_as_good_as_texts() -> None:
	many = _many([doc("a", 9, 30), doc("b", 5, 80)], policy_of(score_rule("Revenue")))
	sales = many.facts.sales.astype({"customer": "category", "company": "category"})
	same(lifted(replace(many, facts=Facts(sales)), many.usual), lifted(many, many.usual))
