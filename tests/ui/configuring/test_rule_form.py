"""The form of a Tier Rule follows the metrics that there are."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from customer_tiering.engine.metrics import METRICS
from tests.ui.driving import WAIT, go


@pytest.fixture
def rules() -> dict[bool, str]:
	"""A rule of the draft whose metric has a window, and one without."""
	found = frappe.get_all("Tier Rule", {"disabled": 0}, ["name", "metric"], as_list=True, order_by="name")
	return {METRICS[metric].windowed: name for name, metric in found}


def shown(page: Any, field: str) -> Any:
	return page.locator(f".form-layout:visible [data-fieldname={field}].frappe-control:visible")


def test_a_metric_without_a_window_has_none_to_choose(page: Any, rules: dict[bool, str]) -> None:
	go(page, f"tier-rule/{rules[False]}")
	shown(page, "metric").wait_for(timeout=WAIT)
	shown(page, "window").wait_for(state="detached", timeout=WAIT)
	assert not shown(page, "window_days").count()
	page.evaluate("cur_frm.set_value('metric', 'Revenue')")
	shown(page, "window").wait_for(timeout=WAIT)
	assert shown(page, "window_days").count() == 1
	page.evaluate("cur_frm.set_value('metric', 'Tenure')")
	shown(page, "window").wait_for(state="detached", timeout=WAIT)


def test_the_form_offers_every_metric(page: Any, rules: dict[bool, str]) -> None:
	go(page, f"tier-rule/{rules[True]}")
	shown(page, "window").wait_for(timeout=WAIT)
	field = shown(page, "metric").locator("input")
	field.fill("")
	field.click()
	offered = shown(page, "metric").locator(".awesomplete li")
	offered.nth(len(METRICS) - 1).wait_for(timeout=WAIT)
	assert offered.all_inner_texts() == list(METRICS)


def test_so_does_the_filter_of_the_list(page: Any) -> None:
	go(page, "tier-rule")
	field = page.locator(".standard-filter-section [data-fieldname=metric] input")
	field.click(timeout=WAIT)
	offered = page.locator(".standard-filter-section [data-fieldname=metric] .awesomplete li")
	offered.nth(len(METRICS) - 1).wait_for(timeout=WAIT)
	assert offered.count() == len(METRICS)
