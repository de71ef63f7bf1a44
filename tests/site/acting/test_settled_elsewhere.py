"""A contact that is made elsewhere settles what was due, within moments and not only in the night."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from customer_tiering import jobs
from tests.site.acting.test_today import every_week, mine, on, statuses  # noqa: F401 fixtures
from tests.site.helpers.selling import ago, drain, sold


def _call(customer: str) -> Any:
	return frappe.get_doc(
		{
			"doctype": "Communication", "communication_type": "Communication", "subject": "Call",
			"communication_medium": "Phone", "sent_or_received": "Sent", "reference_doctype": "Customer",
			"reference_name": customer, "communication_date": frappe.utils.now_datetime(),
		}
	).insert()  # fmt: skip


def _task(customer: str) -> Any:
	task = {
		"doctype": "ToDo",
		"reference_type": "Customer",
		"reference_name": customer,
		"description": "call",
	}
	made = frappe.get_doc(task).insert()
	made.status = "Closed"
	return made.save()


def _meeting(customer: str) -> Any:
	guest = {"reference_doctype": "Customer", "reference_docname": customer}
	return frappe.get_doc(
		{
			"doctype": "Event", "subject": "Lunch", "starts_on": f"{ago(0)} 00:00:01", "event_type": "Public",
			"event_participants": [guest],
		}
	).insert()  # fmt: skip


@pytest.mark.parametrize("contact", [_call, _task, _meeting])
def test_a_contact_made_elsewhere_settles_what_was_due(every_week: None, contact: Any) -> None:  # noqa: F811
	customer, other = mine("Buyer"), mine("Other")
	for one in (customer, other):
		sold(one, (5, 100), (60, 100))
	jobs.nightly()
	assert statuses(customer)["Contact Due"] == statuses(other)["Contact Due"] == "Open"
	frappe.db.delete("Rescore Request")
	contact(customer)
	drain()
	assert (statuses(customer)["Contact Due"], statuses(other)["Contact Due"]) == ("Recovered", "Open")


def test_a_contact_about_nothing_that_is_open_asks_for_nothing(every_week: None) -> None:  # noqa: F811
	customer = mine("Buyer")
	sold(customer, (5, 100))
	jobs.nightly()
	frappe.db.delete("Customer Follow-up")
	_call(customer)
	assert not frappe.db.exists(
		"Rescore Request", {"customer": customer, "reference_doctype": "Communication"}
	)
