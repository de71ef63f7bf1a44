"""The Settings form of an older site shows what its policy has meant all along, not an empty choice."""

import frappe

from customer_tiering.names import SETTINGS

_DEFAULTS = {"tiers_by": "Score", "reviewed": "Always"}


def execute() -> None:
	stored = frappe.db.get_singles_dict(SETTINGS)
	for field, value in _DEFAULTS.items():
		if not stored.get(field):
			frappe.db.set_single_value(SETTINGS, field, value, update_modified=False)
