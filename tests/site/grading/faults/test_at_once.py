"""Drains, runs, invoices and a publish at once: nothing older overwrites what is newer."""

from __future__ import annotations

from pathlib import Path

import frappe

from customer_tiering import api, jobs
from customer_tiering.site.grading import state
from tests.site.helpers.faults.checks import check_healed, check_whole, ungraded
from tests.site.helpers.faults.processes import CHUNK, Process, at_statement, until, wait_for_file
from tests.site.helpers.selling import graded, invoice


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
	nightly = Process(jobs.nightly, before=lambda: at_statement(2, wait_for_file(here), CHUNK))
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
	nightly = Process(jobs.nightly, before=lambda: at_statement(2, wait_for_file(here), CHUNK))
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
