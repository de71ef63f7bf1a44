"""Whatever the Customer form, or an order, says that an order does, the order made on the site does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import frappe
import pytest

from customer_tiering import api
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import full_runs
from customer_tiering.site.reading import currency
from tests.site.helpers.ladders import RULE, by_hand, ladder, publish, sold  # noqa: F401
from tests.site.helpers.reports import COMPANY, other_company
from tests.site.helpers.selling import ITEM, ago, drain, invoice, make_customer

CENT = 0.01
_ORDERS = "erpnext.selling.doctype.sales_order.sales_order"


def _orders(customer: str) -> dict[str, Any]:
	return api.get_grade(customer)["orders"]


@pytest.mark.usefixtures("by_hand")
def test_the_order_that_is_told_reaches_the_tier_and_a_cent_less_does_not() -> None:
	for name in ("Enough", "Short"):
		sold(name, 30, 20)
	publish()
	drain()
	told = {one["tier"]: one["amount"] for one in _orders("Enough")["reach"]}
	assert told == {one["tier"]: one["amount"] for one in _orders("Short")["reach"]}
	assert list(told) == ["Silver", "Gold", "Platinum"]
	invoice("Enough", told["Gold"])
	invoice("Short", round(told["Gold"] - CENT, 2))
	drain()
	assert (ladder("Enough")["tier"], ladder("Short")["tier"]) == ("Gold", "Silver")


def test_one_order_moves_amount_number_and_silence_together() -> None:
	"""By the ready-made policy each rule alone would have to move much further."""
	for number in range(8):
		name = make_customer(f"Shop {number}")
		for turn in range(number + 1):
			invoice(name, 100 * (number + 1), ago(300 - 30 * number - 5 * turn))
	drain()
	full_runs.nightly()
	before = api.get_grade("Shop 3")
	first = before["orders"]["reach"][0]
	invoice("Shop 3", first["amount"])
	frappe.db.commit()
	# Compared with the same others: on so small a site the drain that follows measures all of them anew.
	after = api.get_grade("Shop 3")
	assert before["tier"] != first["tier"] == after["tier"]


@pytest.mark.usefixtures("by_hand")
def test_an_order_before_the_fall_keeps_the_tier() -> None:
	sold("Faller", 75, 20)
	publish({"Gold": {"grace_days": 30}})
	full_runs.nightly(ago(2))
	back = frappe.get_last_doc("Sales Invoice", {"customer": "Faller"})
	invoice("Faller", 1_000, is_return=1, return_against=back.name, update_outstanding_for_self=0)
	drain()
	assert ladder("Faller")["falls_to"] == "Silver"
	stay = _orders("Faller")["stay"]
	invoice("Faller", round(stay - CENT, 2))
	drain()
	assert ladder("Faller")["falls_to"] == "Silver"
	invoice("Faller", CENT)
	drain()
	assert (ladder("Faller")["tier"], ladder("Faller")["falls_to"]) == ("Gold", None)


@pytest.mark.usefixtures("by_hand")
def test_whoever_does_not_see_everyone_gets_an_amount_that_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
	sold("Enough", 33.337, 20)
	publish()
	drain()
	least = _orders("Enough")["reach"]
	monkeypatch.setattr(permissions, "sees_everyone", lambda *_: False)
	told = _orders("Enough")["reach"]
	assert [one["tier"] for one in told] == [one["tier"] for one in least]
	assert all(round(one["amount"], -2) == one["amount"] for one in told)
	assert all(one["amount"] >= exact["amount"] for one, exact in zip(told, least, strict=True))


# -- on a quotation or an order ---------------------------------------------------------------------


def _outlook(customer: str, company: str = COMPANY) -> dict[str, Any]:
	frappe.db.commit()
	return json.loads(frappe.as_json(api.order_outlook(customer, company)))


@pytest.mark.usefixtures("by_hand")
def test_an_order_of_the_amount_that_is_told_lifts_the_customer_once_it_is_invoiced() -> None:
	sold("Enough", 30, 20)
	publish()
	drain()
	told = _outlook("Enough")
	assert (told["held_tier"], told["goals"]["tier"], told["goals"]["currency"]) == (
		"Bronze",
		"Bronze",
		"USD",
	)
	assert told["goals"]["reach"] == json.loads(frappe.as_json(_orders("Enough")["reach"]))
	gold = next(one for one in told["goals"]["reach"] if one["tier"] == "Gold")
	order = {"doctype": "Sales Order", "customer": "Enough", "delivery_date": ago(-5)}
	row = {"item_code": ITEM, "qty": 1, "rate": gold["amount"]}
	made = frappe.get_doc({**order, "items": [row]}).insert().submit()
	assert (made.base_net_total, made.customer_tier) == (gold["amount"], "Bronze")
	bill = frappe.get_attr(f"{_ORDERS}.make_sales_invoice")(made.name)
	bill.insert().submit()
	drain()
	assert ladder("Enough")["tier"] == "Gold"


@pytest.mark.usefixtures("by_hand")
def test_an_order_is_told_in_the_currency_of_its_company(monkeypatch: pytest.MonkeyPatch) -> None:
	frappe.db.set_value("Tier Rule", {"rule_name": RULE}, "company", None)  # the host's default is the first
	sold("Enough", 30, 20)
	publish()
	drain()
	other = other_company("EUR")
	monkeypatch.setattr(currency, "_exchange", lambda source, _target: [(ago(9), 2.0)] * (source == "EUR"))
	there = _outlook("Enough", other)["goals"]
	assert (there["rate"], there["currency"]) == (2.0, "USD")
	assert there["reach"] == _outlook("Enough")["goals"]["reach"]


@pytest.mark.usefixtures("by_hand")
def test_who_is_disabled_or_not_counted_has_no_goals() -> None:
	sold("Enough", 30, 20)
	publish()
	drain()
	assert _outlook("Enough")["goals"]
	frappe.db.set_value("Customer", "Enough", "disabled", 1)
	assert _outlook("Enough")["goals"] is None
	frappe.db.set_value("Customer", "Enough", {"disabled": 0, "is_internal_customer": 1})
	assert _outlook("Enough")["goals"] is None


@pytest.mark.usefixtures("by_hand")
def test_a_reader_of_one_company_learns_the_tier_alone(reader: Callable[..., str]) -> None:
	sold("Enough", 30, 20)
	other_company()
	publish()
	drain()
	reader("Sales User", company=COMPANY)
	assert _outlook("Enough") == {"customer": "Enough", "held_tier": "Bronze", "goals": None}


def test_whoever_may_not_read_the_customer_learns_nothing(reader: Callable[..., str]) -> None:
	for name in ("Mine", "Theirs"):
		make_customer(name)
	reader("Sales User", customer="Mine")
	assert _outlook("Mine")["customer"] == "Mine"
	for name in ("Theirs", "Nobody", ""):
		with pytest.raises(frappe.PermissionError):
			_outlook(name)
