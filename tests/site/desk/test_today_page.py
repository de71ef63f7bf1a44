"""What the page of My customers today shows, beside the follow-ups themselves."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.site.acting import follow_ups
from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.site.helpers.serving import make_user

SETTINGS = "Customer Tiering Settings"
ME = "Administrator"


@pytest.fixture
def silent() -> str:
	"""One of mine who was silent for too long, before a list was ever made."""
	customer = make_customer("Silent Mill", account_manager=ME)
	for days in range(300, 84, -24):
		invoice(customer, 4_000, ago(days))
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "contact_every_days", 0)
	frappe.db.set_single_value(SETTINGS, "follow_ups", 1)
	drain()
	return customer


def names(rows: list[dict[str, Any]]) -> list[str]:
	return [row["customer"] for row in rows]


def test_before_the_first_list_it_says_whom_one_would_name(silent: str) -> None:
	before = api.today()
	assert (before["made"], before["fresh"], before["rows"], before["customers"]) == (False, 1, [], 1)
	api.make_my_list()
	after = api.today()
	assert (after["made"], after["fresh"], names(after["rows"])) == (True, 0, [silent])


def test_looking_at_it_waits_for_nobody_who_makes_lists(silent: str) -> None:
	asked: list[bool] = []
	stored = follow_ups.stored
	with pytest.MonkeyPatch.context() as patch:
		patch.setattr(
			follow_ups, "stored", lambda some, lock=True: (asked.append(lock), stored(some, lock))[1]
		)
		api.today()
	assert asked == [False]


def test_a_reason_that_has_gone_is_not_told_until_it_is_closed(silent: str) -> None:
	jobs.make_lists()
	assert "Silent" in [one["reason"] for one in api.today()["rows"][0]["reasons"]]
	invoice(silent, 4_000)
	frappe.db.commit()
	told = [one["reason"] for row in api.today()["rows"] for one in row["reasons"]]
	assert "Silent" not in told
	drain()
	assert "Closed by itself" in "".join(one["text"] for one in api.today()["done"])


def test_a_figure_leads_to_just_its_customers(silent: str) -> None:
	risk = api.today()["cards"][2]
	assert risk["route"] == {"doctype": "Customer", "filters": {"name": ("in", [silent])}}
	frappe.rename_doc("Customer", silent, "Silent, Sons & Co")
	drain()
	route = api.today()["cards"][2]["route"]
	assert route["filters"] == {"account_manager": ME, "lifecycle_stage": "At Risk"}, "no name is taken apart"


def _mail(customer: str, owner: str = ME) -> str:
	mail = {"communication_medium": "Email", "sent_or_received": "Sent", "subject": "News <b>& more</b>"}
	about = {"reference_doctype": "Customer", "reference_name": customer}
	doc = frappe.get_doc({"doctype": "Communication", "content": "x", **mail, **about}).insert()
	doc.db_set("owner", owner)
	return doc.name


def test_ones_own_mail_to_the_customer_closes_what_is_open(silent: str) -> None:
	jobs.make_lists()
	elsewhere = make_customer("Elsewhere")
	for mail in ("", "none", _mail(elsewhere), _mail(silent, "Guest")):
		with pytest.raises(frappe.ValidationError, match="no mail of yours"):
			api.mailed(silent, mail)
	assert names(api.today()["rows"]) == [silent]
	mail = _mail(silent)
	api.mailed(silent, mail)
	page = api.today()
	assert page["rows"] == [] and page["done"][0]["text"] == "News & more"
	assert frappe.get_all("Customer Follow-up", {"customer": silent}, pluck="contact_name")[0] == mail


def test_whoever_reads_no_customers_has_an_empty_page(silent: str) -> None:
	user = make_user("today.ladder@example.com", "Tiering Manager")
	frappe.db.set_value("Customer", silent, "account_manager", user)
	frappe.set_user(user)
	page = api.today()
	assert (page["customers"], page["rows"]) == (0, [])


def test_what_was_agreed_comes_with_the_row(silent: str) -> None:
	jobs.make_lists()
	api.agree_contacts(silent, 90, str(ago(-300)), None, "By quarter <i>& no more</i>")
	settled = api.today()["rows"][0]["agreed"]
	assert (
		settled["days"] == 90
		and settled["until"] == ago(-300)
		and settled["reason"] == "By quarter & no more"
	)


def test_switched_off_it_names_who_can_switch_it_on() -> None:
	make_user("today.admin@example.com", "Tiering Manager")
	assert "today.admin" in api.today()["ask"]


def test_a_manager_counts_the_customers_whom_he_may_see(silent: str) -> None:
	jobs.make_lists()
	manager = make_user("today.manager@example.com", "Sales Manager")
	frappe.set_user(manager)
	assert [(one["user"], one["open"]) for one in api.today()["team"]] == [(ME, 1)]
	assert names(api.today(ME)["rows"]) == [silent]
	frappe.set_user(ME)
	elsewhere = make_customer("Elsewhere")
	limit = {"user": manager, "allow": "Customer", "for_value": elsewhere}
	frappe.get_doc({"doctype": "User Permission", **limit}).insert()
	frappe.set_user(manager)
	assert api.today()["team"] == [] and api.today(ME)["rows"] == []
