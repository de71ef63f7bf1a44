"""Complaints and contacts of real documents, as of any day; and who is graded again when there is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import frappe
import pytest

from customer_tiering.engine import Policy, evaluate
from customer_tiering.site.acting import contacts
from customer_tiering.site.grading import outbox, state
from customer_tiering.site.publishing import draft, versions
from customer_tiering.site.reading import site_facts
from tests.site.conftest import QUINTILES
from tests.site.helpers.selling import ago, drain, invoice, make_customer

LINE = {"method": "Linear", "zero_at": 10, "full_at": 0, "weight": 1}
RULES = [
	{"name": "Complains", "metric": "Complaint Count", "window_days": 30, **LINE},
	{"name": "Is met", "metric": "Days Since Contact", **LINE},
]


@pytest.fixture
def policy() -> Policy:
	"""Published: a policy that reads complaints and contacts."""
	draft.load({**json.loads(QUINTILES.read_text(encoding="utf-8")), "name": "Served", "rules": RULES})
	versions.publish("of a test")
	drain()
	current = state.published()
	assert current is not None
	return current.policy


@pytest.fixture
def buyer() -> str:
	name = make_customer("Buyer")
	invoice(name, 100, ago(100))
	drain()
	frappe.db.delete("Rescore Request")
	return name


def found(policy: Policy, customer: str, days: int = 0) -> tuple[float, float | None]:
	"""Complaint Count and Days Since Contact as of a day, on which one customer and everyone must agree."""
	both = []
	for customers in ([customer], None):
		known = site_facts.read_facts(policy, customers)
		row = evaluate(known, policy, ago(days)).scores.set_index("customer").loc[customer]
		silence = row["days_since_contact"]
		both.append((row["complaint_count_30d"], None if silence != silence else silence))
	assert both[0] == both[1]
	return both[0]


def issue(customer: str, days: int, **more: Any) -> Any:
	values = {"doctype": "Issue", "subject": "Late again", "customer": customer, "opening_date": ago(days)}
	return frappe.get_doc({**values, **more}).insert()


def claim(customer: str, days: int) -> Any:
	values = {"doctype": "Warranty Claim", "customer": customer, "complaint_date": ago(days)}
	return frappe.get_doc({**values, "status": "Open", "complaint": "It is broken"}).insert()


def test_issues_and_claims_of_the_window_are_complaints(policy: Policy, buyer: str) -> None:
	issue(buyer, 40)
	issue(buyer, 20)
	issue(make_customer("Other"), 20)
	withdrawn = claim(buyer, 10)
	assert [found(policy, buyer, days)[0] for days in (0, 11, 21, 41)] == [2, 2, 1, 0]
	withdrawn.update({"status": "Cancelled"}).save()
	assert found(policy, buyer)[0] == 1


def call(customer: str, days: int) -> Any:
	doc = contacts.log(customer, "Phone", "said hello")
	doc.update({"communication_date": f"{ago(days)} 10:00:00"}).save()
	return doc


def mail(customer: str, days: int) -> Any:
	values = {
		"communication_medium": "Email",
		"communication_date": f"{ago(days)} 10:00:00",
		"subject": "Hello",
	}
	link = [{"link_doctype": "Customer", "link_name": customer}]
	doc = {"doctype": "Communication", "communication_type": "Communication", "timeline_links": link}
	return frappe.get_doc({**doc, **values}).insert()


def meeting(customer: str, days: int) -> Any:
	guest = [{"reference_doctype": "Customer", "reference_docname": customer}]
	values = {"subject": "Lunch", "starts_on": f"{ago(days)} 12:00:00", "event_participants": guest}
	return frappe.get_doc({"doctype": "Event", "event_type": "Public", **values}).insert()


def task(customer: str, _days: int) -> Any:
	values = {"reference_type": "Customer", "reference_name": customer, "description": "Call him"}
	doc = frappe.get_doc({"doctype": "ToDo", "status": "Open", **values}).insert()
	assert not outbox.waiting(), "a task that is open is no contact"
	return doc.update({"status": "Closed"}).save()


CONTACTS: dict[Callable[[str, int], Any], int] = {call: 7, mail: 7, meeting: 7, task: 0}


@pytest.mark.parametrize("make", CONTACTS, ids=lambda make: make.__name__)
def test_the_last_contact_is_what_the_follow_ups_take_for_one(
	policy: Policy, buyer: str, make: Callable[[str, int], Any]
) -> None:
	assert found(policy, buyer)[1] is None
	made = make(buyer, 7)
	assert found(policy, buyer)[1] == CONTACTS[make] == (ago(0) - contacts.last([buyer])[buyer].day).days
	assert found(policy, buyer, CONTACTS[make] + 1)[1] is None
	assert {request.customer for request in outbox.waiting()} == {buyer}
	frappe.db.delete("Rescore Request")
	made.delete()
	assert {request.customer for request in outbox.waiting()} == {buyer}
	assert found(policy, buyer)[1] is None


@pytest.mark.parametrize("make", [issue, claim], ids=lambda make: make.__name__)
def test_a_complaint_has_its_customer_graded_again(
	policy: Policy, buyer: str, make: Callable[[str, int], Any]
) -> None:
	other = make_customer("Other")
	frappe.db.delete("Rescore Request")

	def marked() -> set[str | None]:
		names = {request.customer for request in outbox.waiting()}
		frappe.db.delete("Rescore Request")
		return names

	made = make(buyer, 3)
	assert marked() == {buyer}
	made.reload()
	made.save()
	assert not marked(), "nothing that counts has changed"
	made.update({"customer": other}).save()
	assert marked() == {buyer, other}
	made.delete()
	assert marked() == {other}


def test_nothing_is_marked_or_read_for_a_policy_that_does_not_ask(buyer: str) -> None:
	for make in (issue, claim, call, mail, meeting, task):
		make(buyer, 3)
	assert not outbox.waiting()
	current = state.published()
	assert current is not None
	known = site_facts.read_facts(current.policy)
	assert known.complaints is None and known.contacts is None
