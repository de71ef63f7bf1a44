"""When one customer was contacted last, and is to be contacted next: the panel's service."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe

from customer_tiering.acting.cadence import Agreed, Interval, cadence_of
from customer_tiering.site.acting import agreed, contacts, standings
from customer_tiering.site.grading import state


def of_customer(customer: str, tier: str | None, stage: str | None, since: date | None) -> dict[str, Any]:
	"""The cadence of a customer who holds a tier since a day.

	Returns:
		``every``: days between two contacts, 0: none is asked for; ``state`` and ``due``, see
		:class:`customer_tiering.acting.cadence.Cadence`; ``last``: the day of the last contact, None: never;
		``by``: who made it, ``own``: whether the reader did; ``agreed``: what was agreed about him, with its
		reason; None: nothing; ``may_act``: whether the reader may file a contact.
	"""
	today = state.today()
	met = contacts.last([customer]).get(customer)
	settled = agreed.read([customer]).get(customer, Agreed())
	interval = standings.read_intervals().get(tier or "", Interval())
	found = cadence_of(interval, stage, settled, met and met.day, since or today, today)
	return {
		"every": found.days,
		"state": found.state,
		"due": found.due,
		"last": met and met.day,
		"by": met and (frappe.db.get_value("User", met.user, "full_name") or met.user),
		"own": bool(met and met.user == frappe.session.user),
		"agreed": _told(customer, settled),
		"may_act": bool(frappe.has_permission("Customer Score", "read")),
	}


def _told(customer: str, settled: Agreed) -> dict[str, Any] | None:
	if settled == Agreed():
		return None
	reason = frappe.db.get_value("Customer Score", {"customer": customer}, "contact_agreed_reason")
	return {
		"days": settled.days_on(state.today()),
		"until": settled.until,
		"paused_until": settled.paused_until,
		"reason": reason,
	}
