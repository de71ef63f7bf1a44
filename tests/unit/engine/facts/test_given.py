"""Metrics that are given with the facts: a rule reads them as it reads the engine's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_tiering.engine import Facts, Policy, PolicyError, evaluate

AS_OF = date(2026, 6, 30)
POLICY = {
	"name": "visits",
	"tiers": [{"name": "Low", "min_score": 0}, {"name": "High", "min_score": 60}],
	"rules": [
		{
			"name": "Visits", "metric": "Store Visits", "method": "Linear", "weight": 1, "zero_at": 0,
			"full_at": 10, "points_if_missing": 50,
		},
	],
}  # fmt: skip
SALES = pd.DataFrame(
	{
		"customer": ["A", "B", "C", "A"],
		"document": ["1", "2", "3", "4"],
		"company": "X",
		"posting_date": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-12-31"]),
		"net_amount": 100.0,
		"is_return": False,
	}
)


def visits(facts: Facts, as_of: date) -> np.ndarray:
	assert as_of == AS_OF
	assert facts.sales["posting_date"].max() <= pd.Timestamp(as_of), "it sees what the evaluation sees"
	return np.array([{"A": 10.0, "B": 3.0}.get(customer, np.nan) for customer in facts.index])


def test_a_given_metric_scores_like_any_other() -> None:
	policy = Policy.from_dict(POLICY, ["Store Visits"])
	scores = evaluate(Facts(SALES, given={"Store Visits": visits}), policy, AS_OF).scores
	assert scores["score"].tolist() == [100, 30, 50]
	assert scores["tier"].tolist() == ["High", "Low", "Low"]
	assert scores["store_visits"].tolist()[:2] == [10, 3]


def test_one_that_is_not_given_is_undefined_for_everyone() -> None:
	policy = Policy.from_dict(POLICY, ["Store Visits"])
	evaluation = evaluate(Facts(SALES), policy, AS_OF)
	assert evaluation.scores["score"].tolist() == [50, 50, 50]
	rule = evaluation.explain("A")["rules"][0]
	assert (rule["metric"], rule["value"], rule["missing"]) == ("Store Visits", None, True)


def test_it_has_no_window_so_two_rules_of_it_are_one_column() -> None:
	rules = [POLICY["rules"][0], POLICY["rules"][0] | {"name": "Again", "window_days": 30}]
	policy = Policy.from_dict(POLICY | {"rules": rules}, ["Store Visits"])
	scores = evaluate(Facts(SALES, given={"Store Visits": visits}), policy, AS_OF).scores
	assert "store_visits" in scores and "store_visits_30d" not in scores


def test_a_policy_that_names_a_metric_nobody_gives_is_refused() -> None:
	with pytest.raises(PolicyError, match="metric cannot be Store Visits"):
		Policy.from_dict(POLICY)


def test_the_engines_own_metric_is_never_replaced() -> None:
	rules = [POLICY["rules"][0] | {"metric": "Invoice Count"}]
	policy = Policy.from_dict(POLICY | {"rules": rules}, ["Invoice Count"])
	facts = Facts(SALES)
	own = evaluate(facts, policy, AS_OF).scores
	given = evaluate(replace(facts, given={"Invoice Count": visits}), policy, AS_OF).scores
	assert own.equals(given)
