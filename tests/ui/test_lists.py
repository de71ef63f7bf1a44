"""A tier in the lists: a click filters by exactly the tier that it says, and no name of one is markup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import frappe
import pytest
from playwright.sync_api import TimeoutError as TooLong

from tests.site.helpers.reports import score
from tests.site.helpers.selling import make_customer
from tests.ui.driving import WAIT, go

#: Each with one that would be found instead if the name were taken apart.
NAMES = {
	"Founder's Club": "Founder",
	'5" & 100% up, R&D': '5" & 100% up',
	"A|B": "A",
	"Today": "Yesterday",
	"User, first": "User",
	"=x`y;": "=x",
	"金牌（一）'é": "金牌",
	"x' onmouseover='window.caught=1' y='": "x",
	'x" onmouseover="window.caught=1" y="': "y",
}
#: As no host makes them today; none may do harm, whatever can be found by them.
OLD = ("<img src=x onerror=window.caught=1>", "&lt;img src=x onerror=window.caught=1&gt;", "100%")
#: Per list, the field that says the tier, and what becomes of a click that is not understood.
LISTS = {"Customer": "customer_tier", "Customer Score": "tier"}


@pytest.fixture
def tiers() -> Iterator[None]:
	"""A customer in each of these tiers, every other one of which is disabled."""
	for number, name in enumerate([*NAMES, *NAMES.values(), *OLD]):
		tier = {"name": name, "tier_name": name, "color": "Red", "disabled": number % 2}
		if not frappe.db.exists("Customer Tier", name):  # a ready-made policy may have one of the same name
			frappe.get_doc({"doctype": "Customer Tier", **tier}).db_insert()
		customer = make_customer(f"Customer {number}")
		frappe.db.set_value("Customer", customer, "customer_tier", name)
		score(customer, tier=name, name=customer)
	frappe.db.commit()
	yield
	frappe.db.delete("Customer Tier", {"color": "Red"})
	frappe.db.commit()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("doctype", LISTS)
def test_a_click_filters_by_its_tier(doctype: str, name: str, page: Any, tiers: None) -> None:
	field = LISTS[doctype]
	_list(page, doctype)
	_hover(page)
	_click(page, f"{field},=,{name}")
	wanted = frappe.get_all(doctype, {field: name}, pluck="name")
	assert len(wanted) == 1
	with suppress(TooLong):
		listed = "JSON.stringify(cur_list.data.map((row) => row.name)) === JSON.stringify(wanted)"
		page.wait_for_function(f"(wanted) => {listed}", arg=wanted, timeout=10_000)
	assert page.evaluate("cur_list.data.map((row) => row.name)") == wanted
	chosen = page.evaluate("cur_list.filter_area.get().map((one) => one.slice(1, 4))")
	assert chosen == [[field, "=", name]]
	_hover(page)
	assert page.evaluate("window.caught") is None


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize("doctype", LISTS)
def test_a_name_from_before_does_no_harm(doctype: str, name: str, page: Any, tiers: None) -> None:
	_list(page, doctype)
	_click(page, f"{LISTS[doctype]},=,{name}")
	page.wait_for_load_state("networkidle")
	_hover(page)
	assert page.evaluate("window.caught") is None


def _list(page: Any, doctype: str) -> None:
	"""Open a list, and have it show all rows."""
	go(page, f"{doctype.lower().replace(' ', '-')}/view/list")
	page.locator(".list-row .filterable").first.wait_for(timeout=WAIT)
	page.evaluate("cur_list.page_length = 100, cur_list.refresh()")
	everyone = frappe.db.count(doctype)
	page.wait_for_function(f"cur_list.$result.find('.list-row').length >= {everyone}", timeout=WAIT)


def _click(page: Any, told: str) -> None:
	"""Click what filters by a tier; the host draws each twice, once for narrow screens."""
	page.evaluate(
		"""(told) => [...document.querySelectorAll(".list-row .filterable")]
			.find((one) => one.getAttribute("data-filter") === told && one.offsetParent).click()""",
		told,
	)


def _hover(page: Any) -> None:
	"""Go over everything that is listed, as a pointer might."""
	page.evaluate(
		"""() => document.querySelectorAll(".list-row, .list-row *").forEach((one) =>
			one.dispatchEvent(new MouseEvent("mouseover")))"""
	)


@pytest.mark.parametrize("doctype", ["Customer Score", "Customer Tier"])
def test_no_list_shows_an_id_without_a_meaning(page: Any, doctype: str, tiers: None) -> None:
	_list(page, doctype)
	heads = page.locator(".list-row-head .list-row-col").all_inner_texts()
	assert heads and "ID" not in heads


def test_on_a_phone_a_row_says_the_tier(page: Any, tiers: None) -> None:
	page.set_viewport_size({"width": 390, "height": 844})
	go(page, "customer-score/view/list")
	pill = page.locator(".list-row .level-right .indicator-pill:visible").first
	pill.wait_for(timeout=WAIT)
	assert pill.inner_text().strip() in {*NAMES, *NAMES.values(), *OLD}
