"""A logistic regression that is held near to what is known before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from customer_tiering.engine.exact import Bools, Floats

_STEPS, _HALVINGS = 60, 30
_LEAST_SPREAD = 1e-6  # of a feature that says anything
_LONGEST = 30.0  # logit; beyond it a probability is 0 or 1
_FARTHEST = 4.0  # standard deviations; beyond it nothing was learnt


@dataclass(frozen=True)
class Logistic:
	"""A fitted regression.

	Attributes:
		intercept: the logit of one who is average in everything.
		terms: by feature: ``(coefficient, mean, spread)``; the coefficient is of standard deviations.
	"""

	intercept: float
	terms: Mapping[str, tuple[float, float, float]]

	@classmethod
	def fit(
		cls, columns: Mapping[str, Floats], happened: Bools, weights: Floats, prior: Mapping[str, float],
		hold: float,
	) -> Logistic:  # fmt: skip
		"""By penalised likelihood: Newton's steps, halved until they gain.

		Args:
			columns: features, arrays of shape (rows,); one that does not vary gets no weight.
			happened: what is to be foreseen, shape (rows,).
			weights: how often each row counts.
			prior: coefficients to be near to, 0 for what is not named.
			hold: how much so: as many rows as would have to speak against it.
		"""
		names = list(columns)
		table = np.column_stack([columns[name] for name in names])
		mean = np.average(table, axis=0, weights=weights)
		spread = np.sqrt(np.average((table - mean) ** 2, axis=0, weights=weights))
		varies = spread > _LEAST_SPREAD
		scale = np.where(varies, spread, 1.0)
		table = np.where(varies, np.clip((table - mean) / scale, -_FARTHEST, _FARTHEST), 0.0)
		table = np.column_stack([np.ones(len(table)), table])
		share = (np.dot(weights, happened) + 0.5) / (weights.sum() + 1.0)
		near = np.array([np.log(share / (1 - share)), *(prior.get(name, 0.0) for name in names)])
		near[1:][~varies] = 0.0
		found = _fit(table, happened.astype(np.float64), weights, near, np.array([0.1, *[hold] * len(names)]))
		terms = zip(found[1:].tolist(), mean.tolist(), scale.tolist(), strict=True)
		return cls(float(found[0]), dict(zip(names, terms, strict=True)))

	def parts(self, columns: Mapping[str, Floats]) -> dict[str, Floats]:
		"""What each feature adds to the logit, arrays of shape (rows,)."""
		return {
			name: coefficient * np.clip((columns[name] - mean) / spread, -_FARTHEST, _FARTHEST)
			for name, (coefficient, mean, spread) in self.terms.items()
		}

	def __call__(self, columns: Mapping[str, Floats]) -> Floats:
		"""The probability of each row. Parts are added one by one, so that a row alone gives the same."""
		parts = list(self.parts(columns).values())
		logit = np.full(len(parts[0]), self.intercept)
		for part in parts:
			logit = logit + part
		return _probability(logit)

	def as_data(self) -> dict[str, Any]:
		"""As JSON data."""
		terms = [
			{"feature": name, "coefficient": term[0], "mean": term[1], "spread": term[2]}
			for name, term in self.terms.items()
		]
		return {"intercept": self.intercept, "terms": terms}

	@classmethod
	def from_data(cls, data: Mapping[str, Any]) -> Logistic:
		"""From what :meth:`as_data` gave."""
		terms = {
			term["feature"]: (term["coefficient"], term["mean"], term["spread"]) for term in data["terms"]
		}
		return cls(data["intercept"], terms)


def _fit(table: Floats, happened: Floats, weights: Floats, near: Floats, hold: Floats) -> Floats:
	def gain(at: Floats) -> float:
		logit = table @ at
		fits = np.dot(weights, happened * logit - np.logaddexp(0.0, logit))
		return float(fits - 0.5 * np.dot(hold, (at - near) ** 2))

	at: Floats = near.copy()
	reached = gain(near)
	for _ in range(_STEPS):
		chance = _probability(table @ at)
		slope = table.T @ (weights * (happened - chance)) - hold * (at - near)
		curve = (table * (weights * chance * (1 - chance))[:, None]).T @ table + np.diag(hold)
		step: Floats = np.linalg.solve(curve, slope)
		for _halving in range(_HALVINGS):
			further = gain(at + step)
			if further >= reached:
				break
			step = step / 2
		else:
			return at
		at, gained, reached = at + step, further - reached, further
		if gained <= 1e-10 * (1 + abs(reached)):
			return at
	return at


def _probability(logit: Floats) -> Floats:
	return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -_LONGEST, _LONGEST))))
