"""Whose figures are these: a grade is of all companies, its figures are for who may see them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import frappe
import pytest
from frappe.desk import query_report, reportview

from customer_tiering import api, jobs
from customer_tiering.desk import boot
from customer_tiering.reporting.mailing import review
from customer_tiering.site.past import snapshots
from customer_tiering.site.publishing import versions
from tests.site.helpers.reports import COMPANY, REPORTS, on_team, other_company, period
from tests.site.helpers.selling import ITEM, ago, drain, invoice, make_customer

OWN, ELSEWHERE = 100, 66_666
#: As it could be told: alone, with the rest, and in whatever format.
TOLD = ("66666", "66,666", "66766", "66,766", "66 766")


@pytest.fixture
def sold_in_two() -> str:
	"""A customer with an invoice in each of two companies; gives the other company."""
	other = other_company()
	make_customer("Ada")
	invoice("Ada", OWN, ago(50))
	elsewhere = invoice("Ada", ELSEWHERE, ago(7))
	elsewhere.db_set({"company": other})
	drain()
	return other


def _tells(found: Any) -> list[str]:
	said = frappe.as_json(found) if not isinstance(found, str | bytes) else str(found)
	return [amount for amount in (*TOLD, str(ago(7))) if amount in said]


def test_whoever_sees_all_companies_sees_the_figures(sold_in_two: str, reader: Callable[..., str]) -> None:
	reader("Sales User")
	grade = api.get_grade("Ada")
	assert grade["limited"] is None
	assert "66766.0" in frappe.as_json(grade["explanation"])
	assert frappe.get_list("Customer Score", pluck="purchase_amount") == [OWN + ELSEWHERE]


def test_the_panel_tells_the_grade_and_ones_own_companies(
	sold_in_two: str, reader: Callable[..., str]
) -> None:
	held = frappe.db.get_value("Customer Score", {"customer": "Ada"}, ["tier", "score"], as_dict=True)
	reader("Sales User", company=COMPANY)
	grade = api.get_grade("Ada")
	assert (grade["tier"], grade["score"]) == (held.tier, held.score)
	assert COMPANY in grade["limited"]
	assert sum(month["sold"] for month in grade["months"]) == OWN
	assert not _tells(grade)
	assert not [change for change in grade["changes"] if change["rules"] or change["reference_name"]]


def test_score_and_log_are_closed_at_every_door(sold_in_two: str, reader: Callable[..., str]) -> None:
	names = {
		doctype: frappe.db.get_value(doctype, {"customer": "Ada"})
		for doctype in ("Customer Score", "Tier Change")
	}
	reader("Sales Manager", "Tiering Manager", company=COMPANY)
	for doctype, name in names.items():
		assert frappe.get_list(doctype) == []
		frappe.local.form_dict = frappe._dict(doctype=doctype, fields=json.dumps([f"`tab{doctype}`.`name`"]))
		assert not reportview.get()
		with pytest.raises(frappe.PermissionError):
			frappe.client.get(doctype, name)
		assert not frappe.client.get_value(doctype, "customer", {"customer": "Ada"})
	assert frappe.get_list("Customer", pluck="customer_tier") == [
		frappe.db.get_value("Customer", "Ada", "customer_tier")
	]


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_counts_ones_own_companies_and_says_so(
	report: str, sold_in_two: str, reader: Callable[..., str]
) -> None:
	frappe.db.set_value("Customer", "Ada", {"customer_tier": "Platinum", "lifecycle_stage": "At Risk"})
	reader("Sales User", company=COMPANY)
	for view in REPORTS[report].Chosen.VIEWS:
		found = query_report.run(report, filters=json.dumps(period(view=view)))
		assert not _tells(found), view
		if found["result"]:
			assert "of all companies together" in found["message"], view


def test_a_policy_of_ones_own_company_tells_everything(sold_in_two: str, reader: Callable[..., str]) -> None:
	settings = frappe.get_doc("Customer Tiering Settings")
	settings.append("companies", {"company": COMPANY})
	settings.save()
	versions.publish("one company")
	drain()
	reader("Sales User", company=COMPANY)
	assert api.get_grade("Ada")["limited"] is None
	assert frappe.get_list("Customer Score", pluck="purchase_amount") == [OWN]


def test_a_permission_on_the_only_company_hides_nothing(reader: Callable[..., str]) -> None:
	make_customer("Ada")
	invoice("Ada", OWN, ago(5))
	drain()
	user = reader("Sales User", company=COMPANY)
	frappe.set_user("Administrator")
	for other in frappe.get_all("Company", {"name": ("!=", COMPANY)}, pluck="name", order_by=None):
		allowed = {"doctype": "User Permission", "user": user, "allow": "Company", "for_value": other}
		frappe.get_doc(allowed).insert()
	frappe.set_user(user)
	assert api.get_grade("Ada")["limited"] is None
	assert frappe.get_list("Customer Score", pluck="purchase_amount") == [OWN]


def test_the_monthly_review_says_whose_figures_it_has(
	sold_in_two: str, reader: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
	month = ago(0).replace(day=1)
	last = frappe.utils.getdate(frappe.utils.get_last_day(month))
	assert len(snapshots.read_snapshots(month, last))
	reader("Sales Manager", company=COMPANY)
	mail = review.mail(last, {})
	assert mail and f"of {COMPANY} alone" in mail["note"]
	assert not _tells(mail)


def test_a_sales_person_limits_scores_and_the_log_as_he_limits_the_form(reader: Callable[..., str]) -> None:
	for name, person in (("Ada", "Mine"), ("Bob", "Another's"), ("Cy", "")):
		make_customer(name)
		invoice(name, OWN, ago(5))
		if person:
			on_team(name, person)
	drain()
	reader("Sales User", **{"sales_person": "Mine"})
	for doctype in ("Customer Score", "Tier Change"):
		assert set(frappe.get_list(doctype, pluck="customer")) == {"Ada", "Cy"}
	with pytest.raises(frappe.PermissionError):
		api.get_grade("Bob")
	found = query_report.run("Tier Performance", filters=json.dumps(period(view="Customers")))
	assert {row["customer"] for row in found["result"]} - {"Total"} == {"Ada", "Cy"}


def test_a_permission_on_what_lines_link_to_narrows_no_figure(reader: Callable[..., str]) -> None:
	make_customer("Ada")
	invoice("Ada", OWN, ago(5))
	drain()
	group = frappe.get_all("Item Group", {"is_group": 0}, pluck="name", order_by="name asc", limit=1)[0]
	assert frappe.db.get_value("Item", ITEM, "item_group") != group
	reader("Sales User", item_group=group)
	found = query_report.run("Tier Performance", filters=json.dumps(period()))
	assert [row["revenue"] for row in found["result"] if row.get("is_total")] == [OWN]
	assert api.get_grade("Ada")["limited"] is None


# -- the amount on the customer himself ---------------------------------------------------------------


def _listed() -> list[int]:
	return frappe.get_all("Customer", {"name": "Ada"}, pluck="tier_revenue")


def test_a_customer_shows_his_revenue_where_everybody_may_see_it(sold_in_two: str) -> None:
	modified = frappe.db.get_value("Customer", "Ada", "modified")
	assert _listed() == [OWN + ELSEWHERE]
	invoice("Ada", 10.4, ago(1))
	drain()
	assert _listed() == [OWN + ELSEWHERE + 10], "in whole units"
	assert frappe.db.get_value("Customer", "Ada", "modified") == modified


def test_it_is_gone_as_soon_as_somebody_may_not(sold_in_two: str, reader: Callable[..., str]) -> None:
	reader("Sales User", company=COMPANY)
	assert frappe.get_list("Customer", {"name": "Ada"}, pluck="tier_revenue") == [0]
	frappe.set_user("Administrator")
	drain()
	jobs.nightly()
	assert _listed() == [0], "no run brings it back"
	info = frappe._dict()
	boot.extend_bootinfo(info)
	assert not info.customer_tiering_revenue_listed
	for name in frappe.get_all("User Permission", pluck="name"):
		frappe.delete_doc("User Permission", name)
	drain()
	assert _listed() == [OWN + ELSEWHERE]


def test_whoever_may_see_all_of_them_hides_it_from_nobody(
	sold_in_two: str, reader: Callable[..., str]
) -> None:
	user = reader("Sales User", company=COMPANY)
	frappe.set_user("Administrator")
	for company in frappe.get_all("Company", {"name": ("!=", COMPANY)}, pluck="name"):
		permission = {"doctype": "User Permission", "user": user, "allow": "Company", "for_value": company}
		frappe.get_doc(permission).insert()
	drain()
	assert _listed() == [OWN + ELSEWHERE]


def test_it_leaves_with_the_day_a_year_ago(sold_in_two: str) -> None:
	jobs.nightly(ago(-300))
	assert _listed() == [OWN + ELSEWHERE]
	jobs.nightly(ago(-316))
	assert _listed() == [ELSEWHERE], "the sale of 50 days ago is 366 days old"
	jobs.nightly(ago(-360))
	assert _listed() == [0]
