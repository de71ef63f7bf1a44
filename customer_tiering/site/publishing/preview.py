"""Who would go where, if the draft were published now."""

from __future__ import annotations

from typing import Any

import pandas as pd

from customer_tiering.site.grading import forecasts, full_runs, state
from customer_tiering.site.published import former_tiers
from customer_tiering.site.publishing import draft

UNRATED = ""


def preview() -> dict[str, Any]:
	"""How many customers would go from which tier to which, if the draft were published now.

	Returns:
		``tiers`` from the highest down; ``thresholds``, the score from which each of them is reached, None
		where nobody is that good; ``by_share``: whether they go by the share of customers; ``moves``:
		``from_tier``, ``to_tier``, ``customers``, an empty name is unrated; ``customers``, ``moved``, and
		``changed``: whether there is anything to publish; ``waiting``: how many would rise or fall on a later
		day, if their scores stay, and ``later``: how many of everyone each tier then has.
	"""
	policy = draft.to_policy()
	today = state.today()
	everyone = full_runs.evaluate_everyone(policy, today, forecast=forecasts.for_trial(policy, today))
	evaluation, held = everyone.evaluation, everyone.held
	before = held.set_index("customer")["tier"].reindex(evaluation.scores["customer"])
	table = pd.DataFrame({"from_tier": before.to_numpy(), "to_tier": evaluation.scores["tier"].to_numpy()})
	counts = table.fillna(UNRATED).value_counts()
	moves = [
		{"from_tier": source, "to_tier": target, "customers": int(count)}
		for (source, target), count in counts.items()
	]
	current, _why = state.readable()
	later = _later(evaluation.scores)
	return {
		"tiers": [tier.name for tier in reversed(policy.tiers)],
		"thresholds": [evaluation.grounds.thresholds.of(rung) for rung in reversed(range(len(policy.tiers)))],
		"by_share": policy.by_share,
		"former_tiers": former_tiers.in_order(
			{move["from_tier"] for move in moves} - {tier.name for tier in policy.tiers} - {UNRATED}
		),
		"moves": moves,
		"customers": len(table),
		"moved": sum(move["customers"] for move in moves if move["from_tier"] != move["to_tier"]),
		"changed": current is None or current.policy.hash != policy.hash,
		"waiting": int((later != table["to_tier"].fillna(UNRATED)).sum()),
		"later": {tier: int(count) for tier, count in later.value_counts().items()},
	}


def _later(scores: pd.DataFrame) -> pd.Series:
	"""The tier to which each customer is about to rise or fall, or the one that he has."""
	return scores["rises_to"].fillna(scores["falls_to"]).fillna(scores["tier"]).fillna(UNRATED)
