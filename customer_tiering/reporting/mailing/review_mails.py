"""The monthly tier review by mail: to whom, in which language, and at most once per month and reader.

A mail is queued and noted as sent in one transaction, so a worker that dies in between has done neither, and
one that runs beside another finds the note.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import cint

from customer_tiering.names import SETTINGS
from customer_tiering.reporting.mailing import review
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import state
from customer_tiering.site.withstanding import health
from customer_tiering.wording.texts import _

KIND = "Review Mail"
ROLE = "Sales Manager"
#: A mail that could not be sent on the first of a month is sent on one of the days after it.
LAST_DAY = 7
TEMPLATE = "tier_review"


def send(today: date | None = None) -> int:
	"""Queue the review of the month before for whoever has not got it; gives how many mails were queued."""
	today = today or state.today()
	settings = frappe.db.get_singles_dict(SETTINGS)
	if not cint(settings.get("review_mail")) or today.day > LAST_DAY:
		return 0
	if state.readable()[0] is None:
		return 0  # nothing to be told; that it cannot be read is told by grading
	month = today.replace(day=1) - timedelta(days=1)
	queued = 0
	made: dict[str, Any] = {}  # readers who may see the same share what was worked out
	for user in recipients(settings.get("review_role") or ROLE):
		if user not in _sent(month):
			queued += health.tried_for(KIND, user, partial(_mailed, user, month, made))
	return queued


def recipients(role: str) -> list[str]:
	"""Everyone with a role who may read customers and has an address."""
	holders = frappe.get_all(
		"Has Role", filters={"role": role, "parenttype": "User"}, pluck="parent", order_by="parent asc"
	)
	filters = {"name": ("in", holders), "enabled": 1, "user_type": "System User", "email": ("is", "set")}
	users = frappe.get_all("User", filters=filters, pluck="name", order_by="name asc")
	people = [user for user in users if user not in ("Administrator", "Guest")]
	return [user for user in people if frappe.has_permission("Customer", "read", user=user)]


def _mailed(user: str, month: date, made: dict[str, Any]) -> int:
	"""Queue one reader's mail, as he may see it."""
	with permissions.acting(user):
		mail = review.mail(month, made)
	return _queue(user, month, mail) if mail else 0


def _queue(user: str, month: date, mail: dict[str, Any]) -> int:
	"""Queue a mail unless that has been done already; the caller commits it together with the note of it."""
	sent = _sent(month, lock=True)
	if user in sent:
		return 0
	queue = frappe.sendmail(
		recipients=[frappe.db.get_value("User", user, "email")],
		subject=mail["subject"],
		template=TEMPLATE,
		args=mail,
		add_unsubscribe_link=0,
	)
	if not queue:
		raise frappe.OutgoingEmailError(_("The mail could not be made; the Error Log says why."))
	state.set_state({"review_sent": json.dumps({"month": month.isoformat(), "users": [*sent, user]})})
	return 1


def _sent(month: date, lock: bool = False) -> list[str]:
	"""Who has got the review of a month. Locked, nobody else queues one until the next commit.

	A note that cannot be read says of nobody that he has it.
	"""
	table = DocType("Singles")
	query = frappe.qb.from_(table).select(table.value)
	query = query.where((table.doctype == SETTINGS) & (table.field == "review_sent"))
	found = (query.for_update() if lock else query).run()
	kept = state.kept(found[0][0] if found else None)
	users = kept.get("users") if kept.get("month") == month.isoformat() else None
	return users if isinstance(users, list) else []
