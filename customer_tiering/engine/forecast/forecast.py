"""The three forecasts of each customer, from what was fitted on everyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import Floats
from customer_tiering.engine.facts import Facts, to_date, to_day
from customer_tiering.engine.forecast.bg_nbd import BgNbd, Purchases
from customer_tiering.engine.forecast.chance import Chance, chances, learn
from customer_tiering.engine.forecast.features import TELLS_OF, Places, features, season, shrunk_gap
from customer_tiering.engine.forecast.gamma_gamma import GammaGamma
from customer_tiering.engine.forecast.history import History
from customer_tiering.engine.forecast.logistic import Logistic
from customer_tiering.engine.forecast.maximum import NotFitted
from customer_tiering.engine.forecast.training import MOST_CUSTOMERS, model_of, purchases_or_guess, some_of
from customer_tiering.engine.ledger import Ledger

#: The columns of a forecast.
COLUMNS = ("chance_to_buy", "expected_purchases", "expected_value")
#: Customers of whom anything can be foreseen.
LEAST_CUSTOMERS = 2
#: Of fewer than so many no chance is taken at its word.
FEW = 20
HORIZON = 90
_DECIMALS = 6


@dataclass(frozen=True)
class Forecast:
	"""What was fitted on everyone, and gives one customer the same as all.

	Attributes:
		as_of: the day that it was fitted on.
		horizon: days ahead.
		began: the first day of the data, counted from 1970-01-01.
		customers: who ever purchased by then, of those whom it was fitted on.
		chance: of the Chance to Buy.
		model: of the purchases; a guess at everyone's mean rate where ``purchases_refused``.
		amounts: of what a purchase comes to; None where ``amounts_refused``.
		purchases_refused: why the BG/NBD was refused. With a model of a = 0 the NBD stands for it; with
			``guessed`` nothing does, and no purchases are expected.
		guessed: whether the model is a guess.
		amounts_refused: why the Gamma-Gamma was refused.
	"""

	as_of: date
	horizon: int
	began: int
	customers: int
	chance: Chance
	model: BgNbd
	amounts: GammaGamma | None
	purchases_refused: str | None = None
	amounts_refused: str | None = None
	guessed: bool = False

	@property
	def is_rank(self) -> bool:
		"""Whether the chances are but a rank: of few customers, or made of each one's own days alone."""
		return self.customers < FEW or self.chance.method == "rhythm"

	@classmethod
	def of_nothing(cls, as_of: date, horizon: int = HORIZON) -> Forecast:
		"""One that was fitted on nobody: it ranks, and foresees nothing."""
		return cls(
			as_of, horizon, to_day(as_of), 0, Chance("rhythm", horizon), BgNbd(1.0, 1.0, 0.0, 1.0), None,
			guessed=True,
		)  # fmt: skip

	def of(self, ledger: Ledger) -> pd.DataFrame:
		"""The forecasts of the customers of a ledger, a row each in its order: the columns of ``COLUMNS``.

		``chance_to_buy`` is a probability, ``expected_purchases`` a number of days with a purchase and
		``expected_value`` an amount, all within the horizon; NaN for who never purchased, and where no model
		fits.
		"""
		history = History.of(ledger)
		found = {name: np.full(ledger.size, np.nan) for name in COLUMNS}
		if history.size:
			found["chance_to_buy"][history.who] = np.round(self._chances(history), _DECIMALS)
			if not self.guessed:
				expected = self.model.expected(*model_of(history), self.horizon)
				found["expected_purchases"][history.who] = np.round(expected, _DECIMALS)
				if self.amounts is not None:
					worth = self.amounts.expected(history.count, history.amount / history.count)
					found["expected_value"][history.who] = np.round(expected * worth, 2)
		return pd.DataFrame(found)

	def explain(self, ledger: Ledger, customer: int) -> dict[str, Any]:
		"""Why one customer of a ledger has his chance, as JSON data.

		``chance``; ``reasons``, each with what it tells ``of`` (a value of ``TELLS_OF``) and its ``effect``
		on the logit beside an average customer, the largest first; ``numbers`` that a sentence can name.
		Empty for who never purchased.
		"""
		only = np.zeros(ledger.size, dtype=bool)
		only[customer] = True
		history = History.of(ledger, only)
		if not history.size:
			return {}
		return {
			"chance": round(float(self._chances(history)[0]), _DECIMALS),
			"horizon": self.horizon,
			"method": self.chance.method,
			"reasons": self._reasons(history),
			"numbers": _numbers(history, self.horizon, self.began),
		}

	def _chances(self, history: History) -> Floats:
		return np.clip(chances(self.chance, history, self.model, self.horizon, self.began), 0.0, 1.0)

	def _reasons(self, history: History) -> list[dict[str, Any]]:
		chance = self.chance
		if chance.method != "regression" or chance.logistic is None:
			return []
		parts = chance.logistic.parts(features(history, chance.setting(self.began, self.model)))
		effects: dict[str, float] = {}
		for name, part in parts.items():
			effects[TELLS_OF[name]] = effects.get(TELLS_OF[name], 0.0) + float(part[0])
		order = sorted(effects, key=lambda name: -abs(effects[name]))
		return [{"of": name, "effect": round(effects[name], _DECIMALS)} for name in order]

	def as_data(self) -> dict[str, Any]:
		"""As JSON data, to be stored; :meth:`from_data` reads it back."""
		chance, model, amounts = self.chance, self.model, self.amounts
		name = None if self.guessed else "BG/NBD" if model.a else "NBD"
		return {
			"as_of": self.as_of.isoformat(),
			"horizon": self.horizon,
			"began": to_date(self.began).isoformat(),
			"customers": self.customers,
			"chance": {
				"method": chance.method,
				"horizon": chance.horizon,
				"rule": chance.rule,
				"cuts": [to_date(cut).isoformat() for cut in chance.cuts],
				"examples": chance.examples,
				"stretch": chance.stretch,
				"regression": None if chance.logistic is None else chance.logistic.as_data(),
				"places": {
					key: [list(places.values), list(places.places)]
					for key, places in (chance.places or {}).items()
				},
				"check": None if chance.check is None else chance.check.as_data(),
			},
			"purchases": {
				"model": name, "r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b,
				"log_likelihood": _or_none(model.log_likelihood), "refused": self.purchases_refused,
			},
			"amounts": {
				**({} if amounts is None else {"p": amounts.p, "q": amounts.q, "v": amounts.v}),
				"log_likelihood": None if amounts is None else _or_none(amounts.log_likelihood),
				"model": None if amounts is None else "Gamma-Gamma", "refused": self.amounts_refused,
			},
		}  # fmt: skip

	@classmethod
	def from_data(cls, data: Mapping[str, Any]) -> Forecast:
		"""From what :meth:`as_data` gave; the check stays behind, as nothing is computed from it."""
		chance, purchases, amounts = data["chance"], data["purchases"], data["amounts"]
		logistic = chance["regression"] and Logistic.from_data(chance["regression"])
		places = {key: Places(tuple(values), tuple(at)) for key, (values, at) in chance["places"].items()}
		cuts = [to_day(cut) for cut in chance["cuts"]]
		return cls(
			date.fromisoformat(data["as_of"]),
			data["horizon"],
			to_day(data["began"]),
			data["customers"],
			Chance(
				chance["method"], chance["horizon"], chance["rule"], logistic, places, cuts,
				chance["examples"], chance["stretch"],
			),
			BgNbd(purchases["r"], purchases["alpha"], purchases["a"], purchases["b"]),
			None if amounts["model"] is None else GammaGamma(amounts["p"], amounts["q"], amounts["v"]),
			purchases["refused"],
			amounts["refused"],
			purchases["model"] is None,
		)  # fmt: skip


def fit_forecast(
	facts: Facts, as_of: date, horizon: int = HORIZON, companies: tuple[str, ...] = ()
) -> Forecast:
	"""Fit all three on everyone who is not disabled; of more than 10,000 customers on every so many.

	Args:
		facts: the tables; rows after ``as_of`` are not seen.
		as_of: the day that is looked ahead from.
		horizon: days ahead, at least one.
		companies: only these companies' documents; all if empty.

	Raises:
		NotFitted: hardly anybody ever purchased.
	"""
	facts = facts.up_to(as_of)
	if len(facts.index) > MOST_CUSTOMERS:
		facts = some_of(facts, ~facts.disabled)
	ledger = Ledger.build(facts, as_of, companies=companies)
	history = History.of(ledger, ~facts.disabled)
	if history.size < LEAST_CUSTOMERS:
		raise NotFitted("Only {0} customers ever purchased; {1} are needed.", history.size, LEAST_CUSTOMERS)
	# The earliest purchase, whosesoever: a return before all sales tells nothing of when selling began.
	began = int(ledger.purchase_days.days.min())
	refused: NotFitted | None = None
	guessed = False
	try:
		model, refused = BgNbd.fit_either(Purchases.of(*model_of(history)))
	except NotFitted as problem:
		model, refused, guessed = purchases_or_guess(history), problem, True
	amounts, amounts_refused = _amounts(history)
	some = some_of(facts, np.isin(np.arange(ledger.size), history.who))
	chance = learn(some, history, model, horizon, began, companies)
	if chance is None:
		chance = Chance("rhythm" if guessed else "purchases", horizon)
	why = None if refused is None else str(refused)
	return Forecast(
		as_of, horizon, began, history.size, chance, model, amounts, why, amounts_refused, guessed
	)


def _amounts(history: History) -> tuple[GammaGamma | None, str | None]:
	"""The model of what a purchase comes to, from who bought more than once; or why there is none."""
	again = history.count > 1
	try:
		return GammaGamma.fit(history.count[again], (history.amount / history.count)[again]), None
	except NotFitted as problem:
		return None, str(problem)


def _numbers(history: History, horizon: int, began: int) -> dict[str, Any]:
	"""What a sentence about one customer can name."""
	several = int(history.count[0]) > 1
	numbers = {
		"silent_days": int(history.silence[0]),
		"usual_gap": round(float(history.span[0] / (history.count[0] - 1)), 1) if several else None,
		"drawn_gap": round(float(shrunk_gap(history)[0]), 1),
		"purchases": int(history.count[0]),
		"age_days": int(history.age[0]),
		"amount": round(float(history.amount[0]), 2),
		"last_90": int(history.within(history.day - 90, history.day)[0]),
		"before_90": int(history.within(history.day - 180, history.day - 90)[0]),
		"year_before": int(season(history, horizon, began)[0]) if history.day - 365 >= began else None,
	}
	return numbers


def _or_none(number: float) -> float | None:
	return None if np.isnan(number) else number
