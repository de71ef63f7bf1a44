"""The Customers at Risk report: who is listed, how long he is silent, and what is at stake."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.customers_at_risk import customers_at_risk as report
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.desk import account
from customer_tiering.reporting.choosing import reader
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import state
from tests.site.helpers import reports
from tests.site.helpers.reports import COMPANY, hold, on_team, other_company, period, score, sell
from tests.site.helpers.selling import ago, make_customer

VIEWS = report.Chosen.VIEWS
FIGURES = (
	"customer", "tier", "stage", "revenue", "change", "last_purchase", "silence", "gap", "ratio", "falls_on",
	"falls_to", "owner_name",
)  # fmt: skip


@pytest.fixture
def slipping(small: None) -> None:
	"""The small company, with two more, and whose they are."""
	for name, sales in {"Gus": (20, 60), "Hal": (300, 90)}.items():
		sell(make_customer(name), sales)
	hold("Ada", "Platinum", "At Risk")
	hold("Bob", "Gold", "Declining")
	hold("Dee", "Silver", "At Risk")
	hold("Gus", "Silver", "At Risk")
	hold("Hal", "Platinum", "Lost")
	score("Cy", falls_on=ago(-10), falls_to="Silver")
	score("Hal", falls_on=ago(-40), falls_to="Bronze")
	on_team("Ada", "Sam")
	on_team("Cy", "Sam")
	on_team("Cy", "Sue")
	frappe.db.set_value("Customer", "Bob", "account_manager", "Administrator")
	frappe.db.set_value("Customer", "Ada", {"mobile_no": "555 1", "email_id": "ada@example.com"})
	frappe.db.set_value("Customer", "Cy", "email_id", "cy@example.com")


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


def summary(**filters: Any) -> dict[str, Any]:
	return {item["label"]: item["value"] for item in execute(**filters)[4]}


# -- rows -------------------------------------------------------------------------------------------


def test_valued_customers_who_slip_are_listed_by_what_they_bring(slipping: None) -> None:
	*people, total = rows()
	assert [tuple(row[name] for name in FIGURES) for row in people] == [
		# bought 150, 50 and 5 days ago: gaps of 100 and 45 days
		("Ada", "Platinum", "At Risk", 1300, 62.5, ago(5), 5, 72.5, 0.1, None, "", "Sam"),
		# two purchase days tell no rhythm
		("Cy", "Gold", "Active", 700, None, ago(99), 99, 90, 1.1, ago(-10), "Silver", "Sam"),
		# what he bought ten days ago came back
		("Bob", "Gold", "Declining", 0, -100, ago(199), 199, 90, 2.2, None, "", "Administrator"),
	]
	assert (total["customer"], total["revenue"], total["change"]) == ("Total", 2000, 66.7)
	assert [row["contact"] for row in people] == ["555 1", "cy@example.com", ""]


def test_a_lower_tier_can_be_valued_too(slipping: None) -> None:
	assert listed(at_least_tier="Silver") == ["Ada", "Cy", "Gus", "Bob"]
	assert listed(at_least_tier="Platinum") == ["Ada"]
	assert listed(tier="Silver") == ["Gus"]  # the disabled Dee is nobody's care


def test_the_lost_are_listed_by_choice_only(slipping: None) -> None:
	assert "Lost customers are left out: 1." in message()
	assert listed(include_lost=1) == ["Ada", "Cy", "Bob", "Hal"]
	assert "left out" not in message(include_lost=1)
	assert listed(stage="Lost") == ["Hal"]


def test_those_about_to_fall_can_be_listed_alone(slipping: None) -> None:
	assert listed(falls_within=9) == []
	assert listed(falls_within=10) == ["Cy"]
	assert listed(falls_within=40, include_lost=1) == ["Cy", "Hal"]


def test_upper_half_of_a_ladder_is_at_least_its_top() -> None:
	policy = state.published().policy
	chosen = report.Chosen(ago(99), ago(0), "Customers")
	tiers = policy.tiers
	for count, lowest in {1: 0, 2: 1, 3: 2, 4: 2}.items():
		assert report.lowest_valued(replace(policy, tiers=tiers[:count]), chosen) == lowest


def test_the_rhythm_is_the_one_of_the_customer_form(slipping: None, monkeypatch: pytest.MonkeyPatch) -> None:
	sell("Ada", (40, 10), (31, 10))

	def check() -> None:
		for row in rows(include_lost=1)[:-1]:
			held = account.read_account(row["customer"])
			assert (row["gap"], row["last_purchase"]) == (
				held["explanation"]["usual_gap"], held["last_purchase"]
			)  # fmt: skip

	check()
	by_index = rows(include_lost=1)
	monkeypatch.setattr(report, "FEW", 0)
	assert rows(include_lost=1) == by_index
	monkeypatch.setattr(reader, "FEW", 0)
	assert rows(include_lost=1) == by_index


def test_a_company_limits_what_they_bring_and_not_their_rhythm(slipping: None) -> None:
	sell("Cy", (1, 77))[0].db_set("company", other_company())
	row = next(row for row in rows(company=COMPANY) if row["customer"] == "Cy")
	assert (row["revenue"], row["silence"]) == (700, 1)
	row = next(row for row in rows(company="Other USD") if row["customer"] == "Cy")
	assert (row["revenue"], row["silence"]) == (77, 1)


def test_who_never_purchased_has_no_rhythm(slipping: None) -> None:
	hold("Fay", "Gold", "At Risk")
	row = next(row for row in rows() if row["customer"] == "Fay")
	assert [row[name] for name in ("last_purchase", "silence", "gap", "ratio")] == [None] * 4


def test_merged_customers_fall_once(slipping: None) -> None:
	score("Cy", score=99, falls_on=ago(-3), falls_to="Bronze")  # two rows, and the better score counts
	row = next(row for row in rows() if row["customer"] == "Cy")
	assert (row["falls_on"], row["falls_to"]) == (ago(-3), "Bronze")


# -- owners -----------------------------------------------------------------------------------------


def test_owners_answer_for_their_customers(slipping: None) -> None:
	frappe.db.set_value("Customer", "Bob", "account_manager", None)
	sell("Gus", (2, 2000))
	on_team("Gus", "Sam")
	names = ("owner_name", "customers", "falling", "revenue", "share", "change")
	assert [tuple(row[name] for name in names) for row in rows(view="Owners")] == [
		# of Sam's revenue, Gus brings 2060
		("Sam", 2, 1, 2000, 49.3, 150.0),
		("No Owner", 1, 0, 0, None, -100.0),
		("Total", 3, 1, 2000, 49.3, 66.7),
	]


@pytest.mark.parametrize(
	"filters", [{}, {"include_lost": 1}, {"at_least_tier": "Bronze"}, {"falls_within": 12}]
)
def test_an_owner_opens_his_customers(slipping: None, filters: dict[str, Any]) -> None:
	columns, found, *_rest = execute(view="Owners", **filters)
	for row in found:
		for column in columns:
			if behind := column.get("behind"):
				chosen = {**filters, **{name: row.get(field, "") for name, field in behind["row"].items()}}
				*people, total = rows(**{**chosen, **behind["filters"]}) or [{}]
				figure = len(people) if column["fieldtype"] == "Int" else row[column["fieldname"]]
				shown = (
					row[column["fieldname"]]
					if column["fieldtype"] == "Int"
					else total.get(column["fieldname"])
				)
				if column["fieldname"] != "share":
					assert figure == shown, (row, column)
	assert sum(row["customers"] for row in found[:-1]) == found[-1]["customers"]
	assert sum(row["revenue"] for row in found[:-1]) == found[-1]["revenue"]


# -- figures and the lists behind them --------------------------------------------------------------


def test_the_summary_is_about_everyone_listed(slipping: None) -> None:
	assert summary() == {
		"Customers at Risk": 3,
		"Revenue at Risk": 2000,
		"Share of Revenue": "97.1%",  # of 2060
		"Falling Within 30 Days": 1,
	}
	assert summary(falls_within=30)["Customers at Risk"] == 1
	assert summary(view="Owners") == summary()


def test_each_figure_opens_the_documents_behind_it(slipping: None) -> None:
	columns, found, *_rest = execute()
	behind = {column["fieldname"]: column["behind"] for column in columns if "behind" in column}
	for row in found[:-1]:
		for name in ("revenue", "silence"):
			chosen = {filter: row[field] for filter, field in behind[name]["row"].items()}
			documents = tier_performance.execute(period(**{**chosen, **behind[name]["filters"]}))[1]
			if name == "revenue":
				assert documents[-1]["revenue"] == row["revenue"]
			else:
				assert row["last_purchase"] in {document["posting_date"] for document in documents[:-1]}
		before = period(customer=row["customer"], **behind["change"]["filters"])
		assert tier_performance.execute(before)[1][-1].get("revenue") == {"Ada": 800, "Bob": 400}.get(
			row["customer"], 0
		)


def test_the_chart_has_revenue_by_tier_and_stage(slipping: None) -> None:
	data = execute(include_lost=1)[3]["data"]
	assert data["labels"] == ["Platinum", "Gold"]
	assert data["datasets"] == [
		{"name": "At Risk", "values": [1300, 0]},
		{"name": "Declining", "values": [0, 0]},
		{"name": "Lost", "values": [0, 0]},
		{"name": "Only About to Fall", "values": [0, 700]},
	]
	data = execute(view="Owners")[3]["data"]
	assert data["labels"] == ["Sam", "Administrator"]
	assert data["datasets"] == [{"name": "Revenue at Risk", "values": [2000, 0]}]
	long_ago = {"from_date": "2001-01-01", "to_date": "2001-12-31"}
	assert execute(**long_ago)[3] is None, "without revenue it would be an empty frame"


# -- filters and empty states -----------------------------------------------------------------------


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"at_least_tier": "Tin"}, "Tin is not a tier of the published policy"),
		({"falls_within": -1}, "Choose a number of days from 0 to 3650"),
		({"falls_within": 10**15}, "Choose a number of days from 0 to 3650"),
		({"owned_by": "Sam", "unowned": 1}, "Choose either an owner or the customers without"),
		({"view": "Tiers"}, "There is no such view. Choose one of Customers, Owners"),
		({"from_date": ""}, "Choose the first and the last day"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(small: None, filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


def test_filters_choose_customers(slipping: None) -> None:
	frappe.db.set_value("Customer", "Ada", "territory", "United States")
	for filters in (
		{"territory": "United States"},
		{"tier": "Platinum"},
		{"stage": "At Risk"},
		{"customer": "Ada"},
	):
		assert listed(**filters) == ["Ada"], filters
	assert listed(sales_person="Sam") == listed(owned_by="Sam") == ["Ada", "Cy"]
	assert (listed(sales_person="Sue"), listed(owned_by="Sue")) == (["Cy"], [])
	assert listed(owned_by="Administrator") == ["Bob"]


def test_nothing_published_nobody_nothing_graded_and_no_risk_say_what_to_do() -> None:
	assert "No customer matches these filters" in message()
	make_customer("Ada")
	assert "None of these customers has a tier yet" in message()
	hold("Ada", "Gold")
	assert "None of these customers is at risk. Choose a lower tier" in message()
	assert (rows(), rows(view="Owners"), execute()[3]) == ([], [], None)
	assert "No customer matches these filters" in message(owned_by="Sam")
	state.set_state({"current_policy": None})
	assert "No policy is published yet" in message()
