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
from customer_tiering import jobs
from customer_tiering.engine.backtest import outcome
from tests.site.helpers.reports import COMPANY, hold, period
from tests.site.helpers.selling import ago

REPORTS = sorted(
	json.loads(path.read_text())["name"]
	for path in Path(customer_tiering.__path__[0]).glob("customer_tiering/report/*/*.json")
)


def mailed(report: str, format: str = "HTML", user: str = "Administrator", **more: Any) -> Any:
	"""The content that the host would send, as its scheduler makes it."""
	filters = {**period(company=COMPANY), **more.pop("filters", {})}
	doc = frappe.get_doc(
		{
			"doctype": "Auto Email Report", "report": report, "report_type": "Script Report", "user": user,
			"email_to": "manager@example.com", "format": format, "frequency": "Daily", "enabled": 0,
			"filters": json.dumps(filters), "filter_meta": "[]", "no_of_rows": 1000, **more,
		}
	).insert(ignore_permissions=True)  # fmt: skip
	return frappe.get_doc("Auto Email Report", doc.name).get_report_content()


def _total(text: str) -> float:
	"""The revenue in the last line of Tier Performance."""
	rows = csv.DictReader(io.StringIO(text.removeprefix("Dear reader, ")))
	return next(float(row["Revenue"]) for row in rows if row["Tier"] == "Total")


@pytest.fixture
def graded(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
	"""The small company, graded by the policy, so that there is a log and a snapshot; Cy is slipping."""
	monkeypatch.setattr(outcome, "LEAST_CUSTOMERS", 1)
	jobs.nightly()  # whoever was marked: what another test has graded waits for nothing
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
	assert _total(mailed("Tier Performance", "CSV", user)) == 700
	assert _total(mailed("Tier Performance", "CSV")) == 2000


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
	assert _total(mailed("Tier Performance", "CSV", **moving)) == _sold(7)


def _sold(days: int) -> float:
	since = {"posting_date": (">=", ago(0) - timedelta(days=days)), "docstatus": 1}
	return sum(frappe.get_all("Sales Invoice", since, pluck="base_net_total", order_by=None))


def test_without_data_nothing_is_sent_if_so_chosen() -> None:
	assert mailed("Tier Performance", send_if_data=1) is None


def test_no_class_of_the_host_is_taken_from_other_apps() -> None:
	hooks = frappe.get_hooks(app_name="customer_tiering")
	assert not hooks.get("override_doctype_class") and not hooks.get("extend_doctype_class")


def test_other_apps_reports_are_mailed_as_ever(small: None, reader: Callable[..., str]) -> None:
	user = reader("Report Manager", "Accounts User", customer="Cy")
	# Whom he may name there, and what he then sees, is the host's to say.
	assert "Cy" in mailed("Sales Register", "CSV", "Administrator")
	assert frappe.session.user == user


def test_another_app_may_make_the_class_its_own(graded: None, reader: Callable[..., str]) -> None:
	from frappe.email.doctype.auto_email_report.auto_email_report import AutoEmailReport

	class Theirs(AutoEmailReport):
		def get_report_content(self) -> Any:
			return f"Dear reader, {super().get_report_content()}"

	user = reader("Sales Manager", customer="Cy")
	frappe.set_user("Administrator")
	mailed("Tier Performance", "CSV", user)
	name = frappe.get_last_doc("Auto Email Report").name
	doc = Theirs("Auto Email Report", name)
	assert _total(doc.get_report_content()) == 700


# -- whoever names another --------------------------------------------------------------------------


@pytest.mark.parametrize("report", REPORTS)
def test_whoever_names_another_must_be_allowed_to(
	report: str, graded: None, reader: Callable[..., str]
) -> None:
	user = reader("Sales User", "Report Manager", customer="Cy")
	with pytest.raises(frappe.PermissionError, match="Name yourself"):
		mailed(report, "CSV", "Administrator")
	assert "Ada" not in str(mailed(report, "CSV", user))


def test_a_mail_that_names_another_cannot_be_turned_to_oneself(
	graded: None, reader: Callable[..., str]
) -> None:
	mailed("Tier Performance")
	name = frappe.get_last_doc("Auto Email Report").name
	reader("Sales User", "Report Manager", customer="Cy")
	doc = frappe.get_doc("Auto Email Report", name)
	doc.email_to = frappe.session.user
	with pytest.raises(frappe.PermissionError, match="Name yourself"):
		doc.save()


@pytest.mark.parametrize("report", REPORTS)
def test_what_was_named_before_it_was_forbidden_tells_no_more_than_its_maker_may_see(
	report: str, graded: None, reader: Callable[..., str]
) -> None:
	user = reader("Sales User", "Report Manager", customer="Cy")
	mailed(report, "CSV", user)
	name = frappe.get_last_doc("Auto Email Report").name
	frappe.db.set_value("Auto Email Report", name, "user", "Administrator", update_modified=False)
	frappe.set_user("Administrator")  # as the scheduler
	assert frappe.db.get_value("Auto Email Report", name, "modified_by") == user
	said = str(frappe.get_doc("Auto Email Report", name).get_report_content())
	assert not [other for other in ("Ada", "Bob", "2,000", "2000") if other in said]


def test_whoever_downloads_anothers_mail_gets_what_he_may_see(
	graded: None, reader: Callable[..., str]
) -> None:
	from frappe.email.doctype.auto_email_report.auto_email_report import download

	mailed("Tier Performance", "CSV")
	name = frappe.get_last_doc("Auto Email Report").name
	user = reader("Sales User", "Report Manager", customer="Cy")
	download(name)
	assert _total(frappe.response.pop("filecontent")) == 700
	assert frappe.session.user == user


def test_a_system_manager_may_name_another(graded: None, reader: Callable[..., str]) -> None:
	user = reader("Sales Manager", customer="Cy")
	frappe.set_user("Administrator")
	reader("System Manager", "Sales Manager")
	session = frappe.session.copy()
	assert _total(mailed("Tier Performance", "CSV", user)) == 700
	assert dict(frappe.session) == dict(session), "his own session goes on"
