"""What is foreseen, as people see it: a customer's chance in the panel, how good it is in the settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from customer_tiering import api, jobs
from tests.site.helpers.shops import rhythm
from tests.ui.driving import WAIT, go, said_by_the_panel


@pytest.fixture(autouse=True)
def _shop() -> None:
	rhythm.load()
	jobs.nightly()


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
	_speak(request.param)
	yield request.param
	_speak("en")


def _speak(language: str) -> None:
	frappe.db.set_value("User", "Administrator", "language", language)
	frappe.db.commit()
	frappe.clear_cache(user="Administrator")


def _of_often(gap: bool) -> tuple[str, dict[str, Any]]:
	"""A customer who bought on several days, or on one only, and what is foreseen of him."""
	told = ((name, api.get_grade(name)["forecast"]) for name in rhythm.NAMES)
	return next((name, one) for name, one in told if (one["usual_gap"] is not None) == gap)


@pytest.mark.parametrize("gap", [True, False], ids=["a rhythm", "one day"])
def test_the_panel_says_the_chance_in_a_sentence(language: str, page: Any, gap: bool) -> None:
	name, one = _of_often(gap)
	go(page, f"customer/{name.replace(' ', '%20')}")
	said = said_by_the_panel(page)
	chance, days = f"{one['chance']}%", one["silent_days"]
	begins = {
		"en": f"{chance} chance of an order in the next 90 days: silent for {days} day",
		"zh": f"未来 90 天内下单的概率为 {chance}：已有 {days} 天未购买，",
	}
	goes_on = {
		"en": ("ordered on ", "usually orders every "),
		"zh": ("至今只有 ", "通常每 "),
	}
	assert begins[language] in said and goes_on[language][gap] in said, said


@pytest.mark.parametrize(
	("silent", "gap", "said"),
	[
		(0, 7, "ordered today, usually every 7 days."),
		(0, None, "ordered today, on 2 days so far."),
		(9, None, "silent for 9 days, ordered on 2 days so far."),
	],
)
def test_who_ordered_today_is_not_silent_and_two_days_are_no_rhythm(
	page: Any, silent: int, gap: int | None, said: str
) -> None:
	go(page, f"customer/{rhythm.NAMES[0].replace(' ', '%20')}")
	said_by_the_panel(page)
	one = {"chance": 40, "horizon": 90, "silent_days": silent, "usual_gap": gap, "days": 2}
	script = "one => new tiering.Outlook({ forecast: one, explanation: {} }).chance().join('')"
	assert f"40% chance of an order in the next 90 days: {said}" in page.evaluate(script, one)


@pytest.mark.parametrize(
	("speaking", "words"),
	[
		("en", ("Life Cycle", "60 customers", "Checked by what followed", "Foreseen to Buy")),
		("zh", ("生命周期", "60 个客户", "之后的实际情况检验", "预测购买")),
	],
)
def test_the_settings_say_how_good_it_is(page: Any, speaking: str, words: tuple[str, ...]) -> None:
	_speak(speaking)
	try:
		go(page, "customer-tiering-settings")
		page.get_by_role("tab", name=words[0]).click(timeout=WAIT)
		told = page.locator("[data-fieldname=forecast_html]")
		told.locator("table").wait_for(timeout=WAIT)
		said = told.inner_text()
		assert all(word in said for word in words[1:]), said
		assert told.locator("tbody tr").count() > 3
	finally:
		_speak("en")


def test_thresholds_of_the_chance_are_asked_only_where_stages_go_by_it(page: Any) -> None:
	go(page, "customer-tiering-settings")
	page.get_by_role("tab", name="Life Cycle").click(timeout=WAIT)
	field = page.locator(".frappe-control[data-fieldname=at_risk_chance]")
	field.wait_for(timeout=WAIT)
	page.locator(".frappe-control[data-fieldname=risk_by] select").select_option("Gaps")
	field.wait_for(state="hidden", timeout=WAIT)
