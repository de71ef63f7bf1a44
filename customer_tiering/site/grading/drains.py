"""From requests to grades: whoever has one is graded, in as few transactions as the data allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import frappe
from frappe.utils import escape_html
from rq.timeouts import BaseTimeoutException

from customer_tiering.engine import evaluate
from customer_tiering.site.acting import follow_ups
from customer_tiering.site.customers import shown
from customer_tiering.site.grading import bisecting, customer_scores, full_runs, outbox, state
from customer_tiering.site.grading.outbox import Reason
from customer_tiering.site.reading import metrics_of_apps, site_facts
from customer_tiering.site.withstanding import health
from customer_tiering.wording.texts import _


def drain(as_of: date | None = None) -> int:
	"""Grade everyone who has a request, until there is none left; gives how many were written.

	Where everyone would be graded, and a full run fails, those who have a request are graded all the same.
	"""
	written, day = 0, as_of or state.today()
	everyone = health.rests_until(full_runs.KIND) is None
	while True:
		try:
			done = state.retried(partial(_drain_once, day, everyone))
		except _FullRunError as failed:
			_go_on_after(failed.__cause__)
			everyone = False
			continue
		if done is None:
			break
		written += done
		if not outbox.waiting(at_most=1):  # whatever is committed after this look asks for a drain of its own
			break
	frappe.db.commit()  # lets go of the lock, where the last one found nothing to write
	return written


class _FullRunError(Exception):
	"""A full run has failed, for which its cause is."""


def _go_on_after(error: BaseException | None) -> None:
	"""Report why a full run failed; raise it if nobody can be graded without one, or no time is left."""
	assert isinstance(error, Exception)
	health.report_apart(full_runs.KIND, error)
	current = state.published()
	if isinstance(error, BaseTimeoutException) or current is None or current.cut_points is None:
		raise error


def grade(customers: Sequence[str], reason: Reason, as_of: date | None = None) -> int:
	"""Grade some customers at once, in the caller's transaction; it holds the lock until it is committed."""
	current = state.published(lock=True)
	if current is None or current.cut_points is None:
		return 0
	written, skipped = _grade_some(current, customers, as_of or state.today(), {c: reason for c in customers})
	for error in skipped.values():
		frappe.throw(_("This customer cannot be graded: {0}").format(escape_html(str(error))))
	return written


def _drain_once(as_of: date, everyone: bool) -> int | None:
	"""Grade whom the requests are about, or everyone if they ask for it; None: there is nothing to be done.

	Unless ``everyone`` may be graded, requests for everyone wait.
	"""
	current = state.published(lock=True)
	requests = outbox.waiting()
	if not requests or current is None:
		return None
	if everyone and _asks_for_everyone(current, requests):
		return _full(current, requests, as_of)
	requests = [request for request in requests if request.customer is not None][: outbox.AT_ONCE]
	if not requests or current.cut_points is None:
		return None
	customers = sorted({request.customer for request in requests if request.customer})
	try:
		return _grade_requests(current, requests, as_of)
	except Exception as error:
		if bisecting.is_general(error):
			raise
	frappe.db.rollback()
	return _drain_apart(customers, requests, as_of)


def _asks_for_everyone(current: state.Published, requests: Sequence[outbox.Request]) -> bool:
	for_everyone = any(request.customer is None for request in requests)
	return for_everyone or current.small or current.cut_points is None or len(requests) > outbox.AT_ONCE


def _full(current: state.Published, requests: Sequence[outbox.Request], as_of: date) -> int:
	for_everyone = next((request for request in requests if request.customer is None), None)
	default = for_everyone.reason if for_everyone else Reason("Population")
	try:
		return full_runs.full(current, as_of, default, requests)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError, state.UnreadablePolicyError):
		raise
	except Exception as error:
		raise _FullRunError from error


def _grade_requests(current: state.Published, requests: Sequence[outbox.Request], as_of: date) -> int:
	"""Grade whom the requests are about, delete them, and commit."""
	customers = sorted({request.customer for request in requests if request.customer})
	written, skipped = _grade_some(current, customers, as_of, outbox.latest_reasons(requests))
	bisecting.report(skipped)
	full_runs.restate_merged(requests, as_of, current.name)
	outbox.delete([request for request in requests if request.customer not in skipped])
	health.heal("Customer", customers, but=skipped)
	metrics_of_apps.report()
	follow_ups.refresh(customers)
	frappe.db.commit()
	return written


def _drain_apart(customers: Sequence[str], requests: Sequence[outbox.Request], as_of: date) -> int:
	"""The same in as few transactions as the customers' data allows.

	The requests of who is skipped stay: the next full run tries him again, and so does a drain once there is
	another request about him.
	"""

	def work(some: Sequence[str]) -> int:
		current, chosen = state.published(lock=True), set(some)
		if current is None or current.cut_points is None:
			raise bisecting.Stop
		return _grade_requests(current, [r for r in requests if r.customer in chosen], as_of)

	return bisecting.spread(customers, work)


def _grade_some(
	current: state.Published, customers: Sequence[str], as_of: date, reasons: dict[str, Reason]
) -> tuple[int, dict[str, Exception]]:
	"""How many were written, and who is skipped, since one of his documents cannot be counted."""
	if not customers:
		return 0, {}
	known, faulty = site_facts.read_sound_facts(current.policy, customers)
	sound = [customer for customer in customers if customer not in faulty]
	if not sound:
		return 0, faulty
	held = customer_scores.read_held(sound, as_of)
	shown.add(held, known.customers)
	evaluation = evaluate(known, current.policy, as_of, held, current.cut_points, current.forecast)
	if current.run:
		customer_scores.touch(held)
	return customer_scores.write(evaluation, held, current.name, reasons, Reason("Time")), faulty
