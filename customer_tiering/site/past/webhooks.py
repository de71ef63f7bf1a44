"""Other systems hear of a change: the host's own Webhooks on Tier Change run, as for any new document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import frappe
from frappe.integrations.doctype.webhook import run_webhooks

from customer_tiering.site.withstanding.log import note

_EVENT = "after_insert"


def announce(names: Sequence[str]) -> None:
	"""Have them run for rows of the log that were written at once, which the host does not notice by itself.

	They run once the rows are committed, so that nobody hears of a change that was taken back; what they send
	is sent by a worker of the host's. One that fails keeps nobody from his grade.
	"""
	wanted = {"webhook_doctype": "Tier Change", "webhook_docevent": _EVENT, "enabled": 1}
	if names and frappe.db.exists("Webhook", wanted):
		frappe.db.after_commit.add(partial(_run, list(names)))


def _run(names: list[str]) -> None:
	failed = 0
	for row in frappe.get_all("Tier Change", {"name": ("in", names)}, ["*"], order_by="creation, name"):
		try:
			run_webhooks(frappe.get_doc(row | {"doctype": "Tier Change"}), _EVENT)
		except Exception:
			failed += 1
	if failed:
		note(f"could not tell a webhook of {failed} changes")
