"""Events of documents that are not ours: whatever fails in ours, the document goes its way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any

import frappe

from customer_tiering.site.withstanding import log


def harmless(event: Callable[..., None]) -> Callable[..., None]:
	"""An event that never fails: what goes wrong in it is noted in the log file, and nobody is told."""

	@wraps(event)
	def guarded(doc: Any, *args: Any, **kwargs: Any) -> None:
		with unnoticed(f"{event.__module__}.{event.__name__} failed"):
			event(doc, *args, **kwargs)

	return guarded


@contextmanager
def unnoticed(message: str) -> Iterator[None]:
	"""Whatever fails inside is noted in the log file, and leaves no message for whoever waits for an answer.

	Passed on are a deadlock, after which the database has undone all that the document wrote, so that going
	on would leave half of it; and the end of the time that the worker's job had.
	"""
	told = _messages()
	try:
		yield
	except Exception as error:
		if isinstance(error, frappe.QueryDeadlockError) or _is_end_of_time(error):
			raise
		log.note(message)
		if told is not None:
			frappe.local.message_log = told


def _is_end_of_time(error: Exception) -> bool:
	timeouts = sys.modules.get("rq.timeouts")  # where it is not loaded, nobody can have raised its errors
	return timeouts is not None and isinstance(error, timeouts.BaseTimeoutException)


def _messages() -> list[Any] | None:
	"""What the user is going to be told so far; None where nobody keeps it."""
	with suppress(Exception):
		return list(frappe.local.message_log)
	return None
