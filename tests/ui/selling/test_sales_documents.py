"""A quotation or an order says what it would do to the customer's tier, and with which tier it begins."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from tests.site.helpers.ladders import by_hand, publish, sold  # noqa: F401
from tests.site.helpers.selling import ITEM, ago, drain
from tests.ui.driving import WAIT, go

_SET = "([field, value]) => cur_frm.set_value(field, value)"
_SET_ROW = """([field, value]) => {
	const [row] = cur_frm.doc.items;
	return frappe.model.set_value(row.doctype, row.name, field, value);
}"""


@pytest.fixture
def tiered(by_hand: None) -> None:  # noqa: F811 the fixture above
	"""One customer at 30 points of the 65 that Gold asks: 100 more are a point."""
	sold("Enough", 30, 20)
	publish()
	drain()
	frappe.db.commit()


def _told(page: Any, text: str) -> None:
	said = page.locator(".tier-outlook:visible", has_text=text)
	said.wait_for(timeout=WAIT)


def _begin(page: Any, doctype: str, **values: str) -> None:
	go(page, f"{frappe.scrub(doctype).replace('_', '-')}/new")
	page.wait_for_function(
		"d => window.cur_frm?.doctype === d && cur_frm.is_new()", arg=doctype, timeout=WAIT
	)
	ready = "() => cur_frm.doc.company && cur_frm.doc.items?.length && !frappe.request.ajax_count"
	page.wait_for_function(ready, timeout=WAIT)
	if doctype == "Sales Order":
		values["delivery_date"] = str(ago(-5))
	for field, value in values.items():
		page.evaluate(_SET, [field, value])


@pytest.mark.usefixtures("tiered")
@pytest.mark.parametrize(
	("doctype", "values"),
	[
		("Quotation", {"quotation_to": "Customer", "party_name": "Enough"}),
		("Sales Order", {"customer": "Enough"}),
	],
)
def test_a_document_says_what_it_would_do_to_the_tier(
	page: Any, doctype: str, values: dict[str, str]
) -> None:
	_begin(page, doctype, **values)
	page.wait_for_function("() => cur_frm.doc.customer_tier === 'Bronze'", timeout=WAIT)
	assert page.locator("[data-fieldname=customer_tier]:visible").first.inner_text().count("Bronze")
	assert not page.locator(".tier-outlook:visible").count()
	page.evaluate(_SET_ROW, ["item_code", ITEM])
	page.evaluate(_SET_ROW, ["rate", 3_000])
	_told(page, "Invoiced today, this would lift the customer to Silver.")
	page.evaluate(_SET_ROW, ["rate", 1])
	page.locator(".tier-outlook:visible").wait_for(state="detached", timeout=WAIT)
	page.evaluate(_SET_ROW, ["rate", 100_000])
	_told(page, "Invoiced today, this would lift the customer to Platinum.")
	page.evaluate("() => cur_frm.save()")
	page.wait_for_function("() => !cur_frm.is_new() && !cur_frm.is_dirty()", timeout=WAIT)
	_told(page, "Invoiced today, this would lift the customer to Platinum.")


@pytest.mark.usefixtures("tiered")
def test_a_document_is_saved_whatever_the_server_answers(page: Any) -> None:
	page.route("**/api/method/customer_tiering.api.order_outlook*", lambda route: route.fulfill(status=500))
	_begin(page, "Sales Order", customer="Enough")
	page.evaluate(_SET_ROW, ["item_code", ITEM])
	page.evaluate(_SET_ROW, ["rate", 9_000])
	page.evaluate("() => cur_frm.save()")
	page.wait_for_function("() => !cur_frm.is_new()", timeout=WAIT)
	assert not page.locator(".tier-outlook:visible, .modal.show").count()
