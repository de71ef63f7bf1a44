"""Exact numbers: amounts as whole ten-thousandths, sums in any order, ratios that are rounded once."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
#: Whole numbers: int64 below 2**62, or Python's own where any of them needs more.
Whole: TypeAlias = Ints | Objects

#: Amounts are kept to four decimals.
DECIMALS = 4
UNIT = 10**DECIMALS
#: The largest amount of a document: as many ten-thousandths as fit an int64.
MAX_AMOUNT = 9e14
#: Below this, a float holds every whole number, and a division of two of them is rounded once.
_FLOATS_ARE_WHOLE = 2**53
#: Below this, two whole numbers can be added and subtracted in int64.
_INTS_ARE_SAFE = 2**62
_HALF = 32  # bits of the lower part of a split number
_ROWS = 2**21  # so many parts of 32 bits a float adds up exactly
#: So near to a half, or above this, the nearest ten-thousandth may not be the one that was written.
_NEAR_HALF, _COARSE = 0.499, 2.0**30
#: Above this, floats lie further apart than ten-thousandths.
_COARSER = 2.0**39
_DECIMAL = Context(prec=40)


def ten_thousandths(amounts: Floats) -> Ints:
	"""Whole ten-thousandths of amounts up to ``MAX_AMOUNT``, halves away from zero; no NaN.

	What counts is an amount as it is written, the shortest decimal number that its float stands for.
	"""
	whole = np.trunc(amounts)
	part = (amounts - whole) * UNIT
	rest = np.rint(part)
	found: Ints = whole.astype(np.int64) * UNIT + rest.astype(np.int64)
	doubtful = (np.abs(part - rest) > _NEAR_HALF) | ((np.abs(amounts) >= _COARSE) & (part != 0))
	if doubtful.any():
		at = np.flatnonzero(doubtful)
		at = at[(whole[at] + rest[at] / UNIT != amounts[at]) | (np.abs(amounts[at]) >= _COARSER)]
		found[at] = [_as_written(amount) for amount in amounts[at].tolist()]
	return found


def _as_written(amount: float) -> int:
	scaled = _DECIMAL.multiply(Decimal(repr(amount)), Decimal(UNIT))
	return int(scaled.to_integral_value(ROUND_HALF_UP))


def amounts_of(whole: Whole) -> Floats:
	"""Ten-thousandths as amounts, correctly rounded."""
	return quotient(whole, UNIT)


def whole_amounts(amounts: Floats) -> Whole | None:
	"""Ten-thousandths of amounts of any size; None if any of them has more than four decimals."""
	if len(amounts) and np.abs(amounts).max() > MAX_AMOUNT:
		whole: Whole = np.array([_as_written(amount) for amount in amounts.tolist()], dtype=object)
	else:
		whole = ten_thousandths(amounts)
	return whole if np.array_equal(amounts_of(whole), amounts) else None


class Addends:
	"""Whole numbers to be added up: exactly, in any order, at any size.

	Floats add up whole numbers exactly as long as every sum stays below 2**53. Numbers that are larger than
	that together are split in two parts of 32 bits.

	Args:
		values: int64, shape (rows,).
	"""

	def __init__(self, values: Ints):
		self._values = values
		self._large = float(np.abs(values).sum(dtype=np.float64)) >= _FLOATS_ARE_WHOLE / 2

	def per(self, codes: Ints, size: int, rows: Bools | None = None) -> Whole:
		"""The sum for each code from 0 to size - 1, shape (size,).

		Args:
			codes: of each row, shape (rows,).
			size: how many codes there are.
			rows: the rows that are added up; None for all.
		"""
		values = self._values
		if rows is not None:
			codes, values = codes[rows], values[rows]
		if not self._large:
			return _sums(codes, values, size)
		low, high = _sums(codes, values & (2**_HALF - 1), size), _sums(codes, values >> _HALF, size)
		if size and int(np.abs(high).max()) >= _INTS_ARE_SAFE >> (_HALF + 1):
			return np.asarray(high.astype(object) * 2**_HALF + low.astype(object))
		return (high << _HALF) + low


def _sums(codes: Ints, values: Ints, size: int) -> Ints:
	sums = np.zeros(size, dtype=np.int64)
	for start in range(0, len(codes), _ROWS):
		chunk = slice(start, start + _ROWS)
		sums += np.bincount(codes[chunk], weights=values[chunk], minlength=size).astype(np.int64)
	return sums


def quotient(above: Whole, below: Whole | int) -> Floats:
	"""above ÷ below, rounded once to the nearest float; NaN where below is not above zero."""
	under: Whole = np.asarray(np.broadcast_to(below, above.shape))
	defined = np.asarray(under > 0, dtype=bool)
	found = np.full(len(above), np.nan)
	np.divide(above.astype(np.float64), under.astype(np.float64), out=found, where=defined)
	large = np.asarray((np.abs(above) >= _FLOATS_ARE_WHOLE) | (under >= _FLOATS_ARE_WHOLE), dtype=bool)
	for at in np.flatnonzero(large & defined).tolist():
		found[at] = int(above[at]) / int(under[at])  # Python rounds once, whatever the size
	return found


def times(whole: Whole, factor: int) -> Whole:
	"""Each number times a factor, as Python's numbers where int64 might be too small."""
	if whole.dtype.kind != "O" and len(whole) and int(np.abs(whole).max()) * abs(factor) >= _INTS_ARE_SAFE:
		whole = whole.astype(object)
	return np.asarray(whole * factor)


def compare(left: Whole, factor: float, right: Whole) -> Ints:
	"""-1, 0 or 1 where left is below, level with or above factor · right, to the last digit."""
	exact = as_fraction(factor)
	a, b = times(left, exact.denominator), times(right, exact.numerator)
	return np.asarray(a > b, dtype=np.int64) - np.asarray(a < b, dtype=np.int64)


def as_fraction(number: float) -> Fraction:
	"""A number as it is written in a policy: 1.2 is six fifths."""
	return Fraction(repr(float(number)))
