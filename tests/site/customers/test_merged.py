"""Customers who merge, or whose inquiry moves: the grade, its grace and an override go where they belong."""

from __future__ import annotations

from collections.abc import Callable

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.site.grading import customer_scores, full_runs
from tests.site.helpers.selling import ago, changes, drain, graded, invoice, make_customer
from tests.site.helpers.shops.three import held, large_site, shown


@pytest.mark.parametrize(("small", "job"), [(True, jobs.drain), (False, jobs.drain), (False, jobs.nightly)])
def test_a_buyer_merged_into_a_prospect_shows_his_grade(
	three: tuple[str, ...], small: bool, job: Callable[[], int]
) -> None:
	_small, _middle, large = three
	make_customer("Prospect")
	drain()
	if not small:
		large_site()
	frappe.rename_doc("Customer", large, "Prospect", merge=True)
	frappe.db.commit()
	job()
	assert graded("Prospect")["tier"] == "Platinum"
	assert shown("Prospect") == held("Prospect")


@pytest.mark.parametrize(("kept", "job"), [("VIP", jobs.nightly), ("Other", jobs.drain)])
def test_a_merge_keeps_a_tier_in_its_grace(kept: str, job: Callable[[], int]) -> None:
	"""Platinum by an invoice that was cancelled, with a lower score than the one whom he is merged with."""
	vip, other = make_customer("VIP"), make_customer("Other")
	document = invoice(vip, 50_000, ago(3))
	invoice(vip, 10, ago(300))
	for days in (30, 40, 50):
		invoice(other, 100, ago(days))
	for number in range(4):
		invoice(make_customer(f"More {number}"), 1000 * number + 20, ago(2 + number))
	frappe.db.commit()
	full_runs.nightly(ago(2))
	was = graded(vip)["tier"]
	assert was == "Platinum"
	document.cancel()
	frappe.db.commit()
	full_runs.nightly(ago(1))
	assert graded(vip)["tier"] == "Platinum" and graded(vip)["below_since"] == ago(1)
	assert graded(other)["score"] > graded(vip)["score"]
	large_site()
	frappe.rename_doc("Customer", *((other, vip) if kept == vip else (vip, other)), merge=True)
	frappe.db.commit()
	job()
	assert (graded(kept)["tier"], graded(kept)["below_since"]) == ("Platinum", ago(1))
	assert shown(kept) == held(kept)
	assert changes(kept)[-1][1] == "Platinum", "the log ends where he stands"
	full_runs.nightly(ago(-29))
	assert graded(kept)["tier"] != "Platinum"
	assert changes(kept)[-1] == ("Platinum", graded(kept)["tier"], "Time")


def test_a_merge_keeps_the_override_of_either(three: tuple[str, ...]) -> None:
	small, _middle, large = three
	api.set_override(small, "Gold", "Exact", "Founder")
	frappe.rename_doc("Customer", small, large, merge=True)
	drain()
	row = frappe.get_doc("Customer Score", {"customer": large})
	assert (row.tier, row.override_tier, row.override_reason) == ("Gold", "Gold", "Founder")
	assert row.override_by == "Administrator"
	assert frappe.db.count("Customer Score", {"customer": large}) == 1
	api.end_override(large)
	assert frappe.db.get_value("Customer Score", {"customer": large}, "override_tier") is None


def test_an_opportunity_that_is_moved_marks_both(three: tuple[str, ...]) -> None:
	first, second = make_customer("First"), make_customer("Second")
	inquiry = frappe.get_doc(
		{"doctype": "Opportunity", "opportunity_from": "Customer", "party_name": first}
	).insert()
	large_site()
	drain()
	assert (graded(first)["lifecycle_stage"], graded(second)["lifecycle_stage"]) == ("Engaged", "Prospect")
	inquiry.party_name = second
	inquiry.save()
	drain()
	assert (graded(first)["lifecycle_stage"], graded(second)["lifecycle_stage"]) == ("Prospect", "Engaged")


def test_held_is_read_once_per_customer_in_a_merge(three: tuple[str, ...]) -> None:
	small, _middle, large = three
	frappe.rename_doc("Customer", small, large, merge=True)
	found = customer_scores.read_held([large])
	assert len(found) == 1 and found["tier"].tolist() == ["Platinum"]
