"""The Tier Potential report: whom one usual order lifts, and that it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.customer_tiering.report.tier_potential import tier_potential as report
from customer_tiering.engine import Policy
from customer_tiering.reporting.showing import answers
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import drains, full_runs, state
from customer_tiering.site.grading.outbox import Reason
from tests.site.helpers.reports import COMPANY, hold, on_team, once, other_company, period, score, sell
from tests.site.helpers.selling import ago, invoice, make_customer

VIEWS = report.Chosen.VIEWS
POLICY = Policy.from_dict(
	{
		"name": "By hand",
		"tiers": [
			{"name": "Gold", "min_score": 80},
			{"name": "Silver", "min_score": 50, "grace_days": 30},
			{"name": "Bronze", "min_score": 0},
		],
		"rules": [
			{"name": "Spending", "metric": "Revenue", "method": "Linear", "zero_at": 0, "full_at": 1000,
				"weight": 50},
			{"name": "Orders", "metric": "Invoice Count", "method": "Bands", "weight": 50,
				"bands": [{"at_least": 1, "points": 20}, {"at_least": 2, "points": 60},
					{"at_least": 4, "points": 100}]},
			{"name": "Silent", "type": "Cap", "metric": "Recency", "condition": ">=", "value": 100,
				"tier": "Silver"},
		],
	}
)  # fmt: skip


SALES = {
	"Ann": [(5, 560)],  # (56 + 20) ÷ 2 = 38: Bronze; 560 more: (100 + 60) ÷ 2 = 80, Gold
	"Ben": [(5, 400), (50, 500)],  # (90 + 60) ÷ 2 = 75: Silver; 450 more: Gold
	"Cid": [(120, 400), (130, 400)],  # (80 + 60) ÷ 2 = 70: Silver, and capped there until he buys
	"Dot": [(5, 450), (50, 450)],  # as Ben, and disabled
	"Eli": [(3, 240), (4, 240), (5, 240), (6, 240)],  # (96 + 100) ÷ 2 = 98: at the top
	"Gil": [(5, 420), (50, 420)],  # (84 + 60) ÷ 2 = 72: Silver by decision
	"Hob": [(5, 300)],  # (30 + 20) ÷ 2 = 25: Silver for 30 days yet, which 300 more would keep
}


def _make() -> None:
	for name, sold in SALES.items():
		sell(make_customer(name), *sold)


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
	"""Seven customers, graded by a policy whose points can be added up in the head; grades again."""
	once("potential", _make)
	score("Gil", override_tier="Silver", override_mode="Exact", override_reason="agreed")
	score("Hob", tier="Silver", earned_tier="Silver", earned_since=ago(90), tier_since=ago(90), as_of=ago(1))
	cut_points = full_runs.evaluate_everyone(POLICY, state.today()).evaluation.cut_points
	current = state.Published("BY-HAND", POLICY, cut_points, len(SALES), False)
	monkeypatch.setattr(state, "published", lambda lock=False: current)

	def grade() -> None:
		drains.grade(frappe.get_all("Customer", pluck="name", order_by=None), Reason("Manual"))

	grade()
	frappe.db.set_value("Customer", "Dot", "disabled", 1)
	on_team("Ben", "Sam")
	on_team("Cid", "Sam")
	return grade


def execute(**filters: Any) -> answers.Answer:
	"""The report over the last hundred days, unless told otherwise."""
	return report.execute(period(**filters))


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def listed(**filters: Any) -> list[str]:
	return [row["customer"] for row in rows(**filters)[:-1]]


# -- rows -------------------------------------------------------------------------------------------


def test_whom_a_usual_order_lifts_is_listed_by_what_he_brings(graded: Any) -> None:
	*people, total = rows()
	names = ("customer", "tier", "next_tier", "least", "usual", "revenue", "owner_name")
	assert [tuple(row[name] for name in names) for row in people] == [
		# a revenue of 999.90 gives 99.99 points, and with those for three orders a score of 80
		("Ben", "Silver", "Gold", 99.9, 450, 900, "Sam"),
		("Ann", "Bronze", "Gold", 439.9, 560, 560, "No Owner"),
		("Cid", "Silver", "Gold", 199.9, 400, 0, "Sam"),
	]
	assert (total["customer"], total["usual"], total["revenue"]) == ("Total", 1410, 1460)


@pytest.mark.parametrize("amount", ["least", "usual"])
def test_the_order_that_is_told_lifts_him_and_a_cent_less_than_the_least_does_not(
	graded: Any, amount: str
) -> None:
	people = rows()[:-1]
	for row in people:
		invoice(row["customer"], row[amount])
	graded()
	held = {
		row["customer"]: frappe.db.get_value("Customer", row["customer"], "customer_tier") for row in people
	}
	assert held == {row["customer"]: row["next_tier"] for row in people}


def test_a_cent_less_than_the_least_does_not(graded: Any) -> None:
	for row in rows()[:-1]:
		invoice(row["customer"], round(row["least"] - 0.01, 2))
	graded()
	assert not frappe.db.count("Customer", {"customer_tier": "Gold", "name": ("in", ("Ann", "Ben", "Cid"))})


def test_the_least_order_is_worked_out_for_the_first_only(
	graded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(report, "DETAILED", 1)
	assert [row["least"] for row in rows()[:-1]] == [99.9, None, None]
	assert "It is worked out for the first 1 of 3." in message()


def test_everyone_by_scan_is_everyone_by_index(graded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
	few = execute(owned_by="Sam")
	monkeypatch.setattr("customer_tiering.reporting.choosing.reader.FEW", 0)
	assert execute(owned_by="Sam") == few


def test_whoever_does_not_see_everyone_gets_an_amount_that_is_enough(
	graded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(permissions, "sees_everyone", lambda *_: False)
	assert [(row["customer"], row["least"], row["usual"]) for row in rows()[:-1]] == [
		("Ben", 100, 450), ("Ann", 440, 560), ("Cid", 200, 400),
	]  # fmt: skip


def test_a_rise_that_takes_days_is_told_with_its_day(graded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
	frappe.db.set_value("Customer Score", {"customer": "Ben"}, "as_of", ago(1))
	current = state.published()
	gold = replace(POLICY.tiers[-1], rise_days=10)
	slow = replace(POLICY, tiers=(*POLICY.tiers[:-1], gold))
	monkeypatch.setattr(state, "published", lambda lock=False: replace(current, policy=slow))
	assert {row["customer"]: row["on"] for row in rows()[:-1]}["Ben"] == ago(-10)
	assert "on" in [column["fieldname"] for column in execute()[0]]


# -- the other views, and the lists behind them -----------------------------------------------------


def test_owners_have_a_row_per_tier(graded: Any) -> None:
	names = ("owner_name", "next_tier", "near", "usual", "revenue")
	assert [tuple(row.get(name) for name in names) for row in rows(view="Owners")] == [
		("Sam", "Gold", 2, 850, 900),
		("No Owner", "Gold", 1, 560, 560),
		("Total", None, 3, 1410, 1460),
	]


def test_tiers_tell_how_many_are_one_order_away(graded: Any) -> None:
	names = ("tier", "customers", "near", "share", "usual", "revenue")
	assert [tuple(row[name] for name in names) for row in rows(view="Tiers")] == [
		# of Ben, Cid, the disabled Dot, Gil and Hob
		("Silver", 5, 2, 40.0, 850, 900),
		("Bronze", 1, 1, 100.0, 560, 560),
		("Total", 6, 3, 50.0, 1410, 1460),
	]


@pytest.mark.parametrize("view", ["Owners", "Tiers"])
@pytest.mark.parametrize("filters", [{}, {"company": COMPANY}, {"sales_person": "Sam"}])
def test_a_figure_opens_the_customers_behind_it(graded: Any, view: str, filters: dict[str, Any]) -> None:
	columns, found, *_rest = execute(view=view, **filters)
	for row in found:
		for column in columns:
			behind = column.get("behind")
			if not behind or (row.get("is_total") and column.get("total_behind") == 0):
				continue
			chosen = {} if row.get("is_total") else {f: row[field] for f, field in behind["row"].items()}
			made = tier_performance.execute if behind["report"] == "Tier Performance" else report.execute
			*people, total = made(period(**{**filters, **chosen, **behind["filters"]}))[1] or [{}]
			if column["fieldname"] in ("near", "customers"):
				assert len(people) == row[column["fieldname"]], (row, column)
			elif column["fieldname"] in ("usual", "revenue"):
				assert total.get(column["fieldname"], 0) == row[column["fieldname"]]
	for name in ("near", "usual", "revenue"):
		assert sum(row[name] for row in found[:-1]) == found[-1][name]


def test_a_customers_revenue_opens_his_documents(graded: Any) -> None:
	for row in rows()[:-1]:
		documents = tier_performance.execute(period(view="Documents", customer=row["customer"]))[1]
		assert (documents[-1]["revenue"] if documents else 0) == row["revenue"]


def test_charts_and_summary_count_who_is_near(graded: Any) -> None:
	_columns, _rows, _message, chart, summary = execute()
	assert chart["data"]["labels"] == ["Gold"]
	assert chart["data"]["datasets"] == [{"name": "One Order Away", "values": [3]}]
	assert {item["label"]: item["value"] for item in summary} == {
		"One Order Away": 3,
		"Usual Orders": 1410,
		"Revenue": 1460,
	}
	data = execute(view="Owners")[3]["data"]
	assert sorted(zip(data["labels"], *(one["values"] for one in data["datasets"]), strict=True)) == [
		("No Owner", 1), ("Sam", 2),
	]  # fmt: skip


# -- filters and empty states -----------------------------------------------------------------------


def test_filters_choose_customers(graded: Any) -> None:
	assert listed() == ["Ben", "Ann", "Cid"]
	assert listed(next_tier="Silver") == []
	assert listed(tier="Bronze") == ["Ann"]
	assert listed(owned_by="Sam") == listed(sales_person="Sam") == ["Ben", "Cid"]
	assert listed(unowned=1) == ["Ann"]
	sell("Ben", (1, 77))[0].db_set("company", other_company())
	assert rows(company=COMPANY)[0]["revenue"] == 900
	assert rows()[0]["revenue"] == 977


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"next_tier": "Tin"}, "Tin is not a tier of the published policy"),
		({"owned_by": "Sam", "unowned": 1}, "Choose either an owner"),
		({"view": "Pies"}, "There is no such view. Choose one of Customers, Owners, Tiers"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(small: None, filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


def test_nothing_published_nobody_nothing_graded_and_nobody_near_say_what_to_do() -> None:
	assert "No customer matches these filters" in message()
	make_customer("Ada")
	for view in VIEWS:
		assert "None of these customers has a tier yet" in message(view=view)
	hold("Ada", "Bronze")
	assert "None of these customers is one usual order away" in message()
	assert (rows(), rows(view="Owners"), execute()[3]) == ([], [], None)
	assert "No customer matches these filters" in message(owned_by="Sam")
	state.set_state({"current_policy": None})
	assert "No policy is published yet" in message()
