"""What the desk knows from login on. Read with every login, so it imports nothing heavy.

Whatever is wrong with what the app stores, the desk opens: a part that cannot be read is empty.
"""

import json
import math
from collections.abc import Callable
from typing import Any

import frappe

from customer_tiering.site.access import companies
from customer_tiering.site.withstanding.events import unnoticed


def extend_bootinfo(bootinfo: Any) -> None:
	"""The colour of each tier, once per login, so that a list need not ask row by row, and the ladder;
	whether somebody sees the figures behind a grade, and whether customers show their revenue.
	"""
	bootinfo.customer_tier_colors = _found({}, _colors)
	policy = _found({}, _published)
	bootinfo.customer_tier_ladder = _found([], lambda: _ladder(policy))
	bootinfo.customer_tier_top = _top(bootinfo.customer_tier_ladder)
	bootinfo.customer_tiering_currency = policy.get("currency")
	bootinfo.customer_tiering_sees_all = _found(False, companies.sees_all)
	bootinfo.customer_tiering_revenue_listed = _found(False, companies.all_see_all)


def _found(otherwise: Any, read: Callable[[], Any]) -> Any:
	with unnoticed("a part of what the desk is told at login could not be read"):
		return read()
	return otherwise


def _colors() -> dict[str, str]:
	return dict(frappe.get_all("Customer Tier", fields=["name", "color"], as_list=True, order_by=None))


def _published() -> dict[str, Any]:
	"""The policy in force as it is stored; the site may be of a version that stored it otherwise."""
	name = frappe.db.get_single_value("Customer Tiering Settings", "current_policy")
	return dict(json.loads((name and frappe.db.get_value("Tiering Policy", name, "policy")) or "{}"))


def _top(ladder: list[str]) -> list[str]:
	"""The top tiers, as reports have them: see ``Standing.top``."""
	return ladder[: max(1, len(ladder) // 2)]


def _ladder(policy: dict[str, Any]) -> list[str]:
	"""Its tiers, from the highest down: by share, the lowest alone has neither a share nor a score."""

	def place(tier: dict[str, Any]) -> float:
		score = tier.get("min_score")
		return tier.get("top_share") or math.inf if score is None else -score

	return [str(tier["name"]) for tier in sorted(policy.get("tiers", ()), key=place)]
