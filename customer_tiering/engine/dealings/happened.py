"""Things that happened with customers on a day, such as a complaint or a call: how many, and how long ago."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import Bools, Floats, Ints, Objects
from customer_tiering.engine.facts import NEVER, Facts, day_numbers, equals


@dataclass(frozen=True)
class Happened:
	"""Events up to the as-of date as plain arrays; days count from 1970-01-01.

	Attributes:
		size: how many customers there are.
		codes: position of each event's customer.
		days: the day of each.
		company: whose concern it was, None where nobody knows; None: events that concern no company.
	"""

	size: int
	codes: Ints
	days: Ints
	company: Objects | None = None

	@classmethod
	def of(
		cls, facts: Facts, table: pd.DataFrame | None, as_of: int, companies: tuple[str, ...] = ()
	) -> Happened | None:
		"""What may be seen on a day, of some companies or of all if none is named; None: nothing is known."""
		if table is None:
			return None
		days, codes = day_numbers(table["date"]), facts.positions(table["customer"])
		seen = (days <= as_of) & (codes >= 0)
		company = table["company"].to_numpy(dtype=object) if "company" in table else None
		if companies and company is not None:
			seen &= _concerns(company, companies)
		return cls(len(facts.index), codes[seen], days[seen], None if company is None else company[seen])

	def of_company(self, company: str) -> Happened:
		"""Those that concern one company, or no one knows which."""
		if self.company is None:
			return self
		mine = _concerns(self.company, (company,))
		return replace(self, codes=self.codes[mine], days=self.days[mine], company=self.company[mine])

	def count(self, after: int | None) -> Floats:
		"""How many there were since a day, shape (size,)."""
		codes = self.codes if after is None else self.codes[self.days > after]
		return np.bincount(codes, minlength=self.size).astype(np.float64)

	def silence(self, today: int) -> Floats:
		"""Days from the last one to a day, shape (size,); NaN where there was none."""
		last = np.full(self.size, NEVER)
		np.maximum.at(last, self.codes, self.days)
		return np.where(last == NEVER, np.nan, today - last.astype(np.float64))


def _concerns(company: Objects, companies: tuple[str, ...]) -> Bools:
	"""Whether an event concerns one of some companies; one of nobody knows which concerns each."""
	found = np.asarray(pd.isna(company), dtype=bool)
	for name in ("", *companies):
		found |= equals(company, name)
	return found
