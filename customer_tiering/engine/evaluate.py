"""The one road from facts to grades."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine import ladder
from customer_tiering.engine.explain import explain
from customer_tiering.engine.facts import NEVER, Bools, Facts, Floats, Ints, Ledger, Objects, to_date
from customer_tiering.engine.metrics import METRICS, Window, metric
from customer_tiering.engine.policy import Policy, Rule
from customer_tiering.engine.scoring import CutPoints, Line, Steps, cut_count, fit, scorer
from customer_tiering.engine.segments import fit_rfm, rfm_scores, rfm_values, segments
from customer_tiering.engine.stages import stages, usual_gap


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


@dataclass(frozen=True)
class Evaluation:
	"""What an evaluation found.

	Attributes:
		scores: one row per customer, in order of customer; the columns are listed in ``docs/scoring.md``.
		changes: the rows whose tier or stage differs from ``previous``: ``customer, from_tier, to_tier,
			from_stage, to_stage, score``.
		cut_points: as JSON data, to be given to later evaluations of single customers.
		ledger: what was seen of the facts, its customers in the order of ``scores``.
	"""

	policy: Policy
	as_of: date
	scores: pd.DataFrame
	changes: pd.DataFrame
	cut_points: dict[str, dict[str, CutPoints]]
	scored: tuple[Scored, ...]
	ledger: Ledger = field(repr=False)
	details: dict[str, Any] = field(repr=False)

	@cached_property
	def _positions(self) -> dict[str, int]:
		return {customer: at for at, customer in enumerate(self.scores["customer"])}

	def explain(self, customer: str) -> dict[str, Any]:
		"""Why this customer has his grade, as JSON data; see ``docs/scoring.md``.

		Raises:
			KeyError: the customer was not evaluated.
		"""
		return explain(self, self._positions[customer])


def evaluate(
	facts: Facts,
	policy: Policy,
	as_of: date,
	previous: pd.DataFrame | None = None,
	cut_points: dict[str, dict[str, CutPoints]] | None = None,
) -> Evaluation:
	"""Grade every customer in ``facts``.

	Args:
		facts: the tables; rows after ``as_of`` are not seen.
		policy: tiers, rules and parameters.
		as_of: the date that the grades are true for.
		previous: what was held before, by column ``customer``; the columns are those of ``scores`` plus
			``as_of``, ``opening_*`` and ``override_*``, all optional. None: nobody was graded before.
		cut_points: thresholds of the population methods from an evaluation of everyone. None: the customers
			in ``facts`` are the population.

	Raises:
		ValueError: ``cut_points`` belong to another policy.
	"""
	facts = facts.up_to(as_of)
	ledger = _ledger(facts, policy, as_of)
	held = ladder.Held(previous, facts.index)
	stage = stages(ledger, policy.stages, facts.open_pipeline(as_of))
	scored, rule_cuts = _apply_rules(facts, ledger, policy, stage, cut_points)
	rfm = rfm_values(ledger, policy.rfm_window_days)
	rfm_cuts = fit_rfm(rfm, ~facts.disabled) if cut_points is None else cut_points["rfm"]
	score = _score(scored, ledger.size)
	if not policy.grade_prospects:
		score = np.where(ledger.purchase_days.ever, score, np.nan)
	candidate, cap = _candidate(policy, scored, score)
	base = ladder.base_of(policy, held, as_of)
	outcome = ladder.step(policy, base.earned, candidate, cap, as_of)
	shown, granted = ladder.overridden(policy, outcome.rungs.tier, held, as_of)

	scores = pd.DataFrame(
		{
			"customer": facts.index,
			**_grade_columns(policy, shown, score, stage),
			**_rfm_columns(rfm_scores(rfm, rfm_cuts)),
			**_purchase_columns(ledger, rfm["recency"]),
			**_metric_columns(scored),
			**_state_columns(policy, outcome, base, shown, as_of),
			**_opening_columns(policy, base),
		}
	)
	scores = _keep_disabled(scores, held, facts.disabled)
	details = {
		"granted": granted,
		"held_by_hold": outcome.held_by_hold,
		"usual_gap": usual_gap(ledger.purchase_days, policy.stages),
		"held": held,
	}
	cuts = {"rules": rule_cuts, "rfm": rfm_cuts}
	return Evaluation(policy, as_of, scores, _changes(scores, held), cuts, scored, ledger, details)


def _ledger(facts: Facts, policy: Policy, as_of: date) -> Ledger:
	return Ledger.build(
		facts,
		as_of,
		policy.returns_dated == "Original",
		policy.companies,
		policy.fiscal_year_start_month,
		keep_company=any(rule.company for rule in policy.rules),
	)


def _grade_columns(policy: Policy, shown: Ints, score: Floats, stage: Objects) -> dict[str, Any]:
	return {"tier": _names(policy)[shown], "score": score, "lifecycle_stage": stage}


def _rfm_columns(scores: dict[str, Ints]) -> dict[str, Any]:
	return {"rfm_segment": segments(scores), **{f"{name}_score": values for name, values in scores.items()}}


def _purchase_columns(ledger: Ledger, recency_days: Floats) -> dict[str, Any]:
	"""First and last purchase, their number and amount over all time; purchases only, returns aside."""
	return {
		"first_purchase": _dates(ledger.purchase_days.first),
		"last_purchase": _dates(ledger.purchase_days.last),
		"recency_days": recency_days,
		"purchases": ledger.count(ledger.counted),
		"purchase_amount": ledger.total(ledger.counted),
	}


def _state_columns(
	policy: Policy, outcome: ladder.Step, base: ladder.Base, shown: Ints, as_of: date
) -> dict[str, Any]:
	"""What the customer carries to the next evaluation, and when he is going to fall."""
	names, today = _names(policy), np.datetime64(as_of, "D")
	since = np.where(shown == base.shown, base.shown_since, today)
	return {
		"tier_since": np.where(shown < 0, ladder.NO_DAY, since),
		"earned_tier": names[outcome.rungs.tier],
		"earned_since": outcome.rungs.since,
		"below_since": outcome.rungs.below_since,
		"falls_on": outcome.falls_on,
		"falls_to": names[outcome.falls_to],
	}


def _opening_columns(policy: Policy, base: ladder.Base) -> dict[str, Any]:
	"""Where the customer stood at the close of the day before, for a second evaluation on this day."""
	names, graded = _names(policy), base.earned.tier >= 0
	return {
		"opening_tier": names[base.shown],
		"opening_tier_since": np.where(base.shown < 0, ladder.NO_DAY, base.shown_since),
		"opening_earned_tier": names[base.earned.tier],
		"opening_earned_since": np.where(graded, base.earned.since, ladder.NO_DAY),
		"opening_below_since": np.where(graded, base.earned.below_since, ladder.NO_DAY),
	}


def _names(policy: Policy) -> Objects:
	"""Tier names by rung; the last one, which is at -1 too, is None."""
	return np.array([*(tier.name for tier in policy.tiers), None], dtype=object)


def metric_key(rule: Rule) -> str:
	"""Column name of a rule's metric: ``revenue_365d``, ``recency``, ``invoice_count_fytd``."""
	name = rule.metric.lower().replace("%", "pct").replace(" ", "_")
	if metric(rule.metric).windowed:
		name += {"Rolling": f"_{rule.window_days}d", "Fiscal Year": "_fytd", "All Time": "_all"}[rule.window]
	return f"{name}_{rule.company}" if rule.company else name


def _apply_rules(
	facts: Facts,
	ledger: Ledger,
	policy: Policy,
	stage: Objects,
	cut_points: dict[str, dict[str, CutPoints]] | None,
) -> tuple[tuple[Scored, ...], dict[str, CutPoints]]:
	"""Every rule applied to everyone, and the cut points of those that have some."""
	measure, enabled = _measurer(ledger, facts), ~facts.disabled
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


class _measurer:
	"""Computes each metric once per window and company."""

	def __init__(self, ledger: Ledger, facts: Facts):
		self._facts = facts
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
			self._values[key] = self._compute(rule.metric, ledger, window)
		return self._values[key]

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
		inside &= np.asarray(facts.attribute("customer_type") == rule.customer_type, dtype=bool)
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


def _score(scored: tuple[Scored, ...], size: int) -> Floats:
	"""Weighted mean of points over the Score rules in scope, two decimals; NaN where none is in scope."""
	points, weights = np.zeros(size), np.zeros(size)
	for one in scored:
		if one.points is not None:
			given = np.where(np.isnan(one.points), one.rule.points_if_missing, one.points)
			points += np.where(one.in_scope, one.rule.weight * given, 0.0)
			weights += np.where(one.in_scope, one.rule.weight, 0.0)
	mean: Floats = np.divide(points, weights, out=np.full(size, np.nan), where=weights > 0)
	return np.round(mean, 2)


def _candidate(policy: Policy, scored: tuple[Scored, ...], score: Floats) -> tuple[Ints, Ints]:
	"""The rung by score, floors first, then caps; and the highest rung that the caps allow."""
	minimums = np.array([tier.min_score for tier in policy.tiers])
	candidate = np.searchsorted(minimums, np.nan_to_num(score), side="right") - 1
	cap = np.full(len(score), len(policy.tiers) - 1)
	for one in scored:
		if one.acts is not None:
			rung = policy.position(one.rule.tier)
			if one.rule.type == "Floor":
				candidate = np.where(one.acts, np.maximum(candidate, rung), candidate)
			else:
				cap = np.where(one.acts, np.minimum(cap, rung), cap)
	return np.where(np.isnan(score), -1, np.minimum(candidate, cap)), cap


def _metric_columns(scored: tuple[Scored, ...]) -> dict[str, Floats]:
	return {metric_key(one.rule): one.values for one in scored if one.rule.metric}


def _dates(days: Ints) -> ladder.Days:
	return np.where(days == NEVER, ladder.NO_DAY, days.astype("datetime64[D]"))


def _keep_disabled(scores: pd.DataFrame, held: ladder.Held, disabled: Bools) -> pd.DataFrame:
	"""A disabled customer keeps what he last had; one never graded stays without a grade."""
	if not disabled.any():
		return scores
	for name in (
		"tier",
		"score",
		"lifecycle_stage",
		"rfm_segment",
		*ladder.STATE[1:],
		"falls_on",
		"falls_to",
	):
		kept = held.objects(name)[disabled]
		values = scores[name].astype(object)
		values[disabled] = kept
		scores[name] = values.astype(scores[name].dtype) if name == "score" else values
		if scores[name].dtype == object and (name.endswith("_since") or name == "falls_on"):
			scores[name] = pd.to_datetime(scores[name]).astype("datetime64[s]")
	for name in ("recency_score", "frequency_score", "monetary_score"):  # or they would name another segment
		kept = np.array([np.nan if n is None else n for n in held.objects(name)], dtype=float)
		scores[name] = np.where(disabled & ~np.isnan(kept), kept, scores[name]).astype(int)
	return scores


def _changes(scores: pd.DataFrame, held: ladder.Held) -> pd.DataFrame:
	"""Whose tier or stage is not what it was."""
	tiers, stages_now = (scores[name].to_numpy(dtype=object) for name in ("tier", "lifecycle_stage"))
	from_tier, from_stage = held.objects("tier"), held.objects("lifecycle_stage")
	moved = _unlike(tiers, from_tier) | _unlike(stages_now, from_stage)
	return pd.DataFrame(
		{
			"customer": scores["customer"].to_numpy(dtype=object)[moved],
			"from_tier": from_tier[moved],
			"to_tier": tiers[moved],
			"from_stage": from_stage[moved],
			"to_stage": stages_now[moved],
			"score": scores["score"].to_numpy()[moved],
		}
	)


def _unlike(a: Objects, b: Objects) -> Bools:
	"""Where two columns differ, any two empty values being alike."""
	return np.asarray((a != b) & ~(pd.isna(a) & pd.isna(b)), dtype=bool)
