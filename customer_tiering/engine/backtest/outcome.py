"""What followed a past day, and what keeps it from being looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import Bools, Floats, Ints
from customer_tiering.engine.facts import Facts, to_date, to_day
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.policy import Policy

#: Of fewer customers nothing can be told.
LEAST_CUSTOMERS = 20


class BacktestError(ValueError):
	"""A past day that cannot be held against what followed; a sentence says why.

	It has numbered gaps, so that it can be translated.
	"""

	def __init__(self, template: str, *gaps: object):
		self.template, self.gaps = template, gaps
		super().__init__(template.format(*gaps))


@dataclass(frozen=True)
class Outcome:
	"""What the customers who were known on the cut did in the horizon after it; arrays of shape (customers,).

	Attributes:
		buyers: who had ever purchased by the cut.
		purchases: days with a purchase in the horizon.
		revenue: net amount in the horizon.
		year_before: net amount in the 365 days up to the cut.
		new_customers, new_revenue: of those who were not known on the cut.
	"""

	buyers: Bools
	purchases: Ints
	revenue: Floats
	year_before: Floats
	new_customers: int
	new_revenue: float

	@property
	def gone(self) -> Bools:
		"""Who did not purchase in the horizon."""
		return np.asarray(self.purchases == 0)


def known_on(facts: Facts, cut: date) -> Facts:
	"""The facts up to a day, and of the customers only those who had a document by then."""
	known = facts.up_to(cut)
	if known.customers is None:
		return known
	seen = known.customers["customer"].isin(known.sales["customer"])
	return replace(known, customers=known.customers[seen].reset_index(drop=True))


def outcome_of(facts: Facts, known: Facts, policy: Policy, cut: date, horizon: int) -> Outcome:
	"""What followed, for the customers of ``known``.

	Args:
		facts: to the end of the horizon at least.
		known: what was known on the cut.
		policy: which documents are looked at.
		cut: the past day.
		horizon: days after it.

	Raises:
		BacktestError: as :func:`checked_end`; or there are too few customers.
	"""
	end = checked_end(facts, cut, horizon)
	before = ledger_of(known, policy, cut)
	buyers = before.purchase_days.ever
	if not buyers.any():
		raise BacktestError(
			"Nobody had purchased by {0}; the data begin on {1}. Choose a later cut.",
			cut, to_date(int(facts.days.min())),
		)  # fmt: skip
	if int(buyers.sum()) < LEAST_CUSTOMERS:
		raise BacktestError(
			"Only {0} customers had purchased by {1}; a back-test needs {2}. Choose a later cut.",
			int(buyers.sum()), cut, LEAST_CUSTOMERS,
		)  # fmt: skip
	after = ledger_of(replace(facts, customers=_everyone(facts)), policy, end)
	today, days = to_day(cut), after.purchase_days
	purchases = np.bincount(days.codes[days.days > today], minlength=after.size)
	revenue = after.total(after.days > today)
	at = facts.index.get_indexer(known.index)
	new = np.ones(len(facts.index), dtype=bool)
	new[at] = False
	return Outcome(
		buyers, purchases[at], revenue[at], before.total(before.days > today - 365),
		int((purchases[new] > 0).sum()), float(revenue[new].sum()),
	)  # fmt: skip


def ledger_of(facts: Facts, policy: Policy, as_of: date) -> Ledger:
	"""The documents that a policy looks at."""
	return Ledger.build(facts, as_of, policy.returns_dated == "Original", policy.companies)


def _everyone(facts: Facts) -> pd.DataFrame:
	"""The customers of all days, so that their order is that of the facts' own index."""
	return pd.DataFrame({"customer": facts.index.to_numpy(dtype=object)})


def checked_end(facts: Facts, cut: date, horizon: int) -> date:
	"""The last day of the horizon.

	Raises:
		BacktestError: the cut is before the first document, or the horizon ends after the last.
	"""
	if horizon < 1:
		raise BacktestError("The horizon is {0} days; it has to be at least one.", horizon)
	if not len(facts.days):
		raise BacktestError("There are no documents.")
	first, last = (to_date(int(day)) for day in (facts.days.min(), facts.days.max()))
	if cut < first:
		raise BacktestError("The cut {0} is before the first document, of {1}.", cut, first)
	if horizon > (last - cut).days:
		raise BacktestError(
			"The data end on {0}, and {1} days after {2} do not end before {3}. Choose an earlier cut or a "
			"shorter horizon.",
			last, horizon, cut, _later(cut, horizon),
		)  # fmt: skip
	return cut + timedelta(horizon)


def _later(cut: date, horizon: int) -> str:
	try:
		return str(cut + timedelta(horizon))
	except OverflowError:
		return "the calendar does"
