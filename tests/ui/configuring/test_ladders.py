"""What the desk says of a ladder by share, of a rise to come and of a margin; what a tier's form asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from customer_tiering.names import SETTINGS
from customer_tiering.site.grading import drains, full_runs
from tests.site.helpers.ladders import PLAIN, by_hand, by_share, change, publish, sold  # noqa: F401
from tests.site.helpers.selling import ago, credit, drain, today
from tests.ui.driving import WAIT, go, said_by_the_panel

pytestmark = pytest.mark.usefixtures("by_hand", "back_again")


@pytest.fixture
def back_again() -> Iterator[None]:
	"""The browser's server sees the draft as it was, whichever test comes next."""
	yield
	change(SETTINGS, SETTINGS, fiscal_year_start_month="1", **PLAIN)
	frappe.db.commit()


def test_a_rising_customer_is_told_when(page: Any) -> None:
	sold("Climber", 50, 20)
	publish(
		{"Gold": {"rise_days": 10}, "Platinum": {"rise_days": 0}}, reviewed="Monthly", rises_between_reviews=1
	)
	full_runs.nightly(ago(5))
	sold("Climber", 25, 3)
	frappe.db.commit()
	drains.drain(ago(3))
	full_runs.nightly()
	go(page, "customer/Climber")
	said = said_by_the_panel(page)
	day = page.evaluate("(day) => frappe.datetime.str_to_user(day)", str(ago(-7)))
	assert f"Gold from {day}, if it stays" in said, said
	assert "has to stay so until then" in said and "Next review: " in said, said
	assert "Nothing is due" not in said, said


def test_whoever_waits_for_a_review_is_told_so(page: Any) -> None:
	for name, score in (("Climber", 50), ("Faller", 90)):
		sold(name, score, 70)
	next_month = today().month % 12 + 1  # begins the year, so that today is no review, whatever today is
	publish(reviewed="Quarterly", fiscal_year_start_month=str(next_month))
	full_runs.nightly(ago(1))
	sold("Climber", 25)
	credit(frappe.get_last_doc("Sales Invoice", {"customer": "Faller"}), 8_000)
	drain()
	go(page, "customer/Climber")
	said = said_by_the_panel(page)
	assert "Gold from " in said and "Until then nobody rises: it is the next review." in said, said
	go(page, "customer/Faller")
	page.locator(".customer-tier-panel", has_text="Falls to Bronze on").wait_for(timeout=WAIT)
	assert "Until then nobody falls: it is the next review." in said_by_the_panel(page)


def test_a_margin_says_how_far_it_goes(page: Any) -> None:
	sold("Wavering", 72, 20)
	publish(margin=2)
	full_runs.nightly(ago(5))
	credit(frappe.get_last_doc("Sales Invoice", {"customer": "Wavering"}), 350)
	drain()
	go(page, "customer/Wavering")
	said = said_by_the_panel(page)
	assert "Stays Gold down to 68 points" in said and "within the margin" in said, said


def test_the_ladder_by_share_stands_where_the_night_put_it(page: Any) -> None:
	for at in range(1, 11):
		sold(f"Number {at}", 9 * at, 5)
	for name, values in by_share().items():
		change("Customer Tier", name, **values)
	change(SETTINGS, SETTINGS, tiers_by="Share")
	frappe.db.commit()
	go(page, "customer-tiering-settings")
	page.get_by_role("button", name="Preview and Publish").click(timeout=WAIT)
	dialog = page.locator(".modal.show")
	dialog.get_by_text("10 of 10 customers would change their tier.").wait_for(timeout=WAIT)
	rows = [row.split("\t") for row in dialog.locator("tbody").inner_text().splitlines()]
	assert ["After", "1", "2", "3", "4", "0"] in rows, rows
	assert rows[-1][:5] == ["From Score", "90.00", "72.00", "45.00", "0.00"], rows
	dialog.get_by_role("button", name="Publish").click()
	page.get_by_text("The draft is what is published.").wait_for(timeout=WAIT)
	drain()
	go(page, "customer/Number%207")
	said_by_the_panel(page)
	ladder = page.locator(".customer-tier-panel .ladder")
	assert ladder.locator("em").all_inner_texts() == [
		"Bronze",
		"",
		"Silver",
		"45",
		"Gold",
		"72",
		"Platinum",
		"90",
	]
	widths = ladder.locator("div").evaluate_all(
		"(all) => all.map((one) => one.style.getPropertyValue('--length'))"
	)
	assert widths == ["45%", "27%", "18%", "10%"]


def test_nobody_so_good_leaves_the_ladder_whole(page: Any) -> None:
	sold("Alone", 50, 5)
	publish(by_share(), tiers_by="Share")
	drain()
	go(page, "customer/Alone")
	said = said_by_the_panel(page)
	ladder = page.locator(".customer-tier-panel .ladder em")
	assert ladder.all_inner_texts() == ["Bronze", "", "Silver", "50"], said
	assert "points away" not in said, said


@pytest.mark.parametrize(
	("by", "asked", "not_asked"), [("Score", "min_score", "top_share"), ("Share", "top_share", "min_score")]
)
def test_a_tiers_form_asks_for_what_the_settings_say(page: Any, by: str, asked: str, not_asked: str) -> None:
	change(SETTINGS, SETTINGS, tiers_by=by)
	frappe.db.commit()
	go(page, "customer-tier/Gold")
	page.locator(f"[data-fieldname={asked}]:visible").first.wait_for(timeout=WAIT)
	page.locator(f".form-page .frappe-control[data-fieldname={not_asked}]:visible").wait_for(
		state="detached", timeout=WAIT
	)
