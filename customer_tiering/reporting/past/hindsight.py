"""A policy as of a past day, held against what those who are seen did: the engine's back-test of a site."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import frappe
import numpy as np
import pandas as pd

from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.backtest import Backtest, Pace, backtest
from customer_tiering.engine.backtest.outcome import known_on, outcome_of
from customer_tiering.engine.facts import to_date
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.site.reading import site_facts
from customer_tiering.site.reading.sales import INVOICES

#: Of more documents nobody waits: after some seconds the host would make it a report that is always prepared
#: beforehand. The year takes longer than all else.
MOST_DOCUMENTS, MOST_OF_A_YEAR = 100_000, 30_000
_PACE = Pace(daily=5_000, weekly=MOST_OF_A_YEAR, refit=3)


@dataclass(frozen=True)
class Hindsight:
	"""A back-test, and what each customer did.

	Attributes:
		found: by the engine.
		customers: who was known on the cut, in order: the columns of ``Seen.customers``, ``then_rung``,
			``then_stage``, ``then_score``, ``chance`` and ``expected`` (of that day), ``bought`` (before it),
			``gone`` (no purchase after it) and ``revenue`` (after it).
		until: the last day that was looked at.
	"""

	found: Backtest
	customers: pd.DataFrame
	until: date

	@property
	def data(self) -> dict[str, Any]:
		"""All figures of the back-test."""
		return self.found.data


def documents(customers: list[str] | None = None) -> int:
	"""How many documents would have to be gone through: of some customers, or of everyone."""
	filters: dict[str, Any] = {"docstatus": 1}
	if customers is not None:
		filters["customer"] = ("in", customers)
	return sum(frappe.db.count(doctype, filters) for doctype in INVOICES)


def look_back(seen: Seen[Any], policy: Policy, cut: date, until: date, with_year: bool) -> Hindsight:
	"""Grade those who are seen as of a past day, by a policy, and see what they did until another.

	Raises:
		BacktestError: that day is not in the data, or too few customers had purchased by then.
	"""
	facts = _facts(seen, policy)
	if len(facts.days):
		until = min(until, to_date(int(facts.days.max())))
	found = tried(facts, policy, cut, until, with_year)
	return Hindsight(found, _customers(seen, facts, found, cut, (until - cut).days), until)


def tried(facts: Facts, policy: Policy, cut: date, until: date, with_year: bool) -> Backtest:
	"""A policy tried on a past day and what followed, as closely as there is time for while somebody waits.

	Raises:
		BacktestError: as :func:`look_back`.
	"""
	return backtest(facts, policy, cut, (until - cut).days, with_year=with_year, pace=_PACE)


def _facts(seen: Seen[Any], policy: Policy) -> Facts:
	"""The facts of those who are seen, and of their documents those of the companies that are."""
	known, _faulty = site_facts.read_sound_facts(policy, seen.few)
	names = set(seen.names)

	def mine(table: pd.DataFrame) -> pd.DataFrame:
		kept = table["customer"].isin(names)
		if seen.companies and "company" in table:  # what is of no company is of each
			kept &= table["company"].isin(seen.companies) | table["company"].isna()
		return table[kept].reset_index(drop=True)

	return replace(known, sales=mine(known.sales), **known.each_table(mine))


def _customers(seen: Seen[Any], facts: Facts, found: Backtest, cut: date, horizon: int) -> pd.DataFrame:
	scores = found.evaluation.scores
	outcome = outcome_of(facts, known_on(facts, cut), found.evaluation.policy, cut, horizon)
	then = pd.DataFrame(
		{
			"customer": scores["customer"].to_numpy(dtype=object),
			"then_rung": scores["tier"].fillna("").to_numpy(dtype=object),
			"then_stage": scores["lifecycle_stage"].to_numpy(dtype=object),
			"then_score": scores["score"].to_numpy(dtype=np.float64),
			"chance": np.round(found.forecasts["chance_to_buy"].to_numpy(dtype=np.float64) * 100, 1),
			"expected": found.forecasts["expected_value"].to_numpy(dtype=np.float64),
			"bought": outcome.buyers,
			"gone": outcome.gone,
			"revenue": outcome.revenue,
		}
	)
	return then.merge(seen.customers.drop(columns=["score"]), on="customer", how="left")


def cut_before(first: date) -> date:
	"""The day on whose close everyone is graded: the one before a period."""
	return first - timedelta(days=1)
