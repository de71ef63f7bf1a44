"""Whatever breaks: invoices are submitted, no request is lost, nobody is half written, nothing logged twice.

After each fault the next run heals: everyone then has the grade that a full evaluation gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import frappe
import pandas as pd
import pytest
import redis
from frappe.query_builder import DocType

from customer_tiering import api, jobs
from customer_tiering.engine import evaluate
from customer_tiering.names import GRADE_FIELDS, GRADE_NUMBERS
from customer_tiering.site.grading import chunks, customer_scores, drains, full_runs, outbox, state
from customer_tiering.site.reading import metrics_of_apps, site_facts
from customer_tiering.site.withstanding import health
from tests.site.conftest import OURS, SALES
from tests.site.grading.test_outbox import PORTS, redis_stopped
from tests.site.helpers.faults import (
	Process,
	at_statement,
	database,
	die,
	fill_queue,
	until,
	wait_for_file,
	work,
)
from tests.site.helpers.selling import ago, changes, drain, graded, invoice, make_customer, today

NAMES = tuple(f"Customer {letter}" for letter in "ABCDE")


@pytest.fixture
def sold() -> tuple[str, ...]:
	"""Five customers with an invoice each, none graded yet; a chunk holds two of them."""
	for number, name in enumerate(NAMES):
		make_customer(name)
		invoice(name, 100 * (number + 1), ago(10 * number + 1))
	frappe.db.commit()
	return NAMES


@pytest.fixture
def large(sold: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
	"""The same on a site where a drain grades only those who have a request, and a run writes in chunks."""
	monkeypatch.setattr(full_runs, "CHUNK", 2)
	frappe.db.set_single_value("Customer Tiering Settings", "small_site_customers", 0)
	full_runs.nightly()
	return sold


def ungraded(names: tuple[str, ...]) -> None:
	"""As if nobody had been graded yet, and everyone waited; the cut points stay."""
	for doctype in ("Customer Score", "Tier Change", "Rescore Request", "Tiering Failure"):
		frappe.db.delete(doctype)
	customer = DocType("Customer")
	query = frappe.qb.update(customer)
	for field in GRADE_FIELDS:
		query = query.set(customer[field], 0 if field in GRADE_NUMBERS else None)
	query.run()
	for name in names:
		outbox.mark(name, "Manual")
	frappe.db.commit()


def check_whole(names: tuple[str, ...]) -> None:
	"""Each is as before, with his request, or graded in all places, with one change in the log."""
	waiting = frappe.get_all("Rescore Request", pluck="customer", order_by=None)
	for name in names:
		held, logged = graded(name), changes(name)
		shown = frappe.db.get_value("Customer", name, "customer_tier")
		assert len(logged) == (1 if held else 0), f"{name}: {logged}"
		assert shown == (held.get("tier") or None), name
		assert held or name in waiting, f"{name} is neither graded nor waiting"


def check_healed(names: tuple[str, ...]) -> None:
	"""Everyone has the grade of a full evaluation, nothing waits, and no change is logged twice."""
	frappe.db.commit()
	current = state.published()
	held = customer_scores.read_held()
	known = site_facts.read_facts(current.policy)
	evaluation = evaluate(known, current.policy, today(), held, current.cut_points, current.forecast)
	assert not customer_scores.differing(evaluation, held).any()
	assert len(held) == len(names)
	assert not frappe.db.count("Rescore Request")
	assert not frappe.db.count("Tiering Failure")
	for name in names:
		steps = changes(name)
		assert len(steps) == len(set(steps)), f"{name}: {steps}"
		assert frappe.db.get_value("Customer", name, "customer_tier") == graded(name)["tier"]
	check_submitted(names)


def check_submitted(names: tuple[str, ...]) -> None:
	filters = {"customer": ("in", names), "docstatus": 1}
	assert frappe.db.count("Sales Invoice", filters) >= len(names)


def failures() -> dict[str, str]:
	"""What Tiering Health tells: kind to reason."""
	frappe.db.commit()
	return {row["kind"]: row["reason"] for row in api.health()["failures"]}


# -- killed ---------------------------------------------------------------------------------------------


def test_a_drain_killed_at_each_point_leaves_all_or_nothing(large: tuple[str, ...]) -> None:
	points = _killed_everywhere(large, drains.drain)
	assert points > 5


def test_a_nightly_run_killed_at_each_point_leaves_everyone_whole(large: tuple[str, ...]) -> None:
	points = _killed_everywhere(large, full_runs.nightly)
	assert points > 12


def _killed_everywhere(names: tuple[str, ...], what: Callable[[], int]) -> int:
	"""Kill at the n-th statement for n from 1, heal by the next run; gives how many points there were."""
	point = 0
	while True:
		point += 1
		ungraded(names)
		code = Process(what, before=partial(at_statement, point, die)).wait()
		if code == 0:
			return point - 1
		assert code == -9
		check_whole(names)
		what()
		check_healed(names)


def test_a_real_worker_killed_in_a_drain_loses_nothing(large: tuple[str, ...]) -> None:
	for point in (2, 5, 7):
		ungraded(large)
		redis.Redis(port=PORTS["redis_queue"]).flushdb()
		outbox.drain_begins()
		outbox.queue_drain()
		told = work("short", die_at=point)
		assert "signal 9" in told or "terminated unexpectedly" in told, told
		check_whole(large)
		assert api.health()["backlog"] == len(large)
		jobs.sweep()
		check_healed(large)


def test_a_real_worker_killed_in_a_chunk_of_a_run_loses_nothing(
	large: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(chunks, "_PATIENCE", 1.0)  # two minutes, for whoever is only slow
	ungraded(large)
	redis.Redis(port=PORTS["redis_queue"]).flushdb()
	here = tmp_path / "here"
	nightly = Process(jobs.nightly, before=lambda: at_statement(1, wait_for_file(here), _CHUNK))
	until(here.exists)
	told = work("long", die_at=4)
	assert told.count("terminated unexpectedly") >= 1, told
	check_whole(large)
	here.unlink()
	assert nightly.wait() == 0
	check_healed(large)


def test_a_run_that_was_stopped_is_told(large: tuple[str, ...]) -> None:
	assert api.health()["unfinished_since"] is None
	ungraded(large)
	Process(jobs.nightly, before=lambda: at_statement(6, die)).wait()
	assert api.health()["unfinished_since"]
	jobs.nightly()
	told = api.health()
	assert told["unfinished_since"] is None
	assert told["last_run"]["customers"] == len(large)
	assert told["last_run"]["as_of"] == str(today())


# -- Redis ----------------------------------------------------------------------------------------------


def test_queue_over_its_limit(large: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setitem(frappe.local.conf, "max_queued_jobs", 1)
	redis.Redis(port=PORTS["redis_queue"]).flushdb()
	fill_queue("short", 1)
	if not frappe.__version__.startswith("15"):  # later hosts allow each site fifty more
		fill_queue("short", 50)
	outbox.drain_begins()
	frappe.clear_messages()
	with pytest.raises(frappe.QueueOverloaded):
		fill_queue("short", 1)
	frappe.clear_messages()
	document = invoice(large[0], 900)
	frappe.db.commit()
	assert frappe.db.get_value("Sales Invoice", document.name, "docstatus") == 1
	redis.Redis(port=PORTS["redis_queue"]).flushdb()
	assert not frappe.get_message_log(), "whoever submits is not told of a queue"
	assert frappe.db.count("Rescore Request") == 1
	jobs.sweep()
	check_healed(large)


def test_redis_down_during_a_nightly_run(large: tuple[str, ...]) -> None:
	ungraded(large)
	with redis_stopped():
		jobs.nightly()
		assert not frappe.db.count("Rescore Request")
	check_healed(large)


# -- the database ---------------------------------------------------------------------------------------


def held_up_at(customer: str) -> None:
	"""Hold a customer's row, as saving his form does."""
	frappe.db.commit()
	frappe.db.get_value("Customer", customer, "name", for_update=True)


@pytest.mark.parametrize("job", [jobs.drain, jobs.nightly], ids=["drain", "nightly"])
def test_connection_cut_in_the_middle(large: tuple[str, ...], job: Callable[[], int]) -> None:
	ungraded(large)
	held_up_at(large[0])
	process = _start_without_commit(job)
	for connection in until(busy_connections):  # it may be busy for a moment only
		frappe.db.sql(f"kill connection {connection}")
	assert process.wait() == 1
	check_whole(large)
	kind = "Drain" if job is jobs.drain else "Full Run"
	assert re.search("Lost connection|gone away|killed", failures()[kind])
	job()
	check_healed(large)


def test_a_real_deadlock_is_tried_again(large: tuple[str, ...]) -> None:
	ungraded(large)
	held_up_at(large[0])
	# Much written, so that the drain is the one that the database picks.
	for number in range(50):
		frappe.get_doc({"doctype": "ToDo", "description": str(number)}).insert()
	process = _start_without_commit(jobs.drain)
	until(busy_connections)
	frappe.db.sql(
		"select value from tabSingles where doctype = 'Customer Tiering Settings' for update"
	)  # waits for the drain, which waits for us
	assert frappe.db.exists("ToDo", {"description": "49"}), "the drain was picked, not this transaction"
	frappe.db.rollback()
	assert process.wait() == 0
	check_healed(large)


def busy_connections() -> list[int]:
	"""Connections of the site's user that are in the middle of a statement that writes or locks."""
	rows = frappe.db.sql("show full processlist", as_dict=True)
	busy = re.compile(r"\s*(update|insert)|.*\bfor update\b", re.I | re.S)
	return [row["Id"] for row in rows if row["Info"] and busy.match(row["Info"])]


def _start_without_commit(job: Callable[[], int]) -> Process:
	"""A process for a job while this connection goes on holding what it holds."""
	commit, frappe.db.commit = frappe.db.commit, lambda: None
	try:
		return Process(job, before=lambda: frappe.local.db.__dict__.pop("commit", None))
	finally:
		frappe.db.commit = commit
		frappe.db.__dict__.pop("commit", None)


@pytest.fixture
def full_disk() -> Iterator[Callable[[str], None]]:
	"""The database's own error for a full disk, at each insert into a table."""
	made = []

	def fill(doctype: str) -> None:
		name = f"full_{len(made)}"
		frappe.db.commit()
		frappe.db.sql_ddl(
			f"create trigger {name} before insert on `tab{doctype}` for each row signal sqlstate 'HY000' "
			"set mysql_errno = 1021, message_text = 'Disk full'"
		)
		made.append(name)

	yield fill
	for name in made:
		frappe.db.sql_ddl(f"drop trigger if exists {name}")


@pytest.mark.parametrize("table", ["Tier Change", "Customer Score"])
@pytest.mark.parametrize("job", [jobs.drain, jobs.nightly], ids=["drain", "nightly"])
def test_disk_full_while_grading(
	large: tuple[str, ...],
	full_disk: Callable[[str], None],
	job: Callable[[], int],
	table: str,
) -> None:
	ungraded(large)
	full_disk(table)
	with pytest.raises(frappe.db.OperationalError):
		job()
	check_whole(large)
	assert frappe.db.count("Rescore Request") == len(large)
	assert "Disk full" in failures()["Drain" if job is jobs.drain else "Full Run"]
	assert not api.health()["skipped"], "a full disk is nobody's data"
	frappe.db.sql_ddl("drop trigger full_0")
	job()
	check_healed(large)


def test_disk_full_for_the_outbox_does_not_stop_an_invoice(
	large: tuple[str, ...], full_disk: Callable[[str], None]
) -> None:
	full_disk("Rescore Request")
	document = invoice(large[0], 5000)
	frappe.db.commit()
	assert frappe.db.get_value("Sales Invoice", document.name, "docstatus") == 1
	jobs.nightly()
	check_healed(large)


# -- policies, metrics, data ----------------------------------------------------------------------------


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


# -- at once --------------------------------------------------------------------------------------------


def test_two_drains_at_once(large: tuple[str, ...]) -> None:
	ungraded(large)
	both = [Process(jobs.drain), Process(jobs.drain)]
	assert [process.wait() for process in both] == [0, 0]
	check_whole(large)
	check_healed(large)


def test_drain_and_nightly_at_once(large: tuple[str, ...]) -> None:
	for _again in range(2):
		ungraded(large)
		both = [Process(jobs.nightly), Process(jobs.drain)]
		assert [process.wait() for process in both] == [0, 0]
		check_whole(large)
		jobs.drain()
		check_healed(large)


def test_an_invoice_during_a_nightly_run(large: tuple[str, ...], tmp_path: Path) -> None:
	ungraded(large)
	here = tmp_path / "here"
	# Held up before its second chunk is written, when the lock is free.
	nightly = Process(jobs.nightly, before=lambda: at_statement(2, wait_for_file(here), _CHUNK))
	until(here.exists)
	document = invoice(large[4], 9000)
	frappe.db.commit()
	jobs.drain()
	assert graded(large[4])["purchases"] == 2
	here.unlink()
	assert nightly.wait() == 0
	assert graded(large[4])["purchases"] == 2, "the older evaluation did not overwrite the newer one"
	jobs.drain()
	check_healed(large)
	assert document.docstatus == 1


def test_publish_during_a_run(large: tuple[str, ...], tmp_path: Path) -> None:
	ungraded(large)
	here = tmp_path / "here"
	nightly = Process(jobs.nightly, before=lambda: at_statement(2, wait_for_file(here), _CHUNK))
	until(here.exists)
	settings = frappe.get_doc("Customer Tiering Settings")
	settings.update({"small_site_customers": 0, "one_step_down": not settings.one_step_down})
	settings.save()
	name = api.publish("meanwhile")
	frappe.db.commit()
	here.unlink()
	assert nightly.wait() == 0
	assert frappe.get_all("Rescore Request", filters={"customer": ("is", "not set")}), "everyone is to follow"
	jobs.drain()
	check_healed(large)
	assert state.published().name == name


#: With this each chunk of a full run begins.
_CHUNK = re.compile(r".*lock in share mode\s*$", re.I | re.S)


# -- time -----------------------------------------------------------------------------------------------


def test_a_site_restored_from_a_backup(large: tuple[str, ...], tmp_path: Path) -> None:
	ungraded(large)
	with (tmp_path / "backup.sql").open("wb") as backup:
		database("mariadb-dump", "--single-transaction", doctypes=(*SALES, *OURS, *_STATE), stdout=backup)
	jobs.drain()
	invoice(large[0], 9000)
	drain()
	frappe.db.commit()
	with (tmp_path / "backup.sql").open("rb") as backup:
		database("mariadb", stdin=backup)
	frappe.clear_cache()  # as the host's own restore does
	frappe.db.rollback()
	check_whole(large)
	assert api.health()["backlog"] == len(large), "who waited then waits again"
	current = state.published()
	assert current.cut_points is not None, "requests and cut points are of one time"
	jobs.sweep()
	check_healed(large)


_STATE = ("Singles", "Tiering Policy", "Series")


def test_the_clock_moved_back_a_day(large: tuple[str, ...]) -> None:
	yesterday = today() - timedelta(days=1)
	before = {name: (graded(name), changes(name)) for name in large}
	jobs.nightly(yesterday)
	for name in large:
		assert len(changes(name)) == len(set(changes(name))), "no change is logged twice"
	assert api.health()["last_run"]["as_of"] == str(yesterday)
	jobs.nightly()
	assert {name: (graded(name), changes(name)) for name in large} == before
	check_healed(large)


# -- who may look ---------------------------------------------------------------------------------------


def test_health_is_for_managers() -> None:
	frappe.set_user("Guest")
	with pytest.raises(frappe.PermissionError):
		api.health()


def test_failures_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(health, "AT_MOST", 3)
	for number in range(5):
		health.report("Metric", ValueError("no"), subject=f"Metric {number}")
	assert frappe.db.count("Tiering Failure") == 3
	health.report("Metric", ValueError("still no"), subject="Metric 0")
	row = frappe.get_last_doc("Tiering Failure", {"subject": "Metric 0"})
	assert (row.times, row.reason) == (2, "ValueError: still no")
