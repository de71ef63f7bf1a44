"""The greatest value of a function of a few parameters, none of which may be zero or less."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from customer_tiering.engine.exact import Floats

#: Parameters further from 1 than e to this are on their way to infinity or to zero.
_ENDLESS = 11.0
_STEPS = 1_000
_STARTS = 4
_GAINED = 1e-9  # another start that gains less than this, in parts of one, found the same place


@dataclass(frozen=True)
class Care:
	"""How closely the greatest value is looked for.

	Attributes:
		step: how far from the start the simplex reaches at first, in parts of one of each parameter.
		spread: of the values in the last simplex, in parts of one.
		size: of the last simplex, in parts of one of each parameter.
		again: whether to look anew from the place found, until that gains nothing.
	"""

	step: float = 0.5
	spread: float = 1e-9
	size: float = 1e-5
	again: bool = True


EXACT = Care()
#: From a start that is near, to within a thousandth of each parameter.
NEAR = Care(step=0.2, spread=1e-6, size=1e-3, again=False)


class NotFitted(ValueError):
	"""A model that does not fit the purchases; a sentence says why.

	It has numbered gaps, so that it can be translated.
	"""

	def __init__(self, template: str, *gaps: object):
		self.template, self.gaps = template, gaps
		super().__init__(template.format(*gaps))


def maximum(
	value: Callable[[Floats], float], start: Sequence[float], care: Care = EXACT
) -> tuple[tuple[float, ...], float]:
	"""The parameters that give the greatest value, and that value.

	A simplex walks over the logarithms of the parameters (Nelder & Mead 1965), anew from each place that it
	finds until that gains nothing, unless less care will do.

	Args:
		value: of an array of positive parameters; it may be -inf, never NaN.
		start: where to begin, each above zero.
		care: how closely to look.

	Raises:
		NotFitted: there is none within reach.
	"""

	def cost(logs: Floats) -> float:
		if np.abs(logs).max() > 2 * _ENDLESS:
			return math.inf
		return -value(np.exp(logs))

	best = np.log(np.asarray(start, dtype=np.float64))
	least = cost(best)
	for _ in range(_STARTS):
		found, reached, settled = _walk(cost, best, care)
		gained, best, least = least - reached, found, min(reached, least)
		if np.abs(best).max() > _ENDLESS:
			raise NotFitted("No parameters fit these purchases best: further ones always fit better.")
		if settled and (gained <= _GAINED * abs(least) or not care.again):
			return tuple(np.exp(best).tolist()), -least
	raise NotFitted("No parameters that fit these purchases best were found.")


def _walk(cost: Callable[[Floats], float], start: Floats, care: Care) -> tuple[Floats, float, bool]:
	"""From one start: the place found, its cost, and whether the simplex closed on it."""
	size = len(start)
	points = np.vstack([start, start + care.step * np.eye(size)])
	costs = np.array([cost(point) for point in points])
	for _ in range(_STEPS):
		order = np.argsort(costs, kind="stable")
		points, costs = points[order], costs[order]
		if np.abs(points[0]).max() > _ENDLESS:
			break
		closed = np.abs(points - points[0]).max() < care.size
		if closed and costs[-1] - costs[0] <= care.spread * abs(costs[0]):
			return points[0], float(costs[0]), True
		centre = points[:-1].mean(axis=0)
		away = points[-1] - centre
		at, reached = centre - away, cost(centre - away)
		if reached < costs[0]:
			further = cost(centre - 2 * away)
			if further < reached:
				at, reached = centre - 2 * away, further
		elif reached >= costs[-2]:
			side = -0.5 if reached < costs[-1] else 0.5
			at, inside = centre + side * away, cost(centre + side * away)
			if inside >= min(reached, costs[-1]):
				points[1:] = points[0] + 0.5 * (points[1:] - points[0])
				costs[1:] = [cost(point) for point in points[1:]]
				continue
			reached = inside
		points[-1], costs[-1] = at, reached
	return points[0], float(costs[0]), False
