"""The Sales Person by Tier report: portfolios, moves and risks of each person, and the lists behind them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.sales_person_by_tier import sales_person_by_tier as report
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import state
from tests.site.helpers import reports
from tests.site.helpers.reports import COMPANY, on_team, other_company, sell
from tests.site.helpers.selling import ago, make_customer
from tests.site.helpers.shops.moving import moved  # noqa: F401 a fixture

VIEWS = report.Chosen.VIEWS
NAMES = ("person_name", "customers", "Platinum", "Gold", "Silver", "Bronze", "Unrated", "revenue",
	"up", "down", "risk")  # fmt: skip


@pytest.fixture
def teams(moved: None) -> None:  # noqa: F811 the fixture
	"""The customers who moved, some with one sales person and Bob with two."""
	for person, customers in {"Sam": ("Ada", "Bob", "Cy"), "Sue": ("Bob", "Dee")}.items():
		for customer in customers:
			on_team(customer, person)


def execute(**filters: Any) -> answers.Answer:
	"""The report over the last ninety days, unless told otherwise."""
	return report.execute({"from_date": str(ago(89)), "to_date": str(ago(0)), **filters})


def as_the_desk(**filters: Any) -> dict[str, Any]:
	return reports.as_the_desk(report.NAME, **{"from_date": str(ago(89)), **filters})


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def listed(**filters: Any) -> list[str]:
	return [row["customer"] for row in rows(view="Customers", **filters)[:-1]]


def table(**filters: Any) -> list[tuple[Any, ...]]:
	"""The figures, by the labels of the tiers' columns."""
	columns, found, *_rest = execute(**filters)
	fields = {
		c["label"] if c["fieldname"].startswith("tier_") else c["fieldname"]: c["fieldname"] for c in columns
	}
	return [tuple(row[fields[name]] for name in NAMES if name in fields) for row in found]


# -- rows -------------------------------------------------------------------------------------------


def test_each_persons_customers_by_tier_and_each_customer_once_in_the_total(teams: None) -> None:
	assert table() == [
		# Bob is counted with both; he fell from Gold to Silver. Ada rose, and so did Dee since her first tier
		("Sam", 3, 1, 0, 2, 0, 0, 2500, 1, 1, 1),
		("Sue", 2, 0, 0, 2, 0, 0, 400, 1, 1, 1),
		# Kit went there and back, Eve left a tier that is no more, Gus has his first tier
		("No Sales Person", 7, 0, 3, 0, 0, 4, 50, 0, 0, 0),
		("Total", 11, 1, 3, 3, 0, 4, 2650, 2, 1, 1),
	]
	text = message()
	assert "Such customers: 1." in text
	assert "neither up nor down: 1." in text


def test_the_total_is_tier_performances(teams: None) -> None:
	whole = tier_performance.execute({"from_date": str(ago(89)), "to_date": str(ago(0))})[1]
	mine = dict(zip(NAMES, table()[-1], strict=True))
	assert {row["tier"]: row["customers"] for row in whole} == {
		**{tier: mine[tier] for tier in ("Platinum", "Gold", "Silver", "Bronze", "Unrated")},
		"Total": mine["customers"],
	}
	assert whole[-1]["revenue"] == mine["revenue"]


def test_customers_are_listed_with_where_they_stood_before(teams: None) -> None:
	*people, total = rows(view="Customers")
	names = ("customer", "tier", "tier_then", "moved", "revenue", "persons")
	assert [tuple(row[name] for name in names) for row in people[:5]] == [
		("Ada", "Platinum", "Gold", "Moved Up", 1500, "Sam"),
		("Cy", "Silver", "Silver", "", 700, "Sam"),
		("Bob", "Silver", "Gold", "Moved Down", 300, "Sam, Sue"),
		("Dee", "Silver", "Bronze", "Moved Up", 100, "Sue"),
		("Gus", "Gold", "Gold", "", 50, "No Sales Person"),
	]
	assert len(people) == 11
	assert (total["customer"], total["revenue"]) == ("Total", 2650)


def test_a_sales_person_of_a_group_has_a_row_for_each_below_him_alone(teams: None) -> None:
	group = frappe.get_doc(
		{"doctype": "Sales Person", "sales_person_name": "North", "is_group": 1,
			"parent_sales_person": frappe.db.get_value("Sales Person", "Sue", "parent_sales_person")}
	).insert()  # fmt: skip
	doc = frappe.get_doc("Sales Person", "Sue")
	doc.parent_sales_person = group.name
	doc.save()
	assert [row[:2] for row in table(sales_person="North")] == [("Sue", 2), ("Total", 2)]
	assert listed(sales_person="North") == ["Bob", "Dee"]
	assert listed(of_person="North") == []


def test_a_person_listed_twice_on_a_customer_has_him_once(teams: None) -> None:
	on_team("Ada", "Sam")
	assert table()[0][:2] == ("Sam", 3)


# -- the lists behind the figures -------------------------------------------------------------------


@pytest.mark.parametrize(
	"filters", [{}, {"company": COMPANY}, {"tier": "Silver"}, {"unrated": 1}, {"at_risk": 1}]
)
def test_a_figure_opens_the_customers_behind_it(teams: None, filters: dict[str, Any]) -> None:
	columns, found, *_rest = execute(**filters)
	for row in found:
		for column in columns:
			if behind := column.get("behind"):
				chosen = {} if row.get("is_total") else {f: row[field] for f, field in behind["row"].items()}
				*people, total = rows(**{**filters, **chosen, **behind["filters"]}) or [{}]
				if column["fieldname"] == "revenue":
					assert total["revenue"] == row["revenue"]
				else:
					assert len(people) == row[column["fieldname"]], (row, column)


def test_a_customers_revenue_opens_his_documents(teams: None) -> None:
	for row in rows(view="Customers")[:-1]:
		filters = {"from_date": str(ago(89)), "to_date": str(ago(0)), "customer": row["customer"]}
		assert tier_performance.execute({**filters, "view": "Documents"})[1][-1]["revenue"] == row["revenue"]


def test_chart_and_summary(teams: None) -> None:
	_columns, _rows, _message, chart, summary = execute()
	assert chart["data"]["labels"] == ["Sam", "Sue", "No Sales Person"]
	assert chart["data"]["datasets"] == [
		{"name": "Platinum", "values": [1, 0, 0]},
		{"name": "Gold", "values": [0, 0, 3]},
		{"name": "Silver", "values": [2, 2, 0]},
		{"name": "Unrated", "values": [0, 0, 4]},
	]
	expected = {"Customers": 11, "Revenue": 2650, "Moved Up": 2, "Moved Down": 1, "At Risk": 1}
	assert {item["label"]: item["value"] for item in summary} == expected
	assert {item["label"]: item["value"] for item in execute(view="Customers")[4]} == expected


# -- filters and empty states -----------------------------------------------------------------------


def test_filters_choose_customers(teams: None) -> None:
	assert listed(of_person="Sue") == ["Bob", "Dee"]
	assert listed(move="Moved Up") == ["Ada", "Dee"]
	assert listed(at_risk=1) == listed(stage="At Risk") == ["Bob"]
	assert set(listed(without_person=1)) == {"Eve", "Fay", "Gus", "Hal", "Ida", "Jo", "Kit"}
	assert table(customer="Bob") == [
		("Sam", 1, 0, 0, 1, 0, 0, 300, 0, 1, 1),
		("Sue", 1, 0, 0, 1, 0, 0, 300, 0, 1, 1),
		("Total", 1, 0, 0, 1, 0, 0, 300, 0, 1, 1),
	]
	sell("Ada", (1, 77))[0].db_set("company", other_company())
	assert table(company="Other USD")[-1][7] == 77


def test_a_day_before_the_log_began_is_told(teams: None) -> None:
	assert "The log of these customers begins on" not in message()
	early = {"from_date": str(ago(300))}
	assert "The log of these customers begins on" in message(**early)
	assert table(**early)[-1][-3:] == (2, 1, 1)


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"move": "Sideways"}, "There is no such movement. Choose one of Moved Up, Moved Down"),
		({"without_person": 1, "of_person": "Sam"}, "Choose either a sales person or the customers without"),
		(
			{"without_person": 1, "sales_person": "Sam"},
			"Choose either a sales person or the customers without",
		),
		({"view": "Pies"}, "There is no such view. Choose one of Sales Persons, Customers"),
		({"to_date": ""}, "Choose the first and the last day"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


def test_nothing_published_nobody_and_no_sales_person_say_what_to_do() -> None:
	assert "No customer matches these filters" in message()
	make_customer("Ada")
	assert "None of these customers has a sales person. Name one" in message()
	for filters in ({"of_person": "Sam"}, {"move": "Moved Up"}, {"at_risk": 1, "view": "Customers"}):
		assert rows(**filters) == []
		assert "No customer matches these filters" in message(**filters)
	state.set_state({"current_policy": None})
	assert "No policy is published yet" in message()


# -- what the desk draws ----------------------------------------------------------------------------


def test_the_browser_offers_the_choices_that_there_are() -> None:
	script = Path(report.__file__).with_suffix(".js").read_text()
	offered = tuple(re.findall(r'value: "(.+?)", label: __\("\1"\)', script))
	assert offered == (report.UP, report.DOWN)
