"""Redis or the database fails in the middle: invoices are submitted, and no request is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import frappe
import pytest
import redis

from customer_tiering import api, jobs
from customer_tiering.site.grading import outbox
from tests.site.conftest import PORTS
from tests.site.helpers.faults.checks import check_healed, check_whole, failures, ungraded
from tests.site.helpers.faults.processes import Process, fill_queue, until
from tests.site.helpers.faults.stopping import redis_stopped
from tests.site.helpers.selling import invoice

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
