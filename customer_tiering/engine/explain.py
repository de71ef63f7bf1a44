"""Why a customer has his grade, what holds it and what would change it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import Bools, Floats
from customer_tiering.engine.ladder import Held, Step, Thresholds, next_review
from customer_tiering.engine.metrics import metric
from customer_tiering.engine.policy import Policy, Rule
from customer_tiering.engine.rules import Scored
from customer_tiering.engine.scoring import Line, Steps


@dataclass(frozen=True)
class Grounds:
	"""What explanations rest on; arrays and ``scores`` have one entry per customer, in the same order.

	Attributes:
		scores: the rows of the result.
		scored: what each rule found.
		usual_gap: days between purchases, as the stages take it.
		own_gap: whether it is the customer's own, and not the policy's default.
		thresholds: from which score on each tier is reached.
		outcome: what the ladder made of them.
		granted: who has an override in force.
		held: what customers held before.
	"""

	policy: Policy
	as_of: date
	scores: pd.DataFrame
	scored: tuple[Scored, ...]
	usual_gap: Floats
	own_gap: Bools
	thresholds: Thresholds
	outcome: Step
	granted: Bools
	held: Held


def explain(grounds: Grounds, at: int) -> dict[str, Any]:
	"""The explanation of the customer at a position, as JSON data; see ``docs/scoring.md``."""
	row = grounds.scores.iloc[at]
	score = _number(row["score"])
	rules = [_rule(one, at) for one in grounds.scored if one.points is not None and one.in_scope[at]]
	weight = sum(rule["weight"] for rule in rules)
	for rule in rules:
		rule["share"] = round(rule["weight"] / weight, 6) if weight else 0.0
		rule["contribution"] = round(rule["points"] * rule["weight"] / weight, 4) if weight else 0.0
	acting = [one for one in grounds.scored if one.acts is not None and one.acts[at]]
	graded = score is not None and _text(row["tier"]) is not None
	return {
		"as_of": grounds.as_of.isoformat(),
		"tier": _text(row["tier"]),
		"score": score,
		"usual_gap": float(grounds.usual_gap[at]),
		"own_gap": bool(grounds.own_gap[at]),
		"rules": rules,
		"floors": [_limit(one, at) for one in acting if one.rule.type == "Floor"],
		"caps": [_limit(one, at) for one in acting if one.rule.type == "Cap"],
		"held": _held(grounds, row, at, rules),
		"margin": _margin(grounds, row, at),
		"rising": _rising(grounds, row, at),
		"next_review": _iso(next_review(grounds.policy, grounds.as_of)),
		"override": _override(grounds, at),
		"above": _above(grounds, row, at, rules) if graded else None,
		"below": _below(grounds, row) if graded else None,
	}


def _rule(one: Scored, at: int) -> dict[str, Any]:
	rule, value = one.rule, _number(one.values[at])
	points = None if one.points is None else _number(one.points[at])
	missing = points is None
	return {
		"rule": rule.name,
		"metric": rule.metric,
		"method": rule.method,
		"unit": metric(rule.metric).unit if rule.metric else "",
		"window": _window(rule),
		"window_days": rule.window_days if _window(rule) == "Rolling" else None,
		"value": value,
		"missing": missing,
		"points": rule.points_if_missing if missing else points,
		"weight": rule.weight,
		"next": _next(one, value),
	}


def _window(rule: Rule) -> str | None:
	return rule.window if rule.metric and metric(rule.metric).windowed else None


def _next(one: Scored, value: float | None) -> dict[str, float] | None:
	"""The nearest threshold that gives more points than the customer has now."""
	if value is None or not isinstance(one.how, Steps):
		return None
	now = float(one.how(np.array([value]))[0])
	better = [(at, points) for at, points in one.how.better_than(value) if points > now]
	return {"value": better[0][0], "points": better[0][1]} if better else None


def _limit(one: Scored, at: int) -> dict[str, Any]:
	rule = one.rule
	return {
		"rule": rule.name,
		"tier": rule.tier,
		"metric": rule.metric,
		"unit": metric(rule.metric).unit,
		"value": _number(one.values[at]),
		"condition": rule.condition,
		"limit": rule.value,
		"limit_to": rule.value_to if rule.condition == "Between" else None,
	}


def _held(grounds: Grounds, row: pd.Series, at: int, rules: list[dict[str, Any]]) -> dict[str, Any] | None:
	"""What delays a fall, until when, and single rules that would keep the tier alone."""
	if pd.isna(row["falls_on"]):
		return None
	keeps = _keeps(grounds, row)
	return {
		"by": grounds.outcome.fall.by[at] or "grace",  # who is disabled keeps a day that nobody computed
		"until": _iso(row["falls_on"]),
		"falls_to": _text(row["falls_to"]),
		"ways": [] if keeps is None else _ways(grounds, at, rules, keeps),
	}


def _keeps(grounds: Grounds, row: pd.Series) -> float | None:
	"""The least score that keeps the earned tier, by the margin; None where nobody is that good."""
	rung = grounds.policy.position(row["earned_tier"])
	threshold = None if rung < 0 else grounds.thresholds.of(rung)
	return None if threshold is None else max(0.0, round(threshold - grounds.policy.margin, 2))


def _margin(grounds: Grounds, row: pd.Series, at: int) -> dict[str, Any] | None:
	"""The tier that the margin alone keeps, and down to which score."""
	if not grounds.outcome.in_margin[at]:
		return None
	return {"tier": _text(row["earned_tier"]), "down_to": _keeps(grounds, row)}


def _rising(grounds: Grounds, row: pd.Series, at: int) -> dict[str, Any] | None:
	"""What delays a rise, until when, and to which tier it is."""
	if pd.isna(row["rises_on"]):
		return None
	return {
		"by": grounds.outcome.rise.by[at] or "rise",
		"until": _iso(row["rises_on"]),
		"rises_to": _text(row["rises_to"]),
	}


def _override(grounds: Grounds, at: int) -> dict[str, Any] | None:
	if not grounds.granted[at]:
		return None
	row = grounds.held.row(at)
	until = row.get("override_until")
	return {
		"tier": row["override_tier"],
		"mode": _text(row.get("override_mode")) or "Exact",
		"until": _iso(until),
		"reason": _text(row.get("override_reason")),
	}


def _above(grounds: Grounds, row: pd.Series, at: int, rules: list[dict[str, Any]]) -> dict[str, Any] | None:
	"""The next tier by score, how many points away, and single rules that would close the gap alone."""
	tiers = grounds.policy.tiers
	rung = max(grounds.policy.position(row["tier"]), _rung_by_score(grounds, row["score"]))
	if rung + 1 >= len(tiers):
		return None
	threshold = grounds.thresholds.of(rung + 1)
	if threshold is None:
		return {"tier": tiers[rung + 1].name, "points": None, "ways": []}
	ways = _ways(grounds, at, rules, threshold)
	return {"tier": tiers[rung + 1].name, "points": round(threshold - float(row["score"]), 2), "ways": ways}


def _ways(grounds: Grounds, at: int, rules: list[dict[str, Any]], least: float) -> list[dict[str, Any]]:
	"""For each rule that could lift the score to ``least`` alone, the value that it takes."""
	# From the points themselves: the score has been rounded, and a way must really lead there.
	needed = sum(rule["weight"] * (least - rule["points"]) for rule in rules)
	if needed <= 0:  # it is a cap that keeps him below, and no score would help
		return []
	return [
		way
		for one in grounds.scored
		if one.how is not None and one.in_scope[at] and one.rule.weight
		for way in _way(one, at, needed / one.rule.weight)
	]


def _way(one: Scored, at: int, needed: float) -> list[dict[str, Any]]:
	value = _number(one.values[at])
	if value is None or one.how is None:
		return []
	now = float(one.how(np.array([value]))[0])
	target = round(now + needed, 9)
	if isinstance(one.how, Line):
		enough = one.how.value_for(target) if target <= 100 else None
	else:
		enough = next((limit for limit, points in one.how.better_than(value) if points >= target), None)
	if enough is None:
		return []
	return [
		{
			"rule": one.rule.name,
			"metric": one.rule.metric,
			"unit": metric(one.rule.metric).unit,
			"value": enough,
		}
	]


def _below(grounds: Grounds, row: pd.Series) -> dict[str, Any] | None:
	"""The tier below and how many points are left before the score alone would give it; under 0: already."""
	rung = grounds.policy.position(row["tier"])
	if rung <= 0:
		return None
	threshold = grounds.thresholds.of(rung)
	left = None if threshold is None else round(float(row["score"]) - threshold, 2)
	return {"tier": grounds.policy.tiers[rung - 1].name, "points": left}


def _rung_by_score(grounds: Grounds, score: float) -> int:
	return int(grounds.thresholds.rungs(np.array([score]))[0])


def _number(value: Any) -> float | None:
	number = float(value)
	return None if math.isnan(number) else number


def _text(value: Any) -> str | None:
	return None if value is None or pd.isna(value) else str(value)


def _iso(day: Any) -> str | None:
	return None if day is None or pd.isna(day) else pd.Timestamp(day).date().isoformat()
