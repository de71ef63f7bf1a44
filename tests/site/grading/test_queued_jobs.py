"""Jobs that an older or a newer version of the app has put on the queue."""

from __future__ import annotations

import inspect
import pickle
import sys
from collections.abc import Callable, Iterator
from datetime import date
from types import ModuleType
from typing import Any

import frappe
import numpy as np
import pandas as pd
import pytest

from customer_tiering import jobs
from customer_tiering.site.grading import chunks
from customer_tiering.site.grading.customer_scores import STATE, STORED, Batch
from customer_tiering.site.grading.outbox import Reason

KEY = "customer_tiering:a-run:0"


def test_every_entry_point_is_called_as_ever() -> None:
	found = {
		name: str(inspect.signature(one)).partition(" ->")[0]
		for name, one in vars(jobs).items()
		if inspect.isfunction(one) and one.__module__ == jobs.__name__ and not name.startswith("_")
	}
	assert found == {
		"drain": "()",
		"sweep": "()",
		"restore_tiers": "()",
		"nightly": "(as_of: 'date | str | None' = None)",
		"make_lists": "()",
		"monthly_review": "()",
		"morning_mails": "()",
		"write_chunk": "(run: 'str', key: 'str')",
	}


@pytest.fixture(autouse=True)
def _nothing_taken() -> Iterator[None]:
	for key in (KEY, f"{KEY}:taken", f"{KEY}:written"):
		frappe.cache.delete_value(key)
	yield


def batch(scores: pd.DataFrame | None = None) -> Batch:
	"""A chunk of nobody."""
	if scores is None:
		scores = pd.DataFrame(columns=["customer", *STORED])
	changes = pd.DataFrame(columns=["customer"])
	return Batch(
		date(2026, 1, 1), "rfm-1", scores, changes, [], np.zeros(0, dtype=bool), [], {}, Reason("Time")
	)


def of_another_make(change: Callable[[dict[str, Any]], object]) -> Batch:
	made = batch()
	change(made.__dict__)
	return made


def moved() -> bytes:
	"""A batch as a version pickled it whose modules had other names."""
	module = ModuleType("customer_tiering.site.store")
	module.Batch = type("Batch", (), {"__module__": module.__name__})
	sys.modules[module.__name__] = module
	try:
		return pickle.dumps(module.Batch())
	finally:
		del sys.modules[module.__name__]


UNREADABLE: dict[str, Callable[[], bytes]] = {
	"its class is elsewhere": moved,
	"its class has another name": lambda: b"ccustomer_tiering.site.grading.customer_scores\nParcel\n.",
	"no pickle": lambda: b"\x80\x05{",
	"a text": lambda: pickle.dumps("a batch"),
	"a field less": lambda: pickle.dumps(of_another_make(lambda fields: fields.pop("breakdowns"))),
	"a field more": lambda: pickle.dumps(of_another_make(lambda fields: fields.update(outlook=[]))),
	"a column less": lambda: pickle.dumps(batch(pd.DataFrame(columns=["customer", *STATE]))),
	"no table": lambda: pickle.dumps(batch([])),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_chunk_of_another_version_is_left_for_who_offered_it(kind: str) -> None:
	frappe.cache.set(frappe.cache.make_key(KEY), UNREADABLE[kind]())
	assert jobs.write_chunk("a-run", KEY) == 0
	assert frappe.cache.get(frappe.cache.make_key(f"{KEY}:taken")) is None
	written = chunks._finish("a-run", chunks.Offer(KEY, batch()), lambda _run, _batch: 7)
	assert written == 7, "who offered it writes it"


def test_a_chunk_of_this_version_is_taken() -> None:
	frappe.cache.set_value(KEY, batch(), expires_in_sec=60)
	assert chunks.take("a-run", KEY, lambda _run, _batch: 7) == 7
	assert chunks.Offer(KEY, batch()).written == 7


def test_what_another_version_wrote_is_not_known() -> None:
	for text in (moved(), b"\x80\x05{", pickle.dumps("seven"), pickle.dumps([7])):
		frappe.cache.set(frappe.cache.make_key(f"{KEY}:written"), text)
		assert chunks.Offer(KEY, batch()).written is None
