"""The monthly review by mail: off by default, once per month and reader, of his own customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from email import message_from_string
from typing import Any

import frappe
import pytest

from customer_tiering import jobs
from customer_tiering.names import SETTINGS
from customer_tiering.reporting.mailing import review, review_mails
from customer_tiering.reporting.past import standing
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import state
from tests.site.helpers.selling import ago, invoice, make_customer

NAME = "Largest & <Co>"
ASIDE = "Sales Manager Aside"  # what other tests' sales managers are meanwhile


def end(months_ago: int) -> date:
	return standing.month_ends(ago(0), months_ago)[0]


def first_of(day: date) -> date:
	"""The day after a month's last: the review of it is due."""
	return day + timedelta(days=1)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
	"""An outgoing account, nobody else who would get a mail, and no mail."""
	state.set_state({"review_sent": ""})
	for doctype in ("Email Queue", "Email Queue Recipient", "Error Log"):
		frappe.db.delete(doctype)
	if not frappe.db.exists("Email Account", "Out"):
		account = {"doctype": "Email Account", "name": "Out", "email_account_name": "Out"}
		frappe.get_doc(
			{**account, "email_id": "tiers@example.com", "enable_outgoing": 1, "default_outgoing": 1}
		).db_insert()
	table = frappe.qb.DocType("Has Role")
	others = (
		(table.role == "Sales Manager") & (table.parenttype == "User") & (table.parent != "Administrator")
	)
	frappe.qb.update(table).set(table.role, ASIDE).where(others).run()
	frappe.clear_cache()
	frappe.db.commit()
	yield
	frappe.set_user("Administrator")
	frappe.db.rollback()
	frappe.qb.update(table).set(table.role, "Sales Manager").where(table.role == ASIDE).run()
	switch(0)
	state.set_state({"review_sent": ""})
	frappe.db.delete("Email Queue")
	frappe.db.delete("Email Account", {"name": "Out"})
	for user in frappe.get_all(
		"User", {"email": ("like", "mail.%@example.com")}, pluck="name", order_by=None
	):
		frappe.db.delete("User Permission", {"user": user})
		frappe.delete_doc("User", user, force=True)
	frappe.db.commit()


def switch(on: int, role: str = "Sales Manager") -> None:
	settings = frappe.get_doc(SETTINGS)
	settings.update({"review_mail": on, "review_role": role})
	settings.save()
	frappe.db.commit()


def person(name: str, *roles: str, language: str = "en", **limits: str) -> str:
	user = frappe.get_doc(
		{
			"doctype": "User", "email": f"mail.{name}@example.com", "first_name": name, "language": language,
			"send_welcome_email": 0, "roles": [{"role": role} for role in roles],
		}
	).insert()  # fmt: skip
	for doctype, value in limits.items():
		limit = {"doctype": "User Permission", "user": user.name, "allow": frappe.unscrub(doctype)}
		frappe.get_doc({**limit, "for_value": value}).insert()
	frappe.db.commit()
	return user.name


@pytest.fixture
def company() -> None:
	"""Three customers over two months: one rose, one fell, one is at risk in a top tier."""
	for name in ("Largest", "Faller", "Silent"):
		make_customer(name)
	frappe.db.set_value("Customer", "Largest", "customer_name", NAME)
	# day, amount: two months ago, the month under review
	for name, sales in {
		"Largest": [(end(2), 1_000), (end(1), 8_000), (end(1), 1_000)],
		"Faller": [(end(2), 500)],
		"Silent": [(end(2) - timedelta(days=300), 4_000), (end(2) - timedelta(days=290), 2_000)],
	}.items():
		for day, amount in sales:
			invoice(name, amount, day)
	for name, before, after, stage in (
		("Largest", "Gold", "Platinum", "Growing"),
		("Faller", "Silver", "Bronze", "Declining"),
		("Silent", "Gold", "Gold", "At Risk"),
	):
		_log(name, None, before, None, stage, end(2))
		if before != after:
			_log(name, before, after, stage, stage, end(1))
		frappe.db.set_value("Customer", name, {"customer_tier": after, "lifecycle_stage": stage})
	_snapshots()
	frappe.db.commit()


def _log(customer: str, old: str | None, new: str, old_stage: str | None, stage: str, day: date) -> None:
	values = {"from_tier": old, "to_tier": new, "from_stage": old_stage, "to_stage": stage, "as_of": day}
	name = f"{customer}{day}"
	frappe.get_doc(
		{"doctype": "Tier Change", "name": name, "customer": customer, "cause": "Time", "score": 50, **values}
	).db_insert()


def _snapshots() -> None:
	"""What the full runs of these days would have kept."""
	rows = (
		(end(2), "Gold", "Growing", 1_000), (end(2), "Silver", "Declining", 500),
		(end(2), "Gold", "At Risk", 6_000),
		(end(1), "Platinum", "Growing", 10_000), (end(1), "Bronze", "Declining", 500),
		(end(1), "Gold", "At Risk", 6_000),
	)  # fmt: skip
	policy = state.published().name
	for number, (day, tier, stage, revenue) in enumerate(rows):
		frappe.get_doc(
			{
				"doctype": "Tier Snapshot", "name": f"S{number}", "month": day.replace(day=1), "as_of": day,
				"tier": tier, "lifecycle_stage": stage, "customers": 1, "revenue": revenue,
				"month_revenue": 0, "currency": "USD", "policy": policy,
			}
		).db_insert()  # fmt: skip


def mails() -> dict[str, Any]:
	"""Queued mails by address."""
	found = {}
	for name in frappe.get_all("Email Queue", pluck="name", order_by="creation asc"):
		queue = frappe.get_doc("Email Queue", name)
		for row in queue.recipients:
			assert row.recipient not in found, "one mail per reader"
			found[row.recipient] = message_from_string(queue.message)
	return found


def parts(mail: Any) -> dict[str, str]:
	return {
		part.get_content_type(): part.get_payload(decode=True).decode()
		for part in mail.walk()
		if not part.is_multipart()
	}


def send() -> int:
	return review_mails.send(first_of(end(1)))


def test_nothing_is_sent_unless_it_is_switched_on(company: None) -> None:
	person("ann", "Sales Manager")
	assert not int(frappe.db.get_single_value(SETTINGS, "review_mail") or 0)
	assert send() == 0 and jobs.monthly_review() == 0
	assert not mails()


def test_a_month_is_told_once_to_each_reader(company: None) -> None:
	ann = person("ann", "Sales Manager")
	switch(1)
	assert [send(), send(), send()] == [1, 0, 0]
	bob = person("bob", "Sales Manager")
	assert review_mails.send(first_of(end(1)) + timedelta(days=3)) == 1, (
		"who was missed gets it on a later day"
	)
	assert set(mails()) == {ann, bob}
	assert review_mails.send(first_of(end(1)) + timedelta(days=7)) == 0, "it is news no more"
	assert review_mails.send(first_of(end(0 + 2))) == 2, "another month is another review"


def test_to_whom_it_goes(company: None) -> None:
	chosen = person("ann", "Sales Manager")
	person("seller", "Sales User")
	blind = person("blind", "Tiering Manager")
	off = person("off", "Sales Manager")
	frappe.db.set_value("User", off, "enabled", 0)
	frappe.db.commit()
	assert review_mails.recipients("Sales Manager") == [chosen]
	assert blind not in review_mails.recipients("Tiering Manager"), "he may not read customers"


def test_what_it_says(company: None) -> None:
	ann = person("ann", "Sales Manager")
	switch(1)
	send()
	said = review.mail(end(1), {})
	assert said["lead"] == (
		"Customers who hold Platinum, Gold: 2, ±0 against the month before. "
		"Their share of the revenue of the last 365 days: 97.0%."
	)
	assert [row["cells"] for row in said["tiers"]["rows"]] == [
		["Platinum", "1", "+1", "$ 10,000", "60.6%", "+60.6"],
		["Gold", "1", "−1", "$ 6,000", "36.4%", "−57.0"],
		["Silver", "0", "−1", "–", "0.0%", "−6.7"],
		["Bronze", "1", "+1", "$ 500", "3.0%", "+3.0"],
		["Total", "3", "±0", "$ 16,500", "100.0%", "±0.0"],
	]
	titles = [group["title"] for group in said["groups"]]
	assert titles == ["Customers who rose: 1", "Customers who fell: 1"]
	rose, fell = ([[_text(value) for value in row] for row in group["rows"]] for group in said["groups"])
	assert rose == [[NAME, "Gold → Platinum", "$ 10,000"]]
	assert fell == [["Faller", "Silver → Bronze", "$ 500"]]
	assert said["risk"]["title"].startswith("Customers in the top tiers who are at risk or declining now: 1")
	assert [[_text(value) for value in row] for row in said["risk"]["rows"]] == [
		["Silent", "Gold", "At Risk", "$ 6,000"]
	]
	html, text = parts(mails()[ann])["text/html"], parts(mails()[ann])["text/plain"]
	for part in (html, text):
		for words in ("60.6%", "Gold → Platinum", "Silent", said["lead"]):
			assert words in part
	assert NAME in text
	assert NAME not in html and "Largest &amp; &lt;Co&gt;" in html, "a name is no markup"
	assert mails()[ann]["Subject"] == f"Customer tiers in {end(1):%B %Y}"


def _text(value: Any) -> str:
	return value["text"] if isinstance(value, dict) else value


def test_its_links_open_the_desk_with_the_months_days(company: None) -> None:
	person("ann", "Sales Manager")
	urls = {link["text"]: link["url"] for link in review.mail(end(1), {})["links"]}
	page = urls.pop("The Whole Review as a Page")
	assert page.endswith(f"/api/method/customer_tiering.api.review_page?month={end(1)}")
	prefix = "/app" if frappe.__version__.startswith("15") else "/desk"
	assert all(url.startswith(frappe.utils.get_url() + prefix) for url in urls.values())
	assert f"from_date={end(2)}&to_date={end(1)}" in urls["Tier Movement"]


def test_it_speaks_the_readers_language(company: None) -> None:
	ann, li = person("ann", "Sales Manager"), person("li", "Sales Manager", language="zh")
	switch(1)
	assert send() == 2
	assert "铂金" in parts(mails()[li])["text/html"]
	assert "Platinum" in parts(mails()[ann])["text/html"]
	assert frappe.local.lang == "en" and frappe.session.user == "Administrator"


def test_a_limited_reader_gets_his_own_customers(company: None) -> None:
	ann = person("ann", "Sales Manager", customer="Faller")
	switch(1)
	assert send() == 1
	html, text = parts(mails()[ann])["text/html"], parts(mails()[ann])["text/plain"]
	for part in (html, text):
		assert "Faller" in part
		for other in ("Silent", "Largest", "16,500", "10,000"):
			assert other not in part
	with permissions.acting(ann):
		rows = {row["cells"][0]: row["cells"][1:4] for row in review.mail(end(1), {})["tiers"]["rows"]}
	assert rows["Total"] == ["1", "±0", "$ 500"]
	assert rows["Bronze"] == ["1", "+1", "$ 500"]


def test_everyone_and_his_own_customers_come_to_the_same(
	company: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	kept = review.mail(end(1), {})
	monkeypatch.setattr(permissions, "sees_everyone", lambda user=None: False)
	own = review.mail(end(1), {})
	assert kept["links"].pop()["text"] == "The Whole Review as a Page", "which is for who sees everyone"
	assert own == kept


def test_readers_who_see_the_same_share_the_work(company: None, monkeypatch: pytest.MonkeyPatch) -> None:
	for name in ("ann", "bob", "cem"):
		person(name, "Sales Manager")
	person("dee", "Sales Manager", customer="Faller")
	switch(1)
	found = []
	find = review.find
	monkeypatch.setattr(review, "find", lambda month: found.append(month) or find(month))
	assert send() == 4
	assert len(found) == 2


def test_before_a_month_was_kept_there_is_nothing_to_tell() -> None:
	person("ann", "Sales Manager")
	switch(1)
	assert send() == 0 and not mails()


def test_what_fails_for_one_is_reported_and_the_others_get_theirs(
	company: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	ann, bob = person("ann", "Sales Manager"), person("bob", "Sales Manager")
	switch(1)
	mail = review.mail

	def broken(*args: Any) -> Any:
		if frappe.session.user == ann:
			raise ValueError("a column is missing")
		return mail(*args)

	with monkeypatch.context() as patch:
		patch.setattr(review, "mail", broken)
		assert send() == 1
	assert set(mails()) == {bob}
	failure = frappe.get_last_doc("Tiering Failure")
	assert (failure.kind, failure.subject) == ("Review Mail", ann)
	assert send() == 1, "it is tried again"
	assert set(mails()) == {ann, bob}
	assert not frappe.db.count("Tiering Failure")


def test_a_worker_that_dies_has_neither_sent_nor_noted(
	company: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	person("ann", "Sales Manager")
	switch(1)

	class Killed(BaseException):
		pass

	def die(*_args: Any, **_more: Any) -> None:
		raise Killed

	with monkeypatch.context() as patch:
		patch.setattr(state, "set_state", die)
		with pytest.raises(Killed):
			send()
	frappe.db.rollback()  # as the database does when the connection is lost
	assert not mails()
	assert send() == 1 and len(mails()) == 1


def test_without_an_outgoing_account_it_is_reported_and_sent_once_there_is_one(company: None) -> None:
	person("ann", "Sales Manager")
	switch(1)
	_outgoing(0)
	assert send() == 0
	assert frappe.get_last_doc("Tiering Failure").kind == "Review Mail"
	_outgoing(1)
	assert send() == 1


def _outgoing(on: int) -> None:
	frappe.db.set_value("Email Account", "Out", "enable_outgoing", on)
	frappe.db.commit()
	frappe.local.outgoing_email_account = {}  # the host keeps it for as long as a request lasts


def test_the_scheduler_asks_every_day(company: None) -> None:
	hooks = frappe.get_hooks("scheduler_events", app_name="customer_tiering")
	assert "customer_tiering.jobs.monthly_review" in hooks["daily_long"]


def test_a_saved_form_does_not_forget_who_got_it(company: None, reader: Callable[..., str]) -> None:
	state.set_state({"review_sent": '{"month": "x", "users": ["a"]}'})
	settings = frappe.get_doc(SETTINGS)
	settings.review_sent = ""
	settings.save()
	assert "users" in frappe.db.get_single_value(SETTINGS, "review_sent")
