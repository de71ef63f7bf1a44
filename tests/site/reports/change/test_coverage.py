"""The Coverage report: who looks after whom, whom nobody does, and what the customers brought and took."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.coverage import coverage as report
from tests.site.helpers.reports import COMPANY, hold, on_team, period
from tests.site.helpers.selling import ago, invoice, make_customer
from tests.site.reports.change.test_follow_ups_due import call

ADMIN = "Administrator"
#: Customer: tier, account manager, what he brought 20 days ago, days ago of contacts.
PEOPLE = {
	"Alone": ("Platinum", "", 600, [3]),
	"Big": ("Gold", ADMIN, 300, [5, 6, 130]),
	"Small": ("Silver", ADMIN, 100, []),
	"Quiet": ("Silver", ADMIN, 0, [8, 9, 9]),
}


@pytest.fixture
def covered() -> None:
	for name, (tier, owner, amount, days) in PEOPLE.items():
		make_customer(name, account_manager=owner)
		if amount:
			invoice(name, amount, ago(20))
		hold(name, tier)
		for ago_ in days:
			call(name, ago_)
	make_customer("Gone", account_manager=ADMIN, disabled=1)
	on_team("Small", "Sales Person of Small")
	for customer, hours, days, company in (
		("Big", 6, 10, COMPANY),
		("Big", 9, 400, COMPANY),
		("Alone", 2, 1, COMPANY),
	):
		sheet(customer, hours, days, company)


def sheet(customer: str, hours: float, days: int, company: str, docstatus: int = 1) -> None:
	values = {
		"customer": customer, "total_hours": hours, "start_date": ago(days), "docstatus": docstatus,
		"company": company,
	}  # fmt: skip
	frappe.get_doc({"doctype": "Timesheet", "name": frappe.generate_hash(length=8), **values}).db_insert()


@pytest.fixture(autouse=True)
def no_sheets() -> Any:
	yield
	frappe.db.delete("Timesheet")


def rows(**filters: Any) -> list[dict[str, Any]]:
	return report.execute(period(**filters))[1]


def test_an_owners_row_counts_his_customers_and_what_they_brought_and_took(covered: None) -> None:
	*groups, total = rows()
	assert [row["owner_name"] for row in groups] == ["No Owner", "Administrator", "Sales Person of Small"]
	assert [(row["customers"], row["revenue"], row["contacts"], row["hours"]) for row in groups] == [
		(1, 600, 1, 2),
		(2, 300, 4, 6),
		(1, 100, 0, 0),
	]
	assert [row["revenue_share"] for row in groups] == [60, 30, 10]
	assert [row["contacts_share"] for row in groups] == [20, 80, 0]
	assert [row["hours_share"] for row in groups] == [25, 75, 0]
	assert (total["customers"], total["revenue"], total["contacts"], total["hours"]) == (4, 1000, 5, 8)


@pytest.mark.parametrize("view", ["Owners", "Tiers"])
def test_every_total_ties_out_to_the_customers(covered: None, view: str) -> None:
	*groups, total = rows(view=view)
	*customers, whole = rows(view="Customers")
	for field in ("revenue", "contacts", "hours"):
		assert sum(row[field] for row in groups) == total[field] == whole[field]
		assert sum(row[field] for row in customers) == total[field]
	assert sum(row["customers"] for row in groups) == total["customers"] == len(customers) == 4
	shown = {row["customer"] for row in customers}
	assert shown == set(PEOPLE), "who is disabled is left out"


def test_a_tier_says_whom_nobody_looks_after(covered: None) -> None:
	found = {row["tier"]: (row["customers"], row["alone"]) for row in rows(view="Tiers")[:-1]}
	assert found == {"Platinum": (1, 1), "Gold": (1, 0), "Silver": (2, 0)}
	message = report.execute(period(view="Tiers"))[2]
	assert "whom nobody looks after" in message and "Platinum" in message
	assert [row["customer"] for row in rows(view="Customers", unowned=1)[:-1]] == ["Alone"]


def test_capacity_is_asked_only_where_it_is_chosen(covered: None) -> None:
	assert "over" not in [column["fieldname"] for column in report.execute(period())[0]]
	found = {row["owner_name"]: row["over"] for row in rows(capacity=1)[:-1]}
	assert found == {"No Owner": 0, "Administrator": 1, "Sales Person of Small": 0}
	shown = {one["label"]: one["value"] for one in report.execute(period(capacity=1))[4]}
	assert (shown["Owners Over Capacity"], shown["Without an Owner"], shown["Owners"]) == (1, 1, 2)
	with pytest.raises(frappe.ValidationError, match="a number from 0 up"):
		report.execute(period(capacity=-1))


def test_only_submitted_sheets_of_the_chosen_company_count(covered: None) -> None:
	sheet("Big", 50, 10, "Elsewhere")
	sheet("Big", 70, 10, COMPANY, docstatus=0)
	sheet("Big", 90, 10, COMPANY, docstatus=2)
	assert rows(company=COMPANY)[-1]["hours"] == 8
	assert rows()[-1]["hours"] == 58
