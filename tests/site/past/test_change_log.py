"""The past as the log and the monthly snapshots tell it."""

from __future__ import annotations

from datetime import date

import frappe
import pandas as pd
import pytest

from customer_tiering.site.grading import full_runs, state
from customer_tiering.site.past import change_log, snapshots
from tests.site.helpers.selling import ago, drain, graded, invoice, make_customer

DAY = date(2026, 3, 31)


def log(*changes: tuple[str, str, str | None, str | None, str, str]) -> change_log.Log:
	"""A log of (day, customer, from tier, to tier, from stage, to stage), in the order of writing."""
	for number, (day, customer, from_tier, to_tier, from_stage, to_stage) in enumerate(changes):
		values = {
			"as_of": day, "customer": customer, "from_tier": from_tier, "to_tier": to_tier,
			"from_stage": from_stage, "to_stage": to_stage, "cause": "Time",
			"creation": f"2026-04-01 00:00:{number:02}.000001",
		}  # fmt: skip
		frappe.get_doc({"doctype": "Tier Change", "name": f"C{number}", **values}).db_insert()
	return change_log.read_log(DAY)


@pytest.fixture
def moves() -> change_log.Log:
	return log(
		("2026-01-01", "Ada", None, "Gold", None, "New"),
		("2026-01-01", "Bob", None, None, None, "Prospect"),
		("2026-02-01", "Ada", "Gold", "Platinum", "New", "New"),
		("2026-02-10", "Bob", None, "Silver", "Prospect", "New"),
		# twice on one day: what was written last holds at its close
		("2026-03-01", "Ada", "Platinum", "Silver", "New", "At Risk"),
		("2026-03-01", "Ada", "Silver", "Gold", "At Risk", "Active"),
		("2026-04-01", "Ada", "Gold", "Bronze", "Active", "Lost"),
	)


def states(moves: change_log.Log, day: str) -> dict[str, tuple[str, str]]:
	return {customer: (row.rung, row.stage) for customer, row in moves.at(date.fromisoformat(day)).iterrows()}


@pytest.mark.parametrize(
	("day", "expected"),
	[
		("2025-12-31", {}),
		("2026-01-01", {"Ada": ("Gold", "New"), "Bob": ("", "Prospect")}),
		("2026-02-28", {"Ada": ("Platinum", "New"), "Bob": ("Silver", "New")}),
		("2026-03-01", {"Ada": ("Gold", "Active"), "Bob": ("Silver", "New")}),
	],
)
def test_a_day_has_the_state_that_was_written_last_up_to_its_close(
	moves: change_log.Log, day: str, expected: dict[str, tuple[str, str]]
) -> None:
	assert states(moves, day) == expected


def test_what_was_read_ends_with_its_last_day(moves: change_log.Log) -> None:
	assert len(moves.changes) == 6
	assert moves.begins == date(2026, 1, 1)
	assert change_log.read_log(date(2025, 12, 31)).begins is None


def test_changes_between_leave_out_the_first_day_and_have_the_last(moves: change_log.Log) -> None:
	found = moves.between(date(2026, 2, 1), date(2026, 3, 1))
	assert found["customer"].tolist() == ["Bob", "Ada", "Ada"]


def test_a_stay_lasts_until_the_state_changes(moves: change_log.Log) -> None:
	stays = moves.stays("stage", DAY)
	assert [tuple(row) for row in stays[["customer", "state", "next", "days"]].to_numpy()] == [
		("Ada", "New", "At Risk", 59),  # January and February: a change of tier ends no stage
		("Ada", "At Risk", "Active", 0),
		("Ada", "Active", "", 30),  # goes on, so up to the last day
		("Bob", "Prospect", "New", 40),
		("Bob", "New", "", 49),
	]
	assert stays["left"].isna().tolist() == [False, False, True, False, True]


def test_reasons_say_why_and_only_of_the_chosen(moves: change_log.Log) -> None:
	found = change_log.read_reasons(date(2026, 1, 31), DAY, ["Ada"])
	assert found["to_tier"].tolist() == ["Platinum", "Silver", "Gold"]
	assert set(found["cause"]) == {"Time"}


def test_the_log_gives_what_everyone_holds_now() -> None:
	for name, amounts in {"A": [9000, 500], "B": [10], "C": []}.items():
		make_customer(name)
		for days, amount in enumerate(amounts):
			invoice(name, amount, ago(days))
			drain()
	drain()
	found = change_log.read_log(state.today()).at(state.today())
	for name in ("A", "B", "C"):
		assert tuple(found.loc[name]) == (graded(name)["tier"] or "", graded(name)["lifecycle_stage"])


# -- snapshots --------------------------------------------------------------------------------------


def kept(month: date) -> pd.DataFrame:
	return snapshots.read_snapshots(month, month)


def test_a_full_run_keeps_customers_and_revenue_per_tier_and_stage() -> None:
	last = ago(0).replace(day=1)  # the first day of this month
	for name, amount in {"A": 900, "B": 100}.items():
		invoice(make_customer(name), amount, last)
	make_customer("C")
	full_runs.nightly()
	found = kept(last)
	assert found[["customers", "active"]].sum().tolist() == [3, 2]
	assert found[["revenue", "month_revenue"]].sum().tolist() == [1000, 1000]
	assert found.set_index("tier")["customers"].to_dict()[""] == 1
	for tier in ("A", "B"):
		mine = found[found["tier"] == graded(tier)["tier"]]
		assert mine["revenue"].sum() in (900, 100, 1000)
	assert set(found["as_of"]) == {state.today()} and set(found["currency"]) == {"USD"}


def test_again_changes_nothing_and_a_later_day_takes_its_place() -> None:
	invoice(make_customer("A"), 100, date(2026, 1, 10))
	for day in (date(2026, 1, 20), date(2026, 1, 20), date(2026, 1, 31)):
		full_runs.nightly(day)
	assert kept(date(2026, 1, 1))["as_of"].tolist() == [date(2026, 1, 31)]
	names = frappe.get_all("Tier Snapshot", pluck="name")
	full_runs.nightly(date(2026, 1, 31))
	full_runs.nightly(date(2026, 1, 15))  # a day that is over: the month has been seen later
	assert frappe.get_all("Tier Snapshot", pluck="name") == names


def test_a_month_that_is_over_stays_as_it_was() -> None:
	invoice(make_customer("A"), 100, date(2026, 1, 10))
	invoice(make_customer("B"), 50, date(2026, 1, 11))
	full_runs.nightly(date(2026, 1, 31))
	before = kept(date(2026, 1, 1))
	full_runs.nightly(date(2026, 2, 28))
	frappe.rename_doc("Customer", "A", "B", merge=True)
	drain()
	pd.testing.assert_frame_equal(kept(date(2026, 1, 1)), before)
	assert kept(date(2026, 1, 1))["customers"].sum() == 2


def test_the_months_of_a_snapshot_come_to_the_ledger() -> None:
	make_customer("A")
	for day, amount in ((date(2026, 1, 10), 100), (date(2026, 1, 31), 20), (date(2026, 2, 1), 3)):
		invoice("A", amount, day)
	for day in (date(2026, 1, 31), date(2026, 2, 28)):
		full_runs.nightly(day)
	found = (
		snapshots.read_snapshots(date(2026, 1, 15), date(2026, 2, 28)).groupby("month")["month_revenue"].sum()
	)
	assert found.tolist() == [120, 3]


def test_a_month_is_kept_again_once_its_last_day_is_over() -> None:
	january, last = date(2026, 1, 1), date(2026, 1, 31)
	invoice(make_customer("A"), 100, date(2026, 1, 10))
	full_runs.nightly(last)
	# as if in the night in which the 31st began; that day another invoice came
	frappe.db.set_value("Tier Snapshot", {"month": january}, "creation", "2026-01-31 00:10:00")
	assert not kept(january)["whole"].any()
	invoice("A", 7, last)
	invoice(make_customer("B"), 50, date(2026, 2, 1))
	full_runs.nightly(date(2026, 2, 1))
	found = kept(january)
	assert found["whole"].all() and set(found["as_of"]) == {last}
	assert found["month_revenue"].sum() == 107
	assert found["customers"].sum() == 1, "B was not graded in January"
	names = frappe.get_all("Tier Snapshot", filters={"month": january}, pluck="name")
	full_runs.nightly(date(2026, 2, 2))
	assert frappe.get_all("Tier Snapshot", filters={"month": january}, pluck="name") == names


@pytest.mark.parametrize("small_site", [1000, 0])
def test_after_a_merge_the_log_ends_where_the_customer_stands(small_site: int) -> None:
	invoice(make_customer("A"), 9000, ago(5))
	invoice(make_customer("B"), 10, ago(5))
	drain()
	# B changed last, and is the one who goes
	frappe.db.set_value("Tier Change", {"customer": "A"}, "creation", "2026-01-01 00:00:00.000000")
	frappe.db.set_value("Tier Change", {"customer": "B"}, "creation", "2026-01-02 00:00:00.000000")
	frappe.db.set_single_value("Customer Tiering Settings", "small_site_customers", small_site)
	frappe.rename_doc("Customer", "B", "A", merge=True)
	drain()
	found = change_log.read_log(state.today()).at(state.today()).loc["A"]
	assert tuple(found) == (graded("A")["tier"] or "", graded("A")["lifecycle_stage"])
