"""Sales Person by Tier: each person's customers per tier, what they bring, who moved, and who is at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

import frappe
import pandas as pd
from frappe.utils import formatdate

from customer_tiering.customer_tiering.report.tier_movement.tier_movement import (
	DOWN,
	REPLACED,
	UP,
	movement,
)
from customer_tiering.engine.stages import SLIPPING
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import UNRATED, Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.past import states
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.past.change_log import Log
from customer_tiering.wording.texts import _

NAME = "Sales Person by Tier"
NOBODY = ""
_CHART_PERSONS = 10
#: The filters that a person's row sets, and its columns that hold their values.
_OF_PERSON = {"of_person": "person", "without_person": "without_person"}
Rows = tuple[pd.DataFrame, pd.DataFrame | None]


@dataclass(frozen=True)
class Chosen(Filters):
	"""The filters of the report.

	Attributes:
		of_person: only who is this person's own customer, not one of those below him.
		without_person: only who has no sales person.
		move: only who moved this way.
		at_risk: only who is in a stage that is a risk.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Sales Persons", "Customers")

	of_person: str = ""
	without_person: bool = False
	move: str = ""
	at_risk: bool = False

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if self.move:
			self.one_of(self.move, (UP, DOWN), _("There is no such movement. Choose one of {0}."))
		if self.without_person and (self.of_person or self.sales_person):
			frappe.throw(_("Choose either a sales person or the customers without one: nobody is both."))

	@property
	def then(self) -> date:
		"""The day at whose close customers stood where they moved from."""
		return self.from_date - timedelta(days=1)


@dataclass(frozen=True)
class Portfolios:
	"""Who has whom.

	Attributes:
		people: the columns of ``Seen.customers``, and ``then`` (see :func:`_before`), ``move``,
			``revenue`` and ``risk``; a row per customer.
		team: ``customer`` and ``person``, a row per pair; no person is empty.
		log: up to the last day.
	"""

	people: pd.DataFrame
	team: pd.DataFrame
	log: Log


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	found = read(seen)
	if found.people.empty:
		return Page(columns(seen), found.people, message=[sentences.nobody()])
	rows, total = ROWS[seen.chosen.view](seen, found)
	return Page(
		columns(seen),
		rows,
		total,
		message(seen, found),
		chart(seen, rows),
		summary(seen, found),
	)


execute = answers.report(Chosen, build)


# -- who has whom -----------------------------------------------------------------------------------


def read(seen: Seen[Chosen]) -> Portfolios:
	"""The chosen customers, where they went, what they brought and whose they are."""
	chosen, log = seen.chosen, states.read_log(seen, seen.chosen.to_date)
	then, (now,) = _before(seen, log), states.at(seen, log, "tier", chosen.to_date)
	known = seen.known(chosen.from_date, chosen.to_date)
	people = seen.customers.assign(
		then=then,
		move=movement(seen, then, now),
		revenue=seen.revenue(known, chosen.from_date, chosen.to_date),
		risk=seen.customers["stage"].isin(SLIPPING) & (seen.customers["disabled"] == 0),
	)
	team = _team(seen)
	mine = people["customer"].isin(team["customer"])
	if chosen.move:
		mine &= people["move"] == chosen.move
	if chosen.at_risk:
		mine &= people["risk"]
	people = people[mine].reset_index(drop=True)
	return Portfolios(people, team[team["customer"].isin(people["customer"])], log)


def _before(seen: Seen[Chosen], log: Log) -> pd.Series:
	"""Where each customer stood before the period; of who had no tier then, the first one in it.

	It depends on a customer's own log alone, so that whoever sees more customers sees no other moves of him.
	"""
	(state,) = states.at(seen, log, "tier", seen.chosen.then)
	changes = log.between(seen.chosen.then, seen.chosen.to_date)
	first = (
		changes[changes["to_tier"] != UNRATED].drop_duplicates("customer").set_index("customer")["to_tier"]
	)
	none = state.isin([states.NO_TIER, states.UNGRADED])
	return state.mask(none, seen.customers["customer"].map(first)).fillna(state)


def _team(seen: Seen[Chosen]) -> pd.DataFrame:
	"""Each customer with each of his sales persons, as far as they are chosen."""
	chosen = seen.chosen
	team = seen.team.rename(columns={"sales_person": "person"}).drop_duplicates()
	alone = seen.customers.loc[~seen.customers["customer"].isin(team["customer"]), ["customer"]]
	if chosen.without_person:
		return alone.assign(person=NOBODY)
	if chosen.of_person:
		return team[team["person"] == chosen.of_person]
	if chosen.sales_person:
		below = frappe.db.get_descendants("Sales Person", chosen.sales_person)
		return team[team["person"].isin([chosen.sales_person, *below])]
	return pd.concat([team, alone.assign(person=NOBODY)], ignore_index=True)


# -- columns ----------------------------------------------------------------------------------------


def columns(seen: Seen[Chosen]) -> list[Row]:
	"""The columns of the chosen view."""
	return _person_columns(seen) if seen.chosen.view == "Sales Persons" else _customer_columns(seen)


def _person_columns(seen: Seen[Chosen]) -> list[Row]:
	listed = _listed()
	return [
		tables.column("person_name", _("Sales Person"), "Data", 170),
		tables.column("customers", _("Customers"), "Int", 105, behind=listed),
		*customer_list.tier_columns(seen, NAME, _OF_PERSON, "Customers"),
		tables.column("revenue", _("Revenue"), "Currency", 135, behind=listed),
		tables.column("up", _("Moved Up"), "Int", 100, behind=_listed(move=UP)),
		tables.column("down", _("Moved Down"), "Int", 115, behind=_listed(move=DOWN)),
		tables.column("risk", _("At Risk"), "Int", 90, behind=_listed(at_risk=1)),
	]


def _listed(**filters: Any) -> Row:
	return tables.behind(NAME, _OF_PERSON, view="Customers", **filters)


def _customer_columns(seen: Seen[Chosen]) -> list[Row]:
	documents = customer_list.documents()
	return [
		*customer_list.short_columns(seen),
		tables.column("tier_then", _("Tier Before"), "Data", 120, pill="rung_then"),
		tables.column("moved", _("Movement"), "Data", 120),
		tables.column("revenue", _("Revenue"), "Currency", 125, behind=documents),
		tables.column("persons", _("Sales Persons"), "Data", 220),
	]


# -- rows -------------------------------------------------------------------------------------------


def person_rows(seen: Seen[Chosen], found: Portfolios) -> Rows:
	"""A row per person, those with most revenue first and nobody's last, and each customer once."""
	pairs = found.team.merge(found.people, on="customer")
	rows = figures(seen, pairs).reset_index()
	nobody = rows["person"] == NOBODY
	rows = rows.assign(
		person_name=rows["person"].where(~nobody, _("No Sales Person")), without_person=nobody.astype(int)
	).sort_values(["without_person", "revenue", "person"], ascending=[True, False, True], kind="stable")
	total = figures(seen, found.people.assign(person=NOBODY)).reset_index(drop=True)
	return rows, total.assign(person_name=_("Total"))


def figures(seen: Seen[Chosen], pairs: pd.DataFrame) -> pd.DataFrame:
	"""Customers, those of each tier, revenue, moves and risks, a row per ``person``."""
	flags = customer_list.in_tiers(seen, pairs)
	flags |= {"up": pairs["move"] == UP, "down": pairs["move"] == DOWN}
	grouped = pairs.assign(**flags).groupby("person")
	counts = grouped[[*flags, "risk"]].sum().astype(int)
	return counts.assign(customers=grouped.size(), revenue=tables.rounded(grouped["revenue"].sum()))


def customer_rows(seen: Seen[Chosen], found: Portfolios) -> Rows:
	"""A row per customer, those with most revenue first, and the totals."""
	rows = tables.by_revenue(found.people)
	moves, persons = {UP: _(UP), DOWN: _(DOWN)}, _persons(seen)
	rows = tables.with_labels(rows).assign(
		tier_then=states.labels(rows["then"], "tier"),
		rung_then=rows["then"]
		.mask(rows["then"] == states.NO_TIER, UNRATED)
		.mask(rows["then"] == states.UNGRADED),
		moved=[moves.get(move, "") for move in rows["move"]],
		persons=[persons.get(customer, _("No Sales Person")) for customer in rows["customer"]],
	)
	return rows, tables.total_revenue(rows)


def _persons(seen: Seen[Chosen]) -> pd.Series:
	"""All sales persons of each customer who has any, in the order of his form."""
	team = seen.team.drop_duplicates()
	several = team["customer"].duplicated(keep=False)  # joining is slow, and few have several
	joined = team[several].groupby("customer")["sales_person"].agg(", ".join)
	return pd.concat([team[~several].set_index("customer")["sales_person"], joined])


#: What each view lists.
ROWS = {"Sales Persons": person_rows, "Customers": customer_rows}


# -- chart and summary ------------------------------------------------------------------------------


def chart(seen: Seen[Chosen], rows: pd.DataFrame) -> Row | None:
	"""Customers per tier of the persons whose customers bring most, each tier in its colour."""
	if seen.chosen.view != "Sales Persons":
		return None
	rows = rows[:_CHART_PERSONS]
	held = {
		rung: rows[field].tolist() for field, rung in customer_list.tiers(seen).items() if rows[field].any()
	}
	return charts.stacked_tiers(rows["person_name"].tolist(), held)


def summary(seen: Seen[Chosen], found: Portfolios) -> list[Row]:
	"""The figures above the chart, each customer counted once."""
	whole = tables.plain(figures(seen, found.people.assign(person=NOBODY)))[0]
	return [
		charts.item(_("Customers"), whole["customers"], "Int"),
		charts.item(_("Revenue"), whole["revenue"], "Currency", currency=seen.currency),
		charts.item(_("Moved Up"), whole["up"], "Int", indicator=charts.trend(whole["up"])),
		charts.item(_("Moved Down"), whole["down"], "Int", indicator=charts.trend(-whole["down"])),
		charts.item(_("At Risk"), whole["risk"], "Int"),
	]


# -- message ----------------------------------------------------------------------------------------


def message(seen: Seen[Chosen], found: Portfolios) -> list[str]:
	"""How to read the figures, each a sentence."""
	return [
		_counting(seen, found),
		_moving(seen),
		*_not_told(seen, found),
		*_replaced(found),
		*_nobody(found),
	]


def _counting(seen: Seen[Chosen], found: Portfolios) -> str:
	several = int((found.team.groupby("customer").size() > 1).sum())
	return _(
		"Customers stand in the tier that they have now, by the published policy {0}; disabled customers are included. A customer with several sales persons counts in full with each of them, and once in the total. Such customers: {1}."  # noqa: E501 a sentence is translated whole
	).format(sentences.by_published(seen), sentences.bold(several))


def _moving(seen: Seen[Chosen]) -> str:
	return _(
		"Up and down compare the tier at the close of {0} with that at the close of {1}; of who had none yet, the first tier in between. At risk are the life cycle stages At Risk and Declining, as they are now, of customers who are not disabled."  # noqa: E501 a sentence is translated whole
	).format(formatdate(seen.chosen.then), formatdate(seen.chosen.to_date))


def _not_told(seen: Seen[Chosen], found: Portfolios) -> list[str]:
	begins = found.log.begins
	if begins is None or begins <= seen.chosen.then:
		return []
	text = _("The log of these customers begins on {0}; moves before that day are not known.")
	return [text.format(sentences.bold(formatdate(begins)))]


def _replaced(found: Portfolios) -> list[str]:
	number = int((found.people["move"] == REPLACED).sum())
	if not number:
		return []
	text = _(
		"Tiers that the published policy does not have cannot be ranked with its own; customers who left one, or reached one, are neither up nor down: {0}."  # noqa: E501 a sentence is translated whole
	)
	return [text.format(sentences.bold(number))]


def _nobody(found: Portfolios) -> list[str]:
	if (found.team["person"] != NOBODY).any():
		return []
	return [
		_("None of these customers has a sales person. Name one under Sales Team on the customer's form.")
	]
