"""A policy as an older or a newer version of the app published it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from customer_tiering.engine.policy import BAND_KEYS, Policy, Rule, Tier
from customer_tiering.engine.stages import StageParameters

_BAND = ("points", *BAND_KEYS.values())


def readable(data: Mapping[str, Any]) -> dict[str, Any]:
	"""Without the fields that this version does not know; those that are missing get their defaults.

	A draft with an unknown field is refused, as it may be a slip of the pen. What is published was checked
	when it was, and has to stay readable.

	Raises:
		LookupError, TypeError: it has not the shape of a policy.
	"""
	policy = _known(data, _names(Policy))
	policy["tiers"] = [_known(tier, _names(Tier)) for tier in data["tiers"]]
	policy["rules"] = [_rule(rule) for rule in data["rules"]]
	policy["stages"] = _known(data.get("stages") or {}, _names(StageParameters))
	return policy


def metrics_of(data: Mapping[str, Any]) -> list[str]:
	"""Every metric that a published policy names: it stays in force if the app that added one has gone."""
	return [rule["metric"] for rule in data["rules"] if rule.get("metric")]


def _rule(data: Mapping[str, Any]) -> dict[str, Any]:
	rule = _known(data, _names(Rule))
	if "bands" in rule:
		rule["bands"] = [_known(band, _BAND) for band in rule["bands"]]
	return rule


def _known(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
	if not isinstance(data, Mapping):
		raise TypeError(f"{data!r} stands where named values are to be.")
	return {name: data[name] for name in names if name in data}


def _names(kind: type) -> list[str]:
	return [field.name for field in fields(kind)]
