"""What is kept of each month: customers and revenue per tier and stage, as its last full run saw them.

A month that is over stays as it was: renamed, merged and deleted customers do not change the past.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.utils import now_datetime

from customer_tiering.engine import Evaluation, Facts, Policy
from customer_tiering.engine.exact import Addends, amounts_of
from customer_tiering.engine.facts import to_date, to_day
from customer_tiering.engine.ledger import Ledger
from customer_tiering.site.database import bulk_writing
from customer_tiering.site.past import change_log

SNAPSHOT = "Tier Snapshot"
YEAR = 365
KEYS = ("tier", "lifecycle_stage")
COUNTS = ("customers", "active")
AMOUNTS = ("revenue", "month_revenue")
_MORE = ("month", "as_of", "currency", "policy")


def tally(known: Facts, evaluation: Evaluation) -> pd.DataFrame:
	"""Customers and revenue per tier and stage, empty: none, as an evaluation of everyone has them.

	Money counts on each document's own date, so that months add up to the ledger whatever the policy says.

	Args:
		known: the facts that were evaluated.
		evaluation: of all of them.

	Returns:
		``tier``, ``lifecycle_stage``, ``customers``, ``active`` (with a purchase in the month that counts),
		``revenue`` (of the last 365 days) and ``month_revenue`` (of the month of the as-of date, up to it).
	"""
	policy, as_of = evaluation.policy, evaluation.as_of
	moves_returns = policy.returns_dated == "Original"
	ledger = _ledger(known.up_to(as_of), policy, as_of) if moves_returns else evaluation.ledger
	states = evaluation.scores.set_index("customer")[list(KEYS)]
	return _summed(ledger, states.index, states)


def closing(known: Facts, policy: Policy, as_of: date) -> tuple[date, pd.DataFrame] | None:
	"""The last day of the month before and its tally, unless what is kept of that month has seen its end.

	A run in the night has not seen the day that begins. Where customers stood at its close, the log tells.
	"""
	last = as_of.replace(day=1) - timedelta(days=1)
	held = read_snapshots(last, last)
	if held.empty or held["whole"].all():
		return None
	states = change_log.read_log(last).at(last).set_axis(list(KEYS), axis=1)
	known = known.up_to(last)
	return last, _summed(_ledger(known, policy, last), known.index, states)


def _ledger(known: Facts, policy: Policy, as_of: date) -> Ledger:
	"""Each document on its own date."""
	return Ledger.build(known, as_of, companies=policy.companies)


def _summed(ledger: Ledger, customers: pd.Index, states: pd.DataFrame) -> pd.DataFrame:
	"""Sums per tier and stage over those of the ledger's customers who are in ``states``, as of its day."""
	month = ledger.days >= to_day(to_date(ledger.as_of).replace(day=1))
	active = ledger.count(month & ledger.counted) > 0
	held = states.fillna("").reindex(customers)
	known = held[KEYS[0]].notna().to_numpy()
	group = held[known].groupby(list(KEYS), sort=True)
	sums = group.size().index.to_frame(index=False)
	of_customer = np.full(len(customers), len(sums))  # beyond the last one: those of no state
	of_customer[known] = group.ngroup().to_numpy()
	of_document = of_customer[ledger.codes]
	sums["customers"] = np.bincount(of_customer, minlength=len(sums) + 1)[:-1]
	sums["active"] = np.bincount(of_customer[active], minlength=len(sums) + 1)[:-1]
	for name, rows in (("revenue", ledger.days > ledger.as_of - YEAR), ("month_revenue", month)):
		whole = Addends(ledger.money).per(of_document, len(sums) + 1, rows)[:-1]
		sums[name] = np.round(amounts_of(whole), 2) + 0.0
	return sums


def keep(found: pd.DataFrame, as_of: date, policy: str, currency: str) -> None:
	"""Make a tally the snapshot of its month, unless one of a later day is there. The caller commits."""
	month = as_of.replace(day=1)
	held = read_snapshots(month, month)
	if len(held) and held["as_of"].iloc[0] > as_of:
		return
	new = found.assign(month=month, as_of=as_of, currency=currency, policy=policy)
	is_over = now_datetime().date() > as_of  # then what is written now has seen all of it, and is to say so
	if _same(new, held) and (not is_over or held["whole"].all()):
		return
	frappe.db.delete(SNAPSHOT, {"month": month})
	fields = (*KEYS, *COUNTS, *AMOUNTS, *_MORE)
	bulk_writing.insert(SNAPSHOT, fields, list(zip(*(new[name].tolist() for name in fields), strict=True)))


def read_snapshots(since: date, until: date) -> pd.DataFrame:
	"""The snapshots of some months, the oldest first: all fields but the name, ``month`` as its first day.

	Of everyone, so for readers from whom no customer is kept. ``whole``: the run that was kept came after the
	day was over, so that it saw all of it; the one of a night sees the day before.
	"""
	table = DocType(SNAPSHOT)
	fields = (*KEYS, *COUNTS, *AMOUNTS, *_MORE)
	query = frappe.qb.from_(table).select(*(table[name] for name in fields), table.creation)
	query = query.where(table.month[since.replace(day=1) : until]).orderby(table.month)
	found: list[tuple[Any, ...]] = query.run(as_list=True)
	frame = pd.DataFrame(found, columns=[*fields, "written"], dtype=object)
	written = frame.pop("written")
	frame["whole"] = [day.date() > as_of for day, as_of in zip(written, frame["as_of"], strict=True)]
	numbers = {name: int for name in COUNTS} | {name: np.float64 for name in AMOUNTS}
	return frame.astype({**numbers, "whole": bool})


def _same(new: pd.DataFrame, held: pd.DataFrame) -> bool:
	fields = [*KEYS, *COUNTS, *AMOUNTS, *_MORE]
	if len(new) != len(held):
		return False
	order = list(KEYS)
	a, b = (frame[fields].sort_values(order).to_numpy(dtype=object).tolist() for frame in (new, held))
	return a == b
