"""A tier that a person lays over the earned one, for a reason, perhaps until a date."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe
from frappe.utils import escape_html, getdate, sanitize_html

from customer_tiering.engine.ladder import OVERRIDE_MODES
from customer_tiering.site.grading import customer_scores, drains, state
from customer_tiering.site.grading.outbox import Reason
from customer_tiering.wording.texts import _


def override(customer: str, tier: str, mode: str, reason: str, until: date | str | None = None) -> None:
	"""Lay a tier over the earned one, for a reason, perhaps until a date; graded at once.

	Raises:
		frappe.ValidationError: a value is missing or cannot be.
	"""
	current = _in_force()
	if current is None or current.policy.position(tier) < 0:
		frappe.throw(
			_("{0} is not a tier of the published policy. Choose one of its tiers.").format(escape_html(tier))
		)
	if mode not in OVERRIDE_MODES:
		frappe.throw(_("Choose Exact, At Least or At Most."))
	if not (reason or "").strip():
		frappe.throw(_("Give a reason for the override: whoever sees the tier will ask."))
	end = getdate(until) if until else None
	if end and end < state.today():
		frappe.throw(_("The override would end before today. Choose a later date, or none."))
	_set_override(
		customer,
		{
			"override_tier": tier,
			"override_mode": mode,
			"override_until": end,
			# As the host does on every save: the forms of 15 draw a stored text as it is.
			"override_reason": sanitize_html(reason.strip()),
			"override_by": frappe.session.user,
		},
	)


def end_override(customer: str) -> None:
	"""Take the override away; the customer goes to the tier that he has earned, at once."""
	_in_force()
	_set_override(customer, dict.fromkeys((*customer_scores.OVERRIDE, "override_by")))


def _in_force() -> state.Published | None:
	"""What is published; nobody else grades until the next commit."""
	current, why = state.readable(lock=True)
	if why:
		frappe.throw(escape_html(why))
	return current


def _set_override(customer: str, values: dict[str, Any]) -> None:
	drains.grade([customer], Reason("Customer"))  # so that there is a row to lay it on
	name = customer_scores.read_held([customer])["name"].tolist()
	if not name:
		frappe.throw(_("{0} has not been graded yet. Try again in a moment.").format(escape_html(customer)))
	frappe.db.set_value("Customer Score", name[0], values)
	drains.grade([customer], Reason("Override", "Customer Score", name[0]))
