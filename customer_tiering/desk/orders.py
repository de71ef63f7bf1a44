"""What an order more would do to a customer's tier: told on his form, and on quotations."""

from __future__ import annotations

from typing import Any

import frappe
import pandas as pd

from customer_tiering.engine import FactsError
from customer_tiering.engine.what_if import Customer, least_to_stay, reachable
from customer_tiering.site.access import companies, permissions, thresholds
from customer_tiering.site.grading import customer_scores, state
from customer_tiering.site.reading import currency, site_facts


def goals(customer: Customer, company: str = "") -> dict[str, Any] | None:
	"""What a single order would do.

	Returns:
		``reach``: for each tier above that one today leads to, ``tier``, ``amount`` (the least that does) and
		``on`` (the day it is held); ``stay``: the least that keeps a tier that is about to be lost, None if
		none does. To whoever does not see everyone, an amount that is enough: the least may be the very
		figure of another customer. None before the first night, when nobody was compared with the others.
	"""
	if customer.cut_points is None:
		return None
	told = (lambda amount: amount) if permissions.sees_everyone() else thresholds.enough
	stay = least_to_stay(customer, company)
	return {
		"reach": [
			{"tier": one.tier, "amount": told(one.amount), "on": one.on}
			for one in reachable(customer, company)
		],
		"stay": None if stay is None else told(stay),
	}


def outlook(customer: str, company: str) -> dict[str, Any]:
	"""What a quotation or an order of any amount would do, once invoiced by a company.

	Returns:
		``customer``; ``held_tier``: what a document made now keeps; ``goals``: None where there is nothing to
		say, or :func:`goals` of an invoice today, with ``tier`` (held), ``falls_on`` and ``falls_to`` (None),
		``today``, ``currency`` (of the amounts) and ``rate`` (into it from the company's currency).
	"""
	held_tier = frappe.db.get_value("Customer", customer, "customer_tier")
	return {"customer": customer, "held_tier": held_tier, "goals": _goals(customer, company)}


def _goals(customer: str, company: str) -> dict[str, Any] | None:
	current, _why = state.readable()
	if current is None or not companies.sees_all() or not _counts(customer, company, current.policy):
		return None
	rate = currency.rate_of(company, current.policy, state.today())
	if rate is None:
		return None
	try:
		known = site_facts.read_facts(current.policy, [customer])
	except FactsError:
		return None
	if known.disabled.any():  # he keeps what he had
		return None
	held = customer_scores.read_held([customer])
	one = Customer(known, current.policy, state.today(), held, current.cut_points, current.forecast)
	found = goals(one, company)
	row = one.what_if([]).scores.iloc[0]
	return found and found | {
		**{name: None if pd.isna(row[name]) else row[name] for name in ("tier", "falls_to")},
		"falls_on": None if pd.isna(row["falls_on"]) else pd.Timestamp(row["falls_on"]).date(),
		"today": state.today(),
		"currency": currency.reporting_currency(current.policy),
		"rate": rate,
	}


def _counts(customer: str, company: str, policy: Any) -> bool:
	"""Whether an invoice of the company to the customer would be counted."""
	if policy.companies and company not in policy.companies:
		return False
	internal = frappe.db.get_value("Customer", customer, "is_internal_customer")
	return not (policy.exclude_internal and internal)
