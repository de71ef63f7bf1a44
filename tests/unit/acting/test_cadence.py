"""When a customer is to be contacted next: each boundary, and what holds for any of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.acting.cadence import (
	DUE,
	DUE_SOON,
	NEVER,
	NONE,
	ON_TRACK,
	OVERDUE,
	PAUSED,
	SOON,
	Agreed,
	Cadence,
	Interval,
	cadence_of,
)

TODAY = date(2026, 11, 27)
NOTHING = Agreed()


def days(count: int) -> timedelta:
	return timedelta(days=count)


def of(last: int | None, every: int = 14, agreed: Agreed = NOTHING, stage: str = "Active") -> Cadence:
	"""Of one who was contacted so many days ago; None: never."""
	contact = None if last is None else TODAY - days(last)
	return cadence_of(Interval(every), stage, agreed, contact, TODAY - days(40), TODAY)


@pytest.mark.parametrize(
	("last", "state", "due"),
	[
		(0, ON_TRACK, 14),
		(14 - SOON - 1, ON_TRACK, SOON + 1),
		(14 - SOON, DUE_SOON, SOON),
		(13, DUE_SOON, 1),
		(14, DUE, 0),
		(15, OVERDUE, -1),
		(400, OVERDUE, -386),
	],
)
def test_the_next_contact_is_an_interval_after_the_last(last: int, state: str, due: int) -> None:
	found = of(last)
	assert (found.state, found.due) == (state, TODAY + days(due))


def test_who_was_never_contacted_is_due_since_it_is_asked_for() -> None:
	assert of(None) == Cadence(14, TODAY - days(40), NEVER)


def test_without_an_interval_no_contact_is_due() -> None:
	assert of(None, every=0) == of(90, every=0) == Cadence(0, None, NONE)


def test_a_stage_has_an_interval_of_its_own_and_may_ask_for_none() -> None:
	interval = Interval(14, {"At Risk": 7, "Lost": 0})
	found = {
		stage: cadence_of(interval, stage, NOTHING, TODAY - days(5), TODAY, TODAY).days
		for stage in ("Active", "At Risk", "Lost", None)
	}
	assert found == {"Active": 14, "At Risk": 7, "Lost": 0, None: 14}


@pytest.mark.parametrize(("until", "every"), [(None, 30), (0, 30), (-1, 14), (5, 30)])
def test_an_interval_of_his_own_holds_up_to_its_last_day(until: int | None, every: int) -> None:
	agreed = Agreed(30, None if until is None else TODAY + days(until))
	assert of(3, agreed=agreed).days == every


@pytest.mark.parametrize(("until", "state", "due"), [(-1, OVERDUE, -6), (0, PAUSED, 1), (9, PAUSED, 10)])
def test_while_he_is_paused_no_contact_is_due(until: int, state: str, due: int) -> None:
	found = of(20, agreed=Agreed(paused_until=TODAY + days(until)))
	assert (found.state, found.due) == (state, TODAY + days(due))


def test_a_pause_that_ends_before_the_contact_is_due_moves_nothing() -> None:
	assert of(0, agreed=Agreed(paused_until=TODAY + days(3))).due == TODAY + days(14)


@given(
	st.one_of(st.none(), st.integers(0, 2000)),
	st.integers(0, 400),
	st.integers(0, 60),
	st.one_of(st.none(), st.integers(-30, 60)),
)
def test_every_contact_that_is_asked_for_comes_due(
	last: int | None, every: int, ahead: int, paused: int | None
) -> None:
	"""Whatever was agreed, it is due on its day, and stays so until somebody makes it."""
	agreed = Agreed(paused_until=None if paused is None else TODAY + days(paused))
	found = of(last, every, agreed)
	assert (found.due is None) == (every == 0)
	if found.due is not None:
		then = max(found.due, TODAY) + days(ahead)
		contact = None if last is None else TODAY - days(last)
		later = cadence_of(Interval(every), "Active", agreed, contact, TODAY - days(40), then)
		assert later.state in (DUE, OVERDUE, NEVER)
