"""The Tier Movement report: exact rows, totals that tie out, lists behind cells."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.tier_movement import tier_movement as report
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.reporting.showing import answers, tables
from tests.site.helpers import reports
from tests.site.helpers.reports import on_team, other_company, sell
from tests.site.helpers.selling import ago, drain, make_customer
from tests.site.helpers.shops.moving import NOW, THEN

VIEWS = report.Chosen.VIEWS
LISTS = (report.MOVERS, report.EVERYONE)


def period(**filters: Any) -> dict[str, Any]:
	return {"from_date": str(ago(THEN)), "to_date": str(ago(NOW)), **filters}


def execute(**filters: Any) -> answers.Answer:
	return report.execute(period(**filters))


def as_the_desk(**filters: Any) -> dict[str, Any]:
	return reports.as_the_desk(report.NAME, **period(**filters))


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return execute(**filters)[2]


def figures(**filters: Any) -> dict[str, Any]:
	return {item["label"]: item["value"] for item in execute(**filters)[4]}


def matrix(**filters: Any) -> dict[str, dict[str, Any]]:
	"""Cells by the labels of their rows and columns, without the zeros."""
	columns, found, *_rest = execute(**filters)
	labels = {column["fieldname"]: column["label"] for column in columns[1:]}
	return {row["state"]: {labels[name]: row[name] for name in labels if row[name]} for row in found}


# -- matrices ---------------------------------------------------------------------------------------


def test_a_cell_counts_who_went_from_its_row_to_its_column(moved: None) -> None:
	assert matrix() == {
		"Platinum": {},
		"Gold": {"Platinum": 1, "Gold": 1, "Silver": 1, "Total": 3, "Stayed %": 33.3},
		"Silver": {"Silver": 1, "Total": 1, "Stayed %": 100.0},
		"Bronze": {"Unrated": 1, "Total": 1},
		"Old": {"Gold": 1, "Total": 1},
		"Unrated": {"Silver": 1, "Unrated": 1, "Total": 2, "Stayed %": 50.0},
		"Not Graded Yet": {"Gold": 1, "Unrated": 1, "Not Graded Yet": 1, "Total": 3},
		"Total": {
			"Platinum": 1, "Gold": 3, "Silver": 3, "Unrated": 3, "Not Graded Yet": 1, "Total": 11,
			"Stayed %": 37.5,
		},
	}  # fmt: skip


def test_revenue_is_of_the_days_between_both_closes(moved: None) -> None:
	assert matrix(view="Revenue") == {
		"Platinum": {},
		"Gold": {"Platinum": 1500, "Silver": 300, "Total": 1800},
		"Silver": {"Silver": 700, "Total": 700, "Stayed %": 100.0},
		"Bronze": {},
		"Old": {},
		"Unrated": {"Silver": 100, "Total": 100},
		"Not Graded Yet": {"Gold": 50, "Total": 50},
		"Total": {"Platinum": 1500, "Gold": 50, "Silver": 1100, "Total": 2650, "Stayed %": 26.9},
	}


def test_everyone_visible_is_counted_once_and_all_revenue_is_tier_performances(
	moved: None,
) -> None:
	for view, expected in {"Customers": frappe.db.count("Customer"), "Revenue": performance()}.items():
		*found, total = rows(view=view)
		cells = [name for name in total if name.startswith("to_")]
		assert total["total"] == expected == sum(row["total"] for row in found)
		for row in (*found, total):
			assert sum(row[name] for name in cells) == row["total"]
		for name in cells:
			assert sum(row[name] for row in found) == total[name]


def performance(**filters: Any) -> float:
	days = {"from_date": str(ago(THEN - 1)), "to_date": str(ago(NOW))}
	return tier_performance.execute({**days, **filters})[1][-1]["revenue"]


def test_who_stands_where_today_is_what_customers_hold() -> None:
	for name, amounts in {"A": [9000, 500], "B": [10], "C": []}.items():
		make_customer(name)
		sell(name, *((days, amount) for days, amount in enumerate(amounts)))
	drain()
	total = matrix()["Total"]
	held = frappe.get_all("Customer", pluck="customer_tier", order_by=None)
	assert {label: total[label] for label in total if label != "Total"} == {
		tier or "Unrated": held.count(tier) for tier in set(held)
	}


def test_two_closes_of_one_day_show_nobody_moving(moved: None) -> None:
	on = {"from_date": str(ago(0))}
	assert rows(view=report.MOVERS, **on)[:-1] == []
	assert rows(**on)[-1]["stayed"] == 100.0
	assert rows(view="Revenue", **on)[-1]["total"] == 0


# -- lists ------------------------------------------------------------------------------------------


def test_who_moved_is_listed_with_when_and_why(moved: None) -> None:
	names = ("customer", "was", "became", "movement", "changed_on", "why", "score_then", "revenue")
	invoice = frappe.get_all("Sales Invoice", {"customer": "Ada"}, pluck="name", order_by="name asc")[0]
	found = rows(view=report.MOVERS)
	assert [tuple(row.get(name) for name in names) for row in found] == [
		("Ada", "Gold", "Platinum", "Moved Up", ago(30), "A document was submitted or cancelled", 15, 1500),
		("Bob", "Gold", "Silver", "Moved Down", ago(10), "Time passed", 25, 300),
		("Dee", "Unrated", "Silver", "New in a Tier", ago(30), "Other customers' figures changed", 25, 100),
		("Gus", "Not Graded Yet", "Gold", "New in a Tier", ago(50), "Graded for the first time", 5, 50),
		("Ida", "Bronze", "Unrated", "Without a Tier Now", ago(15), "The customer's own data changed", 15, 0),
		("Eve", "Old", "Gold", "Tier Replaced", ago(60), "A policy was published", 15, 0),
		("Total", None, None, None, None, None, None, 1950),
	]  # fmt: skip
	assert (found[0]["doctype"], found[0]["document"]) == ("Sales Invoice", invoice)
	assert [row["document"] for row in found[1:-1]] == [None] * 5


def test_those_who_stayed_are_listed_with_everyone(moved: None) -> None:
	found = {
		row["customer"]: (row["movement"], row["changed_on"]) for row in rows(view=report.EVERYONE)[6:-1]
	}
	assert found == {
		"Cy": ("Stayed", None),
		"Fay": ("Stayed", None),
		"Kit": ("Stayed", ago(30)),
		"Hal": ("No Tier Yet", None),
		"Jo": ("No Tier Yet", None),
	}


def test_a_hand_made_change_names_no_document_that_nobody_would_open(moved: None) -> None:
	(kit,) = rows(view=report.EVERYONE, customer="Kit")[:-1]
	assert (kit["why"], kit["document"]) == ("Decided by hand", None)


def followed(behind: dict[str, Any], row: dict[str, Any], **chosen: Any) -> list[dict[str, Any]]:
	"""The rows that the browser opens for a figure."""
	of_row = {name: row[field] for name, field in behind["row"].items() if row.get(field) is not None}
	filters = {**period(**chosen), "view": None, **of_row, **behind["filters"]}
	run_report = report if behind["report"] == report.NAME else tier_performance
	return run_report.execute(filters)[1]


@pytest.mark.parametrize("view", report.MATRICES)
def test_every_cell_opens_the_customers_that_it_counts(moved: None, view: str) -> None:
	columns, found, *_rest = execute(view=view)
	assert all("behind" in column for column in columns[1:])
	for row in found:
		for column in columns[1:-1]:
			if row[column["fieldname"]]:
				*people, total = followed(column["behind"], row)
				figure = len(people) if view == "Customers" else total["revenue"]
				assert figure == row[column["fieldname"]], (row["state"], column["label"])
		*people, total = followed(columns[-1]["behind"], row)
		if row["stayed"]:
			part = len(people) / row["total"] if view == "Customers" else total["revenue"] / row["total"]
			if row.get("then"):
				assert round(part * 100, 1) == row["stayed"]


@pytest.mark.parametrize("view", LISTS)
def test_revenue_opens_the_documents_of_the_customer(moved: None, view: str) -> None:
	columns, found, *_rest = execute(view=view)
	(behind,) = (column["behind"] for column in columns if column["fieldname"] == "revenue")
	for row in found[:-1]:
		listed = followed(behind, row)
		assert listed[-1]["revenue"] == row["revenue"]
	assert next(column for column in columns if column["fieldname"] == "revenue")["total_behind"] == 0


def test_each_kind_of_movement_can_be_listed(moved: None) -> None:
	counts = {move: len(rows(view=report.EVERYONE, move=move)[:-1]) for move in report.MOVES}
	assert counts == {
		"Moved Up": 1, "Moved Down": 1, "New in a Tier": 2, "Without a Tier Now": 1, "Tier Replaced": 1,
		"Stayed": 3, "No Tier Yet": 2,
	}  # fmt: skip
	assert sum(counts[move] for move in report.CHANGES) == len(rows(view=report.MOVERS)[:-1])


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
		{"from_tier": "Gold", "to_tier": "Platinum"},
	):
		found = rows(view=report.EVERYONE, **filters)
		assert [row["customer"] for row in found] == ["Ada", "Total"], filters
		assert rows(view="Revenue", **filters)[-1]["total"] == 1500
	assert rows(view=report.EVERYONE, sales_person="Sam")[0]["owner"] == "Sam"
	assert [row["customer"] for row in rows(view=report.EVERYONE, from_tier="Old")[:-1]] == ["Eve"]
	assert matrix(from_tier="Gold", to_tier="Silver") == {
		"Gold": {"Silver": 1, "Total": 1},
		"Total": {"Silver": 1, "Total": 1},
	}


def test_a_company_has_its_own_revenue_only(moved: None) -> None:
	sell("Ada", (20, 77))[0].db_set("company", other_company())
	assert rows(view="Revenue", company=reports.COMPANY)[-1]["total"] == 2650
	assert rows(view="Revenue", company="Other USD")[-1]["total"] == 77
	assert rows(company="Other USD")[-1]["total"] == 11


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"from_date": ""}, "Choose the first and the last day"),
		({"from_date": "2026-02-01", "to_date": "2026-01-31"}, "ends before it begins"),
		({"view": "Pies"}, "There is no such view. Choose one of Customers, Revenue"),
		({"move": "Sideways"}, "There is no such movement. Choose one of Moved Up"),
		({"from_tier": "x" * 141}, "up to 140 characters"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


# -- empty states -----------------------------------------------------------------------------------


def test_before_anybody_is_graded_it_says_so() -> None:
	make_customer("Ada")
	for view in VIEWS:
		assert "None of these customers has been graded yet" in message(view=view)
	assert matrix()["Total"] == {"Not Graded Yet": 1, "Total": 1}
	assert execute()[3] is None


def test_where_the_log_begins_later_it_says_from_which_day_it_tells(moved: None) -> None:
	text = re.sub("<.*?>", "", message(from_date=str(ago(300))))
	first = frappe.utils.formatdate(ago(200))
	assert f"The log of these customers begins on {first}" in text
	assert f"Choose {first} or a later day" in text
	assert "The log" not in message()
	assert "The log" not in message(from_date=str(ago(200)))


def test_a_move_that_nobody_made_is_told(moved: None) -> None:
	for view in VIEWS:
		found = execute(view=view, from_tier="Bronze", to_tier="Platinum")
		assert "No customer made such a move" in found[2]
		assert found[1][-1].get("total", 0) == found[1][-1].get("revenue", 0) == 0


# -- what the desk draws ----------------------------------------------------------------------------


def test_the_chart_has_ups_and_downs_by_the_tier_then(moved: None) -> None:
	chart = execute()[3]
	assert chart["data"]["labels"] == ["Platinum", "Gold", "Silver", "Bronze"]
	assert chart["data"]["datasets"] == [
		{"name": "Moved Up", "values": [0, 1, 0, 0]},
		{"name": "Moved Down", "values": [0, -1, 0, 0]},
	]
	assert execute(view="Revenue")[3]["data"]["datasets"][0]["values"] == [0, 1500, 0, 0]
	assert execute(view=report.MOVERS)[3] is None


def test_the_summary_counts_the_moves(moved: None) -> None:
	assert figures() == {
		"Moved Up": 1,
		"Moved Down": 1,
		"New in a Tier": 2,
		"Ups Less Downs": "0",
		"Revenue Moved Up": 1500,
		"Revenue Moved Down": 300,
	}


def test_the_browser_offers_the_choices_that_there_are() -> None:
	script = Path(report.__file__).with_suffix(".js").read_text()
	choices = re.findall(r'\["(.*?)", __\("\1"(?:, null, "[^"]+")?\)\]', script)
	assert tuple(choices) == (*VIEWS, *report.MOVES)
	shared = Path(tables.__file__).parents[2].joinpath("public/js/reports.js").read_text()
	assert f'"{report.NO_TIER}"' in shared and f'"{report.UNGRADED}"' in shared


def test_every_cause_is_told_in_words() -> None:
	causes = frappe.get_meta("Tier Change").get_field("cause").options.split("\n")
	assert set(report.CAUSES) == set(filter(None, causes))
