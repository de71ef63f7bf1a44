"""Whom to act on: who is likely to be lost, and who is one usual order from a higher tier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Facts
from customer_tiering.engine.exact import Floats
from customer_tiering.engine.stages import SLIPPING
from customer_tiering.engine.what_if import Customers, least_of, lifted

#: Of so many the least order is worked out: each takes some evaluations.
DETAILED = 50


def at_risk(people: pd.DataFrame) -> pd.DataFrame:
	"""Who is in a stage of slipping away and not disabled, those with most at stake first."""
	mine = people[people["stage"].isin(SLIPPING) & ~people["disabled"]]
	return mine.sort_values(["stake", "customer"], ascending=[False, True], kind="stable").reset_index(
		drop=True
	)


def one_order_away(
	evaluation: Evaluation, facts: Facts, people: pd.DataFrame, previous: pd.DataFrame | None
) -> pd.DataFrame:
	"""Whom one more order of his usual size, today, leads to a higher tier; who brings most comes first.

	Args:
		evaluation: the grades.
		facts: what they come from.
		people: of :func:`customer_tiering.review.figures.people.people`.
		previous: what was held before the evaluation.

	Returns:
		The columns of ``people``, ``usual`` (median of his purchases), ``reached``, ``on`` (the day from
		which that tier is held) and ``least``: the smallest order that does it too, NaN beyond the first 50.
	"""
	asked = _asked(evaluation, facts.up_to(evaluation.as_of), previous)
	usual = asked.usual
	found = lifted(asked, usual).rename(columns={"amount": "usual"}).drop(columns="tier")
	near = people.merge(found, on="customer").sort_values(
		["revenue", "customer"], ascending=[False, True], kind="stable"
	)
	near = near.reset_index(drop=True)
	return near.assign(least=_least(evaluation, facts, near, previous))


def _asked(evaluation: Evaluation, facts: Facts, previous: pd.DataFrame | None) -> Customers:
	cuts, forecast = evaluation.cut_points, evaluation.forecast
	return Customers(facts, evaluation.policy, evaluation.as_of, previous, cuts, forecast)


def _least(evaluation: Evaluation, facts: Facts, near: pd.DataFrame, previous: pd.DataFrame | None) -> Floats:
	first = near[:DETAILED].set_index("customer")
	found = pd.Series(np.nan, near["customer"], dtype=np.float64)
	if first.empty:
		return np.asarray(found, dtype=np.float64)
	theirs = _only(facts.up_to(evaluation.as_of), first.index)
	asked = _asked(evaluation, theirs, previous)
	first = first.reindex(pd.Index(asked.facts.index, dtype=object))
	goals = first["reached"].map(evaluation.policy.position).to_numpy(dtype=np.int64)
	found[first.index] = least_of(asked, first["usual"].to_numpy(dtype=np.float64), goals)
	return np.asarray(found, dtype=np.float64)


def _only(facts: Facts, names: pd.Index) -> Facts:
	"""The facts of some customers."""
	customers = facts.customers
	return replace(
		facts,
		sales=facts.sales[facts.sales["customer"].isin(names)],
		customers=None if customers is None else customers[customers["customer"].isin(names)],
	)
