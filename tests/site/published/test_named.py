"""What rules are about is renamed, merged, moved or gone: the published policy follows, or tells."""

from __future__ import annotations

from collections.abc import Iterator

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.site.grading import full_runs, outbox, state
from customer_tiering.site.published import named
from tests.site.helpers.reports import COMPANY
from tests.site.helpers.selling import ago, drain, graded, invoice, make_customer
from tests.site.helpers.shops.three import failures, large_site

NORTH = {
	"Territory": {"territory_name": "Upland", "parent_territory": "All Territories"},
	"Customer Group": {"customer_group_name": "Upland", "parent_customer_group": "All Customer Groups"},
}


@pytest.fixture(params=NORTH)
def scoped(request: pytest.FixtureRequest) -> Iterator[str]:
	"""Every rule is about a territory or a group alone, in which one customer is; gives which."""
	doctype: str = request.param
	field = frappe.scrub(doctype)
	for name in ("Upland", "Lowland"):
		frappe.get_doc({"doctype": doctype, **NORTH[doctype], f"{field}_name": name}).insert()
	rules = frappe.get_all("Tier Rule", filters={"disabled": 0}, pluck="name")
	for rule in rules:
		frappe.db.set_value("Tier Rule", rule, field, "Upland")
	api.publish("only the north")
	invoice(make_customer("Inside", **{field: "Upland"}), 500, ago(5))
	invoice(make_customer("Outside", **{field: "Lowland"}), 500, ago(5))
	drain()
	assert (graded("Inside")["tier"], graded("Outside")["tier"]) == ("Silver", None)
	yield doctype
	frappe.db.rollback()
	for rule in rules:
		frappe.db.set_value("Tier Rule", rule, field, None)
	frappe.db.delete(doctype, {"name": ("in", ["Upland", "Lowland", "Hochland"])})
	frappe.db.commit()


def test_a_rule_follows_a_rename(scoped: str) -> None:
	large_site()
	version = state.published()
	frappe.rename_doc(scoped, "Upland", "Hochland")
	outbox.mark("Inside", "Manual")
	frappe.db.commit()
	for job in (jobs.drain, jobs.nightly):
		job()
		assert (graded("Inside")["tier"], graded("Outside")["tier"]) == ("Silver", None)
	now = state.published()
	assert now.name == version.name and now.cut_points
	assert frappe.db.get_value("Tiering Policy", now.name, "hash") == now.policy.hash
	assert not api.policy_status()["changed"], "the host has renamed it in the draft"
	told = frappe.get_all("Comment", filters={"reference_name": now.name}, pluck="content")
	assert any("Hochland" in text for text in told)


@pytest.mark.parametrize("small", [True, False], ids=["small", "large"])
def test_a_rule_follows_a_merge_and_everyone_is_graded_anew(scoped: str, small: bool) -> None:
	if not small:
		large_site()
	frappe.rename_doc(scoped, "Upland", "Lowland", merge=True)
	drain()
	assert graded("Inside")["tier"] == graded("Outside")["tier"] == "Silver"
	stamps = frappe.get_all("Customer Score", fields=["name", "modified"], order_by="name asc")
	full_runs.nightly()
	assert frappe.get_all("Customer Score", fields=["name", "modified"], order_by="name asc") == stamps


def test_who_moves_with_a_branch_of_the_tree_is_graded_at_once(scoped: str) -> None:
	large_site()
	frappe.db.set_value(scoped, "Upland", "is_group", 1)
	branch = frappe.get_doc(scoped, "Lowland")
	branch.set(f"parent_{frappe.scrub(scoped)}", "Upland")
	branch.save()
	drain()
	assert graded("Outside")["tier"] == "Silver"


def test_a_record_that_is_no_more_is_told_and_nobody_moves(scoped: str) -> None:
	frappe.db.delete(scoped, {"name": "Upland"})
	frappe.db.commit()
	full_runs.nightly()
	assert graded("Inside")["tier"] == "Silver"
	assert failures()[scoped][0] == "Upland"


def test_a_rename_is_followed_everywhere_or_nowhere(scoped: str, monkeypatch: pytest.MonkeyPatch) -> None:
	def fail(_text: str) -> str:
		raise RuntimeError("in the middle")

	monkeypatch.setattr(named, "escape_html", fail)  # when the first version has been written
	before = frappe.get_all("Tiering Policy", pluck="policy")
	assert any("Upland" in text for text in before)
	frappe.rename_doc(scoped, "Upland", "Hochland")
	assert frappe.db.exists(scoped, "Hochland")
	assert frappe.get_all("Tiering Policy", pluck="policy") == before
	assert failures()[scoped][0] == "Upland"


def test_a_policy_of_some_companies_follows_a_rename() -> None:
	"""The company itself is not renamed: that rewrites half of a site. What would be done is."""
	company = COMPANY
	settings = frappe.get_doc("Customer Tiering Settings")
	settings.append("companies", {"company": company})
	settings.save()
	name = api.publish("one company")
	frappe.db.commit()
	named.follow("Company", company.lower(), "Jade Lake Trading")
	assert state.published().policy.companies == ("Jade Lake Trading",)
	named.follow("Company", "Jade Lake Trading", company)
	assert state.published().policy.companies == (company,)
	assert state.published().name == name
	for event in ("before_rename", "after_rename"):
		paths = frappe.get_hooks("doc_events")["Company"][event]
		assert any(path.startswith("customer_tiering.") for path in paths)
