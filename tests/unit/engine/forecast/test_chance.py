"""Chance to Buy: learnt from the past alone, the same for one customer as for all, and calibrated."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_tiering.engine import Facts
from customer_tiering.engine.facts import to_day
from customer_tiering.engine.forecast import COLUMNS, Forecast, fit_forecast
from customer_tiering.engine.forecast.features import OF_RULE, PRIOR, TELLS_OF
from customer_tiering.engine.forecast.training import cuts_of, examples_of, horizon_of
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.measuring.ranking import auc
from engine.builders import doc, facts_of
from engine.shops import day, leaving_shop, seasonal_shop, shop_of, shop_without_a_pattern


def _of(facts: Facts, as_of: date, forecast: Forecast) -> pd.DataFrame:
	return forecast.of(Ledger.build(facts.up_to(as_of), as_of))


def _bought(facts: Facts, as_of: date, horizon: int) -> np.ndarray:
	"""Whether each customer who was known on a day bought after it."""
	days, known = facts.days, facts.up_to(as_of).index
	after = (days > to_day(as_of)) & (days <= to_day(as_of) + horizon)
	return known.isin(facts.sales["customer"][after])


@pytest.mark.parametrize("shop", [leaving_shop, seasonal_shop, shop_without_a_pattern])
def test_a_chance_is_a_probability(shop: object) -> None:
	facts = shop()  # type: ignore[operator]
	for at in (20, 40, 100, 200, 500):
		found = _of(facts, day(at), fit_forecast(facts, day(at), 60))
		assert found["chance_to_buy"].between(0, 1).all()
		assert not (found["expected_purchases"] < 0).any()


def test_what_comes_after_the_day_changes_nothing() -> None:
	facts, as_of = leaving_shop(), day(500)
	past = Facts(facts.sales[facts.days <= to_day(as_of)].reset_index(drop=True))
	assert fit_forecast(facts, as_of).as_data() == fit_forecast(past, as_of).as_data()


def test_an_example_sees_nothing_after_its_cut_but_who_bought() -> None:
	facts, cut = leaving_shop(), to_day(day(400))
	whole = examples_of(facts, day(500), 90, to_day(day(0)), [cut], ())[0]
	only = Facts(facts.sales[facts.days <= cut].reset_index(drop=True))
	part = examples_of(only, day(500), 90, to_day(day(0)), [cut], ())[0]
	assert whole.bought.any() and not part.bought.any()
	for name, values in whole.columns.items():
		assert np.array_equal(values, part.columns[name]), name


def test_every_example_is_over_by_the_day() -> None:
	for today in range(0, 900, 7):
		learnt = horizon_of(0, today, 90)
		if learnt is None:
			assert today < 120
			continue
		cuts = cuts_of(0, today, learnt)
		assert cuts and max(cuts) + learnt <= today and min(cuts) >= 60


def test_equal_facts_give_equal_chances() -> None:
	facts = leaving_shop(150)
	twin = facts.sales[facts.sales["customer"] == "c00007"].assign(customer="twin")
	both = Facts(pd.concat([facts.sales, twin], ignore_index=True))
	found = _of(both, day(600), fit_forecast(both, day(600))).set_index(both.up_to(day(600)).index)
	assert found.loc["twin"].equals(found.loc["c00007"])


def test_the_order_of_rows_changes_nothing() -> None:
	facts = leaving_shop(150)
	other = Facts(facts.sales.iloc[::-1].reset_index(drop=True))
	assert fit_forecast(facts, day(600)).as_data() == fit_forecast(other, day(600)).as_data()


@pytest.mark.parametrize("horizon", [30, 90, 500])
def test_one_customer_by_a_stored_fit_equals_the_full_run(horizon: int) -> None:
	facts, as_of = leaving_shop(), day(600)
	forecast = fit_forecast(facts, as_of, horizon)
	stored = Forecast.from_data(json.loads(json.dumps(forecast.as_data(), allow_nan=False)))
	known = facts.up_to(as_of)
	full = _of(facts, as_of, forecast).set_index(known.index)
	for customer in known.index[::17]:
		alone = Facts(known.sales[known.sales["customer"] == customer])
		assert _of(alone, as_of, stored).iloc[0].equals(full.loc[customer])


def test_a_chance_is_right_as_often_as_it_says() -> None:
	"""In each quarter of the customers, within what chance explains."""
	facts, as_of = leaving_shop(3000), day(600)
	chance = _of(facts, as_of, fit_forecast(facts, as_of, 90))["chance_to_buy"].to_numpy()
	bought = _bought(facts, as_of, 90)
	for group in np.array_split(np.argsort(chance), 4):
		error = np.sqrt(chance[group].mean() * (1 - chance[group].mean()) / len(group))
		assert abs(chance[group].mean() - bought[group].mean()) < 4 * error + 0.02


def test_a_season_is_seen_from_the_year_before() -> None:
	facts, as_of = seasonal_shop(), day(800)
	forecast = fit_forecast(facts, as_of, 60)
	bought = _bought(facts, as_of, 60)
	assert forecast.chance.check is not None and forecast.chance.check.gain > 0.1
	assert auc(_of(facts, as_of, forecast)["chance_to_buy"].to_numpy(), bought) > 0.85


def test_a_shop_without_a_pattern_says_so() -> None:
	facts, as_of = shop_without_a_pattern(1000), day(600)
	forecast = fit_forecast(facts, as_of, 60)
	check = forecast.chance.check
	assert check is not None and check.auc < 0.56
	chance = _of(facts, as_of, forecast)["chance_to_buy"]
	assert chance.mean() == pytest.approx(1 - np.exp(-60 / 90), abs=0.06)
	assert chance.std() < 0.12


@pytest.mark.parametrize(
	("at", "method"), [(20, "rhythm"), (70, "purchases"), (100, "regression"), (600, "regression")]
)
def test_the_longer_the_past_the_more_is_learnt(at: int, method: str) -> None:
	forecast = fit_forecast(leaving_shop(300), day(at), 60)
	assert forecast.chance.method in (method, "rule") if method == "regression" else True
	if method != "regression":
		assert forecast.chance.method == method


def test_the_check_is_of_a_later_day_where_the_past_permits() -> None:
	early, late = (fit_forecast(leaving_shop(), day(at), 60).chance.check for at in (170, 600))
	assert early is not None and early.by == "other customers"
	assert late is not None and late.by == "later days"


def test_who_never_purchased_has_no_forecast() -> None:
	facts = leaving_shop(100)
	known = pd.DataFrame({"customer": [*facts.index, "nobody"]})
	with_prospect = replace(facts, customers=known)
	found = _of(with_prospect, day(600), fit_forecast(with_prospect, day(600)))
	assert found.columns.tolist() == list(COLUMNS)
	assert found.iloc[-1].isna().all() and found["chance_to_buy"].notna().sum() > 50


def test_the_reasons_of_a_customer_add_up_to_what_is_told() -> None:
	facts, as_of = leaving_shop(), day(600)
	forecast = fit_forecast(facts, as_of, 90)
	assert forecast.chance.method == "regression" and forecast.chance.logistic is not None
	known = facts.up_to(as_of)
	ledger = Ledger.build(known, as_of)
	told = forecast.explain(ledger, 3)
	logit = forecast.chance.logistic.intercept + sum(reason["effect"] for reason in told["reasons"])
	assert told["chance"] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-4)
	assert {reason["of"] for reason in told["reasons"]} == set(TELLS_OF.values())
	mine = known.days[known.codes == 3]
	assert told["numbers"]["silent_days"] == to_day(as_of) - mine.max()
	json.dumps(told, allow_nan=False)


def test_a_return_after_a_cut_does_not_undo_the_purchase_before_it() -> None:
	rows = [doc("a", 200, 50.0, document="x"), doc("a", 100, -50.0, return_against="x")]
	more = [doc(f"c{n}", 300 - n, 10.0) for n in range(30)]
	facts = facts_of(*rows, *more)
	cut = to_day(date(2024, 6, 30)) - 150
	example = examples_of(facts, date(2024, 6, 30), 60, cut - 200, [cut], ())[0]
	assert facts.index.get_loc("a") in example.who


def test_every_feature_is_told_of() -> None:
	facts = leaving_shop(50)
	example = examples_of(facts, day(500), 60, to_day(day(0)), [to_day(day(400))], ())[0]
	assert set(example.columns) == set(TELLS_OF)
	assert set(PRIOR) | {name for names in OF_RULE.values() for name in names} <= set(TELLS_OF)
	assert set(example.plain) <= set(OF_RULE)


def test_few_customers_of_a_kind_are_no_failure() -> None:
	facts = shop_of([(f"c{n}", n * 3, 10.0) for n in range(12)])
	found = _of(facts, day(300), fit_forecast(facts, day(300), 30))
	assert found["chance_to_buy"].between(0, 1).all()
	assert found["expected_purchases"].isna().all()
