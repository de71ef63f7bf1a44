"""Whatever is sent, the answer is a sentence: no server error, no traceback, no SQL, no markup, no file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import frappe
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.bench import PASSWORD
from tests.site.conftest import empty
from tests.site.helpers.reports import REPORTS
from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.site.helpers.serving import Person, served

API = "customer_tiering.api."
CUSTOMER = "Plain Buyer"
MARK = "<img src=x onerror=alert(1)>"
#: What has broken such things before.
NASTY = (
	"", " ", "\x00", "'", '"', "`", "\\", "%", "%s", "{0}", "{{ 7*7 }}", "{% raw %}", "${7*7}", "🜚",
	"\ud83d", "ß" * 141,
	"x" * 100_000, "' OR 1=1 -- ", "1; DROP TABLE tabCustomer", "../../etc/passwd", "/etc/passwd", "file:///etc/passwd",
	MARK, "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "null", "NaN", "Infinity", "-1", "1e308", "[]", "{}",
	"0001-01-01", "9999-12-31", "10000-01-01", "2026-13-45", "0000-00-00", "today", CUSTOMER, "Gold", "Exact", "rfm",
)  # fmt: skip
TEXTS = st.sampled_from(NASTY) | st.text(max_size=60)
SCALARS = TEXTS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = SCALARS | st.recursive(
	SCALARS,
	lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
	max_leaves=8,
)
#: Each function with what it would accept, from which single arguments are replaced.
CALLS: dict[str, dict[str, Any]] = {
	"get_grade": {"customer": CUSTOMER},
	"order_outlook": {"customer": CUSTOMER, "company": ""},
	"rescore": {"customers": [CUSTOMER]},
	"publish": {"comment": "x"},
	"load_policy": {"name": "rfm"},
	"set_override": {"customer": CUSTOMER, "tier": "Gold", "mode": "Exact", "reason": "x", "until": None},
	"end_override": {"customer": CUSTOMER},
	"standing": {"customers": json.dumps([CUSTOMER])},
	"today": {"user": "Administrator"},
	"mail_me_each_morning": {"wanted": 0},
	"log_contact": {"customer": CUSTOMER, "medium": "Phone", "note": "x"},
	"mailed": {"customer": CUSTOMER, "mail": "x"},
	"put_off": {"customer": CUSTOMER, "until": "2999-01-01"},
	"skip_follow_up": {"customer": CUSTOMER, "reason": "x"},
	"hand_over": {"customer": CUSTOMER, "user": "Administrator"},
	"agree_contacts": {
		"customer": CUSTOMER, "days": 30, "until": "2999-01-01", "paused_until": None, "reason": "x",
	},
}  # fmt: skip
#: Those of them that only tell.
GETS = ("get_grade", "order_outlook", "standing", "today")
#: What takes no argument, and whatever it is sent.
WITHOUT_ARGUMENTS = ("policy_status", "health", "forecast", "metrics", "preview", "ladder_figures")
FUZZ = settings(
	derandomize=True,
	deadline=None,
	max_examples=30,
	database=None,
	phases=[Phase.generate],  # nothing is gained by shrinking what was sent
	suppress_health_check=list(HealthCheck),
)
FEW = settings(FUZZ, max_examples=20)
REPLIES = {200, 202, 400, 401, 403, 404, 409, 413, 417}
TELLTALE = ("Traceback (most recent", "SQL syntax", "pymysql", "SELECT `", "root:x:0:0", "site_config.json")


@pytest.fixture(scope="module")
def manager(_site: None) -> Iterator[Person]:
	"""Administrator at a site that shows its users no tracebacks, with one customer who is graded."""
	frappe.set_user("Administrator")
	frappe.db.rollback()
	empty()
	make_customer(CUSTOMER)
	invoice(CUSTOMER, 1_000, ago(3))
	drain()
	frappe.db.set_single_value("Customer Tiering Settings", "follow_ups", 1)
	fields, row = ["name", "customer", "reason", "status"], ("open", CUSTOMER, "Silent", "Open")
	frappe.db.bulk_insert("Customer Follow-up", fields, [row])
	frappe.db.commit()
	shown = frappe.db.get_single_value("System Settings", "allow_error_traceback")
	_show_tracebacks(0)
	with served() as address:
		yield Person(address, "Administrator", PASSWORD)
	_show_tracebacks(shown)


def _show_tracebacks(shown: int) -> None:
	frappe.db.set_single_value("System Settings", "allow_error_traceback", shown)
	frappe.db.commit()
	frappe.clear_document_cache("System Settings", "System Settings")
	frappe.cache.delete_value("system_settings")


@pytest.fixture(autouse=True)
def _clean(manager: Person) -> Iterator[None]:
	"""In place of the site's own: all tests here share the one customer."""
	frappe.set_user("Administrator")
	frappe.db.rollback()
	yield
	frappe.db.rollback()


def _is_a_sentence(reply: Any, what: object, hosts: bool = False) -> None:
	"""Fails unless the reply is data, or a refusal that a person can read and that runs nowhere.

	What the host itself says of a value of the wrong kind (``hosts``) quotes it as it is.
	"""
	said = f"{what!r:.300}\n→ {reply.status_code}: {reply.text[:1500]}"
	if reply.status_code == 414 and len(repr(what)) > 50_000:
		return  # the server's own answer to an address of such a length
	assert reply.status_code in REPLIES, said
	assert reply.headers["Content-Type"].startswith("application/json"), said
	for telltale in TELLTALE:
		assert telltale not in reply.text, said
	if reply.status_code in (403, 404, 409, 417):
		assert "<img" not in _messages(reply) or hosts, said
	if reply.status_code == 417:
		assert _messages(reply).strip(), said


def _messages(reply: Any) -> str:
	"""What the desk would show in a dialog."""
	found = [json.loads(one)["message"] for one in json.loads(reply.json().get("_server_messages", "[]"))]
	return "\n".join(line for one in found for line in ([one] if isinstance(one, str) else one))


@pytest.mark.parametrize("function", CALLS)
def test_every_argument_of_every_function(function: str, manager: Person) -> None:
	verb = "GET" if function in GETS else "POST"

	@FUZZ
	@given(st.sampled_from(sorted(CALLS[function])), TEXTS.filter(_is_text) if verb == "GET" else VALUES)
	def call(argument: str, value: Any) -> None:
		values = CALLS[function] | {argument: value}
		_is_a_sentence(manager.call(API + function, verb, **values), values)

	call()
	manager.call(API + "end_override", customer=CUSTOMER)


def test_arguments_that_are_missing_or_nobody_knows(manager: Person) -> None:
	for function, values in CALLS.items():
		verb = "GET" if function in GETS else "POST"
		_is_a_sentence(manager.call(API + function, verb, unknown="x", cmd="x", **values), function)
		if function not in ("publish",):
			_is_a_sentence(manager.call(API + function, verb), function)


@pytest.mark.parametrize("function", WITHOUT_ARGUMENTS)
def test_whatever_is_sent_to_what_takes_no_argument(function: str, manager: Person) -> None:
	plain = manager.call(API + function, "GET").json()["message"]

	@FEW
	@given(st.sampled_from(["draft", "cut", "until", "policy", "cmd", "x"]), TEXTS)
	def call(argument: str, value: str) -> None:
		reply = manager.call(API + function, "GET", **{argument: value})
		_is_a_sentence(reply, argument)
		assert not reply.ok or reply.json()["message"] == plain

	call()


@pytest.mark.parametrize("doctype", ["Customer Score", "Tier Change", "Tiering Policy", "Tier Rule"])
def test_filters_of_a_list(doctype: str, manager: Person) -> None:
	fields = [field.fieldname for field in frappe.get_meta(doctype).fields]

	@FEW
	@given(st.sampled_from(fields) | TEXTS, st.sampled_from(["=", "like", "in", "between", ">"]), VALUES)
	def call(field: str, operator: str, value: Any) -> None:
		filters = json.dumps([[field, operator, value]])
		for path in (f"/api/resource/{doctype}", f"/api/resource/{doctype}?order_by={field[:40]}"):
			reply = manager.send("GET", path.replace("#", ""), {"filters": filters})
			_never_ours(reply, filters)

	call()


def _never_ours(reply: Any, what: object) -> None:
	"""Lists are the host's own code; it may trip over a filter, but not in a file of this app."""
	if reply.status_code in REPLIES:
		assert "customer_tiering/" not in reply.text, f"{what}: {reply.text[:1000]}"


def _is_text(value: Any) -> bool:
	"""Whether UTF-8 has it. 16 fails over half a pair while it logs what a report refused, with all variables."""
	return r"\ud83d" not in json.dumps(value)


@pytest.mark.parametrize("report", REPORTS)
def test_filters_of_a_report(report: str, manager: Person) -> None:
	chosen = REPORTS[report].Chosen
	base = {"from_date": str(ago(30)), "to_date": str(ago(0))}
	views, names = st.sampled_from(chosen.VIEWS), [field.name for field in fields(chosen)]

	@FEW
	@given(views, st.sampled_from(names), VALUES.filter(_is_text))
	def call(view: str, name: str, value: Any) -> None:
		filters = json.dumps(base | {"view": view} | {name: value})
		asked = {"report_name": report, "filters": filters, "ignore_prepared_report": 1}
		_is_a_sentence(manager.call("frappe.desk.query_report.run", **asked), filters)

	call()


# -- the draft ---------------------------------------------------------------------------------------

TIER_FIELDS = (
	"tier_name", "min_score", "top_share", "rise_days", "grace_days", "hold_days", "color", "strategy", "benefits", "contact_every_days",
)  # fmt: skip
RULE_FIELDS = (
	"rule_name", "rule_type", "metric", "window", "window_days", "method", "weight", "points_if_missing", "better",
	"buckets", "zero_at", "full_at", "condition", "value", "value_to", "tier", "company", "territory", "bands", "position",
)  # fmt: skip
LINKS = ("tier", "company", "territory")
NUMBERS = st.sampled_from(
	[1e308, -1e308, 1e18, 1e12, -1, 0.1234567891, 2**31, 2**63, 10**30, "NaN", "Infinity"]
)
RULE = {
	"rule_type": "Floor", "metric": "Revenue", "condition": "Between", "value": 1, "value_to": 2, "tier": "Gold",
	"window": "Rolling", "window_days": 30,
}  # fmt: skip


@pytest.mark.parametrize("doctype", ["Customer Tier", "Tier Rule"])
def test_a_draft_of_anything_is_saved_or_refused_and_previewed_or_refused(
	doctype: str, manager: Person
) -> None:
	key, names = ("tier_name", TIER_FIELDS) if doctype == "Customer Tier" else ("rule_name", RULE_FIELDS)
	base = {"min_score": 50, "color": "Gray"} if doctype == "Customer Tier" else RULE

	@FUZZ
	@given(st.sampled_from(names), NUMBERS | VALUES)
	def draft(field: str, value: Any) -> None:
		if field in LINKS:
			value = str(value)  # as for any other text; the host trips over a link that is a number
		try:
			made = manager.send("POST", f"/api/resource/{doctype}", {key: "Fuzzed", **base, field: value})
			_is_a_sentence(made, {field: value}, hosts=True)
			if made.ok:
				_is_a_sentence(manager.call(API + "preview", "GET"), {field: value})
		finally:
			frappe.db.delete(doctype, {"name": ("not in", before)})
			frappe.db.delete("Tier Rule Band", {"parent": ("not in", before)})
			frappe.db.commit()

	before = frappe.get_all(doctype, pluck="name", order_by=None)
	draft()
