"""Everyone is evaluated at once, and what differs is written chunk by chunk.

A full run holds the lock of :mod:`state` while it reads and evaluates. Then it stores the cut points and
lets go, and what differs is written in chunks, by whichever workers there are. Chunks share the lock, so
they run beside each other, and never beside a drain. Between two chunks a drain may grade by newer facts. It
then stamps every customer that it evaluated, changed or not, and a chunk leaves out whoever has another
stamp than when the run read him. A chunk also stops if another run or another policy has begun. So a chunk
may be written twice, late or never: requests go when all chunks are done, and a run that was stopped is
taken up by the sweep.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

import frappe
import pandas as pd
from frappe.utils import now

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from customer_tiering.engine.forecast import Forecast
from customer_tiering.site.acting import follow_ups
from customer_tiering.site.customers import merged, shown
from customer_tiering.site.database import replica
from customer_tiering.site.grading import bisecting, chunks, customer_scores, forecasts, outbox, state
from customer_tiering.site.grading.outbox import Reason
from customer_tiering.site.past import snapshots
from customer_tiering.site.reading import currency, metrics_of_apps, site_facts, strays
from customer_tiering.site.withstanding import health

#: Under which a full run that failed is told in Tiering Health.
KIND = "Full Run"
#: The same for the figures of the month, which keep nobody from his grade.
_SNAPSHOT = "Snapshot"
#: Customers written by one transaction of a full run: short enough that nobody waits for their rows.
CHUNK = 1000
_SAVEPOINT = "customer_tiering_save"


@dataclass(frozen=True)
class Everyone:
	"""An evaluation of everyone, what was held before, and those whose data cannot be evaluated.

	``months`` is what is to be kept of months: the last day of each, and its tally; see :mod:`snapshots`.
	``snapshots_error`` is why these are not known. ``strays`` are the documents that count for nobody;
	None: not known. ``fitted`` says whether the forecast was fitted just now, and ``forecast_error`` why it
	was not although it should have been.
	"""

	evaluation: Evaluation
	held: pd.DataFrame
	skipped: dict[str, Exception]
	months: list[tuple[date, pd.DataFrame]]
	snapshots_error: Exception | None
	strays: strays.Strays | None
	fitted: bool
	forecast_error: forecasts.ForecastError | None


def nightly(as_of: date | None = None) -> int:
	"""Grade everyone as of a date, by default today; gives how many were written. Again changes nothing."""

	def begin() -> None:
		if state.published(lock=True):
			state.set_state({"last_run_began_on": now()})
			frappe.db.commit()

	def run() -> int:
		current = state.published(lock=True)
		requests = outbox.waiting(with_skipped=True)
		if current is None:
			return 0
		return full(current, as_of or state.today(), Reason("Time"), requests, refit=True)

	state.retried(begin)
	return state.retried(run)


def full(
	current: state.Published,
	as_of: date,
	default: Reason,
	requests: Sequence[outbox.Request] = (),
	refit: bool = False,
) -> int:
	"""Evaluate everyone, store the cut points, write what differs, delete the requests.

	The forecast that is stored is used, unless there is none or ``refit`` says to fit it anew.

	Up to a chunk of changes is one transaction with all the rest. More are written chunk by chunk, each in a
	transaction of its own: a run that stops half-way leaves every customer whole, and its requests. Whoever
	cannot be evaluated or written is reported, and keeps his requests.
	"""
	began, began_on = time.monotonic(), now()
	forecast = None if refit else current.forecast
	everyone = evaluate_everyone(current.policy, as_of, current.small, forecast, current.forecast)
	evaluation, held = everyone.evaluation, everyone.held
	merged.settle(held)
	customer_scores.delete_orphans(held, evaluation)
	batches = customer_scores.batches(
		evaluation, held, current.name, outbox.latest_reasons(requests), default, CHUNK
	)
	if everyone.fitted:
		assert evaluation.forecast is not None  # it was fitted
		state.save_forecast(current.policy, evaluation.forecast)
	first, second = next(batches, None), next(batches, None)
	written = _save_at_once(first, len(evaluation.scores)) if second is None else None
	if written is None:
		this = frappe.generate_hash(length=10)
		state.save_cut_points(current.name, evaluation, this)
		frappe.db.commit()
		written = chunks.write(this, chain(filter(None, (first, second)), batches), write_chunk)
		still = state.published(lock=True)
		if still is None or still.run != this:
			frappe.db.commit()
			return written  # another run has begun, or another policy: that one sees to the requests
	state.save_cut_points(current.name, evaluation)
	_keep_months(everyone, current)
	if forecast is None:
		forecasts.report(everyone.forecast_error)
	bisecting.report(everyone.skipped)
	skipped = health.skipped_since(began_on)
	health.heal("Customer", but=skipped)
	health.heal(KIND)
	metrics_of_apps.report()
	if everyone.strays:
		strays.report(everyone.strays, current.policy)
	restate_merged(requests, as_of, current.name)
	outbox.delete([request for request in requests if request.customer not in skipped])
	follow_ups.refresh()
	state.record_run(as_of, time.monotonic() - began, len(evaluation.scores))
	frappe.db.commit()
	return written


def evaluate_everyone(
	policy: Policy,
	as_of: date,
	small: bool = False,
	forecast: Forecast | None = None,
	last: Forecast | None = None,
) -> Everyone:
	"""Evaluate everyone but those whose data does not let anyone be evaluated.

	Args:
		policy: by which.
		as_of: the day that the grades are true for.
		small: whether the site is; unless it is, a replica may be read: that spares the primary, but it may
			have to be waited for.
		forecast: what to foresee by; None: one that is fitted on all of them.
		last: the one to go on with if that fails.
	"""

	def read() -> tuple[pd.DataFrame, Facts, dict[str, Exception]]:
		return customer_scores.read_held(as_of=as_of), *site_facts.read_sound_facts(policy)

	try:
		held, known, faulty = read() if small else replica.read_from_replica(read)
		found = forecasts.chosen(known, policy, as_of, forecast, last)
		return _everyone(known, policy, as_of, held, faulty, strays.found_in(known), found)
	except Exception as error:
		if bisecting.is_general(error):
			raise
		first = error
	names = frappe.get_all("Customer", pluck="name", order_by=None)
	if len(names) < 2:
		raise first
	_done, skipped = bisecting.each_or_all(
		names,
		lambda some: (
			evaluate(
				site_facts.read_sound_facts(policy, some)[0],
				policy,
				as_of,
				customer_scores.read_held(some, as_of),
				forecast=Forecast.of_nothing(as_of),
			)
			and None
		),
	)
	rest = [name for name in names if name not in skipped]
	held = customer_scores.read_held(rest, as_of)
	known, faulty = site_facts.read_sound_facts(policy, rest)
	found = forecasts.chosen(known, policy, as_of, forecast, last)
	return _everyone(known, policy, as_of, held, {**skipped, **faulty}, None, found)


def _everyone(
	known: Facts,
	policy: Policy,
	as_of: date,
	held: pd.DataFrame,
	skipped: dict[str, Exception],
	stray: strays.Strays | None,
	chosen: forecasts.Chosen,
) -> Everyone:
	shown.add(held, known.customers)
	evaluation = evaluate(known, policy, as_of, held, forecast=chosen.forecast)
	months, error = [], None
	try:
		closing = snapshots.closing(known, policy, as_of)
		months = [*([closing] if closing else []), (as_of, snapshots.tally(known, evaluation))]
	except Exception as failed:
		if bisecting.is_general(failed):
			raise
		error = failed
	return Everyone(evaluation, held, skipped, months, error, stray, chosen.fitted, chosen.error)


def _save_at_once(batch: customer_scores.Batch | None, population: int) -> int | None:
	"""Write a batch in the transaction of its evaluation; None, and nothing, if some customer prevents it."""
	if batch is None:
		return 0
	frappe.db.savepoint(_SAVEPOINT)
	try:
		return customer_scores.save(batch)
	except Exception as error:
		if bisecting.is_general(error) or population == 1:
			raise
	frappe.db.rollback(save_point=_SAVEPOINT)
	return None


def write_chunk(run: str, batch: customer_scores.Batch, alone: bool = False) -> int:
	"""Write a chunk of a full run, unless that run is over; gives how many customers were written.

	With ``alone``, no other chunk is written meanwhile: for one that somebody else may be writing too.
	"""

	def work(customers: Sequence[str]) -> int:
		current = state.locked(state.EXCLUSIVE if alone else state.SHARED)
		written = (
			customer_scores.save(customer_scores.unchanged(batch.of(customers)))
			if current and current.run == run
			else 0
		)
		frappe.db.commit()
		return written

	return bisecting.spread(batch.customers, work)


def _keep_months(everyone: Everyone, current: state.Published) -> None:
	"""Keep the months' figures; where they cannot be had or written, Tiering Health tells why."""
	error = everyone.snapshots_error
	money = currency.reporting_currency(current.policy)
	frappe.db.savepoint(_SAVEPOINT)
	try:
		for last, tally in everyone.months:
			snapshots.keep(tally, last, current.name, money)
	except Exception as failed:
		if bisecting.is_general(failed):
			raise
		frappe.db.rollback(save_point=_SAVEPOINT)
		error = failed
	if error is None:
		health.heal(_SNAPSHOT)
	else:
		health.report(_SNAPSHOT, error)


def restate_merged(requests: Sequence[outbox.Request], as_of: date, policy: str) -> None:
	"""Log where merged customers stand: the log's last word may be about the one who is no more."""
	merged = {
		request.customer for request in requests if request.customer and request.reason.cause == "Merge"
	}
	if merged:
		customer_scores.restate(sorted(merged), as_of, policy)
