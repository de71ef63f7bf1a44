"""Intervals: the same figure of the same customers, drawn anew again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import PCG64, Generator

from customer_tiering.engine.exact import Floats

#: The same for everyone: equal facts give equal intervals.
SEED = 20_050_501
ROUNDS = 200
_TAILS = (2.5, 97.5)


def draws(size: int, rounds: int = ROUNDS, seed: int = SEED) -> Iterator[Floats]:
	"""How often each of ``size`` customers was drawn, round by round (Efron 1979); shape (size,)."""
	generator = Generator(PCG64(seed))
	for _ in range(rounds):
		drawn = generator.integers(0, size, size)
		yield np.bincount(drawn, minlength=size).astype(np.float64)


def interval(figure: Callable[[Floats | None], float], size: int) -> list[float | None]:
	"""A figure of ``size`` customers and the ends of its 95 % interval, as JSON data; None for NaN.

	Args:
		figure: of how often each customer counts; None for once.
		size: how many customers.
	"""
	found = [figure(weights) for weights in draws(size)]
	known = [value for value in found if not np.isnan(value)]
	low, high = np.percentile(known, _TAILS).tolist() if known else (float("nan"), float("nan"))
	return [plain_number(figure(None)), plain_number(low), plain_number(high)]


def plain_number(value: float) -> float | None:
	"""A number as JSON data: six decimals, None for NaN."""
	return None if np.isnan(value) else round(float(value), 6)
