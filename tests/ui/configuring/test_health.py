"""Tiering Health and another app's metric, as an admin sees them."""

from __future__ import annotations

from typing import Any

import frappe

from customer_tiering import jobs
from tests.site.helpers.selling import ago, invoice, make_customer
from tests.ui.driving import WAIT, go


def test_health_tells_the_last_run_and_who_was_skipped(page: Any) -> None:
	trap = "Odd & Co"
	for name in ("Plain", trap):
		make_customer(name)
		invoice(name, 100, ago(3))
	frappe.db.set_value("Sales Invoice", {"customer": trap}, "posting_date", None)
	frappe.db.commit()
	jobs.nightly()
	go(page, "customer-tiering-settings")
	page.get_by_role("tab", name="Runs and Mails").click(timeout=WAIT)
	health = page.locator("[data-fieldname=health_html] table")
	health.wait_for(timeout=WAIT)
	said = page.locator("[data-fieldname=health_html]").inner_text()
	wanted = (
		"The last full run, as of",
		"Requests that wait to be graded: 2",
		"Customers skipped: 1",
		trap,
		"has no posting date",
	)
	for words in wanted:
		assert words in said, said


def test_a_policy_that_cannot_be_read_is_told_where_it_is_looked_for(page: Any) -> None:
	make_customer("Plain")
	name = frappe.db.get_single_value("Customer Tiering Settings", "current_policy")
	frappe.db.set_value("Tiering Policy", name, "policy", "{")
	frappe.db.commit()
	for route in ("customer-tiering-settings", "customer/Plain"):
		go(page, route)
		page.get_by_text("is in force, but cannot be read").first.wait_for(timeout=WAIT)


def test_a_rule_offers_the_metrics(page: Any) -> None:
	go(page, "tier-rule/new")
	field = page.locator("[data-fieldname=metric] input:visible").first
	field.click(timeout=WAIT)
	field.press_sequentially("Gross M")
	offered = page.locator("[data-fieldname=metric] li", has_text="Gross Margin %")
	offered.first.wait_for(timeout=WAIT)
