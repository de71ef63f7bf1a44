"""Whatever the Customer form says that an order does, the order made on the site does."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from customer_tiering import api
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import full_runs
from tests.site.helpers.ladders import by_hand, ladder, publish, sold  # noqa: F401
from tests.site.helpers.selling import ago, drain, invoice, make_customer

CENT = 0.01


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
