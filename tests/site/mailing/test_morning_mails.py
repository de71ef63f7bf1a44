"""Today's list by mail: for whoever asked for it, on working days, once, and by his own rights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.reporting.mailing import morning_mails
from customer_tiering.site.acting import follow_ups
from customer_tiering.site.grading import drains
from tests.site.helpers.selling import make_customer, sold, today

SELLER = "mia.morning@example.com"


@pytest.fixture(autouse=True)
def outgoing() -> Iterator[None]:
	"""An account by which the site could send."""
	if not frappe.db.exists("Email Account", "Out"):
		account = {"doctype": "Email Account", "name": "Out", "email_account_name": "Out"}
		frappe.get_doc(
			{**account, "email_id": "tiers@example.com", "enable_outgoing": 1, "default_outgoing": 1}
		).db_insert()
	frappe.db.commit()
	yield
	frappe.db.delete("Email Account", {"name": "Out"})
	frappe.db.commit()


@pytest.fixture(autouse=True)
def listed(outgoing: None) -> None:
	"""A seller with one silent customer on his list, who wants mails."""
	frappe.db.delete("Email Queue")
	morning_mails.forget_wishes()
	frappe.db.set_single_value("Customer Tiering Settings", "follow_ups", 1)
	if not frappe.db.exists("User", SELLER):
		frappe.get_doc(
			{"doctype": "User", "email": SELLER, "first_name": "Mia", "send_welcome_email": 0}
		).insert().add_roles("Sales User")
	frappe.db.set_value("User", SELLER, {"enabled": 1, "language": "en"})
	buyer = make_customer("Tea and Sons", account_manager=SELLER)
	frappe.db.set_value("Customer", buyer, "customer_name", "Tea & <b>Sons</b>")
	sold(buyer, *((days, 100) for days in (90, 80, 70, 60, 50, 40)))
	drains.full_runs.nightly(today())
	follow_ups.make_list(SELLER)
	frappe.set_user(SELLER)
	api.mail_me_each_morning(1)
	frappe.set_user("Administrator")
	frappe.db.commit()


def mails() -> list[str]:
	return frappe.get_all("Email Queue", pluck="message")


def test_who_asked_for_it_gets_it_once_a_day() -> None:
	assert api.today(SELLER)["mailed"] is False  # the reader's own wish, not hers
	assert jobs.morning_mails() == 1
	assert jobs.morning_mails() == 0
	assert len(mails()) == 1
	assert morning_mails.send(today() + timedelta(days=1)) == 1


def test_names_are_no_markup() -> None:
	jobs.morning_mails()
	message = frappe.get_doc("Email Queue", {}).message
	plain = message.replace("=\n", "").replace("=\r\n", "")
	assert "<b>Sons</b>" not in plain.split("text/html")[1]
	assert "Silent for 40 days" in plain


@pytest.mark.parametrize("why", ["no longer wanted", "off", "left", "nothing to do", "holiday"])
def test_nobody_is_mailed_without_a_cause(why: str) -> None:
	if why == "no longer wanted":
		morning_mails.want(SELLER, False)
	elif why == "off":
		frappe.db.set_single_value("Customer Tiering Settings", "follow_ups", 0)
	elif why == "left":
		frappe.db.set_value("User", SELLER, "enabled", 0)
	elif why == "nothing to do":
		frappe.db.delete("Customer Follow-up")
	else:
		days = frappe.get_doc(
			{
				"doctype": "Holiday List", "holiday_list_name": f"of {frappe.generate_hash(length=5)}",
				"from_date": today(), "to_date": today(),
				"holidays": [{"holiday_date": today(), "description": "a day off"}],
			}
		).insert()  # fmt: skip
		company = frappe.defaults.get_user_default("company", SELLER)
		frappe.db.set_value("Company", company, "default_holiday_list", days.name)
		frappe.clear_document_cache("Company", company)
	assert jobs.morning_mails() == 0
	assert mails() == []
	if why == "holiday":
		frappe.db.set_value("Company", company, "default_holiday_list", None)
		frappe.clear_document_cache("Company", company)


def test_what_fails_for_one_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
	def broken(*_args: object) -> None:
		raise ValueError("broken")

	monkeypatch.setattr(morning_mails, "_mail", broken)
	assert jobs.morning_mails() == 0
	assert frappe.get_all("Tiering Failure", {"kind": "Morning Mail"}, pluck="subject") == [SELLER]
	monkeypatch.undo()
	assert jobs.morning_mails() == 1
	assert not frappe.db.exists("Tiering Failure", {"kind": "Morning Mail"})
