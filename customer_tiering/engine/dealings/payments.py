"""What invoices came to and what was paid of them, entry by entry: what is overdue, and who paid how late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from customer_tiering.engine.exact import (
	UNIT,
	Addends,
	Bools,
	Floats,
	Ints,
	Objects,
	Whole,
	quotient,
	ten_thousandths,
)
from customer_tiering.engine.facts import Facts, day_numbers, equals, factorized

#: Less than this is nothing: half of a hundredth, as a conversion from another currency may leave it.
SETTLED = UNIT // 200


@dataclass(frozen=True)
class Payments:
	"""Entries up to the as-of date as plain arrays; days count from 1970-01-01.

	Attributes:
		size: how many customers there are.
		codes: position of each entry's customer.
		invoice: a number for the customer and document of each entry.
		days: the day of each.
		due: the day until which what is owed is to be paid.
		money: ten-thousandths, above zero what is owed, below zero what was paid of it.
		is_return: whether it was taken back, not paid.
	"""

	size: int
	codes: Ints
	invoice: Ints
	days: Ints
	due: Ints
	money: Ints
	is_return: Bools
	company: Objects

	@classmethod
	def of(cls, facts: Facts, as_of: int, companies: tuple[str, ...] = ()) -> Payments | None:
		"""What may be seen on a day, of some companies or of all if none is named; None: nothing is known."""
		table = facts.payments
		if table is None:
			return None
		days, codes = day_numbers(table["posting_date"]), facts.positions(table["customer"])
		seen = (days <= as_of) & (codes >= 0)
		if companies:
			seen &= table["company"].isin(companies).to_numpy()
		rows, days, codes = table[seen], days[seen], codes[seen]
		due = rows["due_date"]
		open_ended = due.isna().to_numpy()
		names, known = factorized(rows["document"])
		_keys, invoice = np.unique(codes * max(len(known), 1) + names, return_inverse=True)
		return cls(
			len(facts.index),
			codes,
			invoice,
			days,
			np.where(open_ended, days, day_numbers(due.where(~open_ended, rows["posting_date"]))),
			ten_thousandths(rows["amount"].to_numpy(dtype=np.float64)),
			rows["is_return"].to_numpy(dtype=bool),
			rows["company"].to_numpy(dtype=object),
		)

	def of_company(self, company: str) -> Payments:
		"""The entries of one company only."""
		mine = equals(self.company, company)
		names = ("codes", "invoice", "days", "due", "money", "is_return", "company")
		return replace(self, **{name: getattr(self, name)[mine] for name in names})

	def overdue(self, today: int) -> Whole:
		"""What is unpaid and past due on a day, in ten-thousandths, shape (size,).

		What was paid of an invoice is paid of the part that is due first. Nothing makes up for it that is not
		entered against that invoice.
		"""
		is_due = (self.money < 0) | (self.due < today)
		late = self._left(is_due) > SETTLED
		return Addends(self.money).per(self.codes, self.size, is_due & np.asarray(late)[self.invoice])

	def days_late(self, after: int | None) -> Floats:
		"""The mean of the days that invoices were paid late, of those that were settled after a day.

		An invoice is late by the days from its last due date to the one on which nothing was left of it; one
		that was paid in time, by none. One that was only taken back was not paid. NaN where there is none.
		"""
		late = np.maximum(self._settled_on - self._due_on, 0)
		paid = self._is_paid if after is None else self._is_paid & (self._settled_on > after)
		whose = self._whose[paid]
		total = np.bincount(whose, weights=late[paid], minlength=self.size).astype(np.int64)
		return quotient(total, np.bincount(whose, minlength=self.size))

	@cached_property
	def _invoices(self) -> int:
		return int(self.invoice.max()) + 1 if len(self.invoice) else 0

	@cached_property
	def _whose(self) -> Ints:
		"""The customer of each invoice; of one without entries, as another company's, nobody is asked."""
		found = np.zeros(self._invoices, dtype=np.int64)
		found[self.invoice] = self.codes
		return found

	def _left(self, rows: Bools | None = None) -> Whole:
		return Addends(self.money).per(self.invoice, self._invoices, rows)

	@cached_property
	def _due_on(self) -> Ints:
		"""The last day until which anything of each invoice was to be paid."""
		found = np.full(self._invoices, np.iinfo(np.int64).min)
		owed = self.money > 0
		np.maximum.at(found, self.invoice[owed], self.due[owed])
		return found

	@cached_property
	def _is_paid(self) -> Bools:
		"""Whether something was owed of each invoice, something paid, and nothing is left."""
		owed, paid = (
			np.bincount(self.invoice[rows], minlength=self._invoices) > 0
			for rows in (self.money > 0, (self.money < 0) & ~self.is_return)
		)
		return np.asarray(owed & paid & np.asarray(self._left() <= SETTLED, dtype=bool))

	@cached_property
	def _settled_on(self) -> Ints:
		"""For each invoice of which nothing is left: the day since when that is so."""
		order = np.lexsort((self.days, self.invoice))
		invoice, days = self.invoice[order], self.days[order]
		running = np.cumsum(self.money[order])  # may wrap around; what is taken of it is a difference
		is_first = np.diff(invoice, prepend=-1) > 0
		before = np.concatenate(([0], running[:-1]))[is_first]
		left = running - np.repeat(before, np.diff(np.append(np.flatnonzero(is_first), len(invoice))))
		at_close = np.append((np.diff(invoice) > 0) | (np.diff(days) > 0), [True])[: len(invoice)]
		invoice, days, open_ = invoice[at_close], days[at_close], left[at_close] > SETTLED
		was_open = np.concatenate(([True], open_[:-1]))[: len(open_)] | (np.diff(invoice, prepend=-1) > 0)
		found = np.zeros(self._invoices, dtype=np.int64)
		found[invoice[~open_ & was_open]] = days[~open_ & was_open]  # of several the last
		return found
