"""From a metric's values to points: every method is a line or a ladder of thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from customer_tiering.engine.exact import (
	MAX_AMOUNT,
	UNIT,
	Bools,
	Floats,
	Ints,
	Whole,
	amounts_of,
	as_fraction,
	quotient,
	ten_thousandths,
	times,
	whole_amounts,
)
from customer_tiering.engine.policy import Rule

#: Thresholds of a population method, for each bucket above the first; None where nobody is that good.
CutPoints = list[float | None]
#: The threshold of "above zero", and the least amount that a document can have above zero.
POSITIVE = float(np.nextafter(0.0, 1.0))
LEAST_AMOUNT = 1 / UNIT


@dataclass(frozen=True)
class Steps:
	"""Points by thresholds: ``points[i]`` for a value that reaches ``i`` of them.

	``thresholds`` run from the least good to the best, in the metric's own unit.
	"""

	thresholds: tuple[float, ...]
	points: tuple[float, ...]
	lower_is_better: bool = False

	def __call__(self, values: Floats) -> Floats:
		"""Points for each value; NaN stays NaN."""
		reached = _reached(values, self.thresholds, self.lower_is_better)
		return np.where(np.isnan(values), np.nan, np.asarray(self.points)[reached])

	def better_than(self, value: float) -> list[tuple[float, float]]:
		"""The thresholds beyond a value, nearest first, each with the points that it gives.

		Of equal thresholds (a bucket that nobody is in) whoever reaches one reaches all.
		"""
		reached = int(_reached(np.array([value]), self.thresholds, self.lower_is_better)[0])
		steps = dict(zip(self.thresholds[reached:], self.points[reached + 1 :], strict=True))
		return [
			(LEAST_AMOUNT if threshold == POSITIVE else threshold, points)
			for threshold, points in steps.items()
			if math.isfinite(threshold)
		]


@dataclass(frozen=True)
class Line:
	"""Points on a straight line: 0 at ``zero_at``, 100 at ``full_at``, clamped."""

	zero_at: float
	full_at: float

	def __call__(self, values: Floats) -> Floats:
		"""Points for each value; NaN stays NaN."""
		inside = np.clip(values, min(self.zero_at, self.full_at), max(self.zero_at, self.full_at))
		points = (inside - self.zero_at) * 100 / (self.full_at - self.zero_at)
		if max(abs(self.zero_at), abs(self.full_at)) <= MAX_AMOUNT / 2:
			points = np.where(*self._exact(inside), points)
		return np.clip(points, 0.0, 100.0) + 0.0

	def _exact(self, inside: Floats) -> tuple[Bools, Floats]:
		"""Which values have four decimals at most, as both ends do, and their points, rounded once."""
		start, end = ends = ten_thousandths(np.array([self.zero_at, self.full_at]))
		whole = ten_thousandths(np.nan_to_num(inside))
		fits = np.array_equal(amounts_of(ends), [self.zero_at, self.full_at]) & (amounts_of(whole) == inside)
		sign = 1 if end > start else -1
		return fits, quotient(times((whole - start) * sign, 100), int(end - start) * sign)

	def value_for(self, points: float) -> float:
		"""The value that gives so many points."""
		return self.zero_at + (self.full_at - self.zero_at) * points / 100


def scorer(rule: Rule, cuts: CutPoints | None) -> Steps | Line:
	"""What turns a rule's metric into points.

	Args:
		rule: a Score rule of any method but By Stage.
		cuts: the cut points of a population method (Quantile, Pareto); not read for others.
	"""
	if rule.method == "Linear":
		assert rule.zero_at is not None and rule.full_at is not None  # the policy's reader saw to it
		return Line(rule.zero_at, rule.full_at)
	if rule.method == "Bands":
		starts, points = zip(*rule.bands, strict=True)
		return Steps(tuple(map(float, starts)), (0.0, *points))
	if rule.method == "Quantile":
		thresholds = _thresholds(cuts or (), rule.lower_is_better)
		return Steps(thresholds, _quantile_points(rule.buckets), rule.lower_is_better)
	# Pareto ranks the largest first, whichever way is better. Nothing for values up to 0, then the points of
	# the last row (0 if the rows end before 100 %), then up.
	thresholds = _thresholds(cuts or (), lower_is_better=False)
	rows = tuple(points for _share, points in reversed(rule.bands))
	return Steps((POSITIVE, *thresholds), (0.0, *_beyond_last_row(rule), *rows))


def fit(rule: Rule, population: Floats) -> CutPoints:
	"""The cut points of a Quantile or Pareto rule from its population's values (no NaN)."""
	if rule.method == "Quantile":
		return quantile_cuts(population, rule.buckets, rule.lower_is_better)
	return _pareto_cuts(population, rule)


def quantile_cuts(population: Floats, buckets: int, lower_is_better: bool = False) -> CutPoints:
	"""The least good value in each bucket above the first, or in a better one.

	bucket = min(k, 1 + ⌊k · (worse + ½ · equal) ÷ n⌋), in whole numbers, so that no rounding moves anyone.
	"""
	values, counts = np.unique(-population if lower_is_better else population, return_counts=True)
	worse = np.cumsum(counts) - counts
	size = int(counts.sum())
	bucket = np.minimum(buckets, 1 + buckets * (2 * worse + counts) // max(2 * size, 1))
	cuts = _first_reaching(values, bucket, range(2, buckets + 1))
	return [None if cut is None else -cut for cut in cuts] if lower_is_better else cuts


def buckets_of(values: Floats, cuts: CutPoints, lower_is_better: bool = False) -> Ints:
	"""One more than the cut points that each value reaches; 0 for NaN."""
	reached = _reached(values, _thresholds(cuts, lower_is_better), lower_is_better)
	return np.where(np.isnan(values), 0, 1 + reached)


def cut_count(rule: Rule) -> int:
	"""How many cut points a population method has; 0 for the others."""
	if rule.method == "Quantile":
		return rule.buckets - 1
	return len(rule.bands) - 1 + len(_beyond_last_row(rule)) if rule.method == "Pareto" else 0


def _thresholds(cuts: Sequence[float | None], lower_is_better: bool) -> tuple[float, ...]:
	"""Cut points as numbers: where nobody is that good, one that no value reaches."""
	nobody = -math.inf if lower_is_better else math.inf
	return tuple(nobody if cut is None else cut for cut in cuts)


def _quantile_points(buckets: int) -> tuple[float, ...]:
	return tuple(100.0 * bucket / buckets for bucket in range(1, buckets + 1))


def _beyond_last_row(rule: Rule) -> tuple[float, ...]:
	return (0.0,) if float(rule.bands[-1][0]) < 100 else ()


def _pareto_cuts(population: Floats, rule: Rule) -> CutPoints:
	"""For each row above the worst, the least value whose share of the total before it is under the row's."""
	values, counts = np.unique(population[population > 0], return_counts=True)
	shares = [float(start) for start, _points in rule.bands]
	row = _first_exceeding(shares, values, counts)
	goodness = len(shares) - row  # 0: beyond the last row
	lowest = 1 if _beyond_last_row(rule) else 2
	return _first_reaching(values, goodness, range(lowest, len(shares) + 1))


def _first_exceeding(shares: list[float], values: Floats, counts: Ints) -> Ints:
	"""For each group of equal values, in ascending order, the first share that exceeds the one before it."""
	whole = whole_amounts(values)
	if whole is None:
		sold = values * counts
		share = (np.cumsum(sold[::-1])[::-1] - sold) / max(float(sold.sum()), POSITIVE) * 100
		return np.searchsorted(np.asarray(shares), np.round(share, 9), side="right")
	# In whole numbers: before × 100 < share × total, if and only if before <= limit.
	money = _products(whole, counts)
	sums, total = np.cumsum(money), int(money.sum())
	before = total - sums
	exact = [as_fraction(share) / 100 * total for share in shares]
	limits = np.array([math.ceil(limit) - 1 for limit in exact], dtype=money.dtype)
	return np.asarray(np.searchsorted(limits, before, side="left"), dtype=np.int64)


def _products(whole: Whole, counts: Ints) -> Whole:
	"""Each number times its count; as Python's numbers where their sum might be too much for int64."""
	if whole.dtype.kind != "O" and float(np.sum(whole.astype(np.float64) * counts)) < 2.0**62:
		return np.asarray(whole * counts)
	return np.asarray(whole.astype(object) * counts)


def _first_reaching(values: Floats, bucket: Ints, wanted: Sequence[int]) -> CutPoints:
	"""The first of the ascending values whose bucket is at least each wanted one."""
	positions = np.searchsorted(bucket, np.asarray(wanted), side="left")
	return [float(values[at]) if at < len(values) else None for at in positions]


def _reached(values: Floats, thresholds: Sequence[float], lower_is_better: bool) -> Ints:
	sign = -1.0 if lower_is_better else 1.0
	return np.searchsorted(sign * np.asarray(thresholds, dtype=np.float64), sign * values, side="right")
