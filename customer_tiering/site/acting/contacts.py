"""Contacts with customers: calls, meetings, mails and closed tasks, each from where the host keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Max
from frappe.utils import getdate, now_datetime

from customer_tiering.site.acting import switches
from customer_tiering.site.database.bulk_reading import OneOf

_MAILS, _MEETINGS = ("Email",), ("Event", "Meeting", "Visit")
_MEDIUMS = {"mails": _MAILS, "meetings": _MEETINGS}


@dataclass(frozen=True)
class Contact:
	"""One contact: with whom, on which day, by which user."""

	customer: str
	day: date
	user: str


def last(customers: Sequence[str]) -> dict[str, Contact]:
	"""The last contact that counts of each of a few customers, up to now; who has none is left out."""
	found: dict[str, Contact] = {}
	for query, day, customer, user in _told(customers, until=now_datetime()):
		for who, when, by in query.select(customer, day, user).run():
			known = found.get(who)
			if known is None or known.day < getdate(when):
				found[who] = Contact(who, getdate(when), by or "")
	return found


def last_days(customers: Sequence[str] | None = None, before: date | None = None) -> dict[str, date]:
	"""The day of the last contact that counts, by customer: up to now, or before a day.

	Args:
		customers: with whom; None: with everyone.
		before: only contacts before this day.
	"""
	found: dict[str, date] = {}
	for query, day, customer, _user in _told(customers, until=before or now_datetime()):
		for who, when in query.select(customer, Max(day)).groupby(customer).run():
			found[who] = max(found.get(who, getdate(when)), getdate(when))
	return found


def days(
	first: date | None = None, until: date | None = None, customers: Sequence[str] | None = None
) -> set[tuple[str, date]]:
	"""Who was contacted on which days, from one day to another, both included; by default ever, up to now."""
	after = until + timedelta(days=1) if until else now_datetime()
	found: set[tuple[str, date]] = set()
	for query, day, customer, _user in _told(customers, first, after):
		found.update((who, getdate(when)) for who, when in query.select(customer, day).run())
	return found


def _told(
	customers: Sequence[str] | None, first: date | None = None, until: Any = None
) -> Iterator[tuple[Any, Any, Any, Any]]:
	"""The contacts with some customers of some time, a query for each place that holds any."""
	for query, day, customer, user in _sources(switches.read().counts):
		query = query.where(customer.isnotnull() & (customer != "") & (day < until))
		if first is not None:
			query = query.where(day >= first)
		if customers is not None:
			query = query.where(OneOf(customer, customers))
		yield query, day, customer, user


def _sources(counts: frozenset[str]) -> Iterator[tuple[Any, Any, Any, Any]]:
	"""Of each place: the query, its day, its customer and its user."""
	mail, link = DocType("Communication"), DocType("Communication Link")
	is_counted = (mail.communication_type == "Communication") & _is_of(mail.communication_medium, counts)
	if counts & {"calls", "meetings", "mails"}:
		own = frappe.qb.from_(mail).where((mail.reference_doctype == "Customer") & is_counted)
		yield own, mail.communication_date, mail.reference_name, mail.owner
		linked = frappe.qb.from_(link).join(mail).on(mail.name == link.parent)
		linked = linked.where((link.link_doctype == "Customer") & is_counted)
		yield linked, mail.communication_date, link.link_name, mail.owner
	if "meetings" in counts:
		yield from _meetings()
	if "tasks" in counts:
		task = DocType("ToDo")
		closed = frappe.qb.from_(task).where((task.reference_type == "Customer") & (task.status == "Closed"))
		yield closed, task.modified, task.reference_name, task.allocated_to


def _is_of(medium: Any, counts: frozenset[str]) -> Any:
	"""Whether a medium counts; whatever is neither a mail nor a meeting is a call or a message."""
	named = [one for kind, mediums in _MEDIUMS.items() if kind in counts for one in mediums]
	chosen = medium.isin(named or [""])
	return chosen | medium.notin([*_MAILS, *_MEETINGS]) | medium.isnull() if "calls" in counts else chosen


def _meetings() -> Iterator[tuple[Any, Any, Any, Any]]:
	event, guest, visit = DocType("Event"), DocType("Event Participants"), DocType("Maintenance Visit")
	met = frappe.qb.from_(guest).join(event).on(event.name == guest.parent)
	met = met.where((guest.reference_doctype == "Customer") & (event.status != "Cancelled"))
	yield met, event.starts_on, guest.reference_docname, event.owner
	visited = frappe.qb.from_(visit).where(visit.docstatus == 1)
	yield visited, visit.mntc_date, visit.customer, visit.owner


def log(customer: str, medium: str, note: str) -> Any:
	"""File a contact of today under a customer, by who is logged in; gives its Communication.

	``note`` is harmless markup: the host draws it as it is.
	"""
	text = {"Phone": frappe._("Call"), "Visit": frappe._("Visit"), "Meeting": frappe._("Meeting")}
	return frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": medium,
			"sent_or_received": "Sent",
			"status": "Linked",
			"subject": text.get(medium, medium),
			"content": note,
			"communication_date": now_datetime(),
			"reference_doctype": "Customer",
			"reference_name": customer,
		}
	).insert(ignore_permissions=True)
