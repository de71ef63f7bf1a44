"""Tiers that were held and that the policy in force no longer has."""

from __future__ import annotations

from collections.abc import Collection

import frappe


def in_order(names: Collection[str]) -> list[str]:
	"""Such tiers from the highest down, as their records have it; last those without a record, by name."""
	if not names:
		return []
	fields = ["name", "min_score", "top_share"]
	found = frappe.get_all("Customer Tier", {"name": ("in", list(names))}, fields, order_by=None)
	height = {tier.name: tier.min_score or (tier.top_share and 100 - tier.top_share) or 0.0 for tier in found}
	return sorted(names, key=lambda name: (name not in height, -height.get(name, 0.0), name))
