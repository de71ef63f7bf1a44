"""What of the Settings says how follow-ups are kept."""

from __future__ import annotations

from dataclasses import dataclass

import frappe
from frappe.utils import cint

from customer_tiering.names import SETTINGS

_DEFAULTS = {
	"follow_ups": 0, "follow_ups_a_day": 8, "escalate_after_days": 5,
	"count_calls": 1, "count_meetings": 1, "count_mails": 1, "count_tasks": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Switches:
	"""How follow-ups are kept.

	Attributes:
		on: whether lists are made at all.
		a_day: customers on a person's list.
		escalate_after: days after which an open follow-up is shown to managers; 0: never.
		counts: kinds of contact that count: ``calls``, ``meetings``, ``mails``, ``tasks``.
	"""

	on: bool
	a_day: int
	escalate_after: int
	counts: frozenset[str]


def read() -> Switches:
	"""As they are stored; what an older version of the app left unset is as on a new site."""
	stored = frappe.db.get_singles_dict(SETTINGS)
	value = {name: cint(stored.get(name, default)) for name, default in _DEFAULTS.items()}
	kinds = ("calls", "meetings", "mails", "tasks")
	return Switches(
		bool(value["follow_ups"]),
		max(value["follow_ups_a_day"], 1),
		value["escalate_after_days"],
		frozenset(kind for kind in kinds if value[f"count_{kind}"]),
	)


def write_defaults() -> None:
	"""Store what is not stored yet, so that the form shows what holds."""
	stored = frappe.db.get_singles_dict(SETTINGS)
	for name, default in _DEFAULTS.items():
		if stored.get(name) is None:
			frappe.db.set_single_value(SETTINGS, name, default, update_modified=False)
