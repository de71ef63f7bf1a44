"""Tiering Health: what went wrong and has not gone right since, and whether requests wait.

What failed is written after its transaction was rolled back, in one of its own, so that the report outlives
what it reports. There is one row per thing that fails, however often it does, and it goes once that works.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from traceback import format_exception
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, Min
from frappe.utils import get_datetime, now, now_datetime, strip_html

FAILURE = "Tiering Failure"
#: More than so many rows tell an admin nothing new.
AT_MOST = 1000
_SHOWN = 50
_REASON, _DETAILS = 500, 10_000


@contextmanager
def watched(kind: str) -> Iterator[None]:
	"""Report what fails inside, and pass it on; once it succeeds, an earlier failure of its kind is over."""
	try:
		yield
	except Exception as error:
		_report_apart(kind, error)
		raise
	heal(kind)
	frappe.db.commit()


def report(kind: str, error: BaseException, customer: str | None = None, subject: str | None = None) -> None:
	"""Write down, in the caller's transaction, that something fails; anew, or once more."""
	row = {
		"reason": _reason(error),
		"details": "".join(format_exception(error))[-_DETAILS:],
		"last_seen": now(),
	}
	held = frappe.db.get_value(
		FAILURE, {"kind": kind, "customer": customer, "subject": subject}, ["name", "times"], as_dict=True
	)
	if held:
		frappe.db.set_value(FAILURE, held.name, row | {"times": held.times + 1})
	elif frappe.db.count(FAILURE) < AT_MOST:
		what = {"kind": kind, "customer": customer, "subject": subject}
		_insert({**row, **what, "first_seen": row["last_seen"]})


def heal(
	kind: str,
	customers: Collection[str] | None = None,
	subjects: Collection[str] | None = None,
	but: Collection[str] = (),
) -> None:
	"""Forget failures of a kind: of some customers or subjects, or of all ``but`` some customers."""
	filters: list[Any] = [["kind", "=", kind]]
	if subjects is not None:
		filters.append(["subject", "in", list(subjects)])
	found = frappe.get_all(FAILURE, filters=filters, fields=["name", "customer"], order_by=None)
	wanted = None if customers is None else set(customers)
	over = [
		row.name for row in found if row.customer not in but and (wanted is None or row.customer in wanted)
	]
	if over:
		frappe.db.delete(FAILURE, {"name": ("in", over)})


def skipped_since(stamp: str) -> set[str]:
	"""The customers who were reported since a time."""
	filters = {"kind": "Customer", "last_seen": (">=", stamp)}
	return set(frappe.get_all(FAILURE, filters=filters, pluck="customer", order_by=None))


def status() -> dict[str, Any]:
	"""What an admin wants to know, in one answer.

	Returns:
		``last_run``: ``as_of``, ``ended_on``, ``seconds`` and ``customers`` of the last full run, None before
		the first; ``unfinished_since``: when a full run began that has not ended, else None; ``backlog``: how
		many requests wait; ``oldest_request`` and ``oldest_minutes``: since when, None without a backlog;
		``failures``: ``kind``, ``subject``, ``reason``, ``first_seen``, ``last_seen`` and ``times`` each;
		``skipped`` customers with the same and ``customer``, the latest first, up to 50; ``skipped_count``.
	"""
	backlog, oldest = _backlog()
	return {
		**_last_run(),
		"backlog": backlog,
		"oldest_request": oldest,
		"oldest_minutes": None
		if oldest is None
		else max(0, int((now_datetime() - get_datetime(oldest)).total_seconds() // 60)),
		"failures": _failures(["kind", "!=", "Customer"]),
		"skipped": _failures(["kind", "=", "Customer"]),
		"skipped_count": frappe.db.count(FAILURE, {"kind": "Customer"}),
	}


def _last_run() -> dict[str, Any]:
	state = frappe.db.get_singles_dict("Customer Tiering Settings")
	last = {
		"as_of": state.get("last_run_as_of"),
		"ended_on": state.get("last_run_on"),
		"seconds": float(state.get("last_run_seconds") or 0),
		"customers": int(state.get("last_run_customers") or 0),
	}
	began = state.get("last_run_began_on")
	ended = last["ended_on"]
	unfinished = began and (not ended or get_datetime(began) > get_datetime(ended))
	return {"last_run": last if ended else None, "unfinished_since": began if unfinished else None}


def _backlog() -> tuple[int, Any]:
	table = DocType("Rescore Request")
	return frappe.qb.from_(table).select(Count("*"), Min(table.creation)).run()[0]


def _failures(which: list[str]) -> list[dict[str, Any]]:
	fields = ["kind", "customer", "subject", "reason", "first_seen", "last_seen", "times"]
	return frappe.get_all(
		FAILURE, filters=[which], fields=fields, order_by="last_seen desc, name asc", limit=_SHOWN
	)


def _report_apart(kind: str, error: BaseException) -> None:
	"""Report in a transaction of its own, whatever became of the failed one; else in the log file."""
	try:
		_clean_connection()
		report(kind, error)
		frappe.db.commit()
	except Exception:
		frappe.logger("customer_tiering").exception(f"could not report that this failed: {kind}: {error}")


def _clean_connection() -> None:
	"""Without a trace of the failed transaction; connected anew if the connection was what failed."""
	try:
		frappe.db.rollback()
	except Exception:
		frappe.db.close()
		frappe.db.connect()


def _insert(row: dict[str, Any]) -> None:
	user = frappe.session.user
	values = {
		"name": frappe.generate_hash(length=20),
		"creation": row["last_seen"],
		"modified": row["last_seen"],
		"owner": user,
		"modified_by": user,
		"times": 1,
		**row,
	}
	frappe.db.bulk_insert(FAILURE, list(values), [tuple(values.values())])


def _reason(error: BaseException) -> str:
	"""What a person can act on: the message, with the kind of error where it is not a sentence of ours."""
	text = strip_html(str(error)).strip()
	if not isinstance(error, frappe.ValidationError):
		text = f"{type(error).__name__}: {text}" if text else type(error).__name__
	return text[:_REASON]
