"""The desk in Chinese: what is stored is shown in the app's words, and the host keeps its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.ui.driving import WAIT, go, said_by_the_panel


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
	_speak("zh")
	yield
	_speak("en")


def _speak(language: str) -> None:
	frappe.db.set_value("User", "Administrator", "language", language)
	frappe.db.commit()
	frappe.clear_cache(user="Administrator")


@pytest.fixture
def lost() -> str:
	name = make_customer("Gone")
	invoice(name, 1_000, ago(400))
	drain()
	return name


def choices(page: Any, field: str) -> dict[str, str]:
	"""The labels of a list's or a report's filter, by what it filters."""
	select = page.locator(f".page-form:visible [data-fieldname={field}] select")
	select.wait_for(timeout=WAIT)
	return select.evaluate("(one) => Object.fromEntries([...one.options].map((o) => [o.value, o.text]))")


def test_a_stage_has_its_own_word_in_a_list_and_in_its_filter(page: Any, lost: str) -> None:
	go(page, "customer")
	page.locator(".list-row:visible .indicator-pill:visible", has_text="已流失").first.wait_for(timeout=WAIT)
	assert page.locator(".list-row:visible .indicator-pill:visible", has_text="白银").count()
	offered = choices(page, "lifecycle_stage")
	assert (offered["Lost"], offered["New"], offered["Prospect"]) == ("已流失", "新客户", "潜在客户")
	assert page.evaluate("[__('Lost'), __('New')]") == [frappe._("Lost", "zh"), frappe._("New", "zh")]
	page.locator(".list-row:visible .indicator-pill:visible", has_text="已流失").first.click()
	page.wait_for_function("cur_list.filter_area.get().some((one) => one[3] === 'Lost')", timeout=WAIT)


def test_the_form_says_which_is_the_stage_and_which_the_segment(page: Any, lost: str) -> None:
	go(page, f"customer/{lost}")
	assert "白银" in said_by_the_panel(page)
	badges = page.locator(".customer-tier-badge").all_inner_texts()
	assert badges[0] == "阶段：已流失" and badges[1].startswith("分群：")
	shown = "(name) => cur_frm.fields_dict[name].disp_area.innerText.trim()"
	assert page.evaluate(shown, "lifecycle_stage") == "已流失"
	assert page.evaluate(shown, "customer_tier") == "白银"


def test_the_log_names_tiers_stages_and_causes(page: Any, lost: str) -> None:
	go(page, "tier-change")
	row = page.locator(".list-row:visible", has_text=lost).first
	row.wait_for(timeout=WAIT)
	said = row.inner_text()
	assert "白银" in said and "已流失" in said, said
	assert not {"Silver", "Lost", "First Grade"} & set(said.split("\n"))
	assert choices(page, "cause")["Time"] == "时间推移"
	assert (
		page.locator(".page-form:visible [data-fieldname=customer] input").get_attribute("placeholder")
		== "客户"
	)


def test_a_report_offers_stages_and_segments_in_their_own_words(page: Any, lost: str) -> None:
	go(page, "query-report/RFM%20Segments?view=Customers")
	page.locator(".datatable .dt-row", has_text="已流失").first.wait_for(timeout=WAIT)
	assert choices(page, "stage")["Lost"] == "已流失"
	segments = choices(page, "segment")
	assert (segments["New"], segments["No Segment"]) == ("新客户", "未分群")
