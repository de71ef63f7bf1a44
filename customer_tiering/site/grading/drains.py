"""From requests to grades: whoever has one is graded, in as few transactions as the data allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import frappe

from customer_tiering.engine import evaluate
from customer_tiering.site.grading import bisecting, customer_scores, full_runs, health, outbox, state
from customer_tiering.site.grading.outbox import Reason
from customer_tiering.site.reading import metrics_of_apps, site_facts


def drain(as_of: date | None = None) -> int:
	"""Grade everyone who has a request, until there is none left; gives how many were written."""
	written = 0
	while (done := state.retried(lambda: _drain_once(as_of or state.today()))) is not None:
		written += done
		if not outbox.waiting(at_most=1):  # whatever is committed after this look asks for a drain of its own
			break
	frappe.db.commit()  # lets go of the lock, where the last one found nothing to write
	return written


def grade(customers: Sequence[str], reason: Reason, as_of: date | None = None) -> int:
	"""Grade some customers at once, in the caller's transaction; it holds the lock until it is committed."""
	current = state.published(lock=True)
	if current is None or current.cut_points is None:
		return 0
	return _grade_some(current, customers, as_of or state.today(), {c: reason for c in customers})


def _drain_once(as_of: date) -> int | None:
	current = state.published(lock=True)
	requests = outbox.waiting()
	if not requests or current is None:
		return None
	customers = sorted({request.customer for request in requests if request.customer})
	for_everyone = next((request for request in requests if request.customer is None), None)
	if for_everyone or current.small or current.cut_points is None or len(requests) > outbox.AT_ONCE:
		default = for_everyone.reason if for_everyone else Reason("Population")
		return full_runs.full(current, as_of, default, requests)
	try:
		return _grade_requests(current, requests, as_of)
	except Exception as error:
		if bisecting.is_general(error):
			raise
	frappe.db.rollback()
	return _drain_apart(customers, requests, as_of)


def _grade_requests(current: state.Published, requests: Sequence[outbox.Request], as_of: date) -> int:
	"""Grade whom the requests are about, delete them, and commit."""
	customers = sorted({request.customer for request in requests if request.customer})
	written = _grade_some(current, customers, as_of, outbox.latest_reasons(requests))
	full_runs.restate_merged(requests, as_of, current.name)
	outbox.delete(requests)
	health.heal("Customer", customers)
	metrics_of_apps.report()
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
) -> int:
	held = customer_scores.read_held(customers)
	evaluation = evaluate(
		site_facts.read_facts(current.policy, customers), current.policy, as_of, held, current.cut_points
	)
	if current.run:
		customer_scores.touch(held)
	return customer_scores.write(evaluation, held, current.name, reasons, Reason("Time"))
