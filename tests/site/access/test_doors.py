"""Every door, tried by every role that may meet our fields, limited in each way: it tells nothing of others.

A secret is the name of a customer whom the reader may not see, or an amount of a company that he may not see,
alone or in any total; it is looked for in all that a door gives, its errors too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import frappe
import frappe.client
import pytest
from frappe.desk import listview, query_report, reportview
from frappe.desk.form import load
from frappe.desk.notifications import get_open_count
from frappe.desk.search import search_link
from frappe.permissions import AUTOMATIC_ROLES

from customer_tiering import api
from customer_tiering.customer_tiering.doctype.customer_tiering_settings import customer_tiering_settings
from customer_tiering.desk import boot, workspace
from customer_tiering.names import MODULE
from customer_tiering.reporting.mailing import review
from customer_tiering.setup.fields import CUSTOM_FIELDS
from customer_tiering.site.access import permissions
from tests.site.helpers.reports import COMPANY, REPORTS, on_team, once, other_company, period
from tests.site.helpers.selling import ago, drain, invoice, make_customer

SETTINGS = "Customer Tiering Settings"
OWN, OTHER = "Own Mill", "Zebra Works"
#: What each brought: at home, and OWN elsewhere too.
SOLD, SOLD_BY_OTHER, SOLD_ELSEWHERE = 1_000, 77_777, 55_555
_ALL = str(SOLD + SOLD_BY_OTHER + SOLD_ELSEWHERE)
#: Per limit, the user permissions and what must not be told then.
LIMITS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
	"territory": ({"territory": "North"}, (OTHER, "77777", "78777", _ALL)),
	"sales person": ({"sales_person": "Mine"}, (OTHER, "77777", "78777", _ALL)),
	"company": ({"company": COMPANY}, ("55555", "56555", _ALL, "Other USD")),
}
#: Whoever manages the ladder and sells, or mails reports.
TOGETHER = (("Tiering Manager", "Sales User"), ("Sales User", "Accounts User", "Report Manager"))
REFUSED = (frappe.PermissionError, frappe.ValidationError, frappe.DoesNotExistError)


def roles() -> list[tuple[str, ...]]:
	"""Every role of this host that may meet a field of ours, and some together."""
	doctypes = (*CUSTOM_FIELDS, *ours(), "POS Invoice", "Opportunity")
	found = {one.role for doctype in doctypes for one in frappe.get_meta(doctype).permissions}
	return [*((role,) for role in sorted(found - set(AUTOMATIC_ROLES))), *TOGETHER]


def read_customers() -> set[str]:
	"""The roles that may read customers."""
	return {one.role for one in frappe.get_meta("Customer").permissions if one.read and not one.permlevel}


def ours() -> list[str]:
	return frappe.get_all("DocType", {"module": MODULE, "istable": 0}, pluck="name", order_by="name asc")


@pytest.fixture
def trade() -> None:
	once("doors", _make_trade)
	other_company()


def _make_trade() -> None:
	for territory in ("North", "South"):
		if not frappe.db.exists("Territory", territory):
			parent = {"parent_territory": "All Territories"}
			frappe.get_doc({"doctype": "Territory", "territory_name": territory, **parent}).insert()
	for name, territory, person in ((OWN, "North", "Mine"), (OTHER, "South", "Another's")):
		make_customer(name, territory=territory)
		on_team(name, person)
	invoice(OWN, SOLD, ago(50))
	invoice(OTHER, SOLD_BY_OTHER, ago(20))
	invoice(OWN, SOLD_ELSEWHERE, ago(7)).db_set("company", other_company())
	drain()


# -- the doors --------------------------------------------------------------------------------------

Door = tuple[str, Callable[[], Any]]


def doors() -> Iterator[Door]:
	"""Each way in: its name, and what gives all that comes through it."""
	yield from _reports()
	for doctype in ours():
		yield from _single() if doctype == SETTINGS else _lists(doctype)
		if doctype != SETTINGS:
			yield f"search {doctype}", lambda doctype=doctype: search_link(doctype, "")
	for customer in (OWN, OTHER):
		yield f"panel of {customer}", lambda customer=customer: api.get_grade(customer)
	if frappe.has_permission("Customer", "read", OWN):  # else the host stumbles over its own refusal
		yield "connections", lambda: get_open_count("Customer", OWN)
	for figure in workspace.CARDS:
		yield f"card {figure}", lambda figure=figure: api.figure({"figure": figure})
	for chart in workspace.CHARTS:
		yield f"chart {chart}", lambda chart=chart: api.chart(chart)
	yield "boot", _boot
	yield "review", lambda: review.mail(frappe.utils.getdate(frappe.utils.get_last_day(ago(0))), {})


def _boot() -> Any:
	info = frappe._dict()
	boot.extend_bootinfo(info)
	return info


def _reports() -> Iterator[Door]:
	for name, module in REPORTS.items():
		# One role looks at every view and on paper; who may see whom is the same for all.
		for view in module.Chosen.VIEWS if _is_thorough() else module.Chosen.VIEWS[:1]:
			filters = json.dumps(period(view=view))
			yield f"report {name} {view}", lambda name=name, filters=filters: query_report.run(name, filters)
		yield f"export {name}", lambda name=name: _exported(name)
		for user in ("Administrator", frappe.session.user):
			yield f"mail {name} {user}", lambda name=name, user=user: _mailed(name, user)


def _is_thorough() -> bool:
	return set(frappe.get_roles()) - set(AUTOMATIC_ROLES) == {"Sales User"}


def _exported(report: str) -> Any:
	frappe.local.form_dict = frappe._dict(
		cmd="frappe.desk.query_report.export_query", report_name=report, file_format_type="CSV",
		filters=json.dumps(period()), visible_idx="[]", include_indentation=0,
	)  # fmt: skip
	query_report.export_query()
	return frappe.response.pop("filecontent", None)  # none: a page says that there is nothing to export


def _mailed(report: str, user: str) -> Any:
	mail = {
		"doctype": "Auto Email Report", "report": report, "report_type": "Script Report", "user": user,
		"email_to": frappe.session.user, "format": "CSV", "frequency": "Daily", "filter_meta": "[]",
		"enabled": 0, "filters": json.dumps(period()), "no_of_rows": 1000,
	}  # fmt: skip
	made = frappe.get_doc(mail).insert()
	me = frappe.session.user
	with permissions.acting("Administrator"):  # who runs the scheduler
		found = frappe.get_doc("Auto Email Report", made.name).get_report_content()
	assert frappe.session.user == me
	return found


def _single() -> Iterator[Door]:
	yield "settings", lambda: frappe.client.get(SETTINGS, SETTINGS)
	yield "settings form", lambda: load.getdoc(SETTINGS, SETTINGS) or frappe.response.docs
	for field in customer_tiering_settings.STATE:
		yield f"value of {field}", lambda field=field: frappe.client.get_single_value(SETTINGS, field)
		yield f"values of {field}", lambda field=field: frappe.client.get_value(SETTINGS, field)


def _lists(doctype: str) -> Iterator[Door]:
	yield f"list {doctype}", lambda: frappe.client.get_list(doctype, fields=["*"])
	yield f"report view {doctype}", lambda: _viewed(doctype, reportview.get)
	as_file = {"file_format_type": "CSV", "title": "x"}
	yield f"export {doctype}", lambda: _viewed(doctype, reportview.export_query, **as_file)
	yield f"groups {doctype}", lambda: listview.get_group_by_count(doctype, "[]", "owner")
	about = frappe.get_meta(doctype).has_field("customer")
	for row in frappe.get_all(doctype, filters={"customer": OTHER} if about else {}, pluck="name", limit=2):
		yield f"row of {doctype}", lambda row=row: frappe.client.get(doctype, row)
		yield f"form of {doctype}", lambda row=row: load.getdoc(doctype, row) or frappe.response.docs
		if _is_thorough():
			yield f"print of {doctype}", lambda row=row: frappe.get_print(doctype, row)


def _viewed(doctype: str, way: Callable[[], Any], **more: str) -> Any:
	fields = [name for name in frappe.get_meta(doctype).get_valid_columns() if not name.startswith("_")]
	asked = json.dumps([f"`tab{doctype}`.`{name}`" for name in fields])
	frappe.local.form_dict = frappe._dict(doctype=doctype, fields=asked, start=0, page_length=100, **more)
	return way() or frappe.response.pop("filecontent", frappe.response.pop("result", None))


# -- what comes through -----------------------------------------------------------------------------


def through(door: Callable[[], Any]) -> str:
	"""All that a door says, without what sets thousands apart; a refusal says its sentence."""
	frappe.clear_messages()
	try:
		found = door()
	except REFUSED as refused:
		found = f"{type(refused).__name__} {refused}"
	text = found.decode() if isinstance(found, bytes) else frappe.as_json(found)
	return f"{text} {frappe.local.message_log}".replace(",", "").replace("\u00a0", "")


def _is_a_managers(door: str, user: str) -> bool:
	"""Managing is of everyone: the settings with what grading remembers; and naming whose mails they are."""
	held = set(frappe.get_roles(user))
	if door.startswith("mail") and door.endswith("Administrator"):
		return "System Manager" in held
	return door.startswith(("settings", "value")) and bool(held & set(permissions.MAY_CONFIGURE))


def told(user: str, secrets: tuple[str, ...]) -> list[str]:
	"""Which doors tell somebody which secret."""
	found = []
	for name, door in doors():
		if not _is_a_managers(name, user):
			frappe.set_user(user)
			said = through(door)
			# As words: the names that the host makes up hold all kinds of digits.
			found += [f"{name}: {one}" for one in secrets if re.search(rf"(?<!\w){one}(?!\w)", said)]
	return found


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limited_reader_is_told_nothing_of_others(
	limit: str, trade: None, reader: Callable[..., str]
) -> None:
	limits, secrets = LIMITS[limit]
	for together in roles():
		if read_customers() & set(together):
			frappe.set_user("Administrator")
			assert not told(reader(*together, **limits), secrets), together


def test_whoever_reads_no_customers_is_told_of_none(trade: None, reader: Callable[..., str]) -> None:
	secrets = (OWN, OTHER, "77777", "78777", "55555", "56555", _ALL)
	for together in roles():
		if not read_customers() & set(together):
			frappe.set_user("Administrator")
			assert not told(reader(*together), secrets), together
