"""What a customer shows is what he holds: each night mends it."""

from __future__ import annotations

import frappe

from customer_tiering.site.grading import full_runs
from tests.site.helpers.selling import changes, graded
from tests.site.helpers.shops.three import held, shown


def test_the_night_mends_what_a_customer_shows(three: tuple[str, ...]) -> None:
	large = three[2]
	for field, wrong in (
		("customer_tier", "Bronze"), ("tier_score", 1), ("lifecycle_stage", "Lost"), ("rfm_segment", None),
	):  # fmt: skip
		frappe.db.set_value("Customer", large, field, wrong, update_modified=False)
		frappe.db.commit()
		assert full_runs.nightly() == 1, field
		assert shown(large) == held(large)
	assert len(changes(large)) == 1, "he did not move"
	assert full_runs.nightly() == 0


def test_the_night_grades_who_shows_a_grade_and_holds_none(three: tuple[str, ...]) -> None:
	large = three[2]
	frappe.db.delete("Customer Score", {"customer": large})
	frappe.db.commit()
	full_runs.nightly()
	assert shown(large) == held(large) and graded(large)["tier"] == "Platinum"
