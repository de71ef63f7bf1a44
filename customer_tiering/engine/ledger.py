"""The documents that an evaluation sees, as plain arrays: what counts as a purchase, and exact sums."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.dealings import Happened, Payments
from customer_tiering.engine.exact import (
	DECIMALS,
	UNIT,
	Addends,
	Bools,
	Floats,
	Ints,
	Objects,
	Whole,
	amounts_of,
	ten_thousandths,
)
from customer_tiering.engine.facts import NEVER, Facts, equals, to_date, to_day

__all__ = ["DECIMALS", "UNIT", "Floats", "Ledger", "PurchaseDays", "to_date", "to_day"]


@dataclass(frozen=True)
class Ledger:
	"""Sales rows up to the as-of date as plain arrays, one entry per document; days count from 1970-01-01.

	Attributes:
		size: how many customers there are.
		codes: position of each document's customer.
		days: the day on which its money counts.
		money: its net amount in whole ten-thousandths.
		counted: whether it is a purchase that counts for recency and frequency: one whose own returns have
			not brought it to zero or less.
		profit: its gross profit in ten-thousandths, 0 where the cost is unknown; None: no cost is known.
		cost_known: whether its cost is known, where any is.
		payments: what is owed and was paid; None: not known, or not asked for.
		complaints, contacts: the same for what happened with customers.
	"""

	size: int
	as_of: int
	codes: Ints
	days: Ints
	money: Ints
	is_return: Bools
	counted: Bools
	profit: Ints | None = None
	cost_known: Bools | None = None
	company: Objects | None = None
	fiscal_start_month: int = 1
	payments: Payments | None = None
	complaints: Happened | None = None
	contacts: Happened | None = None

	@classmethod
	def build(
		cls,
		facts: Facts,
		as_of: date,
		returns_on_original: bool = False,
		companies: tuple[str, ...] = (),
		fiscal_start_month: int = 1,
		keep_company: bool = False,
		beyond_sales: bool = False,
	) -> Ledger:
		"""Take what an evaluation at ``as_of`` may see of ``facts``.

		Args:
			facts: the tables.
			as_of: rows after this date are not seen.
			returns_on_original: date a return's money to the sale that it returns, where that is known.
			companies: only these companies' documents; all if empty.
			fiscal_start_month: 1-12, for windows of the fiscal year.
			keep_company: whether :meth:`of_company` will be asked.
			beyond_sales: whether anything but sales will be asked for.
		"""
		sales, days, codes = _seen(facts, to_day(as_of), companies)
		money = ten_thousandths(sales["net_amount"].to_numpy(dtype=np.float64))
		is_return = sales["is_return"].to_numpy(dtype=bool)
		counted = ~is_return & (money > 0)
		if "is_purchase" in sales:
			counted &= _told_or_open(sales["is_purchase"])
		linked = Linked.of(sales, codes, is_return)
		if linked is not None:
			counted &= ~linked.undone(money)
			days = linked.days(days) if returns_on_original else days
		company = sales["company"].to_numpy(dtype=object) if keep_company else None
		profit, known = _profits(sales)
		size, today = len(facts.index), to_day(as_of)
		return cls(
			size, today, codes, days, money, is_return, counted, profit, known, company, fiscal_start_month,
			**(_beyond_sales(facts, today, companies) if beyond_sales else {}),
		)  # fmt: skip

	def of_company(self, company: str) -> Ledger:
		"""The same ledger with one company's documents only; what counts as a purchase stays as it was."""
		assert self.company is not None  # it was asked for
		mine = equals(self.company, company)
		return replace(
			self,
			codes=self.codes[mine],
			days=self.days[mine],
			money=self.money[mine],
			is_return=self.is_return[mine],
			counted=self.counted[mine],
			profit=None if self.profit is None else self.profit[mine],
			cost_known=None if self.cost_known is None else self.cost_known[mine],
			company=None,
			payments=self.payments and self.payments.of_company(company),
			complaints=self.complaints and self.complaints.of_company(company),
		)

	@property
	def amounts(self) -> Floats:
		"""Net amount of each document."""
		return amounts_of(self.money)

	@property
	def profits(self) -> Floats | None:
		"""Gross profit of each document, NaN where its cost is unknown; None: no cost is known."""
		if self.profit is None or self.cost_known is None:
			return None
		return np.where(self.cost_known, amounts_of(self.profit), np.nan)

	def count(self, rows: Bools) -> Ints:
		"""Number of the chosen rows per customer, shape (size,)."""
		return np.bincount(self.codes[rows], minlength=self.size)

	def sums(self, rows: Bools | None = None) -> Whole:
		"""Sum of the net amounts of the chosen rows per customer, in ten-thousandths, shape (size,)."""
		return self._money.per(self.codes, self.size, rows)

	def profit_sums(self, rows: Bools) -> Whole:
		"""Sum of the known gross profits of the chosen rows per customer, in ten-thousandths."""
		return self._profit.per(self.codes, self.size, rows)

	def total(self, rows: Bools | None = None) -> Floats:
		"""Sum of the net amounts of the chosen rows per customer as an amount, shape (size,)."""
		return amounts_of(self.sums(rows))

	@cached_property
	def _money(self) -> Addends:
		return Addends(self.money)

	@cached_property
	def _profit(self) -> Addends:
		return Addends(np.zeros_like(self.money) if self.profit is None else self.profit)

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


def _beyond_sales(facts: Facts, today: int, companies: tuple[str, ...]) -> dict[str, Any]:
	return {
		"payments": Payments.of(facts, today, companies),
		"complaints": Happened.of(facts, facts.complaints, today, companies),
		"contacts": Happened.of(facts, facts.contacts, today),
	}


def _seen(facts: Facts, today: int, companies: tuple[str, ...]) -> tuple[pd.DataFrame, Ints, Ints]:
	"""The rows up to a day, of some companies or (if none is named) of all; their days and customers."""
	seen = facts.days <= today
	if companies:
		seen &= facts.sales["company"].isin(companies).to_numpy()
	if seen.all():
		return facts.sales, facts.days, facts.codes
	return facts.sales[seen], facts.days[seen], facts.codes[seen]


def _told_or_open(flags: pd.Series) -> Bools:
	"""Flags, true where one is left open."""
	if flags.dtype == bool:
		return np.asarray(flags, dtype=bool)
	return np.asarray(flags.isna() | flags.isin([True]), dtype=bool)


def _profits(sales: pd.DataFrame) -> tuple[Ints | None, Bools | None]:
	if "gross_profit" not in sales:
		return None, None
	profits = sales["gross_profit"].to_numpy(dtype=np.float64, na_value=np.nan)
	return ten_thousandths(np.nan_to_num(profits)), ~np.isnan(profits)


@dataclass(frozen=True)
class Linked:
	"""Returns that name what they return, and the documents so named: a group for each name and customer.

	A return belongs to a document only if both are the same customer's: then one customer's facts are enough.
	Documents of one name of one customer are in one group, so that no order of rows decides between them.

	Attributes:
		groups: how many there are.
		returns: rows of the returns; ``returned`` has the group of each.
		originals: rows of the documents; ``original`` has the group of each.
	"""

	groups: int
	returns: Ints
	returned: Ints
	originals: Ints
	original: Ints

	@classmethod
	def of(cls, sales: pd.DataFrame, codes: Ints, is_return: Bools) -> Linked | None:
		"""Find them; None where no return names a document."""
		if "return_against" not in sales or not is_return.any():
			return None
		returns = np.flatnonzero(is_return)
		against = sales["return_against"].to_numpy(dtype=object)[returns]
		named = ~pd.isna(against)
		named[named] = against[named] != ""
		returns, against = returns[named], against[named]
		if not len(returns):
			return None
		names: dict[str, int] = {}
		number = np.array([names.setdefault(name, len(names)) for name in against.tolist()], dtype=np.int64)
		span = int(codes.max()) + 1  # a name and a customer are one number: no name is compared twice
		groups, returned = np.unique(number * span + codes[returns], return_inverse=True)
		originals, number = _named(sales, np.isin(codes, codes[returns]) & ~is_return, names)
		keys = number * span + codes[originals]
		original = np.minimum(np.searchsorted(groups, keys), len(groups) - 1)
		theirs = groups[original] == keys
		return cls(len(groups), returns, returned, originals[theirs], original[theirs])

	def undone(self, money: Ints) -> Bools:
		"""Which documents their own returns bring to zero or less, a group taken as one document."""
		together = Addends(money[np.concatenate([self.originals, self.returns])])
		left = together.per(np.concatenate([self.original, self.returned]), self.groups)
		undone = np.zeros(len(money), dtype=bool)
		undone[self.originals[np.asarray(left <= 0, dtype=bool)[self.original]]] = True
		return undone

	def days(self, days: Ints) -> Ints:
		"""The days on which money counts if a return's does on that of the original, of several the first."""
		first = np.full(self.groups, np.iinfo(np.int64).max)
		np.minimum.at(first, self.original, days[self.originals])
		moved = np.isin(self.returned, self.original)
		dated: Ints = days.copy()
		dated[self.returns[moved]] = first[self.returned[moved]]
		return dated


def _named(sales: pd.DataFrame, chosen: Bools, names: dict[str, int]) -> tuple[Ints, Ints]:
	"""The chosen rows whose document has one of the names, and the number of that name."""
	rows = np.flatnonzero(chosen)
	documents = sales["document"].to_numpy(dtype=object)[rows].tolist()
	number = np.fromiter(map(names.get, documents, repeat(-1)), dtype=np.int64, count=len(rows))
	return rows[number >= 0], number[number >= 0]
