"""What people typed is text wherever it is shown, and never markup or a template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import frappe
import pytest

from customer_tiering import api
from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.ui.driving import WAIT, go

TRAP = "<img src=x onerror=window.caught=1>{{ 7*191 }}"
# The host refuses angle brackets in a name, and nothing else.
NAMED = '" onmouseover="window.caught=1" \'x\' & {{ 7*191 }} ${window.caught=1}'
TIER, RULE, CUSTOMER = f"Top {NAMED}", f"Rule {NAMED}", f"Trap {NAMED}"


@pytest.fixture
def trapped() -> Iterator[str]:
	"""A customer graded by a policy whose every text is a trap; gives his name."""
	name = make_customer(CUSTOMER, customer_details=TRAP)
	invoice(name, 1_000, ago(3))
	frappe.get_doc(
		{
			"doctype": "Customer Tier",
			"tier_name": TIER,
			"min_score": 99,
			"color": "Red",
		}
	).insert()
	frappe.get_doc("Tier Rule", "Spending in a year").db_set("disabled", 1)
	frappe.get_doc(
		{
			"doctype": "Tier Rule",
			"rule_name": RULE,
			"rule_type": "Score",
			"metric": "Revenue",
			"method": "Bands",
			"weight": 1,
			"bands": [{"threshold": 1, "points": 50}],
		}
	).insert()
	# The host cleans what is typed into its forms; what comes another way is shown as it is.
	frappe.db.set_value(
		"Customer Tier", TIER, {"strategy": f"Strategy {TRAP}", "benefits": f"Benefits {TRAP}"}
	)
	customer = frappe.get_doc("Customer", name)
	customer.customer_name = f"Trap {TRAP}"
	customer.save()
	api.publish(f"Comment {TRAP}")
	drain()
	api.set_override(name, TIER, "Exact", f"Reason {TRAP}")
	frappe.db.commit()
	yield name
	for doctype, made in (("Tier Rule", RULE), ("Customer Tier", TIER)):
		frappe.db.delete(doctype, {"name": made})
		frappe.db.delete("Tier Rule Band", {"parent": made})
	frappe.db.commit()


def _harmless(page: Any) -> None:
	page.wait_for_timeout(300)  # an image that fails to load needs a moment to say so
	assert page.evaluate("window.caught") is None
	assert page.locator(".customer-tier-panel img, .modal.show img").count() == 0
	assert "1337" not in page.locator("body").inner_text(), "a template was filled in"


def test_the_customers_form_and_panel(page: Any, trapped: str) -> None:
	go(page, f"customer/{quote(trapped, safe='')}")
	panel = page.locator(".customer-tier-panel")
	panel.wait_for(timeout=WAIT)
	said = panel.inner_text()
	for text in (TIER, RULE, f"Strategy {TRAP}", f"Benefits {TRAP}", "Reason <img"):
		assert text in said, text
	_harmless(page)


def test_every_list_and_every_form(page: Any, trapped: str) -> None:
	# The forms of 15 draw a stored text as it is: the host's cleaning on every save is what protects.
	tier = frappe.get_doc("Customer Tier", TIER)
	tier.strategy, tier.benefits = f"Strategy {TRAP} again", f"Benefits {TRAP} again"
	tier.save()
	api.publish(f"Comment {TRAP} again")
	drain()
	for doctype in (
		"Customer",
		"Customer Tier",
		"Tier Rule",
		"Customer Score",
		"Tier Change",
		"Tiering Policy",
	):
		path = doctype.lower().replace(" ", "-")
		go(page, f"{path}/view/list")
		page.locator(".list-row").first.wait_for(timeout=WAIT)
		_harmless(page)
		name = frappe.get_all(doctype, pluck="name", order_by="creation desc", limit=1)[0]
		page.evaluate("([doctype, name]) => frappe.set_route('Form', doctype, name)", [doctype, name])
		page.locator(f'[data-page-route="{doctype}"] .form-layout').wait_for(timeout=WAIT)
		_harmless(page)


def test_the_preview_and_the_status(page: Any, trapped: str) -> None:
	frappe.db.set_value("Tier Rule", RULE, "weight", 2)
	frappe.db.set_value("Customer Tier", TIER, "min_score", 98)
	frappe.db.commit()
	go(page, "customer-tiering-settings")
	page.get_by_text("There are unpublished changes").wait_for(timeout=WAIT)
	_harmless(page)
	page.get_by_role("button", name="Preview and Publish").click()
	page.locator(".modal.show td", has_text='Top "').first.wait_for(timeout=WAIT)
	_harmless(page)
	assert TIER in page.locator(".modal.show").inner_text()


def test_a_refused_policy_quotes_names_as_text(page: Any, trapped: str) -> None:
	frappe.db.set_value(
		"Customer Tier", TIER, "min_score", frappe.db.get_value("Customer Tier", "Gold", "min_score")
	)
	frappe.db.commit()
	go(page, "customer-tiering-settings")
	page.get_by_role("button", name="Preview and Publish").click(timeout=WAIT)
	page.locator(".modal.show", has_text="share From Score").wait_for(timeout=WAIT)
	_harmless(page)


def test_the_report(page: Any, trapped: str) -> None:
	for view in ("Tiers", "Customers", "Documents"):
		go(page, f"query-report/Tier Performance?view={view}")
		page.locator(".dt-row .dt-cell__content:visible").first.wait_for(timeout=WAIT)
		_harmless(page)
