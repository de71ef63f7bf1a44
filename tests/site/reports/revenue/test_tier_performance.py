"""The Tier Performance report: exact rows, totals that tie out, lists behind figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.tier_performance import tier_performance as report
from customer_tiering.engine import Policy
from customer_tiering.reporting.choosing import reader
from customer_tiering.reporting.listing import left_out
from customer_tiering.reporting.showing import answers
from customer_tiering.site.grading import state
from tests.site.helpers import reports
from tests.site.helpers.reports import COMPANY, on_team, other_company, period, register_total, sell
from tests.site.helpers.selling import ago, credit, drain, graded, invoice, make_customer

VIEWS = report.Chosen.VIEWS
FIGURES = (
	"customers", "active", "revenue", "share", "gross_profit", "invoices", "average", "before", "change",
)  # fmt: skip


def execute(**filters: Any) -> answers.Answer:
	"""The report over the last hundred days, unless told otherwise."""
	return report.execute(period(**filters))


def as_the_desk(**filters: Any) -> dict[str, Any]:
	return reports.as_the_desk(report.NAME, **filters)


def seen_by(policy: Policy, days: int = 99, **filters: Any) -> reader.Seen[report.Chosen]:
	"""What is seen under a policy that need not be published."""
	return reader.read_seen(policy, report.Chosen(ago(days), ago(0), "Tiers", **filters))


def left(seen: reader.Seen[report.Chosen]) -> dict[str, tuple[int, float]]:
	"""Number and amount of what is left out, by reason."""
	found = left_out.by_reason(left_out.read_left_out(seen, seen.chosen.from_date, seen.chosen.to_date))
	return {reason: tuple(row) for reason, row in found.iterrows()}


def revenue(seen: reader.Seen[report.Chosen]) -> float:
	return float(report.read_sales(seen).query("now")["net_amount"].sum())


def told(seen: reader.Seen[report.Chosen]) -> str:
	return " ".join(report.build(seen).message)


def rows(**filters: Any) -> list[dict[str, Any]]:
	return execute(**filters)[1]


def message(**filters: Any) -> str:
	return execute(**filters)[2]


def table(**filters: Any) -> dict[str, tuple[Any, ...]]:
	"""The figures per tier, by its label."""
	return {row["tier"]: tuple(row[name] for name in FIGURES) for row in rows(**filters)}


# -- rows -------------------------------------------------------------------------------------------


def test_a_tier_brings_what_was_sold_to_the_customers_who_hold_it_now(small: None) -> None:
	assert table() == {
		# 1000 + 500 − 200 from two purchases; 800 before
		"Platinum": (1, 1, 1300, 65.0, 1300, 2, 650, 800, 62.5),
		# Bob's 300 came back, so he is not active; Cy bought on the first day; Bob before on the first day
		"Gold": (2, 1, 700, 35.0, 700, 1, 700, 400, 75.0),
		# disabled, and bought last on the last day before
		"Silver": (1, 0, 0, 0.0, 0, 0, None, 100, -100.0),
		"Bronze": (0, 0, 0, 0.0, 0, 0, None, 0, None),
		# held, but no longer in the policy
		"Old": (1, 0, 0, 0.0, 0, 0, None, 0, None),
		"Unrated": (1, 0, 0, 0.0, 0, 0, None, 0, None),
		"Total": (6, 2, 2000, 100.0, 2000, 3, 666.6667, 1300, 53.8),
	}


def test_rows_run_from_the_highest_tier_down_to_the_unrated_and_the_total(small: None) -> None:
	found = rows()
	assert [row["tier"] for row in found] == [
		"Platinum",
		"Gold",
		"Silver",
		"Bronze",
		"Old",
		"Unrated",
		"Total",
	]
	assert [row.get("is_total") for row in found] == [None] * 6 + [1]


def test_totals_are_the_sums_of_the_rows(small: None) -> None:
	*tiers, total = rows()
	for name in ("customers", "active", "revenue", "gross_profit", "invoices", "before"):
		assert sum(row[name] for row in tiers) == total[name], name


def test_the_total_is_the_net_total_of_the_documents(small: None) -> None:
	amounts = frappe.get_all(
		"Sales Invoice",
		filters={"docstatus": 1, "posting_date": ("between", (ago(99), ago(0)))},
		pluck="base_net_total",
	)
	assert rows()[-1]["revenue"] == sum(amounts) == 2000


def test_a_return_after_the_period_leaves_the_purchase_in_it(small: None) -> None:
	on = {"from_date": str(ago(99)), "to_date": str(ago(4))}
	assert table(**on)["Gold"][:4] == (2, 2, 1000, 40.0)


def test_tiers_are_those_that_grading_wrote() -> None:
	for name, amount in {"Big": 9000, "Small": 10}.items():
		sell(make_customer(name), (5, amount))
	make_customer("New")
	drain()
	held = {name: graded(name)["tier"] for name in ("Big", "Small", "New")}
	assert held["Big"] and held["New"] is None
	found = {row["customer"]: row["tier"] for row in rows(view="Customers")[:-1]}
	assert found == {name: tier or "Unrated" for name, tier in held.items()}


def test_gross_profit_is_blank_where_a_cost_is_unknown(small: None) -> None:
	stocked = frappe.get_all(
		"Sales Invoice Item", filters={"parent": sell("Cy", (1, 100))[0].name}, pluck="name"
	)
	frappe.db.set_value("Item", "Service Hour", "is_stock_item", 1)
	frappe.db.set_value("Sales Invoice Item", {"name": ("not in", stocked)}, "incoming_rate", 1)
	found = {row["tier"]: row["gross_profit"] for row in rows()}
	assert found["Gold"] is None and found["Total"] is None
	assert found["Platinum"] == 1300 - (1 + 1 - 1)
	assert "Such documents: <strong>1</strong>." in message()


# -- tie-out ----------------------------------------------------------------------------------------


def test_tiers_and_what_is_left_out_come_to_the_sales_register(untidy: None) -> None:
	assert left(seen_by(state.published().policy, company=COMPANY)) == {
		"Opening": (1, 11),
		"Internal": (1, 22),
		"Consolidated": (1, 44),
	}
	total = rows(company=COMPANY)[-1]["revenue"]
	assert total == 2000 + 44
	assert register_total() == total - 44 + 11 + 22 + 44


def test_the_message_says_what_is_included_and_what_is_left_out(untidy: None) -> None:
	text = re.sub("<.*?>", "", message(company=COMPANY))
	for sentence in (
		"Documents of all chosen customers: 7, with a net total of $ 2,044.00.",
		"Opening entries left out: 1, with $ 11.00.",
		"Invoices to internal customers left out: 1, with $ 22.00.",
		"left out, as the POS Invoices behind them are counted: 1, with $ 44.00.",
		"POS Invoices among those, which the Sales Register does not list: 1, with $ 44.00.",
		f"as in the Sales Register, is $ {register_total():,.2f}.",
	):
		assert sentence in text


def test_what_the_policy_includes_is_not_left_out(untidy: None, monkeypatch: pytest.MonkeyPatch) -> None:
	wide = replace(state.published().policy, exclude_opening=False, exclude_internal=False)
	assert list(left(seen_by(wide))) == ["Consolidated"]
	assert revenue(seen_by(wide)) == 2044 + 11 + 22


def test_amounts_are_in_the_reporting_currency_whether_included_or_left_out(small: None) -> None:
	rate = {"from_currency": "EUR", "to_currency": "USD", "exchange_rate": 2, "date": ago(300)}
	frappe.get_doc({"doctype": "Currency Exchange", **rate, "for_selling": 1, "for_buying": 1}).insert()
	included, opening = sell("Ada", (20, 77), (20, 11))
	for document in (included, opening):
		document.db_set("company", other_company("EUR"))
	opening.db_set("is_opening", "Yes")
	assert rows()[-1]["revenue"] == 2000 + 2 * 77
	assert left(seen_by(state.published().policy)) == {"Opening": (1, 2 * 11)}


def test_companies_outside_the_policy_are_left_out_by_name(small: None) -> None:
	sell("Ada", (20, 77))[0].db_set("company", other_company())
	policy = replace(state.published().policy, companies=(COMPANY,))
	assert left(seen_by(policy)) == {"Company": (1, 77)}
	assert "companies outside the policy" in told(seen_by(policy))


def test_returns_stay_on_their_own_date_whatever_the_policy_says_of_scores(small: None) -> None:
	policy = replace(state.published().policy, returns_dated="Original")
	assert revenue(seen_by(policy, 4)) == -500
	assert "A return counts here on its own date" in told(seen_by(policy, 4))


# -- the lists behind the figures -------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["Platinum", "Gold", "Silver", "Bronze", "Old", "Unrated", "Total"])
def test_a_figure_equals_the_total_of_the_list_that_it_opens(untidy: None, tier: str) -> None:
	row = next(row for row in rows() if row["tier"] == tier)
	one = {"Unrated": {"unrated": 1}, "Total": {}}.get(tier, {"tier": tier})
	if not row["customers"]:
		assert rows(view="Documents", **one) == []
		return
	*documents, total = rows(view="Documents", **one)
	for name in ("revenue", "gross_profit", "invoices"):
		assert total[name] == row[name], name
	assert sum(document["revenue"] for document in documents) == row["revenue"]
	assert sum(document["invoices"] for document in documents) == row["invoices"]
	before = rows(view="Documents", from_date=str(ago(199)), to_date=str(ago(100)), **one)
	assert before[-1]["revenue"] == row["before"]
	for view, name in {"Customers": "customers", "Active Customers": "active"}.items():
		*people, total = rows(view=view, **one)
		assert len(people) == row[name]
		assert sum(person["revenue"] for person in people) == total["revenue"]


def test_a_customer_opens_his_own_documents(untidy: None) -> None:
	for person in rows(view="Customers")[:-1]:
		listed = rows(view="Documents", customer=person["customer"])
		assert listed[-1]["revenue"] == person["revenue"]


def test_documents_name_their_kind(untidy: None) -> None:
	found = {row["document"]: row["voucher_type"] for row in rows(view="Documents")[:-1]}
	assert found.pop("TILL-1") == "POS Invoice"
	assert set(found.values()) == {"Sales Invoice"}
	assert all(frappe.db.exists("Sales Invoice", name) for name in found)


def test_customers_are_listed_by_what_they_brought(small: None) -> None:
	found = [
		(row["customer"], row.get("tier"), row["revenue"], row["change"]) for row in rows(view="Customers")
	]
	assert found == [
		("Ada", "Platinum", 1300, 62.5),
		("Cy", "Gold", 700, None),
		("Bob", "Gold", 0, -100.0),
		("Dee", "Silver", 0, -100.0),
		("Eve", "Old", 0, None),
		("Fay", "Unrated", 0, None),
		("Total", None, 2000, 53.8),
	]


def test_a_list_too_long_for_the_desk_says_how_to_shorten_it(
	small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(answers, "_most_rows", lambda: 3)
	_columns, found, text, _chart, _summary = execute(view="Documents")
	assert found == []
	assert "so none is shown: <strong>6</strong>." in text


# -- filters ----------------------------------------------------------------------------------------


def test_filters_choose_customers(small: None) -> None:
	west = frappe.get_doc(
		{
			"doctype": "Territory",
			"territory_name": "West",
			"parent_territory": "All Territories",
			"is_group": 1,
		}
	).insert()
	frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Oregon", "parent_territory": west.name}
	).insert()
	frappe.db.set_value("Customer", "Ada", {"territory": "Oregon", "customer_group": "Individual"})
	on_team("Ada", "Sam")
	only = {"Ada": 1300.0}
	for filters in (
		{"territory": "West"},
		{"customer_group": "Individual"},
		{"sales_person": "Sam"},
		{"sales_person": "Sales Team"},
		{"tier": "Platinum"},
		{"customer": "Ada"},
	):
		found = rows(view="Customers", **filters)
		assert {row["customer"]: row["revenue"] for row in found[:-1]} == only, filters
		assert found[-1]["revenue"] == 1300
	assert table(stage="Prospect")["Total"][0] == 1
	assert list(table(tier="Gold")) == ["Gold", "Total"]
	assert list(table(unrated=1)) == ["Unrated", "Total"]
	assert table(customer_group="All Customer Groups")["Total"] == table()["Total"]


def test_a_company_has_its_own_documents_only(small: None) -> None:
	sell("Ada", (20, 77))[0].db_set("company", other_company())
	assert rows(company=COMPANY)[-1]["revenue"] == 2000
	assert rows(company="Other USD")[-1]["revenue"] == 77
	assert rows()[-1]["revenue"] == 2077


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"from_date": ""}, "Choose the first and the last day"),
		({"to_date": None}, "Choose the first and the last day"),
		({"from_date": "2026-02-01", "to_date": "2026-01-31"}, "ends before it begins"),
		({"view": "Pies"}, "There is no such view. Choose one of Tiers, Customers"),
		({"stage": "Asleep"}, "There is no such life cycle stage. Choose one of Prospect"),
		({"tier": "Gold", "unrated": 1}, "Choose either a tier or the unrated customers"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


# -- empty states -----------------------------------------------------------------------------------


def test_without_documents_it_still_counts_the_customers() -> None:
	make_customer("Ada")
	assert table()["Unrated"] == table()["Total"] == (1, 0, 0, None, 0, 0, None, 0, None)
	text = message()
	assert "No sales document counts in this period" in text
	assert "None of these customers has a tier yet" in text
	assert execute()[3] is None


# -- what the desk draws ----------------------------------------------------------------------------


def test_the_chart_has_each_tier_before_and_now_in_its_colour(small: None) -> None:
	chart = execute()[3]
	assert chart["data"]["datasets"][:2] == [
		{"name": "Platinum", "values": [800, 1300]},
		{"name": "Gold", "values": [400, 700]},
	]
	assert chart["colors"] == ["purple", "yellow", "blue", "orange", "grey", "#D1D8DD"]
	assert len(chart["data"]["labels"]) == 2


def test_the_summary_has_revenue_change_customers_and_the_top_tiers_share(small: None) -> None:
	found = {item["label"]: item["value"] for item in execute()[4]}
	assert found == {
		"Revenue": 2000,
		"Change on the Period Before": "+53.8%",
		"Customers": 6,
		"Active Customers": 2,
		"Revenue Share of Platinum": "65.0%",
	}


def test_what_is_below_zero_has_a_word() -> None:
	make_customer("Took Back")
	document = invoice("Took Back", 900, ago(150))
	invoice("Took Back", 10, ago(3))
	credit(document, 800, ago(2))
	drain()
	said = message()
	assert "An average is below zero" in said and "A change is below −100%" in said
	assert "is below" not in message(from_date=str(ago(199)))


# -- who may see what -------------------------------------------------------------------------------


@pytest.mark.parametrize("doctype", ["territory", "customer_group", "customer", "sales_person"])
def test_nobody_learns_of_customers_whom_he_may_not_see(
	small: None, reader: Callable[..., str], doctype: str
) -> None:
	frappe.db.set_value("Customer", "Ada", {"territory": "United States", "customer_group": "Individual"})
	for name in ("Bob", "Cy", "Dee", "Eve", "Fay"):
		on_team(name, "Sue")
	on_team("Ada", "Sam")
	mine = {
		"territory": "United States",
		"customer_group": "Individual",
		"customer": "Ada",
		"sales_person": "Sam",
	}
	reader("Sales User", **{doctype: mine[doctype]})
	found = as_the_desk()["result"]
	assert found[-1]["customers"] == 1
	assert found[-1]["revenue"] == 1300
	assert found[-1]["before"] == 800
	assert "Only customers and companies that you may see are counted" in as_the_desk()["message"]
	assert "2,000" not in frappe.as_json(as_the_desk())
	documents = as_the_desk(view="Documents")["result"]
	assert {row["customer"] for row in documents[:-1]} == {"Ada"}
	assert as_the_desk(customer="Cy")["result"] == []
	assert [row["customer"] for row in as_the_desk(view="Customers")["result"]] == ["Ada", "Total"]


def test_user_permissions_on_a_company_leave_its_documents_only(
	small: None, reader: Callable[..., str]
) -> None:
	sell("Ada", (20, 77))[0].db_set("company", other_company())
	reader("Sales User", company=COMPANY)
	assert as_the_desk()["result"][-1]["revenue"] == 2000
	with pytest.raises(frappe.PermissionError):
		execute(company="Other USD")


def test_a_sales_user_may_export_it(small: None, reader: Callable[..., str]) -> None:
	reader("Sales User")
	assert frappe.permissions.can_export("Customer Score")
