"""Chance to Buy: learnt from the site's own past, checked on it, and used where it beats the plain rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from customer_tiering.engine.exact import Bools, Floats
from customer_tiering.engine.facts import Facts, to_date
from customer_tiering.engine.forecast.bg_nbd import BgNbd
from customer_tiering.engine.forecast.features import OF_RULE, PRIOR, Places, Setting, features
from customer_tiering.engine.forecast.history import History
from customer_tiering.engine.forecast.logistic import Logistic
from customer_tiering.engine.forecast.training import Examples, cuts_of, examples_of, horizon_of, model_of
from customer_tiering.engine.measuring.ranking import auc, auc_gain, calibration

#: How much the regression is held to what is known before: as if by so many customers.
HOLD = 40.0
LATER = "later days"
#: The plain rule that is right most often where nothing is known.
USUAL_RULE = "Recency and Frequency"
#: Fewer who bought, or did not, than this teach nothing.
LEAST_OF_EACH = 10


@dataclass(frozen=True)
class Check:
	"""How well it foresaw a past that it had not seen.

	Attributes:
		by: ``later days`` where the check is a later day than all that was learnt from; ``other customers``
			where the past is too short for that, and one half of them was foreseen from the other.
		cut: the day it was checked at, counted from 1970-01-01.
		customers, bought: how many there were, and how many of them bought.
		auc: of the regression, for who bought.
		rules: of each plain rule.
		gain_error: the standard error of :attr:`gain`.
		instead: the rule to go by, where one foresaw better than the regression; on later days by more than
			that error, as the best of five on one day is often so by luck.
		calibration: see :func:`customer_tiering.engine.measuring.ranking.calibration`.
	"""

	by: str
	cut: int
	customers: int
	bought: int
	auc: float
	rules: Mapping[str, float]
	gain_error: float
	instead: str | None
	calibration: Sequence[Mapping[str, float]]

	@property
	def best_rule(self) -> str:
		"""The plain rule that foresaw best."""
		return max(self.rules, key=lambda name: self.rules[name])

	@property
	def gain(self) -> float:
		"""By how much the regression's area is above that of the best rule."""
		return self.auc - self.rules[self.best_rule]

	def as_data(self) -> dict[str, Any]:
		"""As JSON data."""
		return {
			"by": self.by,
			"cut": to_date(self.cut).isoformat(),
			"customers": self.customers,
			"bought": self.bought,
			"auc": self.auc,
			"rules": dict(self.rules),
			"best_rule": self.best_rule,
			"gain": self.gain,
			"gain_error": self.gain_error,
			"instead": self.instead,
			"calibration": list(self.calibration),
		}


@dataclass(frozen=True)
class Chance:
	"""What gives a customer his chance.

	Attributes:
		method: ``regression``; ``rule``, the plain rule that foresaw better, turned into a probability;
			``purchases``, the model of purchases; or ``rhythm``, from each customer's own days alone.
		horizon: days ahead that it was learnt for; may be less than what is asked.
		rule: the plain rule, where the method is that.
		logistic: the regression, of a rule or of all features.
		places: of the values that are ranked, on the as-of date.
		cuts, examples: the days that it was learnt from, and on how many customers and days.
		stretch: what a horizon longer than the one learnt for adds, as the model of purchases has it.
		check: how well it foresaw; None where nothing was learnt.
	"""

	method: str
	horizon: int
	rule: str | None = None
	logistic: Logistic | None = None
	places: Mapping[str, Places] | None = None
	cuts: Sequence[int] = ()
	examples: int = 0
	stretch: float = 1.0
	check: Check | None = None

	def setting(self, began: int, model: BgNbd) -> Setting:
		"""What the features depend on."""
		return Setting(self.horizon, began, model, self.places or {})


def learn(
	facts: Facts, history: History, model: BgNbd, horizon: int, began: int, companies: tuple[str, ...]
) -> Chance | None:
	"""Learn from the past before the history's day; None where there is too little of it.

	Args:
		facts: of those who are learnt from, perhaps not of all.
		history: of the population on the as-of date, for the places of what is ranked.
		model: of the purchases up to the as-of date.
		horizon: days ahead.
		began: the first day of the data, counted from 1970-01-01.
		companies: only these companies' documents; all if empty.
	"""
	learnt = horizon_of(began, history.day, horizon)
	if learnt is None:
		return None
	cuts = cuts_of(began, history.day, learnt)
	examples = examples_of(facts, to_date(history.day), learnt, began, cuts, companies)
	if not examples or not _teach(examples):
		return None
	check = _check(examples, learnt)
	rule = None if check is None else check.instead
	places = Setting.of(history, learnt, began, model).places
	return Chance(
		"rule" if rule else "regression",
		learnt,
		rule,
		_fit(examples, learnt, rule),
		places,
		[example.cut for example in examples],
		sum(len(example.who) for example in examples),
		_stretch(model, history, learnt, horizon),
		check,
	)


def _stretch(model: BgNbd, history: History, learnt: int, horizon: int) -> float:
	"""Of everyone together, so that the order of customers stays as it was learnt."""
	if learnt == horizon:
		return 1.0
	none, none_learnt = (
		float(np.log1p(-np.minimum(model.chance(*model_of(history), days), 1 - 1e-9)).sum())
		for days in (horizon, learnt)
	)
	return none / none_learnt


def chances(chance: Chance, history: History, model: BgNbd, horizon: int, began: int) -> Floats:
	"""The probability of each customer to buy in the next ``horizon`` days, shape (customers,)."""
	if chance.logistic is None:
		if chance.method == "purchases":
			return model.chance(*model_of(history), horizon)
		return by_rhythm(history, horizon)
	found = chance.logistic(_columns(features(history, chance.setting(began, model)), chance.rule))
	if chance.stretch == 1:
		return found
	return np.asarray(-np.expm1(np.log1p(-np.minimum(found, 1 - 1e-9)) * chance.stretch))


def by_rhythm(history: History, horizon: int) -> Floats:
	"""A chance from a customer's own days alone: his gap, drawn to 90 days, and how often it has passed."""
	gap = (history.span + 90.0) / history.count
	there = np.minimum(1.0, 2 * gap / np.maximum(history.silence, 1))
	return np.asarray(-np.expm1(-horizon / gap) * there)


def _columns(columns: Mapping[str, Floats], rule: str | None) -> dict[str, Floats]:
	"""All features, or the one number by which a plain rule orders."""
	if rule is None:
		return dict(columns)
	return {rule: np.sum([columns[name] for name in OF_RULE[rule]], axis=0)}


def _fit(examples: Sequence[Examples], horizon: int, rule: str | None = None, chosen: int = -1) -> Logistic:
	"""From all customers of the examples, or from one half (0 or 1) of them."""
	rows = [np.ones(len(one.who), dtype=bool) if chosen < 0 else one.who % 2 == chosen for one in examples]
	tables = [_columns(one.columns, rule) for one in examples]
	columns = {
		name: np.concatenate([table[name][mine] for table, mine in zip(tables, rows, strict=True)])
		for name in tables[0]
	}
	bought = np.concatenate([one.bought[mine] for one, mine in zip(examples, rows, strict=True)])
	# Days that lie closer than the horizon tell in part the same: each counts for what it adds.
	step = abs(examples[0].cut - examples[1].cut) if len(examples) > 1 else horizon
	weights = np.full(len(bought), min(1.0, step / horizon))
	return Logistic.fit(columns, bought, weights, PRIOR if rule is None else {rule: 0.8}, HOLD)


def _teach(examples: Sequence[Examples]) -> bool:
	bought = sum(int(one.bought.sum()) for one in examples)
	return min(bought, sum(len(one.who) for one in examples) - bought) >= LEAST_OF_EACH


def _check(examples: Sequence[Examples], horizon: int) -> Check | None:
	"""How well it would have foreseen the latest cut; None where that says nothing."""
	latest = examples[0]
	if not LEAST_OF_EACH <= int(latest.bought.sum()) <= len(latest.bought) - LEAST_OF_EACH:
		return None
	earlier = [one for one in examples[1:] if one.cut + horizon <= latest.cut]
	if earlier and _teach(earlier):
		by, found = LATER, _fit(earlier, horizon)(latest.columns)
	else:
		by, found = "other customers", np.zeros(len(latest.who))
		for half in (0, 1):
			if not _teach_half(examples, half):
				return None
			mine = latest.who % 2 != half
			columns = {name: values[mine] for name, values in latest.columns.items()}
			found[mine] = _fit(examples, horizon, chosen=half)(columns)
	rules = {name: auc(-values, latest.bought) for name, values in latest.plain.items()}
	best = max(rules, key=lambda name: rules[name])
	gain, error = auc_gain(found, -latest.plain[best], latest.bought)
	# Other customers on the same days do not show whether it lasts: there it has to be better outright.
	margin, rule = (error, _instead(best, latest)) if by == LATER else (0.0, USUAL_RULE)
	instead = None if gain >= -margin else rule
	return Check(
		by, latest.cut, len(latest.who), int(latest.bought.sum()), auc(found, latest.bought), rules, error,
		instead, calibration(found, latest.bought),
	)  # fmt: skip


def _instead(best: str, latest: Examples) -> str:
	"""The rule that was best; that of recency and frequency, if it was not clearly worse.

	The best of five on one day is often so by luck.
	"""
	gain, error = auc_gain(latest.plain[USUAL_RULE], latest.plain[best], ~latest.bought)
	return best if gain < -error else USUAL_RULE


def _teach_half(examples: Sequence[Examples], half: int) -> bool:
	bought: Bools = np.concatenate([one.bought[one.who % 2 == half] for one in examples])
	return bool(0 < bought.sum() < len(bought))
