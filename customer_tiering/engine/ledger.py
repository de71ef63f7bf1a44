"""The documents that an evaluation sees, as plain arrays: what counts as a purchase, and exact sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import DECIMALS, NEVER, Bools, Facts, Floats, Ints, Objects, to_day


@dataclass(frozen=True)
class Ledger:
	"""Sales rows up to the as-of date as plain arrays, one entry per document; days count from 1970-01-01.

	``counted`` marks the purchases that count for recency and frequency: those whose own returns have not
	brought them to zero or less.
	"""

	size: int  # customers
	as_of: int
	codes: Ints
	days: Ints
	amounts: Floats
	profits: Floats | None
	is_return: Bools
	counted: Bools
	company: Objects | None
	fiscal_start_month: int = 1

	@classmethod
	def build(
		cls,
		facts: Facts,
		as_of: date,
		returns_on_original: bool = False,
		companies: tuple[str, ...] = (),
		fiscal_start_month: int = 1,
		keep_company: bool = False,
	) -> Ledger:
		"""Take what an evaluation at ``as_of`` may see of ``facts``.

		Args:
			facts: the tables.
			as_of: rows after this date are not seen.
			returns_on_original: date a return's money to the sale that it returns, where that is known.
			companies: only these companies' documents; all if empty.
			fiscal_start_month: 1-12, for windows of the fiscal year.
			keep_company: whether :meth:`of_company` will be asked.
		"""
		sales, today = facts.sales, to_day(as_of)
		days = sales["posting_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
		seen = days <= today
		if companies:
			seen &= sales["company"].isin(companies).to_numpy()
		if not seen.all():
			sales, days = sales[seen], days[seen]
		codes = facts.codes[seen] if len(sales) < len(facts.sales) else facts.codes
		amounts = np.round(sales["net_amount"].to_numpy(dtype=np.float64), DECIMALS)
		is_return = sales["is_return"].to_numpy(dtype=bool)
		purchase = ~is_return & (amounts > 0)
		if "is_purchase" in sales:
			purchase &= sales["is_purchase"].to_numpy(dtype=bool)
		counted, days = _apply_returns(sales, codes, days, amounts, is_return, purchase, returns_on_original)
		profits = None
		if "gross_profit" in sales:
			profits = np.round(sales["gross_profit"].to_numpy(dtype=np.float64, na_value=np.nan), DECIMALS)
		company = sales["company"].to_numpy(dtype=object) if keep_company else None
		return cls(
			len(facts.index),
			today,
			codes,
			days,
			amounts,
			profits,
			is_return,
			counted,
			company,
			fiscal_start_month,
		)

	def of_company(self, company: str) -> Ledger:
		"""The same ledger with one company's documents only."""
		mine = np.asarray(self.company == company, dtype=bool)
		return Ledger(
			self.size,
			self.as_of,
			self.codes[mine],
			self.days[mine],
			self.amounts[mine],
			None if self.profits is None else self.profits[mine],
			self.is_return[mine],
			self.counted[mine],
			None,
			self.fiscal_start_month,
		)

	def count(self, rows: Bools) -> Ints:
		"""Number of the chosen rows per customer, shape (size,)."""
		return np.bincount(self.codes[rows], minlength=self.size)

	def total(self, rows: Bools | None = None, values: Floats | None = None) -> Floats:
		"""Sum of ``values`` (by default the amounts) over the chosen rows per customer, shape (size,)."""
		values = self.amounts if values is None else values
		codes = self.codes
		if rows is not None:
			codes, values = codes[rows], values[rows]
		sums = np.round(np.bincount(codes, weights=values, minlength=self.size), DECIMALS)
		return np.asarray(sums + 0.0, dtype=np.float64)  # no negative zero: it would be printed as -0.0

	@cached_property
	def purchase_days(self) -> PurchaseDays:
		"""The distinct days on which each customer made a counted purchase."""
		return PurchaseDays.of(self.size, self.codes[self.counted], self.days[self.counted])


@dataclass(frozen=True)
class PurchaseDays:
	"""Distinct purchase days, sorted by customer and day; ``starts[c]:starts[c + 1]`` are customer c's."""

	codes: Ints
	days: Ints
	starts: Ints

	@classmethod
	def of(cls, size: int, codes: Ints, days: Ints) -> PurchaseDays:
		"""Sort and thin out (customer, day) pairs, as one integer key each: the fastest sort there is."""
		origin = int(days.min()) if len(days) else 0
		span = int(days.max()) - origin + 1 if len(days) else 1
		key = codes * span + (days - origin)
		key.sort()
		if len(key):
			key = key[np.concatenate(([True], key[1:] != key[:-1]))]
		codes, offset = np.divmod(key, span)
		counts = np.bincount(codes, minlength=size)
		return cls(codes, offset + origin, np.concatenate(([0], np.cumsum(counts))))

	@cached_property
	def counts(self) -> Ints:
		"""Distinct purchase days per customer."""
		return np.diff(self.starts)

	@cached_property
	def first(self) -> Ints:
		"""First purchase day per customer; ``NEVER`` for none."""
		return self._at(self.starts[:-1])

	@cached_property
	def last(self) -> Ints:
		"""Last purchase day per customer; ``NEVER`` for none."""
		return self._at(self.starts[1:] - 1)

	@cached_property
	def ever(self) -> Bools:
		"""Whether each customer ever made a purchase that counts."""
		return self.counts > 0

	def _at(self, positions: Ints) -> Ints:
		found = np.full(len(self.counts), NEVER, dtype=np.int64)
		found[self.counts > 0] = self.days[positions[self.counts > 0]]
		return found


def _apply_returns(
	sales: pd.DataFrame,
	codes: Ints,
	days: Ints,
	amounts: Floats,
	is_return: Bools,
	purchase: Bools,
	returns_on_original: bool,
) -> tuple[Bools, Ints]:
	"""Which purchases still count, and each row's day for money.

	A return belongs to a document only if both are the same customer's: then one customer's facts are enough.
	"""
	if "return_against" not in sales or not is_return.any():
		return purchase, days
	rows = np.flatnonzero(is_return)
	against = sales["return_against"].to_numpy(dtype=object)[rows]
	linked = ~pd.isna(against) & (against != "")
	rows, against = rows[linked], against[linked]
	if not len(rows):
		return purchase, days
	wanted = set(against.tolist())
	returners = np.zeros(int(codes.max()) + 1, dtype=bool)
	returners[codes[rows]] = True
	candidates = np.flatnonzero(returners[codes] & ~is_return)
	documents = sales["document"].to_numpy(dtype=object)
	named = map(wanted.__contains__, documents[candidates].tolist())
	candidates = candidates[np.fromiter(named, dtype=bool, count=len(candidates))]
	originals: dict[tuple[str, int], int] = {}
	for at, code in zip(candidates.tolist(), codes[candidates].tolist(), strict=True):
		originals.setdefault((documents[at], code), at)
	keys = zip(against.tolist(), codes[rows].tolist(), strict=True)
	found = np.array([originals.get(key, -1) for key in keys], dtype=np.int64)
	rows, positions = rows[found >= 0], found[found >= 0]
	left = amounts.copy()
	np.add.at(left, positions, amounts[rows])
	counted = purchase & (np.round(left, DECIMALS) > 0)
	if returns_on_original:
		days = days.copy()
		days[rows] = days[positions]
	return counted, days
