"""What one order would do to each of many customers: each has his own among his documents, all at once."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import Bools, Floats, Ints, amounts_of
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.what_if.asked import Asked
from customer_tiering.engine.what_if.documents import latest_companies, margins, with_more
from customer_tiering.engine.what_if.rungs import day_of, positions_of, rungs_of

_CENTS = 100


class Customers(Asked):
	"""Many customers, of whose orders one asks at once."""

	@cached_property
	def scores(self) -> pd.DataFrame:
		"""Their scores as of today."""
		return self.graded(self.facts, self.previous).scores

	@cached_property
	def usual(self) -> Floats:
		"""The median of the amounts of each one's purchases that count, in hundredths; NaN without any."""
		ledger = Ledger.build(self.facts, self.as_of, companies=self.policy.companies)
		bought = pd.Series(ledger.money[ledger.counted]).groupby(ledger.codes[ledger.counted]).median()
		medians = bought.reindex(range(ledger.size)).to_numpy(dtype=np.float64)
		found = np.floor(amounts_of(np.nan_to_num(medians)) * _CENTS + 0.5) / _CENTS
		return np.where(np.isnan(medians), np.nan, np.maximum(found, 1 / _CENTS))

	def ordered(self, amounts: Floats) -> pd.DataFrame:
		"""The scores if each had ordered so much today, where he last traded; NaN: nothing."""
		buys = ~np.isnan(amounts)
		sales = with_more(
			self.facts.sales,
			self.facts.index.to_numpy(dtype=object)[buys],
			amounts[buys],
			self._companies[buys],
			self._margins[buys],
			self.as_of,
		)
		facts = replace(self.facts, sales=sales, given=self._given)
		return self.graded(facts, self.previous).scores

	@cached_property
	def _companies(self) -> Any:
		return latest_companies(self.facts.sales, self.facts.codes, len(self.facts.index))

	@cached_property
	def _margins(self) -> Floats:
		return margins(self.facts.sales, self.facts.codes, len(self.facts.index))

	@cached_property
	def _given(self) -> dict[str, Any]:
		"""Metrics of other apps: they are taken to stay as they are."""
		values = {name: compute(self.facts, self.as_of) for name, compute in self.facts.given.items()}
		return {name: lambda _facts, _as_of, known=known: known for name, known in values.items()}


def lifted(customers: Customers, amounts: Floats) -> pd.DataFrame:
	"""Whom an order of his amount today lifts: ``customer``, ``amount``, ``tier``, ``reached`` and ``on``.

	Args:
		customers: the disabled among them are lifted by nothing.
		amounts: one per customer, in hundredths; NaN: he is left out.

	Returns:
		The tier held now, the one that the order leads to, and from which day on that one is held.
	"""
	policy, scores = customers.policy, customers.scores
	then = customers.ordered(amounts)
	before, after = rungs_of(policy, scores), rungs_of(policy, then)
	up = (after > before) & ~np.isnan(amounts) & ~customers.facts.disabled
	return pd.DataFrame(
		{
			"customer": scores["customer"].to_numpy(dtype=object)[up],
			"amount": amounts[up],
			"tier": scores["tier"].to_numpy(dtype=object)[up],
			"reached": np.array([policy.tiers[rung].name for rung in after[up]], dtype=object),
			"on": _days(customers, then[up], after[up]),
		}
	)


def _days(customers: Customers, then: pd.DataFrame, rungs: Ints) -> Any:
	"""The day on which each holds his rung; most do at once, and the others are looked at one by one."""
	policy, as_of = customers.policy, customers.as_of
	found = np.full(len(then), np.datetime64(as_of, "s"))
	for at in np.flatnonzero(positions_of(policy, then["tier"]) < rungs).tolist():
		found[at] = np.datetime64(day_of(policy, then.iloc[at], int(rungs[at]), as_of), "s")
	return found


def least_of(customers: Customers, amounts: Floats, goals: Ints) -> Floats:
	"""For each customer, the least order up to his amount that leads to a rung; a cent less does not.

	Args:
		customers: whom these orders lift to these rungs, and nobody else.
		amounts: one per customer, in hundredths.
		goals: a rung per customer.
	"""
	low, high = np.zeros(len(amounts), dtype=np.int64), np.rint(amounts * _CENTS).astype(np.int64)
	while (high - low > 1).any():
		middle = np.maximum((low + high) // 2, 1)
		reached: Bools = rungs_of(customers.policy, customers.ordered(middle / _CENTS)) >= goals
		open_ = high - low > 1
		high = np.where(open_ & reached, middle, high)
		low = np.where(open_ & ~reached, middle, low)
	return high / _CENTS
