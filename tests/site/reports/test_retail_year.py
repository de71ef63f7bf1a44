"""Every report ties out on a real retail year; the rows are in the site once for all tests of this file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import frappe
import pytest

from customer_tiering.engine.what_if import Customer, Order
from customer_tiering.site.grading import customer_scores, state
from customer_tiering.site.reading import site_facts
from tests.site.conftest import empty
from tests.site.helpers.reports import on_team, register_total
from tests.site.helpers.shops import retail

pytestmark = pytest.mark.skipif(
	not retail.YEAR.exists(), reason="the retail data set is not in ../shared/data beside the checkout"
)


@pytest.fixture(scope="module", autouse=True)
def _year(_site: None) -> Iterator[None]:
	frappe.set_user("Administrator")
	empty()
	retail.load()
	yield
	empty()


@pytest.fixture(autouse=True)
def _clean(_year: None) -> Iterator[None]:
	"""Instead of the one that empties the site before each test."""
	yield
	frappe.set_user("Administrator")
	frappe.db.rollback()


def year(**filters: Any) -> dict[str, Any]:
	"""The whole year, unless told otherwise."""
	return {"from_date": str(retail.FIRST), "to_date": str(retail.LAST), **filters}


def total_amount() -> float:
	"""The net total of the file, added up from its text."""
	return round(sum(float(row["base_net_total"]) for row in retail.invoices()), 2)


def test_tiers_come_to_the_file_and_to_the_sales_register() -> None:
	from customer_tiering.customer_tiering.report.tier_performance.tier_performance import execute

	*tiers, total = execute(year())[1]
	assert sum(row["customers"] for row in tiers) == total["customers"] == frappe.db.count("Customer")
	assert round(sum(row["revenue"] for row in tiers), 2) == round(total["revenue"], 2) == total_amount()
	assert round(register_total(**year()), 2) == total_amount()


def test_the_statement_ties_out_with_the_sales_register() -> None:
	from customer_tiering.customer_tiering.report.tier_tie_out.tier_tie_out import execute

	lines = {row["line"]: row for row in execute(year())[1]}
	assert lines["Difference"]["documents"] == 0 and abs(lines["Difference"]["net_total"]) < 0.005
	assert round(lines["Documents Included"]["net_total"], 2) == total_amount()
	assert round(lines["Net Total of the Sales Register"]["net_total"], 2) == round(
		register_total(**year()), 2
	)


def test_points_beside_the_last_quarters_revenue_come_to_the_file() -> None:
	from customer_tiering.customer_tiering.report.rule_quality.rule_quality import execute

	quarter = year(from_date="2011-09-10", view="Points")
	*classes, total = execute(quarter)[1]
	known = {row["customer"] for row in retail.invoices() if row["posting_date"] < quarter["from_date"]}
	bought = [
		float(row["base_net_total"])
		for row in retail.invoices()
		if row["posting_date"] >= quarter["from_date"] and row["customer"] in known
	]
	assert sum(row["customers"] for row in classes) == total["customers"]
	# who had only returns by then had no score
	assert abs(total["revenue"] - sum(bought)) < 0.01 * sum(bought)
	score = execute(year(from_date="2011-09-10"))[1][-1]
	assert score["auc"] > 0.7, "the default policy foresees who buys"


def test_the_rfm_map_holds_everyone_who_ever_purchased() -> None:
	from customer_tiering.customer_tiering.report.rfm_segments.rfm_segments import execute

	bought = {
		r["customer"] for r in retail.invoices() if float(r["base_net_total"]) > 0 and r["is_return"] == "0"
	}
	*cells, total = execute(year(view="Customer Map"))[1]
	assert sum(row["total"] for row in cells) == total["total"] == len(bought) == 4338
	*segments, whole = execute(year(view="Segments"))[1]
	assert sum(row["customers"] for row in segments) == whole["customers"] == frappe.db.count("Customer")
	assert segments[-1]["customers"] == frappe.db.count("Customer") - len(bought)
	assert round(sum(row["revenue"] for row in segments), 2) == round(whole["revenue"], 2) == total_amount()
	on_map = execute(year(view="Revenue Map"))[1][-1]["total"]
	assert round(on_map + segments[-1]["revenue"], 2) == total_amount()


def brought() -> dict[str, float]:
	"""Each customer's net total, added up from the file."""
	amounts: dict[str, float] = {}
	for row in retail.invoices():
		amounts[row["customer"]] = amounts.get(row["customer"], 0.0) + float(row["base_net_total"])
	return amounts


def test_nobody_at_risk_bought_in_his_rhythm_and_more_than_last_year_and_all_bring_the_files_amounts() -> (
	None
):
	from customer_tiering.customer_tiering.report.customers_at_risk import customers_at_risk as report

	*first, total = report.execute(year())[1]
	*people, whole = report.execute(year(everyone=1))[1]
	assert first == people[: report.MOST] and total == whole
	amounts = brought()
	assert {row["customer"]: round(row["revenue"], 2) for row in people} == {
		row["customer"]: round(amounts[row["customer"]], 2) for row in people
	}
	assert round(total["stake"], 2) == round(sum(row["stake"] for row in people), 2)
	assert [row["stake"] for row in people] == sorted((row["stake"] for row in people), reverse=True)
	# Today is years later: everyone has been silent for longer than he used to be.
	assert all(row["why"].startswith("silent for ") for row in people)


def amount_between(after: date, until: date) -> float:
	"""The net total of the file's documents after one day, up to another."""
	days = (str(after), str(until))
	rows = [row for row in retail.invoices() if days[0] < row["posting_date"] <= days[1]]
	return round(sum(float(row["base_net_total"]) for row in rows), 2)


@pytest.mark.parametrize("after", [retail.MONTH_ENDS[0], retail.MONTH_ENDS[6], retail.MONTH_ENDS[-2]])
def test_movements_come_to_all_customers_and_to_the_file(after: date) -> None:
	from customer_tiering.customer_tiering.report.tier_movement import tier_movement as report

	days = {"from_date": str(after), "to_date": str(retail.LAST)}
	columns, (*rows, total), *_rest = report.execute(days)
	assert sum(row["total"] for row in rows) == total["total"] == frappe.db.count("Customer")
	ends = {column["label"]: total[column["fieldname"]] for column in columns[1:-2]}
	tiers = frappe.get_all("Customer", pluck="customer_tier", order_by=None)
	assert ends == {label: tiers.count(None if label == "Unrated" else label) for label in ends}
	money = report.execute({**days, "view": "Revenue"})[1]
	assert round(money[-1]["total"], 2) == amount_between(after, retail.LAST)
	assert round(sum(row["total"] for row in money[:-1]), 2) == amount_between(after, retail.LAST)
	people = report.execute({**days, "view": report.EVERYONE})[1][:-1]
	for row in rows:
		for column in columns[1:-2]:
			chosen = column["behind"]["filters"].get("to_tier")
			here = [one for one in people if (one["then"], one["now"]) == (row["then"], chosen)]
			assert len(here) == row[column["fieldname"]]


def test_whom_a_usual_order_lifts_is_lifted_by_it_and_brought_the_files_amount() -> None:
	from customer_tiering.customer_tiering.report.tier_potential import tier_potential

	*people, total = tier_potential.execute(year())[1]
	current = state.published()
	told = {row["customer"]: row["next_tier"] for row in people}
	amounts = brought()
	assert all(round(row["revenue"], 2) == round(amounts[row["customer"]], 2) for row in people)
	assert round(total["revenue"], 2) == round(sum(amounts[customer] for customer in told), 2)
	by_tier = tier_potential.execute(year(view="Tiers"))[1]
	assert by_tier[-1]["near"] == sum(row["near"] for row in by_tier[:-1]) == len(people)
	assert by_tier[-1]["usual"] == round(sum(row["usual"] for row in people), 2) == total["usual"]
	for row in people[:10]:
		known = site_facts.read_facts(current.policy, [row["customer"]])
		held = customer_scores.read_held([row["customer"]])
		one = Customer(known, current.policy, state.today(), held, current.cut_points, current.forecast)
		for amount in (row["least"], row["usual"]):
			assert one.what_if([Order(amount)]).scores["tier"].iloc[0] == row["next_tier"]
		less = one.what_if([Order(round(row["least"] - 0.01, 2))] if row["least"] > 0.01 else [])
		assert less.scores["tier"].iloc[0] != row["next_tier"]


def test_the_parts_of_the_customers_come_to_the_file() -> None:
	from customer_tiering.customer_tiering.report.customer_concentration.customer_concentration import execute

	amounts: dict[str, float] = {}
	for row in retail.invoices():
		amounts[row["customer"]] = amounts.get(row["customer"], 0.0) + float(row["base_net_total"])
	brought = sorted((round(amount, 2) for amount in amounts.values() if round(amount, 2) > 0), reverse=True)
	_columns, found, _text, _chart, summary = execute(year())
	parts = {row["part"]: row for row in found}
	for percent in (1, 5, 10, 20, 50, 100):
		first = brought[: -(-len(brought) * percent // 100)]
		row = parts[f"Top {percent} %"]
		assert (row["customers"], round(row["revenue"], 2)) == (len(first), round(sum(first), 2)), percent
		assert row["share"] == round(sum(first) / sum(brought) * 100, 1)
	assert parts["Total"]["customers"] == len(amounts) == sum(row["more_customers"] for row in found[:-1])
	assert round(parts["Total"]["revenue"], 2) == total_amount()
	assert round(sum(row["more_revenue"] for row in found[:-1]), 2) == total_amount()
	few = next(few for few in range(len(brought)) if sum(brought[:few]) >= 0.8 * sum(brought))
	values = {item["label"]: item["value"] for item in summary}
	assert values["Customers for 80 % of the Revenue"].startswith(f"{few} of {len(brought)} ")


def test_portfolios_come_to_the_file_to_the_tiers_held_and_to_the_log() -> None:
	from customer_tiering.customer_tiering.report.sales_person_by_tier import sales_person_by_tier

	customers = sorted(brought())
	for number, customer in enumerate(customers[:40]):
		on_team(customer, ("Sam", "Sue")[number % 2])
		if number < 10:
			on_team(customer, "Sid")
	columns, found, *_rest = sales_person_by_tier.execute(year(from_date="2011-07-01"))
	rows = {row["person_name"]: row for row in found}
	assert {name: row["customers"] for name, row in rows.items()} == {
		"Sam": 20, "Sue": 20, "Sid": 10, "No Sales Person": len(customers) - 40, "Total": len(customers),
	}  # fmt: skip
	held = dict(frappe.get_all("Customer", fields=["name", "customer_tier"], as_list=True, order_by=None))
	for column in columns:
		if column["fieldname"].startswith("tier_"):
			rung = None if column["label"] == "Unrated" else column["label"]
			assert rows["Total"][column["fieldname"]] == list(held.values()).count(rung)
	since = date(2011, 7, 1)
	amount = sum(
		float(row["base_net_total"]) for row in retail.invoices() if row["posting_date"] >= str(since)
	)
	assert round(rows["Total"]["revenue"], 2) == round(amount, 2)
	rank = {tier.name: at for at, tier in enumerate(state.published().policy.tiers)}
	first: dict[str, str] = {}
	last: dict[str, str | None] = {}
	for change in frappe.get_all(
		"Tier Change", fields=["customer", "to_tier", "as_of"], order_by="as_of asc, creation asc"
	):
		if change.as_of < since and change.to_tier:
			first[change.customer] = change.to_tier
		elif change.as_of < since:
			first.pop(change.customer, None)
		elif change.to_tier:
			first.setdefault(change.customer, change.to_tier)
		last[change.customer] = change.to_tier
	moves = [rank[last[one]] - rank[first[one]] for one in first if last[one]]
	assert rows["Total"]["up"] == sum(move > 0 for move in moves) > 0
	assert rows["Total"]["down"] == sum(move < 0 for move in moves) > 0


def test_cohorts_are_those_of_the_file() -> None:
	from customer_tiering.customer_tiering.report.cohort_retention.cohort_retention import execute

	bought: dict[str, set[str]] = {}
	for row in retail.invoices():
		if float(row["base_net_total"]) > 0 and row["is_return"] == "0":
			bought.setdefault(row["customer"], set()).add(row["posting_date"][:7])
	months = sorted(set().union(*bought.values()))
	*cohorts, total = execute(year(view="Customers"))[1]
	assert [row["cohort"] for row in cohorts] == months
	for row in cohorts:
		mine = [since for since in bought.values() if min(since) == row["cohort"]]
		assert row["customers"] == row["m0"] == len(mine)
		for offset, month in enumerate(months[months.index(row["cohort"]) :]):
			assert row[f"m{offset}"] == sum(month in since for since in mine), (row["cohort"], month)
	assert total["customers"] == len(bought) == 4338


def test_revenue_of_cohorts_comes_to_that_of_who_purchased() -> None:
	from customer_tiering.customer_tiering.report.cohort_retention.cohort_retention import execute

	first: dict[str, str] = {}
	for row in retail.invoices():
		if float(row["base_net_total"]) > 0 and row["is_return"] == "0":
			first.setdefault(row["customer"], row["posting_date"][:7])
	# A return in a month before the first purchase is in no month since then.
	since = [
		row for row in retail.invoices() if row["posting_date"][:7] >= first.get(row["customer"], "9999")
	]
	total = execute(year(view="Revenue"))[1][-1]
	cells = sum(value for name, value in total.items() if name[0] == "m" and name[1:].isdigit())
	assert round(cells, 2) == round(sum(float(row["base_net_total"]) for row in since), 2)


def test_stages_come_to_all_customers_and_to_the_file() -> None:
	from customer_tiering.customer_tiering.report.lifecycle_pipeline.lifecycle_pipeline import execute

	after = retail.MONTH_ENDS[5]
	days = {"from_date": str(after), "to_date": str(retail.LAST)}
	*rows, total = execute(days)[1]
	held = frappe.get_all("Customer", pluck="lifecycle_stage", order_by=None)
	assert {row["state"]: row["customers"] for row in rows if row["customers"]} == {
		stage: held.count(stage) for stage in set(held)
	}
	for row in rows:
		assert row["before"] + row["entered"] - row["left"] == row["customers"]
	assert total["customers"] == sum(row["customers"] for row in rows) == len(held)
	assert round(sum(row["revenue"] for row in rows), 2) == round(total["revenue"], 2)
	assert round(total["revenue"], 2) == amount_between(after, retail.LAST)


@pytest.mark.parametrize("view", ["Customers by Month", "Revenue by Month"])
def test_months_from_the_log_and_the_documents_are_those_of_the_snapshots(view: str) -> None:
	from customer_tiering.customer_tiering.report.lifecycle_pipeline.lifecycle_pipeline import execute

	months = {"from_date": str(retail.MONTH_ENDS[0]), "to_date": str(retail.LAST), "view": view}
	kept = [_to_cents(row) for row in execute(months)[1]]
	assert frappe.db.count("Tier Snapshot") > len(retail.MONTH_ENDS)
	frappe.db.delete("Tier Snapshot")
	assert [_to_cents(row) for row in execute(months)[1]] == kept
	if view == "Revenue by Month":
		whole = amount_between(retail.MONTH_ENDS[0], retail.LAST)
		assert round(sum(row["total"] for row in kept[:-1]), 2) == round(kept[-1]["total"], 2) == whole


def _to_cents(row: dict[str, Any]) -> dict[str, Any]:
	"""Snapshots keep amounts to two decimals, documents to four."""
	return {name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()}
