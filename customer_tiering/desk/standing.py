"""Where customers stand today, shortly: the badge on documents, in lists and where a customer is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import frappe

from customer_tiering.site.access import companies, permissions

#: So many at once; a list asks for more in turns.
MOST = 100
_SHOWN = ("customer_tier", "tier_score", "lifecycle_stage")


def of(customers: Iterable[str]) -> dict[str, dict[str, Any]]:
	"""By customer, of those whom the reader may read; nothing is worked out, all of it is stored.

	Returns:
		``tier``, ``score``, ``stage``; ``silence``, the days since the last purchase (None: never, or the
		reader may not see every company that it can have been in); ``by_hand``: whether an override makes
		the tier another than the one that was earned.
	"""
	names = list(dict.fromkeys(customers))[:MOST]
	found = frappe.get_list(
		"Customer", {"name": ("in", names)}, ["name", *_SHOWN], order_by="name asc", limit=0
	)
	closed = permissions.closed_by_rows() if found else set()
	rows = {row.name: row for row in found if row.name not in closed}
	there = set(frappe.get_all("Customer Tier", pluck="name", order_by=None)) if rows else set()
	held = _held(list(rows)) if companies.sees_all() else {}
	return {name: _told(row, there) | held.get(name, _UNKNOWN) for name, row in rows.items()}


_UNKNOWN: dict[str, Any] = {"silence": None, "by_hand": False}


def _told(row: Any, there: set[str]) -> dict[str, Any]:
	"""Without a tier that somebody has deleted past the app: a form that kept it could not be saved."""
	tier = row.customer_tier if row.customer_tier in there else None
	return {"tier": tier, "score": row.tier_score, "stage": row.lifecycle_stage}


def _held(customers: list[str]) -> dict[str, dict[str, Any]]:
	"""What only their Customer Scores know; of customers merged just now, the row of the last purchase."""
	today = frappe.utils.getdate(frappe.utils.nowdate())
	fields = ["customer", "last_purchase", "tier", "earned_tier", "override_tier", "override_until"]
	rows = frappe.get_all(
		"Customer Score", {"customer": ("in", customers)}, fields, order_by="last_purchase asc", limit=0
	)
	return {
		row.customer: {
			"silence": (today - row.last_purchase).days if row.last_purchase else None,
			"by_hand": bool(row.override_tier)
			and row.tier != row.earned_tier
			and (not row.override_until or row.override_until >= today),
		}
		for row in rows
	}
