"""What every report does, whatever it tells.

It says what is missing, draws the columns that it names, opens lists that there are, asks no query per row,
and tells nobody of customers whom he may not see.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering.engine.backtest import outcome
from customer_tiering.reporting.showing import answers, sentences
from customer_tiering.site.grading import drains, full_runs, state
from customer_tiering.site.grading.outbox import Reason
from tests.site.helpers import reports
from tests.site.helpers.reports import (
	COMPANY,
	REPORTS,
	hold,
	make_sales_person,
	on_team,
	once,
	other_company,
	queries,
	sell,
)
from tests.site.helpers.selling import ago, make_customer
from tests.site.helpers.shops.moving import write_log

VIEWS = [(name, view) for name, report in REPORTS.items() for view in report.Chosen.VIEWS]
BAD = "<img src=x onerror=alert(1)>"
#: Days ago and amounts. Of each kind there is one whom a limited reader sees, and one whom he does not.
SALES = {
	"Mia": [(10, 900), (40, 500), (100, 700), (150, 100), (190, 300)],
	"Moe": [(130, 400), (190, 600)],
	"Max": [(20, 50)],
	"May": [],
	"Ola": [(12, 811), (45, 422), (110, 733), (155, 144), (195, 355)],
	"Ole": [(120, 466), (170, 677)],
	"Odo": [(25, 88), (200, 41)],
	"Ora": [],
}
HELD = {
	"Mia": ("Silver", "Active"), "Moe": ("Gold", "At Risk"), "Max": ("Bronze", "New"),
	"May": (None, "Prospect"), "Ora": (None, "Prospect"),
	"Ola": ("Silver", "Active"), "Ole": ("Gold", "At Risk"), "Odo": (BAD, "New"),
}  # fmt: skip
#: Of a month, about everyone: what a limited reader must never get.
SNAPSHOT = {
	"doctype": "Tier Snapshot", "tier": "Gold", "lifecycle_stage": "Active", "currency": "USD", "whole": 1,
	"customers": 7531, "active": 7531, "revenue": 7531, "month_revenue": 7531,
}  # fmt: skip
#: What limits a reader, and from whom it keeps him. Who has no sales person at all is everybody's.
LIMITS = {
	"territory": ("United States", {"Ola", "Ole", "Odo", "Ora"}),
	"customer_group": ("Individual", {"Ola", "Ole", "Odo", "Ora"}),
	"sales_person": ("Sam", {"Ola", "Ole", "Odo"}),
	"customer": ("Mia", {*SALES} - {"Mia"}),
}


@pytest.fixture
def lively(monkeypatch: pytest.MonkeyPatch) -> None:
	"""Customers of every kind, who fill each view of each report; some names are markup."""
	monkeypatch.setattr(outcome, "LEAST_CUSTOMERS", 1)
	once("lively", _make_lively)
	make_sales_person("Sam")
	other_company()
	_measure()


def _measure() -> None:
	"""Keep the cut points of everyone, as a full run does, and commit nothing."""
	current = state.published()
	state.save_cut_points(current.name, full_runs.evaluate_everyone(current.policy, state.today()).evaluation)


def _make_lively() -> None:
	for name, sold in SALES.items():
		mine = name.startswith("M")
		make_customer(
			name,
			territory="United States" if mine else "All Territories",
			customer_group="Individual" if mine else "Commercial",
			account_manager="Administrator" if name in ("Moe", "Ole") else None,
		)
		sell(name, *sold)
	sell("Mia", (30, 77))[0].db_set("company", other_company())
	for name in ("Mia", "Moe", "Max", "May"):
		on_team(name, "Sam")
	for name in ("Ola", "Ole", "Odo"):
		on_team(name, "Sue")
	frappe.db.set_value("Sales Team", {"parent": ("in", ("Ola", "Ole"))}, "sales_person", BAD)
	_measure()
	drains.grade(list(SALES), Reason("Manual"))
	for name, (tier, stage) in HELD.items():
		hold(name, tier, stage)
	for name in ("Mia", "Ola"):
		frappe.db.set_value("Customer", name, "tier_score", 72)
	frappe.db.set_value("Customer", "Odo", "customer_name", BAD)
	frappe.db.set_value("Customer", "Ole", "territory", BAD)
	frappe.db.delete("Tier Change")  # those of today: the past is written by hand
	for name, (tier, stage) in HELD.items():
		first, then = (185, "Bronze", "New", "First Grade"), (60, "Silver", "Active", "Invoice")
		write_log(name, [first, then, (20, tier, stage, "Time")])
	frappe.get_doc({**SNAPSHOT, "month": ago(60).replace(day=1), "as_of": ago(60)}).db_insert()


def period() -> dict[str, str]:
	"""The days that the company has lived through."""
	return {"from_date": str(ago(185)), "to_date": str(ago(0))}


def execute(name: str, view: str, **filters: Any) -> answers.Answer:
	"""A report over all of these days, unless told otherwise."""
	return REPORTS[name].execute({**period(), "view": view, **_all_of_it(name), **filters})


def _all_of_it(name: str) -> dict[str, Any]:
	"""Choices by which a report leaves out as little as it can."""
	return {
		"Cohort Retention": {"running": 1},
		"Policy Back-test": {"from_date": str(ago(90))},  # with some time before it
	}.get(name, {})


def everything() -> dict[tuple[str, str], answers.Answer]:
	"""All that there is to be learned, as JSON, by report and view."""
	return {(name, view): json.loads(frappe.as_json(execute(name, view))) for name, view in VIEWS}


# -- what is missing --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPORTS)
def test_before_anything_is_published_it_says_so(name: str) -> None:
	state.set_state({"current_policy": None})
	for view in REPORTS[name].Chosen.VIEWS:
		_columns, *rest = execute(name, view)
		assert rest == [[], answers._nothing_published(), None, None]


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_without_customers_it_says_what_to_do(name: str, view: str) -> None:
	_columns, *rest = execute(name, view)
	assert rest == [[], sentences.nobody(), None, None]


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_with_customers_who_never_purchased_it_has_sentences_and_no_revenue(name: str, view: str) -> None:
	make_customer("Ada")
	_columns, found, text, _chart, summary = execute(name, view)
	assert len(text) > 40
	assert not any(row.get("revenue") for row in found)
	assert "nan" not in json.dumps([found, summary], default=str).lower()


# -- what the desk draws ----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_a_view_has_rows_the_columns_that_it_names_and_plain_json(lively: None, name: str, view: str) -> None:
	columns, found, *rest = execute(name, view)
	names = [column["fieldname"] for column in columns]
	assert len(found) > 1
	assert len(set(names)) == len(names)
	assert all(set(names) <= set(row) for row in found if not row.get("is_total"))
	assert {column["options"] for column in columns if column["fieldtype"] == "Currency"} <= {"currency"}
	assert {row["currency"] for row in found} == {"USD"}
	assert "NaN" not in json.dumps([found, *rest], default=str)


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_a_name_is_markup_nowhere_but_in_rows_which_the_browser_escapes(
	lively: None, name: str, view: str
) -> None:
	columns, _found, *rest = execute(name, view)
	labels = [column["label"] for column in columns]
	assert BAD not in json.dumps([labels, *rest], ensure_ascii=False, default=str)


@pytest.mark.parametrize("name", REPORTS)
def test_markup_does_reach_the_rows(lively: None, name: str) -> None:
	found = [execute(name, view)[1] for view in REPORTS[name].Chosen.VIEWS]
	assert BAD in json.dumps(found, ensure_ascii=False, default=str)


@pytest.mark.parametrize("name", REPORTS)
def test_the_browser_offers_the_views_that_there_are(name: str) -> None:
	script = Path(REPORTS[name].__file__).with_suffix(".js").read_text()
	(views,) = re.findall(r"filters\.view\(\[(.*?)\n\t\]\)", script, re.DOTALL)
	assert tuple(re.findall(r'\["(.*?)", __\(', views)) == REPORTS[name].Chosen.VIEWS


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_what_lies_behind_a_figure_is_there(lively: None, name: str, view: str) -> None:
	columns, found, *_rest = execute(name, view)
	for column in [column for column in columns if column.get("behind")]:
		behind = column["behind"]
		target = REPORTS[behind["report"]]
		assert {*behind["row"], *behind["filters"]} <= {field.name for field in fields(target.Chosen)}
		row = next((row for row in found if row.get(column["fieldname"]) and not row.get("is_total")), None)
		if row is None:
			continue  # a figure that is nobody's opens nothing
		chosen = {name: row[field] for name, field in behind["row"].items() if row[field] is not None}
		opened = target.execute({**period(), **_all_of_it(name), **chosen, **behind["filters"]})
		assert opened[1], f"{column['fieldname']} opens an empty list"


# -- at any size ------------------------------------------------------------------------------------


def test_more_customers_take_no_more_queries(lively: None, monkeypatch: pytest.MonkeyPatch) -> None:
	def taken() -> dict[tuple[str, str], int]:
		everything()  # fills the host's caches
		return {one: queries(lambda one=one: execute(*one), monkeypatch) for one in VIEWS}

	few = taken()
	for number in range(6):
		name = make_customer(f"N{number}", territory="United States", customer_group="Individual")
		sell(name, (15, 100 + number), (120, 300 + number))
		on_team(name, f"Of {name}")
		write_log(name, [(180, "Bronze", "New", "First Grade"), (20, "Gold", "At Risk", "Time")])
	drains.grade([f"N{number}" for number in range(6)], Reason("Manual"))
	for number in range(6):
		hold(f"N{number}", "Gold", "At Risk")
	assert taken() == few


def test_customers_read_by_scan_give_what_those_read_by_index_do(
	lively: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	few = everything()
	monkeypatch.setattr("customer_tiering.reporting.choosing.reader.FEW", 0)
	assert everything() == few


# -- who may see what -------------------------------------------------------------------------------


@pytest.mark.parametrize("scan", [False, True])
@pytest.mark.parametrize("by", LIMITS)
def test_a_reader_learns_what_he_would_if_there_were_nobody_else(
	lively: None, reader: Callable[..., str], monkeypatch: pytest.MonkeyPatch, by: str, scan: bool
) -> None:
	if scan:  # as where there are many customers
		monkeypatch.setattr("customer_tiering.reporting.choosing.reader.FEW", 0)
	mine, hidden = LIMITS[by]
	_keep_thresholds(monkeypatch)
	reader("Sales User", **{by: mine})
	among = everything()
	listed = {row["customer"] for row in execute("Tier Performance", "Customers")[1][:-1]}
	assert listed == set(SALES) - hidden
	_remove(hidden)
	for view, alone in everything().items():
		assert among[view] == alone, view
	assert all("Only customers and companies that you may see" in answer[2] for answer in among.values())
	if by != "customer":  # one customer alone does not fill every view
		assert all(answer[1] for answer in among.values())


def _keep_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
	"""A grade compares a customer with everyone, whoever reads it: it is not what a reader must not learn."""
	module, kept = importlib.import_module("customer_tiering.engine.rules"), {}
	monkeypatch.setattr(
		module, "fit", lambda rule, found, fit=module.fit: kept.setdefault(rule.name, fit(rule, found))
	)


def _remove(customers: set[str]) -> None:
	"""As if these had never been."""
	for doctype in ("Sales Invoice", "Customer Score", "Tier Change"):
		frappe.db.delete(doctype, {"customer": ("in", customers)})
	frappe.db.delete("Sales Team", {"parent": ("in", customers)})
	frappe.db.delete("Customer", {"name": ("in", customers)})
	frappe.db.delete("Tier Snapshot")


def test_a_reader_of_a_company_learns_nothing_of_anothers_documents(
	lively: None, reader: Callable[..., str]
) -> None:
	reader("Sales User", company=COMPANY)
	among = everything()
	with pytest.raises(frappe.PermissionError):
		execute("Tier Performance", "Tiers", company="Other USD")
	frappe.db.delete("Sales Invoice", {"company": "Other USD"})
	frappe.db.delete("Tier Snapshot")
	for view, alone in everything().items():
		assert among[view] == alone, view


@pytest.mark.parametrize("name", REPORTS)
def test_whoever_may_not_read_customers_is_refused(
	lively: None, reader: Callable[..., str], name: str
) -> None:
	reader("Tiering Manager")
	with pytest.raises(frappe.PermissionError, match="You may not read customers"):
		reports.as_the_desk(name)
