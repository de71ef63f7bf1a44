"""Dates in all the ways in which people write them, and their order by the column as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine.facts import to_day
from customer_tiering.sources.understanding import dates

JANUARY = to_day(date(2025, 1, 31))


@pytest.mark.parametrize(
	"cell",
	[
		"2025-01-31", " 2025-1-31 ", "2025/01/31", "2025.01.31", "2025-01-31 14:05:06.5", "2025-01-31T14:05Z",
		"2025-01-31 09:50:26 +0200", "2025-01-31T09:50:26+02:00", "2025年1月31日", "20250131",
		"20250131.0", "45688",
		"45688.75", 45688, 45688.5, date(2025, 1, 31), datetime(2025, 1, 31, 23, 59), "31.01.2025", "31.1.25",
		"31 Jan 2025", "31-Jan-2025", "31-Jan-25", "Jan 31, 2025", "January 31st, 2025", "31. Januar 2025",
		"31 janv. 2025", "31 de enero de 2025", "Fri, 31 Jan 2025 10:00:00 +0000",
	],
)  # fmt: skip
def test_dates_that_leave_no_doubt_are_read(cell: Any) -> None:
	"""Of one that has a time, the day counts."""
	assert dates.read_date(cell) == JANUARY


@pytest.mark.parametrize(
	"cell",
	[
		"2025-02-30",
		"2025-01/31",
		"31/01/2025",
		"32.01.2025",
		"31 Foo 2025",
		"1.5",
		"12345678",
		"x",
		"13",
		7.0,
		True,
		"²",
	],
)
def test_what_is_no_date_is_none(cell: Any) -> None:
	"""31/01/2025 is one only once its order is known."""
	assert dates.read_date(cell) in (dates.UNREADABLE, dates.OUTSIDE)


@pytest.mark.parametrize(
	("cells", "order"),
	[
		(["09/01/2025", "24/01/2025"], "dmy"), (["01/09/2025", "01/24/2025"], "mdy"), (["09/01/2025"], None),
		(["24/01/2025", "01/24/2025"], None), (["2025-01-31"], ""), (["05/05/2025"], ""),
		(["09.01.2025"], "dmy"),
		(["24/01/25"], None), (["31/12/99"], "dmy"), (["99/12/31"], "ymd"), ([], ""),
	],
)  # fmt: skip
def test_a_column_tells_its_order_or_leaves_it_open(cells: list[str], order: str | None) -> None:
	seen = dates.evidence(cells)
	assert seen.order() == order


@pytest.mark.parametrize(
	("text", "order", "day"),
	[
		("9/1/2025 2:05 PM", "dmy", date(2025, 1, 9)), ("9/1/2025", "mdy", date(2025, 9, 1)),
		("25/01/09", "ymd", date(2025, 1, 9)), ("09-01-99", "dmy", date(1999, 1, 9)),
	],
)  # fmt: skip
def test_an_order_that_is_known_is_followed(text: str, order: str, day: date) -> None:
	assert dates.read_date(text, order) == to_day(day)


@given(
	st.lists(st.dates(date(1970, 1, 1), date(2069, 12, 31)), min_size=1, max_size=8),
	st.sampled_from(["dmy", "mdy"]),
)
def test_a_column_is_read_as_it_was_written_or_left_open(days: list[date], order: str) -> None:
	"""Never as other days."""
	shape = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}[order]
	cells = [day.strftime(shape) for day in days]
	found = dates.evidence(cells).order()
	if found is not None:
		assert [dates.read_date(cell, found or order) for cell in cells] == [to_day(day) for day in days]


@given(st.text(max_size=14))
def test_any_text_is_a_date_or_a_code(text: str) -> None:
	assert isinstance(dates.read_date(text), int)
	assert isinstance(dates.evidence([text]), dates.Evidence)
