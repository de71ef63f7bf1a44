"""My Customers Today in a browser: whom to contact and why, what the buttons do, what an empty page says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import frappe
import pytest

from customer_tiering import api, jobs
from tests.bench import PASSWORD
from tests.site.helpers import serving
from tests.site.helpers.selling import ITEM, ago, drain, invoice, make_customer
from tests.site.helpers.serving import make_user
from tests.ui.driving import WAIT, go

SETTINGS = "Customer Tiering Settings"
PAGE = "my-customers-today"
DESK, PHONE = {"width": 1400, "height": 1000}, {"width": 390, "height": 844}
TRAP = "Trap <img src=x onerror=window.caught=1>"


@pytest.fixture
def listed() -> tuple[str, str, str]:
	"""Administrator looks after one who is silent, one whose contact is due, and one with a quotation."""
	silent, due, offered = (make_customer(name, account_manager="Administrator")
		for name in ("Silent & Sons", "Harbor Stores", "Quarry Works"))  # fmt: skip
	for days in range(300, 84, -24):
		invoice(silent, 4_000, ago(days))
	for days in (300, 100, 9):
		invoice(due, 20_000, ago(days))
	invoice(offered, 1_200, ago(2))
	quotation = {"quotation_to": "Customer", "party_name": offered, "transaction_date": ago(20)}
	items = [{"item_code": ITEM, "qty": 1, "rate": 5_600}]
	offer = {"doctype": "Quotation", **quotation, "valid_till": ago(-3), "items": items}
	frappe.get_doc(offer).insert().submit()
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "contact_every_days", 30)
	_switch_on()
	drain()
	jobs.make_lists()
	return silent, due, offered


def _switch_on() -> None:
	frappe.db.set_single_value(SETTINGS, "follow_ups", 1)
	frappe.db.commit()


@pytest.fixture
def sign_in(sign_in_as: Callable[..., Any]) -> Callable[..., Any]:
	"""Gives a page of somebody, on a desk or on a phone."""

	def enter(user: str, password: str = serving.PASSWORD, size: dict[str, int] = DESK) -> Any:
		return sign_in_as(user, password, size, has_touch=size == PHONE)

	return enter


def _open(page: Any, path: str = PAGE) -> Any:
	"""What the page shows, once it is there."""
	go(page, path)
	shown = page.locator(".tiering-today")
	shown.locator(".tabs, .instead").first.wait_for(timeout=WAIT)
	return shown


def _row(page: Any, customer: str) -> Any:
	return page.locator(f'.tiering-today .list.rows [data-customer="{customer}"]')


def _act(page: Any, customer: str, act: str, menu: str = "") -> Any:
	"""Press a button of a customer's row, or choose from one of its menus; gives the dialog."""
	row = _row(page, customer)
	if menu:
		row.get_by_role("button", name=menu).click(timeout=WAIT)
	row.locator(f".acts [data-act={act}]").click(timeout=WAIT)
	return page.locator(".modal.show")


def _gone(page: Any, customer: str) -> None:
	_row(page, customer).wait_for(state="detached", timeout=WAIT)
	frappe.db.commit()


def _count(page: Any, tab: str) -> str:
	return page.locator(f".tiering-today [data-tab={tab}] .count").inner_text()


def _stored(customer: str) -> list[Any]:
	fields = ["status", "not_before", "assigned_to", "note", "contact_name"]
	return frappe.get_all("Customer Follow-up", {"customer": customer}, fields)


def test_each_customer_is_listed_with_the_reason_that_has_most_at_stake_first(
	page: Any, listed: tuple[str, str, str]
) -> None:
	shown = _open(page)
	names = shown.locator(".list.rows .name").all_inner_texts()
	assert set(names) == set(listed)
	silent = _row(page, "Silent & Sons").inner_text()
	assert "Silent for 108 days" in silent and "Usually orders every 24 days." in silent, silent
	assert "a year" in silent and "Never contacted" in silent, silent
	assert "ends on" in _row(page, "Quarry Works").inner_text()
	assert "3 of 3 customers" in shown.locator(".day").inner_text()
	assert _row(page, "Silent & Sons").locator(".mark.red").count() == 1
	shown.locator("[data-action=why]").click()
	said = page.locator(".modal.show", has_text="Why these 3?").inner_text()
	assert "Of 3 customers, 3 give a reason" in said and "shown to the sales managers" in said, said


def test_a_call_is_logged_and_the_customer_is_done(page: Any, listed: tuple[str, str, str]) -> None:
	_open(page)
	dialog = _act(page, "Harbor Stores", "call")
	dialog.locator("select[data-fieldname=medium]").select_option("Visit")
	dialog.locator("textarea[data-fieldname=note]").fill("Wants <b>more</b> & soon")
	dialog.get_by_role("button", name="Log", exact=True).click()
	_gone(page, "Harbor Stores")
	assert {one.status for one in _stored("Harbor Stores")} == {"Done"}
	logged = frappe.get_doc("Communication", _stored("Harbor Stores")[0].contact_name)
	assert (logged.communication_medium, logged.reference_name) == ("Visit", "Harbor Stores")
	page.locator(".tiering-today [data-tab=done]").click()
	done = page.locator(".tiering-today .list.done .customer")
	assert "& soon" in done.inner_text() and done.locator("b").count() == 0


def test_later_and_the_day_on_which_it_comes_back(page: Any, listed: tuple[str, str, str]) -> None:
	_open(page)
	_act(page, "Harbor Stores", "three_days", menu="Later")
	_gone(page, "Harbor Stores")
	assert {one.not_before for one in _stored("Harbor Stores")} == {ago(-3)}
	assert (_count(page, "rows"), _count(page, "later")) == ("2", "1")
	_act(page, "Quarry Works", "monday", menu="Later")
	_gone(page, "Quarry Works")
	monday = _stored("Quarry Works")[0].not_before
	assert monday.weekday() == 0 and 0 < (monday - ago(0)).days <= 7


def test_skipping_asks_for_a_reason(page: Any, listed: tuple[str, str, str]) -> None:
	_open(page)
	dialog = _act(page, "Quarry Works", "skip", menu="More")
	dialog.locator("textarea[data-fieldname=reason]").fill("Closed for the winter")
	dialog.get_by_role("button", name="Skip", exact=True).click()
	_gone(page, "Quarry Works")
	assert {(one.status, one.note) for one in _stored("Quarry Works")} == {
		("Skipped", "Closed for the winter")
	}


def test_a_seller_hands_over_and_takes_back(
	sign_in: Callable[..., Any], listed: tuple[str, str, str]
) -> None:
	seller, other = (
		make_user(f"{name}@example.com", "Sales User") for name in ("today.seller", "today.other")
	)
	frappe.db.set_value("Customer", {"name": ("in", listed)}, "account_manager", seller)
	frappe.db.set_value("Customer Follow-up", {"status": "Open"}, "assigned_to", seller)
	frappe.db.commit()
	page = sign_in(seller)
	_open(page)
	dialog = _act(page, "Harbor Stores", "hand_over", menu="More")
	field = dialog.locator("input[data-fieldname=user]")
	field.fill(other)
	dialog.locator("[role=option]", has_text=other).first.click(timeout=WAIT)
	field.blur()
	dialog.get_by_role("button", name="Hand Over").click()
	_gone(page, "Harbor Stores")
	assert {one.assigned_to for one in _stored("Harbor Stores")} == {other}
	page.locator(".tiering-today [data-tab=others]").click()
	page.locator(".tiering-today .list.others [data-act=take_back]").click()
	page.locator(".tiering-today .list.others .customer").wait_for(state="detached", timeout=WAIT)
	page.locator(".tiering-today [data-tab=rows]").click()
	_row(page, "Harbor Stores").wait_for(timeout=WAIT)


def test_a_pause_is_agreed_and_a_task_is_made(page: Any, listed: tuple[str, str, str]) -> None:
	_open(page)
	dialog = _act(page, "Silent & Sons", "task", menu="More")
	dialog.locator("textarea[data-fieldname=description]").fill("Send <samples>")
	dialog.get_by_role("button", name="Make It").click()
	page.locator(".desk-alert", has_text="ToDos").wait_for(timeout=WAIT)
	frappe.db.commit()
	task = frappe.get_last_doc("ToDo", {"reference_name": "Silent & Sons"})
	assert task.allocated_to == "Administrator" and "&lt;samples&gt;" in task.description
	dialog = _act(page, "Harbor Stores", "agree", menu="More")
	dialog.locator("input[data-fieldname=days]").fill("90")
	dialog.locator("textarea[data-fieldname=reason]").fill("By quarter, please")
	dialog.get_by_role("button", name="Agree").click()
	page.locator(".desk-alert", has_text="What was agreed").wait_for(timeout=WAIT)
	frappe.db.commit()
	assert (
		frappe.db.get_value("Customer Score", {"customer": "Harbor Stores"}, "own_contact_every_days") == 90
	)


def test_a_quotation_and_a_mail_begin_with_the_customer(page: Any, listed: tuple[str, str, str]) -> None:
	_open(page)
	dialog = _act(page, "Harbor Stores", "mail")
	dialog.locator("[data-fieldname=subject] input").wait_for(timeout=WAIT)
	_open(page)
	_row(page, "Harbor Stores").locator("[data-act=quotation]").click(timeout=WAIT)
	page.wait_for_function("window.cur_frm?.doctype === 'Quotation'", timeout=WAIT)
	page.locator("[data-page-route=Quotation] .form-layout").wait_for(timeout=WAIT)
	page.wait_for_load_state("networkidle")  # the host goes on laying out the form
	assert page.evaluate("cur_frm.doc.party_name") == "Harbor Stores"


def test_a_figure_leads_to_its_customers(page: Any, listed: tuple[str, str, str]) -> None:
	_open(page)
	page.locator(".tiering-today [data-card='2']").click()
	page.wait_for_function("window.cur_list?.doctype === 'Customer' && cur_list.data.length", timeout=WAIT)
	assert page.evaluate("cur_list.data.map((row) => row.name)") == ["Silent & Sons"]


def test_the_first_list_is_made_on_the_spot(page: Any) -> None:
	make_customer("Harbor Stores", account_manager="Administrator")
	invoice("Harbor Stores", 100, ago(9))
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "contact_every_days", 30)
	_switch_on()
	drain()
	assert not frappe.db.count("Customer Follow-up")
	_open(page)
	_row(page, "Harbor Stores").wait_for(timeout=WAIT)


def test_switched_off_it_says_who_can_switch_it_on(page: Any, sign_in: Callable[..., Any]) -> None:
	assert "Switch them on in the settings" in _open(page).inner_text()
	page.get_by_role("link", name="Open the Settings").click()
	page.locator("[data-fieldname=follow_ups] input:visible").wait_for(timeout=WAIT)
	seller = make_user("today.seller@example.com", "Sales User")
	make_user("today.admin@example.com", "Tiering Manager")
	frappe.db.commit()
	said = _open(sign_in(seller)).inner_text()
	assert "Ask " in said and "to switch them on." in said and "Settings" not in said, said


def test_whoever_looks_after_nobody_is_told_how(sign_in: Callable[..., Any]) -> None:
	_switch_on()
	drain()
	jobs.nightly()
	seller = make_user("today.seller@example.com", "Sales User")
	frappe.db.commit()
	said = _open(sign_in(seller)).inner_text()
	assert "Nobody Is Looked After by You" in said and "Account Manager" in said, said


def test_a_manager_sees_the_team_and_opens_a_list(
	sign_in: Callable[..., Any], listed: tuple[str, str, str]
) -> None:
	manager = make_user("today.manager@example.com", "Sales Manager")
	frappe.db.commit()
	page = sign_in(manager)
	shown = _open(page)
	shown.locator("[data-tab=team]").click()
	person = shown.locator(".person").first
	assert "3 open" in person.inner_text(), person.inner_text()
	person.click()
	shown.get_by_text("This is the list of").wait_for(timeout=WAIT)
	_row(page, "Harbor Stores").wait_for(timeout=WAIT)
	assert "user=Administrator" in page.url
	page.reload()
	_row(page, "Harbor Stores").wait_for(timeout=WAIT)
	shown.get_by_text("Back to My Own List").click()
	shown.get_by_text("This is the list of").wait_for(state="detached", timeout=WAIT)


def test_a_phone_has_it_in_one_column(sign_in: Callable[..., Any], listed: tuple[str, str, str]) -> None:
	frappe.db.set_value(
		"Customer", "Harbor Stores", {"mobile_no": "138 0000-0011", "email_id": "b@example.com"}
	)
	frappe.db.commit()
	page = sign_in("Administrator", PASSWORD, PHONE)
	_open(page)
	_row(page, "Harbor Stores").wait_for(timeout=WAIT)
	root = "document.documentElement"
	assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0
	wide = """() => [...document.querySelectorAll(".tiering-today *")]
		.filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".tabs"))
		.map((one) => one.className)"""
	assert page.evaluate(wide) == []
	assert _row(page, "Harbor Stores").locator("a[href='tel:13800000011']").is_visible()
	for button in _row(page, "Harbor Stores").locator(".acts .btn:visible").all():
		assert button.bounding_box()["height"] >= 40
	assert page.locator(".tiering-today .figure").first.bounding_box()["width"] < 200


@pytest.fixture
def in_chinese() -> Iterator[None]:
	for language in ("zh", "en"):
		frappe.db.set_value("User", "Administrator", "language", language)
		frappe.db.commit()
		frappe.clear_cache(user="Administrator")
		if language == "zh":
			yield


def test_in_chinese(page: Any, listed: tuple[str, str, str], in_chinese: None) -> None:
	said = _open(page).inner_text()
	for words in (
		"已 108 天未购买",
		"通常每 24 天购买一次。",
		"3 个客户中的 3 个",
		"记录电话",
		"流失风险金额",
		"星期",
	):
		assert words in said, said
	assert "Silent for" not in said and "Never" not in said, said
	page.locator(".tiering-today [data-action=why]").click()
	page.locator(".modal.show", has_text="为什么是这 3 个？").wait_for(timeout=WAIT)
	api.put_off("Harbor Stores", str(ago(-2)))
	frappe.db.commit()
	go(page, "customer-follow-up")
	row = page.locator(".list-row:visible", has_text="Quarry Works").first
	row.wait_for(timeout=WAIT)
	assert "待处理" in page.locator(".frappe-list:visible").inner_text()


def test_a_customers_name_is_text_and_never_markup(page: Any, listed: tuple[str, str, str]) -> None:
	frappe.db.set_value("Customer", "Harbor Stores", "customer_name", TRAP)
	frappe.db.set_value("Customer", "Harbor Stores", "mobile_no", '1" onmouseover="window.caught=1')
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "strategy", TRAP)
	frappe.db.commit()
	_open(page)
	assert TRAP in _row(page, "Harbor Stores").inner_text()
	for act, menu in (("call", ""), ("skip", "More"), ("agree", "More")):
		dialog = _act(page, "Harbor Stores", act, menu)
		dialog.locator(".modal-title", has_text="Trap <img").wait_for(timeout=WAIT)
		assert dialog.locator("img").count() == 0
		dialog.locator(".btn-modal-close").click()
		page.locator(".modal.show").wait_for(state="detached", timeout=WAIT)
	_act(page, "Harbor Stores", "tomorrow", menu="Later")
	page.locator(".desk-alert", has_text="Trap <img").wait_for(timeout=WAIT)
	page.locator(".tiering-today [data-tab=later]").click()
	page.locator(".list.later .customer", has_text=TRAP).wait_for(timeout=WAIT)
	assert page.locator(".tiering-today img, .desk-alert img").count() == 0
	assert page.evaluate("window.caught") is None
