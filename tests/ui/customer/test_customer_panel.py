"""The panel on the Customer form: whose it is, where it leads, how it fits, what it says of a prospect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
import pytest

from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.ui.driving import WAIT, go, said_by_the_panel


@pytest.fixture
def buyer() -> str:
	name = make_customer("Grand Mill")
	invoice(name, 900, ago(20))
	drain()
	return name


# The host gives a manager of sales both roles: on 15 the second alone may not read the company.
@pytest.mark.parametrize("roles", [("Sales User",), ("Sales User", "Sales Manager")], ids=["user", "manager"])
def test_a_figure_opens_documents_that_a_seller_may_see(
	sign_in: Callable[..., Any],
	buyer: str,
	roles: tuple[str, ...],
) -> None:
	page = sign_in(*roles)
	go(page, "customer/Grand%20Mill")
	said_by_the_panel(page)
	page.locator(".customer-tier-panel [data-action=documents]").first.click()
	page.locator(".dt-cell", has_text="900").first.wait_for(timeout=WAIT)
	assert "Tier%20Performance" in page.url and not page.locator(".modal.show").count()
	chosen = page.evaluate("frappe.query_report.get_filter_values()")
	assert (chosen["view"], chosen["customer"], chosen["from_date"]) == ("Documents", buyer, str(ago(364)))


def test_an_accountants_figure_opens_the_invoices(
	sign_in: Callable[..., Any],
	buyer: str,
) -> None:
	page = sign_in("Accounts User")
	go(page, "customer/Grand%20Mill")
	said_by_the_panel(page)
	assert not page.locator(".customer-tier-panel [data-action=changes]").count()
	page.locator(".customer-tier-panel [data-action=documents]").first.click()
	page.wait_for_url("**/sales-invoice**", timeout=WAIT)
	assert not page.locator(".modal.show").count()


def test_who_is_disabled_is_told_of_no_way_up(page: Any, buyer: str) -> None:
	go(page, "customer/Grand%20Mill")
	assert "A disabled customer" not in said_by_the_panel(page)
	frappe.db.set_value("Customer", buyer, "disabled", 1)
	frappe.db.commit()
	go(page, "customer/Grand%20Mill")
	said = said_by_the_panel(page)
	assert "A disabled customer keeps the last grade." in said
	assert "points away" not in said and "would do it" not in said and "chance of" not in said


def test_a_new_customer_has_nobodys_panel(page: Any, buyer: str) -> None:
	go(page, "customer/Grand%20Mill")
	said_by_the_panel(page)
	page.evaluate("frappe.set_route('Form', 'Customer', frappe.model.get_new_doc('Customer').name)")
	page.wait_for_function("cur_frm.is_new()", timeout=WAIT)
	page.locator(".customer-tier-panel").wait_for(state="detached", timeout=WAIT)
	assert not page.locator(".customer-tier-badge").count()


def test_badges_stand_after_the_name(page: Any, buyer: str) -> None:
	go(page, "customer/Grand%20Mill")
	said_by_the_panel(page)
	head = page.locator(".page-head:visible .title-area").inner_text()
	places = [head.index(word) for word in ("Grand Mill", "Stage:", "Segment:")]
	assert places == sorted(places), head


def test_on_a_phone_the_panel_fits_and_has_the_badges(page: Any, buyer: str) -> None:
	page.set_viewport_size({"width": 390, "height": 844})
	go(page, "customer/Grand%20Mill")
	said_by_the_panel(page)
	panel = page.locator(".customer-tier-panel")
	assert panel.evaluate("(one) => one.scrollWidth <= one.clientWidth")
	assert panel.evaluate(
		"""(one) => [...one.querySelectorAll('*')].every(
			(part) => part.getBoundingClientRect().right <= one.getBoundingClientRect().right + 1)"""
	)
	narrowest = panel.locator(".timeline tr:visible td:last-child").first
	assert narrowest.evaluate("(one) => one.offsetWidth") > 200
	assert panel.locator(".customer-tier-badge:visible").count() == 2
	assert not page.locator(".page-head .customer-tier-badge:visible").count()


def test_a_tier_of_today_fills_the_band(page: Any, buyer: str) -> None:
	go(page, "customer/Grand%20Mill")
	said_by_the_panel(page)
	band = page.locator(".customer-tier-panel .band")
	widths = band.evaluate("(one) => [...one.children].map((stay) => stay.offsetWidth / one.offsetWidth)")
	assert max(widths) == 1
	assert "gray" not in band.locator("i").first.get_attribute("style")


def test_a_prospects_panel_says_that_he_has_not_purchased_yet(page: Any) -> None:
	make_customer("Grand Mill")
	drain()
	go(page, "customer/Grand%20Mill")
	said = said_by_the_panel(page)
	assert "has not purchased anything yet" in said and "make an opportunity or a quotation" in said, said
	assert "not known" not in said and "Nothing is due" not in said and "× 50%" not in said, said
	head = page.locator(".page-head:visible .title-area").inner_text()
	assert "Enabled" not in head and head.count("Prospect") == 1, head
	why = page.locator(".customer-tier-panel .timeline tr:last-child td:last-child").inner_text()
	assert why == "first grade", why


def test_a_change_is_read_and_not_saved(page: Any, buyer: str) -> None:
	name = frappe.get_all("Tier Change", filters={"customer": buyer}, pluck="name")[0]
	go(page, f"tier-change/{name}")
	page.locator("[data-fieldname=customer]:visible").first.wait_for(timeout=WAIT)
	assert not page.locator(".primary-action:visible", has_text="Save").count()
