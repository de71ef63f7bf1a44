"""Whatever breaks: invoices are submitted, no request is lost, nobody is half written, nothing logged twice.

After each fault the next run heals: everyone then has the grade that a full evaluation gives.
"""

from __future__ import annotations

import frappe
import pytest

from customer_tiering.site.grading import full_runs
from tests.site.helpers.selling import ago, invoice, make_customer

NAMES = tuple(f"Customer {letter}" for letter in "ABCDE")


@pytest.fixture
def sold() -> tuple[str, ...]:
	"""Five customers with an invoice each, none graded yet; a chunk holds two of them."""
	for number, name in enumerate(NAMES):
		make_customer(name)
		invoice(name, 100 * (number + 1), ago(10 * number + 1))
	frappe.db.commit()
	return NAMES


@pytest.fixture
def large(sold: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
	"""The same on a site where a drain grades only those who have a request, and a run writes in chunks."""
	monkeypatch.setattr(full_runs, "CHUNK", 2)
	frappe.db.set_single_value("Customer Tiering Settings", "small_site_customers", 0)
	full_runs.nightly()
	return sold
