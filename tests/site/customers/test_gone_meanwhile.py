"""A customer is renamed, merged or deleted while a run writes: nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering import jobs
from customer_tiering.site.grading import customer_scores, outbox
from tests.site.helpers.faults.processes import Process, until, wait_for_file
from tests.site.helpers.selling import changes, make_customer
from tests.site.helpers.shops.three import held, large_site, shown


def held_up_before_writing(here: Path) -> None:
	"""In this process, wait with all worked out that is to be written."""
	save = customer_scores.save

	def wait(batch: customer_scores.Batch) -> int:
		customer_scores.save = save
		wait_for_file(here)()
		return save(batch)

	customer_scores.save = wait


CHANGES: dict[str, Callable[[str], Any]] = {
	"renamed": lambda name: frappe.rename_doc("Customer", name, "New Name"),
	"merged": lambda name: frappe.rename_doc("Customer", name, "Small", merge=True),
	"deleted": lambda name: (
		frappe.db.delete("Sales Invoice", {"customer": name})
		or frappe.delete_doc("Customer", name, force=True)
	),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("known", "job"), [(True, jobs.drain), (False, jobs.drain), (True, jobs.nightly)])
def test_who_goes_while_a_run_writes_leaves_nothing_behind(
	three: tuple[str, ...], tmp_path: Path, change: str, known: bool, job: Callable[[], int]
) -> None:
	large = three[2]
	if not known:
		large = make_customer("Newcomer")
	large_site() if known else frappe.db.commit()
	frappe.get_last_doc("Sales Invoice", {"customer": "Large"}).cancel()
	outbox.mark(large, "Manual")
	frappe.db.commit()
	here = tmp_path / "here"
	process = Process(job, before=lambda: held_up_before_writing(here))
	until(here.exists)
	logged = len(changes(large))
	CHANGES[change](large)
	frappe.db.commit()
	here.unlink()
	assert process.wait() == 0
	jobs.drain()
	names = set(frappe.get_all("Customer", pluck="name"))
	assert set(frappe.get_all("Customer Score", pluck="customer")) == names
	assert None not in frappe.get_all("Customer Score", pluck="customer")
	orphans = set(frappe.get_all("Tier Change", pluck="customer")) - names
	assert orphans <= ({large} if change == "deleted" else set())
	if change == "deleted":
		assert len(changes(large)) == logged
	assert all(shown(name) == held(name) for name in names)
