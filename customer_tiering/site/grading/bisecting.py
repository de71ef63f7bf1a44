"""Tells a fault of one customer's data from a fault of everything, and works around the former.

What fails for many at once is tried for halves of them, down to the one with whom it fails: he is skipped,
and nobody else waits for him. A fault of the database or the machine is not looked for in anyone's data.
Documents that cannot be counted are not found here: :mod:`site_facts` sees all of them at one glance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import frappe
from rq.timeouts import BaseTimeoutException

from customer_tiering.engine import PolicyError
from customer_tiering.site.grading import state
from customer_tiering.site.reading.faulty import NoCurrencyExchangeError
from customer_tiering.site.withstanding import health


class Stop(Exception):
	"""Raised by work that is not to be tried for fewer."""


#: Of many items so many, spread over all of them, are tried first: if each fails, it is nobody's data.
SAMPLE, MANY = 100, 1000
#: Seconds for which the faulty ones are looked for; whoever still fails together with one of them is skipped.
PATIENCE = 600.0
#: So many customers who are skipped are reported at once.
_TOLD_AT_ONCE = 100
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
			state.UnreadablePolicyError,
			NoCurrencyExchangeError,
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
		Exception: the first error, if it is general, or if every one of several items has one: then it is not
			theirs.
	"""
	search = _Search(work)
	if len(items) > MANY:
		_sample(items, work)
	search.over(items)
	if len(search.skipped) == len(items) > 1:
		raise next(iter(search.skipped.values()))
	return search.results, search.skipped


def _sample(items: Sequence[K], work: Callable[[Sequence[K]], T]) -> None:
	"""Raise the first error if the work fails with each of some items."""
	first = None
	for at in range(SAMPLE):
		try:
			work([items[at * len(items) // SAMPLE]])
			return
		except Exception as error:
			if is_general(error):
				raise
			first = first or error
	if first:
		raise first


@dataclass
class _Search(Generic[K, T]):
	"""What some work gave for those with whom it succeeds, and with whom it fails."""

	work: Callable[[Sequence[K]], T]
	results: list[T] = field(default_factory=list)
	skipped: dict[K, Exception] = field(default_factory=dict)
	ends: float = field(default_factory=lambda: time.monotonic() + PATIENCE)

	def over(self, items: Sequence[K]) -> None:
		try:
			self.results.append(self.work(items))
			return
		except Exception as error:
			if is_general(error):
				raise
			if len(items) == 1 or time.monotonic() > self.ends:
				self.skip(items, error)
				return
		middle = len(items) // 2
		self.over(items[:middle])
		self.over(items[middle:])

	def skip(self, items: Sequence[K], error: Exception) -> None:
		self.skipped.update(dict.fromkeys(items, error))


class _Telling(_Search[str, int]):
	"""Reports as it goes who is skipped, so that a search that is cut off need not be made again."""

	def skip(self, items: Sequence[str], error: Exception) -> None:
		super().skip(items, error)
		if len(self.skipped) >= _TOLD_AT_ONCE:
			self.tell()

	def tell(self) -> None:
		if self.skipped:
			state.retried(self._report)
			self.skipped.clear()

	def _report(self) -> None:
		report(self.skipped)
		frappe.db.commit()


def spread(customers: Sequence[str], work: Callable[[Sequence[str]], int]) -> int:
	"""Do work in as few transactions as the customers' data allows, and report with whom it fails."""
	search = _Telling(lambda some: state.retried(lambda: work(some)))
	try:
		search.over(customers)
	finally:
		search.tell()
	return sum(search.results)


def report(skipped: dict[str, Exception]) -> None:
	"""Tell Tiering Health, in the caller's transaction, who is skipped, and why."""
	health.report_customers(skipped)
