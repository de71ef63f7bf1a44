"""What is wrong with a draft, in the words of its forms: the engine names fields as policy data do."""

from __future__ import annotations

import re

import frappe

from customer_tiering.engine import FactsError
from customer_tiering.engine.policy import Problem
from customer_tiering.engine.stages import STAGES
from customer_tiering.wording.labels import stage_label
from customer_tiering.wording.texts import _, listed

_SETTINGS = "Customer Tiering Settings"
#: The form that a problem is about, by how it begins; fields of its rows, and of others, are looked for next.
_FORMS = {"Tier {0}": "Customer Tier", "Rule {0}": "Tier Rule"}
_OTHERS = (_SETTINGS, "Customer Tier", "Tier Rule", "Tier Rule Band")
#: Fields that have another name in policy data.
_FIELDS = {
	"Customer Tier": {"name": "tier_name"},
	"Tier Rule": {"name": "rule_name", "type": "rule_type"},
	_SETTINGS: {"name": "policy_title", "stages": "stages_section"},
}
_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def sentence(problem: Problem) -> str:
	"""A problem as a sentence of the reader's language, with fields and choices by their labels."""
	args = problem.args
	where = args[0] if args and isinstance(args[0], Problem) else None
	form = _FORMS.get(where.template, _SETTINGS) if where else _SETTINGS
	text = _KEY.sub(lambda key: _label(key[0], form), _(problem.template))
	if where is None:
		return text.format(*args)
	return text.format(sentence(where), *(_part(arg, form) for arg in args[1:]))


def of_facts(error: FactsError) -> str:
	"""Why a document cannot be counted, in the reader's language."""
	return _(error.template).format(*error.gaps)


def _part(part: object, form: str) -> str:
	return listed(_label(word, form) for word in part.split(", ")) if isinstance(part, str) else str(part)


def _label(word: str, form: str) -> str:
	"""The label of a field or a choice; a word that is neither stays as it is."""
	rows = {"at_least": _("At Least"), "up_to_share": _("Up to Share (%)"), "tiers": _("Tiers")}
	if word in rows:
		return rows[word]
	for doctype in (form, *_OTHERS):
		field = frappe.get_meta(doctype).get_field(_FIELDS.get(doctype, {}).get(word, word))
		if field and field.label:
			return _(field.label, doctype)
	return stage_label(word) if word in STAGES else _(word, form)
