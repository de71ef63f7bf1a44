"""A small company on the morning of any day: its places, its policy, its customers and their past."""

from __future__ import annotations

import frappe

from customer_tiering import api
from customer_tiering.site.grading import full_runs
from tests.site.helpers.selling import ago, invoice, make_customer
from tests.site.helpers.world import till

STEADY = ("grace_days", "hold_days", "rise_days")


def make_past() -> None:
	"""Eight customers in three territories and two groups, graded for the last time this night.

	One rule is about a territory, one about a group; there are a floor, a cap, a grace, a hold and a rise.
	Two are in their grace, two climb, one is disabled, one has an override, three have asked for something.
	"""
	_make_places()
	_make_policy()
	till.open_till()
	groups = ("Commercial", "Seq Trade")
	for number, name in enumerate("ABCDEFGH"):
		territory = ("Seq North", "Seq South", "All Territories")[number % 3]
		make_customer(f"Seq {name}", territory=territory, customer_group=groups[number % 2])
		for turn in range(number % 4):
			invoice(f"Seq {name}", 300 * (number + 1) + 10 * turn, ago(380 - 30 * number - 45 * turn))
	fleeting = [invoice(f"Seq {name}", 30_000, ago(50)) for name in "BC"]
	frappe.db.commit()
	full_runs.nightly(ago(45))
	for document in fleeting:
		document.reload().cancel()
	frappe.db.commit()
	full_runs.nightly(ago(5))
	for days in (2, 3, 4):
		for name in "AG":
			invoice(f"Seq {name}", 5_000, ago(days))
	for name in "ADG":
		inquiry = {"doctype": "Opportunity", "opportunity_from": "Customer", "party_name": f"Seq {name}"}
		frappe.get_doc(inquiry).insert()
	frappe.db.set_value("Customer", "Seq H", "disabled", 1)
	frappe.db.commit()
	full_runs.nightly(ago(1))
	full_runs.nightly()
	api.set_override("Seq F", "Gold", "At Least", "for a while", str(ago(-20)))


def remove_places() -> None:
	"""What a run that was killed has left."""
	for doctype, field in (
		("Territory", "name"), ("Customer Group", "name"), ("Tier Rule", "name"),
		("Tier Rule Band", "parent"),
	):  # fmt: skip
		frappe.db.delete(doctype, {field: ("like", "Seq %")})
	for doctype in till.TABLES:
		frappe.db.delete(doctype)


def _make_places() -> None:
	for name in ("Seq North", "Seq South"):
		place = {"territory_name": name, "parent_territory": "All Territories", "is_group": 0}
		frappe.get_doc({"doctype": "Territory", **place}).insert()
	group = {"customer_group_name": "Seq Trade", "parent_customer_group": "All Customer Groups"}
	frappe.get_doc({"doctype": "Customer Group", **group}).insert()


def _make_policy() -> None:
	for name, *days in (("Silver", 20, 0, 2), ("Gold", 60, 10, 10), ("Platinum", 60, 0, 20)):
		frappe.db.set_value("Customer Tier", name, dict(zip(STEADY, days, strict=True)))
	stages = [
		{"stage": "New", "points": 90},
		{"stage": "Engaged", "points": 60},
		{"stage": "Lost", "points": 5},
	]
	metrics = [{"threshold": at, "points": 20 + 10 * at} for at in (0, 1, 2, 4)]
	for values in (
		{
			"method": "Bands",
			"metric": "Invoice Count",
			"bands": metrics,
			"weight": 2,
			"territory": "Seq North",
		},
		{"method": "By Stage", "bands": stages, "weight": 1, "customer_group": "Seq Trade"},
		{"rule_type": "Floor", "metric": "Revenue", "condition": ">=", "value": 20_000, "tier": "Gold"},
		{"rule_type": "Cap", "metric": "Return Rate %", "condition": ">=", "value": 60, "tier": "Silver"},
	):
		name = f"Seq {values.get('rule_type') or values['method']}"
		rule = {"doctype": "Tier Rule", "rule_name": name, "rule_type": "Score", "window": "Rolling"}
		frappe.get_doc({**rule, "window_days": 365, "position": 50, **values}).insert()
	api.publish("for sequences")
