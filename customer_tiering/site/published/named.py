"""What published policies name: their tiers, a currency, and the records that rules are about.

A version stays as it was published, but for names: what is renamed on the site is renamed in it, so that
nobody moves by a name. Events import this, so it loads nothing but frappe until there is something to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import escape_html

from customer_tiering.names import SETTINGS
from customer_tiering.wording.texts import _

POLICY, TIER = "Tiering Policy", "Customer Tier"
#: In which field of a rule the name of a record stands.
SCOPES = {"Territory": "territory", "Customer Group": "customer_group", "Company": "company"}
#: Where the name of a tier stands that is no link, so that the host does not follow it.
_TIERS_IN_TEXT = {
	"Customer Score": ("opening_tier", "opening_earned_tier"),
	"Tier Change": ("from_tier", "to_tier"),
	"Tier Snapshot": ("tier",),
}
#: Where tiers are the keys of a JSON text, which says since when each is reached.
_CLIMBING = ("climbing", "opening_climbing")
_HOLDING = {
	"Customer": ("customer_tier",),
	"Customer Score": ("tier", "earned_tier", "falls_to", "rises_to", "override_tier"),
}


def lock() -> None:
	"""Let nobody grade or publish until the next commit; waits for whoever does."""
	table = DocType("Singles")
	query = frappe.qb.from_(table).select(table.value).for_update()
	query.where((table.doctype == SETTINGS) & (table.field == "current_policy")).run()


def follow(doctype: str, old: str, new: str) -> None:
	"""Rename a record in every published version, and a tier wherever it is told. The caller commits."""
	lock()
	for name, text in frappe.get_all(POLICY, fields=["name", "policy"], as_list=True, order_by=None):
		data = _parsed(text)
		if _rename(data, doctype, old, new):
			written = json.dumps(data, indent=1, ensure_ascii=False)
			values = {"policy": written, "hash": _hash(data)}
			frappe.db.set_value(POLICY, name, values, update_modified=False)
			said = _("{0} {1} was renamed to {2}, and is called so in this version since.")
			told = said.format(_(doctype), frappe.bold(escape_html(old)), frappe.bold(escape_html(new)))
			frappe.get_doc(POLICY, name).add_comment("Info", told)
	if doctype == TIER:
		for where, fields in _TIERS_IN_TEXT.items():
			for field in fields:
				frappe.db.set_value(where, {field: old}, field, new, update_modified=False)
		for field in _CLIMBING:
			_rename_climbed(field, old, new)


def _rename_climbed(field: str, old: str, new: str) -> None:
	"""The tier in the texts of all who climb. Many have one text, so each is read and written once."""
	table = DocType("Customer Score")
	query = frappe.qb.from_(table).select(table[field]).where(table[field] != "").distinct()
	for text in query.run(pluck=True):
		days = _parsed(text)
		renamed = {new if _is(tier, old) else tier: day for tier, day in days.items()}
		if renamed != days:
			# As the engine writes them, letter by letter: or the next run would take it for a change.
			written = json.dumps(renamed, ensure_ascii=False, separators=(",", ":"))
			frappe.qb.update(table).set(table[field], written).where(table[field] == text).run()


def is_in_a_scope(doctype: str) -> bool:
	"""Whether a rule in force is about some records of this kind only."""
	field = SCOPES.get(doctype)
	return any(rule.get(field) for rule in _rows(_current(), "rules"))


def refuse_if_used(tier: str) -> None:
	"""Whoever grades by a tier, or holds it, needs it.

	Raises:
		frappe.ValidationError: the policy in force has the tier, or a customer holds it.
	"""
	lock()
	if any(_is(place.get("name"), tier) for place in _rows(_current(), "tiers")):
		frappe.throw(
			_("The published policy has the tier {0}. Publish a policy without it first.").format(
				frappe.bold(escape_html(tier))
			)
		)
	if any(frappe.db.exists(where, {field: tier}) for where, fields in _HOLDING.items() for field in fields):
		frappe.throw(
			_("Customers hold the tier {0}. Disable it instead: they keep it until they move.").format(
				frappe.bold(escape_html(tier))
			)
		)


def missing() -> list[tuple[str, str]]:
	"""What the policy in force names and the site does not have: kind and name."""
	policy, found = _current(), []
	for doctype in (TIER, "Currency", *SCOPES):
		names = {str(box[at]) for box, at in _places(policy, doctype) if box[at]}
		there = frappe.get_all(doctype, filters={"name": ("in", [*names])}, pluck="name") if names else []
		known = {name.casefold() for name in there}
		found += [(doctype, name) for name in sorted(names) if name.casefold() not in known]
	return found


def restore_tiers() -> list[str]:
	"""Make tiers again that were deleted past the app, disabled, so that no document has a dead link.

	Returns:
		their names. The caller commits.
	"""
	policy = {tier.get("name"): tier for tier in _rows(_current(), "tiers")}
	gone = {name for doctype, name in missing() if doctype == TIER} | set(_dead_links())
	for name in sorted(gone):
		doc = frappe.new_doc(TIER)
		doc.update({field: value for field, value in policy.get(name, {}).items() if field != "name"})
		doc.update({"tier_name": name, "disabled": 1})
		doc.insert(ignore_permissions=True, ignore_mandatory=True)
		doc.add_comment("Info", _("It was deleted although customers are graded by it, and was made again."))
	return sorted(gone)


def _dead_links() -> list[str]:
	"""Tiers that customers show and that are not there."""
	customer, tier = DocType("Customer"), DocType(TIER)
	query = frappe.qb.from_(customer).left_join(tier).on(tier.name == customer.customer_tier)
	query = query.where((customer.customer_tier != "") & tier.name.isnull())
	return query.select(customer.customer_tier).distinct().run(pluck=True)


def _current() -> dict[str, Any]:
	name = frappe.db.get_single_value(SETTINGS, "current_policy", cache=False)
	return _parsed(name and frappe.db.get_value(POLICY, name, "policy"))


def _parsed(text: str | None) -> dict[str, Any]:
	"""A stored policy; empty where it is no object."""
	try:
		data = json.loads(text or "{}")
	except (ValueError, RecursionError):
		return {}
	return data if isinstance(data, dict) else {}


def _rows(policy: dict[str, Any], key: str) -> list[dict[str, Any]]:
	rows = policy.get(key)
	return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _places(policy: dict[str, Any], doctype: str) -> Iterator[tuple[Any, Any]]:
	"""Where a policy may name a record of a kind: a container, and the key or position in it."""
	if doctype == TIER:
		yield from ((tier, "name") for tier in _rows(policy, "tiers"))
	field = "tier" if doctype == TIER else SCOPES.get(doctype)
	yield from ((rule, field) for rule in _rows(policy, "rules") if field in rule)
	if doctype == "Currency" and "currency" in policy:
		yield policy, "currency"
	if doctype == "Company" and isinstance(policy.get("companies"), list):
		yield from ((policy["companies"], at) for at in range(len(policy["companies"])))


def _rename(policy: dict[str, Any], doctype: str, old: str, new: str) -> bool:
	"""Change the name in place; whether it was there."""
	places = [(box, at) for box, at in _places(policy, doctype) if _is(box[at], old)]
	for box, at in places:
		box[at] = new
	if doctype == "Company" and places:
		policy["companies"] = sorted({*policy.get("companies", ())})
	return bool(places)


def _is(name: Any, other: str) -> bool:
	"""As the database compares names: it takes upper and lower case for one."""
	return isinstance(name, str) and name.casefold() == other.casefold()


def _hash(data: dict[str, Any]) -> str:
	"""The hash of a policy; empty if this version of the app cannot read it."""
	from customer_tiering.engine import Policy, PolicyError
	from customer_tiering.site.published import older_versions

	try:
		return Policy.from_dict(older_versions.readable(data), older_versions.metrics_of(data)).hash
	except (PolicyError, KeyError, TypeError):
		return ""
