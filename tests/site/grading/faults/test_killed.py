"""Killed at any point of a drain or a run: each is as before or graded everywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import redis

from customer_tiering import api, jobs
from customer_tiering.site.grading import chunks, drains, full_runs, outbox
from tests.site.conftest import PORTS
from tests.site.helpers.faults.checks import check_healed, check_whole, ungraded
from tests.site.helpers.faults.processes import CHUNK, Process, at_statement, die, until, wait_for_file, work
from tests.site.helpers.selling import today


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
	nightly = Process(jobs.nightly, before=lambda: at_statement(1, wait_for_file(here), CHUNK))
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
