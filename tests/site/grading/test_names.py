"""What is renamed, merged, deleted, moved or spelt otherwise: nobody moves by a name, and no link dies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.grading import customer_scores, full_runs, outbox, state
from customer_tiering.site.published import named
from tests.site.helpers.faults import Process, until, wait_for_file
from tests.site.helpers.reports import COMPANY
from tests.site.helpers.selling import ago, changes, credit, drain, graded, invoice, make_customer, today


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


# -- tiers ----------------------------------------------------------------------------------------------


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


# -- what rules are about -------------------------------------------------------------------------------


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


# -- customers ------------------------------------------------------------------------------------------


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


# -- while a run writes ---------------------------------------------------------------------------------


def held_up_before_writing(here: Path) -> None:
	"""In this process, wait with all worked out that is to be written."""
	save = customer_scores.save

	def wait(batch: customer_scores.Batch) -> int:
		customer_scores.save = save
		wait_for_file(here)()
		return save(batch)

	customer_scores.save = wait


CHANGES: dict[str, Callable[[str], Any]] = {
	"renamed": lambda name: frappe.rename_doc("Customer", name, "New Name"),
	"merged": lambda name: frappe.rename_doc("Customer", name, "Small", merge=True),
	"deleted": lambda name: (
		frappe.db.delete("Sales Invoice", {"customer": name})
		or frappe.delete_doc("Customer", name, force=True)
	),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("known", "job"), [(True, jobs.drain), (False, jobs.drain), (True, jobs.nightly)])
def test_who_goes_while_a_run_writes_leaves_nothing_behind(
	three: tuple[str, ...], tmp_path: Path, change: str, known: bool, job: Callable[[], int]
) -> None:
	large = three[2]
	if not known:
		large = make_customer("Newcomer")
	large_site() if known else frappe.db.commit()
	frappe.get_last_doc("Sales Invoice", {"customer": "Large"}).cancel()
	outbox.mark(large, "Manual")
	frappe.db.commit()
	here = tmp_path / "here"
	process = Process(job, before=lambda: held_up_before_writing(here))
	until(here.exists)
	logged = len(changes(large))
	CHANGES[change](large)
	frappe.db.commit()
	here.unlink()
	assert process.wait() == 0
	jobs.drain()
	names = set(frappe.get_all("Customer", pluck="name"))
	assert set(frappe.get_all("Customer Score", pluck="customer")) == names
	assert None not in frappe.get_all("Customer Score", pluck="customer")
	orphans = set(frappe.get_all("Tier Change", pluck="customer")) - names
	assert orphans <= ({large} if change == "deleted" else set())
	if change == "deleted":
		assert len(changes(large)) == logged
	assert all(shown(name) == held(name) for name in names)


# -- spelling -------------------------------------------------------------------------------------------


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


# -- the panel ------------------------------------------------------------------------------------------


def test_the_panel_opens_after_a_metric_became_undefined() -> None:
	name = make_customer("Regretful")
	document = invoice(name, 500, ago(3))
	frappe.db.commit()
	full_runs.nightly(ago(1))
	document.cancel()
	drain()
	moved = api.get_grade(name)["changes"][0]["rules"]
	assert moved and all(one["after"] is None for one in moved)


BROKEN = (
	"{",
	"[]",
	"null",
	'"x"',
	'{"A": 1}',
	'{"A": {"value": "x", "points": []}}',
	'{"A": {"points": NaN}}',
)


def test_a_broken_breakdown_breaks_nothing(three: tuple[str, ...]) -> None:
	small = three[0]
	frappe.db.set_value("Customer Score", {"customer": small}, "breakdown", "{")
	invoice(small, 50_000)
	drain()
	assert graded(small)["tier"] == "Platinum"
	json.loads(frappe.get_last_doc("Tier Change", {"customer": small}).explanation)
	for broken in BROKEN:
		for text in (broken, f'{{"before": {broken}, "after": {{"A": {{"points": 5}}}}}}', '{"before": 1}'):
			frappe.db.set_value("Tier Change", {"customer": small}, "explanation", text)
			assert len(api.get_grade(small)["changes"]) == 2


def test_held_is_read_once_per_customer_in_a_merge(three: tuple[str, ...]) -> None:
	small, _middle, large = three
	frappe.rename_doc("Customer", small, large, merge=True)
	found = customer_scores.read_held([large])
	assert len(found) == 1 and found["tier"].tolist() == ["Platinum"]
