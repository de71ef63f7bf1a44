"""The Customers at Risk report: who is likely to be lost, why it is said, and what is at stake."""

from __future__ import annotations

import re
from typing import Any

import frappe
import pandas as pd
import pytest

from customer_tiering import api
from customer_tiering.customer_tiering.report.customers_at_risk import customers_at_risk as report
from customer_tiering.customer_tiering.report.sales_person_by_tier import sales_person_by_tier
from customer_tiering.customer_tiering.report.tier_performance import tier_performance
from customer_tiering.desk import account
from customer_tiering.reporting.choosing import reader
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import state
from tests.site.helpers.reports import COMPANY, hold, on_team, once, other_company, period, score, sell
from tests.site.helpers.selling import ago, make_customer

VIEWS = report.Chosen.VIEWS
#: Days ago and amounts.
SALES = {
	"Reg": [(89, 100), (79, 100), (69, 100), (59, 100), (49, 100), (39, 100)],  # every ten days, and no more
	"Sea": [(600, 10), (400, 1000), (200, 500), (20, 300)],  # 40 % less than before, 70 % less than last year
	"Top": [(400, 10), (25, 500), (15, 500), (5, 500)],  # in his rhythm, and more than before
	"Los": [(95, 800)],
	"Dis": [(96, 900)],
	"Few": [(94, 500)],  # two purchase days would not tell a rhythm either
}
STAGES = {
	"Reg": "At Risk",
	"Sea": "Declining",
	"Top": "Growing",
	"Los": "Lost",
	"Dis": "At Risk",
	"Few": "At Risk",
}
TIERS = {"Reg": "Gold", "Sea": "Silver", "Top": "Platinum", "Los": "Gold", "Dis": "Gold", "Few": "Bronze"}
#: In percent; of Few nothing is foreseen.
CHANCES = {"Reg": 20, "Sea": 40, "Top": 1, "Los": 5, "Dis": 5}


def _make() -> None:
	for name, sold in SALES.items():
		sell(make_customer(name), *sold)


@pytest.fixture
def slipping() -> None:
	"""Six customers, who hold what is written here, and whose they are."""
	once("at risk", _make)
	for name, tier in TIERS.items():
		hold(name, tier, STAGES.get(name, "At Risk"))
		falls = {"falls_on": ago(-10), "falls_to": "Silver"} if name == "Reg" else {}
		score(name, chance_to_buy=CHANCES.get(name, 0), **falls)
	frappe.db.set_value("Customer", "Dis", "disabled", 1)
	frappe.db.set_value("Customer", "Sea", {"mobile_no": "555 1", "email_id": "sea@example.com"})
	frappe.db.set_value("Customer", "Few", "account_manager", "Administrator")
	on_team("Reg", "Sam")
	on_team("Sea", "Sam")


def execute(**filters: Any) -> answers.Answer:
	"""The report over the last hundred days, unless told otherwise."""
	return report.execute(period(**filters))


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return re.sub("<.*?>", "", execute(**filters)[2])


def listed(**filters: Any) -> list[str]:
	return [row["customer"] for row in rows(**filters)[:-1]]


# -- rows -------------------------------------------------------------------------------------------


def test_who_is_likely_lost_is_listed_by_what_is_at_stake(slipping: None) -> None:
	*people, total = rows()
	names = ("customer", "tier", "revenue", "likely", "stake", "last_purchase", "owner_name", "contact")
	assert [tuple(row[name] for name in names) for row in people] == [
		("Reg", "Gold", 600, 80, 480, ago(39), "Sam", ""),
		("Sea", "Silver", 300, 60, 180, ago(20), "Sam", "555 1"),
		# nothing is foreseen of him: 1 − 90 ÷ 94
		("Few", "Bronze", 500, 4.3, 21.28, ago(94), "Administrator", ""),
	]
	assert (total["customer"], total["revenue"], total["stake"]) == ("Total", 1400, 681.28)


def test_it_says_why(slipping: None) -> None:
	falls = frappe.format(ago(-10), "Date")
	assert {row["customer"]: row["why"] for row in rows()[:-1]} == {
		"Reg": f"silent for 39 days, usually orders every 10 days; falls to Silver on {falls}",
		"Sea": "70 % less than in the same 180 days last year",
		"Few": "silent for 94 days",
	}


def test_a_stage_that_compares_with_the_days_before_says_so(slipping: None) -> None:
	frappe.db.set_single_value("Customer Tiering Settings", "trend_against", "Days Before")
	api.publish("no seasons")
	assert {row["customer"]: row["why"] for row in rows()[:-1]}["Sea"] == (
		"40 % less than in the 180 days before"
	)


def test_only_who_is_in_such_a_stage_is_listed(slipping: None) -> None:
	assert "Top" not in listed(everyone=1, include_lost=1)
	frappe.db.set_value("Customer", "Reg", "lifecycle_stage", "Active")
	assert listed() == ["Sea", "Few"]


def test_the_card_the_list_and_the_sales_people_count_the_same(slipping: None) -> None:
	persons = sales_person_by_tier.execute(period())[1]
	assert persons[-1]["risk"] == len(listed()) == 3


def test_the_lost_are_listed_by_choice_only(slipping: None) -> None:
	assert "Lost customers are left out: 1." in message()
	assert listed(include_lost=1) == ["Los", "Reg", "Sea", "Few"]
	assert "left out" not in message(include_lost=1)
	assert listed(stage="Lost") == ["Los"]


def test_the_rest_is_one_line(slipping: None, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(report, "MOST", 1)
	*people, total = rows()
	assert [row["customer"] for row in people] == ["Reg"]
	assert "2 more customers bring $ 800.00, of which $ 201.28 are at stake" in message()
	assert total["revenue"] == people[0]["revenue"] + 800
	assert (listed(everyone=1), "more customers" in message(everyone=1)) == (["Reg", "Sea", "Few"], False)


def test_without_a_forecast_silence_alone_tells(slipping: None) -> None:
	frappe.db.set_value("Customer Score", {"customer": ("is", "set")}, "chance_to_buy", 0)
	likely = {"Reg": 74.4, "Few": 4.3, "Sea": 0}
	assert {row["customer"]: row["likely"] for row in rows()[:-1]} == likely
	assert "there is no forecast to go by" in message()


def test_the_rhythm_is_the_one_of_the_customer_form(slipping: None, monkeypatch: pytest.MonkeyPatch) -> None:
	for row in rows(include_lost=1)[:-1]:
		held = account.read_account(row["customer"])
		assert row["last_purchase"] == held["last_purchase"]
		if held["explanation"]["own_gap"] and row["why"].startswith("silent"):
			assert f"every {held['explanation']['usual_gap']:.0f} days" in row["why"]
	by_index = rows(include_lost=1)
	monkeypatch.setattr(reader, "FEW", 0)
	monkeypatch.setattr(report, "FEW", 0)
	assert rows(include_lost=1) == by_index


def test_the_last_contact_is_told_where_it_is_known(slipping: None) -> None:
	assert "last_contact" not in [column["fieldname"] for column in execute()[0]]
	mail = {"doctype": "Communication", "communication_type": "Communication", "subject": "Hello"}
	filed = {"reference_doctype": "Customer", "reference_name": "Reg"}
	for days in (9, 4):
		frappe.get_doc({**mail, **filed, "communication_date": pd.Timestamp(ago(days))}).insert()
	assert {row["customer"]: row["last_contact"] for row in rows()[:-1]} == {
		"Reg": ago(4), "Sea": None, "Few": None,
	}  # fmt: skip


def test_a_company_limits_what_they_bring_and_not_their_rhythm(slipping: None) -> None:
	sell("Reg", (38, 77))[0].db_set("company", other_company())
	row = next(row for row in rows(company=COMPANY) if row["customer"] == "Reg")
	assert (row["revenue"], row["last_purchase"]) == (600, ago(38))
	row = next(row for row in rows(company="Other USD") if row["customer"] == "Reg")
	assert (row["revenue"], row["last_purchase"]) == (77, ago(38))


def test_whoever_sees_one_company_goes_by_its_documents(slipping: None, reader: Any) -> None:
	other_company()
	reader("Sales User", company=COMPANY)
	likely = {"Reg": 74.4, "Few": 4.3, "Sea": 0}
	assert {row["customer"]: row["likely"] for row in rows()[:-1]} == likely


# -- owners -----------------------------------------------------------------------------------------


def test_owners_answer_for_their_customers(slipping: None) -> None:
	names = ("owner_name", "customers", "stake", "revenue", "share")
	assert [tuple(row[name] for name in names) for row in rows(view="Owners")] == [
		("Sam", 2, 660, 900, 100.0),
		("Administrator", 1, 21.28, 500, 100.0),
		# of 4600 that all brought
		("Total", 3, 681.28, 1400, 30.4),
	]


@pytest.mark.parametrize("filters", [{}, {"include_lost": 1}, {"at_least_tier": "Gold"}])
def test_an_owner_opens_his_customers(
	slipping: None, filters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(report, "MOST", 1)
	columns, found, *_rest = execute(view="Owners", **filters)
	for row in found:
		for column in columns:
			if behind := column.get("behind"):
				chosen = {**filters, **{name: row.get(field, "") for name, field in behind["row"].items()}}
				*people, total = rows(**{**chosen, **behind["filters"]}) or [{}]
				if column["fieldtype"] == "Int":
					assert len(people) == row[column["fieldname"]], (row, column)
				elif column["fieldname"] != "share":
					assert total.get(column["fieldname"]) == row[column["fieldname"]], (row, column)
	for name in ("customers", "revenue"):
		assert sum(row[name] for row in found[:-1]) == found[-1][name]


# -- figures and the lists behind them --------------------------------------------------------------


def test_the_summary_and_the_chart_are_about_everyone_at_risk(slipping: None) -> None:
	_columns, _rows, _message, chart, summary = execute()
	assert {item["label"]: item["value"] for item in summary} == {
		"Customers at Risk": 3,
		"Revenue at Stake": 681.28,
		"Revenue": 1400,
		"Share of Revenue": "30.4%",
	}
	assert chart["data"]["labels"] == ["Gold", "Silver", "Bronze"]
	assert chart["data"]["datasets"] == [{"name": "Revenue at Stake", "values": [480, 180, 21.28]}]
	assert execute(view="Owners")[3]["data"]["labels"] == ["Sam", "Administrator"]


def test_each_figure_opens_the_documents_behind_it(slipping: None) -> None:
	columns, found, *_rest = execute()
	behind = {column["fieldname"]: column["behind"] for column in columns if "behind" in column}
	for row in found[:-1]:
		for name in ("revenue", "last_purchase"):
			chosen = {filter: row[field] for filter, field in behind[name]["row"].items()}
			documents = tier_performance.execute(period(**{**chosen, **behind[name]["filters"]}))[1]
			if name == "revenue":
				assert documents[-1]["revenue"] == row["revenue"]
			else:
				assert row["last_purchase"] in {document["posting_date"] for document in documents[:-1]}


# -- filters and empty states -----------------------------------------------------------------------


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"at_least_tier": "Tin"}, "Tin is not a tier of the published policy"),
		({"owned_by": "Sam", "unowned": 1}, "Choose either an owner or the customers without"),
		({"view": "Tiers"}, "There is no such view. Choose one of Customers, Owners"),
		({"from_date": ""}, "Choose the first and the last day"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(small: None, filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


def test_filters_choose_customers(slipping: None) -> None:
	frappe.db.set_value("Customer", "Reg", "territory", "United States")
	for filters in ({"territory": "United States"}, {"tier": "Gold"}, {"customer": "Reg"}):
		assert listed(**filters) == ["Reg"], filters
	assert listed(at_least_tier="Silver") == listed(owned_by="Sam") == ["Reg", "Sea"]
	assert listed(owned_by="Administrator") == ["Few"]


def test_nothing_published_nobody_nothing_graded_and_no_risk_say_what_to_do() -> None:
	assert "No customer matches these filters" in message()
	make_customer("Ada")
	assert "None of these customers has a tier yet" in message()
	hold("Ada", "Gold")
	assert "None of these customers is at risk." in message()
	assert (rows(), rows(view="Owners"), execute()[3]) == ([], [], None)
	assert "No customer matches these filters" in message(owned_by="Sam")
	state.set_state({"current_policy": None})
	assert "No policy is published yet" in message()
