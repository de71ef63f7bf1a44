"""Customers by what they brought: how much hangs on how few."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import DECIMALS, Floats

#: The top so many percent of the customers with revenue.
STEPS = (1, 5, 10, 20, 50, 100)
#: The points of the curve, in thousandths of these customers.
POINTS = range(0, 1001, 25)
MOST = 0.8  # of the revenue: how few bring it


@dataclass(frozen=True)
class Ranking:
	"""Customers by what they brought in the period.

	Attributes:
		customers: most revenue first, and by name where it is equal: the columns that were given,
			``revenue``, ``rank`` (from 1), ``share`` and ``cumulative`` (percent of all revenue above zero;
			NaN for who brought none).
	"""

	customers: pd.DataFrame

	@classmethod
	def of(cls, customers: pd.DataFrame, revenue: Floats) -> Ranking:
		"""Rank customers, who are in order of name."""
		ranked = customers.assign(revenue=revenue)
		ranked = ranked.sort_values("revenue", ascending=False, kind="stable").reset_index(drop=True)
		brought = ranked["revenue"].where(ranked["revenue"] > 0)
		return cls(
			ranked.assign(
				rank=np.arange(1, len(ranked) + 1),
				share=brought / brought.sum() * 100,
				cumulative=brought.cumsum() / brought.sum() * 100,
			)
		)

	@cached_property
	def amounts(self) -> Floats:
		"""Revenue of those who brought any, from the largest down."""
		revenue: Floats = self.customers["revenue"].to_numpy(dtype=np.float64)
		return revenue[revenue > 0]

	@cached_property
	def sums(self) -> Floats:
		"""What the first of them brought together; starts with nobody, who brought nothing."""
		sums = np.concatenate(([0.0], np.cumsum(self.amounts)))
		return np.asarray(np.round(sums, DECIMALS), dtype=np.float64)

	@property
	def whole(self) -> float:
		"""All revenue above zero."""
		return float(self.sums[-1])

	def first(self, thousandths: int) -> int:
		"""How many customers so many thousandths of those with revenue are, rounded up."""
		return -(-thousandths * len(self.amounts) // 1000)

	def fewest(self, part: float) -> int:
		"""The fewest customers who bring a part of the revenue."""
		return int(np.searchsorted(self.sums, round(part * self.whole, DECIMALS)))

	def gini(self) -> float:
		"""0: all bring the same; the closer to 1, the more is brought by few."""
		size = len(self.amounts)
		positions = np.arange(size, 0, -1)  # the smallest is the first
		return float(2 * (positions * self.amounts).sum() / (size * self.whole) - (size + 1) / size)

	def herfindahl(self) -> float:
		"""Sum of the squared shares in percent: 10,000 where one customer brings everything."""
		return float(((self.amounts / self.whole * 100) ** 2).sum())

	def curve(self) -> Floats:
		"""Percent of the revenue that the first customers bring, at each of ``POINTS``."""
		return np.array([self.sums[self.first(point)] / self.whole * 100 for point in POINTS])
