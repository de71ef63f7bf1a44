"""Thresholds of rules that rank customers: each is the exact figure of a single customer, whoever he is.

Whoever does not see everyone is told a goal instead: the threshold, rounded to two digits so that reaching it
is enough.
"""

from __future__ import annotations

import math
from typing import Any

_RANKING = ("Quantile", "Pareto")
_DIGITS = 2


def rounded(explanation: dict[str, Any]) -> dict[str, Any]:
	"""An explanation of the engine's, with goals in place of such thresholds."""
	ranking = {rule["rule"]: rule["value"] for rule in explanation["rules"] if rule["method"] in _RANKING}

	def goal(one: dict[str, Any], rule: str) -> dict[str, Any]:
		return one | {"value": _goal(one["value"], ranking[rule])} if rule in ranking else one

	rules = [
		rule | {"next": rule["next"] and goal(rule["next"], rule["rule"])} for rule in explanation["rules"]
	]
	ways = {
		name: part and part | {"ways": [goal(way, way["rule"]) for way in part["ways"]]}
		for name, part in ((name, explanation[name]) for name in ("held", "above"))
	}
	return explanation | {"rules": rules} | ways


def _goal(threshold: float, now: float) -> float:
	"""The nearest number of two digits that is at least as far from where somebody stands."""
	if not threshold:
		return threshold
	places = _DIGITS - 1 - math.floor(math.log10(abs(threshold)))
	steps = round(threshold * 10.0**places, 6)
	return round((math.ceil(steps) if threshold > now else math.floor(steps)) / 10.0**places, max(places, 0))
