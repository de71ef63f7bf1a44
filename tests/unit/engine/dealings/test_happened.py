"""Complaints and contacts: how many in the window, and how long ago."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine import Facts, FactsError
from engine.builders import ago, doc, facts_of, metric_of

NAN = float("nan")


def events(*found: tuple[str, int] | tuple[str, int, str | None]) -> pd.DataFrame:
	"""Of whom, so many days before the as-of date, and of which company if any is told."""
	table = pd.DataFrame(found, columns=["customer", "when", "company"][: len(found[0]) if found else 2])
	days = pd.to_datetime(pd.Series([ago(when) for when in table["when"]], dtype=object))
	return table.assign(date=days).drop(columns="when")


def known(**tables: Any) -> Facts:
	return facts_of(doc("a", 90, 100), doc("a", 90, 1, company="Beta"), doc("b", 90, 100), **tables)


def test_complaints_of_the_window_count_and_later_ones_are_not_seen() -> None:
	facts = known(complaints=events(("a", 30), ("a", 29), ("a", 29), ("a", 0), ("a", -1), ("stranger", 5)))
	assert metric_of(facts, "Complaint Count", window_days=30) == {"a": 3, "b": 0}
	assert metric_of(facts, "Complaint Count", window="All Time") == {"a": 4, "b": 0}
	assert metric_of(facts, "Complaint Count", ago(29), window_days=30) == {"a": 3, "b": 0}


def test_a_complaint_of_no_company_is_each_ones() -> None:
	facts = known(complaints=events(("a", 3, "Acme"), ("a", 3, "Beta"), ("a", 3, None), ("a", 3, "")))
	assert metric_of(facts, "Complaint Count") == {"a": 4, "b": 0}
	assert metric_of(facts, "Complaint Count", company="Beta") == {"a": 3, "b": 0}


def test_days_since_the_last_contact() -> None:
	facts = known(contacts=events(("a", 30), ("a", 7), ("a", -1)))
	assert metric_of(facts, "Days Since Contact") == pytest.approx({"a": 7, "b": NAN}, nan_ok=True)
	assert metric_of(facts, "Days Since Contact", company="Beta")["a"] == 7
	assert metric_of(facts, "Days Since Contact", ago(8))["a"] == 22
	assert metric_of(facts, "Days Since Contact", ago(-1))["a"] == 0


def test_without_a_table_nothing_is_known_and_with_an_empty_one_nothing_happened() -> None:
	nothing = {"complaints": events(), "contacts": events()}
	for facts, count in ((known(), NAN), (known(**nothing), 0.0)):
		found = metric_of(facts, "Complaint Count")
		assert found == pytest.approx({"a": count, "b": count}, nan_ok=True)
		assert pd.isna([*metric_of(facts, "Days Since Contact").values()]).all()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-3, 60))), st.integers(0, 9), st.integers(1, 60))
def test_both_are_what_one_counts_by_hand(found: list[tuple[str, int]], day: int, window: int) -> None:
	facts = known(complaints=events(*found), contacts=events(*found))
	counts = metric_of(facts, "Complaint Count", ago(day), window_days=window)
	silences = metric_of(facts, "Days Since Contact", ago(day))
	for name in "ab":
		since = [when - day for who, when in found if who == name and when >= day]
		assert counts[name] == sum(days < window for days in since)
		assert silences[name] == pytest.approx(min(since, default=NAN), nan_ok=True)


@pytest.mark.parametrize("name", ["complaints", "contacts"])
def test_events_that_cannot_be_dated_are_refused(name: str) -> None:
	with pytest.raises(FactsError, match=f"Row 1 of the {name} table has no date"):
		known(**{name: events(("a", 3), ("a", 2)).assign(date=[pd.Timestamp(ago(3)), pd.NaT])})
	with pytest.raises(FactsError, match=f"The {name} table lacks the column date"):
		known(**{name: events(("a", 3)).drop(columns="date")})
