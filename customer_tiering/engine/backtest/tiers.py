"""What each tier caught of what followed, beside as many customers by the past year's revenue."""

from __future__ import annotations

from typing import Any

import numpy as np

from customer_tiering.engine.exact import Bools, Floats, Ints
from customer_tiering.engine.measuring.bootstrap import interval, plain_number
from customer_tiering.engine.policy import Policy


class Caught:
	"""Customers by the past year's revenue, the largest first, and what they brought next.

	Args:
		year_before: the order; shape (customers,).
		revenue: what each brought next.
	"""

	def __init__(self, year_before: Floats, revenue: Floats):
		distinct, at = np.unique(-year_before, return_inverse=True)
		self._at, self._size, self._revenue = at.reshape(-1), len(distinct), revenue

	def share(self, count: float, weights: Floats | None = None) -> float:
		"""The share of all revenue that the first ``count`` brought, of equals a part of each."""
		each = np.ones(len(self._at)) if weights is None else weights
		size = np.bincount(self._at, weights=each, minlength=self._size)
		money = np.bincount(self._at, weights=each * self._revenue, minlength=self._size)
		part = np.clip(count - (np.cumsum(size) - size), 0.0, size)
		mean = np.divide(money, size, out=np.zeros_like(money), where=size > 0)
		total = money.sum()
		return float(np.dot(part, mean) / total) if total > 0 else float("nan")


def tiers_of(
	policy: Policy, rungs: Ints, year_before: Floats, revenue: Floats, gone: Bools
) -> list[dict[str, Any]]:
	"""By tier from the highest down, and last the unrated, if there are any; as JSON data.

	Each has ``tier``, ``customers``, ``revenue`` of the horizon and ``share`` of all of it; ``came_back``,
	the share who bought; and of it together with the tiers above, ``customers_and_above``,
	``share_and_above`` and ``share_of_as_many``, what as many by the past year's revenue brought. Shares are
	``[value, low, high]``.

	Args:
		policy: the tiers.
		rungs: each customer's, -1 for the unrated; shape (customers,).
		year_before: revenue of the year up to the cut.
		revenue: that of the horizon.
		gone: who did not purchase in it.
	"""
	plain = Caught(year_before, revenue)
	names = [(rung, policy.tiers[rung].name) for rung in reversed(range(len(policy.tiers)))]
	rows = [_tier(name, rungs == rung, rungs >= rung, plain, revenue, gone) for rung, name in names]
	if (rungs < 0).any():
		rows.append(_tier(None, rungs < 0, np.ones(len(rungs), dtype=bool), plain, revenue, gone))
	return rows


def _tier(
	name: str | None, mine: Bools, above: Bools, plain: Caught, revenue: Floats, gone: Bools
) -> dict[str, Any]:
	def share(of: Bools, weights: Floats | None) -> float:
		each = np.ones(len(of)) if weights is None else weights
		total = float(np.dot(each, revenue))
		return float(np.dot(each * of, revenue)) / total if total > 0 else float("nan")

	def count(weights: Floats | None) -> float:
		return float(above.sum() if weights is None else np.dot(weights, above))

	size = len(mine)
	return {
		"tier": name,
		"customers": int(mine.sum()),
		"revenue": round(float(revenue[mine].sum()), 2),
		"share": interval(lambda w: share(mine, w), size),
		"came_back": plain_number(float((~gone[mine]).mean()) if mine.any() else float("nan")),
		"customers_and_above": int(above.sum()),
		"share_and_above": interval(lambda w: share(above, w), size),
		"share_of_as_many": interval(lambda w: plain.share(count(w), w), size),
	}
