"""What a reader of the grades should know: what the files do not tell, and what moved since the last run."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from customer_tiering.command.shown.terminal import many
from customer_tiering.engine import Evaluation, Policy
from customer_tiering.engine.facts import Ints

MAX_NAMES = 10
_SCOPES = ("company", "customer_group", "territory", "customer_type")


def moves(evaluation: Evaluation) -> dict[str, int]:
	"""How many rose, fell, have a tier for the first time, or have none any more."""
	policy, changes = evaluation.policy, evaluation.changes
	had, has = (changes[name].notna().to_numpy(dtype=bool) for name in ("from_tier", "to_tier"))
	# Nobody may have a tier at all, and a column of nothing cannot be compared: so rungs are always numbers.
	before, after = (_rungs(policy, changes[name]) for name in ("from_tier", "to_tier"))
	return {
		"up": int((had & has & (after > before)).sum()),
		"down": int((had & has & (after < before)).sum()),
		"first_tier": int((~had & has).sum()),
		"tier_lost": int((had & ~has).sum()),
	}


def _rungs(policy: Policy, tiers: pd.Series) -> Ints:
	"""Each tier's rung, -1 for none and for one that the policy does not have."""
	rungs = [-1 if pd.isna(tier) else policy.position(tier) for tier in tiers]
	return np.array(rungs, dtype=np.int64)


def notes(previous: pd.DataFrame | None, has: Collection[str], evaluation: Evaluation) -> list[str]:
	"""Sentences on what the grades rest on.

	Args:
		previous: the previous scores, if there are any.
		has: the fields that the files have a column for.
		evaluation: the grades.
	"""
	found = _notes_on_columns(evaluation.policy, has)
	if previous is not None and len(previous):
		found += _notes_on_customers(previous, evaluation) + _notes_on_previous(previous, evaluation)
	return found


def _notes_on_columns(policy: Policy, has: Collection[str]) -> list[str]:
	found = []
	if policy.needs_cost and "gross_profit" not in has:
		found.append(
			"The policy looks at profit, and the files have no column gross_profit: its rules give their "
			"points for a missing value."
		)
	if policy.tables:
		found.append(
			f"The policy looks at {', '.join(sorted(policy.tables))}, of which the files tell nothing: its "
			"rules give their points for a missing value, and its floors and caps do not act."
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


def _notes_on_customers(previous: pd.DataFrame, evaluation: Evaluation) -> list[str]:
	"""Who is gone and who is new: a customer who was renamed is both."""
	before, now = previous["customer"], evaluation.scores["customer"]
	gone, new = before[~before.isin(now)].tolist(), now[~now.isin(before)].tolist()
	found = []
	if gone:
		found.append(
			f"{many(len(gone), 'customer')} of the previous scores without documents now: not graded. "
			f"Gone: {_listed(gone)}."
		)
	if new:
		found.append(f"{many(len(new), 'customer')} not in the previous scores. New: {_listed(new)}.")
	return found


def _listed(names: list[str]) -> str:
	"""The first names, and how many more there are."""
	more = len(names) - MAX_NAMES
	return ", ".join(names[:MAX_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _notes_on_previous(previous: pd.DataFrame, evaluation: Evaluation) -> list[str]:
	found = []
	tiers = {tier.name for tier in evaluation.policy.tiers}
	other = sorted(set(previous["tier"].dropna()) - tiers)
	if other:
		found.append(
			f"The previous scores have tiers that this policy does not: {', '.join(other[:MAX_NAMES])}."
		)
	if (previous["as_of"] > pd.Timestamp(evaluation.as_of)).any():
		found.append("The previous scores are later than the as-of date.")
	return found
