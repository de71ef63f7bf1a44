"""Today's list by mail, for whoever asked for it: in the morning, on working days, at most once a day.

A mail is queued and noted in one transaction, so a worker that dies in between has done neither.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import frappe
from frappe.utils import cint, formatdate, get_url

from customer_tiering.desk.follow_ups import today as page
from customer_tiering.site.access import permissions
from customer_tiering.site.acting import switches
from customer_tiering.site.grading import state
from customer_tiering.site.withstanding import health
from customer_tiering.wording.texts import _

KIND = "Morning Mail"
TEMPLATE = "today"
#: Defaults of a user: whether he wants it, and the last day he got it.
WANTED, SENT = "customer_tiering_morning_mail", "customer_tiering_morning_mail_sent"


def want(user: str, is_wanted: bool) -> None:
	"""Note whether a user wants his list by mail."""
	frappe.defaults.set_user_default(WANTED, cint(is_wanted), user)


def is_wanted(user: str) -> bool:
	"""Whether a user wants his list by mail."""
	return bool(cint(frappe.defaults.get_user_default(WANTED, user)))


def send(day: date | None = None) -> int:
	"""Queue the mails of a day; gives how many. What fails for one reader keeps nobody else from his."""
	day = day or state.today()
	if not switches.read().on or state.readable()[0] is None:
		return 0
	readers = [user for user in _readers() if not is_day_off(user, day)]
	return sum(health.tried_for(KIND, user, partial(_queue, user, day)) for user in readers)


def is_day_off(user: str, day: date) -> bool:
	"""Whether a day is in the holiday list of a user's employee record, or else of his company."""
	staff = frappe.db.get_value(
		"Employee", {"user_id": user, "status": "Active"}, ["holiday_list", "company"], as_dict=True
	)
	company = staff.company if staff else frappe.defaults.get_user_default("company", user)
	days = staff.holiday_list if staff else None
	if not days and company:
		days = frappe.get_cached_value("Company", company, "default_holiday_list")
	return bool(days and frappe.db.exists("Holiday", {"parent": days, "holiday_date": day}))


def forget_wishes() -> None:
	"""Delete what users have wished for, when the app goes."""
	frappe.db.delete("DefaultValue", {"defkey": ("in", (WANTED, SENT))})


def _readers() -> list[str]:
	"""Enabled users who want it and have an address."""
	asked = frappe.get_all("DefaultValue", {"defkey": WANTED, "defvalue": "1"}, pluck="parent", order_by=None)
	filters = {"name": ("in", asked or [""]), "enabled": 1, "email": ("is", "set")}
	return frappe.get_all("User", filters, pluck="name", order_by="name asc")


def _queue(user: str, day: date) -> int:
	"""Queue one reader's mail, unless he has it or there is nothing to do."""
	if frappe.defaults.get_user_default(SENT, user) == day.isoformat():
		return 0
	with permissions.acting(user):
		mail = _mail(user, day)
	if mail is None:
		return 0
	queue = frappe.sendmail(
		recipients=[frappe.db.get_value("User", user, "email")],
		subject=mail["title"],
		template=TEMPLATE,
		args=mail,
		add_unsubscribe_link=0,
	)
	if not queue:
		raise frappe.OutgoingEmailError(_("The mail could not be made; the Error Log says why."))
	frappe.defaults.set_user_default(SENT, day.isoformat(), user)
	return 1


def _mail(user: str, day: date) -> dict[str, Any] | None:
	"""What is told to who is acting; None: there is nothing to do, or he may see nothing."""
	if not frappe.has_permission("Customer Score", "read"):
		return None
	rows = page.page(user).get("rows")
	if not rows:
		return None
	return {
		"title": _("My customers today: {0}, {1}").format(formatdate(day), len(rows)),
		"rows": [
			row
			| {
				"url": get_url(f"/app/customer/{frappe.utils.quoted(row['customer'])}"),
				"about": [one for one in (row["tier_label"], row["revenue"]) if one],
				"reach": [one for one in (row["contact"], row["phone"], row["mail"]) if one],
			}
			for row in rows
		],
		"link": {"url": get_url("/app/my-customers-today"), "text": _("Open the list")},
		"note": _("You get this mail because you asked for it on that page; switch it off there."),
	}
