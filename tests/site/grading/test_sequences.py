"""Random days of a company: drains after each step give what one full run at the end gives.

``CUSTOMER_TIERING_SEQUENCES=300`` runs as many of them, and ``CUSTOMER_TIERING_FIRST=1000`` begins with that
seed; a day that fails tells its seed and its steps.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from tests.site import conftest
from tests.site.helpers.world.day import Day
from tests.site.helpers.world.past import STEADY, make_past, remove_places
from tests.site.helpers.world.tables import SETTINGS, SETTLED, Rows, forget_records, read_tables, write_tables

SEQUENCES = int(os.environ.get("CUSTOMER_TIERING_SEQUENCES", "8"))
FIRST = int(os.environ.get("CUSTOMER_TIERING_FIRST", "0"))
STEPS = 9


@pytest.fixture(autouse=True)
def _clean() -> None:
	"""Each day begins with the past, so there is nothing to be emptied."""


@pytest.fixture(scope="module")
def past(_site: None) -> Iterator[tuple[Rows, dict[str, Any]]]:
	"""The company on the morning of each day; afterwards all is as it was."""
	remove_places()
	conftest.empty()
	before = read_tables()
	tiers = frappe.get_all("Customer Tier", fields=["name", *STEADY], as_list=True)
	settings = {name: frappe.db.get_single_value(SETTINGS, name, cache=False) for name in SETTLED}
	clear_cache, frappe.clear_cache = frappe.clear_cache, forget_records
	try:
		make_past()
		assert frappe.db.count("Customer Score", {"climbing": ("is", "set")}) > 1
		yield (
			read_tables(),
			{name: frappe.db.get_single_value(SETTINGS, name, cache=False) for name in settings},
		)
	finally:
		frappe.clear_cache = clear_cache
		frappe.db.rollback()
		write_tables(before)
		for name, *days in tiers:
			frappe.db.set_value("Customer Tier", name, dict(zip(STEADY, days, strict=True)))
		for name, value in settings.items():
			frappe.db.set_single_value(SETTINGS, name, value)
		frappe.db.commit()
		frappe.clear_cache()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEQUENCES))
def test_draining_after_each_step_equals_one_full_run(seed: int, past: tuple[Rows, dict[str, Any]]) -> None:
	day = Day(seed, *past)
	day.live(STEPS)
	day.check()
