"""The Customer Concentration report: exact parts, totals that tie out, lists behind figures, permissions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import frappe
import numpy as np
import pandas as pd
import pytest

from customer_tiering.customer_tiering.report.customer_concentration import customer_concentration as report
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.reporting.showing import answers
from tests.site.helpers import reports
from tests.site.helpers.reports import COMPANY, on_team, other_company, period, sell
from tests.site.helpers.selling import ago, invoice, make_customer

VIEWS = report.Chosen.VIEWS
FIGURES = ("customers", "revenue", "share", "smallest", "more_customers", "more_revenue", "more_share")


@pytest.fixture
def uneven(small: None) -> None:
	"""Ada brought 1300, Cy 700, Dee gave 100 back, and three brought nothing."""
	frappe.db.set_value("Customer", "Dee", "disabled", 0)
	invoice("Dee", 100, ago(10), is_return=1)
	frappe.db.set_value("Customer", "Dee", "disabled", 1)


def execute(**filters: Any) -> answers.Answer:
	"""The report over the last hundred days, unless told otherwise."""
	return report.execute(period(**filters))


def as_the_desk(**filters: Any) -> dict[str, Any]:
	return reports.as_the_desk(report.NAME, **filters)


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def table(**filters: Any) -> dict[str, tuple[Any, ...]]:
	"""The figures per part, by its label."""
	return {row["part"]: tuple(row.get(name) for name in FIGURES) for row in rows(**filters)}


def figures(**filters: Any) -> dict[str, Any]:
	"""What stands above the chart."""
	return {item["label"]: item["value"] for item in execute(**filters)[4]}


def listed(view: str = "Customers", **filters: Any) -> list[str]:
	"""Who is in a list."""
	return [row["customer"] for row in rows(view=view, **filters)[:-1]]


def ranking(*amounts: float) -> report.Ranking:
	"""Customers with these amounts."""
	names = [f"C{number:03}" for number in range(len(amounts))]
	return report.Ranking.of(pd.DataFrame({"customer": names}), np.array(amounts, dtype=float))


# -- rows -------------------------------------------------------------------------------------------


def test_the_top_customers_bring_their_part_of_the_revenue_above_zero(uneven: None) -> None:
	one = (1, 1300, 65.0, 1300)
	assert table() == {
		"Top 1 %": (*one, 1, 1300, 65.0),
		"Top 5 %": (*one, 0, 0, 0.0),
		"Top 10 %": (*one, 0, 0, 0.0),
		"Top 20 %": (*one, 0, 0, 0.0),
		"Top 50 %": (*one, 0, 0, 0.0),
		"Top 100 %": (2, 2000, 100.0, 700, 1, 700, 35.0),
		# Bob's purchase came back in full; Eve and Fay never bought
		"Revenue of Zero": (None, None, None, None, 3, 0, None),
		"Revenue Below Zero": (None, None, None, None, 1, -100, None),
		"Total": (6, 1900, None, None, 6, 1900, None),
	}


def test_a_part_of_the_customers_is_rounded_up() -> None:
	many = ranking(*range(250, 0, -1))
	assert [many.first(step * 10) for step in report.STEPS] == [3, 13, 25, 50, 125, 250]
	assert many.first(25) == 7  # 2.5 % of 250 is 6.25


def test_customers_with_equal_revenue_stand_in_order_of_name() -> None:
	found = ranking(5, 9, 5, -1, 0, 5).customers
	assert found["customer"].tolist() == ["C001", "C000", "C002", "C005", "C004", "C003"]
	assert found["rank"].tolist() == [1, 2, 3, 4, 5, 6]
	assert found["share"].round(2).tolist()[:4] == [37.5, 20.83, 20.83, 20.83]
	assert found["cumulative"].round(2).tolist()[:4] == [37.5, 58.33, 79.17, 100.0]
	assert found["share"].isna().tolist() == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
	("amounts", "gini", "herfindahl", "fewest"),
	[
		((100,), 0, 10_000, 1),
		((50, 50), 0, 5000, 2),
		((25, 25, 25, 25), 0, 2500, 4),
		# mean difference of the pairs: (1 + 2 + 3 + 1 + 2 + 1) ÷ 6; half of it ÷ the mean of 2.5, × 3 ÷ 4
		((4, 3, 2, 1), 0.25, 3000, 3),
		((97, 1, 1, 1), 0.72, 9412, 1),
		((80, 20), 0.3, 6800, 1),
	],
)
def test_the_measures_of_concentration(
	amounts: tuple[float, ...], gini: float, herfindahl: float, fewest: int
) -> None:
	found = ranking(*amounts, 0, -50)
	assert round(found.gini(), 10) == gini
	assert round(found.herfindahl(), 6) == herfindahl
	assert found.fewest(0.8) == fewest


def test_the_gini_coefficient_is_half_the_mean_difference() -> None:
	amounts = np.random.default_rng(7).pareto(1.2, 60) + 0.01
	apart = np.abs(amounts[:, None] - amounts[None, :]).mean() / (2 * amounts.mean())
	assert ranking(*amounts).gini() == pytest.approx(apart, abs=1e-5)


def test_customers_are_ranked_with_what_they_bring_together(uneven: None) -> None:
	on_team("Ada", "Sam")
	columns = ("rank", "customer", "tier", "revenue", "share", "cumulative", "owner")
	assert [tuple(row.get(name) for name in columns) for row in rows(view="Customers")] == [
		(1, "Ada", "Platinum", 1300, 65.0, 65.0, "Sam"),
		(2, "Cy", "Gold", 700, 35.0, 100.0, "No Owner"),
		(3, "Bob", "Gold", 0, None, None, "No Owner"),
		(4, "Eve", "Old", 0, None, None, "No Owner"),
		(5, "Fay", "Unrated", 0, None, None, "No Owner"),
		(6, "Dee", "Silver", -100, None, None, "No Owner"),
		(None, "Total", None, 1900, 100.0, None, None),
	]


def test_single_customers_above_a_share_are_shown_with_their_trend(uneven: None) -> None:
	columns = ("customer", "tier", "stage", "revenue", "share", "before", "change")
	found = [tuple(row.get(name) for name in columns) for row in rows(view="Dependence")]
	assert found == [
		("Ada", "Platinum", "Active", 1300, 65.0, 800, 62.5),
		("Cy", "Gold", "Active", 700, 35.0, 0, None),
		("Total", None, None, 2000, 100.0, 800, 150.0),
	]
	assert listed("Dependence", share_at_least=35) == ["Ada", "Cy"]
	assert listed("Dependence", share_at_least="35.1") == ["Ada"]


def test_nobody_above_the_share_is_said_with_the_largest(uneven: None) -> None:
	assert listed("Dependence", share_at_least=70) == []
	text = message(view="Dependence", share_at_least=70)
	assert "No customer brings 70.0% or more of the revenue. The largest, Ada, brings 65.0%." in text
	frappe.db.set_value("Customer", "Ada", "customer_name", "<img src=x onerror=alert(1)>")
	assert "<img" not in execute(view="Dependence", share_at_least=70)[2]


# -- tie-out ----------------------------------------------------------------------------------------


def test_the_parts_come_to_the_net_total_of_tier_performance(uneven: None) -> None:
	whole = tier_performance.execute(period())[1][-1]
	*parts, total = rows()
	assert total["revenue"] == whole["revenue"] == 1900
	assert total["customers"] == whole["customers"] == 6
	for name in ("customers", "revenue"):
		assert sum(row[f"more_{name}"] for row in parts) == total[f"more_{name}"] == total[name]
	assert sum(row["more_share"] or 0 for row in parts) == 100


def test_the_message_says_how_the_parts_come_to_the_net_total(uneven: None) -> None:
	text = message()
	assert "Shares are of the $ 2,000.00 that customers above zero brought" in text
	assert "more than they bought: 1, with $ -100.00. So the net total is $ 1,900.00." in text


# -- the lists behind the figures -------------------------------------------------------------------


def behind(column: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
	"""The filters that a click sets."""
	found = column["behind"]
	mine = {name: row[key] for name, key in found["row"].items() if row.get(key) is not None}
	return {**mine, **found["filters"]}


def test_a_figure_equals_the_list_that_it_opens(uneven: None) -> None:
	columns, found, *_rest = execute(top=50)
	by_name = {column["fieldname"]: column for column in columns}
	for row in found:
		for prefix in ("", "more_"):
			if not row[f"{prefix}customers"]:
				continue
			people = rows(**behind(by_name[f"{prefix}revenue"], row))
			assert len(people) - 1 == row[f"{prefix}customers"], (row["part"], prefix)
			assert people[-1]["revenue"] == row[f"{prefix}revenue"], (row["part"], prefix)


def test_a_customer_opens_his_documents_of_either_period(uneven: None) -> None:
	columns, found, *_rest = execute(view="Dependence")
	by_name = {column["fieldname"]: column for column in columns}
	for row in found[:-1]:
		for name in ("revenue", "before"):
			documents = tier_performance.execute(period(**behind(by_name[name], row)))[1]
			assert documents[-1]["revenue"] == row[name]


def test_filters_choose_a_part(uneven: None) -> None:
	assert listed(top=1) == ["Ada"]
	assert listed(top="100") == ["Ada", "Cy"]
	assert listed(beyond=50) == ["Cy"]
	assert listed(revenue_is="Above Zero") == ["Ada", "Cy"]
	assert listed(revenue_is="Zero") == ["Bob", "Eve", "Fay"]
	assert listed(revenue_is="Below Zero") == ["Dee"]
	assert table(top=1) == table()


def test_common_filters_choose_customers(uneven: None) -> None:
	frappe.db.set_value("Customer", "Cy", {"territory": "United States", "customer_group": "Individual"})
	on_team("Cy", "Sam")
	for filters in (
		{"territory": "United States"},
		{"customer_group": "Individual"},
		{"sales_person": "Sam"},
		{"customer": "Cy"},
	):
		assert table(**filters)["Top 100 %"][:3] == (1, 700, 100.0), filters
		assert table(**filters)["Total"][:2] == (1, 700)
	assert listed(tier="Platinum") == ["Ada"]
	assert listed(stage="Prospect") == listed(unrated=1) == ["Fay"]


def test_a_company_has_its_own_revenue(uneven: None) -> None:
	sell("Ada", (20, 77))[0].db_set("company", other_company())
	assert table(company=COMPANY)["Total"][1] == 1900
	assert table(company="Other USD")["Total"][1] == 77
	assert table()["Total"][1] == 1977


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"share_at_least": 0}, "Choose a share above 0 % and up to 100 %"),
		({"share_at_least": "nan"}, "Choose a share above 0 % and up to 100 %"),
		({"share_at_least": 101}, "Choose a share above 0 % and up to 100 %"),
		({"top": 101}, "lies between 0 % and 100 %"),
		({"beyond": -1}, "lies between 0 % and 100 %"),
		({"top": 5, "beyond": 5}, "The top 5 % without the top 5 % is nobody"),
		({"revenue_is": "Nice"}, "Choose one of Above Zero, Exactly Zero, Below Zero"),
		({"view": "Pies"}, "There is no such view. Choose one of Curve, Customers"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


# -- empty states -----------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_without_revenue_it_says_what_to_do(view: str) -> None:
	assert rows(view=view) == []
	make_customer("Ada")
	_columns, found, text, chart, summary = execute(view=view)
	assert found[-1]["revenue"] == 0 and chart is None
	assert "None of these customers brought revenue above zero" in text
	assert [item["value"] for item in summary] == [0]


# -- what the desk draws ----------------------------------------------------------------------------


def test_the_curve_agrees_with_the_rows_and_has_few_points(uneven: None) -> None:
	for number in range(30):
		sell(make_customer(f"N{number:02}"), (5, 10 + number))
	_columns, found, _text, chart, _summary = execute()
	labels, values = chart["data"]["labels"], chart["data"]["datasets"][0]["values"]
	assert len(labels) <= 50
	at = dict(zip(labels, values, strict=True))
	assert at["0%"] == 0 and values == sorted(values)
	for row in found:
		if row["part"] in ("Top 5 %", "Top 10 %", "Top 20 %", "Top 50 %", "Top 100 %"):
			assert at[f"{row['top']}%"] == row["share"], row["part"]


def test_the_summary_has_the_measures(uneven: None) -> None:
	assert figures() == {
		"Revenue": 1900,
		"Customers for 80 % of the Revenue": "2 of 2 (100.0%)",
		"Largest Customer": "65.0%",
		# (2 · (1 · 700 + 2 · 1300)) ÷ (2 · 2000) − 3 ÷ 2, and 65² + 35²
		"Gini / HHI": "0.15 / 5450",
	}


def test_the_browser_offers_the_choices_that_there_are() -> None:
	script = Path(report.__file__).with_suffix(".js").read_text()
	for kind in (report.ABOVE, report.ZERO, report.BELOW):
		assert f'value: "{kind}"' in script
