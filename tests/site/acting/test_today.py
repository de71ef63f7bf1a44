"""My customers today, on real documents: who is listed and why, what an act does, what closes by itself."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from customer_tiering import api, jobs
from tests.site.helpers.selling import ago, invoice, make_customer

SETTINGS = "Customer Tiering Settings"


@pytest.fixture
def on() -> None:
	frappe.db.set_single_value(SETTINGS, "follow_ups", 1)
	frappe.db.commit()


def mine(name: str, **fields: Any) -> str:
	return make_customer(name, account_manager="Administrator", **fields)


def listed() -> dict[str, list[str]]:
	"""Reasons by customer of today's list."""
	rows = api.today()["rows"]
	return {row["customer"]: [one["reason"] for one in row["reasons"]] for row in rows}


def test_off_by_default_nothing_is_listed() -> None:
	invoice(mine("Buyer"), 100)
	jobs.nightly()
	assert not api.today()["on"]
	assert not frappe.db.count("Customer Follow-up")


def test_who_is_due_is_listed_and_comes_off_when_contacted(on: None) -> None:
	buyer = mine("Buyer")
	invoice(buyer, 100, ago(10))
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "contact_every_days", 14)
	frappe.db.commit()
	jobs.nightly()
	assert "Contact Due" in listed()[buyer]
	api.log_contact(buyer, "Phone", "will order soon")
	assert buyer not in listed()
	page = api.today()
	assert [row["customer"] for row in page["done"]] == [buyer] * len(page["done"]) != []
	jobs.nightly()
	assert buyer not in listed()
