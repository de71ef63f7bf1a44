"""Follow-ups Due: which contacts are due or overdue, and how many were made on time, by person and tier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from customer_tiering.acting.cadence import (
	DUE,
	DUE_SOON,
	NEVER,
	ON_TRACK,
	OVERDUE,
	PAUSED,
	Agreed,
	Cadence,
	Interval,
	cadence_of,
)
from customer_tiering.reporting.choosing import owners
from customer_tiering.reporting.choosing.owners import OwnedFilters
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.acting import agreed, contacts, standings
from customer_tiering.site.grading import state
from customer_tiering.wording.labels import contact_state_label, labels, tier_label
from customer_tiering.wording.texts import _

NAME = "Follow-ups Due"
#: What waits for somebody.
WAITING = (OVERDUE, DUE, NEVER)
_COLORS = {
	OVERDUE: "red",
	NEVER: "orange",
	DUE: "yellow",
	DUE_SOON: "blue",
	ON_TRACK: "green",
	PAUSED: "grey",
}
_GROUPS = {"Owners": "owner", "Tiers": "rung"}
_CHART_OWNERS = 10


@dataclass(frozen=True)
class Chosen(OwnedFilters):
	"""The filters of the report.

	Attributes:
		everyone: with those of whom nothing is due yet.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Customers", "Owners", "Tiers")

	everyone: bool = False


def build(everyone: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	seen, owner = owners.narrowed(everyone)
	if seen.customers.empty:
		return Page(_columns(seen), pd.DataFrame(), message=[sentences.nobody()])
	asked = read(seen, owner)
	view = seen.chosen.view
	rows = customer_rows(seen, asked) if view == "Customers" else group_rows(asked, _GROUPS[view])
	total = None if rows.empty else _counted(asked, lambda _row: "").assign(**{_first(view): _("Total")})
	return Page(_columns(seen), rows, total, _message(asked), _chart(seen, asked), _summary(asked))


execute = answers.report(Chosen, build)


def read(seen: Seen[Chosen], owner: pd.Series) -> pd.DataFrame:
	"""Every customer of whom contacts are asked for, and is not disabled.

	Returns:
		the rows of ``Seen.customers`` with ``owner``, ``every`` (days), ``next``, ``last``, ``state`` (see
		:mod:`customer_tiering.acting.cadence`), ``done`` (days of the period with a contact), ``timed``
		(those of them that an earlier contact gave a day) and ``on_time`` (those of these that kept it).
	"""
	today, few = state.today(), seen.few
	customers = seen.customers.assign(owner=owner.to_numpy())
	since = seen.scores("tier_since")["tier_since"]
	intervals, settled, met = standings.read_intervals(), agreed.read(few), contacts.last_days(few)
	cadences = [
		cadence_of(
			intervals.get(row.rung, Interval()),
			row.stage,
			settled.get(row.customer, Agreed()),
			met.get(row.customer),
			today if pd.isna(began) else pd.Timestamp(began).date(),
			today,
		)
		for row, began in zip(customers.itertuples(), since, strict=True)
	]
	asked = customers.assign(
		every=[one.days for one in cadences],
		next=[one.due for one in cadences],
		state=[one.state for one in cadences],
		last=[met.get(name) for name in customers["customer"]],
		cadence=cadences,
	)
	asked = asked[(asked["every"] > 0) & (asked["disabled"] == 0)].reset_index(drop=True)
	return asked.join(_made(asked, seen.chosen, few)).drop(columns="cadence")


def _made(asked: pd.DataFrame, chosen: Chosen, few: list[str] | None) -> pd.DataFrame:
	"""Contacts of the period, of each of these customers, and whether they came in time."""
	before = contacts.last_days(few, chosen.from_date)
	by_customer: dict[str, list[date]] = {}
	for customer, day in contacts.days(chosen.from_date, chosen.to_date, few):
		by_customer.setdefault(customer, []).append(day)
	found = [
		_kept(row.cadence, before.get(row.customer), sorted(by_customer.get(row.customer, ())))
		for row in asked.itertuples()
	]
	return pd.DataFrame(found, columns=["done", "timed", "on_time"])


def _kept(cadence: Cadence, last: date | None, days: Iterable[date]) -> tuple[int, int, int]:
	"""How many contacts there were, how many had a day to keep, and how many kept it."""
	done = timed = on_time = 0
	for day in days:
		done += 1
		if last is not None:
			timed += 1
			on_time += day <= last + timedelta(days=cadence.days)
		last = day
	return done, timed, on_time


# -- rows -------------------------------------------------------------------------------------------


def customer_rows(seen: Seen[Chosen], asked: pd.DataFrame) -> pd.DataFrame:
	"""A row per customer whose contact is due, who waits longest first; with Show All, of everybody."""
	rows = asked if seen.chosen.everyone else asked[asked["state"].isin(WAITING)]
	rows = rows.sort_values(["next", "customer"], kind="stable").reset_index(drop=True)
	if rows.empty:
		return rows
	return tables.with_labels(rows).assign(
		owner_name=owners.labels(rows["owner"]),
		said=labels(rows["state"], contact_state_label),
		on_time_share=tables.ratio(rows["on_time"], rows["timed"], 100, 1),
	)


def group_rows(asked: pd.DataFrame, by: str) -> pd.DataFrame:
	"""A row per owner or tier, with most overdue first."""
	if asked.empty:
		return pd.DataFrame()
	rows = _counted(asked, lambda row: row[by]).rename(columns={"group": by})
	rows = rows.sort_values(["overdue", "due", by], ascending=[False, False, True], kind="stable")
	if by == "rung":
		return tables.with_labels(rows)
	return rows.assign(owner_name=owners.labels(rows[by]), unowned=(rows[by] == "").astype(int))


def _counted(asked: pd.DataFrame, group_of: Any) -> pd.DataFrame:
	"""Counts of the customers of each group."""
	groups = asked.apply(group_of, axis=1) if len(asked) else pd.Series(dtype=object)
	marks = pd.DataFrame(
		{
			"asked": 1,
			"overdue": (asked["state"] == OVERDUE).astype(int),
			"never": (asked["state"] == NEVER).astype(int),
			"due": (asked["state"] == DUE).astype(int),
			"soon": (asked["state"] == DUE_SOON).astype(int),
			**{name: asked[name].astype(int) for name in ("done", "timed", "on_time")},
		}
	)
	rows = marks.groupby(groups.to_numpy(dtype=object)).sum().rename_axis("group").reset_index()
	return rows.assign(on_time_share=tables.ratio(rows["on_time"], rows["timed"], 100, 1))


# -- what is shown ----------------------------------------------------------------------------------


def _first(view: str) -> str:
	return {"Customers": "customer", "Owners": "owner_name", "Tiers": "tier"}[view]


def _columns(seen: Seen[Chosen]) -> list[Row]:
	if seen.chosen.view == "Customers":
		return [
			*customer_list.short_columns(seen),
			tables.column("said", _("State"), "Data", 130),
			tables.column("next", _("Next Contact"), "Date", 115),
			tables.column("last", _("Last Contact"), "Date", 115),
			tables.column("every", _("Interval (Days)"), "Int", 100),
			customer_list.owner("owner_name", 150),
			tables.column("done", _("Contacts"), "Int", 90),
			tables.column("on_time_share", _("On Time %"), "Percent", 95),
		]
	row = {"owned_by": "owner", "unowned": "unowned"} if seen.chosen.view == "Owners" else {"tier": "rung"}
	listed = tables.behind(NAME, row, view="Customers")
	whole = tables.behind(NAME, row, view="Customers", everyone=1)
	head = (
		customer_list.owner("owner_name", 190)
		if seen.chosen.view == "Owners"
		else tables.column("tier", _("Tier"), "Data", 130, pill="rung")
	)
	return [
		head,
		tables.column("asked", _("Customers"), "Int", 110, behind=whole),
		tables.column("overdue", _("Overdue"), "Int", 100, behind=listed),
		tables.column("due", _("Due Today"), "Int", 110, behind=listed),
		tables.column("never", _("Never Contacted"), "Int", 140, behind=listed),
		tables.column("soon", _("Due Within a Week"), "Int", 150, behind=whole),
		tables.column("done", _("Contacts"), "Int", 100, behind=whole),
		tables.column("on_time_share", _("On Time %"), "Percent", 110),
	]


def _message(asked: pd.DataFrame) -> list[str]:
	if asked.empty:
		return [
			_("No contacts are asked for: no tier of these customers says how often. Set it on the tiers.")
		]
	return [
		_("How often is asked for by tier and stage, or agreed with the customer; it counts as of today."),
		_("On time is a contact of the period that came no later than asked for after the one before it."),
	]


def _chart(seen: Seen[Chosen], asked: pd.DataFrame) -> Row | None:
	"""How many customers are in each state, per tier or per owner."""
	if asked.empty:
		return None
	by = "owner" if seen.chosen.view == "Owners" else "rung"
	table = pd.crosstab(asked[by], asked["state"])
	if by == "owner":
		table = table.loc[table.sum(axis=1).nlargest(_CHART_OWNERS).index]
		names = owners.labels(pd.Series(table.index, dtype=object))
	else:
		table = table.reindex([rung for rung in seen.ladder if rung in table.index])
		names = labels(pd.Series(table.index, dtype=object), tier_label)
	shown = [one for one in _COLORS if one in table]
	parts = {contact_state_label(one): table[one].tolist() for one in shown}
	return charts.stacked(names, parts, [_COLORS[one] for one in shown])


def _summary(asked: pd.DataFrame) -> list[Row]:
	if asked.empty:
		return []
	whole = _counted(asked, lambda _row: "").iloc[0]
	share = whole["on_time_share"]
	return charts.items(
		charts.item(
			_("Overdue"), int(whole["overdue"]), "Int", indicator="Red" if whole["overdue"] else "Gray"
		),
		charts.item(_("Due Today"), int(whole["due"]), "Int"),
		charts.item(_("Never Contacted"), int(whole["never"]), "Int"),
		charts.item(_("Contacts"), int(whole["done"]), "Int"),
		charts.item(_("On Time"), charts.percent(None if np.isnan(share) else float(share))),
	)
