"""Every kind of user, and who may do what: the tables that the tests here go by."""

from __future__ import annotations

import json
from typing import Any

import frappe

from customer_tiering.setup.reports import ANSWERS

# Names that an unescaped condition would stumble over.
OWN, OTHER, GONE = '100% O\'Neill & "Sons"', "Other %s Ltd", "Gone"
API = "customer_tiering.api."

#: Everyone who tries, with his roles; a guest and Administrator need none.
ROLES: dict[str, tuple[str, ...]] = {
	"website": (),
	"sales": ("Sales User",),
	"sales of one customer": ("Sales User",),
	"sales of one territory": ("Sales User",),
	"sales manager": ("Sales Manager",),
	"tiering manager": ("Tiering Manager",),
	"tiering manager in sales": ("Tiering Manager", "Sales User"),
	"system manager": ("System Manager",),
}
EVERYONE = ("guest", *ROLES, "administrator")
SELLERS = ("sales", "sales manager", "tiering manager in sales", "administrator")
LIMITED = ("sales of one customer", "sales of one territory")
READERS = (*SELLERS, *LIMITED, "tiering manager", "system manager")
MANAGERS = ("tiering manager", "tiering manager in sales", "system manager", "administrator")
#: Managing alone does not open the customers: these may read them as well.
MANAGING_SELLERS = ("tiering manager in sales", "administrator")
OVERRIDE = {"tier": "Gold", "mode": "At Least", "reason": "for a test"}

#: What may be done about a customer on a list, by whoever may read him.
ACTS: dict[str, dict[str, Any]] = {
	"log_contact": {"medium": "Phone", "note": "for a test"},
	"mailed": {"mail": "none"},
	"put_off": {"until": "2999-01-01"},
	"skip_follow_up": {"reason": "for a test"},
	"hand_over": {"user": "Administrator"},
	"agree_contacts": {"days": 30, "reason": "for a test"},
}
#: Function, how it is called, with what, and who may. Nobody else.
FUNCTIONS: tuple[tuple[str, str, dict[str, Any], tuple[str, ...]], ...] = (
	("get_grade", "GET", {"customer": OTHER}, SELLERS),
	("get_grade", "GET", {"customer": OWN}, (*SELLERS, *LIMITED)),
	("order_outlook", "GET", {"customer": OTHER}, SELLERS),
	("order_outlook", "GET", {"customer": OWN}, (*SELLERS, *LIMITED)),
	("metrics", "GET", {}, READERS),
	("figure", "GET", {"filters": {"figure": "customers"}}, READERS),
	("chart", "GET", {"chart_name": "Tiers Over Time"}, READERS),
	("policy_status", "GET", {}, MANAGERS),
	("health", "GET", {}, MANAGERS),
	("forecast", "GET", {}, MANAGERS),
	("preview", "GET", {}, MANAGERS),
	("ladder_figures", "GET", {}, MANAGERS),
	("ready_made_policies", "GET", {}, MANAGERS),
	("publish", "POST", {"comment": "nothing new"}, MANAGERS),
	("load_policy", "POST", {"name": "rfm"}, MANAGERS),
	("rescore", "POST", {"customers": [OWN, OTHER]}, MANAGING_SELLERS),
	("set_override", "POST", {"customer": OTHER, **OVERRIDE}, MANAGING_SELLERS),
	("end_override", "POST", {"customer": OTHER}, MANAGING_SELLERS),
	("standing", "GET", {"customers": json.dumps([OWN])}, (*SELLERS, *LIMITED)),
	("changes", "GET", {"limit": 5}, READERS),
	("review_page", "GET", {}, SELLERS),  # of everyone, so for whom no customer and no company is closed
	("today", "GET", {}, READERS),
	("today", "GET", {"user": "sales@example.com"}, ("sales manager", *MANAGERS, "sales")),
	("make_my_list", "POST", {}, READERS),
	("mail_me_each_morning", "POST", {"wanted": 0}, READERS),
	*((name, "POST", {"customer": OTHER, **values}, SELLERS) for name, values in ACTS.items()),
	*((name, "POST", {"customer": OWN, **values}, (*SELLERS, *LIMITED)) for name, values in ACTS.items()),
)
#: Rows of a form's table are listed by nobody; 16 lets its Administrator.
ROWS_LISTED = () if frappe.__version__.startswith("15") else ("administrator",)
#: DocType: who may read its list, who may read the row about OTHER (or any row), and who may write.
DOCTYPES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
	"Customer Score": (READERS, SELLERS, ()),
	"Tier Change": (READERS, SELLERS, ()),
	"Customer Follow-up": (READERS, SELLERS, ()),
	"Rescore Request": (MANAGERS, MANAGING_SELLERS, ()),
	"Tiering Failure": (MANAGERS, MANAGERS, ()),
	# totals of everyone: a row opens only to whom no customer is closed
	"Tier Snapshot": (("sales manager", *MANAGERS), ("sales manager", *MANAGING_SELLERS), ()),
	"Tiering Policy": (READERS, READERS, ()),
	"Customer Tier": (READERS, READERS, MANAGERS),
	"Tier Rule": (READERS, READERS, MANAGERS),
	# with what grading remembers: figures of single customers
	"Customer Tiering Settings": ((), MANAGERS, MANAGERS),
	"Tier Rule Band": (ROWS_LISTED, READERS, MANAGERS),  # rows of a rule, read and written as it is
	"Tier Contact Interval": (ROWS_LISTED, READERS, MANAGERS),  # rows of a tier
	"Tiering Company": (ROWS_LISTED, (), ()),  # rows of the settings
}
REPORTS = dict.fromkeys(ANSWERS, (*SELLERS, *LIMITED))
ABOUT_CUSTOMERS = ("Customer Score", "Tier Change", "Customer Follow-up")
RECORDS = (*ABOUT_CUSTOMERS, "Rescore Request", "Tiering Failure", "Tier Snapshot", "Tiering Policy")
#: What is sent to make a row, and to change one.
NEW: dict[str, dict[str, Any]] = {
	"Customer Score": {"customer": OTHER, "tier": "Platinum"},
	"Tier Change": {"customer": OTHER, "to_tier": "Platinum", "cause": "Manual"},
	"Customer Follow-up": {"customer": OTHER, "reason": "Silent"},
	"Rescore Request": {"customer": OTHER, "cause": "Manual"},
	"Tiering Failure": {"kind": "Drain"},
	"Tier Snapshot": {"month": "2026-01-01", "tier": "Gold"},
	"Tiering Policy": {"version": 99, "title": "mine", "policy": "{}", "docstatus": 1},
	"Customer Tier": {"tier_name": "Made in a Test", "min_score": 0, "color": "Gray", "disabled": 1},
	"Tier Rule": {"rule_name": "Made in a Test", "rule_type": "Score", "method": "By Stage", "disabled": 1},
	"Tier Rule Band": {"parent": "Rule of a Test", "parenttype": "Tier Rule", "parentfield": "bands"},
	"Tier Contact Interval": {
		"parent": "Gold",
		"parenttype": "Customer Tier",
		"parentfield": "contact_intervals",
		"lifecycle_stage": "Lost",
	},
}
RULE = {"rule_name": "Rule of a Test", "rule_type": "Score", "method": "By Stage", "disabled": 1}
EDIT = {
	"Customer Score": {"tier": "Platinum", "override_tier": "Platinum", "score": 100},
	"Tier Change": {"to_tier": "Platinum"},
	"Customer Follow-up": {"status": "Done", "assigned_to": "Administrator"},
	"Rescore Request": {"cause": "Manual"},
	"Tiering Failure": {"reason": "none"},
	"Tier Snapshot": {"revenue": 1},
	"Tiering Policy": {"policy": "{}", "docstatus": 2},
	"Customer Tier": {"strategy": ""},
	"Tier Rule": {"points_if_missing": 0},
	"Customer Tiering Settings": {"exclude_opening": 1},
	"Tier Rule Band": {"points": 100},
	"Tier Contact Interval": {"contact_every_days": 3},
	"Tiering Company": {"company": "Jade River Trading"},
}
REFUSED = (401, 403)


def allowed(reply: Any) -> bool:
	"""Whether somebody was let in; a refusal of what he sent, in a sentence, is not a refusal of him."""
	assert reply.status_code in (200, 202, 417, *REFUSED), f"{reply.status_code}: {reply.text[:500]}"
	return reply.status_code not in REFUSED


def wrong(found: dict[str, bool], may: dict[str, bool]) -> list[str]:
	return [f"{cell}: {'may' if seen else 'may not'}" for cell, seen in found.items() if seen != may[cell]]
