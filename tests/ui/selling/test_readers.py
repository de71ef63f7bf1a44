"""People who are not the administrator: an accountant, the seller of one company, a reader far away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
import pytest

from tests.site.helpers.reports import COMPANY, other_company
from tests.site.helpers.selling import ITEM, ago, drain, invoice, make_customer
from tests.ui.driving import WAIT, go, said_by_the_panel


@pytest.mark.parametrize("disabled", [0, 1])
def test_an_accountant_makes_an_invoice_for_a_graded_customer(
	sign_in: Callable[..., Any], disabled: int
) -> None:
	make_customer("Plain Mill")
	drain()
	frappe.db.set_value("Customer", "Plain Mill", "customer_tier", None)
	make_customer("Grand Mill")
	invoice("Grand Mill", 90_000, ago(3))
	drain()
	tier = frappe.db.get_value("Customer", "Grand Mill", "customer_tier")
	# The next policy may be without it; until then customers hold it.
	frappe.db.set_value("Customer Tier", tier, "disabled", disabled)
	page = sign_in("Accounts User")
	go(page, "sales-invoice/new")
	page.locator("[data-fieldname=customer] input:visible").first.wait_for(timeout=WAIT)
	# The host has boxes of its own for him, whoever is chosen.
	assert _boxes(page, "Grand Mill") == _boxes(page, "Plain Mill") == _boxes(page, "Grand Mill")
	for field, value in (("item_code", ITEM), ("rate", 10)):
		page.evaluate(
			"""([field, value]) => { const [row] = cur_frm.doc.items;
				return frappe.model.set_value(row.doctype, row.name, field, value); }""",
			[field, value],
		)
		page.wait_for_load_state("networkidle")
	page.evaluate("cur_frm.save()")
	page.wait_for_function("!cur_frm.is_new()", timeout=WAIT)
	frappe.db.commit()
	made = page.evaluate("cur_frm.doc.name")
	assert frappe.db.get_value("Sales Invoice", made, "customer_tier") == tier
	assert page.evaluate("cur_frm.doc.customer_tier") == tier


def _boxes(page: Any, customer: str) -> list[str]:
	"""What pops up once a customer is chosen."""
	page.evaluate("(customer) => cur_frm.set_value('customer', customer)", customer)
	page.wait_for_function("(customer) => cur_frm.doc.customer_name === customer", arg=customer, timeout=WAIT)
	page.wait_for_load_state("networkidle")
	page.wait_for_timeout(500)
	found = page.locator(".modal.show").all_inner_texts()
	page.evaluate("() => { frappe.hide_msgprint(true); frappe.msg_dialog?.$wrapper.modal('hide'); }")
	return found


def test_one_companys_seller_sees_the_grade_and_is_told_whose_figures_there_are(
	sign_in: Callable[..., Any],
) -> None:
	other = other_company()
	make_customer("Grand Mill")
	invoice("Grand Mill", 100, ago(50))
	invoice("Grand Mill", 66_666, ago(7)).db_set("company", other)
	drain()
	tier = frappe.db.get_value("Customer", "Grand Mill", "customer_tier")
	page = sign_in("Sales User")
	limit = {"user": "sales_user@example.com", "allow": "Company", "for_value": COMPANY}
	frappe.get_doc({"doctype": "User Permission", **limit}).insert()
	frappe.db.commit()
	go(page, "customer/Grand%20Mill")
	said = said_by_the_panel(page)
	assert tier in said and f"Amounts are of {COMPANY}." in said and "$ 100" in said, said
	assert "66,6" not in said and "66,7" not in said and "has not purchased" not in said, said
	assert page.locator(".customer-tier-panel [data-action=changes]").count() == 0


def test_a_reports_days_are_the_sites_wherever_its_reader_is(page: Any) -> None:
	make_customer("Grand Mill")
	frappe.db.commit()
	go(page, "customer")
	page.wait_for_function("window.frappe?.boot?.time_zone", timeout=WAIT)
	# On these two clocks it is never the same day.
	page.evaluate("frappe.boot.time_zone = {system: 'Pacific/Kiritimati', user: 'Etc/GMT+12'}")
	page.evaluate("frappe.set_route('query-report', 'Tier Performance')")
	page.wait_for_function("frappe.query_report?.get_filter_value('to_date')", timeout=WAIT)
	site, reader = page.evaluate(
		"""['Pacific/Kiritimati', 'Etc/GMT+12'].map((zone) => moment.tz(zone).format('YYYY-MM-DD'))"""
	)
	assert page.evaluate("frappe.query_report.get_filter_value('to_date')") == site != reader
