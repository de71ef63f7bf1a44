"""Three customers of three tiers, what they hold and show, and what Tiering Health tells of them."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from customer_tiering import api
from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.grading import full_runs
from tests.site.helpers.selling import ago, drain, invoice, make_customer


@pytest.fixture
def three() -> tuple[str, str, str]:
	"""Bronze, Silver and Platinum."""
	names = tuple(make_customer(name) for name in ("Small", "Middle", "Large"))
	for count, name in enumerate(names, start=1):
		for number in range(count):
			invoice(name, 1000 * count, ago(10 * (4 - count) + number))
	drain()
	return names


def large_site() -> None:
	"""From now on a drain grades only those who have a request."""
	frappe.db.set_single_value("Customer Tiering Settings", "small_site_customers", 0)
	full_runs.nightly()


def shown(customer: str) -> tuple[Any, ...]:
	return frappe.db.get_value("Customer", customer, list(GRADE_FIELDS))


def held(customer: str) -> tuple[Any, ...]:
	return frappe.db.get_value("Customer Score", {"customer": customer}, list(GRADE_FIELDS.values()))


def failures() -> dict[str, tuple[str, str]]:
	"""What Tiering Health tells: kind to subject and reason."""
	return {row["kind"]: (row["subject"], row["reason"]) for row in api.health()["failures"]}
