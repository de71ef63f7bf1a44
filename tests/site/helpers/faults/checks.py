"""After a fault nobody is half written; after the next run everyone has the grade of a full evaluation."""

from __future__ import annotations

import frappe
from frappe.query_builder import DocType

from customer_tiering import api
from customer_tiering.engine import evaluate
from customer_tiering.names import GRADE_FIELDS, GRADE_NUMBERS
from customer_tiering.site.grading import customer_scores, outbox, state
from customer_tiering.site.reading import site_facts
from tests.site.helpers.selling import changes, graded, today


def ungraded(names: tuple[str, ...]) -> None:
	"""As if nobody had been graded yet, and everyone waited; the cut points stay."""
	for doctype in ("Customer Score", "Tier Change", "Rescore Request", "Tiering Failure"):
		frappe.db.delete(doctype)
	customer = DocType("Customer")
	query = frappe.qb.update(customer)
	for field in GRADE_FIELDS:
		query = query.set(customer[field], 0 if field in GRADE_NUMBERS else None)
	query.run()
	for name in names:
		outbox.mark(name, "Manual")
	frappe.db.commit()


def check_whole(names: tuple[str, ...]) -> None:
	"""Each is as before, with his request, or graded in all places, with one change in the log."""
	waiting = frappe.get_all("Rescore Request", pluck="customer", order_by=None)
	for name in names:
		held, logged = graded(name), changes(name)
		shown = frappe.db.get_value("Customer", name, "customer_tier")
		assert len(logged) == (1 if held else 0), f"{name}: {logged}"
		assert shown == (held.get("tier") or None), name
		assert held or name in waiting, f"{name} is neither graded nor waiting"


def check_healed(names: tuple[str, ...]) -> None:
	"""Everyone has the grade of a full evaluation, nothing waits, and no change is logged twice."""
	frappe.db.commit()
	current = state.published()
	held = customer_scores.read_held()
	known = site_facts.read_facts(current.policy)
	evaluation = evaluate(known, current.policy, today(), held, current.cut_points, current.forecast)
	assert not customer_scores.differing(evaluation, held).any()
	assert len(held) == len(names)
	assert not frappe.db.count("Rescore Request")
	assert not frappe.db.count("Tiering Failure")
	for name in names:
		steps = changes(name)
		assert len(steps) == len(set(steps)), f"{name}: {steps}"
		assert frappe.db.get_value("Customer", name, "customer_tier") == graded(name)["tier"]
	check_submitted(names)


def check_submitted(names: tuple[str, ...]) -> None:
	filters = {"customer": ("in", names), "docstatus": 1}
	assert frappe.db.count("Sales Invoice", filters) >= len(names)


def failures() -> dict[str, str]:
	"""What Tiering Health tells: kind to reason."""
	frappe.db.commit()
	return {row["kind"]: row["reason"] for row in api.health()["failures"]}
