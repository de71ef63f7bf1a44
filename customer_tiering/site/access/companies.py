"""Whose figures are these: a grade is of a customer in all companies of the policy together.

Whoever may not see all of these companies sees the grade, and none of the figures that it was made from;
amounts are then of the documents of his own companies, wherever they are shown.
"""

from __future__ import annotations

import json
from contextlib import suppress

import frappe
from frappe.permissions import get_allowed_docs_for_doctype, get_user_permissions

#: What figures are made from; a permission on companies may be limited to one of them.
_DOCUMENTS = ("Sales Invoice", "POS Invoice")


def allowed(user: str | None = None) -> set[str]:
	"""The companies whose documents user permissions leave somebody; empty: all."""
	permissions = get_user_permissions(user or frappe.session.user).get("Company", [])
	found = [set(get_allowed_docs_for_doctype(permissions, doctype)) for doctype in _DOCUMENTS]
	limits = [companies for companies in found if companies]
	return set.intersection(*limits) if limits else set()


def sees_all(user: str | None = None) -> bool:
	"""Whether somebody may see every company that grading counts, and so the figures behind a grade."""
	companies = allowed(user)
	return not companies or _counted() <= companies


def all_see_all() -> bool:
	"""Whether nobody on the site is kept from a company that grading counts."""
	named: dict[str, set[str]] = {}
	for user, company in _permissions():
		named.setdefault(user, set()).add(company)
	counted = _counted()
	# Permissions of the host's own making name everybody's company: they are not read one by one.
	return all(counted <= companies or sees_all(user) for user, companies in named.items())


def names_all(user: str) -> bool:
	"""Whether somebody's user permissions name every company that grading counts; nothing is cached by it."""
	return _counted() <= {company for _user, company in _permissions(user=user)}


def _permissions(**filters: str) -> list[tuple[str, str]]:
	"""User and company of each user permission on companies."""
	chosen = {"allow": "Company", **filters}
	return frappe.get_all("User Permission", chosen, ["user", "for_value"], as_list=True, order_by=None)


def _counted() -> set[str]:
	"""The companies of the policy in force; all of the site where it names none."""
	name = frappe.db.get_single_value("Customer Tiering Settings", "current_policy")
	text = name and frappe.db.get_value("Tiering Policy", name, "policy")
	companies = None
	with suppress(ValueError, AttributeError, RecursionError):  # a policy that cannot be read limits nothing
		companies = json.loads(text or "{}").get("companies")
	return set(
		(isinstance(companies, list) and companies) or frappe.get_all("Company", pluck="name", order_by=None)
	)
