"""What the desk knows from login on. Read with every login, so it imports nothing heavy."""

import json
from typing import Any

import frappe


def extend_bootinfo(bootinfo: Any) -> None:
	"""The colour of each tier, once per login, so that a list need not ask for it row by row."""
	bootinfo.customer_tier_colors = dict(
		frappe.get_all("Customer Tier", fields=["name", "color"], as_list=True, order_by=None)
	)
	policy = _published()
	bootinfo.customer_tier_ladder = [
		tier["name"] for tier in sorted(policy.get("tiers", ()), key=lambda tier: -tier["min_score"])
	]
	bootinfo.customer_tiering_currency = policy.get("currency")


def _published() -> dict[str, Any]:
	"""The policy in force as it is stored; the site may be of a version that stored it otherwise."""
	name = frappe.db.get_single_value("Customer Tiering Settings", "current_policy")
	return json.loads((name and frappe.db.get_value("Tiering Policy", name, "policy")) or "{}")
