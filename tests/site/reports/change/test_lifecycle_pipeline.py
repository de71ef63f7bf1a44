"""The Lifecycle Pipeline report: exact rows, tie-outs, lists behind figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.lifecycle_pipeline import lifecycle_pipeline as report
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.engine.stages import STAGES
from customer_tiering.reporting.past import states
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import full_runs
from customer_tiering.site.past import snapshots
from tests.site.helpers import reports
from tests.site.helpers.reports import on_team, other_company, sell
from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.site.helpers.shops.moving import NOW, THEN

VIEWS = report.Chosen.VIEWS
MONTHLY = ("Customers by Month", "Revenue by Month")


def period(**filters: Any) -> dict[str, Any]:
	return {"from_date": str(ago(THEN)), "to_date": str(ago(NOW)), **filters}


def execute(**filters: Any) -> answers.Answer:
	return report.execute(period(**filters))


def as_the_desk(**filters: Any) -> dict[str, Any]:
	return reports.as_the_desk(report.NAME, **period(**filters))


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def stages(*names: str, **filters: Any) -> dict[str, tuple[Any, ...]]:
	"""Some figures per stage, without the stages in which nothing happened."""
	found = {row["label"]: tuple(row.get(name) for name in names) for row in rows(**filters)}
	return {label: values for label, values in found.items() if any(values)}


# -- stages -----------------------------------------------------------------------------------------


def test_a_stage_has_who_stood_in_it_who_came_and_who_went(moved: None) -> None:
	assert stages("before", "entered", "left", "customers", "share", "revenue") == {
		"Prospect": (2, 2, 1, 3, 27.3, 0),
		"New": (2, 2, 2, 2, 18.2, 150),
		"Active": (2, 3, 2, 3, 27.3, 2200),
		"Loyal": (1, 0, 1, 0, 0.0, 0),
		"Declining": (0, 1, 1, 0, 0.0, 0),
		"At Risk": (0, 1, 0, 1, 9.1, 300),
		"Lost": (1, 0, 1, 0, 0.0, 0),
		"Won Back": (0, 1, 0, 1, 9.1, 0),
		"Not Graded Yet": (3, 0, 2, 1, 9.1, 0),
		"Total": (11, 10, 10, 11, 100.0, 2650),
	}


def test_a_stage_says_how_long_it_lasted_and_where_most_went(moved: None) -> None:
	assert stages("stayed", "median", "most", "most_share") == {
		"Prospect": (50.0, 160, "New", 100.0),
		"New": (0.0, 175, "Active", 100.0),  # 170 and 180 days
		"Active": (50.0, 162.5, "Prospect", 50.0),  # and as many to Declining, which is later in a life
		"Loyal": (0.0, 190, "At Risk", 100.0),
		"Declining": (None, 30, "Active", 100.0),
		"Lost": (0.0, 140, "Won Back", 100.0),
		"Not Graded Yet": (None, None, "Prospect", 50.0),
		"Total": (25.0, 165, None, None),
	}


def test_the_stages_run_in_the_order_of_a_life(moved: None) -> None:
	assert [row["label"] for row in rows()] == [*STAGES, "Not Graded Yet", "Total"]


def test_everyone_is_counted_once_and_the_flow_adds_up(moved: None) -> None:
	*found, total = rows()
	assert total["customers"] == total["before"] == frappe.db.count("Customer")
	for row in found:
		assert row["before"] + row["entered"] - row["left"] == row["customers"], row["label"]
	for name in ("before", "entered", "left", "customers", "revenue"):
		assert sum(row[name] for row in found) == total[name], name


def test_revenue_is_tier_performances_for_the_same_days(moved: None) -> None:
	days = {"from_date": str(ago(THEN - 1)), "to_date": str(ago(NOW))}
	assert rows()[-1]["revenue"] == tier_performance.execute(days)[1][-1]["revenue"] == 2650


def test_the_stages_of_today_are_those_that_customers_hold() -> None:
	for name, sales in {"A": [(2, 900)], "B": [(100, 10)], "C": [], "D": [(300, 9), (290, 9)]}.items():
		make_customer(name)
		sell(name, *sales)
	drain()
	held = frappe.get_all("Customer", pluck="lifecycle_stage", order_by=None)
	found = {row["state"]: row["customers"] for row in rows()[:-1]}
	assert found == {stage: held.count(stage) for stage in states.stages()}
	assert len(set(held)) > 1


# -- months -----------------------------------------------------------------------------------------


@pytest.fixture
def spring() -> None:
	"""Four months of four customers, graded as they went by."""
	for name in "ABCD":
		make_customer(name)
	for name, sales in {
		"A": [("2026-01-10", 100), ("2026-03-10", 100), ("2026-03-31", 7)],
		"B": [("2026-01-20", 50), ("2026-02-28", 20)],
		"C": [("2026-02-01", 3), ("2026-04-02", 30)],
	}.items():
		for day, amount in sales:
			invoice(name, amount, date.fromisoformat(day))
	for day in ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"):
		full_runs.nightly(date.fromisoformat(day))


SPRING = {"from_date": "2026-01-15", "to_date": "2026-04-15"}


def monthly(view: str, **filters: Any) -> list[dict[str, Any]]:
	return rows(view=view, **{**SPRING, **filters})


def test_a_month_counts_the_stages_at_its_close(spring: None) -> None:
	found = monthly("Customers by Month")
	assert [row["month"] for row in found] == ["2026-01", "2026-02", "2026-03", "2026-04"]
	assert [(row["opens"], row["closes"]) for row in found][::3] == [
		(date(2025, 12, 31), date(2026, 1, 31)),
		(date(2026, 3, 31), date(2026, 4, 15)),
	]
	assert [(row["Prospect"], row["New"], row["total"]) for row in found] == [
		(2, 2, 4), (1, 3, 4), (1, 3, 4), (1, 3, 4),
	]  # fmt: skip


def test_a_month_has_the_revenue_of_its_own_days(spring: None) -> None:
	*found, total = monthly("Revenue by Month")
	assert [(row.get("New"), row["total"]) for row in found] == [
		(150, 150), (23, 23), (107, 107), (30, 30),
	]  # fmt: skip
	assert total["total"] == total["New"] == 310
	days = {"from_date": "2026-01-01", "to_date": "2026-04-15"}
	assert tier_performance.execute(days)[1][-1]["revenue"] == 310


@pytest.mark.parametrize("view", MONTHLY)
def test_the_log_and_the_documents_give_what_the_snapshots_do(spring: None, view: str) -> None:
	kept = monthly(view)
	frappe.db.delete("Tier Snapshot")
	assert monthly(view) == kept


@pytest.mark.parametrize("view", MONTHLY)
def test_a_month_that_was_kept_stays_as_it_was(spring: None, view: str) -> None:
	before = monthly(view)
	frappe.db.delete("Customer", {"name": "A"})
	after = monthly(view)
	assert after[:3] == before[:3]
	if view == "Customers by Month":  # the last month goes on: its snapshot is of a later day
		assert [row[3]["total"] for row in (before, after)] == [4, 3]
	assert "merged or deleted since" in message(view=view, **SPRING)
	frappe.db.delete("Tier Snapshot")
	assert (
		monthly(view)[0]["total"]
		== before[0]["total"] - {"Customers by Month": 1, "Revenue by Month": 100}[view]
	)
	assert "merged or deleted since" not in message(view=view, **SPRING)


def test_a_snapshot_of_a_day_that_was_not_over_is_not_taken(spring: None) -> None:
	for row in frappe.get_all("Tier Snapshot", fields=["name", "as_of"], order_by=None):
		stamp = f"{row.as_of} 00:00:07"
		frappe.db.set_value("Tier Snapshot", row.name, "creation", stamp, update_modified=False)
	assert not snapshots.read_snapshots(date(2026, 1, 1), date(2026, 4, 30))["whole"].any()
	frappe.db.delete("Customer", {"name": "A"})
	assert monthly("Customers by Month")[0]["total"] == 3


@pytest.mark.parametrize("view", MONTHLY)
@pytest.mark.parametrize("limit", ["customer_group", "sales_person"])
def test_months_of_a_limited_reader_are_his_customers_alone(
	spring: None, reader: Callable[..., str], view: str, limit: str
) -> None:
	frappe.db.set_value("Customer", "B", "customer_group", "Individual")
	for name in "ABCD":
		on_team(name, "Sam" if name == "B" else "Sue")
	mine = {"customer_group": "Individual", "sales_person": "Sam"}
	chosen = monthly(view, **{limit: mine[limit]})  # who sees everyone may choose the same
	reader("Sales User", **{limit: mine[limit]})
	assert monthly(view) == chosen
	assert [row["total"] for row in monthly(view)][:3] == {
		"Customers by Month": [1, 1, 1],
		"Revenue by Month": [50, 20, 0],
	}[view]


@pytest.mark.parametrize("with_snapshots", [True, False])
@pytest.mark.parametrize("view", MONTHLY)
def test_a_month_opens_the_customers_that_it_counts(spring: None, view: str, with_snapshots: bool) -> None:
	if not with_snapshots:
		frappe.db.delete("Tier Snapshot")
	columns, found, *_rest = execute(view=view, **SPRING)
	for row in found if view == "Customers by Month" else found[:-1]:
		for column in columns[1:]:
			if row[column["fieldname"]] and "behind" in column:
				*people, total = followed(column["behind"], row, **SPRING)
				figure = len(people) if view == "Customers by Month" else total["revenue"]
				assert figure == row[column["fieldname"]]


def test_months_of_which_the_log_does_not_tell_are_left_out(spring: None) -> None:
	found = monthly("Customers by Month", from_date="2025-03-01")
	assert found[0]["month"] == "2026-01"
	assert f"begins on {frappe.utils.formatdate('2026-01-31')}" in message(
		view="Customers by Month", from_date="2025-03-01", to_date="2026-04-15"
	)


def test_months_that_have_not_begun_are_left_out(moved: None) -> None:
	found = rows(view="Customers by Month", to_date=str(ago(-400)))
	assert found[-1]["month"] == f"{ago(0):%Y-%m}"
	assert rows(view="Customers by Month", from_date=str(ago(-40)), to_date=str(ago(-50)))[-1]["total"] == 10


# -- conversion and lists ---------------------------------------------------------------------------


def test_conversion_is_the_share_of_those_who_were_in_the_stage(moved: None) -> None:
	columns, found, *_rest = execute(view="Conversion")
	names = {column["fieldname"]: column["label"] for column in columns[1:]}
	shares = {row["state"]: {label: row[name] for name, label in names.items() if row[name]} for row in found}
	assert shares == {
		"Prospect": {"Prospect": 50.0, "New": 50.0, "Customers": 2},
		"New": {"Active": 100.0, "Customers": 2},
		"Active": {"Prospect": 50.0, "Active": 50.0, "Customers": 2},
		"Loyal": {"At Risk": 100.0, "Customers": 1},
		"Lost": {"Won Back": 100.0, "Customers": 1},
		"Not Graded Yet": {"Prospect": 33.3, "New": 33.3, "Not Graded Yet": 33.3, "Customers": 3},
		"Total": {
			"Prospect": 27.3, "New": 18.2, "Active": 27.3, "At Risk": 9.1, "Won Back": 9.1,
			"Not Graded Yet": 9.1, "Customers": 11,
		},
	}  # fmt: skip


def test_customers_are_listed_with_their_stage_and_since_when(moved: None) -> None:
	names = ("customer", "was", "became", "since", "days", "revenue")
	found = [tuple(row.get(name) for name in names) for row in rows(view="Customers")]
	assert found[:4] == [
		("Ada", "New", "Active", ago(30), 30, 1500),
		("Cy", "New", "Active", ago(20), 20, 700),
		("Bob", "Loyal", "At Risk", ago(10), 10, 300),
		("Dee", "Prospect", "New", ago(40), 40, 100),
	]
	by_name = {row[0]: row[1:] for row in found}
	assert by_name["Hal"] == ("Not Graded Yet", "Not Graded Yet", None, None, 0)
	assert by_name["Kit"] == ("Active", "Active", ago(30), 30, 0)
	assert found[-1] == ("Total", None, None, None, None, 2650)


def test_changes_are_listed_with_the_days_before_them(moved: None) -> None:
	names = ("changed_on", "customer", "was", "became", "days")
	assert [tuple(row.get(name) for name in names) for row in rows(view=report.CHANGES)] == [
		(ago(10), "Bob", "Loyal", "At Risk", 190),
		(ago(15), "Ida", "Active", "Prospect", 185),
		(ago(20), "Cy", "New", "Active", 180),
		(ago(20), "Jo", "Not Graded Yet", "Prospect", None),
		(ago(30), "Ada", "New", "Active", 170),
		(ago(30), "Kit", "Declining", "Active", 30),
		(ago(40), "Dee", "Prospect", "New", 160),
		(ago(50), "Gus", "Not Graded Yet", "New", None),
		(ago(60), "Eve", "Lost", "Won Back", 140),
		(ago(60), "Kit", "Active", "Declining", 140),
		(None, "Median of the Days", None, None, 165),
	]


def followed(behind: dict[str, Any], row: dict[str, Any], **chosen: Any) -> list[dict[str, Any]]:
	"""The rows that the browser opens for a figure."""
	of_row = {name: row[field] for name, field in behind["row"].items() if row.get(field) is not None}
	of_row = {name: str(value) for name, value in of_row.items()}
	filters = {**period(**chosen), **of_row, **behind["filters"]}
	return (report if behind["report"] == report.NAME else tier_performance).execute(filters)[1]


def test_every_figure_of_a_stage_opens_the_list_that_has_it(moved: None) -> None:
	columns, found, *_rest = execute()
	behind = {column["fieldname"]: column["behind"] for column in columns[1:]}
	for row in found:
		for name in ("before", "entered", "left", "customers"):
			if row[name]:
				assert len(followed(behind[name], row)[:-1]) == row[name], (row["label"], name)
		if row["revenue"]:
			assert followed(behind["revenue"], row)[-1]["revenue"] == row["revenue"]
		if row["median"] is not None:
			assert followed(behind["median"], row)[-1]["days"] == row["median"]
		if row.get("stayed") and row["state"]:
			stayed = len(followed(behind["stayed"], row)[:-1])
			assert round(stayed / row["before"] * 100, 1) == row["stayed"]
		if row.get("most_share"):
			went = len(followed(behind["most_share"], row)[:-1])
			assert round(went / row["left"] * 100, 1) == row["most_share"]


def test_a_stage_chosen_for_a_list_does_not_limit_the_stages(moved: None) -> None:
	chosen = {"from_stage": "New", "to_stage": "Active"}
	assert rows(**chosen) == rows()
	columns, found, *_rest = execute(**chosen)
	behind = {column["fieldname"]: column["behind"] for column in columns[1:]}
	for row in found:
		for name in ("before", "entered", "left", "customers"):
			if row[name]:
				assert len(followed(behind[name], row, **chosen)[:-1]) == row[name]


def test_every_share_of_the_conversion_opens_its_customers(moved: None) -> None:
	columns, found, *_rest = execute(view="Conversion")
	for row in found:
		for column in columns[1:]:
			if row[column["fieldname"]]:
				people = len(followed(column["behind"], row)[:-1])
				share = round(people / row["total"] * 100, 1) if column["fieldtype"] == "Percent" else people
				assert share == row[column["fieldname"]]


def test_days_open_the_change_that_they_count_from(moved: None) -> None:
	columns, found, *_rest = execute(view="Customers")
	behind = {column["fieldname"]: column.get("behind") for column in columns}
	for row in found[:-1]:
		if row["days"]:
			*changes, _median = followed(behind["days"], row)
			assert [change["changed_on"] for change in changes] == [row["since"]]
		if row["revenue"]:
			assert followed(behind["revenue"], row)[-1]["revenue"] == row["revenue"]


# -- filters ----------------------------------------------------------------------------------------


def test_filters_choose_customers(moved: None) -> None:
	frappe.db.set_value("Customer", "Ada", "customer_group", "Individual")
	on_team("Ada", "Sam")
	for filters in (
		{"customer_group": "Individual"},
		{"sales_person": "Sam"},
		{"tier": "Platinum"},
		{"customer": "Ada"},
		{"stage": "Active", "tier": "Platinum"},
	):
		assert [row["customer"] for row in rows(view="Customers", **filters)] == ["Ada", "Total"], filters
		assert stages("before", "entered", "customers", "revenue", **filters)["Total"] == (1, 1, 1, 1500)
		assert [row["was"] for row in rows(view=report.CHANGES, **filters)[:-1]] == ["New"]


def test_a_company_has_its_own_revenue_only(moved: None) -> None:
	sell("Ada", (20, 77))[0].db_set("company", other_company())
	assert rows(company=reports.COMPANY)[-1]["revenue"] == 2650
	assert rows(company="Other USD")[-1]["revenue"] == 77
	assert rows(company="Other USD")[-1]["customers"] == 11


def test_months_of_a_company_are_its_own_documents(spring: None) -> None:
	invoice("A", 5000, date(2026, 1, 12)).db_set("company", other_company())
	full_runs.nightly(date(2026, 1, 31))
	assert monthly("Revenue by Month", company=reports.COMPANY)[0]["total"] == 150
	assert monthly("Revenue by Month")[0]["total"] == 5150
	assert "merged or deleted" not in message(view="Revenue by Month", company=reports.COMPANY, **SPRING)


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"to_date": ""}, "Choose the first and the last day"),
		({"from_date": "2026-02-01", "to_date": "2026-01-31"}, "ends before it begins"),
		({"view": "Pies"}, "There is no such view. Choose one of Stages, Customers by Month"),
		({"from_stage": "Asleep"}, "There is no such life cycle stage. Choose one of Prospect"),
		({"to_stage": "Asleep"}, "There is no such life cycle stage. Choose one of Prospect"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


# -- empty states -----------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_before_anybody_is_graded_it_says_so(view: str) -> None:
	make_customer("Ada")
	_columns, _found, text, chart, _summary = execute(view=view)
	assert "None of these customers has been graded yet" in text
	assert chart is None


def test_where_the_log_begins_later_it_says_from_which_day_it_tells(moved: None) -> None:
	assert f"begins on {frappe.utils.formatdate(ago(200))}" in message(from_date=str(ago(300)))
	assert "The log" not in message()


def test_a_way_that_nobody_went_is_told(moved: None) -> None:
	for view in ("Customers", report.CHANGES):
		assert "Nobody went this way" in message(view=view, from_stage="Lost", to_stage="Loyal")


# -- what the desk draws ----------------------------------------------------------------------------


def test_the_chart_has_the_stages_at_both_closes(moved: None) -> None:
	chart = execute()[3]
	assert chart["data"]["labels"] == list(STAGES)
	assert [data["values"] for data in chart["data"]["datasets"]] == [
		[2, 0, 2, 2, 0, 1, 0, 0, 1, 0],
		[3, 0, 2, 3, 0, 0, 0, 1, 0, 1],
	]


def test_the_chart_of_the_months_stacks_the_stages_that_there_are(spring: None) -> None:
	chart = execute(view="Customers by Month", **SPRING)[3]
	assert chart["barOptions"] == {"stacked": 1}
	assert chart["data"]["labels"] == ["2026-01", "2026-02", "2026-03", "2026-04"]
	assert [data["name"] for data in chart["data"]["datasets"]] == ["Prospect", "New"]
	assert len(chart["colors"]) == 2
	assert execute(view="Revenue by Month", **SPRING)[3]["currency"] == "USD"


def test_the_summary_says_who_entered_the_stages_that_matter(moved: None) -> None:
	assert {item["label"]: item["value"] for item in execute()[4]} == {
		"Customers": 11, "Entered New": 2, "Entered Won Back": 1, "Entered At Risk": 1, "Entered Lost": 0,
	}  # fmt: skip
