"""What fails again and again, for one customer, for many, or for everyone at once: all others are graded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import frappe
import numpy as np
import pandas as pd
import pytest
from frappe.utils import now_datetime

from customer_tiering import api, jobs
from customer_tiering.engine.facts import MAX_AMOUNT
from customer_tiering.names import SETTINGS
from customer_tiering.site.grading import bisecting, full_runs, outbox, state
from customer_tiering.site.past import snapshots
from customer_tiering.site.reading import faulty
from customer_tiering.site.withstanding import health
from tests.site.helpers.reports import other_company
from tests.site.helpers.selling import ago, graded, invoice, make_customer

GOOD = ("Good A", "Good B", "Good C")


def fail(*_args: object, **_kwargs: object) -> None:
	raise RuntimeError("it cannot be done")


def failures() -> dict[str, str]:
	frappe.db.commit()
	return {row["kind"]: row["reason"] for row in api.health()["failures"]}


@pytest.fixture
def sold() -> None:
	"""Three customers who are graded; then each of them buys again."""
	for number, name in enumerate(GOOD):
		invoice(make_customer(name), 100 * (number + 1), ago(10 * number + 1))
	frappe.db.commit()
	jobs.nightly()
	for name in GOOD:
		invoice(name, 50, ago(0))
	frappe.db.commit()


def large_site() -> None:
	frappe.db.set_single_value(SETTINGS, "small_site_customers", 0)
	frappe.db.commit()


def rested() -> None:
	"""As if the time were over for which a full run that failed is left alone."""
	frappe.db.set_value(
		"Tiering Failure", {"kind": "Full Run"}, "last_seen", now_datetime() - timedelta(days=1)
	)
	frappe.db.commit()


# -- a full run that fails --------------------------------------------------------------------------


def test_a_stalled_run_that_fails_again_does_not_starve_the_sweep(
	sold: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	large_site()
	name, began = state.published().name, now_datetime() - timedelta(hours=2)
	kept = json.loads(frappe.db.get_single_value(SETTINGS, "cut_points"))
	state.set_state({"cut_points": json.dumps(kept | {"policy": name, "run": "dead", "began": str(began)})})
	frappe.db.commit()
	monkeypatch.setattr(full_runs, "evaluate_everyone", fail)
	with pytest.raises(RuntimeError):
		jobs.sweep()
	assert all(graded(name)["purchases"] == 2 for name in GOOD), "requests are drained"
	assert failures() == {"Full Run": "RuntimeError: it cannot be done"}
	assert api.health()["full_run_rests_until"] > now_datetime()
	jobs.sweep()
	assert api.health()["failures"][0]["times"] == 1, "it rests before it is tried again"
	rested()
	monkeypatch.undo()
	jobs.sweep()
	assert not failures() and not state.stalled()


@pytest.mark.parametrize("asked", ["small site", "new policy"])
def test_a_drain_whose_full_run_fails_grades_who_has_a_request(
	sold: None, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
	if asked == "new policy":
		large_site()
		outbox.mark(None, "Policy")
	monkeypatch.setattr(full_runs, "evaluate_everyone", fail)
	jobs.drain()
	assert all(graded(name)["purchases"] == 2 for name in GOOD)
	assert failures() == {"Full Run": "RuntimeError: it cannot be done"}
	assert api.health()["backlog"] == (1 if asked == "new policy" else 0), "everyone is still to follow"
	invoice("Good A", 10)
	frappe.db.commit()
	jobs.drain()
	assert graded("Good A")["purchases"] == 3
	assert api.health()["failures"][0]["times"] == 1, "it rests"
	monkeypatch.undo()
	rested()
	outbox.mark("Good B", "Manual")
	frappe.db.commit()
	jobs.drain()
	assert not failures() and not api.health()["backlog"]


def test_without_cut_points_the_failure_is_told_and_the_run_rests(
	sold: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	state.set_state({"cut_points": "{}"})
	monkeypatch.setattr(full_runs, "evaluate_everyone", fail)
	frappe.db.commit()
	with pytest.raises(RuntimeError):
		jobs.drain()
	assert failures()["Full Run"] == "RuntimeError: it cannot be done"
	assert jobs.drain() == 0
	assert api.health()["backlog"] == len(GOOD)
	assert frappe.db.get_value("Tiering Failure", {"kind": "Full Run"}, "times") == 1


def test_it_rests_longer_each_time_and_publishing_ends_that() -> None:
	rests = []
	for _again in range(12):
		health.report("Full Run", RuntimeError("no"))
		rests.append((health.rests_until("Full Run") - now_datetime()).total_seconds() / 60)
	assert [round(minutes) for minutes in rests[:4]] == [5, 10, 20, 40]
	assert round(max(rests)) == 360
	settings = frappe.get_doc(SETTINGS)
	settings.update({"one_step_down": not settings.one_step_down})
	settings.save()
	api.publish("another chance")
	assert health.rests_until("Full Run") is None


def test_a_months_figures_that_cannot_be_kept_keep_nobody_from_his_grade(
	sold: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	for what in ("tally", "keep"):
		monkeypatch.setattr(snapshots, what, fail)
		jobs.nightly()
		assert all(graded(name)["purchases"] == 2 for name in GOOD)
		assert failures() == {"Snapshot": "RuntimeError: it cannot be done"}
		monkeypatch.undo()
		jobs.nightly()
		assert not failures()


# -- many customers who cannot be graded ------------------------------------------------------------


def copies(count: int) -> list[str]:
	"""So many customers with an invoice each, copied from one row by row."""
	names = [f"Bad {number:05}" for number in range(count)]
	for doctype, field in (("Customer", "name"), ("Sales Invoice", "customer")):
		row = frappe.db.get_value(doctype, {field: "Good A"}, "*", as_dict=True)
		change = [{"name": name if field == "name" else f"SI {name}", field: name} for name in names]
		frappe.db.bulk_insert(doctype, list(row), [tuple({**row, **one}.values()) for one in change])
	return names


@pytest.fixture
def bad(sold: None) -> list[str]:
	"""A hundred and fifty more, each with a document without a date, and a request."""
	names = copies(150)
	frappe.db.set_value("Sales Invoice", {"customer": ("in", names)}, "posting_date", None)
	for name in names:
		outbox.mark(name, "Manual")
	frappe.db.commit()
	return names


@pytest.mark.parametrize("job", [jobs.drain, jobs.nightly], ids=["drain", "nightly"])
@pytest.mark.parametrize("small", [True, False], ids=["small", "large"])
def test_any_number_of_customers_whose_documents_cannot_be_counted(
	bad: list[str], monkeypatch: pytest.MonkeyPatch, job: Any, small: bool
) -> None:
	if not small:
		large_site()
	monkeypatch.setattr(bisecting, "each_or_all", fail)  # they are seen at one glance
	job()
	assert all(graded(name)["purchases"] == 2 for name in GOOD)
	told = api.health()
	assert not told["failures"]
	assert (told["skipped_count"], len(told["skipped"])) == (150, 50)
	assert "has no posting date" in told["skipped"][0]["reason"]
	assert "SI Bad" in told["skipped"][0]["reason"]
	assert told["backlog"] == 150, "their requests are not lost"
	jobs.sweep()
	assert frappe.get_all("Tiering Failure", pluck="times", distinct=True) == [1], "nor do they spin"
	frappe.db.set_value("Sales Invoice", {"customer": ("in", bad)}, "posting_date", ago(3))
	frappe.db.commit()
	jobs.nightly()
	assert not api.health()["skipped_count"] and not api.health()["backlog"]
	assert graded(bad[7])["purchases"] == 1


def test_any_number_of_customers_who_cannot_be_written(sold: None, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(full_runs, "CHUNK", 50)
	names = copies(120)
	for name in names:
		outbox.mark(name, "Manual")
	frappe.db.commit()
	frappe.db.sql_ddl(
		"create trigger refuse_many before insert on `tabCustomer Score` for each row "
		"if new.customer like 'Bad%' then signal sqlstate '22003' "
		"set mysql_errno = 1264, message_text = 'Out of range value'; end if"
	)
	try:
		for job in (jobs.drain, jobs.nightly):
			job()
			assert all(graded(name)["purchases"] == 2 for name in GOOD)
			assert not failures()
			assert api.health()["skipped_count"] == api.health()["backlog"] == len(names)
	finally:
		frappe.db.sql_ddl("drop trigger refuse_many")
	jobs.nightly()
	assert not api.health()["skipped_count"] and graded(names[0])


def test_a_company_without_a_rate_stops_only_its_own_customers(sold: None) -> None:
	name = other_company("NOK")
	invoice(make_customer("Nordic"), 100, ago(2))
	frappe.db.set_value("Sales Invoice", {"customer": "Nordic"}, "company", name)
	frappe.db.commit()
	jobs.nightly()
	assert all(graded(name)["purchases"] == 2 for name in GOOD) and not graded("Nordic")
	assert "no Currency Exchange from NOK" in api.health()["skipped"][0]["reason"]


def test_a_rate_that_everyone_lacks_moves_nobody(sold: None) -> None:
	before = {name: graded(name) for name in GOOD}
	frappe.db.set_value("Sales Invoice", {"docstatus": 1}, "company", other_company("NOK"))
	frappe.db.commit()
	with pytest.raises(faulty.NoCurrencyExchangeError):
		jobs.nightly()
	assert "no Currency Exchange from NOK" in failures()["Full Run"]
	assert {name: graded(name) for name in GOOD} == before


def test_a_document_of_nobody_is_told_and_stops_nobody(sold: None) -> None:
	stray = invoice("Good A", 5)
	frappe.db.set_value("Sales Invoice", stray.name, "customer", None)
	frappe.db.commit()
	jobs.nightly()
	assert [*failures()] == ["Documents"]
	assert f"The first is {stray.name}." in failures()["Documents"]
	assert all(graded(name)["purchases"] == 2 for name in GOOD)


# -- bounded ----------------------------------------------------------------------------------------


def test_five_thousand_faulty_among_a_hundred_thousand_are_seen_at_once() -> None:
	names = np.char.add("C", np.arange(100_000).astype(str)).astype(object)
	amounts = np.full(len(names), 10.0)
	amounts[::20] = MAX_AMOUNT * 2
	day = np.full(len(names), np.datetime64("2026-01-01"), dtype="datetime64[s]")
	sales = pd.DataFrame(
		{"customer": names, "document": names, "company": "A", "posting_date": day, "net_amount": amounts}
	)
	found = faulty.find(sales, {})
	assert len(found) == 5_000 and str(found["C40"]) == "The net amount of C40 is more than can be counted."
	assert len(faulty.without(sales, found)) == 95_000


class Tried:
	"""Some work that fails with some items; counts how often it was tried."""

	def __init__(self, bad: Sequence[int]):
		self.bad, self.times = set(bad), 0

	def __call__(self, items: Sequence[int]) -> int:
		self.times += 1
		if self.bad.intersection(items):
			raise ValueError("one of these")
		return len(items)


def test_the_faulty_are_found_among_many() -> None:
	work = Tried(range(0, 20_000, 400))
	results, skipped = bisecting.each_or_all(range(20_000), work)
	assert (sum(results), set(skipped)) == (19_950, work.bad)
	assert work.times < 2_000


def test_what_fails_with_everyone_is_nobodys_data() -> None:
	work = Tried(range(20_000))
	with pytest.raises(ValueError, match="one of these"):
		bisecting.each_or_all(range(20_000), work)
	assert work.times <= bisecting.SAMPLE


def test_looking_for_the_faulty_ends(monkeypatch: pytest.MonkeyPatch) -> None:
	clock = count()
	monkeypatch.setattr(bisecting.time, "monotonic", lambda: next(clock))
	monkeypatch.setattr(bisecting, "PATIENCE", 2)
	results, skipped = bisecting.each_or_all(range(8), Tried([3]))
	assert set(skipped) == {2, 3}, "either may be it: both keep the grades that they have"
	assert sum(results) == 6


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
	yield
	frappe.db.rollback()
	frappe.db.delete("Company", {"name": "Other NOK"})
	frappe.db.commit()
