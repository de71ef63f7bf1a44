"""What a reader of the grades should know: what the files do not tell, and what moved since the last run."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Policy
from customer_tiering.engine.facts import Ints
from customer_tiering.wording.figures import customers, number
from customer_tiering.wording.labels import rule_label
from customer_tiering.wording.texts import _, listed

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
			_(
				"The policy looks at profit, and the files have no column gross_profit: its rules give their points for a missing value."  # noqa: E501 a sentence is translated whole
			)
		)
	if policy.tables:
		found.append(
			f"The policy looks at {', '.join(sorted(policy.tables))}, of which the files tell nothing: its "
			"rules give their points for a missing value, and its floors and caps do not act."
		)
	if "is_return" not in has:
		found.append(_("The files have no column is_return: every negative document is taken for a return."))
	for name in _SCOPES:
		limited = [rule.name for rule in policy.rules if getattr(rule, name)]
		if limited and name not in has:
			text = _("The files have no column {0}: nobody is in the scope of rule {1}.")
			found.append(text.format(name, listed(map(rule_label, limited))))
	return found


def _notes_on_customers(previous: pd.DataFrame, evaluation: Evaluation) -> list[str]:
	"""Who is gone and who is new: a customer who was renamed is both."""
	before, now = previous["customer"], evaluation.scores["customer"]
	gone, new = before[~before.isin(now)].tolist(), now[~now.isin(before)].tolist()
	found = []
	if gone:
		text = _("{0} of the previous scores without documents now: not graded. Gone: {1}.")
		found.append(text.format(customers(len(gone)), _first(gone)))
	if new:
		text = _("{0} not in the previous scores. New: {1}.")
		found.append(text.format(customers(len(new)), _first(new)))
	return found


def _first(names: list[str]) -> str:
	"""The first names, and how many more there are."""
	told, more = listed(names[:MAX_NAMES]), len(names) - MAX_NAMES
	return _("{0} and {1} more").format(told, number(more)) if more > 0 else told


def _notes_on_previous(previous: pd.DataFrame, evaluation: Evaluation) -> list[str]:
	found = []
	tiers = {tier.name for tier in evaluation.policy.tiers}
	other = sorted(set(previous["tier"].dropna()) - tiers)
	if other:
		text = _("The previous scores have tiers that this policy does not: {0}.")
		found.append(text.format(listed(other[:MAX_NAMES])))
	if (previous["as_of"] > pd.Timestamp(evaluation.as_of)).any():
		found.append(_("The previous scores are later than the as-of date."))
	return found
