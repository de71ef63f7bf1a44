"""The one road from facts to grades."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine import ladder
from customer_tiering.engine.exact import Bools, Floats, Ints, Objects
from customer_tiering.engine.explain import Grounds, explain
from customer_tiering.engine.facts import NEVER, Facts
from customer_tiering.engine.forecast import Forecast, fitted, foretell
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.metrics import Window, revenue
from customer_tiering.engine.policy import Policy
from customer_tiering.engine.rules import Scored, apply_rules, metric_key, reached_by, score_of
from customer_tiering.engine.scoring import CutPoints
from customer_tiering.engine.segments import fit_rfm, rfm_scores, rfm_values, segments
from customer_tiering.engine.stages import has_own_gap, stages, usual_gap

_YEAR = 365
#: What is going to happen to a customer if nothing changes.
_FORETOLD = ("falls_on", "falls_to", "rises_on", "rises_to")


@dataclass(frozen=True)
class Evaluation:
	"""What an evaluation found.

	Attributes:
		scores: one row per customer, in order of customer; the columns are listed in ``docs/scoring.md``.
		changes: the rows whose tier or stage differs from ``previous``: ``customer, from_tier, to_tier,
			from_stage, to_stage, score``.
		cut_points: as JSON data, to be given to later evaluations of single customers.
		forecast: what was foreseen by; None: nothing was.
		scored: what each rule of the policy found, in their order.
		ledger: what was seen of the facts, its customers in the order of ``scores``.
		grounds: what :meth:`explain` rests on.
	"""

	policy: Policy
	as_of: date
	scores: pd.DataFrame
	changes: pd.DataFrame
	cut_points: dict[str, dict[str, CutPoints]]
	forecast: Forecast | None = field(repr=False)
	scored: tuple[Scored, ...]
	ledger: Ledger = field(repr=False)
	grounds: Grounds = field(repr=False)

	@cached_property
	def _positions(self) -> dict[str, int]:
		return {customer: at for at, customer in enumerate(self.scores["customer"])}

	def explain(self, customer: str) -> dict[str, Any]:
		"""Why this customer has his grade, as JSON data; see ``docs/scoring.md``.

		Raises:
			KeyError: the customer was not evaluated.
		"""
		return explain(self.grounds, self._positions[customer])


def evaluate(
	facts: Facts,
	policy: Policy,
	as_of: date,
	previous: pd.DataFrame | None = None,
	cut_points: dict[str, dict[str, CutPoints]] | None = None,
	forecast: Forecast | None = None,
) -> Evaluation:
	"""Grade every customer in ``facts``.

	Args:
		facts: the tables; rows after ``as_of`` are not seen.
		policy: tiers, rules and parameters.
		as_of: the date that the grades are true for.
		previous: what was held before, by column ``customer``; the columns are those of ``scores`` plus
			``as_of``, ``opening_*`` and ``override_*``, all optional. None: nobody was graded before.
		cut_points: thresholds of the population methods, and of tiers by share, from an evaluation of
			everyone. None: the customers in ``facts`` are the population.
		forecast: fitted on everyone. None: where the policy needs one and no cut points are given, it is
			fitted on ``facts``; else nothing is foreseen, and whatever goes by it is undefined.

	Raises:
		ValueError: ``cut_points`` belong to another policy; ``previous`` holds what no evaluation wrote.
	"""
	facts = facts.up_to(as_of)
	ledger = _ledger(facts, policy, as_of)
	held = ladder.Held(previous, facts.index)
	if forecast is None and cut_points is None and policy.needs_forecast:
		forecast = fitted(facts, as_of, policy.companies)
	foreseen = foretell(forecast, ledger)
	stage = stages(ledger, policy.stages, facts.open_pipeline(as_of), foreseen["chance_to_buy"])
	scored, rule_cuts = apply_rules(facts, ledger, policy, stage, cut_points, forecast)
	rfm = rfm_values(ledger, policy.rfm_window_days)
	rfm_cuts = fit_rfm(rfm, ~facts.disabled) if cut_points is None else cut_points["rfm"]
	score = score_of(scored, ledger.size)
	if not policy.grade_prospects:
		score = np.where(ledger.purchase_days.ever, score, np.nan)
	cuts = ladder.tier_cuts(policy, score, ~facts.disabled, cut_points)
	thresholds = ladder.Thresholds(policy, cuts)
	base = ladder.base_of(policy, held, as_of)
	outcome = ladder.Climb(
		policy, thresholds, base, reached_by(policy, thresholds, scored, score), as_of
	).step()
	shown, granted = ladder.overridden(policy, outcome.rungs.tier, held, as_of)

	scores = pd.DataFrame(
		{
			"customer": facts.index,
			**_grade_columns(policy, shown, score, stage),
			**_rfm_columns(rfm_scores(rfm, rfm_cuts)),
			**_purchase_columns(ledger, rfm["recency"]),
			"year_revenue": _year_revenue(ledger),
			**foreseen,
			**_metric_columns(scored),
			**_state_columns(policy, outcome, base, shown, as_of),
			**_opening_columns(policy, base),
		}
	)
	scores = _keep_disabled(scores, held, facts.disabled)
	gap = usual_gap(ledger.purchase_days, policy.stages)
	own = has_own_gap(ledger.purchase_days)
	grounds = Grounds(policy, as_of, scores, scored, gap, own, thresholds, outcome, granted, held)
	all_cuts = {"rules": rule_cuts, "rfm": rfm_cuts, "tiers": cuts}
	changes = _changes(scores, held)
	return Evaluation(policy, as_of, scores, changes, all_cuts, forecast, scored, ledger, grounds)


def _ledger(facts: Facts, policy: Policy, as_of: date) -> Ledger:
	return Ledger.build(
		facts,
		as_of,
		policy.returns_dated == "Original",
		policy.companies,
		policy.fiscal_year_start_month,
		keep_company=any(rule.company for rule in policy.rules),
		beyond_sales=bool(policy.tables),
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


def _year_revenue(ledger: Ledger) -> Floats:
	"""Revenue of the last 365 days in whole units, as lists show it: no policy has a say in it."""
	return np.rint(revenue(ledger, Window.of("Rolling", _YEAR, ledger.as_of)))


def _state_columns(
	policy: Policy, outcome: ladder.Step, base: ladder.Base, shown: Ints, as_of: date
) -> dict[str, Any]:
	"""What the customer carries to the next evaluation, and when he is going to fall or to rise."""
	names, today = _names(policy), np.datetime64(as_of, "D")
	since = np.where(shown == base.shown, base.shown_since, today)
	return {
		"tier_since": np.where(shown < 0, ladder.NO_DAY, since),
		"earned_tier": names[outcome.rungs.tier],
		"earned_since": outcome.rungs.since,
		"below_since": outcome.rungs.below_since,
		"climbing": ladder.climbing_texts(policy, outcome.rungs.climbing),
		"falls_on": outcome.fall.on,
		"falls_to": names[outcome.fall.to],
		"rises_on": outcome.rise.on,
		"rises_to": names[outcome.rise.to],
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
		"opening_climbing": ladder.climbing_texts(policy, base.earned.climbing),
		"opening_as_of": base.seen_on,
	}


def _names(policy: Policy) -> Objects:
	"""Tier names by rung; the last one, which is at -1 too, is None."""
	return np.array([*(tier.name for tier in policy.tiers), None], dtype=object)


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
		*_FORETOLD,
	):
		kept = _held_state(held, name)[disabled]
		values = scores[name].astype(object)
		values[disabled] = kept
		scores[name] = values.astype(scores[name].dtype) if name == "score" else values
		if scores[name].dtype == object and name.endswith(("_since", "_on")):
			scores[name] = pd.to_datetime(scores[name]).astype("datetime64[s]")
	for name in ("recency_score", "frequency_score", "monetary_score"):  # or they would name another segment
		kept = np.array([np.nan if n is None else n for n in held.objects(name)], dtype=float)
		scores[name] = np.where(disabled & ~np.isnan(kept), kept, scores[name]).astype(int)
	return scores


def _held_state(held: ladder.Held, name: str) -> Objects:
	"""A column of what was held; of the earned tier, what stands for it where only the tier is known."""
	if name == "earned_tier":
		return held.objects(held.earned())
	found = held.objects(name)
	if name == "earned_since":
		unknown = pd.isna(found) & ~pd.isna(held.objects(held.earned()))
		found[unknown] = held.objects("tier_since")[unknown]
	return found


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
