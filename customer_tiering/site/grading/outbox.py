"""The outbox: who is to be graded again, written in the transaction that gave the reason; and its other end.

Imported by every request that submits an invoice, so it imports nothing but frappe, and none of its failures
reaches the document: a customer who could not be marked is found by the next nightly run. Nor does the
document wait: a server that could keep it waiting is first asked whether it answers at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import frappe
from frappe.query_builder import DocType
from frappe.utils import now

from customer_tiering.names import SETTINGS
from customer_tiering.site.withstanding import servers
from customer_tiering.site.withstanding.events import unnoticed

DRAIN = "customer_tiering.jobs.drain"
FIELDS = (
	"name", "creation", "modified", "owner", "modified_by",
	"customer", "cause", "reference_doctype", "reference_name",
)  # fmt: skip
#: A drain that was asked for and never began is asked for again after so many seconds.
_PATIENCE = 60
_SAVEPOINT = "customer_tiering_mark"
#: Requests taken by one transaction; more than that, and one scan of everyone is cheaper.
AT_ONCE = 5000
_DELETED_AT_ONCE = 1000


@dataclass(frozen=True)
class Reason:
	"""Why a customer was graded: a cause of Tier Change, and the document behind it."""

	cause: str
	doctype: str | None = None
	name: str | None = None


@dataclass(frozen=True)
class Request:
	"""One row of the outbox."""

	name: str
	customer: str | None
	reason: Reason


def mark(
	customer: str | None, cause: str, reference_doctype: str | None = None, reference_name: str | None = None
) -> None:
	"""Ask for a customer to be graded again, or for everyone if ``customer`` is None."""
	with unnoticed(f"could not mark {customer}"):
		_insert_guarded(customer, cause, reference_doctype, reference_name)
		ask_for_drain()


def mark_for(table: str, customers: Collection[str], reference_doctype: str, reference_name: str) -> None:
	"""Ask for some to be graded again, for whom a table of facts besides sales has changed.

	Nobody is where the policy in force does not read that table.
	"""
	with unnoticed(f"could not mark {len(customers)} customers"):
		if customers and table in _tables_read():
			for customer in sorted(customers):
				mark(customer, "Customer", reference_doctype, reference_name)


def _tables_read() -> list[str]:
	"""The tables that the policy in force reads, as they were kept when it was published."""
	kept = DocType("Singles")
	query = frappe.qb.from_(kept).select(kept.value)
	found = query.where((kept.doctype == SETTINGS) & (kept.field == "facts_read")).run(pluck=True)
	return (found[0] or "").split() if found else []


def ask_for_drain() -> None:
	"""Queue a drain once this transaction is committed; once for all that it marks."""
	if not frappe.flags.customer_tiering_drain_asked:
		frappe.db.after_commit.add(queue_drain)
		frappe.db.after_rollback.add(_forget)
		frappe.flags.customer_tiering_drain_asked = True


def queue_drain() -> None:
	"""Queue a drain unless one waits already. Without Redis the scheduled sweep does it later."""
	with unnoticed("could not queue a drain; the next sweep will do it"):
		_forget()
		if servers.answers(servers.CACHE) and frappe.cache.set(_waiting_key(), 1, nx=True, ex=_PATIENCE):
			if not _queued():
				frappe.cache.delete(_waiting_key())


def drain_begins() -> None:
	"""From now on a new request needs a new drain: this one may not see it."""
	with unnoticed("could not reach the cache"):
		if servers.answers(servers.CACHE):
			frappe.cache.delete(_waiting_key())


def _queued() -> bool:
	"""Put a drain on the queue; whether that went well."""
	if not servers.answers(servers.QUEUE):
		return False
	with unnoticed("could not queue a drain; the next sweep will do it"):
		frappe.enqueue(DRAIN, queue="short")
		return True
	return False


def _insert_guarded(*request: str | None) -> None:
	"""Whatever goes wrong here leaves the document's transaction as it was."""
	frappe.db.savepoint(_SAVEPOINT)
	try:
		_insert(*request)
	except Exception:
		frappe.db.rollback(save_point=_SAVEPOINT)
		raise
	frappe.db.release_savepoint(_SAVEPOINT)


def _insert(customer: str | None, cause: str, doctype: str | None, name: str | None) -> None:
	stamp, user = now(), frappe.session.user
	row = (frappe.generate_hash(length=20), stamp, stamp, user, user, customer, cause, doctype, name)
	frappe.db.bulk_insert("Rescore Request", FIELDS, [row])


def _waiting_key() -> bytes:
	return frappe.cache.make_key("customer_tiering_drain_waiting")


def _forget() -> None:
	frappe.flags.customer_tiering_drain_asked = False


def waiting(with_skipped: bool = False, at_most: int = AT_ONCE + 1) -> list[Request]:
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


def latest_reasons(requests: Sequence[Request]) -> dict[str, Reason]:
	"""The latest reason per customer."""
	return {request.customer: request.reason for request in requests if request.customer}


def delete(requests: Sequence[Request]) -> None:
	"""Exactly those that were read: one that came meanwhile stays for the next drain."""
	names = [request.name for request in requests]
	for start in range(0, len(names), _DELETED_AT_ONCE):
		frappe.db.delete("Rescore Request", {"name": ("in", names[start : start + _DELETED_AT_ONCE])})
