"""How many purchases are to come: the BG/NBD model of Fader, Hardie & Lee, and the NBD that it is part of.

"Counting Your Customers" the Easy Way, Marketing Science 24 (2005), 275-284. A customer buys at random, at a
rate of his own (gamma: r, alpha), and after each purchase he may be gone for good, with a chance of his own
(beta: a, b). Where nobody is ever gone (a = 0), it is the NBD of Ehrenberg (1959).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma

import numpy as np

from customer_tiering.engine.exact import Floats, Ints
from customer_tiering.engine.forecast.maximum import EXACT, Care, NotFitted, maximum

#: Fewer customers who came back than this tell nothing of how the others do.
REPEAT_BUYERS = 10
#: So many customers tell the parameters as well as more would.
MOST = 20_000
_TERMS = 20_000
_NEAR = 1e-6  # to where a formula divides by zero
_MORE_PARAMETERS = 2.0  # of the BG/NBD; so much more has its log likelihood to be


@dataclass(frozen=True)
class Purchases:
	"""The same history once, with how many customers have it; arrays of shape (rows,).

	Attributes:
		x: purchases after the first.
		t_x: time from the first purchase to the last, 0 where x is 0.
		T: time from the first purchase until it was looked.
		counts: customers with this history.
	"""

	x: Ints
	t_x: Floats
	T: Floats
	counts: Ints

	@classmethod
	def of(cls, x: Ints, t_x: Floats, T: Floats, most: int = MOST) -> Purchases:
		"""Put equal histories together; arrays of shape (customers,).

		Of more than ``most`` customers every so many is taken: their parameters differ by little.
		"""
		step = max(1, -(-len(x) // most))
		x, t_x, T = x[::step], t_x[::step], T[::step]
		rows, counts = np.unique(np.column_stack([x, t_x, T]), axis=0, return_counts=True)
		return cls(rows[:, 0].astype(np.int64), rows[:, 1], rows[:, 2], counts)


@dataclass(frozen=True)
class BgNbd:
	"""The fitted model. Time has the unit that it was fitted in.

	Attributes:
		r, alpha: the rates of purchase: shape, and rate in the unit of time.
		a, b: the chances of being gone after a purchase; a = 0 for the NBD, in which nobody is.
		log_likelihood: of the purchases that it was fitted on.
	"""

	r: float
	alpha: float
	a: float
	b: float
	log_likelihood: float = float("nan")

	@classmethod
	def fit(cls, purchases: Purchases, start: BgNbd | None = None, care: Care = EXACT) -> BgNbd:
		"""The BG/NBD by maximum likelihood.

		Args:
			purchases: of everyone.
			start: where to look first, such as the fit of a month before.
			care: how closely to look.

		Raises:
			NotFitted: too few came back, or the likelihood has no maximum, as where the purchases do not tell
				anybody who is gone from one who is slow.
		"""
		_check(purchases)
		begin = (start.r, start.alpha, start.a, start.b) if start and start.a else _begin(purchases)
		found, reached = maximum(_Likelihood(purchases), begin, care)
		r, alpha, a, b = found
		return cls(r, alpha, a, b, reached)

	@classmethod
	def fit_without_leaving(
		cls, purchases: Purchases, start: BgNbd | None = None, care: Care = EXACT
	) -> BgNbd:
		"""The NBD by maximum likelihood.

		Args:
			purchases: of everyone.
			start: where to look first, whichever of the two models it is.
			care: how closely to look.

		Raises:
			NotFitted: too few came back, or all buy at one rate.
		"""
		_check(purchases)
		begin = (start.r, start.alpha) if start else _begin(purchases)[:2]
		found, reached = maximum(_SteadyLikelihood(purchases), begin, care)
		return cls(found[0], found[1], 0.0, 1.0, reached)

	@classmethod
	def fit_either(
		cls, purchases: Purchases, start: BgNbd | None = None, care: Care = EXACT
	) -> tuple[BgNbd, NotFitted | None]:
		"""The BG/NBD, or where it does not fit the NBD and why; of two that fit, by Akaike's criterion.

		Args:
			purchases: of everyone.
			start: where to look first, whichever of the two models it is.
			care: how closely to look.

		Raises:
			NotFitted: neither fits.
		"""
		try:
			steady = cls.fit_without_leaving(purchases, start, care)
		except NotFitted:
			return cls.fit(purchases, start, care), None
		try:
			model = cls.fit(purchases, start, care)
		except NotFitted as problem:
			return steady, problem
		if model.log_likelihood > steady.log_likelihood + _MORE_PARAMETERS:
			return model, None
		return steady, NotFitted("The purchases show nobody who left for good.")

	def alive(self, x: Ints, t_x: Floats, T: Floats) -> Floats:
		"""The probability of not being gone at T, shape (customers,)."""
		ratio = (self.r + x) * np.log((self.alpha + T) / (self.alpha + t_x))
		if not self.a:
			return np.ones(len(x))
		odds = self.a / np.maximum(self.b + x - 1, _NEAR) * np.exp(np.minimum(ratio, 700.0))
		return np.where(x > 0, 1.0 / (1.0 + odds), 1.0)

	def chance(self, x: Ints, t_x: Floats, T: Floats, t: float) -> Floats:
		"""The probability of a purchase within ``t`` after T: being there, and buying at one's own rate."""
		none = (self.r + x) * np.log((self.alpha + T) / (self.alpha + T + t))
		return np.asarray(self.alive(x, t_x, T) * -np.expm1(none))

	def expected(self, x: Ints, t_x: Floats, T: Floats, t: float) -> Floats:
		"""The expected number of purchases within ``t`` after T: formula 10 of the paper."""
		if not self.a:
			return np.asarray((self.r + x) / (self.alpha + T) * t)
		a = self.a if abs(self.a - 1) > _NEAR else 1 + _NEAR
		c = x.astype(np.float64) + (a + self.b - 1.0)
		c = np.where(np.abs(c) > _NEAR, c, _NEAR)
		bought: Floats = x.astype(np.float64)
		series = _hypergeometric(bought + self.r, bought + self.b, c, t / (self.alpha + T + t))
		shrunk = ((self.alpha + T) / (self.alpha + T + t)) ** (self.r + x)
		return np.asarray(np.maximum(c / (a - 1) * (1 - shrunk * series) * self.alive(x, t_x, T), 0.0))


def _check(purchases: Purchases) -> None:
	repeat = int(purchases.counts[purchases.x > 0].sum())
	if repeat < REPEAT_BUYERS:
		raise NotFitted("Only {0} customers came back; {1} are needed.", repeat, REPEAT_BUYERS)


class _Likelihood:
	"""The log likelihood as a function of the parameters; what depends on x alone is done once for each x."""

	def __init__(self, purchases: Purchases):
		self.p = purchases
		self.values, self.at = np.unique(purchases.x, return_inverse=True)
		self.many = np.bincount(self.at, weights=purchases.counts)

	def __call__(self, parameters: Floats) -> float:
		r, alpha, a, b = parameters.tolist()
		p, x = self.p, self.values.tolist()
		fixed = r * np.log(alpha) - lgamma(r) + lgamma(a + b) - lgamma(b)
		of_x = np.array([lgamma(r + n) + lgamma(b + n) - lgamma(a + b + n) for n in x])
		there = -(r + p.x) * np.log(alpha + p.T)
		again = p.x > 0
		with np.errstate(divide="ignore"):
			gone = np.log(a / np.where(again, b + p.x - 1, 1.0)) - (r + p.x) * np.log(alpha + p.t_x)
		last = np.where(again, np.logaddexp(there, gone), there)
		return float(np.dot(self.many, fixed + of_x) + np.dot(p.counts, last))


class _SteadyLikelihood:
	"""The same of the NBD."""

	def __init__(self, purchases: Purchases):
		self.p = purchases
		self.values, at = np.unique(purchases.x, return_inverse=True)
		self.many = np.bincount(at, weights=purchases.counts)

	def __call__(self, parameters: Floats) -> float:
		r, alpha = parameters.tolist()
		of_x = np.array([lgamma(r + n) - lgamma(r) + r * np.log(alpha) for n in self.values.tolist()])
		return float(
			np.dot(self.many, of_x) - np.dot(self.p.counts, (r + self.p.x) * np.log(alpha + self.p.T))
		)


def _begin(purchases: Purchases) -> tuple[float, float, float, float]:
	"""A start: everyone's mean rate, with much between one and the other."""
	time = float(np.average(purchases.T, weights=purchases.counts))
	again = float(np.average(purchases.x, weights=purchases.counts))
	return 0.5, 0.5 * time / again, 0.8, 2.5


def _hypergeometric(a: Floats, b: Floats, c: Floats, z: Floats) -> Floats:
	"""Gauss's series 2F1(a, b; c; z) for 0 <= z < 1, shape (rows,)."""
	term: Floats = np.ones(len(z))
	total: Floats = np.ones(len(z))
	left = np.arange(len(z))
	for n in range(_TERMS):
		step = (a[left] + n) * (b[left] + n) / ((c[left] + n) * (n + 1)) * z[left]
		term[left] *= step
		total[left] += term[left]
		left = left[(np.abs(term[left]) > 1e-13 * np.abs(total[left])) | (step >= 1)]
		if not len(left):
			break
	return total
