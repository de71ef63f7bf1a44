"""What the tests of all reports share: a small company, its figures worked out by hand, and its readers."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import frappe
import pytest
from frappe.desk import query_report

from customer_tiering.customer_tiering import report as folder
from tests.site.helpers.kept import Kept, keep, put_back
from tests.site.helpers.selling import ago, credit, invoice, make_customer

COMPANY = "Jade River Trading"
_MODULES = [
	importlib.import_module(f"{folder.__name__}.{path.stem}.{path.stem}")
	for path in sorted(Path(folder.__file__).parent.iterdir())
	if path.is_dir() and not path.name.startswith("_")
]
#: Every report of the app, by its name.
REPORTS: dict[str, Any] = {module.NAME: module for module in _MODULES}


def period(**filters: Any) -> dict[str, Any]:
	"""The last hundred days, unless told otherwise."""
	return {"from_date": str(ago(99)), "to_date": str(ago(0)), **filters}


def hold(customer: str, tier: str | None, stage: str = "Active") -> None:
	"""Put a customer in a tier without asking how he came there."""
	frappe.db.set_value("Customer", customer, {"customer_tier": tier, "lifecycle_stage": stage})


def score(customer: str, **held: Any) -> None:
	"""Write a Customer Score without asking how it came about."""
	frappe.get_doc({"doctype": "Customer Score", "customer": customer, **held}).db_insert()


def sell(customer: str, *sales: tuple[int, float]) -> list[Any]:
	"""Submit an invoice per (days ago, amount)."""
	return [invoice(customer, amount, ago(days)) for days, amount in sales]


@pytest.fixture
def small() -> None:
	"""Six customers whose figures were worked out by hand; see the first test.

	Made through the document API once, and put back as it was for each other test, which is much faster.
	"""
	once("small", _make_small)


_kept: dict[str, Kept] = {}
_MADE = (
	"Series", "Customer", "Sales Team", "Sales Invoice", "Sales Invoice Item", "POS Invoice",
	"Customer Score", "Tier Change", "Tier Snapshot",
)  # fmt: skip


def once(name: str, make: Callable[[], None]) -> None:
	if name not in _kept:
		make()
		_kept[name] = keep(_MADE)
		return
	put_back(_kept[name])


def _make_small() -> None:
	for name in ("Ada", "Bob", "Cy", "Dee", "Eve", "Fay"):
		make_customer(name)
	first, *_rest = sell("Ada", (5, 1000), (50, 500), (150, 800))
	credit(first, 200, ago(3))
	returned, *_rest = sell("Bob", (10, 300), (199, 400))
	credit(returned, on=ago(2))
	sell("Cy", (99, 700), (200, 50))
	sell("Dee", (100, 100))
	frappe.db.set_value("Customer", "Dee", "disabled", 1)
	for name, tier in {"Ada": "Platinum", "Bob": "Gold", "Cy": "Gold", "Dee": "Silver", "Eve": "Old"}.items():
		hold(name, tier)
	hold("Fay", None, "Prospect")


@pytest.fixture
def reader() -> Iterator[Callable[..., str]]:
	"""Makes a user with some roles and user permissions, and goes on as him."""
	made = []

	def become(*roles: str, **permissions: str) -> str:
		email = f"{frappe.generate_hash(length=8)}@example.com"
		made.append(email)
		frappe.get_doc(
			{
				"doctype": "User",
				"email": email,
				"first_name": "Rita",
				"send_welcome_email": 0,
				"roles": [{"role": role} for role in roles],
			}
		).insert()
		for doctype, value in permissions.items():
			frappe.get_doc(
				{
					"doctype": "User Permission",
					"user": email,
					"allow": frappe.unscrub(doctype),
					"for_value": value,
				}
			).insert()
		frappe.set_user(email)
		return email

	yield become
	frappe.set_user("Administrator")
	frappe.db.rollback()
	for email in made:
		frappe.clear_cache(user=email)


@pytest.fixture
def untidy(small: None) -> None:
	"""Documents of every class that is left out, and a till's own."""
	once("untidy", _make_untidy)


def _make_untidy() -> None:
	flags = {"is_opening": "Yes", "is_internal_customer": 1, "is_consolidated": 1}
	for amount, (flag, value) in zip((11, 22, 44), flags.items(), strict=True):
		sell("Ada", (20, amount))[0].db_set(flag, value)
		sell("Cy", (120, amount))[0].db_set(flag, value)
	invoice("Ada", 5000, ago(4), submit=False)
	invoice("Ada", 6000, ago(4)).cancel()
	till = {"doctype": "POS Invoice", "name": "TILL-1", "customer": "Cy", "company": COMPANY, "docstatus": 1}
	frappe.get_doc({**till, "posting_date": ago(8), "base_net_total": 44}).db_insert()


def as_the_desk(report: str, **filters: Any) -> dict[str, Any]:
	"""What the host's own endpoint gives, with the rows that it lets through."""
	return query_report.run(report, filters=json.dumps(period(**filters)))


def register_total(**filters: Any) -> float:
	"""The net total of ERPNext's own Sales Register over the period."""
	from erpnext.accounts.report.sales_register.sales_register import execute as sales_register

	return sum(
		row["net_total"] for row in sales_register(frappe._dict(period(company=COMPANY, **filters)))[1]
	)


def queries(work: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> int:
	"""How many statements some work sends to the database."""
	count = 0
	ask = frappe.db.sql

	def counted(*args: Any, **kwargs: Any) -> Any:
		nonlocal count
		count += 1
		return ask(*args, **kwargs)

	with monkeypatch.context() as patch:
		patch.setattr(frappe.db, "sql", counted)
		work()
	return count


def make_sales_person(name: str) -> None:
	"""A sales person, unless he is there."""
	if not frappe.db.exists("Sales Person", name):
		parent = frappe.db.get_value("Sales Person", {"is_group": 1}, "name")
		frappe.get_doc(
			{"doctype": "Sales Person", "sales_person_name": name, "parent_sales_person": parent}
		).insert()


def on_team(customer: str, sales_person: str) -> None:
	"""Make a sales person one customer's."""
	make_sales_person(sales_person)
	where = {"parent": customer, "parenttype": "Customer", "parentfield": "sales_team"}
	last = frappe.db.count("Sales Team", where)
	row = {"doctype": "Sales Team", **where, "idx": last + 1, "sales_person": sales_person}
	frappe.get_doc(row).db_insert()


def other_company(currency: str = "USD") -> str:
	"""Another company, as far as reading needs one; a name per currency, as the host caches companies."""
	name = f"Other {currency}"
	if not frappe.db.exists("Company", name):
		company = {"doctype": "Company", "name": name, "company_name": name, "abbr": f"O{currency}"}
		frappe.get_doc({**company, "default_currency": currency, "country": "United States"}).db_insert()
	return name
