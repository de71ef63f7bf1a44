"""How much a purchase is worth: the Gamma-Gamma model of Fader & Hardie.

"The Gamma-Gamma Model of Monetary Value" (2013), brucehardie.com/notes/025. A customer's amounts vary around
a mean of his own, and these means vary between customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma

import numpy as np

from customer_tiering.engine.exact import Floats, Ints
from customer_tiering.engine.forecast.bg_nbd import REPEAT_BUYERS
from customer_tiering.engine.forecast.maximum import NotFitted, maximum


@dataclass(frozen=True)
class GammaGamma:
	"""The fitted model.

	Attributes:
		p: the shape of one customer's amounts.
		q, v: the shape and rate of what varies between customers; v in the currency of the amounts.
		log_likelihood: of the amounts that it was fitted on.
	"""

	p: float
	q: float
	v: float
	log_likelihood: float = float("nan")

	@classmethod
	def fit(cls, x: Ints, mean: Floats, start: GammaGamma | None = None) -> GammaGamma:
		"""By maximum likelihood.

		Args:
			x: purchases of each customer, above zero; shape (customers,).
			mean: what each of them came to on average, above zero.
			start: where to look first.

		Raises:
			NotFitted: too few bought more than once, all of them for the same, there is no maximum, or it
				lies where customers have no mean.
		"""
		if int((x > 0).sum()) < REPEAT_BUYERS:
			raise NotFitted(
				"Only {0} customers have amounts; {1} are needed.", int((x > 0).sum()), REPEAT_BUYERS
			)
		if float(mean.max()) <= float(mean.min()) * (1 + 1e-9):
			raise NotFitted("All purchases come to the same amount.")
		unit = float(np.average(mean, weights=x))  # in parts of the mean, so that any currency will do
		begin = (start.p, start.q, start.v / unit) if start else (4.0, 3.0, 0.5)
		found, reached = maximum(_Likelihood(x, mean / unit), begin)
		model = cls(found[0], found[1], found[2] * unit, reached - len(x) * float(np.log(unit)))
		if model.q <= 1:
			raise NotFitted("A few amounts are so large that there is no mean.")
		return model

	def expected(self, x: Ints, mean: Floats) -> Floats:
		"""The expected mean of each customer's purchases; of the whole population where x is 0."""
		known = np.where(x > 0, mean, 0.0)
		return np.asarray(self.p * (self.v + x * known) / (self.p * x + self.q - 1))


class _Likelihood:
	"""The log likelihood as a function of the parameters."""

	def __init__(self, x: Ints, mean: Floats):
		self.values, self.at = np.unique(x, return_inverse=True)
		self.many = np.bincount(self.at)
		self.x, self.total, self.log_mean = x.astype(np.float64), x * mean, np.log(mean)

	def __call__(self, parameters: Floats) -> float:
		p, q, v = parameters.tolist()
		of_x = [lgamma(p * n + q) - lgamma(p * n) + p * n * float(np.log(n)) for n in self.values.tolist()]
		fixed = q * float(np.log(v)) - lgamma(q)
		px = p * self.x
		rest = (px - 1) * self.log_mean - (px + q) * np.log(v + self.total)
		return float(np.dot(self.many, fixed + np.array(of_x)) + rest.sum())
