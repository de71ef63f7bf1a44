"""Who may do what: every function, DocType and report, for every kind of user, through real HTTP."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import frappe
import pytest

import customer_tiering
from customer_tiering.names import MODULE
from tests.site.access.everyone.tables import (
	API,
	DOCTYPES,
	EDIT,
	EVERYONE,
	FUNCTIONS,
	MANAGERS,
	NEW,
	OTHER,
	READERS,
	RECORDS,
	REFUSED,
	REPORTS,
	allowed,
	wrong,
)
from tests.site.helpers.selling import ago
from tests.site.helpers.serving import Person

# -- functions --------------------------------------------------------------------------------------


def _whitelisted() -> set[str]:
	"""Every function of the app that a browser may call, wherever it is."""
	for module in pkgutil.walk_packages(customer_tiering.__path__, "customer_tiering."):
		importlib.import_module(module.name)
	found = (f"{one.__module__}.{one.__qualname__}" for one in frappe.whitelisted)
	return {name for name in found if name.startswith("customer_tiering.")}


def test_every_whitelisted_function_is_in_the_table() -> None:
	assert _whitelisted() == {API + row[0] for row in FUNCTIONS}


def test_nothing_is_open_to_guests() -> None:
	assert not [one for one in frappe.guest_methods if one.__module__.startswith("customer_tiering")]


@pytest.mark.parametrize("who", EVERYONE)
def test_functions_are_open_to_those_in_the_table_alone(who: str, people: dict[str, Person]) -> None:
	found, may = {}, {}
	for function, verb, values, those in FUNCTIONS:
		cell = f"{function} {values}"
		found[cell] = allowed(people[who].call(API + function, verb, **values))
		may[cell] = who in those
	assert not wrong(found, may)


@pytest.mark.parametrize("row", [row for row in FUNCTIONS if row[1] == "POST"], ids=lambda row: row[0])
def test_what_writes_is_refused_over_get(row: Any, people: dict[str, Person]) -> None:
	function, _verb, values, _those = row
	for who in ("administrator", "tiering manager in sales"):
		texts = {
			key: json.dumps(value) if isinstance(value, list) else value for key, value in values.items()
		}
		assert people[who].call(API + function, "GET", **texts).status_code in REFUSED


# -- DocTypes ---------------------------------------------------------------------------------------


def test_every_doctype_and_report_is_in_its_table() -> None:
	assert set(frappe.get_all("DocType", {"module": MODULE}, pluck="name", order_by=None)) == set(DOCTYPES)
	assert set(frappe.get_all("Report", {"module": MODULE}, pluck="name", order_by=None)) == set(REPORTS)


def _row(doctype: str) -> str:
	"""A row that is there: the one about OTHER, if it is about a customer."""
	if frappe.get_meta(doctype).issingle:
		return doctype
	about = frappe.get_meta(doctype).has_field("customer")
	return frappe.db.get_value(doctype, {"customer": OTHER} if about else {}, "name", order_by="name asc")


def _stored(doctype: str) -> list[dict[str, Any]]:
	return frappe.get_all(doctype, fields=["*"], order_by="name asc")


@pytest.fixture
def waiting() -> Iterator[None]:
	"""A request that waits, and a failure."""
	from customer_tiering.site.grading import outbox

	outbox.mark(OTHER, "Manual")
	frappe.db.bulk_insert("Tiering Failure", ["name", "kind", "customer"], [("one", "Customer", OTHER)])
	frappe.db.commit()
	yield
	frappe.db.delete("Rescore Request")
	frappe.db.delete("Tiering Failure")
	frappe.db.commit()


@pytest.mark.parametrize("who", EVERYONE)
def test_doctypes_are_read_and_written_by_those_in_the_table_alone(
	who: str, people: dict[str, Person], waiting: None
) -> None:
	before = {doctype: _stored(doctype) for doctype in RECORDS}
	found: dict[str, bool] = {}
	may: dict[str, bool] = {}
	for doctype, (listing, reading, writing) in DOCTYPES.items():
		those = {"list": listing, "get": reading, "make": writing, "edit": writing, "delete": writing}
		for deed, reply in _deeds(people[who], doctype).items():
			found[f"{deed} {doctype}"] = allowed(reply) and reply.ok
			may[f"{deed} {doctype}"] = who in those[deed]
	assert not wrong(found, may)
	frappe.db.rollback()
	assert {doctype: _stored(doctype) for doctype in RECORDS} == before


def _deeds(person: Person, doctype: str) -> dict[str, Any]:
	"""The reply to each thing that one can do to a DocType's rows."""
	path, row = f"/api/resource/{doctype}", _row(doctype)
	deeds = {}
	if not frappe.get_meta(doctype).issingle:
		deeds["list"] = person.send("GET", path)
	if row:
		deeds["get"] = person.send("GET", f"{path}/{row}")
		deeds["edit"] = person.send("PUT", f"{path}/{row}", EDIT[doctype])
	if doctype in NEW:
		made = deeds["make"] = person.send("POST", path, NEW[doctype])
		if name := made.json()["data"]["name"] if made.ok else row:
			deeds["delete"] = person.send("DELETE", f"{path}/{name}")
	return deeds


@pytest.mark.parametrize("doctype", ["Tier Rule Band", "Tier Contact Interval", "Tiering Company"])
@pytest.mark.parametrize("who", EVERYONE)
def test_rows_of_a_table_are_listed_by_no_other_way(
	who: str, doctype: str, people: dict[str, Person]
) -> None:
	view = {"doctype": doctype, "fields": json.dumps([f"`tab{doctype}`.`parent`"])}
	for reply in (
		people[who].call("frappe.client.get_list", "GET", doctype=doctype, fields=json.dumps(["parent"])),
		people[who].call("frappe.desk.reportview.get", **view),
	):
		# The hosts differ in what they let their Administrator do.
		assert who == "administrator" or not allowed(reply), reply.url


@pytest.mark.parametrize(
	"field", ["cut_points", "forecast", "facts_read", "last_run_customers", "review_sent", "current_policy"]
)
@pytest.mark.parametrize("who", EVERYONE)
def test_what_grading_remembers_is_for_managers_alone(
	who: str, field: str, people: dict[str, Person]
) -> None:
	settings = "Customer Tiering Settings"
	for function, values in {
		"frappe.client.get_single_value": {"doctype": settings, "field": field},
		"frappe.client.get_value": {"doctype": settings, "fieldname": field},
		"frappe.client.get": {"doctype": settings},
		"frappe.desk.form.load.getdoc": {"doctype": settings, "name": settings},
	}.items():
		reply = people[who].call(function, "GET", **values)
		assert allowed(reply) == (who in MANAGERS), function


@pytest.mark.parametrize("who", ["sales", "sales manager", *MANAGERS])
@pytest.mark.parametrize("doctype", [*RECORDS, "Customer Tier", "Tier Rule", "Customer Tiering Settings"])
def test_sharing_opens_no_other_way(who: str, doctype: str, people: dict[str, Person], waiting: None) -> None:
	me = "Administrator" if who == "administrator" else f"{who.replace(' ', '.')}@example.com"
	before = _stored(doctype) if doctype in RECORDS else None
	reply = people[who].call(
		"frappe.share.add", doctype=doctype, name=_row(doctype), user=me, read=1, write=1, share=1
	)
	writers = ("administrator", *DOCTYPES[doctype][2])
	assert allowed(reply) == (who in writers)
	people[who].send("PUT", f"/api/resource/{doctype}/{_row(doctype)}", EDIT[doctype])
	frappe.db.rollback()
	assert before is None or _stored(doctype) == before
	frappe.db.delete("DocShare", {"share_doctype": doctype})
	frappe.db.commit()


@pytest.mark.parametrize("who", EVERYONE)
def test_the_page_is_opened_by_whoever_sells_or_manages(who: str, people: dict[str, Person]) -> None:
	reply = people[who].call("frappe.desk.desk_page.getpage", "GET", name="my-customers-today")
	assert allowed(reply) == (who in READERS)


@pytest.mark.parametrize("who", EVERYONE)
def test_a_report_is_run_by_those_in_the_table_alone(who: str, people: dict[str, Person]) -> None:
	period = {"from_date": str(ago(30)), "to_date": str(ago(0))}
	for report, those in REPORTS.items():
		reply = people[who].call(
			"frappe.desk.query_report.run", "POST", report_name=report, filters=json.dumps(period)
		)
		assert allowed(reply) == (who in those), report
