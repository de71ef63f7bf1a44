"""Every rule of a policy applied to every customer: values, points, the score and the candidate tier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from customer_tiering.engine.exact import Bools, Floats, Objects
from customer_tiering.engine.facts import Facts, equals, to_date
from customer_tiering.engine.forecast import Forecast, foretell
from customer_tiering.engine.ladder import Reached, Thresholds
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.metrics import METRICS, Window, metric
from customer_tiering.engine.policy import Policy, Rule
from customer_tiering.engine.scoring import CutPoints, Line, Steps, cut_count, fit, scorer

#: In hundredths of a point: more than the error of a mean of floats, less than any two scores differ by.
_LAST_BITS = 1e-9


@dataclass(frozen=True)
class Scored:
	"""One rule applied to everyone: arrays of shape (customers,).

	For a Score rule ``points`` are NaN where the metric is undefined; for a Floor or Cap ``acts`` tells where
	its condition holds.
	"""

	rule: Rule
	values: Floats
	in_scope: Bools
	points: Floats | None = None
	acts: Bools | None = None
	how: Steps | Line | None = None


def metric_key(rule: Rule) -> str:
	"""Column of a rule's metric: ``revenue_365d``, and ``revenue_365d_Acme`` if it is about a company."""
	name = metric(rule.metric).column(rule.window, rule.window_days)
	return f"{name}_{rule.company}" if rule.company else name


def apply_rules(
	facts: Facts,
	ledger: Ledger,
	policy: Policy,
	stage: Objects,
	cut_points: dict[str, dict[str, CutPoints]] | None,
	forecast: Forecast | None = None,
) -> tuple[tuple[Scored, ...], dict[str, CutPoints]]:
	"""Every rule applied to everyone, and the cut points of those that have some."""
	measure, enabled = _Measurer(ledger, facts, forecast), ~facts.disabled
	scored: list[Scored] = []
	cuts: dict[str, CutPoints] = {}
	for rule in policy.rules:
		in_scope = _scope(facts, measure.ledger(rule.company), rule)
		if rule.method == "By Stage":
			scored.append(Scored(rule, np.full(ledger.size, np.nan), in_scope, _points_by_stage(rule, stage)))
			continue
		values = measure(rule)
		if rule.type != "Score":
			scored.append(Scored(rule, values, in_scope, acts=in_scope & _holds(rule, values)))
			continue
		if cut_count(rule):
			population = values[in_scope & enabled & ~np.isnan(values)]
			cuts[rule.name] = _cuts(rule, population, cut_points)
		how = scorer(rule, cuts.get(rule.name))
		scored.append(Scored(rule, values, in_scope, how(values), how=how))
	return tuple(scored), cuts


def _cuts(rule: Rule, population: Floats, cut_points: dict[str, dict[str, CutPoints]] | None) -> CutPoints:
	"""The stored cut points of a rule, or those of the population where none are given."""
	if cut_points is None:
		return fit(rule, population)
	if rule.name not in cut_points["rules"]:
		raise ValueError(f"There are no cut points for rule {rule.name}; evaluate everyone first.")
	stored = cut_points["rules"][rule.name]
	if len(stored) != cut_count(rule):
		raise ValueError(
			f"The cut points for rule {rule.name} are another policy's; evaluate everyone first."
		)
	return stored


class _Measurer:
	"""Computes each metric once per window and company."""

	def __init__(self, ledger: Ledger, facts: Facts, forecast: Forecast | None):
		self._facts = facts
		self._forecast = forecast
		self._foretold: dict[str, Mapping[str, Floats]] = {}
		self._ledgers: dict[str, Ledger] = {"": ledger}
		self._values: dict[tuple[object, ...], Floats] = {}

	def ledger(self, company: str) -> Ledger:
		if company not in self._ledgers:
			self._ledgers[company] = self._ledgers[""].of_company(company)
		return self._ledgers[company]

	def __call__(self, rule: Rule) -> Floats:
		key = (rule.metric, rule.window, rule.window_days, rule.company)
		if key not in self._values:
			ledger = self.ledger(rule.company)
			window = Window.of(rule.window, rule.window_days, ledger.as_of, ledger.fiscal_start_month)
			one = metric(rule.metric)
			self._values[key] = (
				self._foreseen(rule.company)[one.column("", 0)]
				if one.foretold
				else self._compute(rule.metric, ledger, window)
			)
		return self._values[key]

	def _foreseen(self, company: str) -> Mapping[str, Floats]:
		"""The forecasts by the documents of one company or of all, each by its column."""
		if company not in self._foretold:
			self._foretold[company] = foretell(self._forecast, self.ledger(company))
		return self._foretold[company]

	def _compute(self, name: str, ledger: Ledger, window: Window) -> Floats:
		if name not in METRICS and name in self._facts.given:
			return self._facts.given[name](self._facts, to_date(ledger.as_of))
		return metric(name).compute(ledger, window)


def _scope(facts: Facts, ledger: Ledger, rule: Rule) -> Bools:
	"""Whom a rule is about. With a company: who has a document of it; the rule then sees only those."""
	inside = np.ones(ledger.size, dtype=bool)
	if rule.company:
		inside &= np.bincount(ledger.codes, minlength=ledger.size) > 0
	if rule.customer_type:
		inside &= equals(facts.attribute("customer_type"), rule.customer_type)
	if rule.customer_group:
		inside &= facts.below("customer_group", rule.customer_group)
	if rule.territory:
		inside &= facts.below("territory", rule.territory)
	return inside


def _points_by_stage(rule: Rule, stage: Objects) -> Floats:
	points = dict(rule.bands)
	return np.array([points.get(name, 0.0) for name in stage], dtype=np.float64)


def _holds(rule: Rule, values: Floats) -> Bools:
	"""Whether a condition holds; never where the metric is undefined."""
	low, high = rule.limits
	return (values >= low) & (values <= high)


def score_of(scored: tuple[Scored, ...], size: int) -> Floats:
	"""Weighted mean of points over the Score rules in scope, two decimals; NaN where they weigh nothing."""
	points, weights = np.zeros(size), np.zeros(size)
	for one in scored:
		if one.points is not None:
			given = np.where(np.isnan(one.points), one.rule.points_if_missing, one.points)
			points += np.where(one.in_scope, one.rule.weight * given, 0.0)
			weights += np.where(one.in_scope, one.rule.weight, 0.0)
	mean: Floats = np.divide(points, weights, out=np.full(size, np.nan), where=weights > 0)
	return rounded(mean)


def rounded(mean: Floats) -> Floats:
	"""To two decimals, halves up. A mean that is a half but for the last bits of a float is one."""
	return np.floor(mean * 100 + 0.5 + _LAST_BITS) / 100


def reached_by(policy: Policy, thresholds: Thresholds, scored: tuple[Scored, ...], score: Floats) -> Reached:
	"""The rung that everyone reaches by score, floors first, then caps; and what the floors and caps say."""
	floor = np.full(len(score), -1)
	cap = np.full(len(score), len(policy.tiers) - 1)
	for one in scored:
		if one.acts is not None:
			rung = policy.position(one.rule.tier)
			if one.rule.type == "Floor":
				floor = np.where(one.acts, np.maximum(floor, rung), floor)
			else:
				cap = np.where(one.acts, np.minimum(cap, rung), cap)
	candidate = np.minimum(np.maximum(thresholds.rungs(score), floor), cap)
	rated = ~np.isnan(score)
	return Reached(score, np.where(rated, candidate, -1), np.where(rated, np.minimum(floor, cap), -1), cap)
