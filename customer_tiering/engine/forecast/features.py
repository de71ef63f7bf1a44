"""What the Chance to Buy looks at: each customer's history in numbers that can be added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from customer_tiering.engine.exact import Floats, Ints
from customer_tiering.engine.forecast.bg_nbd import BgNbd
from customer_tiering.engine.forecast.history import History
from customer_tiering.engine.measuring.ranking import middle_ranks

#: Every feature, with what it tells of; higher speaks for a purchase, where anything is known before.
TELLS_OF = {
	"silence": "silence",
	"silence_rank": "silence",
	"overdue": "rhythm",
	"rhythm": "rhythm",
	"purchases": "frequency",
	"purchases_rank": "frequency",
	"documents": "frequency",
	"rate": "frequency",
	"months": "frequency",
	"last_30": "frequency",
	"last_90": "frequency",
	"last_180": "frequency",
	"age": "age",
	"amount": "amount",
	"amount_rank": "amount",
	"trend": "trend",
	"season": "season",
	"model_chance": "model",
	"model_expected": "model",
}
#: The feature by which each plain rule orders; two are added up for the one of both.
OF_RULE = {
	"Recency": ("silence_rank",),
	"Frequency": ("purchases_rank",),
	"Recency and Frequency": ("silence_rank", "purchases_rank"),
	"Own Gap": ("overdue",),
	"Expected Purchases": ("model_expected",),
}
#: What is taken for true of a shop of which little is known: standard deviations to logits.
PRIOR = {"silence_rank": 0.4, "purchases_rank": 0.4, "model_chance": 0.2}
YEAR = 365
_GAP, _AGE, _TIMES = 90.0, 60.0, 3.0  # what a customer of whom little is known is drawn to
_MONTHS, _MONTH = 12, 30
_KNOTS = 200


@dataclass(frozen=True)
class Places:
	"""How each of some values stands among a population, from -0.5 to 0.5; straight lines between the knots.

	Equal values get equal places, and a place does not depend on who else is asked.
	"""

	values: tuple[float, ...]
	places: tuple[float, ...]

	@classmethod
	def of(cls, population: Floats) -> Places:
		"""The places in a population, equal values in the middle of theirs."""
		if not len(population):
			return cls((0.0,), (0.0,))
		values, at = np.unique(population, return_index=True)
		places = middle_ranks(population)[at] - 0.5
		if len(values) > _KNOTS:
			kept = np.unique(np.searchsorted(places, np.linspace(places[0], places[-1], _KNOTS)))
			values, places = values[kept], places[kept]
		return cls(tuple(values.tolist()), tuple(places.tolist()))

	def __call__(self, values: Floats) -> Floats:
		"""The place of each value, shape (rows,)."""
		return np.asarray(np.interp(values, self.values, self.places))


@dataclass(frozen=True)
class Setting:
	"""What the features of a customer depend on beside himself.

	Attributes:
		horizon: days that are looked ahead.
		began: the first day of the data, counted from 1970-01-01.
		model: of the purchases.
		places: of the values that are ranked.
	"""

	horizon: int
	began: int
	model: BgNbd
	places: Mapping[str, Places]

	@classmethod
	def of(cls, history: History, horizon: int, began: int, model: BgNbd) -> Setting:
		"""That of a population on its day."""
		ranked = _ranked(history, horizon, began)
		return cls(horizon, began, model, {name: Places.of(values) for name, values in ranked.items()})


def features(history: History, setting: Setting) -> dict[str, Floats]:
	"""Each feature by name, arrays of shape (customers,); nothing after the history's day is in them."""
	h, day = history, history.day
	x, t_x, age = h.count - 1, h.span.astype(np.float64), h.age.astype(np.float64)
	chance = setting.model.chance(x, t_x, age, setting.horizon)
	gap = shrunk_gap(h)
	ranks = {
		f"{name}_rank" if name != "season" else name: setting.places[name](values)
		for name, values in _ranked(h, setting.horizon, setting.began).items()
	}
	return {
		"silence": -np.log1p(h.silence),
		"overdue": -np.log1p(h.silence / gap),
		"rhythm": _logit(_rhythm(h, chance, setting.horizon)),
		"purchases": np.log(h.count),
		"documents": np.log(h.documents / h.count),
		"rate": np.log(h.count / (age + _AGE)),
		"months": _months(h),
		"last_30": np.log1p(h.within(day - 30, day)),
		"last_90": np.log1p(h.within(day - 90, day)),
		"last_180": np.log1p(h.within(day - 180, day)),
		"age": np.log1p(age),
		"amount": np.log(h.amount / h.count),
		"trend": _trend(h),
		"model_chance": _logit(chance),
		"model_expected": np.log1p(setting.model.expected(x, t_x, age, setting.horizon)),
		**ranks,
	}


def _ranked(h: History, horizon: int, began: int) -> dict[str, Floats]:
	"""The values that a population is ranked by."""
	return {
		"silence": -h.silence.astype(np.float64),
		"purchases": h.documents.astype(np.float64),
		"amount": h.amount,
		"season": season(h, horizon, began).astype(np.float64),
	}


def season(h: History, horizon: int, began: int) -> Ints:
	"""Purchases on the same days of the year before, 0 where the data do not reach back so far."""
	if h.day - YEAR < began:
		return np.zeros(h.size, dtype=np.int64)
	return h.within(h.day - YEAR, h.day - YEAR + horizon)


def shrunk_gap(h: History) -> Floats:
	"""Mean days between purchases, drawn to 90 as if there had been one such gap more."""
	return np.asarray((h.span + _GAP) / h.count)


def _rhythm(h: History, chance: Floats, horizon: int) -> Floats:
	"""Of his gaps that were longer than this silence, the share that ended within the horizon.

	It is drawn to the model's chance as if that were three gaps.
	"""
	longer = h.gaps_longer(h.silence)
	ended = longer - h.gaps_longer(h.silence + horizon)
	return np.asarray((_TIMES * chance + ended) / (_TIMES + longer))


def _months(h: History) -> Floats:
	"""The share of the last twelve times thirty days in which he bought."""
	bought = np.zeros(h.size)
	for month in range(_MONTHS):
		until = h.day - _MONTH * month
		bought += h.within(until - _MONTH, until) > 0
	return bought / _MONTHS


def _trend(h: History) -> Floats:
	"""The last 90 days against the 90 before them."""
	now, before = h.within(h.day - 90, h.day), h.within(h.day - 180, h.day - 90)
	return np.asarray(np.log((now + 0.5) / (before + 0.5)))


def _logit(chance: Floats) -> Floats:
	inside = np.clip(chance, 1e-4, 1 - 1e-4)
	return np.asarray(np.log(inside / (1 - inside)))
