"""The draft of the next policy: Customer Tier, Tier Rule and the Settings, as policy data and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import frappe
from frappe.utils import escape_html

from customer_tiering.engine import Policy, PolicyError
from customer_tiering.engine.policy import BAND_KEYS, REVIEWS, Rule, Tier
from customer_tiering.engine.stages import StageParameters
from customer_tiering.names import SETTINGS
from customer_tiering.site.reading import metrics_of_apps
from customer_tiering.wording.problems import sentence
from customer_tiering.wording.texts import _

_TIER_FIELDS = {"name": "tier_name"}
_RULE_FIELDS = {"name": "rule_name", "type": "rule_type"}
_PLAIN = (
	"currency", "rfm_window_days", "returns_dated", "exclude_opening", "exclude_internal",
	"grade_prospects", "one_step_down", "margin", "reviewed",
)  # fmt: skip
#: What a ready-made policy says of the settings; the rest of them is the site's.
_LOADED = (
	"rfm_window_days", "grade_prospects", "one_step_down", "margin", "reviewed", "rises_between_reviews",
	"returns_dated",
)  # fmt: skip
#: By what the tiers go, as the Settings say it: it decides which of a tier's two fields is read.
SCORE, SHARE = "Score", "Share"
#: Fields of a rule that only some types and methods read; others are left out of the policy.
_READ_BY = {
	"zero_at": lambda rule: rule.method == "Linear",
	"full_at": lambda rule: rule.method == "Linear",
	"buckets": lambda rule: rule.method == "Quantile",
	"better": lambda rule: rule.method == "Quantile",
	"method": lambda rule: rule.rule_type == "Score",
	"weight": lambda rule: rule.rule_type == "Score",
	"points_if_missing": lambda rule: rule.rule_type == "Score" and rule.method != "By Stage",
	"metric": lambda rule: rule.rule_type != "Score" or rule.method != "By Stage",
	"condition": lambda rule: rule.rule_type != "Score",
	"window_days": lambda rule: rule.window == "Rolling",
	"value": lambda rule: rule.rule_type != "Score",
	"value_to": lambda rule: rule.rule_type != "Score" and rule.condition == "Between",
	"tier": lambda rule: rule.rule_type != "Score",
}


def to_dict() -> dict[str, Any]:
	"""The draft as policy data, not yet checked."""
	settings = frappe.get_doc(SETTINGS)
	tiers = _tiers_by_share() if settings.tiers_by == SHARE else _tiers_by_score()
	return {
		"name": settings.policy_title,
		**{name: settings.get(name) for name in _PLAIN},
		# Without reviews nothing is between them, and the form does not show the switch.
		"rises_between_reviews": settings.reviewed in REVIEWS[1:] and settings.rises_between_reviews,
		"companies": [row.company for row in settings.companies],
		"fiscal_year_start_month": int(settings.fiscal_year_start_month or 1),
		"stages": {field.name: settings.get(field.name) for field in fields(StageParameters)},
		"tiers": tiers,
		"rules": [_rule(doc) for doc in _enabled("Tier Rule", "position asc, name asc")],
	}


def to_policy() -> Policy:
	"""The draft, checked.

	Raises:
		frappe.ValidationError: with every problem in a sentence that says what to do.
	"""
	try:
		return Policy.from_dict(to_dict(), metrics_of_apps.names())
	except PolicyError as error:
		frappe.throw(
			[escape_html(sentence(problem)) for problem in error.problems],
			title=_("This policy cannot be used yet"),
			as_list=True,
		)
		raise  # throw has raised; for the type checker


def is_changed(published: Policy) -> bool:
	"""Whether the draft would grade otherwise than what is published, or cannot be used at all."""
	try:
		return Policy.from_dict(to_dict(), metrics_of_apps.names()).hash != published.hash
	except PolicyError:
		return True


def load(data: Mapping[str, Any]) -> None:
	"""Replace the draft by a policy, given as plain data. What it does not have is disabled, not deleted."""
	policy = Policy.from_dict(data)
	for doctype in ("Customer Tier", "Tier Rule"):
		for doc in _enabled(doctype, "name asc"):
			doc.disabled = 1
			doc.save(ignore_permissions=True)
	for tier in policy.tiers:
		_put("Customer Tier", tier.name, _fields_of(tier, Tier, _TIER_FIELDS) | _in_order(tier))
	for position, rule in enumerate(policy.rules, start=1):
		values = _fields_of(rule, Rule, _RULE_FIELDS) | {"position": position, "bands": _band_rows(rule)}
		_put("Tier Rule", rule.name, values)
	settings = frappe.get_doc(SETTINGS)
	settings.policy_title = policy.name
	settings.tiers_by = SHARE if policy.by_share else SCORE
	for field in _LOADED:
		settings.set(field, getattr(policy, field))
	for field in fields(StageParameters):
		settings.set(field.name, getattr(policy.stages, field.name))
	settings.save(ignore_permissions=True)


def _in_order(tier: Tier) -> dict[str, Any]:
	"""A threshold by which a list has the tiers of a policy by share in their order.

	Of a hundred groups it reaches about as many; so it is a start if the ladder is to go by score.
	"""
	return {} if tier.min_score is not None else {"min_score": 100 - (tier.top_share or 100)}


def _enabled(doctype: str, order_by: str) -> list[Any]:
	names = frappe.get_all(doctype, filters={"disabled": 0}, pluck="name", order_by=order_by)
	return [frappe.get_doc(doctype, name) for name in names]


def _put(doctype: str, name: str, values: dict[str, Any]) -> None:
	doc = frappe.get_doc(doctype, name) if frappe.db.exists(doctype, name) else frappe.new_doc(doctype)
	doc.update(values | {"disabled": 0})
	doc.save(ignore_permissions=True)


def _tiers_by_score() -> list[dict[str, Any]]:
	docs = _enabled("Customer Tier", "min_score desc, name asc")
	return [_tier(doc) | {"min_score": doc.min_score, "top_share": None} for doc in docs]


def _tiers_by_share() -> list[dict[str, Any]]:
	"""From the highest down: shares grow, and the tier without one comes last.

	A column has no empty number, so that tier's 0 means none; the 0 of a second one stays, and is refused by
	name. Of a ladder with a single tier there is nothing to share: everyone reaches it.
	"""
	docs = sorted(_enabled("Customer Tier", "name asc"), key=lambda doc: doc.top_share or math.inf)
	tiers = [_tier(doc) | {"min_score": None, "top_share": doc.top_share} for doc in docs]
	if tiers and not tiers[-1]["top_share"]:
		tiers[-1]["top_share"] = None
	if len(tiers) == 1 and tiers[0]["top_share"] is None:
		tiers[0]["min_score"] = 0.0
	return tiers


def _tier(doc: Any) -> dict[str, Any]:
	return {
		field.name: doc.get(_TIER_FIELDS.get(field.name, field.name)) or field.default
		for field in fields(Tier)
	}


def _rule(doc: Any) -> dict[str, Any]:
	data = {
		field.name: doc.get(_RULE_FIELDS.get(field.name, field.name))
		for field in fields(Rule)
		if field.name != "bands" and _READ_BY.get(field.name, lambda rule: True)(doc)
	}
	if doc.rule_type == "Score" and doc.method in BAND_KEYS:
		key = BAND_KEYS[doc.method]
		source = "stage" if key == "stage" else "threshold"
		data["bands"] = [{key: row.get(source), "points": row.points} for row in doc.bands]
	return data


def _fields_of(part: Tier | Rule, kind: type, names: dict[str, str]) -> dict[str, Any]:
	return {
		names.get(field.name, field.name): getattr(part, field.name)
		for field in fields(kind)
		if field.name != "bands"
	}


def _band_rows(rule: Rule) -> list[dict[str, Any]]:
	key = "stage" if rule.method == "By Stage" else "threshold"
	return [{key: start, "points": points} for start, points in rule.bands]
