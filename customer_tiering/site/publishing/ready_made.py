"""A ready-made policy as the draft, with thresholds from the company's own figures where it asks for them."""

from __future__ import annotations

import frappe

from customer_tiering import policies
from customer_tiering.engine import Policy
from customer_tiering.policies.proposed import proposed
from customer_tiering.site.grading import full_runs, state
from customer_tiering.site.publishing import draft


def load(name: str) -> None:
	"""Replace the draft by a ready-made policy; nothing is published.

	Raises:
		UnknownPolicyError: there is none of this name.
	"""
	data = policies.load(name)
	if policies.proposals(name):
		# By what the site says beside it, its companies and its currency; no threshold goes by a forecast.
		settings = {key: value for key, value in draft.to_dict().items() if key in ("companies", "currency")}
		policy = Policy.from_dict(data | settings | {"stages": {}})
		evaluation = full_runs.evaluate_everyone(policy, state.today()).evaluation
		disabled = frappe.get_all("Customer", filters={"disabled": 1}, pluck="name", order_by=None)
		data = proposed(name, evaluation, disabled)
	draft.load(data)
