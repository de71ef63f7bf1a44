"""The Policy Back-test report: the engine's figures, told in words, each with the customers behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.policy_back_test import policy_back_test as report
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.engine.backtest import backtest
from customer_tiering.reporting.past import hindsight
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import full_runs, state
from customer_tiering.site.reading import site_facts
from tests.site.helpers.reports import once, sell
from tests.site.helpers.selling import ago, credit, drain, make_customer, sold

pytestmark = pytest.mark.usefixtures("weekly")
VIEWS = report.Chosen.VIEWS


def days() -> tuple[date, date]:
	"""The first and the last day of what follows the grades."""
	return ago(59), ago(0)


def _make() -> None:
	"""Thirty customers who buy every 10 days; a third of them stopped 150 days ago, some came back since."""
	for number in range(30):
		name = make_customer(f"Shop {number:02}")
		days = range(300 + number, 150, -30) if number % 3 == 0 else range(300 + number, 0, -30)
		sold(name, *((day, 100 + 10 * number) for day in days))
		if number % 9 == 0:
			sold(name, (20, 500))
	sold(make_customer("Late"), (5, 70))
	sold("Shop 01", (0, 10))


@pytest.fixture
def shops() -> None:
	once("back-test", _make)
	drain()
	full_runs.nightly()


def execute(**filters: Any) -> answers.Answer:
	first, last = days()
	return report.execute({"from_date": str(first), "to_date": str(last), **filters})


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def figures() -> dict[str, Any]:
	"""What the engine says of the same days."""
	current = state.published()
	assert current is not None
	facts = site_facts.read_facts(current.policy)
	return backtest(facts, current.policy, ago(60), 60, pace=hindsight._PACE).data


def in_percent(figure: list[float | None]) -> float | None:
	return None if figure[0] is None else round(figure[0] * 100, 1)


def test_all_figures_are_the_engines(shops: None) -> None:
	data = figures()
	for row, flag in zip(rows(), data["flags"], strict=True):
		assert (row["customers"], row["gone"]) == (flag["customers"], flag["gone"])
		assert row["right"] == in_percent(flag["precision"])
		assert row["silent"] == in_percent(flag["longest_silent"])
	tiers = rows(view="Tiers")
	assert [(row["customers"], row["revenue"]) for row in tiers[:-1]] == [
		(row["customers"], row["revenue"]) for row in data["tiers"]
	]
	assert (tiers[-1]["customers"], tiers[-1]["revenue"]) == (30, data["revenue"])
	assert [row["area"] for row in rows(view="Foresight")] == [
		in_percent(row["auc"]) for row in data["orders"]
	]
	*groups, everyone = rows(view="Chance to Buy")
	assert [row["customers"] for row in groups] == [row["customers"] for row in data["calibration"]]
	assert everyone["customers"] == data["customers"]
	year = rows(view="Year")
	assert [(row["moved"], row["caught"]) for row in year] == [
		(month["moved"], None if month["caught"] is None else round(month["caught"] * 100, 1))
		for month in data["year"]["months"]
	]
	assert year[0]["tier_0"] == next(iter(data["year"]["months"][0]["customers"].values()))


def test_the_revenue_above_is_that_of_whom_it_grades(shops: None) -> None:
	"""Whoever had only returns by then was known, and is not graded: he has a row of his own."""
	given_back = sell(make_customer("Gave Back"), (200, 40))[0]
	credit(given_back, on=ago(199))
	sell("Gave Back", (10, 25))
	drain()
	shown = {one["label"]: one["value"] for one in execute()[4]}
	*tiers, total = rows(view="Tiers")
	unrated = next(row for row in tiers if not row["rung"])
	assert (unrated["customers"], unrated["revenue"]) == (1, 25)
	assert shown["Customers Graded"] == total["customers"] - 1
	assert shown["Revenue"] == total["revenue"] - 25


def test_it_is_told_in_words(shops: None) -> None:
	data, said = figures(), message()
	assert f"30 customers are graded by rfm as of {frappe.format(ago(60), 'Date')}" in said
	for flag in data["flags"][:2]:
		if not flag["customers"]:
			assert f"It called nobody {flag['name']}." in said
			continue
		value, low, high = (f"{figure * 100:.0f}" for figure in flag["precision"])
		told = f"Of those whom it called {flag['name']}, {value} ({low} to {high}) of 100 did not come back"
		assert f"{told}; of as many of the longest silent" in said
	assert f"Of 100 drawn by lot, {data['gone'] / data['customers'] * 100:.0f} did not" in said
	assert "as many of the largest by revenue of the year before" in message(view="Tiers")
	assert "Customers who came new: 1, with $ 70.00" in message(view="Tiers")
	assert "The year before that day, graded every week." in message(view="Year")


@pytest.mark.parametrize("view", ["Warnings", "Tiers"])
def test_a_figure_opens_the_customers_behind_it(shops: None, view: str) -> None:
	columns, found, *_rest = execute(view=view)
	for row in found:
		for column in columns:
			behind = column.get("behind")
			if not behind:
				continue
			chosen = (
				{} if row.get("is_total") else {name: row[field] for name, field in behind["row"].items()}
			)
			*people, total = rows(**{**chosen, **behind["filters"]}) or [{}]
			if column["fieldname"] == "revenue":
				assert total.get("revenue", 0) == row["revenue"]
			else:
				assert len(people) == row[column["fieldname"]], (row, column)


def test_a_customers_revenue_opens_his_documents(shops: None) -> None:
	columns, (*people, _total), *_rest = execute(view="Customers")
	(behind,) = [column["behind"] for column in columns if column.get("behind")]
	for row in people[:5]:
		chosen = {"customer": row["customer"], **behind["filters"]}
		assert tier_performance.execute(chosen)[1][-1]["revenue"] == row["revenue"]


def test_nothing_that_came_later_changes_a_grade(shops: None) -> None:
	before = {row["customer"]: (row["tier"], row["then_score"]) for row in rows(view="Customers")[:-1]}
	sell("Shop 02", (3, 90_000))
	after = {row["customer"]: (row["tier"], row["then_score"]) for row in rows(view="Customers")[:-1]}
	assert before == after


def test_the_draft_is_tried_by_whoever_may_publish_it(shops: None, reader: Callable[..., str]) -> None:
	frappe.db.set_value("Customer Tier", "Platinum", "min_score", 99)
	published, tried = rows(view="Tiers"), rows(view="Tiers", draft=1)
	assert "are graded by the draft of rfm" in message(draft=1) and "the draft" not in message()
	assert tried[0]["customers"] < published[0]["customers"]
	reader("Sales User")
	assert rows(view="Tiers")[0]["customers"] == published[0]["customers"]
	with pytest.raises(frappe.PermissionError):
		execute(draft=1)


def test_a_period_that_ends_after_the_data_ends_with_them(shops: None) -> None:
	assert rows(to_date=str(ago(-30))) == rows()


def test_too_much_and_too_little_are_told(shops: None, monkeypatch: pytest.MonkeyPatch) -> None:
	early: dict[str, date | str] = {"from_date": str(ago(900)), "to_date": str(ago(800))}
	assert "is before the first document" in message(**early)
	assert "a back-test needs 20" in message(from_date=str(ago(320)), to_date=str(ago(200)))
	with pytest.raises(frappe.ValidationError, match="There is no such warning"):
		execute(called="Loyal")
	monkeypatch.setattr(hindsight, "MOST_DOCUMENTS", 10)
	monkeypatch.setattr(hindsight, "MOST_OF_A_YEAR", 5)
	for view in VIEWS:
		_columns, found, said, *_rest = execute(view=view)
		assert not found and "run the command customer-tiering backtest" in said
