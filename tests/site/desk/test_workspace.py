"""The workspace: its figures and charts are the reader's own, tie out with lists, and are cheap."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import frappe
import pandas as pd
import pytest

from customer_tiering import api
from customer_tiering.desk import workspace
from customer_tiering.names import MODULE
from customer_tiering.reporting.past import standing
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import full_runs, state
from customer_tiering.site.past import snapshots
from tests.site.helpers.reports import queries
from tests.site.helpers.selling import ago, graded, invoice, make_customer

LADDER = ["Platinum", "Gold", "Silver", "Bronze"]


def month_end(months_ago: int) -> date:
	"""The last day of a month that is over."""
	return standing.month_ends(ago(0), months_ago)[0]


@pytest.fixture(autouse=True)
def _forgotten() -> None:
	"""What another test's site was like."""
	frappe.cache.delete_keys("customer_tiering_desk")


def figure(name: str) -> str:
	"""What a number card says, without its markup."""
	return re.sub("<[^>]+>", " ", api.figure(json.dumps({"figure": name}))).split()[0]


def trend(name: str) -> str:
	html = api.figure(json.dumps({"figure": name}))
	is_link, _, said = html.partition("<div")
	return re.sub("<[^>]+>", "", f"<div{said}") if said and is_link.startswith("<a ") else ""


@pytest.fixture
def months() -> None:
	"""Three customers graded at the end of two months and today: one rises, one slips, one stays."""
	for name in ("Rising", "Slipping", "Steady"):
		make_customer(name)
	invoice("Steady", 1000, month_end(2) - timedelta(days=20))
	invoice("Slipping", 900, month_end(2) - timedelta(days=40))
	invoice("Rising", 100, month_end(2) - timedelta(days=200))
	for day in (month_end(2), month_end(1)):
		full_runs.nightly(day)
	for days in (2, 1, 0):
		invoice("Rising", 5000, max(ago(days), month_end(1) + timedelta(days=1)))
	full_runs.nightly()
	frappe.db.commit()


def held(tiers: list[str]) -> int:
	return frappe.db.count("Customer", {"customer_tier": ("in", tiers)})


@pytest.mark.usefixtures("months")
def test_the_figures_are_what_is_held() -> None:
	top = ["Platinum", "Gold"]
	assert figure("customers") == str(held(top))
	rows = snapshots.read_snapshots(ago(0), ago(0))
	in_top = rows[rows["tier"].isin(top)]
	share = in_top["revenue"].sum() / rows["revenue"].sum() * 100
	assert figure("share") == f"{share:.1f}%"
	slipping = in_top[in_top["lifecycle_stage"].isin(["At Risk", "Declining"])]
	assert figure("risk") == "$"
	risk = api.figure(json.dumps({"figure": "risk"}))
	assert f"$ {slipping['revenue'].sum():,.0f}" in risk


@pytest.mark.usefixtures("months")
def test_upgrades_and_downgrades_are_the_moves_of_the_log() -> None:
	found = standing.moves(month_end(1), ago(0))
	moved = {row.customer: (row.from_tier, row.to_tier) for row in found.itertuples()}
	assert moved["Rising"][1] == graded("Rising")["tier"] == "Platinum"
	up = [
		name for name, step in zip(found["customer"], standing.rising(found, LADDER), strict=True) if step > 0
	]
	down = [
		name for name, step in zip(found["customer"], standing.rising(found, LADDER), strict=True) if step < 0
	]
	assert "Rising" in up
	assert (figure("upgrades"), figure("downgrades")) == (str(len(up)), str(len(down)))


def test_a_move_is_up_or_down_only_between_tiers_of_the_policy() -> None:
	steps = [("Gold", "Platinum"), ("Gold", "Bronze"), ("", "Gold"), ("Gold", ""), ("Old", "Gold")]
	found = pd.DataFrame(steps, columns=["from_tier", "to_tier"])
	assert standing.rising(found, LADDER).tolist() == [1, -2, 0, 0, 0]


def test_who_came_back_did_not_move_and_who_is_gone_is_not_counted() -> None:
	for number, (customer, *tiers) in enumerate(
		[("Back", "Gold", "Silver", "Gold"), ("Up", "Silver", "Gold", "Platinum"), ("Gone", "Gold", "Silver")]
	):
		if customer != "Gone":
			make_customer(customer)
		for step, (old, new) in enumerate(pairwise(tiers)):
			values = {
				"customer": customer,
				"from_tier": old,
				"to_tier": new,
				"as_of": ago(0),
				"cause": "Time",
			}
			created = f"2026-01-01 00:00:{number}{step}.000001"
			frappe.get_doc(
				{"doctype": "Tier Change", "name": f"{number}{step}", "creation": created, **values}
			).db_insert()
	found = standing.moves(ago(1), ago(0))
	assert found.to_numpy().tolist() == [["Up", "Silver", "Platinum"]]


@pytest.mark.usefixtures("months")
def test_a_figure_says_how_it_changed_since_the_end_of_last_month() -> None:
	formatted = frappe.utils.formatdate(month_end(1))
	assert formatted in trend("customers")
	assert "in the whole of last month" in trend("upgrades")
	known = workspace.known()
	now, then = (known.standing.in_top(known.standing.at(ago))["customers"].sum() for ago in (0, 1))
	expected = f"▲ {now - then} since" if now > then else "▼" if now < then else "Unchanged since"
	assert expected in trend("customers")


@pytest.mark.usefixtures("months")
def test_a_figure_links_to_the_report_behind_it() -> None:
	behind = {"customers": "Tier Performance", "risk": "Customers at Risk", "upgrades": "Tier Movement"}
	prefix = "/app" if frappe.__version__.startswith("15") else "/desk"
	for name, report in behind.items():
		path = f'href="{prefix}/query-report/{report.replace(" ", "%20")}?'
		assert path in api.figure(json.dumps({"figure": name})), name
	assert f"from_date={month_end(1)}&amp;to_date={ago(0)}" in api.figure('{"figure": "upgrades"}')


def test_before_anything_is_graded_a_figure_says_so() -> None:
	for name in workspace.CARDS:
		assert figure(name) == "–"
		assert "Nobody is graded yet." in trend(name)
	assert api.chart("Tiers Over Time") == {}


def test_without_a_policy_a_figure_says_what_to_do() -> None:
	state.set_state({"current_policy": ""})
	assert "Publish a policy first." in trend("customers")
	assert api.chart("Monthly Revenue by Tier") == {}


@pytest.mark.parametrize("junk", ["", "{}", "[]", "nonsense", '{"figure": "x"}', '{"figure": {"a": 1}}'])
def test_what_is_no_figure_is_refused_in_a_sentence(junk: str) -> None:
	with pytest.raises(frappe.ValidationError, match=r"There is no such figure|must be named"):
		api.figure(junk)
	with pytest.raises(frappe.ValidationError, match="There is no such chart"):
		api.chart(junk)


@pytest.mark.usefixtures("months")
def test_charts_come_to_what_was_kept() -> None:
	tiers = api.chart("Tiers Over Time")
	kept = snapshots.read_snapshots(month_end(2), ago(0)).groupby("month")["customers"].sum()
	assert [sum(values) for values in zip(*_values(tiers), strict=True)] == kept.tolist()
	assert tiers["labels"][0] == f"{month_end(2):%b %Y}"
	assert tiers["labels"][-1] == f"{ago(0):%b %Y}" if ago(0).month == 1 else f"{ago(0):%b}"
	assert [one["name"] for one in tiers["datasets"]][:4] == LADDER
	revenue = api.chart("Monthly Revenue by Tier")
	sold = frappe.get_all(
		"Sales Invoice", {"posting_date": (">", month_end(1))}, pluck="base_net_total", order_by=None
	)
	assert sum(values[-1] for values in _values(revenue)) == sum(sold)
	stages = api.chart("Customers by Life Cycle Stage")
	assert sum(_values(stages)[0]) == 3
	assert len(stages["labels"]) == len(_values(stages)[0])


def _values(chart: dict[str, Any]) -> list[list[float]]:
	return [one["values"] for one in chart["datasets"]]


def test_a_tier_that_is_no_markup_becomes_none_in_a_chart() -> None:
	months = pd.DataFrame(
		[(date(2026, 1, 1), date(2026, 1, 31), "<b>Old</b>", "New", 1, 1.0, 1.0)], columns=standing._COLUMNS
	)
	found = workspace._tiers_over_time(standing.Standing(["<b>Old</b>"], "USD", months))
	assert [one["name"] for one in found["datasets"]] == ["‹b›Old‹/b›"]


def test_tiers_of_former_policies_are_drawn_together_after_the_unrated() -> None:
	day, end = date(2026, 1, 1), date(2026, 1, 31)
	rows = [
		(day, end, tier, "New", count, 1.0, 1.0) for tier, count in (("Old", 2), ("Older", 3), ("Gold", 4))
	]
	months = pd.DataFrame(rows, columns=standing._COLUMNS)
	found = workspace._tiers_over_time(standing.Standing(LADDER, "USD", months))
	values = {one["name"]: one["values"] for one in found["datasets"]}
	assert list(values) == [*LADDER, "Unrated", "Former tiers"]
	assert (values["Gold"], values["Former tiers"]) == ([4], [5])


def test_nothing_compares_with_tiers_of_another_policy(monkeypatch: pytest.MonkeyPatch) -> None:
	rows = [
		(date(2026, 1, 1), date(2026, 1, 31), "Old", "New", 2, 1.0, 1.0),
		(date(2026, 2, 1), date(2026, 2, 28), "Platinum", "New", 2, 1.0, 1.0),
	]
	what = standing.Standing(LADDER, "USD", pd.DataFrame(rows, columns=standing._COLUMNS))
	moves = {way: {"now": 2, "before": 0} for way in ("up", "down")}
	found = workspace.Known(what, moves, date(2026, 2, 28))
	for name in workspace.CARDS:
		card = workspace.CARDS[name](found)
		assert "Other tiers were in force" in card.trend and card.good is None, name


# -- who sees what ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("months")
def test_a_reader_from_whom_nobody_is_kept_gets_the_same_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
	stored = standing.read_standing(ago(0))
	moved = standing.moves(month_end(1), ago(0))
	monkeypatch.setattr(permissions, "sees_everyone", lambda user=None: False)
	own = standing.read_standing(ago(0))
	keys = ["month", "tier", "lifecycle_stage"]
	columns = [*keys, "as_of", *standing._FIGURES]
	a, b = (
		frame.months[frame.months["month"] >= month_end(2).replace(day=1)][columns]
		.sort_values(keys)
		.reset_index(drop=True)
		for frame in (stored, own)
	)
	pd.testing.assert_frame_equal(a, b, check_dtype=False)
	assert standing.moves(month_end(1), ago(0)).to_numpy().tolist() == moved.to_numpy().tolist()


@pytest.mark.usefixtures("months")
def test_a_limited_reader_gets_the_figures_of_his_own_customers(reader: Callable[..., str]) -> None:
	tiers = {name: graded(name)["tier"] for name in ("Rising", "Slipping", "Steady")}
	reader("Sales User", customer="Steady")
	assert figure("customers") == str(int(tiers["Steady"] in LADDER[:2]))
	assert (figure("upgrades"), figure("downgrades")) == ("0", "0")
	for name in ("Tiers Over Time", "Customers by Life Cycle Stage"):
		assert sum(values[-1] for values in _values(api.chart(name))) == 1
	assert sum(values[-1] for values in _values(api.chart("Monthly Revenue by Tier"))) == 0


@pytest.mark.usefixtures("months")
def test_a_limited_reader_with_many_customers_gets_no_revenue(
	reader: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr("customer_tiering.reporting.choosing.reader.FEW", 0)
	reader("Sales User", customer="Rising")
	assert figure("customers") == "1"
	for name in ("share", "risk"):
		assert figure(name) == "–"
		assert "open the report" in trend(name)
	assert api.chart("Monthly Revenue by Tier") == {}
	assert sum(values[-1] for values in _values(api.chart("Tiers Over Time"))) == 1


@pytest.mark.usefixtures("months")
def test_who_may_not_read_customers_learns_nothing(reader: Callable[..., str]) -> None:
	reader("Tiering Manager")
	for name in workspace.CARDS:
		assert figure(name) == "–"
	assert api.chart("Tiers Over Time") == {}
	frappe.set_user("Administrator")
	reader("Employee")
	for ask in (lambda: api.figure('{"figure": "customers"}'), lambda: api.chart("Tiers Over Time")):
		with pytest.raises(frappe.PermissionError):
			ask()


@pytest.mark.usefixtures("months")
def test_what_is_kept_for_a_reader_goes_with_his_permissions_and_the_next_run(
	reader: Callable[..., str],
) -> None:
	user = reader("Sales User")
	assert sum(_values(api.chart("Customers by Life Cycle Stage"))[0]) == 3
	frappe.set_user("Administrator")
	limit = {"doctype": "User Permission", "user": user, "allow": "Customer", "for_value": "Steady"}
	frappe.get_doc(limit).insert()
	frappe.set_user(user)
	assert sum(_values(api.chart("Customers by Life Cycle Stage"))[0]) == 1
	frappe.set_user("Administrator")
	before = figure("customers")
	invoice(make_customer("New"), 9000, ago(0))
	full_runs.nightly()
	assert sum(_values(api.chart("Customers by Life Cycle Stage"))[0]) == 4
	assert figure("customers") != before or held(LADDER[:2]) == int(before)


@pytest.mark.usefixtures("months")
def test_opening_the_workspace_reads_no_invoice(monkeypatch: pytest.MonkeyPatch) -> None:
	asked: list[str] = []
	ask = frappe.db.sql
	monkeypatch.setattr(frappe.db, "sql", lambda *a, **k: asked.append(str(a[0])) or ask(*a, **k))
	for name in workspace.CARDS:
		api.figure(json.dumps({"figure": name}))
	for name in workspace.CHARTS:
		api.chart(name)
	assert not [statement for statement in asked if "Invoice" in statement]
	monkeypatch.undo()
	again = queries(lambda: api.figure('{"figure": "customers"}'), monkeypatch)
	assert again <= 6, "what was worked out is kept"


# -- on the desk ------------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [("Sales User",), ("Sales Manager",), ("System Manager", "Sales User")])
def test_everyone_who_sells_gets_every_card_chart_and_report(
	roles: tuple[str, ...], reader: Callable[..., str]
) -> None:
	from frappe.desk.desktop import get_desktop_page

	reader(*roles)
	found = get_desktop_page(json.dumps({"name": MODULE, "title": MODULE, "public": 1}))
	assert len(found["number_cards"]["items"]) == len(workspace.CARDS)
	assert [chart.chart_name for chart in found["charts"]["items"]] == [
		"Tiers Over Time",
		"Customers by Life Cycle Stage",
		"Monthly Revenue by Tier",
	]
	shown = {link["link_to"] for card in found["cards"]["items"] for link in card["links"]}
	assert set(frappe.get_all("Report", {"module": MODULE}, pluck="name", order_by=None)) <= shown


def test_every_number_card_asks_for_a_figure_that_there_is() -> None:
	cards = frappe.get_all("Number Card", {"module": MODULE}, ["method", "filters_json"], order_by=None)
	assert {json.loads(card.filters_json)["figure"] for card in cards} == set(workspace.CARDS)
	assert {card.method for card in cards} == {"customer_tiering.api.figure"}
	charts = frappe.get_all("Dashboard Chart", {"module": MODULE}, pluck="name", order_by=None)
	assert set(charts) == set(workspace.CHARTS)


def test_the_onboarding_is_for_those_who_configure(reader: Callable[..., str]) -> None:
	doc = frappe.get_doc("Module Onboarding", MODULE)
	assert {row.role for row in doc.allow_roles} == {"Tiering Manager", "System Manager"}
	for step in doc.get_steps():
		if step.action == "View Report":
			assert frappe.db.exists("Report", step.reference_report)
