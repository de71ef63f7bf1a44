"""The names of what is stored, as the reader's language has them: a function per kind of name.

The empty name is that of nothing: no tier is *Unrated*, no stage is blank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from customer_tiering.wording.texts import _, named

if TYPE_CHECKING:
	import pandas as pd

#: Where the host keeps the choices of a stage or a segment.
_SCORE = "Customer Score"


def tier_label(tier: str | None) -> str:
	"""The name of a tier; people give it, so no word of the host's stands for it."""
	return named(tier, "Customer Tier") if tier else _("Unrated")


def rule_label(rule: str) -> str:
	"""The name of a rule; people give it as well."""
	return named(rule, "Tier Rule")


def policy_label(policy: str) -> str:
	"""The name of a policy; people give it as well."""
	return named(policy, "Tiering Policy")


def stage_label(stage: str | None) -> str:
	"""A stage of the life cycle."""
	return _(stage, _SCORE) if stage else ""


def segment_label(segment: str | None) -> str:
	"""An RFM segment."""
	return _(segment, _SCORE) if segment else ""


def metric_label(metric: str) -> str:
	"""A metric, or the method of a rule that has none."""
	return _(metric, "Tier Rule")


def contact_state_label(state: str) -> str:
	"""How a contact stands that is asked for; see :mod:`customer_tiering.acting.cadence`."""
	return {
		"Paused": _("Paused"),
		"On Track": _("On Track"),
		"Due Soon": _("Due Soon"),
		"Due": _("Due"),
		"Overdue": _("Overdue"),
		"Never Contacted": _("Never Contacted"),
	}[state]


def labels(names: pd.Series, label: Callable[[str], str], empty: str | None = None) -> list[str]:
	"""The labels of many names, each looked up once; ``empty``: what stands for the empty one instead."""
	known = {name: label(name) for name in names.unique()}
	if empty is not None:
		known[""] = empty
	return [known[name] for name in names]
