"""My customers today: what a person's page shows, worked out on the spot from today's facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from typing import Any

import frappe
from frappe.utils import fmt_money, strip_html

from customer_tiering.acting.cadence import DUE_SOON
from customer_tiering.acting.planning import plan
from customer_tiering.acting.signals import SILENT, Signal, Standing, signals_of
from customer_tiering.desk.follow_ups import reasons
from customer_tiering.names import ROLE
from customer_tiering.site.access import companies
from customer_tiering.site.acting import agreed, contacts, follow_ups, owners, standings, switches
from customer_tiering.site.acting.follow_ups import DOCTYPE, DONE, OPEN, RECOVERED
from customer_tiering.site.grading import state
from customer_tiering.site.reading import currency
from customer_tiering.wording.labels import tier_label
from customer_tiering.wording.texts import _, run_on

#: So many days back what is done is shown, and so many ahead what is to come.
WEEK = 7
_FIELDS = (
	"name", "customer", "reason", "status", "assigned_to", "handed_over_by", "opened_on", "due_on",
	"not_before", "escalated_on", "stake", "closed_on", "closed_by", "note",
)  # fmt: skip
#: Names of customers that the address of a list may hold.
_NAMED = 100
#: More customers than this are nobody's day; the others follow once these are done.
_AT_MOST = 2000


@dataclass(frozen=True)
class Desk:
	"""All that a page rests on.

	Attributes:
		user: whose page it is.
		today: the day.
		own: the customers whom he looks after.
		follow_ups: of the customers that he looks after, or that were handed to him.
		standings: of the same customers whom the reader may see, by customer.
		money: writes an amount; None where the reader may not know amounts of all companies.
	"""

	user: str
	today: date
	own: frozenset[str]
	follow_ups: Sequence[Any]
	standings: Mapping[str, Standing]
	current: state.Published
	currency: str | None

	def money(self, amount: float) -> str:
		"""An amount of the reporting currency, whole; empty where the reader may not know it."""
		if not self.currency:
			return ""
		shown = fmt_money(amount, precision=0, currency=self.currency)
		return shown.replace(" ", "\u00a0")  # a line does not end between an amount and its currency


def page(user: str) -> dict[str, Any]:
	"""What the page of a user shows to who is logged in.

	Returns:
		``on``: whether lists are kept; ``ask``: who can switch them on, where they are not; ``why``: why
		nobody is graded; ``today``; ``user``; ``name``: his; ``customers``: how many he looks after, or has
		from others. Where lists are kept also ``cards``; ``rows`` of today, ``later`` (put off, or due within
		a week), ``others`` (handed over) and ``done`` (in the last week), each row as :func:`_row` has it;
		``carried``: how many of today's were there before; ``signals``: how many of his customers give a
		reason; ``made``: whether there ever was a list; ``fresh``: whom a list made now would add;
		``waiting``: who would still find no room; ``a_day`` and ``escalates_after``: the settings.
	"""
	current, why = state.readable()
	chosen = switches.read()
	empty = {"on": chosen.on, "user": user, "name": _names_of([user])[user], "today": state.today()}
	if current is None or current.cut_points is None or not chosen.on:
		return empty | {"customers": 0, "why": why, "ask": [] if chosen.on else _who_configures()}
	desk = _desk(user, current)
	signals = {name: signals_of(one, desk.today) for name, one in desk.standings.items()}
	given = {(signal.customer, signal.reason) for found in signals.values() for signal in found}
	open_ones = [
		one for one in desk.follow_ups if one.status == OPEN and (one.customer, one.reason) in given
	]  # what has gone meanwhile is closed as soon as the customer is graded
	at_hand = [one for one in open_ones if one.assigned_to == user]
	now = [one for one in at_hand if not one.not_before or one.not_before <= desk.today]
	listed = {one.customer for one in now}
	return empty | {
		"customers": len(desk.standings),
		"signals": sum(1 for found in signals.values() if found),
		"carried": len({one.customer for one in now if one.opened_on < desk.today}),
		"cards": _cards(desk, signals),
		"rows": _rows(desk, now),
		"later": _later(desk, [one for one in at_hand if one.customer not in listed], listed),
		"others": _rows(desk, [one for one in open_ones if one.assigned_to != user]),
		"done": _done(desk),
		"a_day": chosen.a_day,
		"escalates_after": chosen.escalate_after,
		**_to_come(desk, listed, chosen.a_day),
	}


def _to_come(desk: Desk, listed: set[str], a_day: int) -> dict[str, Any]:
	"""What making the list now would change."""
	mine = [one for name, one in desk.standings.items() if name in desk.own]
	stored = follow_ups.stored([one.customer for one in mine], lock=False) if mine else []
	found = plan(mine, stored, desk.today, a_day)
	fresh = {signal.customer for signal in found.opened} - listed
	return {"made": bool(stored), "fresh": len(fresh), "waiting": found.waiting}


def _who_configures() -> list[str]:
	"""Full names of a few who can switch lists on."""
	for role in (ROLE, "System Manager"):
		held = frappe.get_all("Has Role", {"role": role, "parenttype": "User"}, pluck="parent", order_by=None)
		filters = {"name": ("in", [one for one in held if one != "Administrator"] or [""]), "enabled": 1}
		found = frappe.get_all("User", filters, pluck="full_name", order_by="full_name asc", limit=3)
		if found:
			return found
	return []


def team() -> list[dict[str, Any]]:
	"""Per person with a list: ``user``, ``name``, ``open``, ``late`` (at his manager's) and ``done``.

	Counted are customers whom the reader may see.
	"""
	since = state.today() - timedelta(days=WEEK)
	rows = frappe.get_list(
		DOCTYPE,
		or_filters=[["status", "=", OPEN], ["closed_on", ">=", since]],
		fields=["assigned_to", "customer", "status", "escalated_on"],
		order_by=None,
		limit=0,
	)
	open_, late, done = Counter[str](), Counter[str](), Counter[str]()
	for row in {(r.assigned_to, r.customer, r.status, bool(r.escalated_on)) for r in rows}:
		user, _customer, status, escalated = row
		open_[user] += status == OPEN
		late[user] += status == OPEN and escalated
		done[user] += status == DONE
	users = sorted({row.assigned_to for row in rows})
	names = _names_of(users)
	return [
		{"user": one, "name": names[one], "open": open_[one], "late": late[one], "done": done[one]}
		for one in users
	]


def _desk(user: str, current: state.Published) -> Desk:
	today = state.today()
	week = today - timedelta(days=WEEK)
	asked = owners.customers_of(user)
	handed = frappe.get_all(DOCTYPE, {"assigned_to": user, "status": OPEN}, pluck="customer", order_by=None)
	readable = _readable(sorted({*asked, *handed}))[:_AT_MOST]
	found = frappe.get_all(
		DOCTYPE,
		filters={"customer": ("in", readable or [""])},
		or_filters=[["status", "=", OPEN], ["closed_on", ">=", week]],
		fields=list(_FIELDS),
		order_by="stake desc, creation asc",
	)
	where = {one.customer: one for one in standings.read(current, readable, today)} if readable else {}
	shown = currency.reporting_currency(current.policy) if companies.sees_all() else None
	return Desk(user, today, frozenset(asked), found, where, current, shown)


def _readable(customers: list[str]) -> list[str]:
	"""Those whom the reader may see, as the host's own list has them."""
	if not customers or not frappe.has_permission("Customer", "read"):
		return []
	return frappe.get_list("Customer", {"name": ("in", customers)}, pluck="name", order_by=None, limit=0)


def _rows(desk: Desk, chosen: Sequence[Any]) -> list[dict[str, Any]]:
	"""A row per customer, those with most at stake first."""
	by_customer: dict[str, list[Any]] = {}
	for one in chosen:
		by_customer.setdefault(one.customer, []).append(one)
	people = _people(by_customer)
	met, settled = contacts.last(list(by_customer)), _agreed(by_customer)
	names = _names_of({*(one.user for one in met.values()), *(o.assigned_to for o in chosen)})
	return [
		_row(desk, desk.standings[customer], ones, people.get(customer, {}), met.get(customer), names)
		| {"agreed": settled.get(customer, {})}
		for customer, ones in by_customer.items()
	]


def _row(
	desk: Desk,
	standing: Standing,
	ones: Sequence[Any],
	person: Mapping[str, Any],
	met: contacts.Contact | None,
	names: Mapping[str, str],
) -> dict[str, Any]:
	"""One customer on a list.

	Returns:
		``customer``, ``name``, ``tier``, ``tier_label``; ``revenue`` in words; ``reasons``: each ``reason``,
		``head`` and ``more``, the one with most at stake first; ``detail``: what else to know; ``phone``,
		``mail`` and ``contact``; ``since``: the day it came onto the list; ``late``: whether a manager has
		it; ``with``: whose list it is on; ``strategy`` and ``benefits`` of his tier.
	"""
	told = sorted(ones, key=lambda one: -one.stake)
	return _named(desk, standing.customer, {standing.customer: person}) | {
		"revenue": _("{0} a year").format(desk.money(standing.revenue)) if desk.currency else "",
		"reasons": [
			{"reason": one.reason, **reasons.told(one.reason, standing, desk.current, desk.money)}
			for one in told
		],
		"detail": run_on(reasons.detail(standing, met, names, desk.today)),
		"contact": person.get("contact"),
		"phone": person.get("mobile_no"),
		"mail": person.get("email_id"),
		"since": min(one.opened_on for one in ones),
		"late": any(one.escalated_on for one in ones),
		"with": names.get(told[0].assigned_to, told[0].assigned_to),
		"not_before": told[0].not_before,
		"service": reasons.service(standing.tier),
	}


def _later(desk: Desk, put_off: Iterable[Any], listed: set[str]) -> list[dict[str, Any]]:
	"""What is to come: put off until then, or a contact that is due within a week; the soonest first."""
	found = {one.customer: (one.not_before, _("Put off")) for one in put_off}
	for name, standing in desk.standings.items():
		if standing.cadence.state == DUE_SOON and name not in listed:
			found.setdefault(name, (standing.cadence.due, _("Contact due")))
	people = _people(found)
	return [
		_named(desk, name, people) | {"on": day, "text": text}
		for name, (day, text) in sorted(found.items(), key=lambda item: (item[1][0], item[0]))
	]


def _done(desk: Desk) -> list[dict[str, Any]]:
	"""What was done, or closed by itself; a line per customer and text, the latest first."""
	closed = [one for one in desk.follow_ups if one.status in (DONE, RECOVERED)]
	closed = [one for one in closed if one.customer in desk.standings]
	people = _people({one.customer for one in closed})
	lines: dict[tuple[str, str], dict[str, Any]] = {}
	for one in sorted(closed, key=lambda one: one.closed_on, reverse=True):
		by_itself = one.status == RECOVERED
		standing = desk.standings[one.customer]
		text = reasons.recovered(one.reason, standing) if by_itself else _plain(one.note) or _("Contacted")
		line = _named(desk, one.customer, people) | {"status": one.status, "text": text}
		lines.setdefault((one.customer, text), line | {"on": one.closed_on.date()})
	return list(lines.values())


def _plain(note: str | None) -> str:
	"""A note as it was typed: what is stored was cleaned as markup."""
	return unescape(strip_html(note or ""))


def _named(desk: Desk, customer: str, people: Mapping[str, Any]) -> dict[str, Any]:
	tier = desk.standings[customer].tier
	name = people.get(customer, {}).get("customer_name") or customer
	return {"customer": customer, "name": name, "tier": tier, "tier_label": tier_label(tier)}


def _cards(desk: Desk, signals: Mapping[str, list[Signal]]) -> list[dict[str, Any]]:
	"""Four figures of his customers: ``label``, ``value``, ``more`` and where it leads (``route``)."""
	top = {tier.name for tier in desk.current.policy.tiers[-2:]}
	best = [one for one in desk.standings.values() if one.tier in top]
	month = desk.today + timedelta(days=30)
	falling = [one for one in best if one.falls_on and one.falls_on <= month]
	due = [one for one in desk.standings.values() if one.cadence.due and one.cadence.due <= desk.today]
	soon = [one for one in desk.standings.values() if one.cadence.state == DUE_SOON]
	silent = [s for found in signals.values() for s in found if s.reason == SILENT]
	near = [one for one in desk.standings.values() if one.near and one.stage != "Lost"]
	at_stake = desk.money(sum(one.stake for one in silent)) if desk.currency else str(len(silent))
	return [
		{
			"label": _("My top customers"),
			"value": str(len(best)),
			"more": _("{0} fall within 30 days unless they buy").format(len(falling)) if falling else "",
			"route": _list_of(desk, [one.customer for one in best], customer_tier=("in", sorted(top))),
		},
		{
			"label": _("Contacts due"),
			"value": str(len(due)),
			"more": _("{0} more within a week").format(len(soon)) if soon else "",
			"route": _list_of(desk, [one.customer for one in due]),
		},
		{
			"label": _("At risk, by what they bring"),
			"value": at_stake,
			"more": _("Customers: {0}").format(len(silent)),
			"route": _list_of(desk, [one.customer for one in silent], lifecycle_stage="At Risk"),
		},
		{
			"label": _("One usual order from the next tier"),
			"value": str(len(near)),
			"more": "",
			"route": _list_of(desk, [one.customer for one in near]),
		},
	]


def _list_of(desk: Desk, customers: Sequence[str], **otherwise: Any) -> dict[str, Any] | None:
	"""Where a figure leads: the list of just these customers; of none, nowhere.

	Of too many, or of names that the host's filter would take apart, the list of all whose account manager
	he is, filtered by what comes nearest.
	"""
	if not customers:
		return None
	named = len(customers) <= _NAMED and not any("," in name for name in customers)
	filters = {"name": ("in", sorted(customers))} if named else {"account_manager": desk.user, **otherwise}
	return {"doctype": "Customer", "filters": filters}


def _people(customers: Iterable[str]) -> dict[str, Any]:
	"""Names and how to reach them, by customer; these are such as the reader may see."""
	fields = ["name", "customer_name", "customer_primary_contact", "mobile_no", "email_id"]
	filters = {"name": ("in", list(customers) or [""])}
	found = frappe.get_all("Customer", filters, fields, order_by=None)
	contacts_of = {"name": ("in", [row.customer_primary_contact for row in found] or [""])}
	fields = ["name", "first_name", "last_name", "phone"]
	known = {one.name: one for one in frappe.get_all("Contact", contacts_of, fields, order_by=None)}
	for row in found:
		if person := known.get(row.customer_primary_contact):
			row.contact = " ".join(part for part in (person.first_name, person.last_name) if part)
			row.mobile_no = row.mobile_no or person.phone
	return {row.name: row for row in found}


def _agreed(customers: Iterable[str]) -> dict[str, dict[str, Any]]:
	"""What was agreed about contacts, by customer, as the form for it has it."""
	filters = {"customer": ("in", list(customers) or [""])}
	rows = frappe.get_all(
		"Customer Score", filters, ["customer", *agreed.FIELDS], as_list=True, order_by=None
	)
	return {
		customer: {"days": days, "until": until, "paused_until": paused, "reason": _plain(reason)}
		for customer, days, until, paused, reason in rows
	}


def _names_of(users: Iterable[str]) -> dict[str, str]:
	filters = {"name": ("in", list(users) or [""])}
	found = frappe.get_all("User", filters, ["name", "full_name"], as_list=True, order_by=None)
	return {user: user for user in users} | {user: name or user for user, name in found}
