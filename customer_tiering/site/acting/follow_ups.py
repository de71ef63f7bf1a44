"""Each person's list of follow-ups: made in the night, and kept true when a customer's grade moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import now

from customer_tiering.acting.planning import FollowUp, plan
from customer_tiering.acting.signals import Signal, Standing, signals_of
from customer_tiering.site.acting import owners, standings, switches
from customer_tiering.site.database import bulk_writing
from customer_tiering.site.database.bulk_reading import OneOf
from customer_tiering.site.grading import bisecting, state
from customer_tiering.site.withstanding import health

DOCTYPE = "Customer Follow-up"
#: Under which a list that could not be made is told in Tiering Health.
KIND = "Follow-ups"
OPEN, DONE, RECOVERED, SKIPPED = STATUSES = ("Open", "Done", "Recovered", "Skipped")
_FIELDS = ("customer", "reason", "occasion", "status", "assigned_to", "opened_on", "due_on", "stake")
#: Customers whose facts are read at a time.
_AT_ONCE = 1000


def make_lists(as_of: date | None = None) -> int:
	"""Make everybody's list for a day, by default today; gives how many follow-ups are new.

	Made again, it changes nothing. A list that fails is told in Tiering Health, and stops no other.
	"""
	day = as_of or state.today()
	if _ready() is None:
		return 0
	opened, failed = 0, set[str]()
	for users in _batches(owners.read()):
		try:
			opened += state.retried(partial(_make_some, users, day))
			continue
		except Exception as error:
			if bisecting.is_general(error):
				raise
		for user, customers in users.items():
			try:
				opened += state.retried(partial(_make_some, {user: customers}, day))
			except Exception as error:
				if bisecting.is_general(error):
					raise
				health.report_apart(KIND, error, subject=user)
				failed.add(user)
	_hand_over_the_left(day)
	_heal(failed)
	frappe.db.commit()
	return opened


def make_list(user: str) -> None:
	"""Make one person's list for today; nothing where lists are off."""
	if _ready() is not None:
		state.retried(partial(_make_some, {user: owners.customers_of(user)}, state.today()))


def _ready(lock: bool = False) -> state.Published | None:
	"""What is published, where lists are kept and everyone was graded by it."""
	current = state.published(lock)
	return current if current and current.cut_points is not None and switches.read().on else None


def _make_some(users: Mapping[str, Sequence[str]], day: date) -> int:
	"""The lists of some people in one transaction; nobody else grades or plans meanwhile."""
	current = _ready(lock=True)
	asked = [customer for customers in users.values() for customer in customers]
	if current is None or not asked:
		return 0
	where = {one.customer: one for one in standings.read(current, sorted(asked), day)}
	opened = sum(
		_make(user, [where[name] for name in customers if name in where], day)
		for user, customers in users.items()
	)
	frappe.db.commit()
	return opened


def refresh(customers: Sequence[str] | None = None) -> None:
	"""Close what is open about customers and has recovered, in the caller's transaction.

	Whatever goes wrong is told in Tiering Health, and keeps nobody from his grade.

	Args:
		customers: whose; None: everyone's.
	"""
	frappe.db.savepoint("customer_tiering_follow_ups")
	try:
		_refresh(customers)
	except Exception as error:
		if bisecting.is_general(error):
			raise
		frappe.db.rollback(save_point="customer_tiering_follow_ups")
		health.report(KIND, error)


def _refresh(customers: Sequence[str] | None) -> None:
	filters: dict[str, Any] = {"status": OPEN}
	if customers is not None:
		filters["customer"] = ("in", list(customers))
	asked = sorted(set(frappe.get_all(DOCTYPE, filters=filters, pluck="customer", order_by=None)))
	current = _ready() if asked else None
	if current is None:
		return
	today = state.today()
	for start in range(0, len(asked), _AT_ONCE):
		some = asked[start : start + _AT_ONCE]
		there = {
			(signal.customer, signal.reason)
			for standing in standings.read(current, some, today)
			for signal in signals_of(standing, today)
		}
		gone = [one for one in stored(some) if one.open and (one.customer, one.reason) not in there]
		_close([one.name for one in gone], RECOVERED)


def stored(customers: Sequence[str], lock: bool = True) -> list[FollowUp]:
	"""All follow-ups of some customers.

	Args:
		customers: whose.
		lock: as committed last, whatever this transaction has read before; for who goes on to write.
	"""
	table = DocType(DOCTYPE)
	query = (
		frappe.qb.from_(table)
		.select(
			table.name, table.customer, table.reason, table.occasion, table.status, table.not_before,
			table.escalated_on, table.handed_over_by,
		)
		.where(OneOf(table.customer, customers))
		.orderby(table.creation)
	)  # fmt: skip
	query = query.for_update() if lock else query
	return [
		FollowUp(name, customer, reason, occasion, status == OPEN, not_before, bool(escalated or by))
		for name, customer, reason, occasion, status, not_before, escalated, by in query.run()
	]


def close_all(customer: str, status: str, note: str, contact: Any = None) -> int:
	"""Close all that is open about a customer; gives how many follow-ups that were."""
	names = frappe.get_all(DOCTYPE, filters={"customer": customer, "status": OPEN}, pluck="name")
	_close(names, status, note, contact)
	return len(names)


def _close(names: Sequence[str], status: str, note: str = "", contact: Any = None) -> None:
	if not names:
		return
	values = {
		"status": status,
		"closed_on": now(),
		"closed_by": frappe.session.user if status in (DONE, SKIPPED) else None,
		"note": note,
		"contact_doctype": contact.doctype if contact else None,
		"contact_name": contact.name if contact else None,
	}
	frappe.db.set_value(DOCTYPE, {"name": ("in", list(names))}, values)


def _make(user: str, mine: Sequence[Standing], day: date) -> int:
	names = [one.customer for one in mine]
	if not names:
		return 0
	chosen = switches.read()
	found = plan(mine, stored(names), day, chosen.a_day)
	_close(found.recovered, RECOVERED)
	_update(user, found.kept)
	rows = [
		(one.customer, one.reason, one.occasion, OPEN, user, day, one.due, one.stake) for one in found.opened
	]
	bulk_writing.insert(DOCTYPE, _FIELDS, rows)
	_escalate(names, day, chosen.escalate_after)
	return len(rows)


def _update(user: str, kept: Mapping[str, Signal]) -> None:
	"""Bring open follow-ups to what they say today, and to who looks after the customer now.

	What was handed over stays with whom it was handed to.
	"""
	fields = ("assigned_to", "due_on", "stake", "occasion")
	filters = {"name": ("in", list(kept) or [""])}
	moved = []
	for row in frappe.get_all(DOCTYPE, filters, ["name", "handed_over_by", *fields], order_by=None):
		signal = kept[row.name]
		whose = row.assigned_to if row.handed_over_by else user
		new = (whose, signal.due, signal.stake, signal.occasion)
		if new != tuple(row[field] for field in fields):
			moved.append((row.name, *new))
	bulk_writing.update(DOCTYPE, fields, moved)


def _escalate(customers: Sequence[str], day: date, after: int) -> None:
	"""Show managers what was on a list for longer than so many days."""
	if after:
		table = DocType(DOCTYPE)
		_mark_escalated(
			day, OneOf(table.customer, customers) & (table.opened_on < day - timedelta(days=after))
		)


def _hand_over_the_left(day: date) -> None:
	"""Escalate what is open and nobody looks after any more: he left, or the customer has no owner."""
	table = DocType(DOCTYPE)
	query = frappe.qb.from_(table).select(table.customer).distinct()
	asked = query.where((table.status == OPEN) & table.escalated_on.isnull()).run(pluck=True)
	if without := sorted(set(asked) - set(owners.read(asked))):
		_mark_escalated(day, OneOf(table.customer, without))


def _mark_escalated(day: date, chosen: Any) -> None:
	table = DocType(DOCTYPE)
	query = frappe.qb.update(table).set(table.escalated_on, day)
	query.where((table.status == OPEN) & table.escalated_on.isnull() & chosen).run()


def _heal(failed: set[str]) -> None:
	"""Forget what went wrong before and has gone right now."""
	if not failed:
		health.heal(KIND)
		return
	told = frappe.get_all(health.FAILURE, filters={"kind": KIND}, pluck="subject", order_by=None)
	health.heal(KIND, subjects=[subject for subject in told if subject and subject not in failed] or [""])


def _batches(owner: Mapping[str, str]) -> Iterator[dict[str, list[str]]]:
	"""People with the customers they look after, about so many customers at a time."""
	by_user: dict[str, list[str]] = {}
	for customer, user in owner.items():
		by_user.setdefault(user, []).append(customer)
	batch: dict[str, list[str]] = {}
	for user, customers in sorted(by_user.items()):
		batch[user] = customers
		if sum(map(len, batch.values())) >= _AT_ONCE:
			yield batch
			batch = {}
	if batch:
		yield batch
