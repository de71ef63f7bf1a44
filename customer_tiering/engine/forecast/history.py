"""What each customer had done by a day: what forecasts are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from customer_tiering.engine.exact import Bools, Floats, Ints
from customer_tiering.engine.ledger import Ledger, PurchaseDays


@dataclass(frozen=True)
class History:
	"""The customers of a ledger who ever purchased, in order; arrays of shape (customers,).

	A purchase is a day on which one or more documents count as such: who sends three invoices on a day bought
	once. Whatever was posted after the ledger's day is not in it.

	Attributes:
		who: their positions among the ledger's customers.
		day: the ledger's day, counted from 1970-01-01.
		days: their distinct purchase days, numbered by their place here.
		documents: how many documents count as purchases.
		amount: what these came to, in the reporting currency; returns aside.
	"""

	who: Ints
	day: int
	days: PurchaseDays
	documents: Ints
	amount: Floats

	@classmethod
	def of(cls, ledger: Ledger, chosen: Bools | None = None) -> History:
		"""Read it from a ledger, of all its customers or of the chosen, shape (ledger.size,)."""
		ever = ledger.purchase_days.ever if chosen is None else ledger.purchase_days.ever & chosen
		who = np.flatnonzero(ever)
		place = np.cumsum(ever) - 1
		all_days = ledger.purchase_days
		mine = ever[all_days.codes]
		starts = np.concatenate(([0], np.cumsum(all_days.counts[who])))
		days = PurchaseDays(place[all_days.codes[mine]], all_days.days[mine], starts)
		counted = ledger.counted
		return cls(who, ledger.as_of, days, ledger.count(counted)[who], ledger.total(counted)[who])

	@property
	def size(self) -> int:
		"""How many they are."""
		return len(self.who)

	@property
	def count(self) -> Ints:
		"""Purchases of each."""
		return self.days.counts

	@property
	def silence(self) -> Ints:
		"""Days since the last purchase."""
		return self.day - self.days.last

	@property
	def age(self) -> Ints:
		"""Days since the first purchase."""
		return self.day - self.days.first

	@property
	def span(self) -> Ints:
		"""Days from the first purchase to the last."""
		return self.days.last - self.days.first

	def within(self, after: int, until: int) -> Ints:
		"""How many purchases each made on the days ``(after, until]``, counted from 1970-01-01."""
		inside = (self.days.days > after) & (self.days.days <= until)
		return np.bincount(self.days.codes[inside], minlength=self.size)

	@cached_property
	def gaps(self) -> tuple[Ints, Ints]:
		"""Each customer's days from a purchase to the next: whose, and how many; shape (gaps,)."""
		codes = self.days.codes
		inner = codes[1:] == codes[:-1]
		return codes[1:][inner], np.diff(self.days.days)[inner]

	def gaps_longer(self, than: Ints) -> Ints:
		"""How many of each customer's gaps are longer than so many days of his, shape (customers,)."""
		whose, gaps = self.gaps
		return np.bincount(whose[gaps > than[whose]], minlength=self.size)
