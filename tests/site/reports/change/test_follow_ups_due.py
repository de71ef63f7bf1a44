"""The Follow-ups Due report: which contacts are due or overdue, and how many were on time."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.follow_ups_due import follow_ups_due as report
from tests.site.helpers.reports import hold, period, score
from tests.site.helpers.selling import ago, make_customer

#: Customer: his tier, who looks after him, days ago of contacts. Gold asks every 10 days, Silver every 30.
CONTACTS = {
	"Late": ("Gold", "Administrator", [60, 50, 35]),  # one kept its day, one did not; overdue by 25
	"Today": ("Gold", "Administrator", [10]),
	"Soon": ("Silver", "", [24, 130]),  # the one before the period gave the day, and it was late
	"Never": ("Gold", "", []),
	"Asked": ("Bronze", "", [5]),  # nothing is asked for
	"Paused": ("Gold", "", [90]),
}


@pytest.fixture
def contacted() -> None:
	for tier, days in (("Platinum", 0), ("Gold", 10), ("Silver", 30), ("Bronze", 0)):
		frappe.db.set_value("Customer Tier", tier, "contact_every_days", days)
	for name, (tier, owner, days) in CONTACTS.items():
		hold(make_customer(name, account_manager=owner), tier)
		paused = {"contact_paused_until": ago(-5)} if name == "Paused" else {}
		score(name, tier_since=ago(80), **paused)
		for ago_ in days:
			call(name, ago_)


def call(customer: str, days: int) -> None:
	frappe.get_doc(
		{
			"doctype": "Communication", "communication_type": "Communication", "subject": "Call",
			"communication_medium": "Phone", "sent_or_received": "Sent", "reference_doctype": "Customer",
			"reference_name": customer, "communication_date": datetime.combine(ago(days), time(0, 0, 1)),
		}
	).insert()  # fmt: skip


def rows(**filters: Any) -> list[dict[str, Any]]:
	return report.execute(period(**filters))[1]


def test_who_waits_longest_comes_first(contacted: None) -> None:
	found = rows()
	assert [(row["customer"], row["said"], row["next"]) for row in found[:-1]] == [
		("Never", "Never Contacted", ago(80)),
		("Late", "Overdue", ago(25)),
		("Today", "Due", ago(0)),
	]
	late = found[1]
	assert (late["done"], late["on_time_share"], late["every"], late["last"]) == (3, 50.0, 10, ago(35))


def test_show_all_lists_everybody_of_whom_contacts_are_asked_for(contacted: None) -> None:
	said = {row["customer"]: row["said"] for row in rows(everyone=1)[:-1]}
	assert said == {
		"Never": "Never Contacted", "Late": "Overdue", "Today": "Due", "Soon": "Due Soon",
		"Paused": "Paused",
	}  # fmt: skip


def test_by_owner_and_by_tier_the_counts_tie_out(contacted: None) -> None:
	for view, name in (("Owners", "owner_name"), ("Tiers", "tier")):
		*groups, total = rows(view=view)
		for field in ("asked", "overdue", "due", "never", "soon", "done"):
			assert sum(row[field] for row in groups) == total[field]
		assert (total["asked"], total["overdue"], total["due"], total["never"]) == (5, 1, 1, 1)
		assert total["done"] == 6
		assert {row[name] for row in groups} == (
			{"Administrator", "No Owner"} if view == "Owners" else {"Gold", "Silver"}
		)
	# Late: one of two; Soon: the call of 24 days ago came 106 after the one before.
	assert rows(view="Tiers")[-1]["on_time_share"] == pytest.approx(33.3)


def test_the_list_behind_a_figure_holds_as_many(contacted: None) -> None:
	for group in rows(view="Tiers")[:-1]:
		listed = rows(tier=group["rung"])[:-1]
		assert len(listed) == group["overdue"] + group["due"] + group["never"]
		assert len(rows(tier=group["rung"], everyone=1)[:-1]) == group["asked"]


def test_where_no_tier_asks_for_contacts_it_says_so() -> None:
	frappe.db.set_value("Customer Tier", {"name": ("!=", "")}, "contact_every_days", 0)
	hold(make_customer("Buyer"), "Gold")
	columns, found, message, *_rest = report.execute(period())
	assert (found, "No contacts are asked for" in message) == ([], True)
	assert columns
