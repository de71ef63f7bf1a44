"""Why a customer is to be contacted: each reason from its first day to its last."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from customer_tiering.acting.cadence import DUE, DUE_SOON, NEVER, NONE, ON_TRACK, OVERDUE, PAUSED, Cadence
from customer_tiering.acting.signals import (
	CONTACT_DUE,
	FALL_WITHIN,
	FALLING,
	NEAR_RISE,
	QUOTATION,
	QUOTATION_WITHIN,
	REASONS,
	SECOND_ORDER,
	SILENT,
	WON_BACK,
	WON_BACK_WITHIN,
	Quotation,
	Standing,
	signals_of,
)

TODAY = date(2026, 11, 27)
QUIET = Standing(
	customer="A", tier="Gold", stage="Active", revenue=3650.0, falls_on=None, falls_to=None,
	below_since=None, first_purchase=TODAY - timedelta(days=500),
	last_purchase=TODAY - timedelta(days=20), purchases=9, last_amount=400.0, gap=30.0, gone=0.1,
	usual=350.0, near=None, quotation=None, cadence=Cadence(0, None, NONE), apart=0, last_contact=None,
)  # fmt: skip


def day(ahead: int) -> date:
	return TODAY + timedelta(days=ahead)


def reasons(**changed: Any) -> list[str]:
	return [signal.reason for signal in signals_of(replace(QUIET, **changed), TODAY)]


def test_who_is_well_gives_no_reason() -> None:
	assert reasons() == []


@pytest.mark.parametrize(("ahead", "told"), [(-1, 0), (0, 1), (FALL_WITHIN, 1), (FALL_WITHIN + 1, 0)])
def test_a_fall_is_told_in_the_month_before_it(ahead: int, told: int) -> None:
	assert reasons(falls_on=day(ahead), falls_to="Silver").count(FALLING) == told


@pytest.mark.parametrize("stage", ["Active", "At Risk", "Lost", "Declining", None])
def test_who_is_at_risk_is_silent_and_who_is_lost_is_given_up(stage: str | None) -> None:
	assert reasons(stage=stage) == ([SILENT] if stage == "At Risk" else [])


@pytest.mark.parametrize(
	("ahead", "told"), [(-1, 0), (0, 1), (QUOTATION_WITHIN, 1), (QUOTATION_WITHIN + 1, 0)]
)
def test_a_quotation_is_told_in_its_last_week(ahead: int, told: int) -> None:
	assert reasons(quotation=Quotation("Q-1", day(ahead), 500.0)).count(QUOTATION) == told


@pytest.mark.parametrize("state", [NEVER, DUE, OVERDUE, DUE_SOON, ON_TRACK, PAUSED, NONE])
def test_a_contact_is_told_from_its_day_on(state: str) -> None:
	found = reasons(cadence=Cadence(14, day(0), state))
	assert found == ([CONTACT_DUE] if state in (NEVER, DUE, OVERDUE) else [])


@pytest.mark.parametrize(("ago", "told"), [(44, 0), (45, 1), (80, 1)])
def test_a_second_order_is_asked_for_half_a_usual_gap_after_the_first(ago: int, told: int) -> None:
	first = {"first_purchase": day(-ago), "last_purchase": day(-ago), "purchases": 1, "gap": 90.0}
	assert reasons(stage="New", **first).count(SECOND_ORDER) == told
	assert not reasons(stage="New", **first | {"purchases": 2}).count(SECOND_ORDER)


@pytest.mark.parametrize(("ago", "told"), [(0, 1), (WON_BACK_WITHIN, 1), (WON_BACK_WITHIN + 1, 0)])
def test_who_came_back_is_greeted_for_a_fortnight(ago: int, told: int) -> None:
	assert reasons(stage="Won Back", last_purchase=day(-ago)).count(WON_BACK) == told


def test_one_usual_order_from_a_tier() -> None:
	assert reasons(near="Platinum") == [NEAR_RISE]
	assert reasons(near="Platinum", usual=None) == []
	assert reasons(near="Platinum", stage="Lost") == []


@pytest.mark.parametrize(("ago", "told"), [(0, 0), (6, 0), (7, 1), (None, 1)])
def test_what_can_wait_waits_for_a_while_after_a_contact(ago: int | None, told: int) -> None:
	last = None if ago is None else day(-ago)
	assert reasons(near="Platinum", apart=7, last_contact=last).count(NEAR_RISE) == told
	# What cannot wait does not.
	assert SILENT in reasons(stage="At Risk", apart=7, last_contact=last)


def test_those_with_most_at_stake_come_first() -> None:
	one = replace(
		QUIET, stage="At Risk", gone=0.5, falls_on=day(3), falls_to="Silver", near="Platinum",
		quotation=Quotation("Q-1", day(2), 5000.0), cadence=Cadence(10, day(0), DUE),
	)  # fmt: skip
	found = signals_of(one, TODAY)
	assert [(signal.reason, signal.stake) for signal in found] == [
		(QUOTATION, 5000.0), (FALLING, 1825.0), (SILENT, 1825.0), (NEAR_RISE, 175.0), (CONTACT_DUE, 100.0),
	]  # fmt: skip


def test_a_stake_is_never_below_zero() -> None:
	found = signals_of(replace(QUIET, stage="At Risk", revenue=-50.0), TODAY)
	assert [signal.stake for signal in found] == [0.0]


def test_an_occasion_names_what_gave_rise_to_it() -> None:
	one = replace(QUIET, stage="At Risk", cadence=Cadence(14, day(-3), OVERDUE), last_contact=day(-17))
	assert {s.reason: s.occasion for s in signals_of(one, TODAY)} == {
		SILENT: day(-20).isoformat(),
		CONTACT_DUE: day(-17).isoformat(),
	}
	assert set(REASONS) >= {SILENT, CONTACT_DUE}
