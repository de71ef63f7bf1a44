"""Every scheduled and queued entry point."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.utils import getdate

from customer_tiering.site.grading import outbox
from customer_tiering.site.withstanding import health


def drain() -> int:
	"""Grade everyone who has a request; gives how many customers were written."""
	# Brings pandas, which the scheduler's own process need not load.
	from customer_tiering.site.grading import drains

	outbox.drain_begins()
	with health.watched("Drain"):
		return drains.drain() if _has_policy() else 0


def sweep() -> None:
	"""Find what was left undone: Redis was down, a worker died, the queue was full."""
	from customer_tiering.site.grading import state

	try:
		if state.stalled() and not health.rests_until("Full Run"):
			nightly()
	finally:  # whoever has a request does not wait for a run that fails
		if frappe.db.exists("Rescore Request", {}):
			drain()


def restore_tiers() -> list[str]:
	"""Make tiers again that were deleted past the app while customers hold them; gives their names."""
	from customer_tiering.site.published import named

	restored = named.restore_tiers()
	frappe.db.commit()
	return restored


def nightly(as_of: date | str | None = None) -> int:
	"""Grade everyone: time alone moves recency, stages, grace and overrides. Repeating changes nothing."""
	from customer_tiering.site.grading import full_runs

	with health.watched("Full Run"):
		written = full_runs.nightly(getdate(as_of) if as_of else None) if _has_policy() else 0
	if as_of is None:
		make_lists()
	return written


def make_lists() -> int:
	"""Make everybody's list of customers to contact today; gives how many follow-ups are new."""
	from customer_tiering.site.acting import follow_ups

	return follow_ups.make_lists() if _has_policy() else 0


def monthly_review() -> int:
	"""In the first days of a month, mail what changed in the month before; gives how many mails were queued.

	What fails for one reader is reported in Tiering Health, and tried again on the next of these days.
	"""
	from customer_tiering.reporting.mailing import review_mails

	return review_mails.send()


def morning_mails() -> int:
	"""Mail today's list to whoever asked for it; gives how many mails were queued."""
	from customer_tiering.reporting.mailing import morning_mails as mails

	return mails.send()


def write_chunk(run: str, key: str) -> int:
	"""Write a chunk of a full run that is under way; gives how many customers were written."""
	from customer_tiering.site.grading import chunks, full_runs

	return chunks.take(run, key, full_runs.write_chunk)


def _has_policy() -> bool:
	"""Whether grading can begin; a policy that cannot be read is told in Tiering Health, and grades stay."""
	from customer_tiering.site.grading import state

	try:
		state.published()
	except state.UnreadablePolicyError as error:
		health.report("Policy", error)
		return False
	health.heal("Policy")
	return True
