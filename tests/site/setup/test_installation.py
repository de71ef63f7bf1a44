"""Install and uninstall, each twice; what the app adds, and that nothing of it stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import frappe
import pytest

from customer_tiering.names import MODULE, ROLE
from customer_tiering.setup import install
from customer_tiering.setup.fields import CUSTOM_FIELDS
from tests.site.conftest import SITE, connect
from tests.site.helpers.company import schema
from tests.site.helpers.selling import ago, drain, graded, invoice, make_customer

OF_THE_MODULE = (
	"DocType", "Report", "Custom Field", "Workspace", "Number Card", "Dashboard Chart",
	"Dashboard Chart Source", "Module Onboarding",
)  # fmt: skip


def bench(*words: str) -> str:
	"""Run a bench command on the site, as an admin does."""
	done = subprocess.run(
		[sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", SITE, *words],
		cwd=os.environ["SITES_PATH"],
		env=os.environ,
		text=True,
		stdin=subprocess.DEVNULL,
		capture_output=True,
	)
	assert done.returncode == 0, done.stdout + done.stderr
	return done.stdout


def test_every_field_is_there_and_belongs_to_the_module() -> None:
	for doctype, fields in CUSTOM_FIELDS.items():
		for field in fields:
			stored = frappe.get_doc("Custom Field", {"dt": doctype, "fieldname": field["fieldname"]})
			assert stored.module == MODULE
			after = stored.insert_after
			assert frappe.get_meta(doctype).has_field(after), f"{doctype} has no field {after}"


def test_installing_twice_does_no_harm() -> None:
	before = (
		frappe.db.count("Custom Field"), frappe.db.count("Role"), frappe.db.count("Tiering Policy"),
	)  # fmt: skip
	install.after_install()
	after = (frappe.db.count("Custom Field"), frappe.db.count("Role"), frappe.db.count("Tiering Policy"))
	assert after == before


def test_a_table_that_cannot_have_the_index_is_logged_and_stops_nothing(
	monkeypatch: pytest.MonkeyPatch,
) -> None:
	def add_index(*_args: object) -> None:
		frappe.db.sql("alter table `tabSales Invoice` add index of_nothing (no_such_column)")

	monkeypatch.setattr(frappe.db, "add_index", add_index)
	install.make_indexes()
	logged = frappe.get_all("Error Log", pluck="method", order_by=None)
	for doctype in ("Sales Invoice", "POS Invoice"):
		assert f"Customer Tiering could not add its index to {doctype}; reading is slower." in logged
	assert frappe.db.has_index("tabSales Invoice", "customer_tiering_sales_invoice"), "the one that was there"


def test_the_roles_may_what_they_should() -> None:
	may = {
		doctype: {
			(perm.role, right)
			for perm in frappe.get_meta(doctype).permissions
			for right in ("read", "write", "create", "delete")
			if perm.get(right)
		}
		for doctype in ("Customer Tier", "Tier Rule", "Customer Score", "Tier Change", "Tiering Policy")
	}
	for doctype, rights in may.items():
		assert {(role, "read") for role in (ROLE, "Sales Manager", "Sales User")} <= rights, doctype
		assert not {(role, "write") for role in ("Sales Manager", "Sales User")} & rights, doctype
	assert (ROLE, "write") in may["Customer Tier"]
	assert (ROLE, "write") in may["Tier Rule"]
	for doctype in ("Customer Score", "Tier Change", "Tiering Policy"):
		assert {right for _role, right in may[doctype]} == {"read"}, f"{doctype} is written by grading alone"


@pytest.fixture
def reinstalled() -> object:
	"""Whatever happens, later tests find the app installed."""
	yield
	frappe.destroy()
	if "customer_tiering" not in bench("list-apps"):
		bench("install-app", "customer_tiering")
	connect()


@pytest.mark.usefixtures("reinstalled")
def test_uninstalling_leaves_nothing_and_the_sales_as_they_were() -> None:
	name = make_customer("Witness")
	document = invoice(name, 100, ago(1))
	drain()
	assert graded(name)["tier"]
	customer = _record("Customer", name)
	sale = _record("Sales Invoice", document.name)
	steps = [step.name for step in frappe.get_doc("Module Onboarding", MODULE).get_steps()]
	assert all(frappe.db.exists(doctype, {"module": MODULE}) for doctype in OF_THE_MODULE)
	frappe.db.commit()
	frappe.destroy()

	bench("uninstall-app", "customer_tiering", "--yes", "--no-backup")
	connect()
	before = json.loads((Path(os.environ["SITES_PATH"]) / "schema_before.json").read_text())
	assert schema() == before
	assert not frappe.db.exists("Role", ROLE)
	assert not frappe.db.exists("Module Def", MODULE)
	for doctype in OF_THE_MODULE:
		assert not frappe.db.exists(doctype, {"module": MODULE}), doctype
	assert steps and not frappe.db.exists("Onboarding Step", {"name": ("in", steps)})
	assert not frappe.db.count("Has Role", {"role": ROLE})
	for doctype in ("Desktop Icon", "Workspace Sidebar"):
		if frappe.db.exists("DocType", doctype):
			assert not frappe.db.exists(doctype, MODULE), doctype
	assert not frappe.db.count("Singles", {"doctype": ("like", "%Tier%")})
	assert not frappe.db.count("Scheduled Job Type", {"method": ("like", "customer_tiering%")})
	ours = [field["fieldname"] for fields in CUSTOM_FIELDS.values() for field in fields]
	assert _record("Customer", name) == {k: v for k, v in customer.items() if k not in ours}
	assert _record("Sales Invoice", document.name) == {k: v for k, v in sale.items() if k not in ours}
	frappe.destroy()

	bench("uninstall-app", "customer_tiering", "--yes", "--no-backup")  # again: nothing to do, no harm
	bench("install-app", "customer_tiering")
	connect()
	drain()
	assert graded(name)["tier"] == "Silver", "installing again grades who is there"


def _record(doctype: str, name: str) -> dict[str, object]:
	return dict(frappe.db.get_value(doctype, name, "*", as_dict=True))
