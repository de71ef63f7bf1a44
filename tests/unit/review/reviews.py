"""Small reviews for the tests, and their tables by name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from customer_tiering import policies
from customer_tiering.engine import Facts, Policy, evaluate
from customer_tiering.review.review import Read, Review, look_back
from customer_tiering.review.tables import Table
from customer_tiering.review.told.everything import told

AS_OF = date(2024, 6, 30)
TIERS = [
	{"name": "Gold", "min_score": 70},
	{"name": "Silver", "min_score": 30},
	{"name": "Bronze", "min_score": 0},
]
SPENDING = {"name": "Spending", "metric": "Revenue", "method": "Linear", "full_at": 1000, "zero_at": 0}
POLICY = Policy.from_dict({"name": "Plain", "tiers": TIERS, "rules": [{**SPENDING, "weight": 1}]})


def facts_of(rows: list[tuple[str, int, float]]) -> Facts:
	"""Documents: whose, how many days before the as-of date, and how much; below zero: a return."""
	sales = pd.DataFrame(rows, columns=["customer", "ago", "net_amount"])
	days = pd.to_timedelta(sales.pop("ago"), unit="D")
	sales = sales.assign(
		posting_date=pd.Timestamp(AS_OF) - days,
		document=[f"doc-{at}" for at in range(len(sales))],
		company="Acme",
		is_return=sales["net_amount"] < 0,
	)
	return Facts(sales)


def review_of(rows: list[tuple[str, int, float]], policy: Policy = POLICY, **more: Any) -> Review:
	"""The review of these documents."""
	facts = facts_of(rows)
	evaluation = evaluate(facts, policy, AS_OF)
	read = Read(["sales.csv"], len(rows), len(rows))
	return Review(evaluation, facts, **{"read": read, "past": look_back(facts, policy, AS_OF), **more})


def tables(review: Review) -> dict[str, Table]:
	"""All tables of a review, by name."""
	return {table.name: table for section in told(review).sections for table in section.tables}


def ready_made(name: str) -> Policy:
	return Policy.from_dict(policies.load(name))
