"""Whose rows a reader sees, through every door, and that nobody writes a grade by hand."""

from __future__ import annotations

import json
from typing import Any

import frappe
import pytest

from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.grading import state
from tests.site.access.everyone.tables import ABOUT_CUSTOMERS, GONE, LIMITED, OTHER, OWN, allowed
from tests.site.helpers.selling import ITEM, ago
from tests.site.helpers.serving import Person

# -- one customer and another -----------------------------------------------------------------------


def _rows(person: Person, door: str, doctype: str) -> Any:
	"""Which customers' rows come through one of the desk's doors."""
	fields = json.dumps(["name", "customer"])
	view = {"doctype": doctype, "fields": json.dumps([f"`tab{doctype}`.`customer`"])}
	if door == "resource":
		rows = person.send("GET", f"/api/resource/{doctype}", {"fields": fields, "limit": 0})
		return {row["customer"] for row in rows.json()["data"]}
	if door == "get_list":
		rows = person.call("frappe.client.get_list", "GET", doctype=doctype, fields=fields)
		return {row["customer"] for row in rows.json()["message"]}
	if door == "get_value":
		values = {"filters": json.dumps({"customer": OTHER}), "fieldname": "customer"}
		reply = person.call("frappe.client.get_value", "GET", doctype=doctype, **values)
		return {OTHER} if OTHER in reply.text else {OWN}
	if door == "report view":
		reply = person.call("frappe.desk.reportview.get", **view).json()["message"]
		return {row[0] for row in reply["values"]}
	if door == "export":
		view |= {"file_format_type": "CSV", "title": "x"}
		text = person.call("frappe.desk.reportview.export_query", **view).content.decode()
		return {name for name in (OWN, OTHER, GONE) if name.split(" ")[0] in text}
	raise AssertionError(door)


@pytest.mark.parametrize("doctype", ABOUT_CUSTOMERS)
@pytest.mark.parametrize("door", ["resource", "get_list", "get_value", "report view", "export"])
@pytest.mark.parametrize("who", [*LIMITED, "sales"])
def test_a_list_shows_the_readers_customers_alone(
	who: str, door: str, doctype: str, people: dict[str, Person]
) -> None:
	seen = _rows(people[who], door, doctype)
	if who in LIMITED:
		assert seen == {OWN}
	else:
		assert seen >= ({OTHER} if door == "get_value" else {OWN, OTHER})
		assert (GONE in seen) == (doctype == "Tier Change" and door != "get_value"), "the log outlives him"


# The host's ``frappe.client.get_count`` asks nobody for permission, whatever the DocType; the desk uses this.
@pytest.mark.parametrize("doctype", ABOUT_CUSTOMERS)
@pytest.mark.parametrize("who", [*LIMITED, "tiering manager", "system manager"])
def test_a_count_counts_the_readers_customers_alone(
	who: str, doctype: str, people: dict[str, Person]
) -> None:
	mine = frappe.db.count(doctype, {"customer": OWN}) if who in LIMITED else 0
	count = {"doctype": doctype, "filters": "[]", "fields": "[]", "distinct": "false"}
	assert people[who].call("frappe.desk.reportview.get_count", **count).json()["message"] == mine


@pytest.mark.parametrize("doctype", ABOUT_CUSTOMERS)
@pytest.mark.parametrize("who", LIMITED)
def test_another_customers_row_is_refused_by_name(who: str, doctype: str, people: dict[str, Person]) -> None:
	other, own = (frappe.db.get_value(doctype, {"customer": name}) for name in (OTHER, OWN))
	for row, may in ((own, True), (other, False)):
		for reply in (
			people[who].send("GET", f"/api/resource/{doctype}/{row}"),
			people[who].call("frappe.client.get", "GET", doctype=doctype, name=row),
			people[who].call("frappe.desk.form.load.getdoc", "GET", doctype=doctype, name=row),
		):
			assert allowed(reply) == may, reply.url


@pytest.mark.parametrize("who", LIMITED)
def test_a_report_shows_the_readers_customers_alone(who: str, people: dict[str, Person]) -> None:
	period = {"from_date": str(ago(30)), "to_date": str(ago(0)), "view": "Customers"}
	reply = people[who].call(
		"frappe.desk.query_report.run", report_name="Tier Performance", filters=json.dumps(period)
	)
	assert OTHER not in reply.text
	assert json.dumps(OWN)[1:-1] in reply.text


# -- grades are nobody's to write -------------------------------------------------------------------

FORGED = {
	"customer_tier": "Platinum",
	"tier_score": 99,
	"lifecycle_stage": "Loyal",
	"rfm_segment": "Champion",
}


def _grade(customer: str) -> dict[str, Any]:
	frappe.db.rollback()
	return frappe.db.get_value("Customer", customer, list(GRADE_FIELDS), as_dict=True)


@pytest.mark.parametrize("who", ["sales", "tiering manager in sales", "administrator"])
def test_a_grade_sent_with_a_customer_has_no_effect(who: str, people: dict[str, Person]) -> None:
	before = _grade(OTHER)
	assert before["customer_tier"]
	person = people[who]
	assert person.send("PUT", f"/api/resource/Customer/{OTHER.replace('%', '%25')}", FORGED).ok
	set_value = {"doctype": "Customer", "name": OTHER, "fieldname": FORGED}
	assert person.call("frappe.client.set_value", **set_value).ok
	update = {"doctype": "Customer", "docname": OTHER, **FORGED}
	assert person.call("frappe.client.bulk_update", docs=json.dumps([update])).ok
	assert _grade(OTHER) == before
	name = f"Newcomer of {who}"
	new = {"customer_name": name, "customer_group": "Commercial", "territory": "South", **FORGED}
	assert person.send("POST", "/api/resource/Customer", new).ok
	assert not any(_grade(name).values())
	frappe.delete_doc("Customer", name)
	frappe.db.commit()


def test_a_tier_sent_with_a_document_has_no_effect(people: dict[str, Person]) -> None:
	order = {
		"customer": OTHER,
		"transaction_date": str(ago(0)),
		"delivery_date": str(ago(-5)),
		"items": [{"item_code": ITEM, "qty": 1, "rate": 10}],
		"customer_tier": "Platinum",
	}
	made = people["sales"].send("POST", "/api/resource/Sales Order", order)
	assert made.ok, made.text
	held = _grade(OTHER)["customer_tier"]
	assert made.json()["data"]["customer_tier"] == held != "Platinum"
	name = made.json()["data"]["name"]
	people["sales"].send("PUT", f"/api/resource/Sales Order/{name}", {"customer_tier": "Platinum"})
	frappe.db.rollback()
	assert frappe.db.get_value("Sales Order", name, "customer_tier") == held
	frappe.delete_doc("Sales Order", name)
	frappe.db.commit()


@pytest.mark.parametrize("doctype", ["Quotation", "Sales Order", "Sales Invoice"])
def test_a_document_keeps_the_tier_of_its_making_until_its_customer_is_another(doctype: str) -> None:
	party = (
		{"quotation_to": "Customer", "party_name": OTHER} if doctype == "Quotation" else {"customer": OTHER}
	)
	day = "posting_date" if doctype == "Sales Invoice" else "transaction_date"
	items = [{"item_code": ITEM, "qty": 1, "rate": 10, "delivery_date": ago(-5)}]
	doc = frappe.get_doc(
		{"doctype": doctype, **party, day: ago(0), "items": items, "customer_tier": "Platinum"}
	).insert()
	held = _held(OTHER)
	assert doc.customer_tier == held
	frappe.db.set_value("Customer", OTHER, "customer_tier", "Gold")
	doc.customer_tier = "Platinum"
	doc.save()
	assert doc.customer_tier == held, "as it was when the document was made"
	frappe.db.set_value("Customer", OWN, "customer_tier", "Silver")
	doc.update({"customer": OWN, "customer_name": None} if doctype != "Quotation" else {"party_name": OWN})
	doc.save()
	assert doc.customer_tier == "Silver"


def _held(customer: str) -> str | None:
	return frappe.db.get_value("Customer", customer, "customer_tier")


def test_the_settings_keep_what_grading_wrote(people: dict[str, Person]) -> None:
	state.set_state({"forecast": "what the night has found"})
	frappe.db.commit()
	before = frappe.db.get_singles_dict("Customer Tiering Settings")
	forged = {"current_policy": None, "cut_points": "{}", "forecast": "", "last_run_customers": 5}
	reply = people["administrator"].send(
		"PUT", "/api/resource/Customer Tiering Settings/Customer Tiering Settings", forged
	)
	assert reply.ok, reply.text
	frappe.db.rollback()
	after = frappe.db.get_singles_dict("Customer Tiering Settings")
	assert {key: after[key] for key in forged} == {key: before[key] for key in forged}
