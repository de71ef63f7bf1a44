"""What was agreed about contacts with a customer: an interval of his own, or a pause, for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import frappe
from frappe.query_builder import DocType
from frappe.utils import cint, getdate, sanitize_html

from customer_tiering.acting.cadence import Agreed
from customer_tiering.site.database.bulk_reading import OneOf
from customer_tiering.site.grading import state
from customer_tiering.wording.texts import _

FIELDS = ("own_contact_every_days", "own_contact_until", "contact_paused_until", "contact_agreed_reason")
_LONGEST = 3650


def read(customers: Sequence[str] | None = None) -> dict[str, Agreed]:
	"""What was agreed about customers, by customer; nothing is agreed about who is left out.

	Args:
		customers: about whom; None: about everyone.
	"""
	table = DocType("Customer Score")
	query = frappe.qb.from_(table).select(table.customer, *(table[field] for field in FIELDS[:-1]))
	query = query.where((table.own_contact_every_days > 0) | table.contact_paused_until.isnotnull())
	if customers is not None:
		query = query.where(OneOf(table.customer, customers))
	return {
		customer: Agreed(cint(days), *(getdate(day) if day else None for day in (until, paused)))
		for customer, days, until, paused in query.run()
	}


def agree(customer: str, days: int, until: date | None, paused_until: date | None, reason: str) -> None:
	"""Lay down an interval or a pause, or with neither take back what was agreed.

	Raises:
		frappe.ValidationError: a value is missing or cannot be.
	"""
	today = state.today()
	if not 0 <= days <= _LONGEST:
		frappe.throw(_("The days between two contacts must lie between 0 and {0}.").format(_LONGEST))
	if any(day is not None and day < today for day in (until, paused_until)):
		frappe.throw(_("What is agreed would end before today. Choose a later date, or none."))
	if (days or paused_until) and not reason.strip():
		frappe.throw(_("Give a reason: whoever looks after this customer will ask."))
	names = frappe.get_all("Customer Score", filters={"customer": customer}, pluck="name", order_by=None)
	if not names:
		frappe.throw(_("This customer has not been graded yet. Try again in a moment."))
	values = dict(
		zip(FIELDS, (days, until if days else None, paused_until, sanitize_html(reason.strip())), strict=True)
	)
	for name in names:
		frappe.db.set_value("Customer Score", name, values, update_modified=False)
