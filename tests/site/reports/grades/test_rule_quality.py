"""The Rule Quality report: points of a day beside the revenue that came after it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import frappe
import numpy as np
import pytest

from customer_tiering.customer_tiering.report.rule_quality import rule_quality as report
from customer_tiering.engine import Policy
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import state
from tests.site.helpers import reports
from tests.site.helpers.reports import period, sell
from tests.site.helpers.selling import ago, credit, make_customer


def _bands(*rows: tuple[float, float]) -> list[dict[str, float]]:
	return [{"at_least": at_least, "points": points} for at_least, points in rows]


#: Three rules: one that foresees, one that says the same of all, one that is mostly undefined.
POLICY = {
	"name": "trial",
	"tiers": [{"name": "Gold", "min_score": 50}, {"name": "Bronze", "min_score": 0}],
	"rules": [
		{
			"name": "Spending", "type": "Score", "metric": "Revenue", "window_days": 365, "weight": 2,
			"method": "Bands", "bands": _bands((100, 20), (400, 60), (900, 100)),
		},
		{
			"name": "Customer at all", "type": "Score", "metric": "Tenure", "weight": 1,
			"method": "Bands", "bands": _bands((0, 40)),
		},
		{
			"name": "Recent order", "type": "Score", "metric": "Average Order Value", "window_days": 5,
			"weight": 1, "method": "Bands", "bands": _bands((0, 80)), "points_if_missing": 10,
		},
	],
}  # fmt: skip


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> None:
	"""Ten customers: C1 spent 100 before the period, C2 200, …; C5 to C10 bought in it, each as much again.

	C10 also bought in the five days before the period. Late came only in the period.
	"""
	reports.once("trial", _make_trial)
	current = state.published()
	policy = Policy.from_dict(POLICY)
	monkeypatch.setattr(state, "published", lambda lock=False: replace(current, policy=policy))


def _make_trial() -> None:
	for number in range(1, 11):
		name = make_customer(f"C{number:02}")
		sell(name, (150, 100 * number))
		if number > 4:
			sell(name, (20, 100 * number))
	sell("C10", (102, 1))
	sell(make_customer("Late"), (10, 5000))


def execute(**filters: Any) -> answers.Answer:
	"""The report over the last hundred days, unless told otherwise."""
	return report.execute(period(**filters))


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def test_each_rule_is_judged_by_what_came_after(trial: None) -> None:
	spending, tenure, recent, score = rows()
	# 100 to 300: 20 points, 400 to 800: 60, from 900: 100
	assert (spending["customers"], spending["missing"], spending["values"]) == (10, 0, 3)
	assert spending["mean"] == (3 * 20 + 5 * 60 + 2 * 100) / 10
	assert spending["weight"] == 50
	# C5 to C10 bought, C1 to C4 did not; a pair counts half where both have 60 points, as C4 and C5 to C8
	assert spending["auc"] == round((6 * 4 - 4 * 0.5) / 24, 3)
	# ranks 2, 2, 2, 6, 6, 6, 6, 6, 9.5, 9.5 and 2.5, 2.5, 2.5, 2.5, 5, 6, 7, 8, 9, 10: 64 ÷ √(70 × 77.5)
	assert spending["correlation"] == 0.869
	# the same points for all: nothing to correlate, and chance
	assert (tenure["spread"], tenure["values"], tenure["correlation"]) == (0, 1, None)
	assert tenure["auc"] == 0.5
	assert tenure["adds"] == 0
	# undefined for all but C10
	assert (recent["customers"], recent["missing"]) == (10, 9)
	assert recent["mean"] == (80 + 9 * 10) / 10
	assert (score["rule_label"], score["customers"], score["weight"]) == ("Score", 10, 100)
	# (2 × 100 + 40 + 80) ÷ 4 is the best score, and (2 × 20 + 40 + 10) ÷ 4 the least
	points = [row["score"] for row in rows(view="Customers")[:-1]]
	assert (max(points), min(points)) == (80, 22.5)


def test_what_a_rule_adds_is_the_scores_correlation_less_that_without_it(trial: None) -> None:
	spending, _tenure, recent, score = rows()
	points = {row["customer"]: row["revenue"] for row in rows(view="Customers")[:-1]}
	revenue = np.array([points[f"C{n:02}"] for n in range(1, 11)])
	without_spending = np.array([(40 + 10) / 2] * 9 + [(40 + 80) / 2])
	expected = score["correlation"] - report.rank_correlation(without_spending, revenue)
	assert math.isclose(spending["adds"], expected, abs_tol=0.001)
	assert recent["adds"] >= 0


def test_classes_of_points_have_their_customers_and_revenue(trial: None) -> None:
	found = {
		row["label"]: (row["customers"], row["bought"], row["revenue"], row["average"])
		for row in rows(view="Points", rule="Spending")
	}
	assert found == {
		"80-100": (2, 2, 1900, 950),
		"60-80": (0, 0, 0, None),
		"40-60": (5, 4, 2600, 520),
		"20-40": (0, 0, 0, None),
		"0-20": (3, 0, 0, 0),
		"Total": (10, 6, 4500, 450),
	}


def test_who_bought_and_brought_back_more_of_old_has_bought(trial: None) -> None:
	"""As in Policy Back-test: a purchase is one, whatever else came back in the period."""
	before = [
		sell(make_customer(name), (150, 100))[0] for name in ("Bought and brought back", "Brought back")
	]
	sell("Bought and brought back", (10, 30))
	for document in before:
		credit(document, on=ago(9))
	listed = {row["customer"]: (row["revenue"], row["did_buy"]) for row in rows(view="Customers")[:-1]}
	assert (listed["Bought and brought back"], listed["Brought back"]) == ((-70, "Yes"), (-100, "No"))
	assert rows(view="Points")[-1]["bought"] == 7


def test_revenue_is_that_of_tier_performance(trial: None) -> None:
	from customer_tiering.customer_tiering.report.tier_performance.tier_performance import execute as tiers

	assert rows(view="Points")[-1]["revenue"] + 5000 == tiers(period())[1][-1]["revenue"]


@pytest.mark.parametrize("rule", ["", "Spending", "Recent order"])
def test_a_figure_equals_the_list_that_it_opens(trial: None, rule: str) -> None:
	*classes, total = rows(view="Points", rule=rule)
	for row in (*classes, total):
		*listed, listed_total = rows(view="Customers", rule=rule, points=str(row["points"] or ""))
		assert len(listed) == row["customers"]
		assert sum(one["did_buy"] == "Yes" for one in listed) == row["bought"]
		assert listed_total["revenue"] == row["revenue"]
	for row in rows():
		if row["rule"] == rule:
			assert len(rows(view="Customers", rule=rule)) - 1 == row["customers"]
			assert len(rows(view="Customers", rule=rule, missing=1)) - 1 == row["missing"]


def test_what_came_later_changes_no_points(trial: None) -> None:
	before = {row["customer"]: (row["points"], row["score"]) for row in rows(view="Customers")[:-1]}
	sell("C01", (3, 90_000))
	after = {row["customer"]: (row["points"], row["score"]) for row in rows(view="Customers")[:-1]}
	assert before == after


def test_customers_without_a_score_on_that_day_are_left_aside_and_said(trial: None) -> None:
	text = execute()[2]
	assert "left aside: <strong>1</strong>" in text
	assert "Late" not in {row["customer"] for row in rows(view="Customers")}


def test_a_period_before_all_sales_says_what_to_do(trial: None) -> None:
	found = execute(from_date=str(ago(300)), to_date=str(ago(200)))
	assert found[1] == []
	assert "Choose a period that begins later" in found[2]


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"points": "55"}, "There is no such class of points. Choose one of 0-20, 20-40"),
		({"view": "Points", "rule": "None such"}, "no scoring rule of that name. Choose one of"),
		({"view": "Pies"}, "There is no such view. Choose one of Rules"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(trial: None, filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


def test_a_reader_of_one_territory_sees_his_customers_judged_alone(
	trial: None, reader: Callable[..., str]
) -> None:
	for number in range(6, 11):
		frappe.db.set_value("Customer", f"C{number:02}", "territory", "United States")
	reader("Sales User", territory="United States")
	found = reports.as_the_desk(report.NAME)["result"]
	assert {row["customers"] for row in found} == {5}
	assert found[-1]["correlation"] is None  # five are too few to say
	listed = reports.as_the_desk(report.NAME, view="Customers")["result"]
	assert [row["customer"] for row in listed][-1] == "Total" and len(listed) == 6


def test_auc_counts_ties_half_and_needs_both_kinds() -> None:
	points = np.array([1.0, 1, 2, 2, 3, 3, 4, 4, 5, 5, np.nan])
	bought = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1], dtype=bool)
	assert report.auc(points, bought) == (5 * 0.5 + 4 + 3 + 2 + 1) / 25
	assert math.isnan(report.auc(points, np.ones(11, dtype=bool)))


def test_the_browser_offers_the_choices_that_there_are() -> None:
	script = Path(report.__file__).with_suffix(".js").read_text()
	assert tuple(map(int, re.findall(r'value: "(\d+)"', script)))[::-1] == report._CLASSES
