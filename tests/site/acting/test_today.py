"""My customers today, on real documents: who is listed and why, what an act does, what closes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.site.acting import follow_ups, owners
from customer_tiering.site.grading import drains, state
from tests.site.helpers.reports import hold
from tests.site.helpers.selling import ago, invoice, make_customer, sold, today

SETTINGS, FOLLOW_UP = "Customer Tiering Settings", "Customer Follow-up"
SELLER, OTHER = "sally.seller@example.com", "olaf.other@example.com"
EVERY_TEN = (90, 80, 70, 60, 50, 40)


@pytest.fixture(autouse=True)
def on() -> None:
	"""Lists are kept, and no tier asks for contacts unless a test says so."""
	frappe.db.set_single_value(SETTINGS, "follow_ups", 1)
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "contact_every_days", 0)
	for user in (SELLER, OTHER):
		if not frappe.db.exists("User", user):
			frappe.get_doc(
				{"doctype": "User", "email": user, "first_name": user.split(".")[0], "send_welcome_email": 0}
			).insert().add_roles("Sales User")
		frappe.db.set_value("User", user, "enabled", 1)
	frappe.db.commit()


@pytest.fixture
def every_week() -> None:
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "contact_every_days", 7)
	frappe.db.commit()


def mine(name: str, user: str = SELLER, **fields: Any) -> str:
	return make_customer(name, account_manager=user, **fields)


def silent(name: str, amount: float = 100, user: str = SELLER) -> str:
	"""One who bought every ten days, and then no more."""
	customer = mine(name, user)
	sold(customer, *((days, amount) for days in EVERY_TEN))
	return customer


def listed(user: str = SELLER) -> dict[str, list[str]]:
	"""Reasons by customer of today's list, as an admin sees it."""
	return {row["customer"]: [one["reason"] for one in row["reasons"]] for row in api.today(user)["rows"]}


def statuses(customer: str) -> dict[str, str]:
	rows = frappe.get_all(FOLLOW_UP, {"customer": customer}, ["reason", "status"], as_list=True)
	assert len({reason for reason, _status in rows}) == len(rows)
	return dict(rows)


@pytest.fixture
def seller() -> Iterator[None]:
	frappe.db.commit()
	frappe.set_user(SELLER)
	yield
	frappe.set_user("Administrator")


# -- who is listed ----------------------------------------------------------------------------------


def test_off_by_default_nothing_is_listed() -> None:
	frappe.db.set_single_value(SETTINGS, "follow_ups", 0)
	silent("Buyer")
	jobs.nightly()
	assert not api.today(SELLER)["on"]
	assert not frappe.db.count(FOLLOW_UP)


def test_each_person_has_his_own_customers_with_most_at_stake_first() -> None:
	small, large, others = silent("Small", 10), silent("Large", 500), silent("Others", user=OTHER)
	sold(make_customer("Nobody's"), (300, 100))
	jobs.nightly()
	assert list(listed()) == [large, small]
	assert listed() == {large: ["Silent"], small: ["Silent"]}
	assert list(listed(OTHER)) == [others]


def test_made_again_it_changes_nothing() -> None:
	silent("Buyer")
	jobs.nightly()
	before = frappe.get_all(FOLLOW_UP, fields=["*"])
	jobs.nightly()
	jobs.make_lists()
	assert frappe.get_all(FOLLOW_UP, fields=["*"]) == before


def test_no_list_is_longer_than_the_settings_say() -> None:
	frappe.db.set_single_value(SETTINGS, "follow_ups_a_day", 2)
	for name, amount in (("A", 30), ("B", 10), ("C", 20)):
		silent(name, amount)
	jobs.nightly()
	page = api.today(SELLER)
	assert [row["customer"] for row in page["rows"]] == ["A", "C"]
	assert (page["signals"], page["customers"]) == (3, 3)


def test_a_quotation_that_ends_soon_and_a_first_order_without_a_second() -> None:
	offered, fresh = mine("Offered"), mine("Fresh")
	sold(offered, (200, 100))
	sold(fresh, (60, 80))
	frappe.get_doc(
		{
			"doctype": "Quotation",
			"quotation_to": "Customer",
			"party_name": offered,
			"valid_till": today() + timedelta(days=3),
			"items": [{"item_code": "Service Hour", "qty": 2, "rate": 400}],
		}
	).insert().submit()
	jobs.nightly()
	found = listed()
	assert "Quotation Lapses" in found[offered]
	assert "Second Order" in found[fresh]
	row = next(row for row in api.today(SELLER)["rows"] if row["customer"] == offered)
	told = next(one for one in row["reasons"] if one["reason"] == "Quotation Lapses")
	assert "800" in told["more"]


def test_who_is_about_to_fall_is_told_when_and_by_what_it_is_kept() -> None:
	"""By last night's cut points, as on his form; amounts are the engine's, and proven there."""
	buyer, other = mine("Buyer"), make_customer("Other")
	sold(buyer, (360, 400), (355, 400), (350, 400))
	sold(other, (30, 100), (20, 100), (10, 100))
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, {"grace_days": 20, "rise_days": 0})
	frappe.db.commit()
	api.publish("for a test")
	for day in (40, 15, 0):
		drains.full_runs.nightly(ago(day))
	follow_ups.make_lists()
	rows = {row["customer"]: row for row in api.today(SELLER)["rows"]}
	falling = [one for one in rows.get(buyer, {"reasons": []})["reasons"] if one["reason"] == "Falling"]
	assert len(falling) == 1
	held, falls_on = frappe.db.get_value("Customer Score", {"customer": buyer}, ["tier", "falls_on"])
	assert falling[0]["more"] == "By the cut points of today no single order would prevent it."
	assert falling[0]["head"].endswith(frappe.utils.formatdate(falls_on))
	assert held != frappe.db.get_value("Customer Score", {"customer": buyer}, "falls_to")


# -- what an act does -------------------------------------------------------------------------------


def test_a_call_is_filed_and_settles_what_was_open(every_week: None) -> None:
	buyer = silent("Buyer")
	jobs.nightly()
	assert set(listed()[buyer]) == {"Silent", "Contact Due"}
	name = api.log_contact(buyer, "Phone", "wants <b>more</b> tea")
	filed = frappe.get_doc("Communication", name)
	assert (filed.reference_name, filed.communication_medium) == (buyer, "Phone")
	assert filed.content == "wants <b>more</b> tea"
	assert statuses(buyer) == {"Silent": "Done", "Contact Due": "Done"}
	for _night in range(2):
		jobs.nightly()
		assert buyer not in listed()
	assert {row["customer"] for row in api.today(SELLER)["done"]} == {buyer}


def test_who_is_put_off_is_back_on_that_day() -> None:
	buyer = silent("Buyer")
	jobs.nightly()
	api.put_off(buyer, str(today() + timedelta(days=2)))
	page = api.today(SELLER)
	assert (page["rows"], [row["customer"] for row in page["later"]]) == ([], [buyer])
	frappe.db.set_value(FOLLOW_UP, {"customer": buyer}, "not_before", today())
	assert list(listed()) == [buyer]


def test_nobody_is_put_off_to_a_day_that_is_none() -> None:
	buyer = silent("Buyer")
	jobs.nightly()
	for day in (None, str(ago(0)), str(ago(3)), "tomorrow"):
		with pytest.raises(frappe.ValidationError):
			api.put_off(buyer, day)


def test_who_is_skipped_stays_off_until_something_new_happens() -> None:
	buyer = silent("Buyer")
	jobs.nightly()
	with pytest.raises(frappe.ValidationError, match="Say why"):
		api.skip_follow_up(buyer, " ")
	api.skip_follow_up(buyer, "has closed down")
	jobs.nightly()
	assert statuses(buyer) == {"Silent": "Skipped"}


def test_what_is_handed_over_stays_with_whom_it_was_handed_to() -> None:
	buyer = silent("Buyer")
	jobs.nightly()
	api.hand_over(buyer, OTHER)
	jobs.nightly()
	assert (list(listed()), list(listed(OTHER))) == ([], [buyer])
	assert [row["customer"] for row in api.today(SELLER)["others"]] == [buyer]
	api.hand_over(buyer, SELLER)
	jobs.nightly()
	assert (list(listed()), list(listed(OTHER))) == ([buyer], [])
	assert not frappe.db.get_value(FOLLOW_UP, {"customer": buyer}, "handed_over_by")


@pytest.mark.parametrize("user", ["", "nobody@example.com", "Guest"])
def test_nothing_is_handed_to_who_cannot_take_it(user: str) -> None:
	buyer = silent("Buyer")
	jobs.nightly()
	with pytest.raises(frappe.ValidationError, match="log in to the desk"):
		api.hand_over(buyer, user)


def test_a_pause_and_an_interval_of_his_own(every_week: None) -> None:
	buyer = mine("Buyer")
	sold(buyer, (5, 100))
	jobs.nightly()
	assert "Contact Due" in listed()[buyer]
	api.agree_contacts(buyer, paused_until=str(today() + timedelta(days=9)), reason="on leave")
	jobs.nightly()
	assert "Contact Due" not in listed().get(buyer, [])
	assert statuses(buyer)["Contact Due"] == "Recovered"
	with pytest.raises(frappe.ValidationError, match="reason"):
		api.agree_contacts(buyer, days=30)
	api.agree_contacts(buyer, days=30, reason="asked for it")
	api.agree_contacts(buyer)
	assert not frappe.db.get_value("Customer Score", {"customer": buyer}, "own_contact_every_days")


# -- what closes by itself --------------------------------------------------------------------------


@pytest.mark.parametrize("small", [0, 1000], ids=["large", "small"])
def test_win_back_closes_itself_when_he_buys(small: int) -> None:
	frappe.db.set_single_value(SETTINGS, "small_site_customers", small)
	buyer = silent("Buyer")
	jobs.nightly()
	invoice(buyer, 50)
	jobs.drain()
	assert statuses(buyer)["Silent"] == "Recovered"
	done = api.today(SELLER)["done"]
	assert "Closed by itself" in done[0]["text"]


def test_a_mail_sent_from_anywhere_counts_unless_the_settings_say_otherwise(every_week: None) -> None:
	buyer = mine("Buyer")
	sold(buyer, (5, 100))
	jobs.nightly()
	mail = {
		"doctype": "Communication", "communication_type": "Communication", "communication_medium": "Email",
		"subject": "Offer", "sent_or_received": "Sent", "reference_doctype": "Customer",
		"reference_name": buyer,
	}  # fmt: skip
	frappe.get_doc(mail).insert()
	jobs.nightly()
	assert statuses(buyer)["Contact Due"] == "Recovered"
	frappe.db.set_single_value(SETTINGS, "count_mails", 0)
	jobs.nightly()
	assert frappe.db.count(FOLLOW_UP, {"customer": buyer, "reason": "Contact Due", "status": "Open"}) in (
		0,
		1,
	)


def test_a_sales_invoice_goes_through_when_follow_ups_cannot_be_closed(
	monkeypatch: pytest.MonkeyPatch,
) -> None:
	buyer = silent("Buyer")
	jobs.nightly()

	def broken(*_args: Any) -> None:
		raise ValueError("broken")

	monkeypatch.setattr(follow_ups, "_refresh", broken)
	invoice(buyer, 50)
	jobs.drain()
	assert frappe.db.get_value("Customer Score", {"customer": buyer}, "last_purchase") == today()
	assert frappe.db.get_value("Tiering Failure", {"kind": "Follow-ups"}, "kind")
	monkeypatch.undo()
	jobs.nightly()
	assert not frappe.db.exists("Tiering Failure", {"kind": "Follow-ups"})


def test_one_list_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
	silent("Hers"), silent("His", user=OTHER)
	made = follow_ups._make

	def one_fails(user: str, *rest: Any) -> int:
		if user == OTHER:
			raise ValueError("broken")
		return made(user, *rest)

	monkeypatch.setattr(follow_ups, "_make", one_fails)
	jobs.nightly()
	assert (list(listed()), list(listed(OTHER))) == (["Hers"], [])
	assert frappe.get_all("Tiering Failure", {"kind": "Follow-ups"}, pluck="subject") == [OTHER]
	monkeypatch.undo()
	jobs.nightly()
	assert list(listed(OTHER)) == ["His"]
	assert not frappe.db.exists("Tiering Failure", {"kind": "Follow-ups"})


# -- who leaves, moves, goes ------------------------------------------------------------------------


def test_what_is_not_done_for_days_is_shown_to_managers() -> None:
	buyer = silent("Buyer")
	jobs.nightly()
	frappe.db.set_value(FOLLOW_UP, {"customer": buyer}, "opened_on", ago(5))
	jobs.make_lists()
	assert not frappe.db.get_value(FOLLOW_UP, {"customer": buyer}, "escalated_on")
	frappe.db.set_value(FOLLOW_UP, {"customer": buyer}, "opened_on", ago(6))
	jobs.make_lists()
	assert frappe.db.get_value(FOLLOW_UP, {"customer": buyer}, "escalated_on") == today()
	assert [(one["user"], one["late"]) for one in api.today(SELLER)["team"]] == [(SELLER, 1)]


def test_the_follow_ups_of_who_left_go_to_the_managers_and_then_to_who_follows_him() -> None:
	buyer = silent("Buyer")
	jobs.nightly()
	frappe.db.set_value("User", SELLER, "enabled", 0)
	jobs.make_lists()
	assert owners.read([buyer]) == {}
	assert frappe.db.get_value(FOLLOW_UP, {"customer": buyer}, "escalated_on") == today()
	frappe.db.set_value("Customer", buyer, "account_manager", OTHER)
	jobs.make_lists()
	assert list(listed(OTHER)) == [buyer]


def test_a_customer_who_is_merged_disabled_or_deleted(every_week: None) -> None:
	one, two, third, fourth = (silent(name) for name in ("One", "Two", "Third", "Fourth"))
	jobs.nightly()
	frappe.rename_doc("Customer", one, two, merge=True, show_alert=False)
	frappe.db.set_value("Customer", third, "disabled", 1)
	frappe.db.delete("Sales Invoice", {"customer": fourth})
	frappe.delete_doc("Customer", fourth, force=True)
	jobs.drain()
	jobs.nightly()
	open_ones = frappe.get_all(FOLLOW_UP, {"status": "Open"}, ["customer", "reason"], as_list=True)
	assert {customer for customer, _reason in open_ones} == {two}
	assert not frappe.db.exists(FOLLOW_UP, {"customer": fourth})


# -- rights -----------------------------------------------------------------------------------------


def test_a_seller_sees_his_own_list_and_not_that_of_others(seller: None) -> None:
	frappe.set_user("Administrator")
	buyer, others = silent("Buyer"), silent("Others", user=OTHER)
	jobs.nightly()
	frappe.set_user(SELLER)
	page = api.today()
	assert ([row["customer"] for row in page["rows"]], page["team"]) == ([buyer], [])
	with pytest.raises(frappe.PermissionError):
		api.today(OTHER)
	api.log_contact(others, "Phone", "he may see all customers, so he may call them")


def test_who_is_limited_to_a_customer_acts_on_no_other(seller: None) -> None:
	frappe.set_user("Administrator")
	buyer, others = silent("Buyer"), silent("Others")
	frappe.get_doc(
		{"doctype": "User Permission", "user": SELLER, "allow": "Customer", "for_value": buyer}
	).insert()
	jobs.nightly()
	frappe.set_user(SELLER)
	assert [row["customer"] for row in api.today()["rows"]] == [buyer]
	for call in (
		lambda: api.log_contact(others, "Phone", ""),
		lambda: api.put_off(others, str(today() + timedelta(days=1))),
		lambda: api.skip_follow_up(others, "no"),
		lambda: api.hand_over(others, OTHER),
		lambda: api.agree_contacts(others, days=3, reason="no"),
	):
		with pytest.raises(frappe.PermissionError):
			call()
	assert {row.customer for row in frappe.get_list(FOLLOW_UP, fields=["customer"])} == {buyer}


def test_what_happens_about_a_customer_is_said_by_who_looks_after_him() -> None:
	buyer, free = silent("Buyer"), make_customer("Free")
	jobs.nightly()
	tomorrow = str(today() + timedelta(days=1))
	calls = (
		lambda: api.put_off(buyer, tomorrow),
		lambda: api.skip_follow_up(buyer, "no"),
		lambda: api.hand_over(buyer, OTHER),
		lambda: api.agree_contacts(buyer, days=3, reason="no"),
	)
	frappe.set_user(OTHER)
	for call in calls:
		with pytest.raises(frappe.PermissionError, match="Somebody else looks after this customer"):
			call()
	api.agree_contacts(free, days=3, reason="nobody looks after him")
	frappe.set_user(SELLER)
	api.hand_over(buyer, OTHER)
	for user in (OTHER, SELLER):  # whose list it is on now, and who may take it back
		frappe.set_user(user)
		api.put_off(buyer, tomorrow)
	frappe.set_user("Administrator")
	api.skip_follow_up(buyer, "a manager says so")


def test_nobody_writes_a_follow_up_by_hand() -> None:
	with pytest.raises(frappe.PermissionError):
		frappe.get_doc({"doctype": FOLLOW_UP, "customer": mine("Buyer"), "reason": "Silent"}).insert()


def test_the_first_list_can_be_made_by_oneself(seller: None) -> None:
	frappe.set_user("Administrator")
	buyer = silent("Buyer")
	drains.full_runs.nightly(state.today())
	frappe.db.commit()
	frappe.set_user(SELLER)
	assert api.today()["rows"] == []
	api.make_my_list()
	assert [row["customer"] for row in api.today()["rows"]] == [buyer]


def test_hold_is_of_the_customer(every_week: None) -> None:
	"""A prospect without a tier is asked for nothing."""
	prospect = mine("Prospect")
	hold(prospect, None, "Prospect")
	jobs.nightly()
	assert prospect not in listed()
	assert isinstance(today(), date)
