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
from customer_tiering.names import GRADE_FIELDS, MODULE
from customer_tiering.setup.reports import ANSWERS
from customer_tiering.site.grading import state
from tests.bench import PASSWORD
from tests.site.conftest import empty
from tests.site.helpers.selling import ITEM, ago, drain, invoice, make_customer
from tests.site.helpers.serving import Person, make_user, served

# Names that an unescaped condition would stumble over.
OWN, OTHER, GONE = '100% O\'Neill & "Sons"', "Other %s Ltd", "Gone"
API = "customer_tiering.api."

#: Everyone who tries, with his roles; a guest and Administrator need none.
ROLES: dict[str, tuple[str, ...]] = {
	"website": (),
	"sales": ("Sales User",),
	"sales of one customer": ("Sales User",),
	"sales of one territory": ("Sales User",),
	"sales manager": ("Sales Manager",),
	"tiering manager": ("Tiering Manager",),
	"tiering manager in sales": ("Tiering Manager", "Sales User"),
	"system manager": ("System Manager",),
}
EVERYONE = ("guest", *ROLES, "administrator")
SELLERS = ("sales", "sales manager", "tiering manager in sales", "administrator")
LIMITED = ("sales of one customer", "sales of one territory")
READERS = (*SELLERS, *LIMITED, "tiering manager", "system manager")
MANAGERS = ("tiering manager", "tiering manager in sales", "system manager", "administrator")
#: Managing alone does not open the customers: these may read them as well.
MANAGING_SELLERS = ("tiering manager in sales", "administrator")
OVERRIDE = {"tier": "Gold", "mode": "At Least", "reason": "for a test"}

#: What may be done about a customer on a list, by whoever may read him.
ACTS: dict[str, dict[str, Any]] = {
	"log_contact": {"medium": "Phone", "note": "for a test"},
	"mailed": {"mail": "none"},
	"put_off": {"until": "2999-01-01"},
	"skip_follow_up": {"reason": "for a test"},
	"hand_over": {"user": "Administrator"},
	"agree_contacts": {"days": 30, "reason": "for a test"},
}
#: Function, how it is called, with what, and who may. Nobody else.
FUNCTIONS: tuple[tuple[str, str, dict[str, Any], tuple[str, ...]], ...] = (
	("get_grade", "GET", {"customer": OTHER}, SELLERS),
	("get_grade", "GET", {"customer": OWN}, (*SELLERS, *LIMITED)),
	("order_outlook", "GET", {"customer": OTHER}, SELLERS),
	("order_outlook", "GET", {"customer": OWN}, (*SELLERS, *LIMITED)),
	("metrics", "GET", {}, READERS),
	("figure", "GET", {"filters": {"figure": "customers"}}, READERS),
	("chart", "GET", {"chart_name": "Tiers Over Time"}, READERS),
	("policy_status", "GET", {}, MANAGERS),
	("health", "GET", {}, MANAGERS),
	("forecast", "GET", {}, MANAGERS),
	("preview", "GET", {}, MANAGERS),
	("ladder_figures", "GET", {}, MANAGERS),
	("ready_made_policies", "GET", {}, MANAGERS),
	("publish", "POST", {"comment": "nothing new"}, MANAGERS),
	("load_policy", "POST", {"name": "rfm"}, MANAGERS),
	("rescore", "POST", {"customers": [OWN, OTHER]}, MANAGING_SELLERS),
	("set_override", "POST", {"customer": OTHER, **OVERRIDE}, MANAGING_SELLERS),
	("end_override", "POST", {"customer": OTHER}, MANAGING_SELLERS),
	("standing", "GET", {"customers": json.dumps([OWN])}, (*SELLERS, *LIMITED)),
	("today", "GET", {}, READERS),
	("today", "GET", {"user": "sales@example.com"}, ("sales manager", *MANAGERS, "sales")),
	("make_my_list", "POST", {}, READERS),
	("mail_me_each_morning", "POST", {"wanted": 0}, READERS),
	*((name, "POST", {"customer": OTHER, **values}, SELLERS) for name, values in ACTS.items()),
	*((name, "POST", {"customer": OWN, **values}, (*SELLERS, *LIMITED)) for name, values in ACTS.items()),
)
#: Rows of a form's table are listed by nobody; 16 lets its Administrator.
ROWS_LISTED = () if frappe.__version__.startswith("15") else ("administrator",)
#: DocType: who may read its list, who may read the row about OTHER (or any row), and who may write.
DOCTYPES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
	"Customer Score": (READERS, SELLERS, ()),
	"Tier Change": (READERS, SELLERS, ()),
	"Customer Follow-up": (READERS, SELLERS, ()),
	"Rescore Request": (MANAGERS, MANAGING_SELLERS, ()),
	"Tiering Failure": (MANAGERS, MANAGERS, ()),
	# totals of everyone: a row opens only to whom no customer is closed
	"Tier Snapshot": (("sales manager", *MANAGERS), ("sales manager", *MANAGING_SELLERS), ()),
	"Tiering Policy": (READERS, READERS, ()),
	"Customer Tier": (READERS, READERS, MANAGERS),
	"Tier Rule": (READERS, READERS, MANAGERS),
	# with what grading remembers: figures of single customers
	"Customer Tiering Settings": ((), MANAGERS, MANAGERS),
	"Tier Rule Band": (ROWS_LISTED, READERS, MANAGERS),  # rows of a rule, read and written as it is
	"Tier Contact Interval": (ROWS_LISTED, READERS, MANAGERS),  # rows of a tier
	"Tiering Company": (ROWS_LISTED, (), ()),  # rows of the settings
}
REPORTS = dict.fromkeys(ANSWERS, (*SELLERS, *LIMITED))
ABOUT_CUSTOMERS = ("Customer Score", "Tier Change", "Customer Follow-up")
RECORDS = (*ABOUT_CUSTOMERS, "Rescore Request", "Tiering Failure", "Tier Snapshot", "Tiering Policy")
#: What is sent to make a row, and to change one.
NEW: dict[str, dict[str, Any]] = {
	"Customer Score": {"customer": OTHER, "tier": "Platinum"},
	"Tier Change": {"customer": OTHER, "to_tier": "Platinum", "cause": "Manual"},
	"Customer Follow-up": {"customer": OTHER, "reason": "Silent"},
	"Rescore Request": {"customer": OTHER, "cause": "Manual"},
	"Tiering Failure": {"kind": "Drain"},
	"Tier Snapshot": {"month": "2026-01-01", "tier": "Gold"},
	"Tiering Policy": {"version": 99, "title": "mine", "policy": "{}", "docstatus": 1},
	"Customer Tier": {"tier_name": "Made in a Test", "min_score": 0, "color": "Gray", "disabled": 1},
	"Tier Rule": {"rule_name": "Made in a Test", "rule_type": "Score", "method": "By Stage", "disabled": 1},
	"Tier Rule Band": {"parent": "Rule of a Test", "parenttype": "Tier Rule", "parentfield": "bands"},
	"Tier Contact Interval": {
		"parent": "Gold",
		"parenttype": "Customer Tier",
		"parentfield": "contact_intervals",
		"lifecycle_stage": "Lost",
	},
}
RULE = {"rule_name": "Rule of a Test", "rule_type": "Score", "method": "By Stage", "disabled": 1}
EDIT = {
	"Customer Score": {"tier": "Platinum", "override_tier": "Platinum", "score": 100},
	"Tier Change": {"to_tier": "Platinum"},
	"Customer Follow-up": {"status": "Done", "assigned_to": "Administrator"},
	"Rescore Request": {"cause": "Manual"},
	"Tiering Failure": {"reason": "none"},
	"Tier Snapshot": {"revenue": 1},
	"Tiering Policy": {"policy": "{}", "docstatus": 2},
	"Customer Tier": {"strategy": ""},
	"Tier Rule": {"points_if_missing": 0},
	"Customer Tiering Settings": {"exclude_opening": 1},
	"Tier Rule Band": {"points": 100},
	"Tier Contact Interval": {"contact_every_days": 3},
	"Tiering Company": {"company": "Jade River Trading"},
}
REFUSED = (401, 403)


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


def _allowed(reply: Any) -> bool:
	"""Whether somebody was let in; a refusal of what he sent, in a sentence, is not a refusal of him."""
	assert reply.status_code in (200, 202, 417, *REFUSED), f"{reply.status_code}: {reply.text[:500]}"
	return reply.status_code not in REFUSED


def _wrong(found: dict[str, bool], may: dict[str, bool]) -> list[str]:
	return [f"{cell}: {'may' if seen else 'may not'}" for cell, seen in found.items() if seen != may[cell]]


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
		found[cell] = _allowed(people[who].call(API + function, verb, **values))
		may[cell] = who in those
	assert not _wrong(found, may)


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
			found[f"{deed} {doctype}"] = _allowed(reply) and reply.ok
			may[f"{deed} {doctype}"] = who in those[deed]
	assert not _wrong(found, may)
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
		assert who == "administrator" or not _allowed(reply), reply.url


@pytest.mark.parametrize(
	"field", ["cut_points", "forecast", "last_run_customers", "review_sent", "current_policy"]
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
		assert _allowed(reply) == (who in MANAGERS), function


@pytest.mark.parametrize("who", ["sales", "sales manager", *MANAGERS])
@pytest.mark.parametrize("doctype", [*RECORDS, "Customer Tier", "Tier Rule", "Customer Tiering Settings"])
def test_sharing_opens_no_other_way(who: str, doctype: str, people: dict[str, Person], waiting: None) -> None:
	me = "Administrator" if who == "administrator" else f"{who.replace(' ', '.')}@example.com"
	before = _stored(doctype) if doctype in RECORDS else None
	reply = people[who].call(
		"frappe.share.add", doctype=doctype, name=_row(doctype), user=me, read=1, write=1, share=1
	)
	writers = ("administrator", *DOCTYPES[doctype][2])
	assert _allowed(reply) == (who in writers)
	people[who].send("PUT", f"/api/resource/{doctype}/{_row(doctype)}", EDIT[doctype])
	frappe.db.rollback()
	assert before is None or _stored(doctype) == before
	frappe.db.delete("DocShare", {"share_doctype": doctype})
	frappe.db.commit()


@pytest.mark.parametrize("who", EVERYONE)
def test_the_page_is_opened_by_whoever_sells_or_manages(who: str, people: dict[str, Person]) -> None:
	reply = people[who].call("frappe.desk.desk_page.getpage", "GET", name="my-customers-today")
	assert _allowed(reply) == (who in READERS)


@pytest.mark.parametrize("who", EVERYONE)
def test_a_report_is_run_by_those_in_the_table_alone(who: str, people: dict[str, Person]) -> None:
	period = {"from_date": str(ago(30)), "to_date": str(ago(0))}
	for report, those in REPORTS.items():
		reply = people[who].call(
			"frappe.desk.query_report.run", "POST", report_name=report, filters=json.dumps(period)
		)
		assert _allowed(reply) == (who in those), report


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
			assert _allowed(reply) == may, reply.url


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
