"""What a person sees on the desk."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.ui.driving import WAIT, go, said_by_the_panel


@pytest.fixture
def customers() -> tuple[str, str]:
	small, large = make_customer("Small & Sons"), make_customer("Large")
	invoice(small, 1_000, ago(100))
	for days in (1, 30, 60):
		invoice(large, 20_000, ago(days))
	drain()
	return small, large


def test_the_form_shows_the_badge_and_the_panel(page: Any, customers: tuple[str, str]) -> None:
	go(page, "customer/Small%20%26%20Sons")
	said = said_by_the_panel(page)
	for words in ("Bronze", "Spending in a year", "$ 1,000", "Silver is", "Last purchase"):
		assert words in said, said
	head = page.locator(".page-head:visible .title-area").inner_text()
	assert "Bronze" in head
	assert "At Risk" in head or "Active" in head or "New" in head


def test_the_panel_counts_in_words_of_its_language(page: Any, customers: tuple[str, str]) -> None:
	go(page, "customer/Large")
	said = said_by_the_panel(page)
	assert "1 day" in said and "1 days" not in said, said
	assert "Contact every 30 days." in said, said
	assert "$ 60,000" in said, said


def test_the_list_shows_the_badge_in_the_tiers_colour(page: Any, customers: tuple[str, str]) -> None:
	go(page, "customer")
	# The list draws each badge twice, once for narrow screens.
	gold = page.locator(".list-row .indicator-pill.yellow:visible", has_text="Gold").first
	bronze = page.locator(".list-row .indicator-pill.orange:visible", has_text="Bronze").first
	gold.wait_for(timeout=WAIT)
	bronze.wait_for(timeout=WAIT)
	gold.click()  # filters the list by the tier
	bronze.wait_for(state="detached", timeout=WAIT)
	assert gold.is_visible()


def test_what_people_typed_is_text_and_never_markup(page: Any, customers: tuple[str, str]) -> None:
	trap = "<img src=x onerror=\"document.title='caught'\">"
	frappe.db.set_value("Customer", customers[1], "customer_name", f"Large {trap}")
	frappe.db.set_value("Customer Tier", "Gold", "strategy", f"Call {trap}")
	frappe.db.commit()
	go(page, "customer/Large")
	panel = page.locator(".customer-tier-panel")
	panel.wait_for(timeout=WAIT)
	assert f"Call {trap}" in panel.inner_text()
	panel.get_by_text("Override…").click()
	page.locator(".modal.show .modal-title", has_text="Override the tier").wait_for(timeout=WAIT)
	assert page.locator(".customer-tier-panel img, .modal.show .modal-title img").count() == 0
	assert page.title() != "caught"


def test_an_override_is_made_from_the_panel(page: Any, customers: tuple[str, str]) -> None:
	go(page, "customer/Small%20%26%20Sons")
	page.locator(".customer-tier-panel").get_by_text("Override…").click(timeout=WAIT)
	dialog = page.locator(".modal.show")
	dialog.locator("select[data-fieldname=tier]").select_option("Platinum")
	dialog.locator("textarea[data-fieldname=reason]").fill("Tender under way")
	dialog.locator("textarea[data-fieldname=reason]").blur()
	dialog.get_by_role("button", name="Override").click()
	page.locator(".customer-tier-panel", has_text="Tender under way").wait_for(timeout=WAIT)
	frappe.db.commit()
	assert frappe.db.get_value("Customer", customers[0], "customer_tier") == "Platinum"


def test_settings_preview_who_moves_and_publish(page: Any, customers: tuple[str, str]) -> None:
	frappe.db.set_value("Customer Tier", "Silver", "min_score", 30)
	frappe.db.commit()
	go(page, "customer-tiering-settings")
	page.get_by_text("There are unpublished changes").wait_for(timeout=WAIT)
	page.get_by_role("button", name="Preview and Publish").click()
	dialog = page.locator(".modal.show")
	dialog.get_by_text("1 of 2 customers would change their tier.").wait_for(timeout=WAIT)
	dialog.locator("textarea[data-fieldname=comment]").fill("Silver begins earlier")
	dialog.get_by_role("button", name="Publish").click()
	page.get_by_text("The draft is what is published.").wait_for(timeout=WAIT)
	frappe.db.commit()
	assert frappe.db.get_single_value("Customer Tiering Settings", "current_policy").startswith("rfm-")
	drain()
	assert frappe.db.get_value("Customer", customers[0], "customer_tier") == "Silver"
