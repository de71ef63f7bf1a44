"""Grading on the site: requests in, grades out, one customer or everyone, always by ``evaluate``.

Grading is serialised by a lock on one row of the Settings, which no invoice ever touches. It is taken before
anything is read, so whoever holds it sees all that was committed before, and nobody overwrites newer grades
with older ones.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.utils import getdate, now, nowdate

from customer_tiering.engine import Evaluation, Policy, evaluate
from customer_tiering.site import facts, store
from customer_tiering.site.draft import SETTINGS
from customer_tiering.site.store import Reason

#: Requests taken by one transaction; more than that, and one scan of everyone is cheaper.
AT_MOST = 5000
#: Customers written by one transaction of a full run: short enough that nobody waits for their rows.
CHUNK = 1000
_TRIES = 3
T = TypeVar("T")


@dataclass(frozen=True)
class Published:
	"""The policy in force, and the thresholds from the last time that everyone was evaluated under it."""

	name: str
	policy: Policy
	cut_points: dict[str, Any] | None
	customers: int


@dataclass(frozen=True)
class Request:
	"""One row of the outbox."""

	name: str
	customer: str | None
	reason: Reason


def today() -> date:
	"""The site's date, the as-of date of whatever runs now."""
	return getdate(nowdate())


def published(lock: bool = False) -> Published | None:
	"""What is published; None before anything is. With ``lock``, nobody else grades until the next commit."""
	name = _setting("current_policy", lock)
	if not name:
		return None
	policy = Policy.from_dict(json.loads(frappe.db.get_value("Tiering Policy", name, "policy")))
	stored = json.loads(_setting("cut_points") or "{}")
	cuts = stored.get("cut_points") if stored.get("policy") == name else None
	return Published(name, policy, cuts, int(_setting("last_run_customers") or 0))


def drain(as_of: date | None = None) -> int:
	"""Grade everyone who has a request, until there is none left; gives how many were written."""
	written = 0
	while (done := _retried(lambda: _drain_once(as_of or today()))) is not None:
		written += done
	frappe.db.commit()  # lets go of the lock: the last look found nothing to write
	return written


def nightly(as_of: date | None = None) -> int:
	"""Grade everyone as of a date, by default today; gives how many were written. Again, it changes nothing."""

	def run() -> int:
		current = published(lock=True)
		return full(current, as_of or today(), Reason("Time"), _requests()) if current else 0

	return _retried(run)


def grade(customers: Sequence[str], reason: Reason, as_of: date | None = None) -> int:
	"""Grade some customers at once, in the caller's transaction; it holds the lock until it is committed."""
	current = published(lock=True)
	if current is None or current.cut_points is None:
		return 0
	return _grade_some(current, customers, as_of or today(), {c: reason for c in customers})


def full(current: Published, as_of: date, default: Reason, requests: Sequence[Request] = ()) -> int:
	"""Evaluate everyone, store the cut points, write what differs in chunks, delete the requests.

	Each chunk is one transaction. A run that stops half-way leaves every customer whole, and its requests,
	so that the next drain goes on.
	"""
	began = time.monotonic()
	held = store.read()
	evaluation = evaluate(facts.read(current.policy), current.policy, as_of, held)
	save_cut_points(current.name, evaluation)
	reasons = _reasons(requests)
	rows = np.flatnonzero(store.differing(evaluation, held))
	written = 0
	for start in range(0, max(len(rows), 1), CHUNK):
		chunk = rows[start : start + CHUNK]
		if start:
			still = published(lock=True)
			if still is None or still.name != current.name:
				return written  # published anew: that left a request of its own
			chunk = _unchanged(chunk, evaluation, held)
		written += store.write(evaluation, held, current.name, reasons, default, chunk)
		frappe.db.commit()
	_delete(requests)
	_record(as_of, time.monotonic() - began, len(evaluation.scores))
	frappe.db.commit()
	return written


def save_cut_points(policy: str, evaluation: Evaluation) -> None:
	"""Keep the thresholds of an evaluation of everyone for the rescores that follow."""
	stored = {"policy": policy, "as_of": evaluation.as_of.isoformat(), "cut_points": evaluation.cut_points}
	set_state({"cut_points": json.dumps(stored)})


def set_state(values: dict[str, Any]) -> None:
	"""Write what the app keeps about itself in the Settings; to an admin's open form nothing has changed."""
	for field, value in values.items():
		frappe.db.set_single_value(SETTINGS, field, value, update_modified=False)


def _drain_once(as_of: date) -> int | None:
	current = published(lock=True)
	requests = _requests()
	if not requests or current is None:
		return None
	customers = sorted({request.customer for request in requests if request.customer})
	for_everyone = next((request for request in requests if request.customer is None), None)
	small = current.customers <= int(_setting("small_site_customers") or 0)
	if for_everyone or small or current.cut_points is None or len(requests) > AT_MOST:
		default = for_everyone.reason if for_everyone else Reason("Population")
		return full(current, as_of, default, requests)
	written = _grade_some(current, customers, as_of, _reasons(requests))
	_delete(requests)
	frappe.db.commit()
	return written


def _grade_some(current: Published, customers: Sequence[str], as_of: date, reasons: dict[str, Reason]) -> int:
	held = store.read(customers)
	evaluation = evaluate(
		facts.read(current.policy, customers), current.policy, as_of, held, current.cut_points
	)
	return store.write(evaluation, held, current.name, reasons, Reason("Time"))


def _requests() -> list[Request]:
	table = DocType("Rescore Request")
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.customer, table.cause, table.reference_doctype, table.reference_name)
		.orderby(table.creation)
		.limit(AT_MOST + 1)
	)
	return [Request(name, customer, Reason(*reason)) for name, customer, *reason in query.run(as_list=True)]


def _reasons(requests: Sequence[Request]) -> dict[str, Reason]:
	"""The latest reason per customer."""
	return {request.customer: request.reason for request in requests if request.customer}


def _delete(requests: Sequence[Request]) -> None:
	"""Exactly those that were read: one that came meanwhile stays for the next drain."""
	names = [request.name for request in requests]
	for start in range(0, len(names), CHUNK):
		frappe.db.delete("Rescore Request", {"name": ("in", names[start : start + CHUNK])})


def _unchanged(rows: np.ndarray, evaluation: Evaluation, held: pd.DataFrame) -> np.ndarray:
	"""Without the rows that a drain wrote, or a user deleted, since this run read them."""
	customers = evaluation.scores["customer"].to_numpy()[rows].tolist()
	table, score = DocType("Customer"), DocType("Customer Score")
	query = (
		frappe.qb.from_(table)
		.left_join(score)
		.on(score.customer == table.name)
		.select(table.name, score.name, score.modified)
		.where(table.name.isin(customers))
	)
	now_held = {customer: (name, modified) for customer, name, modified in query.run(as_list=True)}
	then = dict(zip(held["customer"], zip(held["name"], held["modified"], strict=True), strict=True))
	same = [
		customer in now_held and now_held[customer] == then.get(customer, (None, None))
		for customer in customers
	]
	return rows[np.array(same, dtype=bool)]


def _record(as_of: date, seconds: float, customers: int) -> None:
	set_state(
		{
			"last_run_on": now(),
			"last_run_as_of": as_of,
			"last_run_seconds": round(seconds, 1),
			"last_run_customers": customers,
		}
	)


def _setting(field: str, lock: bool = False) -> str | None:
	"""One value of the Settings, from the database itself; locked, it is the last committed one."""
	table = DocType("Singles")
	query = (
		frappe.qb.from_(table).select(table.value).where((table.doctype == SETTINGS) & (table.field == field))
	)
	rows = (query.for_update() if lock else query).run()
	return rows[0][0] if rows else None


def _retried(work: Callable[[], T]) -> T:
	"""Do the work in a transaction of its own; after a deadlock or a lock's time-out, again."""
	for attempt in range(1, _TRIES + 1):
		frappe.db.commit()  # the lock must be the first thing that the transaction reads
		try:
			return work()
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			frappe.db.rollback()
			if attempt == _TRIES:
				raise
		except Exception:
			frappe.db.rollback()
			raise
	raise AssertionError("unreachable")
