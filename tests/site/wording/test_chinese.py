"""The app in Chinese on a site: the host keeps its words, and people read labels, not what is stored."""

from __future__ import annotations

from collections.abc import Iterator

import frappe
import pytest
from frappe.translate import get_all_translations, get_translations_from_apps

from customer_tiering import api
from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.engine.stages import STAGES
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.wording import labels
from customer_tiering.wording.texts import listed, run_on
from tests.chinese import HOST_WORDS, known, rows


@pytest.fixture
def in_chinese() -> Iterator[None]:
	before, frappe.local.lang = frappe.local.lang, "zh"
	yield
	frappe.local.lang = before


def _of_the_host() -> dict[str, str]:
	return get_translations_from_apps("zh", ["frappe", "erpnext"])


def test_no_word_of_the_host_is_changed() -> None:
	everybodys, host = get_all_translations("zh"), _of_the_host()
	assert len(host) > 10_000
	assert not {key: (word, everybodys[key]) for key, word in host.items() if everybodys[key] != word}


def test_a_row_without_a_context_says_what_the_host_says() -> None:
	host = _of_the_host()
	plain = [(source, chinese) for source, chinese, context in rows() if not context]
	assert not [(source, chinese) for source, chinese in plain if host.get(source, chinese) != chinese]


def test_the_host_has_the_words_that_are_left_to_it() -> None:
	assert not sorted(HOST_WORDS - set(_of_the_host()))


def test_a_stage_is_not_the_hosts_word(in_chinese: None) -> None:
	chinese = known()
	for label, names in ((labels.stage_label, STAGES), (labels.segment_label, SEGMENTS)):
		for name in names:
			assert label(name) == chinese.get((name, "Customer Score"), chinese.get((name, "")))
	assert labels.stage_label("Lost") == "已流失" != frappe._("Lost")
	assert labels.stage_label("New") == "新客户" != frappe._("New")


@pytest.mark.parametrize("field", ["Customer", "Customer Score", "Tier Rule Band"])
def test_the_hosts_own_look_up_finds_the_stage(in_chinese: None, field: str) -> None:
	# As a form does it, with the name of its DocType.
	for name in ("Lost", "New", "Active", "Prospect"):
		assert frappe._(name, context=field) == labels.stage_label(name)


def test_a_name_that_somebody_gave_is_no_word_of_the_hosts(in_chinese: None) -> None:
	assert frappe._("Lost") != "Lost"
	for label in (labels.tier_label, labels.rule_label, labels.policy_label):
		assert label("Lost") == "Lost"
	assert labels.tier_label("Platinum") == "铂金"
	assert labels.tier_label("Regular") == "常规"
	assert labels.tier_label("") == labels.tier_label(None) == "未定级"
	assert labels.rule_label("Last purchase") == "最近一次购买"
	assert labels.policy_label("RFM") == "RFM 价值分级"


def test_a_list_has_the_comma_of_its_language(in_chinese: None) -> None:
	assert listed(["铂金", "黄金"]) == "铂金、黄金"
	frappe.local.lang = "en"
	assert listed(["Platinum", "Gold"]) == "Platinum, Gold"
	assert listed([]) == ""


def test_sentences_have_the_space_of_their_language(in_chinese: None) -> None:
	assert run_on(["一。", "二。"]) == "一。二。"
	frappe.local.lang = "en"
	assert run_on(["One.", "Two."]) == "One. Two."


def test_choices_are_named_as_people_see_them(in_chinese: None) -> None:
	period = {"from_date": "2026-01-01", "to_date": "2026-06-30"}
	with pytest.raises(frappe.ValidationError, match=r"潜在客户、洽谈中、新客户、.*已流失、已挽回。"):
		Filters.of(period | {"stage": "Nowhere"})


def _broken() -> list[str]:
	"""What is told of a draft with something wrong in each form."""
	frappe.db.set_value("Customer Tier", "Bronze", "min_score", 10)
	frappe.db.set_value("Customer Tier", "Gold", "grace_days", -1)
	rule = frappe.db.get_value("Tier Rule", {"rule_name": "Spending in a year"})
	frappe.db.set_value("Tier Rule", rule, "buckets", 101)
	frappe.db.set_single_value("Customer Tiering Settings", "min_gap", 500)
	frappe.clear_messages()  # of the tests before
	with pytest.raises(frappe.ValidationError):
		api.preview()
	return [line for log in frappe.get_message_log() for line in log["message"]]


@pytest.mark.parametrize(
	("language", "told"),
	[
		("en", ["From Score", "Grace (Days)", "Buckets", "Shortest Gap (Days)"]),
		("zh", ["起始评分", "宽限期（天）", "分组数", "最短购买间隔"]),
	],
)
def test_what_is_wrong_with_a_draft_is_told_by_labels(language: str, told: list[str]) -> None:
	frappe.local.lang = language
	try:
		lines = "\n".join(_broken())
	finally:
		frappe.local.lang = "en"
	for label in told:
		assert label in lines
	assert "_" not in lines
