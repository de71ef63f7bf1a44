"""Documents that spell their customer otherwise, or name nobody who is there."""

from __future__ import annotations

import frappe
import pytest

from customer_tiering.site.grading import full_runs, outbox
from tests.site.helpers.selling import ago, drain, graded, invoice
from tests.site.helpers.shops.three import failures, large_site


@pytest.mark.parametrize("small", [True, False], ids=["small", "large"])
def test_a_document_in_other_letters_is_of_the_customer_whom_the_host_finds(
	three: tuple[str, ...], small: bool
) -> None:
	_small, _middle, large = three
	frappe.db.set_value("Sales Invoice", {"customer": large}, "customer", large.upper())
	if not small:
		large_site()
	outbox.mark(large.upper(), "Invoice")
	drain()
	full_runs.nightly()
	assert graded(large)["purchases"] == 3
	assert sorted(frappe.get_all("Customer Score", pluck="customer")) == sorted(three)
	assert "Documents" not in failures()


def test_documents_of_nobody_count_for_nobody_and_are_listed(three: tuple[str, ...]) -> None:
	_small, _middle, large = three
	documents = [invoice(large, amount, ago(1)).name for amount in (70, 5, 100)]
	for name, nobody in zip(documents, ("", "Ghost", None), strict=True):
		frappe.db.set_value("Sales Invoice", name, "customer", nobody)
	for nobody in ("", "Ghost"):  # as an older version left them
		row = {"name": f"old {nobody}", "customer": nobody, "score": 50.0}
		frappe.db.bulk_insert("Customer Score", list(row), [tuple(row.values())])
	frappe.db.commit()
	full_runs.nightly()
	assert graded(large)["purchases"] == 3
	assert sorted(frappe.get_all("Customer Score", pluck="customer")) == sorted(three)
	assert set(frappe.get_all("Tier Change", pluck="customer")) == set(three)
	reason = failures()["Documents"][1]
	assert "3" in reason and "175" in reason and min(documents) in reason
	for name in documents:
		frappe.db.set_value("Sales Invoice", name, "customer", large)
	full_runs.nightly()
	assert "Documents" not in failures()
	assert graded(large)["purchases"] == 6


def test_a_request_about_nobody_is_done_with(three: tuple[str, ...]) -> None:
	large_site()
	for nobody in ("", "Ghost"):
		outbox.mark(nobody, "Invoice")
		drain()
		outbox.mark(nobody, "Invoice")
		outbox.mark(three[0], "Manual")
		drain()
	assert not frappe.db.count("Rescore Request")
	assert len(frappe.get_all("Customer Score")) == 3
