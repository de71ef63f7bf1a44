"""The tier on a document once its customer is chosen, in its list, where he is chosen, in the search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from tests.site.desk.test_standing import tier_discount
from tests.site.helpers.documents import DOCUMENTS, PRICED, document
from tests.site.helpers.ladders import by_hand, publish, sold  # noqa: F401
from tests.site.helpers.selling import ITEM, ago, drain, make_customer
from tests.site.helpers.world.till import till  # noqa: F401 a fixture
from tests.ui.driving import WAIT, go

GOLD, BRONZE = "Enough", "Too Little"
_SET_ITEM = """(code) => {
	const [row] = cur_frm.doc.items;
	return frappe.model.set_value(row.doctype, row.name, "item_code", code);
}"""
_PARTY = {"Quotation": "party_name", "Opportunity": "party_name"}
_TYPES = {"Quotation": "quotation_to", "Opportunity": "opportunity_from"}


@pytest.fixture
def tiered(by_hand: None, till: None) -> Iterator[None]:  # noqa: F811 the fixtures above
	"""One at 70 points who bought 20 days ago; one at 30 who bought today; one who never did."""
	sold(GOLD, 70, 20)
	sold(BRONZE, 30, 0)
	make_customer("Just Asking")
	publish()
	drain()
	# A list price that is valid on the browser's day too, which may be the one before.
	price = {"item_code": ITEM, "price_list": "Standard Selling"}
	listed = frappe.db.exists("Item Price", price)
	if not listed:
		frappe.get_doc({"doctype": "Item Price", **price, "price_list_rate": 100}).insert()
	frappe.db.set_value("Item Price", price, "valid_from", ago(3))
	frappe.db.commit()
	yield
	frappe.db.rollback()
	if not listed:
		frappe.db.delete("Item Price", price)
	for doctype in ("Delivery Note", "Delivery Note Item", "Issue", "Project", "Pricing Rule"):
		frappe.db.delete(doctype)
	frappe.db.commit()


def begin(page: Any, doctype: str) -> None:
	go(page, f"{frappe.scrub(doctype).replace('_', '-')}/new")
	page.wait_for_function(
		"d => window.cur_frm?.doctype === d && cur_frm.is_new()", arg=doctype, timeout=WAIT
	)
	page.wait_for_function("() => !frappe.request.ajax_count", timeout=WAIT)
	if doctype in _TYPES:
		page.evaluate("(field) => cur_frm.set_value(field, 'Customer')", _TYPES[doctype])


def choose(page: Any, doctype: str, customer: str) -> None:
	field = _PARTY.get(doctype, "customer")
	page.evaluate("([field, value]) => cur_frm.set_value(field, value)", [field, customer])


def told(page: Any, text: str) -> None:
	page.locator(".tier-badge:visible", has_text=text).wait_for(timeout=WAIT)


@pytest.mark.usefixtures("tiered")
@pytest.mark.parametrize("doctype", DOCUMENTS)
def test_the_tier_and_its_reason_are_there_before_anything_is_saved(page: Any, doctype: str) -> None:
	begin(page, doctype)
	choose(page, doctype, GOLD)
	told(page, "score 70, silent for 20 days")
	assert page.locator(".tier-badge:visible .indicator-pill.yellow", has_text="Gold").count() == 1
	assert page.evaluate("cur_frm.is_new()")
	choose(page, doctype, BRONZE)
	told(page, "score 30, bought today")
	assert page.locator(".tier-badge:visible .indicator-pill.orange", has_text="Bronze").count() == 1
	kept = page.evaluate("cur_frm.doc.customer_tier || null")
	assert kept == ("Bronze" if doctype in PRICED else None)
	choose(page, doctype, "Just Asking")
	told(page, "no purchase yet")
	assert page.evaluate("cur_frm.doc.customer_tier || null") is None


@pytest.mark.usefixtures("tiered")
@pytest.mark.parametrize("doctype", PRICED)
def test_a_pricing_rule_on_the_tier_prices_before_anything_is_saved(page: Any, doctype: str) -> None:
	frappe.get_doc(tier_discount("Gold")).insert()
	frappe.db.commit()
	begin(page, doctype)
	page.wait_for_function("() => cur_frm.doc.items?.length", timeout=WAIT)
	choose(page, doctype, GOLD)
	told(page, "score 70")
	page.evaluate(_SET_ITEM, ITEM)
	_priced(page, 0.9)
	choose(page, doctype, BRONZE)
	_priced(page, 1)
	choose(page, doctype, GOLD)
	_priced(page, 0.9)
	assert page.evaluate("cur_frm.is_new()")


def _priced(page: Any, share: float) -> None:
	"""Wait until the row costs a share of its list price."""
	is_it = """(share) => {
		const { rate, price_list_rate: listed } = cur_frm.doc.items[0];
		return !frappe.request.ajax_count && listed > 0 && Math.abs(rate - share * listed) < 0.01;
	}"""
	page.wait_for_function(is_it, arg=share, timeout=WAIT)


@pytest.mark.usefixtures("tiered")
def test_a_document_of_another_day_tells_the_tier_of_today_as_such(page: Any) -> None:
	made = document("Sales Order", GOLD).insert()
	frappe.db.set_value("Sales Order", made.name, "customer_tier", "Silver")
	frappe.db.commit()
	go(page, f"sales-order/{made.name}")
	told(page, "Now")
	assert page.locator(".tier-badge:visible", has_text="Gold").count()
	assert page.evaluate("[cur_frm.doc.customer_tier, cur_frm.is_dirty()]") in (
		["Silver", 0],
		["Silver", False],
	)


@pytest.mark.usefixtures("tiered")
def test_a_document_goes_its_way_whatever_the_server_answers(page: Any) -> None:
	page.route("**/api/method/customer_tiering.api.standing*", lambda route: route.fulfill(status=500))
	begin(page, "Sales Order")
	choose(page, "Sales Order", GOLD)
	page.wait_for_function("() => cur_frm.doc.customer_name && !frappe.request.ajax_count", timeout=WAIT)
	assert not page.locator(".tier-badge:visible, .modal.show").count()


@pytest.mark.usefixtures("tiered")
@pytest.mark.parametrize("doctype", DOCUMENTS)
def test_the_list_shows_the_tier_beside_the_title(page: Any, doctype: str) -> None:
	document(doctype, GOLD).insert()
	frappe.db.commit()
	go(page, f"{frappe.scrub(doctype).replace('_', '-')}/view/list")
	pill = page.locator(".list-row .list-subject .tier-pill:visible .indicator-pill.yellow", has_text="Gold")
	pill.first.wait_for(timeout=WAIT)
	if doctype in PRICED:
		pill.first.click()
		chosen = "() => JSON.stringify(cur_list.filter_area.get().map((one) => one.slice(1, 4)))"
		page.wait_for_function(f"() => ({chosen})().includes('customer_tier')", timeout=WAIT)


@pytest.mark.usefixtures("tiered")
@pytest.mark.parametrize("doctype", ["Sales Order", "Quotation"])
def test_a_customer_is_offered_with_his_tier_and_stage(page: Any, doctype: str) -> None:
	begin(page, doctype)
	page.locator(f"[data-fieldname={_PARTY.get(doctype, 'customer')}] input:visible").first.click()
	offered = page.locator("[role=option]:visible", has_text=GOLD).first
	offered.locator(".tier-pill .indicator-pill.yellow", has_text="Gold").wait_for(timeout=WAIT)
	assert page.locator("[role=option]:visible .tier-pill", has_text="Prospect").count() == 1
	offered.click()
	told(page, "score 70")


@pytest.mark.usefixtures("tiered")
@pytest.mark.parametrize("number", [1, 2])
def test_searching_a_tier_leads_to_its_customers(page: Any, number: int) -> None:
	if number == 2:
		frappe.db.set_value("Customer", "Just Asking", "customer_tier", "Gold")
		frappe.db.commit()
	go(page, "customer")
	page.locator(".list-row:visible").first.wait_for(timeout=WAIT)
	page.keyboard.press("Control+k")
	search = page.locator("#navbar-search:visible")
	search.wait_for(timeout=WAIT)
	search.click()
	page.keyboard.type("gold", delay=30)
	said = "Gold: 1 customer" if number == 1 else "Gold: 2 customers"
	page.locator("li:visible", has_text=said).first.click()
	page.wait_for_function(
		f"() => cur_list?.doctype === 'Customer' && cur_list.data.length === {number}", timeout=WAIT
	)
	filters = page.evaluate("cur_list.filter_area.get().map((one) => one.slice(1, 4))")
	assert filters == [["customer_tier", "=", "Gold"]]


@pytest.mark.usefixtures("tiered")
def test_the_columns_of_the_customer_list_sort(page: Any) -> None:
	go(page, "customer")
	page.locator(".list-row:visible").first.wait_for(timeout=WAIT)
	heads = page.evaluate(
		"[...document.querySelectorAll('.list-row-head [data-sort-by]')].map((one) => one.dataset.sortBy)"
	)
	assert heads[1:5] == ["customer_tier", "tier_score", "tier_revenue", "lifecycle_stage"]
	for field, first in (
		("tier_score", "Just Asking"),
		("tier_revenue", "Just Asking"),
		("lifecycle_stage", None),
	):
		page.locator(f".list-row-head [data-sort-by={field}]:visible").click()
		page.wait_for_function(
			f"() => cur_list.sort_by === '{field}' && cur_list.sort_order === 'asc'", timeout=WAIT
		)
		if first:
			page.wait_for_function(
				f"() => cur_list.data[0].name === '{first}' && cur_list.data[2].name === 'Enough'",
				timeout=WAIT,
			)
	row = page.locator(".list-row:visible", has_text=GOLD).first.inner_text()
	assert "$ 7,000" in row.replace("\u00a0", " ") and "70.00" in row, row


@pytest.mark.usefixtures("tiered")
@pytest.mark.parametrize(
	("label", "leads_to"),
	[
		("At risk in my top tiers", ["query-report", "Customers at Risk"]),
		("One order from the next tier", ["query-report", "Tier Potential"]),
		("New without a second order", ["List", "Customer Score", "List"]),
	],
)
def test_the_lists_menu_leads_to_whom_to_see_to(page: Any, label: str, leads_to: list[str]) -> None:
	go(page, "customer")
	page.locator(".list-row:visible").first.wait_for(timeout=WAIT)
	page.locator(".page-head:visible .menu-btn-group button").first.click()
	page.locator(".page-head:visible .menu-btn-group li:visible", has_text=label).first.click()
	page.wait_for_function(
		"(route) => JSON.stringify(frappe.get_route()) === JSON.stringify(route)", arg=leads_to, timeout=WAIT
	)
	if leads_to[1] == "Customers at Risk":
		chosen = "() => frappe.query_report?.get_filter_value?.('at_least_tier') === 'Gold'"
		page.wait_for_function(chosen, timeout=WAIT)
	if leads_to[0] == "List":
		page.wait_for_function(
			"() => cur_list?.doctype === 'Customer Score' && cur_list.filter_area?.get().length === 2",
			timeout=WAIT,
		)
		filters = page.evaluate("cur_list.filter_area.get().map((one) => one.slice(1, 4))")
		assert sorted(filters) == [["lifecycle_stage", "=", "New"], ["purchases", "=", 1]]
		page.wait_for_function("() => cur_list.data.length === 2", timeout=WAIT)
