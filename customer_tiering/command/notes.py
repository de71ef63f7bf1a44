"""What a reader of the grades should know: what the files do not tell, and what moved since the last run."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from customer_tiering.command.shown.terminal import many
from customer_tiering.engine import Evaluation, Policy

MAX_NAMES = 10
_SCOPES = ("company", "customer_group", "territory", "customer_type")


def moves(evaluation: Evaluation) -> dict[str, int]:
	"""How many rose, fell, or have a tier for the first time."""
	policy, changes = evaluation.policy, evaluation.changes
	before = changes["from_tier"].map(policy.position, na_action="ignore")
	after = changes["to_tier"].map(policy.position, na_action="ignore")
	known = changes["from_tier"].notna() & changes["to_tier"].notna()
	return {
		"up": int((known & (after > before)).sum()),
		"down": int((known & (after < before)).sum()),
		"first_tier": int((changes["from_tier"].isna() & changes["to_tier"].notna()).sum()),
		"tier_lost": int((changes["from_tier"].notna() & changes["to_tier"].isna()).sum()),
	}


def notes(previous: pd.DataFrame | None, has: Collection[str], evaluation: Evaluation) -> list[str]:
	"""Sentences on what the grades rest on.

	Args:
		previous: the previous scores, if there are any.
		has: the fields that the files have a column for.
		evaluation: the grades.
	"""
	found = _notes_on_columns(evaluation.policy, has)
	if previous is not None and len(previous):
		found += _notes_on_previous(previous, evaluation)
	return found


def _notes_on_columns(policy: Policy, has: Collection[str]) -> list[str]:
	found = []
	if policy.needs_cost and "gross_profit" not in has:
		found.append(
			"The policy looks at profit, and the files have no column gross_profit: its rules give their "
			"points for a missing value."
		)
	if "is_return" not in has:
		found.append("The files have no column is_return: every negative document is taken for a return.")
	for name in _SCOPES:
		limited = [rule.name for rule in policy.rules if getattr(rule, name)]
		if limited and name not in has:
			found.append(
				f"The files have no column {name}: nobody is in the scope of rule {', '.join(limited)}."
			)
	return found


def _notes_on_previous(previous: pd.DataFrame, evaluation: Evaluation) -> list[str]:
	found = []
	gone = ~previous["customer"].isin(evaluation.scores["customer"])
	if gone.any():
		found.append(
			f"{many(int(gone.sum()), 'customer')} of the previous scores without documents now: not graded."
		)
	tiers = {tier.name for tier in evaluation.policy.tiers}
	other = sorted(set(previous["tier"].dropna()) - tiers)
	if other:
		found.append(
			f"The previous scores have tiers that this policy does not: {', '.join(other[:MAX_NAMES])}."
		)
	if (previous["as_of"] > pd.Timestamp(evaluation.as_of)).any():
		found.append("The previous scores are later than the as-of date.")
	return found
