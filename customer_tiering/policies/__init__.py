"""The ready-made policies: one JSON file each, usable as it is and made to be edited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: What a new site is graded by until somebody chooses.
DEFAULT = "rfm"
_FOLDER = Path(__file__).parent


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
	if name not in names():
		raise UnknownPolicyError(name)
	data: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
	return data
