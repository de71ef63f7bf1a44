"""A policy as it would have graded on a past day, held against what followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.backtest.flags import calibration_of, flags_of
from customer_tiering.engine.backtest.orders import judged, orders_of
from customer_tiering.engine.backtest.outcome import Outcome, known_on, ledger_of, outcome_of
from customer_tiering.engine.backtest.tiers import tiers_of
from customer_tiering.engine.backtest.year import Pace, year_of
from customer_tiering.engine.evaluate import Evaluation, evaluate
from customer_tiering.engine.exact import Bools, Floats
from customer_tiering.engine.facts import Facts
from customer_tiering.engine.forecast import COLUMNS, HORIZON, Forecast, NotFitted, fit_forecast
from customer_tiering.engine.measuring.bootstrap import ROUNDS, SEED, interval
from customer_tiering.engine.policy import Policy


@dataclass(frozen=True)
class Backtest:
	"""What a back-test found.

	Attributes:
		evaluation: the grades on the cut.
		forecast: what was fitted on the cut; None where nothing could be, for the reason in ``data``.
		forecasts: of the customers of ``evaluation.scores`` in their order; the columns of ``COLUMNS``.
		data: all figures, as JSON data; see ``docs/foresight.md``.
	"""

	evaluation: Evaluation
	forecast: Forecast | None
	forecasts: pd.DataFrame
	data: dict[str, Any]


def backtest(
	facts: Facts,
	policy: Policy,
	cut: date,
	horizon: int,
	known: Facts | None = None,
	with_year: bool = True,
	pace: Pace = Pace(),  # noqa: B008 it is frozen
) -> Backtest:
	"""Grade as of the cut, by what was known then, and count what the customers did in the horizon.

	Args:
		facts: the tables, to the end of the horizon at least; nothing after the cut can change a grade or a
			forecast.
		policy: to be judged.
		cut: the past day.
		horizon: days after it.
		known: what was known on the cut, where more than later documents tells it from ``facts``, such as
			customers who have changed their group since. None: the facts up to the cut.
		with_year: whether the ladder is followed over the year before the cut as well, which takes longest.
		pace: how closely.

	Raises:
		BacktestError: the cut or the horizon is not in the data, or there are too few customers.
	"""
	known = known_on(facts if known is None else known, cut)
	outcome = outcome_of(facts, known, policy, cut, horizon)
	forecast, refused = None, None
	try:
		forecast = fit_forecast(known, cut, horizon, policy.companies)
	except NotFitted as problem:
		refused = str(problem)
	evaluation = evaluate(known, policy, cut, forecast=forecast if horizon == HORIZON else None)
	forecasts = _forecasts(forecast, known, policy, cut, len(outcome.buyers))
	data = {
		"cut": cut.isoformat(),
		"horizon": horizon,
		"policy": {"name": policy.name, "hash": policy.hash},
		**_counts(outcome),
		"tiers": _tiers(evaluation, outcome),
		"flags": _flags(evaluation, forecasts, outcome),
		"orders": judged(orders_of(evaluation, forecasts, outcome.buyers), outcome.gone[outcome.buyers]),
		"calibration": calibration_of(*_chance_and_bought(forecasts, outcome)),
		"forecast": None if forecast is None else forecast.as_data(),
		"forecast_refused": refused,
		"expected": _expected(forecasts, outcome),
		"year": year_of(known, policy, cut, pace) if with_year else None,
		"intervals": {"share": 0.95, "draws": ROUNDS, "seed": SEED},
	}
	return Backtest(evaluation, forecast, forecasts, data)


def _forecasts(forecast: Forecast | None, known: Facts, policy: Policy, cut: date, size: int) -> pd.DataFrame:
	if forecast is None:
		return pd.DataFrame({name: np.full(size, np.nan) for name in COLUMNS})
	return forecast.of(ledger_of(known, policy, cut))


def _counts(outcome: Outcome) -> dict[str, Any]:
	gone = outcome.gone[outcome.buyers]
	return {
		"customers": int(outcome.buyers.sum()),
		"gone": int(gone.sum()),
		"revenue": round(float(outcome.revenue.sum()), 2),
		"new_customers": outcome.new_customers,
		"new_revenue": round(outcome.new_revenue, 2),
	}


def _tiers(evaluation: Evaluation, outcome: Outcome) -> list[dict[str, Any]]:
	policy = evaluation.policy
	names = evaluation.scores["tier"].to_numpy(dtype=object)
	rungs = np.array([-1 if pd.isna(name) else policy.position(name) for name in names], dtype=np.int64)
	return tiers_of(policy, rungs, outcome.year_before, outcome.revenue, outcome.gone)


def _flags(evaluation: Evaluation, forecasts: pd.DataFrame, outcome: Outcome) -> list[dict[str, Any]]:
	buyers = outcome.buyers
	stages = evaluation.scores["lifecycle_stage"].to_numpy(dtype=object)[buyers]
	silence = evaluation.scores["recency_days"].to_numpy(dtype=np.float64)[buyers]
	chance, bought = _chance_and_bought(forecasts, outcome)
	return flags_of(stages, silence, chance, ~bought)


def _chance_and_bought(forecasts: pd.DataFrame, outcome: Outcome) -> tuple[Floats, Bools]:
	chance = forecasts["chance_to_buy"].to_numpy(dtype=np.float64)[outcome.buyers]
	return chance, ~outcome.gone[outcome.buyers]


def _expected(forecasts: pd.DataFrame, outcome: Outcome) -> dict[str, Any]:
	"""What all who had purchased were expected to bring, and what they brought."""
	buyers = outcome.buyers
	found: dict[str, Any] = {}
	for column, what in (
		("expected_purchases", outcome.purchases.astype(np.float64)),
		("expected_value", outcome.revenue),
	):
		expected, happened = forecasts[column].to_numpy(dtype=np.float64)[buyers], what[buyers]
		if not np.isnan(expected).any():
			found[column] = {
				"foreseen": round(float(expected.sum()), 2),
				"happened": interval(partial(_sum, happened), len(happened)),
			}
	return found


def _sum(values: Floats, weights: Floats | None = None) -> float:
	return float(values.sum() if weights is None else np.dot(weights, values))
