"""Tells a fault of one customer's data from a fault of everything, and works around the former.

What fails for many at once is tried for halves of them, down to the one with whom it fails: he is skipped,
and nobody else waits for him. A fault of the database or the machine is not looked for in anyone's data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import frappe
from rq.timeouts import BaseTimeoutException

from customer_tiering.engine import PolicyError
from customer_tiering.site.grading import health, state


class Stop(Exception):
	"""Raised by work that is not to be tried for fewer."""


#: With more faulty items than this, something else is wrong: the first fault is raised.
AT_MOST = 100
K = TypeVar("K")
T = TypeVar("T")


def is_general(error: Exception) -> bool:
	"""Whether an error has nothing to do with one customer's data."""
	return isinstance(
		error,
		(
			frappe.db.OperationalError,
			frappe.db.InternalError,
			frappe.db.ProgrammingError,
			frappe.QueryDeadlockError,
			frappe.QueryTimeoutError,
			frappe.InReadOnlyMode,
			BaseTimeoutException,
			PolicyError,
			Stop,
			MemoryError,
			OSError,
		),
	)


def each_or_all(items: Sequence[K], work: Callable[[Sequence[K]], T]) -> tuple[list[T], dict[K, Exception]]:
	"""Do work for all items at once if that succeeds, else for as many at a time as it succeeds with.

	Args:
		items: customers, or whatever stands for them; at least one.
		work: what to do for some of them. Failing, it must leave nothing behind.

	Returns:
		what the work gave, part by part, and the items with which it fails, each with its error.

	Raises:
		Exception: the first error, if it is general, if more than ``AT_MOST`` items have one, or if every one
			of several has: then it is not theirs.
	"""
	results: list[T] = []
	skipped: dict[K, Exception] = {}
	_halve(items, work, results, skipped)
	if len(skipped) == len(items) > 1:
		raise next(iter(skipped.values()))
	return results, skipped


def _halve(
	items: Sequence[K],
	work: Callable[[Sequence[K]], T],
	results: list[T],
	skipped: dict[K, Exception],
) -> None:
	try:
		results.append(work(items))
		return
	except Exception as error:
		if is_general(error) or len(skipped) >= AT_MOST:
			raise
		if len(items) == 1:
			skipped[items[0]] = error
			return
	middle = len(items) // 2
	_halve(items[:middle], work, results, skipped)
	_halve(items[middle:], work, results, skipped)


def spread(customers: Sequence[str], work: Callable[[Sequence[str]], int]) -> int:
	"""Do work in as few transactions as the customers' data allows, and report with whom it fails."""

	def told() -> None:
		report(skipped)
		frappe.db.commit()

	done, skipped = each_or_all(customers, lambda some: state.retried(lambda: work(some)))
	if skipped:
		state.retried(told)
	return sum(done)


def report(skipped: dict[str, Exception]) -> None:
	for customer, error in skipped.items():
		health.report("Customer", error, customer)
