"""Where a customer stands, told on documents and in lists: to whom, and whatever is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
import pytest
from frappe.desk.listview import get_group_by_count

from customer_tiering import api
from customer_tiering.desk import boot
from customer_tiering.reporting.past.standing import Standing
from customer_tiering.setup.fields import CUSTOM_FIELDS
from customer_tiering.setup.fields import PRICED as KEEPING
from tests.site.helpers.documents import DOCUMENTS, PRICED, document
from tests.site.helpers.reports import COMPANY, on_team, other_company
from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.site.helpers.world.till import till  # noqa: F401 a fixture

MILL, SHOP = "Grand Mill", "Corner Shop"
NAMES = [MILL, SHOP]


@pytest.fixture
def trade() -> None:
	"""One who bought 61 days ago, in the north, and one who never did, in the south."""
	for territory in ("North", "South"):
		if not frappe.db.exists("Territory", territory):
			parent = {"parent_territory": "All Territories"}
			frappe.get_doc({"doctype": "Territory", "territory_name": territory, **parent}).insert()
	make_customer(MILL, territory="North")
	make_customer(SHOP, territory="South")
	invoice(MILL, 90_000, ago(61))
	drain()


def _held(customer: str) -> Any:
	fields = ["customer_tier", "tier_score", "lifecycle_stage"]
	return frappe.db.get_value("Customer", customer, fields, as_dict=True)


@pytest.mark.parametrize("role", ["Accounts User", "Sales User"])
def test_whoever_reads_customers_is_told_where_they_stand(
	role: str, trade: None, reader: Callable[..., str]
) -> None:
	held = _held(MILL)
	reader(role)
	told = api.standing(frappe.as_json([MILL, SHOP, "Nobody", MILL]))
	assert told == {
		MILL: {
			"tier": held.customer_tier,
			"score": held.tier_score,
			"stage": held.lifecycle_stage,
			"silence": 61,
			"by_hand": False,
		},
		SHOP: {"tier": None, "score": 0, "stage": "Prospect", "silence": None, "by_hand": False},
	}
	assert held.customer_tier


def test_whoever_may_not_read_a_customer_is_told_nothing(trade: None, reader: Callable[..., str]) -> None:
	reader("Sales User", territory="North")
	assert list(api.standing(NAMES)) == [MILL]
	frappe.set_user("Administrator")
	on_team(SHOP, "Mine")
	on_team(MILL, "Another's")
	reader("Sales User", sales_person="Mine")
	assert list(api.standing(NAMES)) == [SHOP]
	frappe.set_user("Administrator")
	reader("Employee")
	with pytest.raises(frappe.PermissionError):
		api.standing(NAMES)


def test_a_company_that_is_hidden_tells_no_day(trade: None, reader: Callable[..., str]) -> None:
	other = other_company()
	reader("Sales User", company=other)
	told = api.standing([MILL])[MILL]
	assert (told["tier"], told["silence"]) == (_held(MILL).customer_tier, None)


def test_a_tier_that_was_set_by_hand_says_so(trade: None) -> None:
	api.set_override(SHOP, "Gold", "Exact", "Tender under way")
	assert api.standing([SHOP])[SHOP]["tier"] == "Gold"
	assert api.standing([SHOP])[SHOP]["by_hand"]
	api.set_override(MILL, "Bronze", "At Least", "No harm")
	assert not api.standing([MILL])[MILL]["by_hand"], "it is the tier that was earned"


def test_a_call_asks_for_so_many_and_for_names_alone(trade: None) -> None:
	assert list(api.standing([*(f"Nobody {n}" for n in range(100)), MILL])) == []
	assert api.standing([]) == api.standing(["", "x" * 141]) == {}
	with pytest.raises(frappe.ValidationError):
		api.standing({"name": MILL})


def test_documents_that_a_pricing_rule_prices_keep_the_tier() -> None:
	assert KEEPING == PRICED
	for doctype in PRICED:
		(field,) = CUSTOM_FIELDS[doctype]
		assert not field["fetch_from"] and not frappe.get_meta(doctype).get_field("customer_tier").fetch_from


@pytest.mark.usefixtures("till")
@pytest.mark.parametrize("doctype", DOCUMENTS)
def test_a_document_is_saved_whatever_has_become_of_the_tier(doctype: str, trade: None) -> None:
	held = _held(MILL).customer_tier
	made = document(doctype, MILL, customer_tier="Bronze").insert()
	made = frappe.get_doc(doctype, made.name)
	assert made.get("customer_tier") == (held if doctype in PRICED else None)
	frappe.db.delete("Customer Tier", {"name": held})
	try:
		made.reload()
		made.customer_tier = None  # what a list or a form would be told
		made.save()
		assert not made.customer_tier
		assert api.standing([MILL])[MILL]["tier"] is None, "a form that sent it would not be saved"
	finally:
		frappe.db.rollback()


@pytest.mark.usefixtures("till")
@pytest.mark.parametrize("doctype", PRICED)
def test_the_tier_that_is_kept_follows_a_rename_and_no_later_grade(doctype: str, trade: None) -> None:
	made = document(doctype, MILL).insert()
	kept = made.customer_tier
	frappe.db.set_value("Customer", MILL, "customer_tier", "Bronze")
	made.save()
	assert made.customer_tier == kept != "Bronze"
	frappe.rename_doc("Customer Tier", kept, "Best of All", force=True)
	assert frappe.db.get_value(doctype, made.name, "customer_tier") == "Best of All"
	made.reload()
	made.save()
	frappe.db.rollback()


@pytest.mark.usefixtures("till")
@pytest.mark.parametrize("doctype", PRICED)
def test_a_pricing_rule_on_the_tier_gives_its_price(doctype: str, trade: None) -> None:
	frappe.db.set_value("Customer", SHOP, "customer_tier", "Bronze")
	frappe.get_doc(tier_discount(_held(MILL).customer_tier)).insert()
	rows = [document(doctype, name).insert().items[0] for name in NAMES]
	frappe.db.rollback()
	assert rows[0].rate == rows[0].price_list_rate * 0.9
	assert rows[1].rate == 10, "as it was sent"


def tier_discount(tier: str) -> dict[str, Any]:
	"""A Pricing Rule: a tenth less for a tier."""
	return {
		"doctype": "Pricing Rule", "title": "Tier", "apply_on": "Item Group", "selling": 1,
		"item_groups": [{"item_group": "All Item Groups"}], "rate_or_discount": "Discount Percentage",
		"discount_percentage": 10, "company": COMPANY, "currency": "USD",
		"valid_from": ago(3), "condition": f"customer_tier == {tier!r}",
	}  # fmt: skip


def test_the_desk_is_told_the_top_tiers_that_reports_mean() -> None:
	info = frappe._dict()
	boot.extend_bootinfo(info)
	ladder = info.customer_tier_ladder
	assert len(ladder) > 2 and info.customer_tier_top == Standing.top.fget(frappe._dict(ladder=ladder))
	assert info.customer_tiering_sees_all and info.customer_tiering_revenue_listed


def test_the_search_counts_the_customers_whom_one_may_see(trade: None, reader: Callable[..., str]) -> None:
	frappe.db.set_value("Customer", SHOP, "customer_tier", "Gold")
	make_customer("Third")
	frappe.db.set_value("Customer", "Third", {"customer_tier": "Gold", "territory": "North"})

	def counted() -> dict[str | None, int]:
		return {row["name"]: row["count"] for row in get_group_by_count("Customer", "[]", "customer_tier")}

	assert counted()["Gold"] == 2
	reader("Accounts User", territory="North")
	assert counted()["Gold"] == 1
	frappe.set_user("Administrator")
	reader("Employee")
	with pytest.raises(frappe.PermissionError):
		counted()
