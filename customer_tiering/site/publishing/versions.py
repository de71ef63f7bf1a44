"""From the draft to the policy in force: who would go where, and the one step that makes it so."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.utils import cint, now, sanitize_html

from customer_tiering import policies
from customer_tiering.engine import Policy
from customer_tiering.site.grading import forecasts, full_runs, outbox, state
from customer_tiering.site.publishing import draft
from customer_tiering.site.withstanding import health
from customer_tiering.wording.texts import _


def publish(comment: str = "") -> str:
	"""Make the draft the policy in force; gives its name. Everyone is graded by it in the background.

	Raises:
		frappe.ValidationError: the draft cannot be used, or is what is published already.
	"""
	current, _why = state.readable(lock=True)  # a new version may follow one that cannot be read
	policy = draft.to_policy()
	if current and current.policy.hash == policy.hash:
		frappe.throw(_("There is nothing to publish: the draft is what is already published."))
	today, last = state.today(), state.last_forecast(policy)
	everyone = full_runs.evaluate_everyone(policy, today, False, forecasts.for_trial(policy, today), last)
	version = _last_version() + 1
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
	state.set_state({"current_policy": doc.name, "facts_read": " ".join(sorted(policy.tables))})
	state.save_cut_points(doc.name, everyone.evaluation)
	_keep_forecast(policy, everyone)
	frappe.clear_document_cache(draft.SETTINGS, draft.SETTINGS)
	health.heal(full_runs.KIND)  # everyone can be evaluated by it: a run need not rest
	outbox.mark(None, "Policy", "Tiering Policy", doc.name)
	return doc.name


def _keep_forecast(policy: Policy, everyone: full_runs.Everyone) -> None:
	"""Keep the forecast that the thresholds go with, if there had to be one; a full run sees to the rest."""
	if everyone.fitted and everyone.evaluation.forecast is not None:
		state.save_forecast(policy, everyone.evaluation.forecast)
	if policy.needs_forecast:
		forecasts.report(everyone.forecast_error)


def _last_version() -> int:
	"""The highest number that a version had, as far as is known: what is in force may have been deleted."""
	highest = frappe.db.get_value("Tiering Policy", {}, "version", order_by="version desc")
	in_force = frappe.db.get_single_value(draft.SETTINGS, "current_policy") or ""
	return max(cint(highest), cint(in_force.rpartition("-")[2]))


def status() -> dict[str, Any]:
	"""What is published, whether the draft differs from it, and ``unreadable``: why it cannot be read.

	``made_anew``: it is called as the ready-made policies were in earlier versions, by their files.
	"""
	current, why = state.readable()
	if current is None:
		return {"published": None, "changed": True, "unreadable": why}
	fields = ("name", "version", "published_by", "published_on", "comment")
	return {
		"published": frappe.db.get_value("Tiering Policy", current.name, fields, as_dict=True),
		"changed": draft.is_changed(current.policy),
		"made_anew": current.policy.name in policies.names(),
		"backlog": frappe.db.count("Rescore Request"),
	}
