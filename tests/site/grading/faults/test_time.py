"""A site goes back in time, by a backup or its clock: the next run heals, and nothing is logged twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import frappe

from customer_tiering import api, jobs
from customer_tiering.site.grading import state
from tests.site.conftest import OURS, SALES
from tests.site.helpers.faults.checks import check_healed, check_whole, ungraded
from tests.site.helpers.faults.processes import database
from tests.site.helpers.selling import changes, drain, graded, invoice, today


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
