"""Customers by the month of their first purchase, and what they did in the months since."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import DECIMALS, Bools, Floats, Ints
from customer_tiering.review.figures.months import number as month_of


@dataclass(frozen=True)
class Cohorts:
	"""Customers by the month of their first purchase, and what they did in the months since.

	Attributes:
		members: a row per customer: ``customer``, ``cohort`` (a month as a number), and what else was
			given.
		deeds: a row per customer and month since his first purchase in which there was a document of his:
			``at`` (position in ``members``), ``offset``, ``purchases`` (that count) and ``revenue``.
		last: the last month that is looked at.
		months: how many months after the first are followed.
	"""

	members: pd.DataFrame
	deeds: pd.DataFrame
	last: int
	months: int

	@cached_property
	def list(self) -> Ints:
		"""The cohorts with customers, the oldest first."""
		return np.unique(self.members["cohort"].to_numpy())

	@cached_property
	def sizes(self) -> Ints:
		"""How many customers each cohort has."""
		return np.bincount(self._codes, minlength=len(self.list))

	@cached_property
	def reached(self) -> Bools:
		"""Whether each cohort (down) is old enough for each month since the first purchase (across)."""
		reached: Bools = self.list[:, None] + np.arange(self.months + 1)[None, :] <= self.last
		return reached

	@cached_property
	def kept(self) -> Floats:
		"""How many of each cohort made a purchase that counts in each month; NaN where it is not reached."""
		return self._cells((self.deeds["purchases"] > 0).to_numpy(dtype=np.float64))

	@cached_property
	def revenue(self) -> Floats:
		"""Net total of each cohort's documents in each month; NaN where it is not reached."""
		return self._cells(self.deeds["revenue"].to_numpy())

	@cached_property
	def _codes(self) -> Ints:
		codes = np.searchsorted(self.list, self.members["cohort"].to_numpy(dtype=np.int64))
		return np.asarray(codes, dtype=np.int64)

	def _cells(self, values: Floats) -> Floats:
		width = self.months + 1
		at = self._codes[self.deeds["at"].to_numpy()] * width + self.deeds["offset"].to_numpy()
		sums = np.bincount(at, weights=values, minlength=len(self.list) * width)
		rounded = np.round(sums, DECIMALS).reshape(len(self.list), width) + 0.0
		return np.asarray(np.where(self.reached, rounded, np.nan), dtype=np.float64)

	def base(self, of_money: bool) -> Floats:
		"""What 100 % of each cohort are: its customers, or its revenue of the first month; NaN for none."""
		whole = self.revenue[:, 0] if of_money else self.sizes.astype(np.float64)
		return np.where(whole > 0, whole, np.nan)

	def average(self, of_money: bool) -> Floats:
		"""Percent kept in each month by the cohorts that reached it, each with the weight of its base."""
		cells, base = self.revenue if of_money else self.kept, self.base(of_money)[:, None]
		counted = self.reached & ~np.isnan(base)
		weights = np.where(counted, base, 0).sum(axis=0)
		sums = np.where(counted, cells, 0).sum(axis=0)
		found: Floats = np.round(sums / np.where(weights > 0, weights, np.nan) * 100, 1)
		return found


def deeds(members: pd.DataFrame, sales: pd.DataFrame, last: int, months: int) -> pd.DataFrame:
	"""Documents by customer and month since his first purchase; see :class:`Cohorts`.

	Args:
		members: ``customer`` and ``cohort``.
		sales: a row per document: ``customer``, ``posting_date``, ``net_amount``, ``counts`` (as a purchase).
		last: the last month that is looked at.
		months: how many after the first are followed.
	"""
	known = pd.Index(members["customer"], dtype=object)
	sales = sales[sales["customer"].isin(known)]
	at = known.get_indexer(sales["customer"])
	month = month_of(sales["posting_date"].to_numpy().astype("datetime64[M]"))
	offset = month - members["cohort"].to_numpy(dtype=np.int64)[at]
	mine = (offset >= 0) & (offset <= months) & (month <= last)
	key = at[mine] * (months + 1) + offset[mine]
	keys, codes = np.unique(key, return_inverse=True)
	sums = np.bincount(codes, weights=sales["net_amount"].to_numpy()[mine], minlength=len(keys))
	return pd.DataFrame(
		{
			"at": keys // (months + 1),
			"offset": keys % (months + 1),
			"purchases": np.bincount(codes, weights=sales["counts"].to_numpy()[mine], minlength=len(keys)),
			"revenue": np.round(sums, DECIMALS) + 0.0,
		}
	).astype({"purchases": int})
