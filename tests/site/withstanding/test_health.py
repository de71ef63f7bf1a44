"""What Tiering Health tells is for managers, and does not grow without end."""

from __future__ import annotations

import frappe
import pytest

from customer_tiering import api
from customer_tiering.site.withstanding import health


def test_health_is_for_managers() -> None:
	frappe.set_user("Guest")
	with pytest.raises(frappe.PermissionError):
		api.health()


def test_failures_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(health, "AT_MOST", 3)
	for number in range(5):
		health.report("Metric", ValueError("no"), subject=f"Metric {number}")
	assert frappe.db.count("Tiering Failure") == 3
	health.report("Metric", ValueError("still no"), subject="Metric 0")
	row = frappe.get_last_doc("Tiering Failure", {"subject": "Metric 0"})
	assert (row.times, row.reason) == (2, "ValueError: still no")
