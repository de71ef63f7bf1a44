"""What sold goods cost: from the line, the delivery note, the bundle, or not known."""

from __future__ import annotations

import math
from typing import Any

import frappe
import pytest

from customer_tiering.site.grading import state
from customer_tiering.site.reading import costs, sales
from tests.site.helpers.selling import ago, invoice, make_customer


def put(doctype: str, name: str, **values: Any) -> str:
	frappe.get_doc({"doctype": doctype, "name": name, "docstatus": 1, **values}).db_insert()
	return name


def line(parent: str, number: int, item: str, quantity: float, **values: Any) -> str:
	where = {"parent": parent, "parenttype": "Sales Invoice", "parentfield": "items", "idx": number}
	name = f"{parent}-{number}"
	return put("Sales Invoice Item", name, **where, item_code=item, stock_qty=quantity, **values)


@pytest.fixture
def documents() -> list[str]:
	"""Invoices whose cost is worked out by hand; see the test."""
	for name, kept in (("Brick", 1), ("Kit", 0), ("Advice", 0)):
		put("Item", name, item_code=name, is_stock_item=kept)
	put("Delivery Note Item", "DN-1", parent="DN", item_code="Brick", incoming_rate=3)
	put("Delivery Note Item", "DN-2", parent="DN", item_code="Brick", incoming_rate=0)
	line("own", 1, "Brick", 10, incoming_rate=2)
	line("own", 2, "Brick", 1, incoming_rate=0.5)
	line("delivered", 1, "Brick", 4, incoming_rate=0, dn_detail="DN-1")
	kit = line("bundle", 1, "Kit", 2)
	packed = {"parent": "bundle", "parenttype": "Sales Invoice", "parent_detail_docname": kit}
	put("Packed Item", "P-1", **packed, item_code="Brick", qty=6, incoming_rate=2)
	put("Packed Item", "P-2", **packed, item_code="Brick", qty=1, incoming_rate=7)
	line("service", 1, "Advice", 5)
	line("unknown", 1, "Brick", 1, incoming_rate=2)
	line("unknown", 2, "Brick", 1, dn_detail="DN-2")
	line("returned", 1, "Brick", -3, incoming_rate=2)
	return ["own", "delivered", "bundle", "service", "unknown", "returned", "no lines"]


EXPECTED = [20.5, 12, 19, 0, math.nan, -6, math.nan]


@pytest.mark.parametrize("few", [0, 5000])
def test_the_cost_of_each_kind_of_line(
	documents: list[str], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(costs, "_FEW", few)  # 0: by one scan of all lines; else by index
	found = costs.cost_of("Sales Invoice", documents)
	assert found.tolist() == pytest.approx(EXPECTED, nan_ok=True)


def test_documents_that_are_not_asked_for_add_nothing(documents: list[str]) -> None:
	assert costs.cost_of("Sales Invoice", ["service", "own"]).tolist() == [0, 20.5]
	assert costs.cost_of("Sales Invoice", []).tolist() == []


def test_a_draft_costs_nothing_yet(documents: list[str]) -> None:
	frappe.db.set_value("Sales Invoice Item", "own-2", "docstatus", 0)
	assert costs.cost_of("Sales Invoice", ["own"]).tolist() == [20]


def test_gross_profit_is_the_net_amount_less_the_cost() -> None:
	sold = invoice(make_customer("A"), 100, ago(3))
	frappe.db.set_value("Sales Invoice Item", {"parent": sold.name}, "incoming_rate", 60)
	policy = state.published().policy
	assert sales.read_sales(policy, with_cost=True)["gross_profit"].tolist() == [40]
	assert "gross_profit" not in sales.read_sales(policy)
