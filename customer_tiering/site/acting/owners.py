"""Who looks after whom: the user of a customer's first sales person, else his account manager."""

from __future__ import annotations

from collections.abc import Sequence

import frappe
from frappe.query_builder import DocType

from customer_tiering.site.database.bulk_reading import OneOf


def read(customers: Sequence[str] | None = None) -> dict[str, str]:
	"""The user who looks after each customer; whoever has none, or one who is disabled, is left out.

	Args:
		customers: whose; None: of everyone who is not disabled.
	"""
	people = DocType("Customer")
	managed = frappe.qb.from_(people).select(people.name, people.account_manager)
	managed = managed.where((people.account_manager != "") & (people.disabled == 0))
	if customers is not None:
		managed = managed.where(OneOf(people.name, customers))
	found = {**dict(managed.run()), **_first_sales_persons(customers)}
	able = _enabled(set(found.values()))
	return {customer: user for customer, user in found.items() if user in able}


def customers_of(user: str) -> list[str]:
	"""The customers whom a user looks after, in order."""
	people, team = DocType("Customer"), DocType("Sales Team")
	own = frappe.qb.from_(people).select(people.name).where(people.account_manager == user)
	named = (
		frappe.qb.from_(team)
		.select(team.parent)
		.where((team.parenttype == "Customer") & team.sales_person.isin(_persons_of(user) or [""]))
	)
	asked = {*own.run(pluck=True), *named.run(pluck=True)}
	return sorted(customer for customer, owner in read(sorted(asked)).items() if owner == user)


def manager_of(user: str) -> str | None:
	"""The enabled user to whom a user reports, as their Employee records say; None: nobody is known."""
	boss = frappe.db.get_value("Employee", {"user_id": user, "status": "Active"}, "reports_to")
	found = frappe.db.get_value("Employee", boss, "user_id") if boss else None
	return found if found and _enabled({found}) else None


def _first_sales_persons(customers: Sequence[str] | None) -> dict[str, str]:
	team, person, staff, people = (
		DocType(name) for name in ("Sales Team", "Sales Person", "Employee", "Customer")
	)
	query = (
		frappe.qb.from_(team)
		.join(people)
		.on((people.name == team.parent) & (people.disabled == 0))
		.join(person)
		.on(person.name == team.sales_person)
		.join(staff)
		.on(staff.name == person.employee)
		.select(team.parent, staff.user_id)
		.where((team.parenttype == "Customer") & (team.idx == 1) & (staff.user_id != ""))
		.where(staff.status == "Active")
	)
	if customers is not None:
		query = query.where(OneOf(team.parent, customers))
	return dict(query.run())


def _persons_of(user: str) -> list[str]:
	person, staff = DocType("Sales Person"), DocType("Employee")
	query = frappe.qb.from_(person).join(staff).on(staff.name == person.employee).select(person.name)
	return query.where(staff.user_id == user).run(pluck=True)


def _enabled(users: set[str]) -> set[str]:
	filters = {"name": ("in", sorted(users) or [""]), "enabled": 1}
	return set(frappe.get_all("User", filters=filters, pluck="name", order_by=None))
