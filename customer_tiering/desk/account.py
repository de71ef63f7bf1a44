"""One customer's grade as people see it: what is held, and why, as of today."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import frappe
import pandas as pd
from frappe.utils import escape_html

from customer_tiering.desk import foresight, orders
from customer_tiering.desk.follow_ups import contact_plan
from customer_tiering.engine import Evaluation, Facts, FactsError, evaluate
from customer_tiering.engine.facts import to_date, to_day
from customer_tiering.engine.ladder import OVERRIDE_MODES
from customer_tiering.engine.metrics import Window, metric
from customer_tiering.engine.policy import Rule
from customer_tiering.engine.what_if import Customer
from customer_tiering.site.access import companies, permissions, thresholds
from customer_tiering.site.grading import customer_scores, state
from customer_tiering.site.reading import currency, site_facts
from customer_tiering.wording.problems import of_facts
from customer_tiering.wording.texts import _

_MONTHS = 12
_NAMED = ("tier", "lifecycle_stage", "rfm_segment")
#: Changes of the timeline, and rules that are named as the reason of one.
_CHANGES, _RULES = 20, 3


def read_account(customer: str) -> dict[str, Any]:
	"""What the Customer form shows; the explanation is worked out on the spot, from today's facts.

	Returns:
		``tier``, ``tier_since``, ``score``, ``lifecycle_stage``, ``rfm_segment`` and ``explanation``, see
		``docs/scoring.md``, all of the same evaluation; ``pending``: what is held differs, and will follow;
		``held_tier``: what lists and documents say until then; ``disabled``: nothing moves the grade;
		``behind``: the first day of the documents behind each rule's figure; ``orders``: what one
		order today would do, see :func:`orders.goals`; ``ladder``, ``service``, ``contact``, see
		:func:`contact_plan.of_customer`, ``months``, ``changes``,
		``since`` (when the timeline begins), ``currency``, ``policy``.
		Before publishing: no policy; ``unreadable``: why it cannot be read, if that is so.

		Whoever may not see all companies that grading counts gets the grade, and none of the figures that it
		was made from: ``limited`` then says so in a sentence, and ``months`` are of his own companies.
	"""
	current, why = state.readable()
	if current is None:
		return {"policy": None, "unreadable": why, "customer": customer}
	held = customer_scores.read_held([customer])
	try:
		known = site_facts.read_facts(current.policy, [customer])
	except FactsError as error:
		frappe.throw(_("This customer cannot be graded: {0}").format(escape_html(of_facts(error))))
	evaluation = evaluate(known, current.policy, state.today(), held, current.cut_points, current.forecast)
	row, why = evaluation.scores.iloc[0], evaluation.explain(customer)
	by_share = current.policy.by_share
	seen = _grade(row)
	found = {
		**seen,
		"customer": customer,
		"held_tier": _grade(held.iloc[0])["tier"] if len(held) else None,
		"disabled": bool(known.disabled.any()),
		"pending": not len(held) or _differs(_grade(held.iloc[0]), seen),
		"explanation": why if permissions.sees_everyone() else thresholds.rounded(why, by_share),
		"behind": _behind(evaluation, known),
		"first_purchase": _date(row["first_purchase"]),
		"last_purchase": _date(row["last_purchase"]),
		"orders": orders.goals(
			Customer(known, current.policy, state.today(), held, current.cut_points, current.forecast)
		),
		"forecast": foresight.of_customer(evaluation),
		"ladder": _ladder(evaluation),
		"service": _service(seen["tier"]),
		"contact": contact_plan.of_customer(
			customer, seen["tier"], seen["lifecycle_stage"], seen["tier_since"]
		),
		"months": _months(known.sales),
		"since": state.today() - timedelta(days=365),
		"changes": _changes(customer),
		"currency": currency.reporting_currency(current.policy),
		"policy": current.name,
		"modes": OVERRIDE_MODES,
		"limited": None,
	}
	return found if companies.sees_all() else found | _without_figures(found, known)


def _ladder(evaluation: Evaluation) -> list[dict[str, Any]]:
	"""The rungs from the lowest up; ``threshold``: from which score on, None where nobody is that good."""
	policy, reached_from = evaluation.policy, evaluation.grounds.thresholds.of
	is_told = permissions.sees_everyone() or not policy.by_share
	scores = [reached_from(rung) for rung in range(len(policy.tiers))]
	return [
		{"name": tier.name, "color": tier.color, "threshold": score if is_told else thresholds.whole(score)}
		for tier, score in zip(policy.tiers, scores, strict=True)
	]


def _without_figures(found: dict[str, Any], known: Facts) -> dict[str, Any]:
	"""What takes the place of the figures of companies of which the reader may not know."""
	own, why = sorted(companies.allowed()), found["explanation"]
	sales = known.sales[known.sales["company"].isin(own)]
	text = _("This grade is of all companies together, so its reasons are not shown. Amounts are of {0}.")
	hidden = dict.fromkeys(("reference_doctype", "reference_name"))
	return {
		"limited": text.format(", ".join(own)),
		"explanation": why
		| {"rules": [], "usual_gap": None, "floors": [], "caps": []}
		| {name: why[name] and why[name] | {"ways": []} for name in ("held", "above")},
		"orders": None,
		"forecast": None,
		"behind": {},
		"first_purchase": None,
		"last_purchase": None,
		"months": _months(sales),
		"changes": [change | hidden | {"rules": []} for change in found["changes"]],
	}


def _grade(row: pd.Series) -> dict[str, Any]:
	"""What a row of scores says of the grade, held or just worked out."""
	return {name: None if pd.isna(row[name]) else row[name] for name in _NAMED} | {
		"tier_since": _date(row["tier_since"]),
		"score": 0.0 if pd.isna(row["score"]) else float(row["score"]),
	}


def _differs(held: dict[str, Any], seen: dict[str, Any]) -> bool:
	"""Whether two grades differ in what people see."""
	return abs(held["score"] - seen["score"]) > 0.005 or any(held[name] != seen[name] for name in _NAMED)


def _behind(evaluation: Evaluation, known: Facts) -> dict[str, date]:
	"""By rule, the first day of the documents behind its figure: of its window, or of the first document.

	Behind a figure from another table than sales there are no such documents.
	"""
	first = _date(known.sales["posting_date"].min()) or evaluation.as_of
	rules = [rule for rule in evaluation.policy.rules if rule.metric and not metric(rule.metric).table]
	return {rule.name: _begin(rule, evaluation) or min(first, evaluation.as_of) for rule in rules}


def _begin(rule: Rule, evaluation: Evaluation) -> date | None:
	"""The first day of a rule's window; None where it has none, or all time."""
	if not metric(rule.metric).windowed:
		return None
	month = evaluation.policy.fiscal_year_start_month
	window = Window.of(rule.window, rule.window_days, to_day(evaluation.as_of), month)
	return None if window.after is None else to_date(window.after + 1)


def _service(tier: str | None) -> dict[str, Any] | None:
	fields = ("strategy", "benefits")
	return frappe.db.get_value("Customer Tier", tier, fields, as_dict=True) if tier else None


def _months(sales: pd.DataFrame) -> list[dict[str, Any]]:
	"""Money in and money returned, for each of the last twelve months, oldest first."""
	last = pd.Period(state.today(), freq="M")
	months = pd.period_range(end=last, periods=_MONTHS, freq="M")
	month = sales["posting_date"].dt.to_period("M")
	sold = (
		sales["net_amount"]
		.where(sales["net_amount"] > 0, 0.0)
		.groupby(month)
		.sum()
		.reindex(months, fill_value=0)
	)
	back = (
		sales["net_amount"]
		.where(sales["net_amount"] < 0, 0.0)
		.groupby(month)
		.sum()
		.reindex(months, fill_value=0)
	)
	return [
		{"month": str(m), "sold": round(float(sold[m]), 2), "returned": round(float(back[m]), 2)}
		for m in months
	]


def _changes(customer: str) -> list[dict[str, Any]]:
	"""The latest changes, the newest first, each with the ``rules`` that moved the score most."""
	fields = [
		"name", "from_tier", "to_tier", "from_stage", "to_stage", "as_of", "cause", "reference_doctype",
		"reference_name", "score", "explanation",
	]  # fmt: skip
	found = frappe.get_all(
		"Tier Change", filters={"customer": customer}, fields=fields, order_by="creation desc", limit=_CHANGES
	)
	return [row | {"rules": _moved_by(row.pop("explanation"))} for row in found]


def _moved_by(explanation: str | None) -> list[dict[str, Any]]:
	"""Rules whose points changed: ``rule``, ``before``, ``after`` (values), ``points_before``, ``points``.

	A value or points that are not known are None, and so is whatever else than a number is stored there.
	"""
	said = _object(explanation)
	before, after = (_object(said.get(part)) for part in ("before", "after"))
	steps = [_step(rule, _object(before[rule]), _object(after[rule])) for rule in after if rule in before]
	moved = [one for one in steps if one["points"] != one["points_before"]]
	return sorted(moved, key=lambda one: -abs((one["points"] or 0) - (one["points_before"] or 0)))[:_RULES]


def _step(rule: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
	return {
		"rule": rule,
		"before": _figure(before.get("value")),
		"after": _figure(after.get("value")),
		"points_before": _figure(before.get("points")),
		"points": _figure(after.get("points")),
	}


def _object(stored: Any) -> dict[str, Any]:
	"""A stored JSON object; empty where it is none, whoever wrote it."""
	if isinstance(stored, str):
		try:
			stored = json.loads(stored)
		except (ValueError, RecursionError):
			return {}
	return stored if isinstance(stored, dict) else {}


def _figure(stored: Any) -> float | None:
	"""A stored number; None for anything that is no number, or none that can be drawn."""
	is_number = isinstance(stored, int | float) and not isinstance(stored, bool)
	return stored if is_number and abs(stored) < 1e300 else None


def _date(value: Any) -> Any:
	return None if pd.isna(value) else pd.Timestamp(value).date()
