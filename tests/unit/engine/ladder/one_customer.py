"""One customer on the ladder, whose score a test says, and what was held of him before."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from engine.builders import PLAIN, TIERS, ago, as_previous, doc, facts_of, policy_of

CAP = {"name": "Cap", "type": "Cap", "metric": "Recency", "value": 50, "tier": "Silver"}


def ladder_of(grace: int = 0, hold: int = 0, **more: Any) -> Policy:
	tiers = [{**tier, "grace_days": grace, "hold_days": hold} for tier in TIERS]
	return policy_of(PLAIN, *more.pop("rules", ()), tiers=tiers, **more)


def worth(amount: float) -> Facts:
	"""One customer whose score is the amount, whatever the day."""
	return facts_of(doc("a", 100, 0.01), doc("a", 100, amount - 0.01))


def held_before(tier: str | None, since: date | int | None = 100, **more: Any) -> pd.DataFrame:
	"""What was held before; days count back from the as-of date."""
	row = {"tier": tier, "tier_since": since, **more}
	days = {key: ago(value) if isinstance(value, int) else value for key, value in row.items()}
	return pd.DataFrame([{"customer": "a", **days}])


def row_of(evaluation: Evaluation) -> pd.Series:
	return evaluation.scores.iloc[0]


def day_of(value: Any) -> date | None:
	return None if pd.isna(value) else pd.Timestamp(value).date()


def life_of(policy: Policy, *days: tuple[int, float]) -> list[str]:
	"""The tier after each evaluation of (days before the as-of date, score), each fed with the one before."""
	previous, tiers = None, []
	for days_ago, amount in days:
		found = evaluate(worth(amount), policy, ago(days_ago), previous)
		previous = as_previous(found)
		tiers.append(found.scores.loc[0, "tier"])
	return tiers
