"""Every whitelisted function. Each asks for permission before it does anything."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from customer_tiering.site import outbox

_MAX_CUSTOMERS = 1000


@frappe.whitelist()
def get_grade(customer: str) -> dict[str, Any]:
	"""A customer's grade and the reasons for it, for whoever may read the customer."""
	from customer_tiering.site import grades

	_check_customers([customer])
	return grades.get(customer) | {"may_override": _may_configure()}


@frappe.whitelist(methods=["POST"])
def rescore(customers: str | list[str]) -> int:
	"""Have customers graded again in the background; gives how many were marked."""
	_only_managers()
	names = frappe.parse_json(customers) if isinstance(customers, str) else customers
	if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
		frappe.throw(_("Customers must be a list of names."))
	if len(names) > _MAX_CUSTOMERS:
		frappe.throw(
			_("Rescore up to {0} customers at once; publishing grades everyone.").format(_MAX_CUSTOMERS)
		)
	_check_customers(names)
	for name in names:
		outbox.mark(name, "Manual")
	return len(names)


@frappe.whitelist()
def policy_status() -> dict[str, Any]:
	"""What is published, and whether the draft differs from it."""
	from customer_tiering.site import publishing

	_only_managers()
	return publishing.status()


@frappe.whitelist(methods=["GET"])
def health() -> dict[str, Any]:
	"""What happened: the last run, the backlog, what failed and why, and who was skipped."""
	from customer_tiering.site.health import status

	_only_managers()
	return status()


@frappe.whitelist()
def preview() -> dict[str, Any]:
	"""Who would go where if the draft were published now."""
	from customer_tiering.site import publishing

	_only_managers()
	return publishing.preview()


@frappe.whitelist(methods=["POST"])
def publish(comment: str = "") -> str:
	"""Make the draft the policy in force; gives its name."""
	from customer_tiering.site import publishing

	_only_managers()
	return publishing.publish(comment)


@frappe.whitelist()
def ready_made_policies() -> list[dict[str, Any]]:
	"""The ready-made policies: name, description and tiers from the highest down."""
	from customer_tiering import policies

	_only_managers()
	found = [policies.load(name) for name in policies.names()]
	return [
		{"name": p["name"], "description": p["description"], "tiers": [tier["name"] for tier in p["tiers"]]}
		for p in found
	]


@frappe.whitelist(methods=["POST"])
def load_policy(name: str) -> None:
	"""Replace the draft by a ready-made policy; nothing is published."""
	from customer_tiering import policies
	from customer_tiering.site import draft

	_only_managers()
	if name not in policies.names():
		frappe.throw(
			_("There is no ready-made policy {0}.").format(frappe.bold(frappe.utils.escape_html(name)))
		)
	draft.load(name)


@frappe.whitelist(methods=["POST"])
def set_override(customer: str, tier: str, mode: str, reason: str, until: str | None = None) -> None:
	"""Lay a tier over the one that a customer has earned."""
	from customer_tiering.site import grades

	_only_managers()
	_check_customers([customer])
	grades.override(customer, tier, mode, reason, until)


@frappe.whitelist(methods=["POST"])
def end_override(customer: str) -> None:
	"""Let the earned tier count again."""
	from customer_tiering.site import grades

	_only_managers()
	_check_customers([customer])
	grades.end_override(customer)


def _may_configure() -> bool:
	from customer_tiering.site.grades import MAY_CONFIGURE

	return frappe.session.user == "Administrator" or bool(set(MAY_CONFIGURE) & set(frappe.get_roles()))


def _only_managers() -> None:
	if not _may_configure():
		frappe.throw(_("Only a Tiering Manager may do this."), frappe.PermissionError)


def _check_customers(customers: list[str]) -> None:
	for customer in customers:
		if not frappe.has_permission("Customer", "read", customer):
			frappe.throw(_("You may not see this customer."), frappe.PermissionError)
