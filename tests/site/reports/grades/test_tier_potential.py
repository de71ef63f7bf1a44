"""The Tier Potential report: who is near the next tier, and what would bring him there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.customer_tiering.report.tier_potential import tier_potential as report
from customer_tiering.desk import account
from customer_tiering.engine import Policy
from customer_tiering.reporting.choosing.reader import read_seen as read_as
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import drains, full_runs, state
from customer_tiering.site.grading.outbox import Reason
from tests.site.helpers import reports
from tests.site.helpers.reports import COMPANY, hold, on_team, once, other_company, period, score, sell
from tests.site.helpers.selling import ago, make_customer

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
	"Ann": [(5, 560)],  # (56 + 20) ÷ 2 = 38: Bronze, 12 missing
	"Ben": [(5, 400), (50, 500)],  # (90 + 60) ÷ 2 = 75: Silver, 5 missing
	"Cid": [(120, 400), (130, 400)],  # (80 + 60) ÷ 2 = 70: Silver, 10 missing, and capped there
	"Dot": [(5, 450), (50, 450)],  # as Ben, and disabled
	"Eli": [(3, 240), (4, 240), (5, 240), (6, 240)],  # (96 + 100) ÷ 2 = 98: at the top
	"Gil": [(5, 420), (50, 420)],  # (84 + 60) ÷ 2 = 72: Silver by decision
	"Hob": [(5, 300)],  # (30 + 20) ÷ 2 = 25: Silver for 30 days yet, then Bronze
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


def as_the_desk(**filters: Any) -> dict[str, Any]:
	return reports.as_the_desk(report.NAME, **filters)


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def listed(**filters: Any) -> list[str]:
	return [row["customer"] for row in rows(**filters)[:-1]]


def ways(**filters: Any) -> dict[str, list[str]]:
	return {row["customer"]: row["ways"].split(" · ") for row in rows(**filters)[:-1]}


# -- rows -------------------------------------------------------------------------------------------


def test_the_nearest_come_first_with_what_would_do_it(graded: Any) -> None:
	*people, total = rows(points=12)
	names = ("customer", "tier", "score", "next_tier", "points", "revenue", "owner_name")
	assert [tuple(row[name] for name in names) for row in people] == [
		("Ben", "Silver", 75, "Gold", 5, 900, "Sam"),
		("Gil", "Silver", 72, "Gold", 8, 840, "No Owner"),
		("Cid", "Silver", 70, "Gold", 10, 0, "Sam"),
		("Ann", "Bronze", 38, "Silver", 12, 560, "No Owner"),
	]
	assert (total["customer"], total["revenue"]) == ("Total", 2300)
	assert ways(points=12) == {
		# ten points of a hundred more by either rule
		"Ben": [
			"Spending: $ 100.00 more",
			"Orders: 2 more",
		],
		"Gil": ["Silver by decision without an end date"],
		"Cid": ["At most Silver, by rule Silent."],
		"Ann": [
			"Spending: $ 240.00 more",
			"Orders: 1 more",
		],
	}


def test_who_is_about_to_fall_is_told_that_first(graded: Any) -> None:
	falls = frappe.format(ago(-30), "Date")
	assert ways(points=60)["Hob"] == [f"Falls to Bronze on {falls}", "No single rule would do it alone."]


def test_the_ways_are_those_of_the_customer_form(graded: Any) -> None:
	names = listed(points=60)
	seen = read_as(POLICY, report.Chosen.of(period(points=60)))
	found = report.explanations(seen, names)
	for name in names:
		form = account.read_account(name)["explanation"]
		assert found[name] == form
		row = next(row for row in rows(points=60) if row["customer"] == name)
		assert (row["next_tier"], row["points"]) == (form["above"]["tier"], form["above"]["points"])


def test_what_has_changed_since_the_grade_is_said(graded: Any) -> None:
	sell("Ben", (1, 20))
	assert ways()["Ben"] == ["There is news about this customer: the grade follows shortly."]
	graded()
	assert rows()[0]["points"] == 4
	assert ways()["Ben"][0] == "Spending: $ 80.00 more"


def test_ways_are_worked_out_for_the_nearest_only(graded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(report, "DETAILED", 1)
	found = ways()
	assert len(found["Ben"]) == 2
	assert found["Gil"] == [""]
	assert "It is given for the nearest 1 of 3." in message()


def test_a_value_is_told_in_its_unit(graded: Any) -> None:
	seen = read_as(POLICY, report.Chosen.of(period()))
	assert report._amount(seen, "count", 7.2, True) == "8"
	assert report._amount(seen, "days", 29.9, False) == "29 days"
	assert report._amount(seen, "percent", 12.34, True) == "12.3%"
	why = {"rules": [{"rule": "Last purchase", "value": 60.0}]}
	way = {"rule": "Last purchase", "unit": "days", "value": 30.0}
	assert report._way(seen, way, why) == "Last purchase: 30 days or less"


# -- the other views, and the lists behind them -----------------------------------------------------


def test_owners_have_a_row_per_next_tier(graded: Any) -> None:
	names = ("owner_name", "next_tier", "near", "average", "revenue")
	assert [tuple(row.get(name) for name in names) for row in rows(view="Owners", points=12)] == [
		("No Owner", "Gold", 1, 8, 840),
		("No Owner", "Silver", 1, 12, 560),
		("Sam", "Gold", 2, 7.5, 900),
		("Total", None, 4, 8.75, 2300),
	]


def test_tiers_tell_how_many_are_near_the_next(graded: Any) -> None:
	names = ("tier", "customers", "near", "share", "average", "revenue")
	assert [tuple(row[name] for name in names) for row in rows(view="Tiers", points=12)] == [
		# of Ben, Cid, the disabled Dot, Gil and Hob
		("Silver", 5, 3, 60.0, 7.67, 1740),
		("Bronze", 1, 1, 100.0, 12, 560),
		("Total", 6, 4, 66.7, 8.75, 2300),
	]
	row = rows(view="Tiers", points=1)[0]
	assert (row["near"], row["average"], row["revenue"]) == (0, None, 0)


@pytest.mark.parametrize("view", ["Owners", "Tiers"])
@pytest.mark.parametrize(
	"filters", [{"points": 12}, {"points": 60, "company": COMPANY}, {"sales_person": "Sam"}]
)
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
			elif column["fieldname"] == "revenue":
				assert total.get("revenue", 0) == row["revenue"]
	for name in ("near", "revenue"):
		assert sum(row[name] for row in found[:-1]) == found[-1][name]


def test_a_customers_revenue_opens_his_documents(graded: Any) -> None:
	for row in rows(points=12)[:-1]:
		documents = tier_performance.execute(period(view="Documents", customer=row["customer"]))[1]
		assert documents[-1]["revenue"] == row["revenue"]


def test_charts_and_summary_count_who_is_near(graded: Any) -> None:
	_columns, _rows, _message, chart, summary = execute(points=12)
	assert chart["data"]["labels"] == ["Near Gold", "Near Silver"]
	assert chart["data"]["datasets"] == [{"name": "Near the Next Tier", "values": [3, 1]}]
	assert {item["label"]: item["value"] for item in summary} == {
		"Near the Next Tier": 4,
		"Revenue": 2300,
		"Average Points Missing": "8.75",
		"Fewest Points Missing": "5.00",
	}
	data = execute(points=12, view="Owners")[3]["data"]
	assert sorted(zip(data["labels"], *(one["values"] for one in data["datasets"]), strict=True)) == [
		("No Owner", 1, 1), ("Sam", 2, 0),
	]  # fmt: skip


# -- filters and empty states -----------------------------------------------------------------------


def test_filters_choose_customers(graded: Any) -> None:
	assert listed() == ["Ben", "Gil", "Cid"]
	assert listed(points=12, next_tier="Silver") == ["Ann"]
	assert listed(points=12, tier="Bronze") == ["Ann"]
	assert listed(owned_by="Sam") == listed(sales_person="Sam") == ["Ben", "Cid"]
	assert listed(unowned=1) == ["Gil"]
	sell("Ben", (1, 77))[0].db_set("company", other_company())
	assert rows(company=COMPANY)[0]["revenue"] == 900
	assert rows()[0]["revenue"] == 977


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"points": 0}, "Choose a number of points from 1 to 100"),
		({"points": 101}, "Choose a number of points from 1 to 100"),
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
	assert "None of these customers is so near. Choose a greater number" in message()
	assert (rows(), rows(view="Owners"), execute()[3]) == ([], [], None)
	assert "No customer matches these filters" in message(owned_by="Sam")
	state.set_state({"current_policy": None})
	assert "No policy is published yet" in message()


def test_before_everyone_was_graded_once_the_list_has_no_ways() -> None:
	make_customer("Ada")
	hold("Ada", "Silver")
	frappe.db.set_value("Customer", "Ada", "tier_score", 65)
	assert [(row["points"], row["ways"]) for row in rows()[:-1]] == [(5, "")]
