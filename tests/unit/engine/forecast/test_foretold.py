"""Forecasts as metrics: the same for one customer as for all, blind for what follows, never in the way."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from customer_tiering.engine.forecast import COLUMNS, Forecast, fit_forecast, foretell
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.stages import CHANCE
from customer_tiering.engine.what_if import Customer, Order
from engine.builders import PLAIN, doc, facts_of, policy_of, same, score_rule
from engine.shops import day, leaving_shop, shop_of

METRICS = ("Chance to Buy", "Expected Purchases", "Expected Value")


def _policy(**more: Any) -> Policy:
	"""Rules of every kind that go by forecasts, and stages by the chance."""
	return policy_of(
		score_rule("Chance to Buy", weight=3),
		score_rule("Expected Value", "Quantile", buckets=4),
		score_rule("", "By Stage", name="Stage", bands=[{"stage": "At Risk", "points": 20}]),
		{"name": "F", "type": "Floor", "metric": "Expected Purchases", "value": 4, "tier": "Silver"},
		**{"stages": {"risk_by": CHANCE, "trend_against": "Year Before"}, **more},
	)


def _only(facts: Facts, customers: list[str]) -> Facts:
	return Facts(facts.sales[facts.sales["customer"].isin(customers)].reset_index(drop=True))


def _alone(facts: Facts, whole: Evaluation, customers: list[str]) -> pd.DataFrame:
	"""The rows of some customers by what was fitted on all, as it is stored."""
	cuts = json.loads(json.dumps(whole.cut_points, allow_nan=False))
	assert whole.forecast is not None
	stored = Forecast.from_data(json.loads(json.dumps(whole.forecast.as_data(), allow_nan=False)))
	return evaluate(_only(facts, customers), whole.policy, whole.as_of, None, cuts, stored).scores


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 10_000), st.integers(120, 700), st.data())
def test_some_customers_alone_get_what_they_get_among_all(seed: int, at: int, data: st.DataObject) -> None:
	facts, as_of = leaving_shop(60, seed=seed), day(at)
	whole = evaluate(facts, _policy(), as_of)
	names = whole.scores["customer"].tolist()
	some = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True))
	mine = whole.scores[whole.scores["customer"].isin(some)].reset_index(drop=True)
	same(_alone(facts, whole, some), mine)


@pytest.mark.parametrize("at", [200, 450, 700])
def test_what_follows_the_day_changes_nothing(at: int) -> None:
	facts, as_of = leaving_shop(120), day(at)
	past = Facts(facts.sales[facts.sales["posting_date"] <= pd.Timestamp(as_of)].reset_index(drop=True))
	same(evaluate(facts, _policy(), as_of).scores, evaluate(past, _policy(), as_of).scores)


def test_the_metrics_are_the_forecasts_and_the_chance_is_in_percent() -> None:
	facts, as_of = leaving_shop(), day(600)
	found = evaluate(facts, policy_of(*(score_rule(name) for name in METRICS)), as_of)
	told = fit_forecast(facts, as_of).of(found.ledger)
	assert found.forecast is not None and found.forecast.as_of == as_of
	assert np.allclose(found.scores["chance_to_buy"], told["chance_to_buy"] * 100, atol=1e-4)
	assert found.scores["chance_to_buy"].between(0, 100).all() and found.scores["chance_to_buy"].max() > 1
	for column in COLUMNS[1:]:
		assert found.scores[column].equals(told[column])
	assert [rule["unit"] for rule in found.explain("c00003")["rules"]] == ["percent", "count", "currency"]


def test_a_rule_of_one_company_foresees_from_its_documents_alone() -> None:
	facts, as_of = leaving_shop(), day(600)
	facts = Facts(facts.sales.assign(company=np.where(facts.codes % 3, "Acme", "Beta")))
	policy = policy_of(score_rule("Chance to Buy"), score_rule("Chance to Buy", company="Beta"))
	found = evaluate(facts, policy, as_of).scores
	beta = found["customer"].isin(facts.sales["customer"][facts.sales["company"] == "Beta"])
	assert found["chance_to_buy_Beta"][beta].equals(found["chance_to_buy"][beta])
	assert found["chance_to_buy_Beta"][~beta].isna().all()


@pytest.mark.parametrize(
	"facts",
	[
		facts_of(doc("a", date(2022, 1, 1), -5)),
		facts_of(doc("a", date(2022, 1, 1), 5)),
		shop_of([(f"c{n}", 300 + n, 10.0) for n in range(30)]),
		leaving_shop(19),
	],
	ids=["nobody purchased", "one purchased", "no model fits", "fewer than 20 customers"],
)
def test_with_too_little_past_the_metrics_are_undefined_and_stages_go_by_gaps(facts: Facts) -> None:
	by_chance, by_gaps = (
		evaluate(facts, _policy(stages={"risk_by": name}), day(400)).scores for name in (CHANCE, "Gaps")
	)
	assert by_chance[list(COLUMNS)].isna().all(axis=None)
	assert by_chance["lifecycle_stage"].tolist() == by_gaps["lifecycle_stage"].tolist()


def test_without_a_forecast_a_customer_alone_is_graded_all_the_same() -> None:
	facts, as_of = leaving_shop(), day(600)
	whole = evaluate(facts, _policy(), as_of)
	alone = evaluate(_only(facts, ["c00003"]), _policy(), as_of, None, whole.cut_points)
	assert alone.forecast is None and alone.scores[list(COLUMNS)].isna().all(axis=None)
	assert alone.scores["tier"].notna().all()


def test_one_is_fitted_only_where_it_is_needed() -> None:
	facts, as_of = leaving_shop(50), day(600)
	plain = policy_of(PLAIN)
	assert not plain.needs_forecast and evaluate(facts, plain, as_of).forecast is None
	for needy in (
		policy_of(PLAIN, score_rule("Expected Value")),
		policy_of(PLAIN, stages={"risk_by": CHANCE}),
	):
		assert needy.needs_forecast and evaluate(facts, needy, as_of).forecast is not None
	given_one = fit_forecast(facts, as_of)
	assert evaluate(facts, plain, as_of, forecast=given_one).scores["chance_to_buy"].notna().any()


def test_nobody_is_in_danger_before_his_usual_gap_has_passed() -> None:
	facts, as_of = leaving_shop(), day(600)
	found = evaluate(
		facts, _policy(stages={"risk_by": CHANCE, "at_risk_chance": 100, "lost_chance": 100}), as_of
	)
	due = found.scores["recency_days"].to_numpy() > found.grounds.usual_gap
	assert due.any() and not due.all()
	assert ((found.scores["lifecycle_stage"] == "Lost").to_numpy() == due).all()


def test_an_order_raises_the_chance_by_the_stored_forecast() -> None:
	facts, as_of = leaving_shop(), day(600)
	whole = evaluate(facts, _policy(), as_of)
	mine = _only(facts, ["c00003"])
	customer = Customer(mine, _policy(), as_of, None, whole.cut_points, whole.forecast)
	before, after = (customer.what_if(orders).scores.iloc[0] for orders in ([], [Order(50.0)]))
	assert before["chance_to_buy"] == whole.scores.set_index("customer").loc["c00003", "chance_to_buy"]
	assert after["chance_to_buy"] > before["chance_to_buy"]
	assert customer.tried(np.array([50.0])).iloc[0]["chance_to_buy"] == after["chance_to_buy"]


def test_a_forecast_of_nothing_foresees_nothing_and_can_be_stored() -> None:
	assert not fit_forecast(leaving_shop(45), day(400)).is_rank
	nothing = Forecast.from_data(json.loads(json.dumps(Forecast.of_nothing(day(3)).as_data())))
	found = foretell(nothing, Ledger.build(leaving_shop(20), day(600)))
	assert nothing.is_rank and all(np.isnan(values).all() for values in found.values())


def test_a_policy_that_says_nothing_of_it_keeps_its_data_and_its_meaning() -> None:
	"""What was published before the parameters were there has its hash, and evaluates as it did."""
	policy = policy_of(PLAIN)
	assert set(policy.to_dict()["stages"]) == {
		"new_days", "default_gap", "min_gap", "max_gap", "at_risk_gaps", "lost_gaps", "lost_days",
		"trend_days", "growing_factor", "declining_factor", "loyal_tenure", "loyal_purchases", "loyal_days",
	}  # fmt: skip
	other = policy_of(PLAIN, stages={"risk_by": CHANCE, "at_risk_chance": 25, "trend_against": "Year Before"})
	assert other.hash != policy.hash and Policy.from_dict(other.to_dict()) == other
