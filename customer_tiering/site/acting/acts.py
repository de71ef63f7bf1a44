"""What a person does about a customer on his list: contacted, later, not at all, somebody else."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe
from frappe.utils import sanitize_html

from customer_tiering.site.acting import contacts, follow_ups, owners
from customer_tiering.site.acting.follow_ups import DOCTYPE, DONE, OPEN, SKIPPED
from customer_tiering.site.grading import state
from customer_tiering.wording.texts import _

MEDIUMS = ("Phone", "Visit", "Meeting")


def contacted(customer: str, medium: str, note: str) -> str:
	"""File a contact of today, and close what was open about the customer; gives its Communication."""
	if medium not in MEDIUMS:
		frappe.throw(_("Choose a call, a visit or a meeting."))
	note = sanitize_html(note.strip())
	logged = contacts.log(customer, medium, note)
	follow_ups.close_all(customer, DONE, note, logged)
	return str(logged.name)


def mailed(customer: str, mail: str) -> None:
	"""Close what was open about a customer by one's own mail to him, which the host has filed."""
	filters = {
		"name": mail,
		"reference_doctype": "Customer",
		"reference_name": customer,
		"sent_or_received": "Sent",
		"owner": frappe.session.user,
	}
	found = frappe.get_all("Communication", filters, ["name", "subject"], order_by=None)
	if not mail or not found:
		frappe.throw(_("There is no mail of yours to this customer. Nothing was changed."))
	sent = found[0] | {"doctype": "Communication"}
	follow_ups.close_all(customer, DONE, sanitize_html(found[0].subject or ""), frappe._dict(sent))


def may_decide(customer: str, user: str) -> bool:
	"""Whether a user may say what happens about a customer.

	Who looks after him, has him on his list, or handed him over may. Where there is nobody, everyone may.
	"""
	filters = {"customer": customer, "status": OPEN}
	of_lists = frappe.get_all(
		DOCTYPE, filters, ["assigned_to", "handed_over_by"], order_by=None, as_list=True
	)
	whose = {*owners.read([customer]).values(), *(one for pair in of_lists for one in pair if one)}
	return not whose or user in whose


def put_off(customer: str, until: date | None) -> None:
	"""Take a customer off the list until a later day."""
	if until is None or until <= state.today():
		frappe.throw(_("Choose a day after today."))
	_set(customer, {"not_before": until})


def skip(customer: str, reason: str) -> None:
	"""Take a customer off the list for good, as long as nothing new happens."""
	if not reason.strip():
		frappe.throw(_("Say why: whoever looks after this customer next will ask."))
	_check_open(customer)
	follow_ups.close_all(customer, SKIPPED, sanitize_html(reason.strip()))


def hand_over(customer: str, user: str) -> None:
	"""Put a customer on somebody else's list; who looks after him stays the same."""
	if not frappe.db.get_value("User", {"name": user, "enabled": 1, "user_type": "System User"}, "name"):
		frappe.throw(_("Choose somebody who can log in to the desk."))
	if not frappe.has_permission("Customer", "read", customer, user=user):
		frappe.throw(_("Whoever you chose may not see this customer. Choose somebody else."))
	is_back = owners.read([customer]).get(customer) == user
	by = None if is_back else frappe.session.user
	_set(customer, {"assigned_to": user, "handed_over_by": by, "not_before": None})


def _set(customer: str, values: dict[str, Any]) -> None:
	_check_open(customer)
	frappe.db.set_value(DOCTYPE, {"customer": customer, "status": OPEN}, values)


def _check_open(customer: str) -> None:
	if not frappe.db.exists(DOCTYPE, {"customer": customer, "status": OPEN}):
		frappe.throw(_("Nothing is open about this customer any more. Load the list again."))
