"""A policy whose score can be told in the head, and ladders of every kind on it, made through the forms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from customer_tiering import api
from customer_tiering.names import SETTINGS
from tests.site.helpers.selling import ago, invoice, make_customer

RULE = "Ladder Spending"
#: The settings of a ladder by score on which nothing is delayed but by its tiers.
PLAIN = {"tiers_by": "Score", "margin": 0, "reviewed": "Always", "rises_between_reviews": 0}
SHARES = {"Platinum": 10.0, "Gold": 30.0, "Silver": 60.0, "Bronze": 0.0}


@pytest.fixture
def by_hand() -> Iterator[None]:
	"""In the draft, the score is all revenue in hundreds: 6,900 are 69 points."""
	for name in frappe.get_all("Tier Rule", filters={"disabled": 0}, pluck="name"):
		frappe.db.set_value("Tier Rule", name, "disabled", 1)
	rule = {"doctype": "Tier Rule", "rule_name": RULE, "rule_type": "Score", "metric": "Revenue"}
	method = {"method": "Linear", "zero_at": 0, "full_at": 10_000, "weight": 1, "window": "All Time"}
	frappe.get_doc({**rule, **method}).insert()
	for tier in SHARES:
		change("Customer Tier", tier, grace_days=0, hold_days=0)
	yield
	frappe.db.rollback()
	frappe.db.delete("Tier Rule", {"name": RULE})
	frappe.db.commit()


def change(doctype: str, name: str, **values: Any) -> None:
	"""As a form does."""
	frappe.get_doc(doctype, name).update(values).save()


def publish(tiers: dict[str, dict[str, Any]] | None = None, **settings: Any) -> str:
	"""Fill in the tiers and the settings, and publish; gives the version."""
	for name, values in (tiers or {}).items():
		change("Customer Tier", name, **values)
	change(SETTINGS, SETTINGS, **settings)
	return api.publish("a ladder")


def by_share() -> dict[str, dict[str, Any]]:
	"""The tiers of a ladder by share, of each what its form says."""
	return {name: {"top_share": share} for name, share in SHARES.items()}


def sold(name: str, score: float, days: int = 0) -> Any:
	"""A new customer, or one who is there, buys what makes so many points more; gives the invoice."""
	if not frappe.db.exists("Customer", name):
		make_customer(name)
	return invoice(name, 100 * score, ago(days))


def ladder(customer: str) -> dict[str, Any]:
	"""Where a customer stands, and what is told of him."""
	fields = ["tier", "climbing", "falls_on", "falls_to", "rises_on", "rises_to", "as_of"]
	return dict(frappe.db.get_value("Customer Score", {"customer": customer}, fields, as_dict=True))
