"""Nothing is lost and no invoice waits, whatever is broken."""

from __future__ import annotations

import os
import subprocess
import sys

import frappe
import pytest
import redis

from customer_tiering import jobs
from customer_tiering.site.grading import outbox
from tests.site.conftest import PORTS, SITE
from tests.site.helpers.faults.stopping import redis_stopped
from tests.site.helpers.faults.working import work
from tests.site.helpers.selling import ago, graded, invoice, make_customer


def test_a_real_worker_grades_what_a_submit_marked() -> None:
	name = make_customer("Worked")
	invoice(name, 100, ago(1))
	assert frappe.db.count("Rescore Request", {"customer": name}) == 2  # made, and invoiced
	work("short")
	assert graded(name)["tier"] == "Silver"  # a lone customer is in the middle
	assert not frappe.db.count("Rescore Request")


def test_redis_down_the_invoice_submits_and_the_next_sweep_grades() -> None:
	name = make_customer("Unlucky")
	frappe.db.commit()
	with redis_stopped():
		document = invoice(name, 100, ago(1))
		frappe.db.commit()
		assert frappe.db.get_value("Sales Invoice", document.name, "docstatus") == 1
	assert not graded(name)
	jobs.sweep()
	assert graded(name)["purchases"] == 1


def test_many_documents_in_one_transaction_ask_for_one_drain() -> None:
	name = make_customer("Busy")
	frappe.db.commit()
	frappe.cache.delete(outbox._waiting_key())
	queue = redis.Redis(port=PORTS["redis_queue"])
	queue.flushdb()
	for number in range(3):
		invoice(name, 100, ago(number))
	frappe.db.commit()
	drains = [
		key for key in queue.keys("rq:job:*") if outbox.DRAIN.encode() in queue.hget(key, "description")
	]
	assert len(drains) == 1
	assert frappe.db.count("Rescore Request", {"customer": name}) == 4


def test_a_rolled_back_submit_leaves_no_request() -> None:
	name = make_customer("Undone")
	frappe.db.commit()
	requests = frappe.db.count("Rescore Request")
	invoice(name, 100, ago(1))
	frappe.db.rollback()
	assert frappe.db.count("Rescore Request") == requests
	assert not frappe.flags.customer_tiering_drain_asked


def test_a_broken_outbox_does_not_stop_an_invoice(monkeypatch: pytest.MonkeyPatch) -> None:
	name = make_customer("Stoic")
	monkeypatch.setattr(
		outbox, "FIELDS", ("no_such_column",)
	)  # a real error of the database, mid-transaction
	document = invoice(name, 100, ago(1))
	frappe.db.commit()
	assert frappe.db.get_value("Sales Invoice", document.name, "docstatus") == 1
	monkeypatch.undo()
	jobs.nightly()
	assert graded(name)["purchases"] == 1, "the nightly run heals what was not marked"


def test_a_drain_that_fails_keeps_its_requests(monkeypatch: pytest.MonkeyPatch) -> None:
	name = make_customer("Patient")
	frappe.db.commit()
	from customer_tiering.site.grading import customer_scores, drains

	def fail(*_args: object, **_kwargs: object) -> None:
		raise RuntimeError("the power went")

	monkeypatch.setattr(customer_scores, "_write_customers", fail)  # after scores and log are written
	with pytest.raises(RuntimeError):
		drains.drain()
	assert not graded(name)
	assert not frappe.db.count("Tier Change")
	assert frappe.db.count("Rescore Request", {"customer": name}) == 1
	monkeypatch.undo()
	jobs.nightly()  # a drain that grades everyone would rest for some minutes
	assert graded(name)["lifecycle_stage"] == "Prospect"
	assert not frappe.db.count("Rescore Request")


def test_submitting_loads_neither_pandas_nor_the_engine() -> None:
	code = (
		"import sys, frappe\n"
		f"frappe.init({SITE!r}, sites_path={os.environ['SITES_PATH']!r}); frappe.connect()\n"
		"import customer_tiering.events.sales_document, customer_tiering.events.customer\n"
		"import customer_tiering.jobs, customer_tiering.desk.boot, customer_tiering.api\n"
		"print([m for m in ('pandas', 'customer_tiering.engine') if m in sys.modules])"
	)
	done = subprocess.run(
		[sys.executable, "-c", code], cwd=os.environ["SITES_PATH"], capture_output=True, text=True
	)
	assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize(
	"command, loads",
	[("worker", True), ("worker-pool", True), ("schedule", False), ("serve", False), ("migrate", False)],
)
def test_only_a_worker_loads_pandas_before_its_jobs_do(command: str, loads: bool) -> None:
	code = "from frappe.utils import bench_helper; bench_helper.get_app_groups(); import sys; "
	done = subprocess.run(
		[sys.executable, "-c", code + "print('pandas' in sys.modules)", "frappe", command],
		cwd=os.environ["SITES_PATH"],
		capture_output=True,
		text=True,
	)
	assert done.stdout.strip() == str(loads), done.stdout + done.stderr
