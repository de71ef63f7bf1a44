"""A full run in many chunks, written by several workers, is one full run."""

from __future__ import annotations

from typing import Any

import frappe
import pandas as pd
import pytest
from frappe.utils import add_to_date, now_datetime

from customer_tiering.engine import evaluate
from customer_tiering.site.database import bulk_reading
from customer_tiering.site.grading import chunks, customer_scores, full_runs, state
from customer_tiering.site.reading import sales, site_facts
from tests.site.helpers.faults.working import work
from tests.site.helpers.selling import ago, changes, drain, graded, invoice, make_customer

write_chunk = full_runs.write_chunk  # as it is, whatever a test puts in its place


@pytest.fixture
def five(monkeypatch: pytest.MonkeyPatch) -> list[str]:
	"""Graded customers on a large site where a chunk is one customer, each with news that nobody drained."""
	frappe.db.set_single_value("Customer Tiering Settings", "small_site_customers", 0)
	names = [make_customer(f"Customer {letter}") for letter in "ABCDE"]
	for number, name in enumerate(names, start=1):
		invoice(name, 1000 * number, ago(10 * number))
	frappe.db.commit()
	full_runs.nightly()
	for name in names:
		invoice(name, 500, ago(1))
	frappe.db.delete("Rescore Request")
	frappe.db.delete("Tier Change")
	frappe.db.commit()
	monkeypatch.setattr(full_runs, "CHUNK", 1)
	monkeypatch.setattr(chunks, "AHEAD", 0)
	return names


def between_chunks(monkeypatch: pytest.MonkeyPatch, number: int, event: Any) -> list[tuple[Any, ...]]:
	"""Have something happen before a chunk is written; gives the chunks as they come."""
	seen: list[tuple[Any, ...]] = []

	def watched(*chunk: Any, **how: Any) -> int:
		seen.append(chunk)
		if len(seen) == number:
			event()
		return write_chunk(*chunk, **how)

	monkeypatch.setattr(full_runs, "write_chunk", watched)
	return seen


@pytest.mark.parametrize("some", [None, ["Customer A", "Customer B"]])
def test_what_is_read_of_invoices_is_read_from_the_index_alone(
	five: list[str], monkeypatch: pytest.MonkeyPatch, some: list[str] | None
) -> None:
	asked: list[str] = []
	fetched = bulk_reading._fetched

	def watched(query: Any, at_once: int) -> Any:
		asked.append(query.get_sql())
		return fetched(query, at_once)

	monkeypatch.setattr(bulk_reading, "_fetched", watched)
	current = state.published()
	assert current is not None
	sales.read_sales(current.policy, some)
	of_invoices = [query for query in asked if "Invoice`" in query]
	assert len(of_invoices) == len(sales.INVOICES)
	for query in of_invoices:
		((*_where, extra),) = frappe.db.sql(f"explain {query}")
		# In parts: "Using index condition" is another thing, which reads the rows too.
		assert "Using index" in extra.split("; "), (query, extra)


def test_what_the_database_cuts_short_is_read_again(five: list[str]) -> None:
	for _time in range(3):
		frappe.db.set_value("Sales Invoice", invoice(five[0], 700).name, "customer", None)
	current = state.published()
	assert current is not None

	def read() -> pd.DataFrame:
		return sales.read_sales(current.policy).astype(object).sort_values("document", ignore_index=True)

	whole = read()
	assert len(whole) == 10 and whole["customer"].notna().all()  # nobody's are told elsewhere
	((limit,),) = frappe.db.sql("select @@group_concat_max_len")
	# Room for one document of a customer, for a few, and for nearly all of one's.
	for room in (150, 450, 700):
		frappe.db.sql("set group_concat_max_len = %s", room)
		try:
			pd.testing.assert_frame_equal(read(), whole)
		finally:
			frappe.db.sql("set group_concat_max_len = %s", limit)


def test_chunks_write_what_one_transaction_would(five: list[str]) -> None:
	assert full_runs.nightly() == 5
	assert all(graded(name)["purchases"] == 2 for name in five)
	assert full_runs.nightly() == 0


def test_a_chunk_does_not_undo_what_a_drain_found_meanwhile(
	five: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
	last, before = five[-1], graded(five[-1])

	def take_it_back() -> None:
		frappe.get_last_doc("Sales Invoice", {"customer": last, "base_net_total": 500}).cancel()
		drain()

	between_chunks(monkeypatch, 2, take_it_back)
	assert full_runs.nightly() == 4
	assert graded(last)["purchases"] == before["purchases"] == 1, "an older grade over a newer one"
	current, held = state.published(), customer_scores.read_held()
	assert current is not None
	known = site_facts.read_facts(current.policy)
	at_once = evaluate(known, current.policy, state.today(), held, current.cut_points, current.forecast)
	assert not customer_scores.differing(at_once, held).any(), "the run and the drain agree"


def test_a_chunk_written_twice_is_logged_once(five: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
	written: list[int] = []
	chunks = between_chunks(monkeypatch, 2, lambda: written.append(write_chunk(*chunks[0])))
	full_runs.nightly()
	assert written == [0]
	assert all(len(changes(name)) <= 1 for name in five)


def test_a_run_that_was_stopped_is_taken_up(five: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
	def stop() -> None:
		raise SystemExit  # as a worker does that is told to go

	between_chunks(monkeypatch, 3, stop)
	with pytest.raises(SystemExit):
		full_runs.nightly()
	frappe.db.rollback()
	assert sum(graded(name)["purchases"] == 2 for name in five) == 2
	assert not state.stalled(), "it might still be at work"
	with monkeypatch.context() as later:
		later.setattr(state, "now_datetime", lambda: add_to_date(now_datetime(), hours=2))
		assert state.stalled()
	monkeypatch.setattr(full_runs, "write_chunk", write_chunk)
	assert full_runs.nightly() == 3
	assert all(graded(name)["purchases"] == 2 for name in five)
	assert not state.published().run


def test_chunks_of_a_run_that_is_over_are_not_written(
	five: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
	chunks = between_chunks(monkeypatch, 1, lambda: None)
	full_runs.nightly()
	name = chunks[0][1].customers[0]
	frappe.db.delete("Customer Score", {"customer": name})
	frappe.db.commit()
	assert write_chunk(*chunks[0]) == 0
	assert not graded(name)


def test_another_worker_writes_what_was_offered(five: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(chunks, "AHEAD", 3)
	written = between_chunks(monkeypatch, 1, lambda: work("long"))
	assert full_runs.nightly() == 5
	assert len(written) == 2, "three of five were another worker's"
	assert all(graded(name)["purchases"] == 2 for name in five)
	assert full_runs.nightly() == 0


def test_without_a_worker_the_run_takes_back_what_it_offered(
	five: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(chunks, "AHEAD", 3)
	assert full_runs.nightly() == 5
	assert full_runs.nightly() == 0


def test_without_a_queue_the_run_writes_alone(five: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
	def refuse(*_args: Any, **_kwargs: Any) -> None:
		raise ConnectionError

	monkeypatch.setattr(chunks, "AHEAD", 3)
	monkeypatch.setattr(frappe, "enqueue", refuse)
	assert full_runs.nightly() == 5
