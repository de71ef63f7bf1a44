"""How well an order of customers foresees something: what is true of those who stand high in it."""

from __future__ import annotations

import numpy as np

from customer_tiering.engine.exact import Bools, Floats

__all__ = ["Order", "auc", "auc_gain", "calibration", "middle_ranks"]


def middle_ranks(values: Floats) -> Floats:
	"""The place of each value from 0 to 1, equal values in the middle of theirs; shape (rows,), no NaN."""
	_, at, counts = np.unique(values, return_inverse=True, return_counts=True)
	ends = np.cumsum(counts)
	places: Floats = ((ends - counts / 2) / max(len(values), 1))[at]
	return places


class Order:
	"""Rows in an order, sorted once, and what happened to them.

	Args:
		values: higher where it is expected; shape (rows,), no NaN.
		happened: to which rows it did.
	"""

	def __init__(self, values: Floats, happened: Bools):
		distinct, at = np.unique(-values, return_inverse=True)
		self._at, self._size, self._happened = at.reshape(-1), len(distinct), happened

	def _groups(self, weights: Floats | None) -> tuple[Floats, Floats]:
		"""How often it happened and did not, for each value from the highest down."""
		each = np.ones(len(self._at)) if weights is None else weights
		hits = np.bincount(self._at, weights=each * self._happened, minlength=self._size)
		misses = np.bincount(self._at, weights=each * ~self._happened, minlength=self._size)
		return hits.astype(np.float64), misses.astype(np.float64)

	def auc(self, weights: Floats | None = None) -> float:
		"""The probability that one to whom it happened stands above one to whom it did not.

		Equal values count half (Hanley & McNeil 1982). NaN where it happened to all or to none.

		Args:
			weights: how often each row counts; None for once.
		"""
		hits, misses = self._groups(weights)
		above = np.cumsum(hits) - hits / 2
		pairs = hits.sum() * misses.sum()
		return float(np.dot(misses, above) / pairs) if pairs > 0 else float("nan")

	def average_precision(self, weights: Floats | None = None) -> float:
		"""The mean, over all to whom it happened, of its share among those who stand as high or higher.

		Rows of equal values stand together. NaN where it happened to nobody.
		"""
		hits, misses = self._groups(weights)
		found, taken = np.cumsum(hits), np.cumsum(hits + misses)
		if not len(found) or not found[-1] > 0:
			return float("nan")
		return float(np.dot(hits, _ratio(found, taken)) / found[-1])

	def share_among(self, count: float, weights: Floats | None = None) -> float:
		"""The share to whom it happened of the ``count`` who stand highest; of equals, a part of each.

		NaN where ``count`` is 0.
		"""
		hits, misses = self._groups(weights)
		size = hits + misses
		part = np.clip(count - (np.cumsum(size) - size), 0.0, size)
		return float(np.dot(part, _ratio(hits, size)) / part.sum()) if part.sum() > 0 else float("nan")


def _ratio(above: Floats, below: Floats) -> Floats:
	return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def auc(values: Floats, happened: Bools) -> float:
	"""See :meth:`Order.auc`."""
	return Order(values, happened).auc()


def auc_gain(values: Floats, others: Floats, happened: Bools) -> tuple[float, float]:
	"""By how much one order's area is above another's on the same rows, and the standard error of that.

	DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988): from the share of the other kind that each row
	stands above, in the one order less in the other. NaN where it happened to all or to none.
	"""
	hit, missed = happened, ~happened
	if not hit.any() or not missed.any():
		return float("nan"), float("nan")
	above = _above(values, happened) - _above(others, happened)
	spread = above[hit].var() / hit.sum() + above[missed].var() / missed.sum()
	return float(above[hit].mean()), float(np.sqrt(spread))


def _above(values: Floats, happened: Bools) -> Floats:
	"""For a row to which it happened the share of the others below it; for these the share above them."""
	distinct, at = np.unique(values, return_inverse=True)
	hits = np.bincount(at, weights=happened, minlength=len(distinct))
	misses = np.bincount(at, weights=~happened, minlength=len(distinct))
	below = (np.cumsum(misses) - misses / 2) / misses.sum()
	over = 1 - (np.cumsum(hits) - hits / 2) / hits.sum()
	return np.asarray(np.where(happened, below[at], over[at]))


def calibration(chances: Floats, happened: Bools, groups: int = 10) -> list[dict[str, float]]:
	"""Foreseen beside happened, from the lowest chances to the highest, in groups of about the same size.

	Each has ``customers``, and ``foreseen`` and ``happened`` as shares of them. Equal chances stay together.
	"""
	if not len(chances):
		return []
	group = np.minimum((middle_ranks(chances) * groups).astype(np.int64), groups - 1)
	rows = []
	for mine in (group == number for number in np.unique(group).tolist()):
		rows.append(
			{
				"customers": int(mine.sum()),
				"foreseen": float(chances[mine].mean()),
				"happened": float(happened[mine].mean()),
			}
		)
	return rows
