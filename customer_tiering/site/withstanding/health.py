"""Tiering Health: what went wrong and has not gone right since, and whether requests wait.

What failed is written after its transaction was rolled back, in one of its own, so that the report outlives
what it reports. There is one row per thing that fails, however often it does, and it goes once that works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, Min
from frappe.utils import cint, flt, get_datetime, now, now_datetime, strip_html

from customer_tiering.site.published import named
from customer_tiering.site.withstanding import log
from customer_tiering.wording.texts import _

FAILURE = "Tiering Failure"
#: More than so many rows tell an admin nothing new. Customers have one each: by it their requests wait.
AT_MOST = 1000
_SHOWN = 50
#: What fails again and again is tried again after so long, then after twice as long, and so on.
_REST, _LONGEST_REST = timedelta(minutes=5), timedelta(hours=6)
_AT_ONCE = 1000
_REASON, _DETAILS = 500, 10_000


@contextmanager
def watched(kind: str) -> Iterator[None]:
	"""Report what fails inside, and pass it on; once it succeeds, an earlier failure of its kind is over."""
	try:
		yield
	except Exception as error:
		report_apart(kind, error)
		raise
	heal(kind)
	frappe.db.commit()


def report(kind: str, error: BaseException, customer: str | None = None, subject: str | None = None) -> None:
	"""Write down, in the caller's transaction, that something fails; anew, or once more."""
	row = _told(error)
	held = frappe.db.get_value(
		FAILURE, {"kind": kind, "customer": customer, "subject": subject}, ["name", "times"], as_dict=True
	)
	if held:
		frappe.db.set_value(FAILURE, held.name, row | {"times": held.times + 1})
	elif frappe.db.count(FAILURE) < AT_MOST:
		what = {"kind": kind, "customer": customer, "subject": subject}
		_insert([{**row, **what, "first_seen": row["last_seen"]}])


def report_customers(skipped: Mapping[str, BaseException]) -> None:
	"""The same of customers who are skipped, however many they are."""
	customers = list(skipped)
	for start in range(0, len(customers), _AT_ONCE):
		some = customers[start : start + _AT_ONCE]
		filters = {"kind": "Customer", "customer": ("in", some)}
		fields = ["name", "customer", "first_seen", "times"]
		held = {
			row.customer: row
			for row in frappe.get_all(FAILURE, filters=filters, fields=fields, order_by=None)
		}
		rows = []
		for customer in some:
			row = {**_told(skipped[customer]), "kind": "Customer", "customer": customer}
			before = held.get(customer)
			row["first_seen"] = before.first_seen if before else row["last_seen"]
			rows.append({**row, "times": before.times + 1} if before else row)
		frappe.db.delete(FAILURE, {"name": ("in", [row.name for row in held.values()] or [""])})
		_insert([{"times": 1, **row} for row in rows])


def rests_until(kind: str) -> datetime | None:
	"""Until when something that failed is not tried again; None: it may be tried now."""
	filters = {"kind": kind, "customer": ("is", "not set")}
	held = frappe.db.get_value(FAILURE, filters, ["last_seen", "times"], as_dict=True)
	if not held:
		return None
	doubled = min(held.times - 1, 16)
	until = get_datetime(held.last_seen) + min(_REST * 2**doubled, _LONGEST_REST)
	return until if until > now_datetime() else None


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
		the first; ``unfinished_since``: when a full run began that has not ended, else None;
		``full_run_rests_until``: when one that failed may be tried again, None: at once; ``backlog``: how
		many requests wait; ``oldest_request`` and ``oldest_minutes``: since when, None without a backlog;
		``failures``: ``kind``, ``subject``, ``reason``, ``first_seen``, ``last_seen`` and ``times`` each;
		``skipped`` customers with the same and ``customer``, the latest first, up to 50; ``skipped_count``.
	"""
	backlog, oldest = _backlog()
	return {
		**_last_run(),
		"full_run_rests_until": rests_until("Full Run"),
		"backlog": backlog,
		"oldest_request": oldest,
		"oldest_minutes": None
		if oldest is None
		else max(0, int((now_datetime() - get_datetime(oldest)).total_seconds() // 60)),
		"failures": [*_missing(), *_failures(["kind", "!=", "Customer"])],
		"skipped": _failures(["kind", "=", "Customer"]),
		"skipped_count": frappe.db.count(FAILURE, {"kind": "Customer"}),
	}


def _missing() -> list[dict[str, Any]]:
	"""What the policy in force names and the site lacks, as failures that are seen now."""
	stamp = now()
	tier = _("The published policy has this tier, and it was deleted. It is made again within minutes.")
	other = _("The published policy names this record, and it does not exist. Publish a policy without it.")
	return [
		{
			"kind": kind, "customer": None, "subject": name, "reason": tier if kind == named.TIER else other,
			"first_seen": stamp, "last_seen": stamp, "times": 1,
		}
		for kind, name in named.missing()
	]  # fmt: skip


def _last_run() -> dict[str, Any]:
	state = frappe.db.get_singles_dict("Customer Tiering Settings")
	began, ended = _time(state.get("last_run_began_on")), _time(state.get("last_run_on"))
	last = {
		"as_of": state.get("last_run_as_of") if _time(state.get("last_run_as_of")) else None,
		"ended_on": state.get("last_run_on"),
		"seconds": flt(state.get("last_run_seconds")),
		"customers": cint(state.get("last_run_customers")),
	}
	unfinished = began and (not ended or began > ended)
	return {
		"last_run": last if ended else None,
		"unfinished_since": state.get("last_run_began_on") if unfinished else None,
	}


def _time(text: Any) -> datetime | None:
	"""A time as it is kept; None where there is none, or none that can be read."""
	with suppress(Exception):
		return get_datetime(text) if text else None
	return None


def _backlog() -> tuple[int, Any]:
	table = DocType("Rescore Request")
	return frappe.qb.from_(table).select(Count("*"), Min(table.creation)).run()[0]


def _failures(which: list[str]) -> list[dict[str, Any]]:
	fields = ["kind", "customer", "subject", "reason", "first_seen", "last_seen", "times"]
	return frappe.get_all(
		FAILURE, filters=[which], fields=fields, order_by="last_seen desc, name asc", limit=_SHOWN
	)


def report_apart(kind: str, error: BaseException, subject: str | None = None) -> None:
	"""Report in a transaction of its own, whatever became of the failed one; else in the log file."""
	try:
		_clean_connection()
		report(kind, error, subject=subject)
		frappe.db.commit()
	except Exception:
		log.note(f"could not report that this failed: {kind}: {error}")


def tried_for(kind: str, subject: str, work: Callable[[], int]) -> int:
	"""Work for one of many, in a transaction of its own: what fails is reported, and 0 was done.

	Once it succeeds, an earlier failure of the same is over.
	"""
	try:
		done = work()
	except Exception as error:
		frappe.db.rollback()
		report(kind, error, subject=subject)
		frappe.db.commit()
		return 0
	heal(kind, subjects=[subject])
	frappe.db.commit()
	return done


def _clean_connection() -> None:
	"""Without a trace of the failed transaction; connected anew if the connection was what failed."""
	try:
		frappe.db.rollback()
	except Exception:
		frappe.db.close()
		frappe.db.connect()


def _told(error: BaseException) -> dict[str, Any]:
	details = "".join(format_exception(error))[-_DETAILS:]
	return {"reason": _reason(error), "details": details, "last_seen": now()}


def _insert(rows: Sequence[dict[str, Any]]) -> None:
	"""Rows with the same fields in the same order."""
	user = frappe.session.user
	values = [
		{
			"name": frappe.generate_hash(length=20),
			"creation": row["last_seen"],
			"modified": row["last_seen"],
			"owner": user,
			"modified_by": user,
			"times": 1,
			**row,
		}
		for row in rows
	]
	frappe.db.bulk_insert(FAILURE, list(values[0]), [tuple(row.values()) for row in values])


def _reason(error: BaseException) -> str:
	"""What a person can act on: the message, with the kind of error where it is not a sentence of ours."""
	text = strip_html(str(error)).strip()
	if not isinstance(error, frappe.ValidationError):
		text = f"{type(error).__name__}: {text}" if text else type(error).__name__
	return text[:_REASON]
