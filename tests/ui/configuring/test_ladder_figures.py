"""What the preview says of a ladder: who stands where, how steady it is, what its top tier catches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from customer_tiering import api
from customer_tiering.site.grading import full_runs
from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.site.helpers.shops import rhythm
from tests.ui.driving import WAIT, go


@pytest.fixture
def shop() -> None:
	"""With some months of its past: a whole year is followed day by day, and the browser waits for it."""
	rhythm.load()
	frappe.db.delete("Sales Invoice", {"posting_date": ("<", ago(300))})
	full_runs.nightly()


def previewed(page: Any) -> Any:
	"""The dialog, once it has all its figures."""
	go(page, "customer-tiering-settings")
	page.get_by_role("button", name="Preview and Publish").click(timeout=WAIT)
	figures = page.locator(".modal.show .tiering-figures")
	figures.wait_for(timeout=WAIT)
	figures.get_by_text("Being tried on the past…").first.wait_for(state="detached", timeout=3 * WAIT)
	return figures


def test_the_preview_has_the_figures_of_the_draft_beside_those_in_force(page: Any, shop: None) -> None:
	frappe.db.set_value("Customer Tier", "Platinum", "min_score", 95)
	frappe.db.commit()
	told = api.ladder_figures()
	figures = previewed(page)
	assert figures.locator("h5").all_inner_texts() == ["Draft", "In Force"]
	for at, which in enumerate(("draft", "in_force")):
		said = figures.locator("> div").nth(at).locator("p").all_inner_texts()
		assert said[0].startswith("Of 60 customers today: Platinum ") and "%), Gold " in said[0], said
		assert said[1:] == told[which]["sentences"]
	page.locator(".modal.show").get_by_role("button", name="Back-Test the Draft").click()
	page.locator(".report-wrapper, .datatable").first.wait_for(timeout=WAIT)
	until = page.evaluate("frappe.query_report.get_filter_value('to_date')")
	assert until == str(told["draft"]["until"])


@pytest.fixture
def oddly_named() -> Iterator[str]:
	"""A tier whose name would be something else as markup."""
	name = "R & D"
	frappe.get_doc({"doctype": "Customer Tier", "tier_name": name, "min_score": 97, "color": "Gray"}).insert()
	yield name
	frappe.db.rollback()
	frappe.db.delete("Customer Tier", {"name": name})
	frappe.db.commit()


def test_without_a_past_it_says_so_and_the_draft_is_published_all_the_same(
	page: Any, oddly_named: str
) -> None:
	make_customer("Alone")
	invoice("Alone", 100, ago(9))
	drain()
	frappe.db.commit()
	said = previewed(page).inner_text()
	assert said.count("There is too little past to try it on") == 2, said
	assert f"Of 1 customers today: {oddly_named} 0 (0.0%), Platinum 0 (0.0%), " in said, said
	page.locator(".modal.show").get_by_role("button", name="Publish").click()
	page.get_by_text("The draft is what is published.").wait_for(timeout=WAIT)
