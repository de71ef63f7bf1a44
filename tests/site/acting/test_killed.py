"""Killed at any moment of planning or an act, or done by two at once: nothing is lost, nothing is twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.site.acting import follow_ups, owners
from tests.site.helpers.faults.processes import Process, at_statement, die, until, wait_for_file
from tests.site.helpers.selling import invoice, make_customer, sold

SETTINGS, FOLLOW_UP = "Customer Tiering Settings", "Customer Follow-up"
PEOPLE = ("ann.acting@example.com", "bea.acting@example.com")
DUE, SILENT = "Contact Due", "Silent"


@pytest.fixture(autouse=True)
def staffed(monkeypatch: pytest.MonkeyPatch) -> None:
	"""Two people with two silent customers each, of whom contacts are asked for; a batch holds one person."""
	monkeypatch.setattr(follow_ups, "_AT_ONCE", 2)
	frappe.db.set_single_value(SETTINGS, {"follow_ups": 1, "small_site_customers": 0})
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "contact_every_days", 14)
	for at, user in enumerate(PEOPLE):
		if not frappe.db.exists("User", user):
			frappe.get_doc(
				{"doctype": "User", "email": user, "first_name": user.split(".")[0], "send_welcome_email": 0}
			).insert().add_roles("Sales User")
		for name in (f"{user[:3]} one", f"{user[:3]} two"):
			make_customer(name, account_manager=user)
			sold(name, *((days, 100 + at) for days in (90, 80, 70, 60, 50, 40)))
	jobs.nightly()


def state() -> list[tuple[Any, ...]]:
	"""All that the follow-ups say but their names; no two are open about one customer and reason."""
	fields = ["customer", "reason", "occasion", "status", "assigned_to", "opened_on", "due_on", "stake"]
	rows = frappe.get_all(FOLLOW_UP, fields=fields, as_list=True, order_by="customer asc, reason asc")
	open_ones = [row[:2] for row in rows if row[3] == "Open"]
	assert len(set(open_ones)) == len(open_ones)
	return sorted(map(tuple, rows), key=str)


def forget() -> None:
	frappe.db.delete(FOLLOW_UP)
	frappe.db.commit()


def test_planning_killed_at_each_point_is_made_good_by_the_next_run() -> None:
	whole = state()
	assert {row[1] for row in whole} >= {DUE, SILENT}
	assert {row[0] for row in whole} == {
		f"{user[:3]} {number}" for user in PEOPLE for number in ("one", "two")
	}
	point = 0
	while True:
		point += 1
		forget()
		code = Process(follow_ups.make_lists, before=partial(at_statement, point, die)).wait()
		frappe.db.rollback()
		if code == 0:
			break
		assert code == -9
		assert {row[:2] for row in state()} <= {row[:2] for row in whole}
		jobs.make_lists()
		assert state() == whole
	assert point > 8


def test_a_call_killed_at_each_point_is_filed_and_settled_or_neither() -> None:
	point, customer = 0, "ann one"
	open_ones = frappe.db.count(FOLLOW_UP, {"customer": customer, "status": "Open"})
	while True:
		point += 1
		before = frappe.db.count("Communication", {"reference_name": customer})

		def call() -> None:
			api.log_contact("ann one", "Phone", "a call")

		code = Process(call, before=partial(at_statement, point, die)).wait()
		frappe.db.rollback()
		filed = frappe.db.count("Communication", {"reference_name": customer}) - before
		settled = frappe.db.count(FOLLOW_UP, {"customer": customer, "status": "Done"})
		assert (filed, settled) in ((0, 0), (1, open_ones))
		if code == 0:
			break
	assert (filed, settled) == (1, open_ones)
	assert point > 3


def test_a_drain_killed_at_each_point_closes_what_has_recovered_with_the_grade() -> None:
	invoice("bea two", 50)
	frappe.db.commit()
	point = 0
	while True:
		point += 1
		code = Process(jobs.drain, before=partial(at_statement, point, die)).wait()
		frappe.db.rollback()
		graded = (
			frappe.db.get_value("Customer Score", {"customer": "bea two"}, "lifecycle_stage") != "At Risk"
		)
		closed = bool(frappe.db.exists(FOLLOW_UP, {"customer": "bea two", "status": "Recovered"}))
		assert graded == closed
		if code == 0:
			break
	assert closed


@pytest.mark.parametrize("other", [jobs.make_lists, partial(follow_ups.make_list, PEOPLE[0]), jobs.nightly])
def test_two_who_plan_at_once_open_nothing_twice(other: Callable[[], Any], tmp_path: Path) -> None:
	whole = state()
	forget()
	here = tmp_path / "here"
	held_up = Process(follow_ups.make_lists, before=lambda: at_statement(4, wait_for_file(here)))
	until(here.exists)
	second = Process(other)
	here.unlink()
	assert (held_up.wait(), second.wait()) == (0, 0)
	frappe.db.rollback()
	assert state() == whole


def test_a_user_who_was_deleted_stops_nobody_else() -> None:
	frappe.db.delete("User", {"name": PEOPLE[0]})
	assert jobs.make_lists() == 0
	assert set(owners.read().values()) == {PEOPLE[1]}
	escalated = {
		customer
		for customer, on in frappe.get_all(FOLLOW_UP, fields=["customer", "escalated_on"], as_list=True)
		if on
	}
	assert escalated == {"ann one", "ann two"}
