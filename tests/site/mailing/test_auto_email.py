"""Each report as the host mails it: in every format, by its user's permissions, and names are no markup."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import frappe
import openpyxl
import pytest

import customer_tiering
from customer_tiering.site.grading import outbox
from tests.site.helpers.reports import COMPANY, hold, period
from tests.site.helpers.selling import ago, drain

REPORTS = sorted(
	json.loads(path.read_text())["name"]
	for path in Path(customer_tiering.__path__[0]).glob("customer_tiering/report/*/*.json")
)
#: Without these, the small company gives some reports nothing to list.
NEEDED: dict[str, dict[str, Any]] = {"Tier Potential": {"points": 100}}


def mailed(report: str, format: str = "HTML", user: str = "Administrator", **more: Any) -> Any:
	"""The content that the host would send, as its scheduler makes it."""
	filters = {**period(company=COMPANY), **NEEDED.get(report, {}), **more.pop("filters", {})}
	doc = frappe.get_doc(
		{
			"doctype": "Auto Email Report", "report": report, "report_type": "Script Report", "user": user,
			"email_to": "manager@example.com", "format": format, "frequency": "Daily", "enabled": 0,
			"filters": json.dumps(filters), "filter_meta": "[]", "no_of_rows": 1000, **more,
		}
	).insert(ignore_permissions=True)  # fmt: skip
	return frappe.get_doc("Auto Email Report", doc.name).get_report_content()


@pytest.fixture
def graded(small: None) -> None:
	"""The small company, graded by the policy, so that there is a log and a snapshot; Cy is slipping."""
	outbox.mark(None, "Manual")  # put back as it was, it left no requests
	drain()
	hold("Cy", "Platinum", "At Risk")


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_is_mailed_in_every_format(report: str, graded: None) -> None:
	html = mailed(report)
	assert "<table" in html and "</tbody>" in html, "it has rows"
	assert "{&#39;" not in html and "nan" not in html.lower().split("</thead>")[1].split("</tbody>")[0]
	rows = list(csv.reader(io.StringIO(mailed(report, "CSV"))))
	book = openpyxl.load_workbook(io.BytesIO(mailed(report, "XLSX"))).active
	assert len(rows) == book.max_row == html.count("<tr>") - 1 - html.count("more-info") - _title_rows(html)
	assert all(len(row) == len(rows[0]) for row in rows)


def _title_rows(html: str) -> int:
	return html.split("<thead>")[0].count("<tr>") - 1


@pytest.mark.parametrize("report", REPORTS)
def test_a_mail_is_based_on_the_permissions_of_its_user(
	report: str, graded: None, reader: Callable[..., str]
) -> None:
	user = reader("Sales Manager", customer="Cy")
	frappe.set_user("Administrator")
	for format in ("HTML", "CSV"):
		said = str(mailed(report, format, user))
		for other in ("Ada", "Bob", "Eve"):
			assert other not in said
	assert frappe.session.user == "Administrator"


def test_a_total_counts_only_the_users_customers(graded: None, reader: Callable[..., str]) -> None:
	user = reader("Sales Manager", customer="Cy")
	frappe.set_user("Administrator")
	rows = list(csv.DictReader(io.StringIO(mailed("Tier Performance", "CSV", user))))
	assert [float(row["Revenue"]) for row in rows if row["Tier"] == "Total"] == [700]
	everyone = list(csv.DictReader(io.StringIO(mailed("Tier Performance", "CSV"))))
	assert [float(row["Revenue"]) for row in everyone if row["Tier"] == "Total"] == [2000]


@pytest.mark.parametrize("report", REPORTS)
def test_a_name_is_no_markup_in_a_mail(report: str, graded: None) -> None:
	trap = "<img src=x onerror=alert(1)>"
	frappe.db.set_value("Customer", "Cy", "customer_name", trap)
	for view in _views(report):
		assert trap not in str(mailed(report, filters={"view": view}))


def _views(report: str) -> tuple[str, ...]:
	name = frappe.scrub(report)
	module = frappe.get_module(f"customer_tiering.customer_tiering.report.{name}.{name}")
	return tuple(module.Chosen.VIEWS)


def test_customers_are_links_amounts_have_their_currency_and_a_total_is_no_link(graded: None) -> None:
	html = mailed("Tier Performance", filters={"view": "Customers"})
	assert f"{frappe.utils.get_url()}/" in html and ">Cy</a>" in html
	assert "$ 700.00" in html
	assert ">Total</a>" not in html and "Total" in html


def test_a_blank_is_no_nought_in_a_mail(graded: None) -> None:
	html = mailed("Tier Performance", filters={"from_date": str(ago(0)), "tier": "Platinum"})
	assert "%" not in html.split("<tbody>")[1].split("</tbody>")[0], "nothing was sold on that day or before"


def test_dates_move_with_the_day(graded: None) -> None:
	moving = {
		"dynamic_date_period": "Weekly", "from_date_field": "from_date", "to_date_field": "to_date",
	}  # fmt: skip
	rows = list(csv.DictReader(io.StringIO(mailed("Tier Performance", "CSV", **moving))))
	assert [float(row["Revenue"]) for row in rows if row["Tier"] == "Total"] == [_sold(7)]


def _sold(days: int) -> float:
	since = {"posting_date": (">=", ago(0) - timedelta(days=days)), "docstatus": 1}
	return sum(frappe.get_all("Sales Invoice", since, pluck="base_net_total", order_by=None))


def test_without_data_nothing_is_sent_if_so_chosen() -> None:
	assert mailed("Tier Performance", send_if_data=1) is None


def test_other_apps_reports_are_mailed_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
	from frappe.email.doctype.auto_email_report.auto_email_report import AutoEmailReport

	from customer_tiering.reporting.showing import markup

	seen = []
	monkeypatch.setattr(
		AutoEmailReport,
		"get_report_content",
		lambda self: seen.append((markup.is_wanted(), frappe.session.user)) or "as ever",
	)
	assert mailed("Sales Register", user="Guest") == "as ever"
	assert mailed("Tier Performance") == "as ever"
	assert seen == [(False, "Administrator"), (True, "Administrator")]
