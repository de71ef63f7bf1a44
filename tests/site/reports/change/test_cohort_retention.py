"""The Cohort Retention report: exact triangles, totals that tie out, lists behind cells."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.cohort_retention import cohort_retention as report
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import state
from tests.site.helpers import reports
from tests.site.helpers.reports import COMPANY, hold, on_team, once, other_company, sell
from tests.site.helpers.selling import credit, drain, invoice, make_customer

VIEWS = report.Chosen.VIEWS
TRIANGLES = VIEWS[:4]
#: The middle of the month that was over last, so that the tests do not depend on the day they run on.
TODAY = (date.today().replace(day=1) - timedelta(days=1)).replace(day=15)
NOW = int(report.month_of(TODAY))


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(state, "today", lambda: TODAY)


def on(months_ago: int, day: int = 10) -> date:
	"""A day of a month before."""
	return report.first_day(NOW - months_ago) + timedelta(days=day - 1)


def label(months_ago: int) -> str:
	return report.month_label(NOW - months_ago)


def join(customer: str, first: date | None) -> None:
	"""Hold a first purchase, as grading does."""
	score = {"doctype": "Customer Score", "customer": customer, "first_purchase": first}
	frappe.get_doc(score).db_insert()


@pytest.fixture
def joined() -> None:
	"""Six customers whose figures were worked out by hand; see the first tests."""
	once("cohorts", _make)
	join("Ada", on(4, 5))
	join("Bob", on(4, 20))
	join("Cy", on(3))
	join("Dee", on(1))
	join("Eve", on(0, 2))
	join("Fay", None)


def _make() -> None:
	for name in ("Ada", "Bob", "Cy", "Dee", "Eve", "Fay"):
		make_customer(name)
		hold(name, "Gold")
	for customer, *sales in (
		("Ada", (on(4, 5), 1000), (on(3), 200), (on(1), 200), (on(1, 28), 100)),
		("Bob", (on(4, 20), 500)),
		("Cy", (on(3), 400), (on(2, 1), 60)),
		("Dee", (on(1), 80)),
		("Eve", (on(0, 2), 70)),
	):
		for day, amount in sales:
			invoice(customer, amount, day)
	# Bob bought and gave it all back a month later, so he was not kept.
	credit(invoice("Bob", 100, on(2)), on=on(1))


def chosen(**filters: Any) -> dict[str, Any]:
	"""The cohorts of the last half year, unless told otherwise."""
	return {"from_date": str(on(6)), "to_date": str(TODAY), **filters}


def execute(**filters: Any) -> answers.Answer:
	return report.execute(chosen(**filters))


def as_the_desk(**filters: Any) -> dict[str, Any]:
	return reports.as_the_desk(report.NAME, **chosen(**filters))


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def triangle(view: str, **filters: Any) -> dict[str, tuple[Any, ...]]:
	"""New customers, and the cells of each cohort."""
	columns, found, *_rest = execute(view=view, **filters)
	names = [column["fieldname"] for column in columns[1:]]
	return {row["cohort"]: tuple(row[name] for name in names) for row in found}


def listed(**filters: Any) -> list[str]:
	"""Who is in a list."""
	return [row["customer"] for row in rows(**filters)[:-1]]


# -- the triangle -----------------------------------------------------------------------------------


def test_a_cell_counts_the_cohorts_customers_who_bought_in_that_month(joined: None) -> None:
	assert triangle("Customers") == {
		label(4): (2, 2, 1, 0, 1),
		label(3): (1, 1, 1, 0, None),
		label(1): (1, 1, None, None, None),
		label(0): (1, None, None, None, None),  # this month is not over
		"Total": (5, 4, 2, 0, 1),
	}


def test_percentages_are_of_the_cohort_and_the_average_is_weighted(joined: None) -> None:
	assert triangle("Customers %") == {
		label(4): (2, 100, 50, 0, 50),
		label(3): (1, 100, 100, 0, None),
		label(1): (1, 100, None, None, None),
		label(0): (1, None, None, None, None),
		# 2 of 3, none of 3, 1 of 2
		"Average": (5, 100, 66.7, 0, 50),
	}


def test_revenue_is_the_net_total_of_the_month(joined: None) -> None:
	assert triangle("Revenue") == {
		# Bob's 100 are there in the month of the sale, and gone in that of the return: 300 − 100
		label(4): (2, 1500, 200, 100, 200),
		label(3): (1, 400, 60, 0, None),
		label(1): (1, 80, None, None, None),
		label(0): (1, None, None, None, None),
		"Total": (5, 1980, 260, 100, 200),
	}


def test_kept_revenue_is_of_the_first_month(joined: None) -> None:
	assert triangle("Revenue %") == {
		label(4): (2, 100, 13.3, 6.7, 13.3),
		label(3): (1, 100, 15, 0, None),
		label(1): (1, 100, None, None, None),
		label(0): (1, None, None, None, None),
		# 260 ÷ 1900, 100 ÷ 1900, 200 ÷ 1500
		"Average": (5, 100, 13.7, 5.3, 13.3),
	}


def test_the_running_month_is_shown_if_chosen(joined: None) -> None:
	assert triangle("Customers", running=1) == {
		label(4): (2, 2, 1, 0, 1, 0),
		label(3): (1, 1, 1, 0, 0, None),
		label(1): (1, 1, 0, None, None, None),
		label(0): (1, 1, None, None, None, None),
		"Total": (5, 5, 2, 0, 1, 0),
	}
	assert "its cells still grow" in message(running=1)
	assert f"the last is {label(1)}" in message()


def test_a_month_is_over_on_its_last_day(joined: None, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(state, "today", lambda: report.last_day(NOW))
	assert triangle("Customers")["Total"] == triangle("Customers", running=1)["Total"] == (5, 5, 2, 0, 1, 0)


def test_fewer_months_can_be_followed(joined: None) -> None:
	assert triangle("Customers", months=1) == {
		label(4): (2, 2, 1),
		label(3): (1, 1, 1),
		label(1): (1, 1, None),
		label(0): (1, None, None),
		"Total": (5, 4, 2),
	}


def test_the_period_chooses_cohorts_by_whole_months(joined: None) -> None:
	found = triangle("Customers", from_date=str(on(3, 28)), to_date=str(on(1, 1)))
	assert found == {label(3): (1, 1, 1, 0), label(1): (1, 1, None, None), "Total": (2, 2, 1, 0)}
	# what was kept after the period is shown all the same
	assert triangle("Customers", to_date=str(on(4, 20)))[label(4)] == (2, 2, 1, 0, 1)


def test_a_cohort_without_revenue_in_its_first_month_has_no_percentage(joined: None) -> None:
	invoice("Dee", 90, on(1, 20), is_return=1)
	assert triangle("Revenue")[label(1)][1] == -10
	assert triangle("Revenue %")[label(1)][1] is None
	assert triangle("Revenue %")["Average"][1:] == (100, 13.7, 5.3, 13.3)


def test_first_purchases_are_those_of_the_facts() -> None:
	for name, days in {"A": (300, 200, 10), "B": (150,), "C": (45, 44)}.items():
		sell(make_customer(name), *((day, 100) for day in days))
	credit(invoice("B", 70, TODAY - timedelta(days=250)), on=TODAY - timedelta(days=249))
	drain()
	found = {
		row["customer"]: row["first_purchase"] for row in rows(view="Customer List", **_two_years())[:-1]
	}
	assert found == {name: TODAY - timedelta(days=day) for name, day in {"A": 300, "B": 150, "C": 45}.items()}
	total = rows(view="Customers", running=1, **_two_years())[-1]
	assert total["customers"] == total["m0"] == 3


def _two_years() -> dict[str, Any]:
	return {"from_date": str(TODAY - timedelta(days=730)), "months": 24}


# -- tie-out ----------------------------------------------------------------------------------------


def test_totals_are_the_sums_of_the_rows(joined: None) -> None:
	for view in ("Customers", "Revenue"):
		*cohorts, total = rows(view=view)
		for name in ("customers", "m0", "m1", "m2", "m3"):
			assert sum(row[name] or 0 for row in cohorts) == total[name], (view, name)


def test_revenue_of_all_months_comes_to_that_of_tier_performance(joined: None) -> None:
	total = rows(view="Revenue", running=1)[-1]
	cells = sum(value for name, value in total.items() if re.fullmatch(r"m\d+", name))
	whole = tier_performance.execute({"from_date": str(on(6)), "to_date": str(TODAY)})[1][-1]
	assert cells == whole["revenue"] == 2610


# -- the lists behind the cells ---------------------------------------------------------------------


def behind(column: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
	"""The filters that a click sets."""
	found = column["behind"]
	mine = {name: str(row[key]) for name, key in found["row"].items() if row.get(key) is not None}
	return {**mine, **found["filters"]}


@pytest.mark.parametrize("running", [0, 1])
@pytest.mark.parametrize("view", ["Customers", "Revenue"])
def test_a_cell_equals_the_list_that_it_opens(joined: None, view: str, running: int) -> None:
	columns, found, *_rest = execute(view=view, running=running)
	for row in found:
		for column in columns[1:]:
			value = row[column["fieldname"]]
			if value is None:
				continue
			people = rows(running=running, **behind(column, row))
			if view == "Revenue" and column["fieldname"] != "customers":
				assert people[-1]["revenue"] == value, (row["cohort"], column["label"])
			else:
				assert len(people) - 1 == value, (row["cohort"], column["label"])


def test_the_lists_say_who_and_what(joined: None) -> None:
	on_team("Ada", "Sam")
	columns = ("customer", "cohort", "first_purchase", "purchases", "revenue", "owner")
	found = rows(view="Customer List", cohort=str(on(4, 28)), offset="3")
	assert [tuple(row.get(name) for name in columns) for row in found] == [
		("Ada", label(4), on(4, 5), 2, 300, "Sam"),
		("Total", None, None, 2, 300, None),
	]
	found = rows(view="Revenue List", cohort=str(on(4)), offset=3)
	assert [(row["customer"], row["purchases"], row["revenue"]) for row in found] == [
		("Ada", 2, 300),
		("Bob", 0, -100),
		("Total", 2, 200),
	]
	found = rows(view="Customer List", cohort=str(on(4)))
	assert [(row["customer"], row.get("months"), row["purchases"], row["revenue"]) for row in found] == [
		("Ada", 3, 4, 1500),
		("Bob", 1, 1, 500),
		("Total", None, 5, 2000),
	]


def test_a_customer_opens_his_documents_of_those_months(joined: None) -> None:
	for filters in ({"offset": 3}, {}, {"running": 1, "offset": 0}):
		columns, found, *_rest = execute(view="Revenue List", **filters)
		column = next(column for column in columns if column["fieldname"] == "revenue")
		for row in found[:-1]:
			documents = tier_performance.execute(chosen(**behind(column, row)))[1]
			assert documents[-1]["revenue"] == row["revenue"], row["customer"]


def test_filters_choose_a_cohort_and_a_month(joined: None) -> None:
	assert triangle("Customers", cohort=str(on(3))) == {label(3): (1, 1, 1, 0), "Total": (1, 1, 1, 0)}
	assert triangle("Customers", offset="1")["Total"] == (5, 2)
	assert listed(view="Customer List", offset=0) == ["Ada", "Bob", "Cy", "Dee"]
	assert listed(view="Customer List") == ["Ada", "Bob", "Cy", "Dee", "Eve"]


def test_common_filters_choose_customers(joined: None) -> None:
	frappe.db.set_value("Customer", "Cy", {"territory": "United States", "customer_group": "Individual"})
	on_team("Cy", "Sam")
	hold("Cy", "Silver", "Lost")
	for filters in (
		{"territory": "United States"},
		{"customer_group": "Individual"},
		{"sales_person": "Sam"},
		{"tier": "Silver"},
		{"stage": "Lost"},
		{"customer": "Cy"},
	):
		assert triangle("Revenue", **filters) == {
			label(3): (1, 400, 60, 0),
			"Total": (1, 400, 60, 0),
		}, filters


def test_a_company_has_what_was_kept_in_it(joined: None) -> None:
	invoice("Cy", 77, on(1)).db_set("company", other_company())
	assert triangle("Revenue", company=COMPANY)[label(3)] == (1, 400, 60, 0, None)
	assert triangle("Revenue", company="Other USD")[label(3)] == (1, 0, 0, 77, None)
	assert triangle("Revenue")[label(3)] == (1, 400, 60, 77, None)
	assert "The first purchase may be in any company" in message(company=COMPANY)
	assert "any company" not in message()


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"months": 0}, "Between 1 and 24 months"),
		({"months": 25}, "Between 1 and 24 months"),
		({"offset": 25}, "run from 0 to 24"),
		({"offset": -2}, "run from 0 to 24"),
		({"cohort": "soon"}, "A date must be written like"),
		({"view": "Pies"}, "There is no such view. Choose one of Customers %, Customers"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


# -- empty states -----------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_without_first_purchases_it_says_what_to_do(view: str) -> None:
	make_customer("Ada")
	_columns, found, text, chart, summary = execute(view=view)
	assert (found, chart, summary) == ([], None, None)
	assert "None of these customers made a first purchase in these months" in text


@pytest.mark.parametrize("view", VIEWS)
def test_a_cohort_of_this_month_alone_has_no_cells_yet(view: str) -> None:
	invoice(make_customer("Eve"), 70, on(0, 2))
	join("Eve", on(0, 2))
	columns, found, _text, chart, _summary = execute(view=view)
	assert chart is None
	if view in TRIANGLES:
		assert [column["fieldname"] for column in columns] == ["cohort", "customers"]
		assert [row["customers"] for row in found] == [1, 1]
	else:
		assert found[-1]["revenue"] == 0


# -- what the desk draws ----------------------------------------------------------------------------


def test_the_chart_has_the_average_from_the_month_after_the_first_on(joined: None) -> None:
	for view in ("Customers", "Customers %"):
		assert execute(view=view)[3]["data"]["datasets"][0]["values"] == [66.7, 0, 50]
	chart = execute(view="Revenue")[3]
	assert chart["data"]["datasets"][0]["values"] == [13.7, 5.3, 13.3]
	assert chart["data"]["labels"] == ["1", "2", "3"]


def test_the_summary_has_what_was_kept_after_some_months(joined: None) -> None:
	assert {item["label"]: item["value"] for item in execute()[4]} == {
		"New Customers": 5,
		"Customers Kept in Month 1": "66.7%",
		"Customers Kept in Month 3": "50.0%",
	}


def test_the_browser_offers_the_choices_that_there_are() -> None:
	script = Path(report.__file__).with_suffix(".js").read_text()
	assert f"length: {report.MOST_MONTHS + 1} " in script
