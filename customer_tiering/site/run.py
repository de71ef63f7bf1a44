"""Grading on the site: requests in, grades out, one customer or everyone, always by ``evaluate``.

Grading is serialised by a lock on the app's own state in the Settings, which no invoice ever touches. It is
taken before anything is read, so whoever holds it sees all that was committed before, and nobody overwrites
newer grades with older ones.

A full run holds it while it reads and evaluates. Then it stores the cut points and lets go, and what
differs is written in chunks, by whichever workers there are. Chunks share the lock, so they run beside each
other, and never beside a drain. Between two chunks a drain may grade by newer facts. It then stamps every
customer that it evaluated, changed or not, and a chunk leaves out whoever has another stamp than when the
run read him.
A chunk also stops if another run or another policy has begun. So a chunk may be written twice, late or never:
requests go when all chunks are done, and a run that was stopped is taken up by the sweep.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

import frappe
import pandas as pd
from frappe.query_builder import DocType
from frappe.utils import get_datetime, getdate, now, now_datetime, nowdate

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from customer_tiering.site import (
	facts,
	health,
	isolating,
	metric_hook,
	replica,
	sharing,
	snapshots,
	store,
	stored,
)
from customer_tiering.site.draft import SETTINGS
from customer_tiering.site.store import Reason

#: Requests taken by one transaction; more than that, and one scan of everyone is cheaper.
AT_MOST = 5000
#: Customers written by one transaction of a full run: short enough that nobody waits for their rows.
CHUNK = 1000
#: A full run that is not over by then has stopped. Were it not, another one would do no harm.
_PATIENCE = timedelta(hours=1)
_TRIES = 3
_SAVEPOINT = "customer_tiering_save"
#: How a transaction locks the state: alone, or with others of its kind.
EXCLUSIVE = {"mariadb": "for update", "postgres": 'for update of "tabSingles"'}
SHARED = {"mariadb": "lock in share mode", "postgres": 'for share of "tabSingles"'}
_UNLOCKED = {"mariadb": "", "postgres": ""}
_STATE = ("current_policy", "cut_points", "last_run_customers", "small_site_customers")
T = TypeVar("T")


@dataclass(frozen=True)
class Published:
	"""The policy in force, and the thresholds from the last time that everyone was evaluated under it."""

	name: str
	policy: Policy
	cut_points: dict[str, Any] | None
	customers: int  # in the last full run
	small: bool  # so few that a drain grades everyone
	run: str | None = None  # the full run whose chunks are not all written


@dataclass(frozen=True)
class Everyone:
	"""An evaluation of everyone, what was held before, and those whose data cannot be evaluated.

	``tally`` is what is kept of it for the month, and ``closing`` perhaps what is yet to be kept of the month
	before; see :mod:`snapshots`.
	"""

	evaluation: Evaluation
	held: pd.DataFrame
	skipped: dict[str, Exception]
	tally: pd.DataFrame
	closing: tuple[date, pd.DataFrame] | None


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
	return _published(EXCLUSIVE if lock else None)


def _published(lock: dict[str, str] | None) -> Published | None:
	held = _state(lock)
	name = held.get("current_policy")
	if not name:
		return None
	stored = json.loads(held.get("cut_points") or "{}")
	mine = stored if stored.get("policy") == name else {}
	customers = int(held.get("last_run_customers") or 0)
	return Published(
		name,
		_policy(held["policy"]),
		mine.get("cut_points"),
		customers,
		customers <= int(held.get("small_site_customers") or 0),
		mine.get("run"),
	)


@lru_cache(maxsize=4)
def _policy(text: str) -> Policy:
	"""A worker reads the same policy again and again."""
	data = stored.readable(json.loads(text))
	return Policy.from_dict(data, metric_hook.of_published(data))


def drain(as_of: date | None = None) -> int:
	"""Grade everyone who has a request, until there is none left; gives how many were written."""
	written = 0
	while (done := _retried(lambda: _drain_once(as_of or today()))) is not None:
		written += done
		if not _requests(at_most=1):  # whatever is committed after this look asks for a drain of its own
			break
	frappe.db.commit()  # lets go of the lock, where the last one found nothing to write
	return written


def nightly(as_of: date | None = None) -> int:
	"""Grade everyone as of a date, by default today; gives how many were written. Again changes nothing."""

	def begin() -> None:
		if published(lock=True):
			set_state({"last_run_began_on": now()})
			frappe.db.commit()

	def run() -> int:
		current = published(lock=True)
		requests = _requests(with_skipped=True)
		return full(current, as_of or today(), Reason("Time"), requests) if current else 0

	_retried(begin)
	return _retried(run)


def grade(customers: Sequence[str], reason: Reason, as_of: date | None = None) -> int:
	"""Grade some customers at once, in the caller's transaction; it holds the lock until it is committed."""
	current = published(lock=True)
	if current is None or current.cut_points is None:
		return 0
	return _grade_some(current, customers, as_of or today(), {c: reason for c in customers})


def full(current: Published, as_of: date, default: Reason, requests: Sequence[Request] = ()) -> int:
	"""Evaluate everyone, store the cut points, write what differs, delete the requests.

	Up to a chunk of changes is one transaction with all the rest. More are written chunk by chunk, each in a
	transaction of its own: a run that stops half-way leaves every customer whole, and its requests. Whoever
	cannot be evaluated or written is reported, and keeps his requests.
	"""
	began, began_on = time.monotonic(), now()
	everyone = evaluate_everyone(current.policy, as_of, current.small)
	evaluation, held = everyone.evaluation, everyone.held
	store.delete_surplus(held)
	chunks = store.batches(evaluation, held, current.name, _reasons(requests), default, CHUNK)
	first, second = next(chunks, None), next(chunks, None)
	written = _save_at_once(first, len(evaluation.scores)) if second is None else None
	if written is None:
		this = frappe.generate_hash(length=10)
		save_cut_points(current.name, evaluation, this)
		frappe.db.commit()
		written = sharing.write(this, chain(filter(None, (first, second)), chunks), write_chunk)
		still = published(lock=True)
		if still is None or still.run != this:
			frappe.db.commit()
			return written  # another run has begun, or another policy: that one sees to the requests
	save_cut_points(current.name, evaluation)
	_keep_months(everyone, current)
	_report(everyone.skipped)
	skipped = health.skipped_since(began_on)
	health.heal("Customer", but=skipped)
	metric_hook.report()
	_restate(requests, as_of, current.name)
	_delete([request for request in requests if request.customer not in skipped])
	_record(as_of, time.monotonic() - began, len(evaluation.scores))
	frappe.db.commit()
	return written


def evaluate_everyone(policy: Policy, as_of: date, small: bool = False) -> Everyone:
	"""Evaluate everyone but those whose data does not let anyone be evaluated.

	Unless the site is ``small``, a replica may be read: that spares the primary, but it may have to be waited
	for.
	"""

	def read() -> tuple[pd.DataFrame, Facts]:
		return store.read(), facts.read(policy)

	try:
		held, known = read() if small else replica.read(read)
		return _everyone(known, policy, as_of, held, {})
	except Exception as error:
		if isolating.is_general(error):
			raise
		first = error
	names = frappe.get_all("Customer", pluck="name", order_by=None)
	if len(names) < 2:
		raise first
	_done, skipped = isolating.each_or_all(
		names, lambda some: evaluate(facts.read(policy, some), policy, as_of, store.read(some)) and None
	)
	rest = [name for name in names if name not in skipped]
	held = store.read(rest)
	return _everyone(facts.read(policy, rest), policy, as_of, held, skipped)


def _everyone(
	known: Facts, policy: Policy, as_of: date, held: pd.DataFrame, skipped: dict[str, Exception]
) -> Everyone:
	evaluation = evaluate(known, policy, as_of, held)
	tally, closing = snapshots.tally(known, evaluation), snapshots.closing(known, policy, as_of)
	return Everyone(evaluation, held, skipped, tally, closing)


def _save_at_once(batch: store.Batch | None, population: int) -> int | None:
	"""Write a batch in the transaction of its evaluation; None, and nothing, if some customer prevents it."""
	if batch is None:
		return 0
	frappe.db.savepoint(_SAVEPOINT)
	try:
		return store.save(batch)
	except Exception as error:
		if isolating.is_general(error) or population == 1:
			raise
	frappe.db.rollback(save_point=_SAVEPOINT)
	return None


def write_chunk(run: str, batch: store.Batch, alone: bool = False) -> int:
	"""Write a chunk of a full run, unless that run is over; gives how many customers were written.

	With ``alone``, no other chunk is written meanwhile: for one that somebody else may be writing too.
	"""

	def work(customers: Sequence[str]) -> int:
		current = _published(EXCLUSIVE if alone else SHARED)
		written = store.save(store.unchanged(batch.of(customers))) if current and current.run == run else 0
		frappe.db.commit()
		return written

	return _spread(batch.customers, work)


def stalled() -> bool:
	"""Whether a full run began long ago and has not ended: its worker died, and time did not wait for it."""
	stored = json.loads(_state().get("cut_points") or "{}")
	return bool(stored.get("run")) and now_datetime() - get_datetime(stored["began"]) > _PATIENCE


def save_cut_points(policy: str, evaluation: Evaluation, run: str | None = None) -> None:
	"""Keep the thresholds of an evaluation of everyone for the rescores that follow.

	With ``run``: chunks of that full run are yet to be written.
	"""
	stored = {"policy": policy, "as_of": evaluation.as_of.isoformat(), "cut_points": evaluation.cut_points}
	set_state({"cut_points": json.dumps(stored | ({"run": run, "began": now()} if run else {}))})


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
	if for_everyone or current.small or current.cut_points is None or len(requests) > AT_MOST:
		default = for_everyone.reason if for_everyone else Reason("Population")
		return full(current, as_of, default, requests)
	try:
		return _grade_requests(current, requests, as_of)
	except Exception as error:
		if isolating.is_general(error):
			raise
	frappe.db.rollback()
	return _drain_apart(customers, requests, as_of)


def _grade_requests(current: Published, requests: Sequence[Request], as_of: date) -> int:
	"""Grade whom the requests are about, delete them, and commit."""
	customers = sorted({request.customer for request in requests if request.customer})
	written = _grade_some(current, customers, as_of, _reasons(requests))
	_restate(requests, as_of, current.name)
	_delete(requests)
	health.heal("Customer", customers)
	metric_hook.report()
	frappe.db.commit()
	return written


def _drain_apart(customers: Sequence[str], requests: Sequence[Request], as_of: date) -> int:
	"""The same in as few transactions as the customers' data allows.

	The requests of who is skipped stay: the next full run tries him again, and so does a drain once there is
	another request about him.
	"""

	def work(some: Sequence[str]) -> int:
		current, chosen = published(lock=True), set(some)
		if current is None or current.cut_points is None:
			raise isolating.Stop
		return _grade_requests(current, [r for r in requests if r.customer in chosen], as_of)

	return _spread(customers, work)


def _spread(customers: Sequence[str], work: Callable[[Sequence[str]], int]) -> int:
	"""Do work in as few transactions as the customers' data allows, and report with whom it fails."""

	def report() -> None:
		_report(skipped)
		frappe.db.commit()

	done, skipped = isolating.each_or_all(customers, lambda some: _retried(lambda: work(some)))
	if skipped:
		_retried(report)
	return sum(done)


def _report(skipped: dict[str, Exception]) -> None:
	for customer, error in skipped.items():
		health.report("Customer", error, customer)


def _grade_some(current: Published, customers: Sequence[str], as_of: date, reasons: dict[str, Reason]) -> int:
	held = store.read(customers)
	evaluation = evaluate(
		facts.read(current.policy, customers), current.policy, as_of, held, current.cut_points
	)
	if current.run:
		store.touch(held)
	return store.write(evaluation, held, current.name, reasons, Reason("Time"))


def _keep_months(everyone: Everyone, current: Published) -> None:
	currency = facts.reporting_currency(current.policy)
	if everyone.closing:
		last, tally = everyone.closing
		snapshots.keep(tally, last, current.name, currency)
	snapshots.keep(everyone.tally, everyone.evaluation.as_of, current.name, currency)


def _restate(requests: Sequence[Request], as_of: date, policy: str) -> None:
	"""Log where merged customers stand: the log's last word may be about the one who is no more."""
	merged = {
		request.customer for request in requests if request.customer and request.reason.cause == "Merge"
	}
	if merged:
		store.restate(sorted(merged), as_of, policy)


def _requests(with_skipped: bool = False, at_most: int = AT_MOST + 1) -> list[Request]:
	"""What waits, the oldest first; of a customer who was skipped, only what came since."""
	table, failure = DocType("Rescore Request"), DocType("Tiering Failure")
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.customer, table.cause, table.reference_doctype, table.reference_name)
		.orderby(table.creation)
		.limit(at_most)
	)
	if not with_skipped:
		same = (failure.kind == "Customer") & (failure.customer == table.customer)
		query = (
			query.left_join(failure)
			.on(same & (failure.last_seen >= table.creation))
			.where(failure.name.isnull())
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


def _record(as_of: date, seconds: float, customers: int) -> None:
	set_state(
		{
			"last_run_on": now(),
			"last_run_as_of": as_of,
			"last_run_seconds": round(seconds, 1),
			"last_run_customers": customers,
		}
	)


def _state(lock: dict[str, str] | None = None) -> dict[str, str | None]:
	"""What the Settings hold for grading, from the database itself; locked, it is what was last committed.

	With the text of the ``policy`` in force: who holds the lock needs it at once.
	"""
	table, version = DocType("Singles"), DocType("Tiering Policy")
	query = (
		frappe.qb.from_(table)
		.left_join(version)
		.on((table.field == "current_policy") & (version.name == table.value))
		.select(table.field, table.value, version.policy)
		.where((table.doctype == SETTINGS) & table.field.isin(_STATE))
	)
	text = query.get_sql()  # the query builder has no word for a lock that is shared
	found = frappe.db.multisql({kind: f"{text} {word}" for kind, word in (lock or _UNLOCKED).items()})
	state = {field: value for field, value, _policy in found}
	return state | {"policy": next((policy for *_rest, policy in found if policy), None)}


def _retried(work: Callable[[], T]) -> T:
	"""Do the work in a transaction of its own; after a deadlock or a lock's time-out, again."""
	for attempt in range(1, _TRIES + 1):
		frappe.db.commit()  # the lock must be the first thing that the transaction reads
		try:
			return work()
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			_roll_back()
			if attempt == _TRIES:
				raise
		except Exception:
			_roll_back()
			raise
	raise AssertionError("unreachable")


def _roll_back() -> None:
	"""Undo. A lost connection is undone by the database itself; that error, not this one, is to be told."""
	with suppress(Exception):
		frappe.db.rollback()
