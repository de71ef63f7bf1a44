"""The RFM Segments report: exact cells, totals that tie out, lists behind figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.rfm_segments import rfm_segments as report
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.reporting.showing import answers
from tests.site.helpers import reports
from tests.site.helpers.reports import COMPANY, on_team, other_company, period, sell
from tests.site.helpers.selling import ago, drain, graded, make_customer

VIEWS = report.Chosen.VIEWS
CELLS = ("f1", "f2", "f3", "f4", "f5", "total")
FIGURES = (
	"customers", "customer_share", "revenue", "share", "invoices", "average", "silent",
)  # fmt: skip


def rate(customer: str, recency: int, frequency: int, segment: str | None, silent: int | None) -> None:
	"""Hold scores for a customer without asking how he came to them."""
	scores = {"recency_score": recency, "frequency_score": frequency, "monetary_score": recency}
	frappe.get_doc(
		{
			"doctype": "Customer Score",
			"customer": customer,
			"rfm_segment": segment,
			"last_purchase": None if silent is None else ago(silent),
			**scores,
		}
	).db_insert()


@pytest.fixture
def rated(small: None) -> None:
	"""The small company with scores; Dee is disabled, Eve is not graded, Fay never purchased."""
	rate("Ada", 5, 2, "Potential Loyalist", 5)
	rate("Bob", 1, 1, "Hibernating", 199)
	rate("Cy", 1, 2, "Hibernating", 99)
	rate("Dee", 4, 1, "Promising", 100)
	rate("Fay", 0, 0, None, None)


def execute(**filters: Any) -> answers.Answer:
	"""The report over the last hundred days, unless told otherwise."""
	return report.execute(period(**filters))


def as_the_desk(**filters: Any) -> dict[str, Any]:
	return reports.as_the_desk(report.NAME, **filters)


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def grid(**filters: Any) -> dict[str, tuple[Any, ...]]:
	"""The cells of a map, by the label of their row."""
	return {row["label"]: tuple(row[name] for name in CELLS) for row in rows(**filters)}


def table(**filters: Any) -> dict[str, tuple[Any, ...]]:
	"""The figures per segment, by its label."""
	found = rows(view="Segments", **filters)
	return {row["segment"]: tuple(row.get(name) for name in FIGURES) for row in found}


def listed(**filters: Any) -> list[str]:
	"""Who is in the list of customers."""
	return [row["customer"] for row in rows(view="Customers", **filters)[:-1]]


# -- rows -------------------------------------------------------------------------------------------


def test_a_cell_counts_the_customers_with_its_scores(rated: None) -> None:
	assert grid() == {
		"5 (most recent)": (0, 1, 0, 0, 0, 1),
		"4": (1, 0, 0, 0, 0, 1),
		"3": (0, 0, 0, 0, 0, 0),
		"2": (0, 0, 0, 0, 0, 0),
		"1 (longest ago)": (1, 1, 0, 0, 0, 2),
		"Total": (2, 2, 0, 0, 0, 4),
	}


def test_a_cell_of_the_revenue_map_has_their_revenue_of_the_period(rated: None) -> None:
	found = grid(view="Revenue Map")
	assert found["5 (most recent)"] == (0, 1300, 0, 0, 0, 1300)
	assert found["1 (longest ago)"] == (0, 700, 0, 0, 0, 700)
	assert found["Total"] == (0, 2000, 0, 0, 0, 2000)


def test_a_row_says_how_long_its_enabled_customers_are_silent(rated: None) -> None:
	assert [row.get("silent") for row in rows()] == ["5", "", "", "", "99–199", None]


def test_every_cell_has_the_name_of_its_segment(rated: None) -> None:
	names = [[row[f"segment{score}"] for score in range(1, 6)] for row in rows()[:-1]]
	assert names == [
		["New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"],
		["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
		["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
		["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
		["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
	]


def test_segments_have_customers_and_what_they_bring(rated: None) -> None:
	found = table()
	assert list(found) == [*SEGMENTS, "No Segment", "Total"]
	assert {name: row for name, row in found.items() if row[0]} == {
		# 1000 + 500 − 200 from two purchases
		"Potential Loyalist": (1, 16.7, 1300, 65.0, 2, 650, 5),
		"Promising": (1, 16.7, 0, 0.0, 0, None, 100),
		# Bob's purchase in the period came back in full; 99 and 199 days
		"Hibernating": (2, 33.3, 700, 35.0, 1, 700, 149),
		"No Segment": (2, 33.3, 0, 0.0, 0, None, None),
		"Total": (6, 100.0, 2000, 100.0, 3, 666.6667, 99.5),
	}


def test_segments_say_which_scores_they_take(rated: None) -> None:
	assert {row["segment"]: row["cell"] for row in rows(view="Segments")[:-1]} == {
		"Champion": "R5 F4–5",
		"Loyal": "R3–4 F4–5",
		"Potential Loyalist": "R4–5 F2–3",
		"New": "R5 F1",
		"Promising": "R4 F1",
		"Need Attention": "R3 F3",
		"About to Sleep": "R3 F1–2",
		"At Risk": "R1–2 F3–4",
		"Can't Lose": "R1–2 F5",
		"Hibernating": "R1–2 F1–2",
		"No Segment": "",
	}


def test_customers_are_listed_with_their_scores(rated: None) -> None:
	on_team("Ada", "Sam")
	columns = ("customer", "tier", "recency", "frequency", "monetary", "segment", "revenue", "owner")
	assert [tuple(row.get(name) for name in columns) for row in rows(view="Customers")] == [
		("Ada", "Platinum", 5, 2, 5, "Potential Loyalist", 1300, "Sam"),
		("Cy", "Gold", 1, 2, 1, "Hibernating", 700, "No Owner"),
		("Bob", "Gold", 1, 1, 1, "Hibernating", 0, "No Owner"),
		("Dee", "Silver", 4, 1, 4, "Promising", 0, "No Owner"),
		("Eve", "Old", None, None, None, "", 0, "No Owner"),
		("Fay", "Unrated", None, None, None, "", 0, "No Owner"),
		("Total", None, None, None, None, None, 2000, None),
	]
	assert rows(view="Customers")[0]["last_purchase"] == ago(5)


def test_scores_are_those_that_grading_wrote() -> None:
	for name, days in {"A": 1, "B": 50, "C": 100, "D": 200, "E": 300}.items():
		sell(make_customer(name), (days, 100))
	sell("A", (20, 100), (40, 100))
	drain()
	found = {row["customer"]: row["segment"] for row in rows(view="Customers")[:-1]}
	assert found == {name: graded(name)["rfm_segment"] for name in "ABCDE"}
	assert all(found.values())
	assert sum(grid()["Total"][:5]) == grid()["Total"][5] == 5


# -- tie-out ----------------------------------------------------------------------------------------


def test_the_map_and_those_beside_it_are_all_customers(rated: None) -> None:
	assert "Customers on the map: 4." in message()
	assert "not graded yet: 2. Together: 6." in message()
	assert grid()["Total"][-1] + table()["No Segment"][0] == table()["Total"][0] == 6


def test_revenue_comes_to_that_of_tier_performance(rated: None) -> None:
	sell("Fay", (20, 30))
	whole = tier_performance.execute(period())[1][-1]
	total = table()["Total"]
	assert (total[2], total[4]) == (whole["revenue"], whole["invoices"]) == (2030, 4)
	assert grid(view="Revenue Map")["Total"][-1] + table()["No Segment"][2] == 2030
	assert "which is not on the map: $ 30.00." in message(view="Revenue Map")


def test_totals_are_the_sums_of_the_rows(rated: None) -> None:
	for view in ("Customer Map", "Revenue Map"):
		*cells, total = rows(view=view)
		for name in CELLS:
			assert sum(row[name] for row in cells) == total[name], (view, name)
	*segments, total = rows(view="Segments")
	for name in ("customers", "revenue", "invoices"):
		assert sum(row[name] for row in segments) == total[name], name


# -- the lists behind the figures -------------------------------------------------------------------


def behind(column: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
	"""The filters that a click sets."""
	found = column["behind"]
	mine = {name: row[key] for name, key in found["row"].items() if row.get(key) is not None}
	return {**mine, **found["filters"]}


@pytest.mark.parametrize("view", ["Customer Map", "Revenue Map", "Segments"])
def test_a_figure_equals_the_list_that_it_opens(rated: None, view: str) -> None:
	columns, found, *_rest = execute(view=view)
	for row in found:
		for column in (column for column in columns if "behind" in column):
			value = row.get(column["fieldname"])
			if not value or column["fieldtype"] in ("Percent", "Data"):
				continue
			people = rows(**behind(column, row))
			if column["fieldname"] in ("revenue", "invoices"):
				assert people[-1][column["fieldname"]] == value
			elif view == "Revenue Map":
				# the total of the map is clicked through to everyone; who is not on it has no revenue here
				assert people[-1]["revenue"] == value
			elif column["fieldname"] in ("f1", "f2", "customers"):
				assert len(people) - 1 == value


def test_a_customer_opens_his_documents(rated: None) -> None:
	columns = {column["fieldname"]: column for column in execute(view="Customers")[0]}
	for row in rows(view="Customers")[:-1]:
		chosen = {**behind(columns["revenue"], row)}
		documents = tier_performance.execute(period(**chosen))[1]
		assert documents[-1]["revenue"] == row["revenue"]


def test_filters_choose_a_cell_or_a_segment(rated: None) -> None:
	assert listed(recency=1) == ["Cy", "Bob"]
	assert listed(frequency="2") == ["Ada", "Cy"]
	assert listed(recency="1", frequency="2") == ["Cy"]
	assert listed(segment="Hibernating") == ["Cy", "Bob"]
	assert listed(segment="No Segment") == ["Eve", "Fay"]
	assert grid(segment="Hibernating")["Total"] == (1, 1, 0, 0, 0, 2)
	assert list(table(segment="Hibernating")) == ["Hibernating", "Total"]


def test_common_filters_choose_customers(rated: None) -> None:
	frappe.db.set_value("Customer", "Ada", {"territory": "United States", "customer_group": "Individual"})
	on_team("Ada", "Sam")
	for filters in (
		{"territory": "United States"},
		{"customer_group": "Individual"},
		{"sales_person": "Sam"},
		{"tier": "Platinum"},
		{"customer": "Ada"},
	):
		assert grid(**filters)["Total"] == (0, 1, 0, 0, 0, 1), filters
		assert table(**filters)["Total"][:3] == (1, 100.0, 1300)
	assert listed(stage="Prospect") == ["Fay"]
	assert listed(unrated=1) == ["Fay"]


def test_a_company_has_its_own_revenue_and_everybodys_scores(rated: None) -> None:
	sell("Ada", (20, 77))[0].db_set("company", other_company())
	assert table(company=COMPANY)["Total"][2] == 2000
	assert table(company="Other USD")["Total"][2] == 77
	assert grid(company="Other USD") == grid()


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"segment": "Whale"}, "There is no such RFM segment. Choose one of Champion"),
		({"recency": 6}, "There is no such RFM score. Choose one of 0, 1, 2"),
		({"frequency": -1}, "There is no such RFM score"),
		({"view": "Pies"}, "There is no such view. Choose one of Customer Map, Revenue Map"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


# -- empty states -----------------------------------------------------------------------------------


def test_before_anybody_is_graded_it_says_so() -> None:
	make_customer("Ada")
	assert grid()["Total"] == (0, 0, 0, 0, 0, 0)
	assert table()["Total"] == (1, 100.0, 0, None, 0, None, None)
	assert "None of these customers has a segment yet" in message()
	assert execute(view="Segments")[3] is None


def test_a_cell_without_customers_opens_an_empty_list(rated: None) -> None:
	*people, total = rows(view="Customers", recency=3, frequency=3)
	assert people == [] and total["revenue"] == 0


# -- what the desk draws ----------------------------------------------------------------------------


def test_the_chart_compares_a_segments_part_of_customers_and_of_revenue(rated: None) -> None:
	chart = execute(view="Segments")[3]
	assert chart["data"]["labels"] == list(SEGMENTS)
	people, revenue = chart["data"]["datasets"]
	assert (people["values"][2], revenue["values"][2]) == (16.7, 65.0)


def test_the_summary_has_customers_with_and_without_a_segment(rated: None) -> None:
	found = {item["label"]: item["value"] for item in execute(view="Revenue Map")[4]}
	assert found == {"Customers": 6, "With a Segment": 4, "Without a Segment": 2, "Revenue": 2000}
	assert "Revenue" not in {item["label"] for item in execute()[4]}


def test_the_fullest_cell_has_the_full_colour(rated: None) -> None:
	heat = {column.get("heat") for column in execute(view="Revenue Map")[0]}
	assert heat == {None, 1300}


def test_the_browser_offers_the_choices_that_there_are() -> None:
	script = Path(report.__file__).with_suffix(".js").read_text()
	assert report.NO_SEGMENT in script
