"""A policy, another app's metric or one customer's data is broken: it is told, and all others are graded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import frappe
import pandas as pd
import pytest

from customer_tiering import api, jobs
from customer_tiering.site.reading import metrics_of_apps
from tests.site.helpers.faults.checks import check_healed, check_whole, failures, ungraded
from tests.site.helpers.selling import ago, graded, invoice


def test_a_policy_made_invalid_under_way(large: tuple[str, ...]) -> None:
	ungraded(large)
	name = frappe.db.get_single_value("Customer Tiering Settings", "current_policy")
	good = frappe.db.get_value("Tiering Policy", name, "policy")
	frappe.db.set_value("Tiering Policy", name, "policy", json.dumps(json.loads(good) | {"tiers": []}))
	for job in (jobs.drain, jobs.nightly):
		assert job() == 0, "it is told once, by whichever job meets it first"
	invoice(large[0], 10)
	check_whole(large)
	assert set(failures()) == {"Policy"}
	assert "The policy has no tiers" in failures()["Policy"]
	frappe.db.set_value("Tiering Policy", name, "policy", good)
	jobs.drain()
	check_healed(large)


VISITS: dict[str, float] = {}
_broken = False


def store_visits(sales: pd.DataFrame, customers: list[str], as_of: Any) -> dict[str, float]:
	"""What another app would have in its hooks."""
	if _broken:
		raise ZeroDivisionError("no visits were counted")
	assert set(sales["customer"]) <= set(customers)
	assert sales["customer"].dtype == sales["company"].dtype == object
	return {customer: VISITS[customer] for customer in customers if customer in VISITS}


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
	"""A metric of another app, in a rule that counts as much as all others; the draft is published."""
	hooks = frappe.get_hooks

	def get_hooks(hook: str | None = None, *args: Any, **kwargs: Any) -> Any:
		if hook == "customer_tiering_metrics":
			return {"Store Visits": ["customer_tiering.site.reading.metrics_of_apps.store_visits"]}
		return hooks(hook, *args, **kwargs)

	monkeypatch.setattr(frappe, "get_hooks", get_hooks)
	monkeypatch.setattr(
		metrics_of_apps, "store_visits", store_visits, raising=False
	)  # a path must be an app's
	rule = {"rule_name": "Visits", "metric": "Store Visits", "method": "Linear", "zero_at": 0, "full_at": 10}
	doc = frappe.get_doc({"doctype": "Tier Rule", "weight": 100, "points_if_missing": 50, **rule}).insert()
	api.publish("with visits")
	frappe.db.commit()
	yield
	frappe.db.rollback()
	monkeypatch.undo()
	frappe.delete_doc("Tier Rule", doc.name)
	frappe.db.commit()


def test_a_metric_of_another_app(
	sold: tuple[str, ...], visits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(f"{__name__}.VISITS", {"Customer A": 10, "Customer B": 3})
	jobs.drain()
	values = {name: _breakdown(name)["Visits"] for name in sold[:3]}
	assert values["Customer A"] == {"value": 10, "points": 100}
	assert values["Customer B"] == {"value": 3, "points": 30}
	assert values["Customer C"]["value"] is None
	check_healed(sold)


def test_a_metric_hook_that_raises(
	sold: tuple[str, ...], visits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(f"{__name__}._broken", True)
	jobs.drain()
	assert all(graded(name)["purchases"] == 1 for name in sold), "everyone is graded all the same"
	assert failures() == {"Metric": "ZeroDivisionError: no visits were counted"}
	assert api.health()["failures"][0]["subject"] == "Store Visits"
	monkeypatch.setattr(f"{__name__}._broken", False)
	jobs.nightly()
	check_healed(sold)


def test_a_metric_whose_app_has_gone_is_undefined(
	sold: tuple[str, ...], visits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.undo()
	jobs.drain()
	assert "no installed app adds this metric" in failures()["Metric"]
	assert all(graded(name)["purchases"] == 1 for name in sold)
	with pytest.raises(frappe.ValidationError, match="There is no metric"):
		frappe.get_doc("Tier Rule", "Visits").save()


def _breakdown(customer: str) -> dict[str, Any]:
	return json.loads(frappe.db.get_value("Customer Score", {"customer": customer}, "breakdown"))


def spoil(customer: str, day: Any = None) -> None:
	"""A document without a date; the engine refuses it."""
	frappe.db.set_value("Sales Invoice", {"customer": customer}, "posting_date", day)
	frappe.db.commit()


@pytest.mark.parametrize("job", [jobs.drain, jobs.nightly], ids=["drain", "nightly"])
@pytest.mark.parametrize("small", [True, False], ids=["small", "large"])
def test_one_customer_whose_data_breaks_a_metric(
	large: tuple[str, ...], job: Callable[[], int], small: bool
) -> None:
	if small:
		frappe.db.set_single_value("Customer Tiering Settings", "small_site_customers", 1000)
	ungraded(large)
	bad, others = large[2], large[:2] + large[3:]
	spoil(bad)
	job()
	assert all(graded(name) for name in others), "everyone else is graded"
	assert not graded(bad)
	told = api.health()
	assert not told["failures"]
	assert told["skipped_count"] == 1
	assert told["skipped"][0]["customer"] == bad
	assert "has no posting date" in told["skipped"][0]["reason"]
	assert told["backlog"] == 1, "his request is not lost"
	with pytest.raises(frappe.ValidationError, match="This customer cannot be graded"):
		api.get_grade(bad)
	jobs.sweep()
	assert api.health()["skipped"][0]["times"] == 1, "his request does not spin"
	invoice(others[0], 50)
	frappe.db.commit()
	jobs.drain()
	assert frappe.get_all("Rescore Request", pluck="customer") == [bad], "he is in nobody's way"
	spoil(bad, ago(21))
	jobs.nightly()
	check_healed(large)


def test_one_customer_who_cannot_be_written(large: tuple[str, ...]) -> None:
	ungraded(large)
	bad = large[2]
	frappe.db.commit()
	frappe.db.sql_ddl(
		"create trigger refuse_one before insert on `tabCustomer Score` for each row "
		f"if new.customer = '{bad}' then signal sqlstate '22003' "
		"set mysql_errno = 1264, message_text = 'Out of range value'; end if"
	)
	try:
		for job in (jobs.drain, jobs.nightly):
			job()
			assert [name for name in large if not graded(name)] == [bad]
			assert "Out of range" in api.health()["skipped"][0]["reason"]
			assert frappe.get_all("Rescore Request", pluck="customer") == [bad]
		check_whole(large)
	finally:
		frappe.db.sql_ddl("drop trigger refuse_one")
	jobs.nightly()
	check_healed(large)
