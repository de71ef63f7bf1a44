"""From the draft to the policy in force: who would go where, and the one step that makes it so."""

from __future__ import annotations

import json
from typing import Any

import frappe
import pandas as pd
from frappe import _
from frappe.utils import now, sanitize_html

from customer_tiering.site import draft, outbox, run

UNRATED = ""


def preview() -> dict[str, Any]:
	"""How many customers would go from which tier to which, if the draft were published now.

	Returns:
		``tiers`` from the highest down; ``moves``: ``from_tier``, ``to_tier``, ``customers``, an empty name
		is unrated; ``customers``, ``moved``, and ``changed``: whether there is anything to publish.
	"""
	policy = draft.to_policy()
	everyone = run.evaluate_everyone(policy, run.today())
	evaluation, held = everyone.evaluation, everyone.held
	before = held.set_index("customer")["tier"].reindex(evaluation.scores["customer"])
	table = pd.DataFrame({"from_tier": before.to_numpy(), "to_tier": evaluation.scores["tier"].to_numpy()})
	counts = table.fillna(UNRATED).value_counts()
	moves = [
		{"from_tier": source, "to_tier": target, "customers": int(count)}
		for (source, target), count in counts.items()
	]
	current = run.published()
	return {
		"tiers": [tier.name for tier in reversed(policy.tiers)],
		"former_tiers": sorted(
			{move["from_tier"] for move in moves} - {tier.name for tier in policy.tiers} - {UNRATED}
		),
		"moves": moves,
		"customers": len(table),
		"moved": sum(move["customers"] for move in moves if move["from_tier"] != move["to_tier"]),
		"changed": current is None or current.policy.hash != policy.hash,
	}


def publish(comment: str = "") -> str:
	"""Make the draft the policy in force; gives its name. Everyone is graded by it in the background.

	Raises:
		frappe.ValidationError: the draft cannot be used, or is what is published already.
	"""
	current = run.published(lock=True)
	policy = draft.to_policy()
	if current and current.policy.hash == policy.hash:
		frappe.throw(_("There is nothing to publish: the draft is what is already published."))
	evaluation = run.evaluate_everyone(policy, run.today()).evaluation
	version = (frappe.db.get_value("Tiering Policy", {}, "version", order_by="version desc") or 0) + 1
	doc = frappe.get_doc(
		{
			"doctype": "Tiering Policy",
			"version": version,
			"title": policy.name,
			"comment": sanitize_html(comment),  # the host cleans no text of a document that is submitted
			"published_by": frappe.session.user,
			"published_on": now(),
			"hash": policy.hash,
			"policy": json.dumps(policy.to_dict(), indent=1, ensure_ascii=False),
		}
	)
	doc.flags.ignore_permissions = True  # nobody creates one by hand; who may publish is the API's to ask
	doc.flags.published = True
	doc.submit()
	run.set_state({"current_policy": doc.name})
	run.save_cut_points(doc.name, evaluation)
	frappe.clear_document_cache(draft.SETTINGS, draft.SETTINGS)
	outbox.mark(None, "Policy", "Tiering Policy", doc.name)
	return doc.name


def status() -> dict[str, Any]:
	"""What is published and whether the draft differs from it."""
	current = run.published()
	if current is None:
		return {"published": None, "changed": True}
	fields = ("name", "version", "published_by", "published_on", "comment")
	return {
		"published": frappe.db.get_value("Tiering Policy", current.name, fields, as_dict=True),
		"changed": draft.is_changed(current.policy),
		"backlog": frappe.db.count("Rescore Request"),
	}
