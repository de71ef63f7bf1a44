"""The Settings form of an older site shows what its policy has meant all along, not an empty choice."""

import frappe

from customer_tiering.names import SETTINGS

_DEFAULTS = {"risk_by": "Gaps", "at_risk_chance": 30, "lost_chance": 10, "trend_against": "Days Before"}


def execute() -> None:
	stored = frappe.db.get_singles_dict(SETTINGS)
	for field, value in _DEFAULTS.items():
		if not stored.get(field):
			frappe.db.set_single_value(SETTINGS, field, value, update_modified=False)
