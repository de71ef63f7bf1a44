"""Everyone, logged in over HTTP, with two customers of whom the limited may see one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from tests.bench import PASSWORD
from tests.site.access.everyone.tables import GONE, NEW, OTHER, OWN, ROLES, RULE
from tests.site.conftest import empty
from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.site.helpers.serving import Person, make_user, served


@pytest.fixture(scope="module")
def people(_site: None) -> Iterator[dict[str, Person]]:
	"""Everyone, logged in, and two customers, one of whom the limited ones may not see."""
	frappe.set_user("Administrator")
	frappe.db.rollback()
	empty()
	_make_customers()
	emails = {name: make_user(f"{name.replace(' ', '.')}@example.com", *roles, website=name == "website")
		for name, roles in ROLES.items()}  # fmt: skip
	limits = [
		_limit(emails["sales of one customer"], "Customer", OWN),
		_limit(emails["sales of one territory"], "Territory", "North"),
	]
	frappe.db.commit()
	with served() as address:
		people = {name: Person(address, email) for name, email in emails.items()}
		people |= {"guest": Person(address), "administrator": Person(address, "Administrator", PASSWORD)}
		yield people
	for limit in limits:
		limit.delete()
	frappe.db.delete("Tier Contact Interval")
	frappe.db.commit()


@pytest.fixture(autouse=True)
def _clean(people: dict[str, Person]) -> Iterator[None]:
	"""In place of the site's own: all tests here share their customers."""
	frappe.set_user("Administrator")
	frappe.db.rollback()
	yield
	frappe.set_user("Administrator")
	frappe.db.rollback()


def _make_customers() -> None:
	for territory in ("North", "South"):
		if not frappe.db.exists("Territory", territory):
			frappe.get_doc(
				{"doctype": "Territory", "territory_name": territory, "parent_territory": "All Territories"}
			).insert()
	if not frappe.db.exists("Tier Rule", RULE["rule_name"]):
		frappe.get_doc({"doctype": "Tier Rule", **RULE, "bands": [{"stage": "New", "points": 1}]}).insert()
	for name, territory in ((OWN, "North"), (OTHER, "South"), (GONE, "North")):
		make_customer(name, territory=territory)
		if name != GONE:
			invoice(name, 1_000, ago(3))
	drain()
	for name in (OWN, OTHER):
		fields, row = ["name", "customer", "reason", "status"], (f"about {name}", name, "Silent", "Done")
		frappe.db.bulk_insert("Customer Follow-up", fields, [row])
	frappe.get_doc({"doctype": "Tier Contact Interval", **NEW["Tier Contact Interval"]}).db_insert()
	frappe.delete_doc("Customer", GONE)
	frappe.db.delete("Rescore Request")


def _limit(user: str, allow: str, value: str) -> Any:
	return frappe.get_doc(
		{"doctype": "User Permission", "user": user, "allow": allow, "for_value": value}
	).insert()
