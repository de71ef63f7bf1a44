"""Every scheduled and queued entry point."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.utils import getdate

from customer_tiering.site import outbox


def drain() -> int:
	"""Grade everyone who has a request; gives how many customers were written."""
	from customer_tiering.site import run  # brings pandas, which the scheduler's own process need not load

	outbox.drain_begins()
	return run.drain()


def sweep() -> None:
	"""Find the requests that no drain was queued for: Redis was down, a worker died, the queue was full."""
	if frappe.db.exists("Rescore Request", {}):
		drain()


def nightly(as_of: date | str | None = None) -> int:
	"""Grade everyone: time alone moves recency, stages, grace and overrides. Repeating changes nothing."""
	from customer_tiering.site import run

	return run.nightly(getdate(as_of) if as_of else None)
