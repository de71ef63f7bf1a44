"""Whatever is stored as the policy: the desk opens, screens say what is wrong, a new version may follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import frappe
import pytest

from customer_tiering import api, jobs
from customer_tiering.desk.boot import extend_bootinfo
from customer_tiering.names import SETTINGS
from customer_tiering.reporting.mailing import review_mails
from customer_tiering.site.grading import state
from tests.site.helpers.reports import REPORTS, period
from tests.site.helpers.selling import ago, graded, invoice, make_customer

NAMES = ("Lesser", "Greater")


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
	"""A policy's text with one thing in it made another."""

	def make(text: str) -> str:
		data = json.loads(text)
		change(data)
		return json.dumps(data)

	return make


BROKEN: dict[str, Callable[[str], str]] = {
	"no JSON": lambda text: text[:-20],
	"nothing": lambda _text: "",
	"null": lambda _text: "null",
	"a number": lambda _text: "7",
	"a list": lambda _text: "[]",
	"nested": lambda _text: "[" * 100_000,
	"no tiers": changed(lambda data: data.update(tiers=[])),
	"tiers are missing": changed(lambda data: data.pop("tiers")),
	"tiers are null": changed(lambda data: data.update(tiers=None)),
	"tiers are a text": changed(lambda data: data.update(tiers="Gold")),
	"a tier is a text": changed(lambda data: data["tiers"].append("Gold")),
	"a tier has no score": changed(lambda data: data["tiers"][0].pop("min_score")),
	"a tier's score is a text": changed(lambda data: data["tiers"][0].update(min_score="high")),
	"rules are missing": changed(lambda data: data.pop("rules")),
	"a rule is null": changed(lambda data: data["rules"].append(None)),
	"a method is unknown": changed(lambda data: data["rules"][0].update(method="Oracle")),
	"bands are a number": changed(lambda data: data["rules"][0].update(method="Bands", bands=5)),
	"stages are a list": changed(lambda data: data.update(stages=[1])),
}


@pytest.fixture(params=[*BROKEN, "deleted"])
def broken(request: pytest.FixtureRequest) -> None:
	"""Nothing is committed."""
	name = frappe.db.get_single_value(SETTINGS, "current_policy")
	if request.param == "deleted":
		frappe.db.delete("Tiering Policy", name)
		return
	text = BROKEN[request.param](frappe.db.get_value("Tiering Policy", name, "policy"))
	frappe.db.set_value("Tiering Policy", name, "policy", text)


@pytest.fixture
def pair() -> None:
	for number, name in enumerate(NAMES):
		invoice(make_customer(name), 1000 * (number + 1), ago(9 - number))
	frappe.db.commit()
	jobs.nightly()


def test_the_desk_opens_and_every_screen_says_what_is_wrong(broken: None) -> None:
	make_customer("Lesser")
	bootinfo = frappe._dict()
	extend_bootinfo(bootinfo)
	assert bootinfo.customer_tier_colors["Gold"], "what can be read is told"
	assert isinstance(bootinfo.customer_tier_ladder, list)
	status = api.policy_status()
	assert status["published"] is None and status["changed"]
	frappe.cache.delete_keys("customer_tiering_desk")
	said = [
		status["unreadable"],
		api.health()["unreadable"],
		api.get_grade("Lesser")["unreadable"],
		api.figure(json.dumps({"figure": "customers"})),
		*(report.execute(period())[2] for report in REPORTS.values()),
	]
	with pytest.raises(frappe.ValidationError) as refused:
		api.set_override("Lesser", "Gold", "Exact", "Tender")
	for sentence in [*said, str(refused.value)]:
		assert "is in force, but " in sentence
		assert "Publish a new version" in sentence
	assert api.chart("Tiers Over Time") == {}
	assert api.preview()["changed"]


def test_a_new_version_can_be_published_over_it(broken: None) -> None:
	before = frappe.db.get_single_value(SETTINGS, "current_policy")
	name = api.publish("It could not be read")
	assert name != before, "no name is given twice"
	assert api.policy_status()["published"]["name"] == name
	assert not api.policy_status().get("unreadable")


@pytest.mark.parametrize("kind", ["no JSON", "tiers are missing", "a method is unknown"])
def test_it_is_told_once_and_everybody_keeps_his_grade(pair: None, kind: str) -> None:
	before = {name: graded(name) for name in NAMES}
	name = frappe.db.get_single_value(SETTINGS, "current_policy")
	good = frappe.db.get_value("Tiering Policy", name, "policy")
	frappe.db.set_value("Tiering Policy", name, "policy", BROKEN[kind](good))
	document = invoice("Lesser", 9000)
	frappe.db.commit()
	for _again in range(2):
		for job in (jobs.drain, jobs.nightly, jobs.sweep):
			job()
	failures = api.health()["failures"]
	assert [row["kind"] for row in failures] == ["Policy"]
	assert "is in force, but cannot be read" in failures[0]["reason"]
	assert {name: graded(name) for name in NAMES} == before
	assert document.docstatus == 1 and api.health()["backlog"] == 1
	api.publish("mended")
	frappe.db.commit()
	jobs.drain()
	assert not api.health()["failures"]
	assert graded("Lesser")["purchases"] == 2


MONTH = date(2026, 10, 31)
_POLICY = '{"policy": "%s", "run": "gone", "cut_points": '
KEPT = {
	"cut_points": [
		"{", "[]", "7", '"x"', "null", _POLICY + "5}", _POLICY + '{"rules": [], "rfm": null}}',
		_POLICY + '{"rules": {"Recency": ["x"]}, "rfm": {}}}', _POLICY + 'null, "began": "yesterday"}',
	],
	"last_run_customers": ["many"],
	"last_run_seconds": ["long"],
	"last_run_on": ["yesterday"],
	"last_run_as_of": ["yesterday"],
	"last_run_began_on": ["yesterday"],
	"small_site_customers": ["few"],
	"review_mail": ["often"],
	"review_sent": ["{", "[]", "7", '{"month": "2026-10-31", "users": "x"}', '{"month": 5}'],
}  # fmt: skip


@pytest.mark.parametrize(("field", "text"), [(field, text) for field in KEPT for text in KEPT[field]])
def test_what_the_app_keeps_about_itself_mends_itself(pair: None, field: str, text: str) -> None:
	text = text.replace("%s", frappe.db.get_single_value(SETTINGS, "current_policy"))
	state.set_state({field: text})
	invoice("Lesser", 9000)
	frappe.db.commit()
	assert not api.policy_status()["changed"]
	api.health()
	api.get_grade("Lesser")
	assert review_mails._sent(MONTH) == []
	if field == "review_mail":
		assert review_mails.send(date(2026, 11, 2)) == 0
	frappe.get_doc(SETTINGS).save()
	jobs.sweep()
	assert graded("Lesser")["purchases"] == 2
	assert not api.health()["failures"]
	assert state.published().cut_points
	state.set_state({field: None})
	frappe.db.commit()
