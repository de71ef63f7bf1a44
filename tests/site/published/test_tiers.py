"""A tier that is renamed, deleted or gone: nobody moves by it, and no document holds a dead link."""

from __future__ import annotations

from collections.abc import Iterator

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.site.grading import full_runs
from tests.site.helpers.selling import changes, credit, drain, graded, invoice, make_customer, today
from tests.site.helpers.shops.three import failures, held, large_site, shown


def restored(name: str) -> Iterator[None]:
	"""Bring a Customer Tier back as it was, whatever a test did to it."""
	row = frappe.db.get_value("Customer Tier", name, "*", as_dict=True)
	yield
	frappe.db.rollback()
	frappe.db.delete("Customer Tier", {"name": name})
	frappe.db.bulk_insert("Customer Tier", list(row), [tuple(row.values())])
	frappe.db.commit()


@pytest.fixture
def gold() -> Iterator[None]:
	yield from restored("Gold")


@pytest.mark.parametrize("force", [False, True])
def test_a_tier_of_the_published_policy_cannot_be_deleted(gold: None, force: bool) -> None:
	with pytest.raises(frappe.ValidationError, match="published policy has the tier"):
		frappe.delete_doc("Customer Tier", "Gold", force=force)
	assert frappe.db.exists("Customer Tier", "Gold")


@pytest.fixture
def legend() -> Iterator[None]:
	"""A tier that the published policy does not have."""
	tier = {"doctype": "Customer Tier", "tier_name": "Legend", "min_score": 0, "color": "Gray", "disabled": 1}
	frappe.db.delete("Customer Tier", {"name": "Legend"})
	frappe.get_doc(tier).insert()
	yield
	frappe.db.rollback()
	frappe.db.delete("Customer Tier", {"name": "Legend"})
	frappe.db.commit()


def test_a_tier_that_somebody_holds_cannot_be_deleted(legend: None) -> None:
	holder = make_customer("Holder")
	drain()
	frappe.db.set_value("Customer Score", {"customer": holder}, "earned_tier", "Legend")
	with pytest.raises(frappe.ValidationError, match="Customers hold the tier"):
		frappe.delete_doc("Customer Tier", "Legend")
	with pytest.raises(frappe.ValidationError, match="Customers hold the tier"):
		frappe.rename_doc("Customer Tier", "Legend", "Gold", merge=True, force=True)
	frappe.db.set_value("Customer Score", {"customer": holder}, "earned_tier", None)
	frappe.delete_doc("Customer Tier", "Legend")
	assert not frappe.db.exists("Customer Tier", "Legend")


def make_every_document(customer: str) -> None:
	"""What a seller makes in a day, for a customer whose tier has gone."""
	items = [{"item_code": "Service Hour", "qty": 1, "rate": 10, "delivery_date": today()}]
	party = {"quotation_to": "Customer", "party_name": customer}
	frappe.get_doc({"doctype": "Quotation", **party, "items": items}).insert().submit()
	order = {"doctype": "Sales Order", "customer": customer, "delivery_date": today(), "items": items}
	frappe.get_doc(order).insert().submit()
	document = invoice(customer, 10)
	credit(document, 5)
	form = frappe.get_doc("Customer", customer)
	form.customer_details = "Prefers mornings"
	form.save()


def test_a_tier_deleted_past_the_app_is_told_and_made_again(three: tuple[str, ...], gold: None) -> None:
	_small, _middle, large = three
	draft_invoice = invoice(large, 10, submit=False)
	frappe.db.delete("Customer Tier", {"name": ("in", ["Gold", "Platinum"])})
	assert failures()["Customer Tier"][0] in ("Gold", "Platinum")
	jobs.restore_tiers()
	assert "Customer Tier" not in failures()
	assert frappe.db.get_value("Customer Tier", "Platinum", ["min_score", "disabled"]) == (85, 1)
	make_every_document(large)
	draft_invoice.reload().submit()
	drain()
	assert shown(large) == held(large)


def test_grading_writes_no_tier_that_is_not_there(three: tuple[str, ...], gold: None) -> None:
	small, _middle, _large = three
	invoice(small, 50_000)
	frappe.db.delete("Customer Tier", {"name": "Platinum"})
	try:
		drain()
		assert graded(small)["tier"] == "Platinum"
		assert shown(small)[0] is None
		make_every_document(small)
		frappe.db.commit()
		full_runs.nightly()
		assert full_runs.nightly() == 0, "what cannot be shown is not written every night"
	finally:
		jobs.restore_tiers()
		frappe.db.set_value("Customer Tier", "Platinum", "disabled", 0)
		frappe.db.commit()
	full_runs.nightly()
	assert shown(small) == held(small)


def test_a_document_drops_a_tier_that_has_gone(three: tuple[str, ...]) -> None:
	_small, _middle, large = three
	from customer_tiering.events import sales_document

	document = invoice(large, 10, submit=False)
	assert document.customer_tier == "Platinum"
	frappe.db.delete("Customer Tier", {"name": "Platinum"})
	sales_document.keep_tier(document, large)
	assert document.customer_tier is None


def test_a_tier_that_is_renamed_is_renamed_everywhere(three: tuple[str, ...]) -> None:
	small, _middle, large = three
	large_site()
	before = {name: graded(name) for name in three}
	frappe.rename_doc("Customer Tier", "Platinum", "Diamond", force=True)
	try:
		frappe.db.commit()
		full_runs.nightly()
		invoice(small, 1)
		drain()
		assert graded(large) == before[large] | {"tier": "Diamond"}
		assert shown(large) == held(large)
		assert changes(large)[-1][1] == "Diamond", "no change is logged, and the log calls it so"
		assert len(changes(large)) == 1
		assert not api.policy_status()["changed"], "draft and published version are renamed alike"
	finally:
		frappe.rename_doc("Customer Tier", "Diamond", "Platinum", force=True)
		frappe.db.commit()
