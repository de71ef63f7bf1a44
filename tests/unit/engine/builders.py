"""Small facts and policies for the tests of the engine, written the way one would say them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate

AS_OF = date(2024, 6, 30)
#: Four tiers as in the ready-made default, without grace.
TIERS = (
	{"name": "Platinum", "min_score": 85},
	{"name": "Gold", "min_score": 70},
	{"name": "Silver", "min_score": 45},
	{"name": "Bronze", "min_score": 0},
)
#: Revenue in points, one for one: a purchase of 70 gives a score of 70.
PLAIN = {
	"name": "Spending",
	"metric": "Revenue",
	"method": "Linear",
	"zero_at": 0,
	"full_at": 100,
	"weight": 1,
}


def ago(days: int, as_of: date = AS_OF) -> date:
	"""The day so many days before the as-of date."""
	return as_of - timedelta(days=days)


def doc(customer: str, when: date | int, amount: float, **more: Any) -> dict[str, Any]:
	"""A sales document; ``when`` is a date or days before the as-of date, a negative amount is a return."""
	day = ago(when) if isinstance(when, int) else when
	row = {"customer": customer, "posting_date": day, "net_amount": amount, "is_return": amount < 0}
	return {**row, "company": "Acme", "document": None, **more}


def facts_of(*docs: dict[str, Any], **tables: Any) -> Facts:
	"""Facts from documents; other columns appear where a document has them."""
	columns = ["customer", "document", "company", "posting_date", "net_amount", "is_return"]
	more = sorted({key for row in docs for key in row} - set(columns))
	sales = pd.DataFrame([{**dict.fromkeys(columns + more), **row} for row in docs], columns=columns + more)
	sales["posting_date"] = pd.to_datetime(sales["posting_date"])
	sales["net_amount"] = sales["net_amount"].astype(float)
	sales["is_return"] = sales["is_return"].astype(bool)
	numbers = pd.Series([f"doc-{at}" for at in range(len(sales))], index=sales.index, dtype=object)
	sales["document"] = sales["document"].astype(object).where(sales["document"].notna(), numbers)
	if "is_purchase" in sales:
		plain = ~sales["is_return"] & (sales["net_amount"] > 0)
		given = sales["is_purchase"].astype(object)
		sales["is_purchase"] = given.where(given.notna(), plain).astype(bool)
	if "gross_profit" in sales:
		sales["gross_profit"] = sales["gross_profit"].astype(float)
	return Facts(sales, **tables)


def customers_of(**attributes: Mapping[str, Any]) -> pd.DataFrame:
	"""The customers table: a name, and what is known about him."""
	return pd.DataFrame([{"customer": name, **known} for name, known in attributes.items()])


def policy_of(*rules: Mapping[str, Any], tiers: Any = TIERS, **more: Any) -> Policy:
	"""A policy of these rules; a rule without a name is called by its metric and number."""
	named = [{"name": f"{rule.get('metric', 'Rule')} {at}", **rule} for at, rule in enumerate(rules, 1)]
	return Policy.from_dict({"name": "test", "tiers": list(tiers), "rules": named, **more})


def score_rule(metric: str = "Revenue", method: str = "Linear", **more: Any) -> dict[str, Any]:
	"""A Score rule of weight 1."""
	line = {"zero_at": 0, "full_at": 100} if method == "Linear" else {}
	return {"metric": metric, "method": method, "weight": 1, **line, **more}


def grade(facts: Facts, policy: Policy, as_of: date = AS_OF, **more: Any) -> pd.DataFrame:
	"""The scores by customer."""
	return evaluate(facts, policy, as_of, **more).scores.set_index("customer")


def metric_of(facts: Facts, metric: str, as_of: date = AS_OF, **rule: Any) -> dict[str, float]:
	"""A metric's value by customer; NaN where it is undefined."""
	found = evaluate(facts, policy_of(score_rule(metric, **rule), grade_prospects=True), as_of)
	return dict(zip(facts.up_to(as_of).index, found.scored[0].values, strict=True))


def points_of(values: Mapping[str, float], **rule: Any) -> dict[str, float]:
	"""The score that each customer gets who spent so much, by one Revenue rule."""
	facts = facts_of(*(doc(name, 10, value) for name, value in values.items()))
	return grade(facts, policy_of(score_rule(**rule)))["score"].to_dict()


def as_previous(evaluation: Evaluation) -> pd.DataFrame:
	"""The scores as a store would hand them to the next evaluation."""
	return evaluation.scores.assign(as_of=pd.Timestamp(evaluation.as_of))


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
	"""Fail with the difference unless both tables hold the same, whatever their types."""
	pd.testing.assert_frame_equal(
		_plain(left), _plain(right), check_exact=True, check_dtype=False, check_column_type=False
	)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
	plain = frame.reset_index(drop=True).astype(object)
	return plain.where(plain.notna(), np.nan)
