"""The ready-made policies: one JSON file each, usable as it is and made to be edited.

A rule with bands may say ``proposed_for``: which share of the customers, in percent, each band is meant for.
Its thresholds are then proposed from a company's own figures, see :mod:`customer_tiering.policies.proposed`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: What a new site is graded by until somebody chooses.
DEFAULT = "value-pyramid"
_FOLDER = Path(__file__).parent
_PROPOSED = "proposed_for"


class UnknownPolicyError(KeyError):
	"""No ready-made policy has this name; the message lists those there are."""

	def __init__(self, name: str):
		super().__init__(name)
		self.name = name

	def __str__(self) -> str:
		return f"There is no ready-made policy {self.name}; choose one of {', '.join(names())}."


def names() -> list[str]:
	"""The names of the ready-made policies, the default first."""
	return sorted((path.stem for path in _FOLDER.glob("*.json")), key=lambda name: (name != DEFAULT, name))


def load(name: str) -> dict[str, Any]:
	"""A ready-made policy as plain data, for :meth:`Policy.from_dict`.

	Raises:
		UnknownPolicyError: there is none of this name.
	"""
	data = _read(name)
	for rule in data["rules"]:
		rule.pop(_PROPOSED, None)
	return data


def proposals(name: str) -> dict[str, list[float]]:
	"""By rule, the shares of customers, in percent, that its bands are meant for; in the order of the bands.

	Raises:
		UnknownPolicyError: there is none of this name.
	"""
	return {rule["name"]: rule[_PROPOSED] for rule in _read(name)["rules"] if _PROPOSED in rule}


def _read(name: str) -> dict[str, Any]:
	if name not in names():
		raise UnknownPolicyError(name)
	data: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
	return data
