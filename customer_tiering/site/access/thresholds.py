"""Thresholds by which customers are ranked: each is the exact figure of a single customer, whoever he is.

Whoever does not see everyone is told a goal instead: the threshold, rounded so that reaching it is enough.
Figures of rules are rounded to two digits, scores from which tiers by share are reached to whole points.
"""

from __future__ import annotations

import math
from typing import Any

_RANKING = ("Quantile", "Pareto")
_DIGITS = 2


def rounded(explanation: dict[str, Any], by_share: bool) -> dict[str, Any]:
	"""An explanation of the engine's, with goals in place of such thresholds.

	Args:
		explanation: of a single customer.
		by_share: whether tiers go by share; then every way leads to somebody's score, so all are rounded.
	"""
	ranking = {rule["rule"]: rule["value"] for rule in explanation["rules"] if rule["method"] in _RANKING}
	leading = {rule["rule"]: rule["value"] for rule in explanation["rules"]} if by_share else ranking

	def goal(one: dict[str, Any], rule: str, of: dict[str, Any]) -> dict[str, Any]:
		return one | {"value": _goal(one["value"], of[rule])} if rule in of else one

	rules = [
		rule | {"next": rule["next"] and goal(rule["next"], rule["rule"], ranking)}
		for rule in explanation["rules"]
	]
	ways = {
		name: part and part | {"ways": [goal(way, way["rule"], leading) for way in part["ways"]]}
		for name, part in ((name, explanation[name]) for name in ("held", "above"))
	}
	found = explanation | {"rules": rules} | ways
	return _with_whole_points(found) if by_share else found


def whole(threshold: float | None) -> float | None:
	"""The whole number of points that is enough for a tier by share; None where nobody is that good."""
	return None if threshold is None else float(math.ceil(threshold))


def enough(amount: float) -> float:
	"""A round amount that is enough where this one is."""
	return _goal(amount, 0.0)


def at_most(amount: float) -> float:
	"""A round amount that is no more than this one: where it is enough, this one is."""
	return _goal(amount, math.inf)


def _with_whole_points(why: dict[str, Any]) -> dict[str, Any]:
	above, below, margin = why["above"], why["below"], why["margin"]
	if above and above["points"] is not None:
		threshold = math.ceil(round(why["score"] + above["points"], 2))
		above = above | {"points": round(threshold - why["score"], 2)}
	if below and below["points"] is not None:
		below = below | {"points": float(math.floor(below["points"]))}
	if margin and margin["down_to"] is not None:
		margin = margin | {"down_to": float(math.ceil(margin["down_to"]))}
	return why | {"above": above, "below": below, "margin": margin}


def _goal(threshold: float, now: float) -> float:
	"""The nearest number of two digits that is at least as far from where somebody stands."""
	if not threshold:
		return threshold
	places = _DIGITS - 1 - math.floor(math.log10(abs(threshold)))
	steps = round(threshold * 10.0**places, 6)
	return round((math.ceil(steps) if threshold > now else math.floor(steps)) / 10.0**places, max(places, 0))
