"""What is on a list: nothing twice, nothing again, the best first, no more than a day holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.acting.cadence import NEVER, Cadence
from customer_tiering.acting.planning import FollowUp, Plan, plan
from customer_tiering.acting.signals import CONTACT_DUE, SILENT, Signal, Standing
from tests.unit.acting.test_signals import QUIET

TODAY = date(2026, 11, 27)


def silent(customer: str, revenue: float = 1000.0, silent_for: int = 20) -> Standing:
	last = TODAY - timedelta(days=silent_for)
	return replace(QUIET, customer=customer, stage="At Risk", revenue=revenue, last_purchase=last)


def taken(found: Plan) -> list[FollowUp]:
	"""What is stored of a plan's new follow-ups."""
	return [FollowUp(f"{s.customer} {s.reason}", s.customer, s.reason, s.occasion) for s in found.opened]


def names(signals: list[Signal]) -> list[str]:
	return [signal.customer for signal in signals]


def test_the_best_are_taken_up_and_the_rest_is_counted() -> None:
	found = plan([silent(name, amount) for name, amount in (("A", 1), ("B", 3), ("C", 2))], [], TODAY, 2)
	assert (names(list(found.opened)), found.waiting) == (["B", "C"], 1)


def test_a_condition_that_stays_true_opens_nothing_new() -> None:
	first = plan([silent("A")], [], TODAY, 8)
	again = plan([silent("A")], taken(first), TODAY + timedelta(days=1), 8)
	assert (again.opened, list(again.kept), again.recovered) == ([], ["A Silent"], [])


def test_it_closes_itself_when_the_signal_recovers() -> None:
	open_one = taken(plan([silent("A")], [], TODAY, 8))
	found = plan([replace(QUIET, customer="A")], open_one, TODAY, 8)
	assert (found.recovered, found.opened) == (["A Silent"], [])


def test_what_was_dealt_with_comes_back_only_on_another_occasion() -> None:
	done = [replace(one, open=False) for one in taken(plan([silent("A")], [], TODAY, 8))]
	assert not plan([silent("A")], done, TODAY, 8).opened
	assert plan([silent("A", silent_for=15)], done, TODAY, 8).opened


def test_a_second_reason_of_who_is_on_the_list_finds_room() -> None:
	open_one = taken(plan([silent("A")], [], TODAY, 1))
	both = replace(silent("A"), cadence=Cadence(14, TODAY, NEVER))
	found = plan([both, silent("B", 9e9)], open_one, TODAY, 1)
	assert ([s.reason for s in found.opened], found.waiting) == ([CONTACT_DUE], 1)


def test_who_was_put_off_is_left_alone_and_takes_no_room() -> None:
	open_one = taken(plan([silent("A")], [], TODAY, 1))
	later = [replace(one, not_before=TODAY + timedelta(days=2)) for one in open_one]
	both = replace(silent("A"), cadence=Cadence(14, TODAY, NEVER))
	found = plan([both, silent("B")], later, TODAY, 1)
	assert names(list(found.opened)) == ["B"]
	assert list(found.kept) == ["A Silent"]
	then = plan([both], later, TODAY + timedelta(days=2), 1)
	assert [s.reason for s in then.opened] == [CONTACT_DUE]


def test_what_somebody_else_has_takes_no_room() -> None:
	aside = [replace(one, aside=True) for one in taken(plan([silent("A")], [], TODAY, 1))]
	assert names(list(plan([silent("A"), silent("B")], aside, TODAY, 1).opened)) == ["B"]


STANDINGS = st.lists(
	st.builds(
		lambda name, stage, revenue, near, due: replace(
			QUIET,
			customer=name,
			stage=stage,
			revenue=float(revenue),
			near="Platinum" if near else None,
			cadence=Cadence(14, TODAY, NEVER) if due else QUIET.cadence,
		),
		st.sampled_from("ABCDEFGH"),
		st.sampled_from(["Active", "At Risk", "Lost"]),
		st.integers(-10, 1000),
		st.booleans(),
		st.booleans(),
	),
	unique_by=lambda one: one.customer,
)


@given(STANDINGS, STANDINGS, st.integers(1, 5))
def test_whatever_comes_nothing_is_told_twice_and_no_list_is_too_long(
	before: list[Standing], now: list[Standing], at_most: int
) -> None:
	first = plan(before, [], TODAY, at_most)
	held = taken(first)
	assert len({one.customer for one in held}) <= at_most
	again = plan(before, held, TODAY, at_most)
	assert (again.opened, again.recovered) == ([], [])  # made again, it changes nothing
	assert set(again.kept) == {one.name for one in held}
	then = plan(now, held, TODAY, at_most)
	assert {*then.kept, *then.recovered} == {one.name for one in held}
	whole = [one for one in held if one.name in then.kept] + taken(then)
	assert len({(one.customer, one.reason) for one in whole}) == len(whole)
	assert len({one.customer for one in whole}) <= at_most
	assert {one.reason for one in whole} <= {SILENT, CONTACT_DUE, "One Order from a Tier"}


@given(STANDINGS, st.integers(1, 5), st.randoms())
def test_the_order_of_customers_changes_nothing(some: list[Standing], at_most: int, random: object) -> None:
	shuffled = list(some)
	random.shuffle(shuffled)  # type: ignore[attr-defined]
	assert plan(some, [], TODAY, at_most) == plan(shuffled, [], TODAY, at_most)
