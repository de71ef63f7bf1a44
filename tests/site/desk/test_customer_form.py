"""What the Customer form is told: the timeline with its reasons, in one bounded answer, and its counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
import pytest

from customer_tiering import api
from customer_tiering.desk import account
from customer_tiering.site.grading import full_runs
from tests.site.helpers.reports import queries
from tests.site.helpers.selling import ago, drain, invoice, make_customer


@pytest.fixture
def story() -> str:
	"""A customer who was graded, bought more, and then bought again."""
	make_customer("Overtaken")
	for days in (160, 170):
		invoice("Overtaken", 5_000, ago(days))
	name = make_customer("Told & Sold")
	invoice(name, 100, ago(200))
	full_runs.nightly(ago(150))
	document = invoice(name, 90_000, ago(1))
	drain()
	frappe.flags.document = document.name
	return name


def test_a_change_says_what_moved_and_which_document_is_behind_it(story: str) -> None:
	latest, first = api.get_grade(story)["changes"]
	assert (first["from_tier"], first["rules"]) == (None, [])
	assert latest["reference_name"] == frappe.flags.document
	assert latest["from_tier"] == first["to_tier"]
	values = {"Spending in a year": (100, 90_100), "Orders in a year": (1, 2), "Last purchase": (50, 1)}
	assert latest["rules"]
	for one in latest["rules"]:
		assert (one["before"], one["after"]) == values[one["rule"]]
	gains = [abs(one["points"] - one["points_before"]) for one in latest["rules"]]
	assert gains == sorted(gains, reverse=True) and all(gains)


def test_until_the_grade_follows_the_form_shows_one_grade_whole(story: str) -> None:
	"""Not the head of the one that is held over the reasons of the one that comes."""
	held = frappe.get_doc("Customer Score", {"customer": story})
	frappe.get_doc("Sales Invoice", frappe.flags.document).cancel()
	told = api.get_grade(story)
	why = told["explanation"]
	assert told["pending"] and told["held_tier"] == held.tier
	assert (told["tier"], told["score"]) == (why["tier"], why["score"]) != (held.tier, held.score)
	assert told["service"] == account._service(why["tier"])
	drain()
	after = api.get_grade(story)
	assert not after["pending"] and after["held_tier"] == after["tier"]
	assert after["lifecycle_stage"] == frappe.db.get_value("Customer", story, "lifecycle_stage")


def test_behind_a_figure_are_the_documents_of_its_window(story: str) -> None:
	first = {"Spending in a year": ago(364), "Orders in a year": ago(364), "Last purchase": ago(200)}
	assert api.get_grade(story)["behind"] == first


def test_who_is_not_graded_yet_is_shown_by_what_comes() -> None:
	name = make_customer("Just Made")
	invoice(name, 100, ago(1))
	told = api.get_grade(name)
	assert told["pending"] and told["held_tier"] is None
	assert told["tier"] == told["explanation"]["tier"]


def test_the_months_come_to_the_documents_of_the_year(story: str) -> None:
	months = api.get_grade(story)["months"]
	assert len(months) == 12
	assert months[-1]["month"] == f"{ago(0):%Y-%m}"
	assert sum(month["sold"] + month["returned"] for month in months) == 90_100


def test_the_answer_does_not_grow_with_the_log(story: str, monkeypatch: pytest.MonkeyPatch) -> None:
	account.read_account(story)  # fills the host's caches
	few = queries(lambda: account.read_account(story), monkeypatch)
	for number in range(60):
		values = {"customer": story, "as_of": ago(0), "cause": "Time", "to_tier": "Gold", "score": 70}
		frappe.get_doc({"doctype": "Tier Change", "name": f"N{number}", **values}).db_insert()
	assert len(account.read_account(story)["changes"]) == 20
	assert queries(lambda: account.read_account(story), monkeypatch) == few


@pytest.mark.parametrize(
	("explanation", "rules"),
	[
		(None, []),
		("{}", []),
		('{"before": {}, "after": {"A": {"value": 1, "points": 10}}}', []),
		(
			'{"before": {"A": {"value": 1, "points": 10}, "B": {"value": 1, "points": 50}, "C":{"points": 1}}'
			', "after": {"A": {"value": 2, "points": 20}, "B": {"value": null, "points": 0}, '
			'"C": {"points": 1}, "New": {"value": 5, "points": 5}}}',
			[("B", 1, None, 50, 0), ("A", 1, 2, 10, 20)],
		),
	],
)
def test_rules_whose_points_moved_are_named_the_greatest_step_first(
	explanation: str | None, rules: list[tuple[Any, ...]]
) -> None:
	assert [tuple(one.values()) for one in account._moved_by(explanation)] == rules


def test_connections_count_the_score_and_the_changes(story: str) -> None:
	from frappe.desk.notifications import get_open_count

	frappe.clear_cache(doctype="Customer")
	groups = frappe.get_meta("Customer").get_dashboard_data()["transactions"]
	assert ["Customer Score", "Tier Change"] in [group["items"] for group in groups]
	found = get_open_count("Customer", story, ["Customer Score", "Tier Change"])["count"]
	counts = {one["doctype"]: one["count"] for one in found["external_links_found"]}
	assert counts == {"Customer Score": 1, "Tier Change": 2}


def test_connections_of_a_customer_whom_one_may_not_see_are_not_told(
	story: str, reader: Callable[..., str]
) -> None:
	from frappe.desk.notifications import get_open_count

	make_customer("Mine")
	reader("Sales User", customer="Mine")
	# 15 stumbles over its own refusal, which has no message.
	with pytest.raises((frappe.PermissionError, IndexError)):
		get_open_count("Customer", story, ["Customer Score", "Tier Change"])
