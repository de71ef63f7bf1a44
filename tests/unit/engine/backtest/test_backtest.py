"""A past day held against what followed: nothing after it is seen, and every figure can be counted again."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from customer_tiering import policies
from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.backtest import Backtest, BacktestError, backtest
from customer_tiering.engine.backtest.tiers import Caught
from customer_tiering.engine.backtest.year import Pace, days_to_grade, month_ends, moved_in_a_month
from customer_tiering.engine.facts import to_day
from engine.shops import day, leaving_shop, shop_of, shop_without_a_pattern

CUT, HORIZON = day(500), 90


def _policy(name: str = policies.DEFAULT) -> Policy:
	return Policy.from_dict(policies.load(name))


@cache
def _found() -> Backtest:
	return backtest(leaving_shop(), _policy(), CUT, HORIZON)


@pytest.mark.parametrize("name", policies.names())
def test_rows_after_the_cut_change_no_score_and_no_forecast(name: str) -> None:
	"""Other sales after it: the same grades, the same forecasts."""
	facts = leaving_shop(150)
	later = facts.days > to_day(CUT)
	other = facts.sales.copy()
	other.loc[later, "net_amount"] *= 9
	other.loc[later, "customer"] = "somebody new"
	one, two = (
		backtest(each, _policy(name), CUT, HORIZON, with_year=False) for each in (facts, Facts(other))
	)
	pd.testing.assert_frame_equal(one.evaluation.scores, two.evaluation.scores, check_exact=True)
	pd.testing.assert_frame_equal(one.forecasts, two.forecasts, check_exact=True)
	assert one.data["forecast"] == two.data["forecast"]
	assert one.data["tiers"] != two.data["tiers"]


def test_customers_who_came_later_are_not_graded() -> None:
	"""Even where the table of customers names them."""
	facts = leaving_shop()
	named = Facts(facts.sales, customers=pd.DataFrame({"customer": facts.index.to_numpy(dtype=object)}))
	found = backtest(named, _policy(), CUT, HORIZON, with_year=False)
	assert found.data == {**_found().data, "year": None}
	assert len(found.evaluation.scores) == len(facts.up_to(CUT).index) < len(facts.index)


def test_what_followed_is_counted() -> None:
	facts, data = leaving_shop(), _found().data
	known = facts.up_to(CUT).index
	after = facts.sales[(facts.days > to_day(CUT)) & (facts.days <= to_day(CUT) + HORIZON)]
	assert data["customers"] == len(known)
	assert data["gone"] == (~known.isin(after["customer"])).sum()
	mine = after["customer"].isin(known)
	assert data["revenue"] == pytest.approx(after["net_amount"][mine].sum(), abs=0.01)
	assert data["new_customers"] == after["customer"][~mine].nunique()
	assert data["new_revenue"] == pytest.approx(after["net_amount"][~mine].sum(), abs=0.01)


def test_tiers_add_up() -> None:
	rows = _found().data["tiers"]
	assert sum(row["customers"] for row in rows) == rows[-1]["customers_and_above"]
	assert sum(row["share"][0] for row in rows) == pytest.approx(1, abs=1e-5)
	assert rows[-1]["share_and_above"][0] == rows[-1]["share_of_as_many"][0] == 1


def test_flags_are_those_of_the_stages() -> None:
	found = _found()
	stages = found.evaluation.scores["lifecycle_stage"]
	for row in found.data["flags"][:2]:
		assert row["customers"] == (stages == row["name"]).sum()
		assert row["precision"][0] == pytest.approx(row["gone"] / row["customers"], abs=1e-6)
	assert found.data["flags"][2]["customers"] == sum(row["customers"] for row in found.data["flags"][:2])


def test_every_rule_stage_forecast_and_plain_order_is_judged() -> None:
	found = _found()
	names = {(row["kind"], row["name"]) for row in found.data["orders"]}
	assert {("rule", rule.name) for rule in found.evaluation.policy.rules} <= names
	assert {("stage", "Stage"), ("score", "Score"), ("forecast", "Chance to Buy")} <= names
	assert {("plain", "Recency"), ("plain", "Recency and Frequency"), ("plain", "Own Gap")} <= names
	for row in found.data["orders"]:
		value, low, high = row["auc"]
		assert 0 <= low <= value <= high <= 1


def test_figures_are_json() -> None:
	assert json.loads(json.dumps(_found().data, allow_nan=False)) == _found().data


def test_calibration_tells_of_everybody() -> None:
	rows = _found().data["calibration"]
	assert sum(row["customers"] for row in rows) == _found().data["customers"]
	assert [row["foreseen"] for row in rows] == sorted(row["foreseen"] for row in rows)


def test_a_shop_without_a_pattern_is_foreseen_by_nothing() -> None:
	found = backtest(shop_without_a_pattern(600), _policy(), CUT, 60, with_year=False)
	assert max(row["auc"][0] for row in found.data["orders"]) < 0.58


# -- the year before ---------------------------------------------------------------------------------


def test_the_year_ends_with_the_cut_and_its_last_rungs_are_those_of_a_daily_run() -> None:
	months = _found().data["year"]["months"]
	assert _found().data["year"]["step_days"] == 1
	assert months[-1]["until"] == CUT.isoformat() and 12 <= len(months) <= 13
	for month in months:
		assert sum(month["customers"].values()) == month["rated"] >= month["moved"]


def test_months_end_on_their_last_day() -> None:
	assert month_ends(date(2024, 1, 15), date(2024, 3, 10)) == [
		date(2024, 1, 15), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 10),
	]  # fmt: skip
	assert month_ends(CUT, CUT) == [CUT]


def test_moves_in_a_month_are_those_of_the_year_by_twelve() -> None:
	months = [
		{"moved": 3, "rated": 100, "until": "2024-03-31"},
		{"moved": 0, "rated": 0, "until": "2024-04-30"},
	]
	year = {"since": "2023-05-01", "months": [*months, {"moved": 9, "rated": 100, "until": "2024-04-30"}]}
	assert moved_in_a_month(year) == pytest.approx(0.12 / 12)
	assert moved_in_a_month({"since": "2024-04-01", "months": months[1:]}) is None
	found = _found().data["year"]
	shares = [month["moved"] / month["rated"] for month in found["months"]]
	assert found["since"] == (CUT - timedelta(365)).isoformat()
	assert moved_in_a_month(found) == pytest.approx(sum(shares) / 12)


@pytest.mark.parametrize(("documents", "step"), [(50_000, 1), (50_001, 7), (400_000, 7), (400_001, None)])
def test_the_more_documents_the_longer_the_step(documents: int, step: int | None) -> None:
	assert Pace().step(documents) == step
	ends = month_ends(date(2024, 1, 1), date(2024, 3, 1))
	days = list(days_to_grade(ends, step))
	assert set(ends) <= set(days) and days == sorted(set(days))
	assert len(days) == {1: 61, 7: 12, None: len(ends)}[step]


# -- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("cut", "horizon", "told"),
	[
		(day(-1), 90, "is before the first document"),
		(CUT, 221, "Choose an earlier cut or a shorter horizon"),
		(day(900), 1, "Choose an earlier cut"),
		(CUT, 10**9, "the calendar does"),
		(CUT, 0, "has to be at least one"),
		(day(2), 30, "customers had purchased by"),
	],
)
def test_what_is_not_in_the_data_is_refused(cut: date, horizon: int, told: str) -> None:
	with pytest.raises(BacktestError, match=told):
		backtest(leaving_shop(), _policy(), cut, horizon)


def test_sales_that_nobody_made_are_refused() -> None:
	returns = shop_of([(f"c{n}", n, -5.0) for n in range(60)])
	with pytest.raises(BacktestError, match="Nobody had purchased"):
		backtest(returns, _policy(), day(30), 20)


def test_all_or_none_who_come_back_leave_areas_open() -> None:
	rows = [(f"c{n}", at, 10.0) for n in range(30) for at in (n, 100 + n)] + [("late", 200, 1.0)]
	found = backtest(shop_of(rows), _policy(), day(60), 100, with_year=False)
	assert found.data["gone"] == 0
	assert all(row["auc"] == [None, None, None] for row in found.data["orders"])
	json.dumps(found.data, allow_nan=False)


def test_as_many_by_revenue_take_a_part_of_equals() -> None:
	caught = Caught(np.array([5.0, 5.0, 1.0]), np.array([10.0, 0.0, 10.0]))
	assert caught.share(1) == pytest.approx(0.25)
	assert caught.share(2) == pytest.approx(0.5)
	assert np.isnan(Caught(np.ones(2), np.zeros(2)).share(1))
