"""Tier Movement: who stood in which tier at the close of two days, who moved between them, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from frappe.utils import formatdate

from customer_tiering.reporting.choosing import owners
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.past import states
from customer_tiering.reporting.past.states import NO_TIER, UNGRADED, Between, Table
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.past import change_log
from customer_tiering.wording.texts import _

NAME = "Tier Movement"
MATRICES = ("Customers", "Revenue")
MOVERS, EVERYONE = "Who Moved", "Movers and Stayers"
UP, DOWN, NEW, OUT, REPLACED = (
	"Moved Up", "Moved Down", "New in a Tier", "Without a Tier Now", "Tier Replaced",
)  # fmt: skip
STAYED, NONE_YET = "Stayed", "No Tier Yet"
#: The kinds of movement; the first ones change the tier.
CHANGES = (UP, DOWN, NEW, OUT, REPLACED)
MOVES = (*CHANGES, STAYED, NONE_YET)


@dataclass(frozen=True)
class Chosen(Between):
	"""The filters of the report.

	Attributes:
		from_tier: only who stood in this tier at the close of the first day, or in one of the other states.
		to_tier: the same at the close of the last day.
		move: only this kind of movement.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = (*MATRICES, MOVERS, EVERYONE)

	from_tier: str = ""
	to_tier: str = ""
	move: str = ""

	def check(self) -> None:
		super().check()
		if self.move:
			self.one_of(self.move, MOVES, _("There is no such movement. Choose one of {0}."))


@dataclass(frozen=True)
class Moves:
	"""What happened to the chosen customers between both days.

	Attributes:
		log: up to the last day.
		people: their columns, and ``then``, ``now`` (states), ``move`` and ``revenue``.
	"""

	log: change_log.Log
	people: pd.DataFrame


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	moves = read(seen)
	if seen.chosen.view == MOVERS:
		moves = replace(moves, people=moves.people[moves.people["move"].isin(CHANGES)])
	is_matrix = seen.chosen.view in MATRICES
	columns, rows, total = (matrix if is_matrix else listing)(seen, moves)
	return Page(columns, rows, total, message(seen, moves), chart(seen, moves), summary(seen, moves.people))


execute = answers.report(Chosen, build)


def read(seen: Seen[Chosen]) -> Moves:
	"""Where everyone stood, and what he brought in between."""
	chosen, log = seen.chosen, states.read_log(seen, seen.chosen.to_date)
	known = seen.known(chosen.first, chosen.to_date)
	then, now = states.at(seen, log, "tier", chosen.from_date, chosen.to_date)
	revenue = seen.revenue(known, chosen.first, chosen.to_date)
	people = seen.customers.assign(then=then, now=now, move=movement(seen, then, now), revenue=revenue)
	for name, state in {"then": chosen.from_tier, "now": chosen.to_tier, "move": chosen.move}.items():
		if state:
			people = people[people[name] == state]
	return Moves(log, people.reset_index(drop=True))


def movement(seen: Seen[Chosen], then: pd.Series, now: pd.Series) -> np.ndarray:
	"""The kind of movement of each customer: ranks compare within the published policy only."""
	ranks = {tier.name: rank for rank, tier in enumerate(seen.policy.tiers)}
	before, after = then.map(ranks).to_numpy(dtype=float), now.map(ranks).to_numpy(dtype=float)
	none_then, none_now = (held.isin([NO_TIER, UNGRADED]).to_numpy() for held in (then, now))
	graded = (then != UNGRADED).to_numpy()
	return np.select(
		[
			graded & (then == now).to_numpy(),
			none_then & none_now,
			none_then,
			none_now,
			after > before,
			after < before,
		],
		np.array([STAYED, NONE_YET, NEW, OUT, UP, DOWN], dtype=object)[:, None],
		REPLACED,
	).astype(object)


# -- matrices ---------------------------------------------------------------------------------------


def matrix(seen: Seen[Chosen], moves: Moves) -> tuple[list[Row], pd.DataFrame, pd.DataFrame]:
	"""A row per tier then, a column per tier in the end: customers, or what they brought."""
	table = _table(seen, moves.people)
	rows, total = table.data()
	stayed = tables.column("stayed", _("Stayed %"), "Percent", 110, behind=table.behind(move=STAYED))
	rows, total = rows.assign(stayed=_stayed(table)), total.assign(stayed=_all_stayed(table))
	return [*table.shown(), stayed], rows, total


def _table(seen: Seen[Chosen], people: pd.DataFrame) -> Table:
	chosen, known = seen.chosen, states.tiers(seen, people["then"], people["now"])
	rows = [chosen.from_tier] if chosen.from_tier else known
	# Who had not been graded by the last day has a column only if there is anybody.
	ends = known if (people["now"] == UNGRADED).any() else known[:-1]
	columns = [chosen.to_tier] if chosen.to_tier else ends
	people = people.assign(customers=1)
	value, kind = ("revenue", "Currency") if chosen.view == "Revenue" else ("customers", "Int")
	return Table(NAME, EVERYONE, "tier", people, value, rows, columns, kind)


def _stayed(table: Table) -> list[float]:
	"""Each row's share that is in its tier still; blank for those who were not graded yet."""
	graded = table.people[table.people["then"] != UNGRADED]
	stayed = graded[graded["move"] == STAYED].groupby("then")[table.value].sum()
	whole = graded.groupby("then")[table.value].sum()
	share = tables.ratio(stayed.reindex(whole.index, fill_value=0), whole, 100, 1)
	return share.reindex(table.rows).tolist()


def _all_stayed(table: Table) -> float:
	"""The same of everyone who had been graded by then."""
	graded = table.people[table.people["then"] != UNGRADED]
	return _stayed(replace(table, people=graded.assign(then=NO_TIER), rows=[NO_TIER]))[0]


# -- lists ------------------------------------------------------------------------------------------


def listing(seen: Seen[Chosen], moves: Moves) -> tuple[list[Row], pd.DataFrame, pd.DataFrame]:
	"""A row per customer: who moved, or everyone; by kind of movement, those who brought most first."""
	order = moves.people["move"].map({move: place for place, move in enumerate(MOVES)})
	people = moves.people.assign(order=order).sort_values(
		["order", "revenue", "customer"], ascending=[True, False, True], kind="stable"
	)
	rows = people.join(last_changes(seen), on="customer")
	rows = rows.assign(
		whose=rows["customer"],
		was=states.labels(rows["then"], "tier"),
		became=states.labels(rows["now"], "tier"),
		movement=_words(rows["move"]),
		why=_words(rows["cause"].fillna(""), CAUSES),
		changed_on=tables.dates(rows["as_of"]),
		owner=owners.named(seen, rows["customer"]),
	)
	return _list_columns(seen), rows, tables.total_revenue(people)


def _list_columns(seen: Seen[Chosen]) -> list[Row]:
	documents = customer_list.documents({"customer": "whose"}, from_date=seen.chosen.first)
	return [
		*customer_list.short_columns(seen, "tier", "stage"),
		tables.column("was", _("Tier Then"), "Data", 110, pill="then"),
		tables.column("became", _("Tier in the End"), "Data", 130, pill="now"),
		tables.column("movement", _("Movement"), "Data", 125),
		tables.column("revenue", _("Revenue"), "Currency", 120, behind=documents, total_behind=0),
		tables.column("changed_on", _("Last Change"), "Date", 120),
		tables.column("why", _("Cause of the Change"), "Data", 230),
		tables.column("document", _("Document Behind It"), "Dynamic Link", 160, options="doctype"),
		tables.column("score_then", _("Score"), "Float", 75, precision=2),
		customer_list.owner(),
	]


def last_changes(seen: Seen[Chosen]) -> pd.DataFrame:
	"""Each customer's last change of tier between both days, and why: by ``customer``.

	Returns:
		``as_of``, ``cause``, ``score_then``, ``doctype`` and ``document`` (what brought it about, None where
		it was no document that people would open).
	"""
	found = change_log.read_reasons(seen.chosen.from_date, seen.chosen.to_date, seen.few)
	found = found[found["from_tier"] != found["to_tier"]].drop_duplicates("customer", keep="last")
	# A document of another company is not the reader's to know.
	is_document = ~found["reference_doctype"].isin([None, "", "Customer Score"]) & (not seen.limited_to)
	return pd.DataFrame(
		{
			"as_of": found["as_of"],
			"cause": found["cause"],
			"score_then": found["score"].astype(float),
			"doctype": found["reference_doctype"].where(is_document, None),
			"document": found["reference_name"].where(is_document, None),
		}
	).set_axis(pd.Index(found["customer"]), axis=0)


def _words(values: pd.Series, sentences: Mapping[str, Any] | None = None) -> list[str]:
	said = {
		value: sentences[value]() if sentences and value in sentences else _(value) if value else ""
		for value in values.unique()
	}
	return [said[value] for value in values]


#: What brought a change about, in words; functions, as a sentence is translated when it is shown.
CAUSES = {
	"First Grade": lambda: _("Graded for the first time"),
	"Invoice": lambda: _("A document was submitted or cancelled"),
	"Time": lambda: _("Time passed"),
	"Policy": lambda: _("A policy was published"),
	"Population": lambda: _("Other customers' figures changed"),
	"Override": lambda: _("Decided by hand"),
	"Customer": lambda: _("The customer's own data changed"),
	"Merge": lambda: _("Customers were merged"),
	"Manual": lambda: _("Graded again on request"),
}


# -- chart, summary, message ------------------------------------------------------------------------


def chart(seen: Seen[Chosen], moves: Moves) -> Row | None:
	"""From each tier, how much moved up and how much down."""
	people = moves.people[moves.people["move"].isin([UP, DOWN])]
	if seen.chosen.view not in MATRICES or people.empty:
		return None
	is_money = seen.chosen.view == "Revenue"
	value = people["revenue"] if is_money else pd.Series(1, index=people.index)
	tiers = [state for state in states.tiers(seen, people["then"]) if state not in (NO_TIER, UNGRADED)]
	sums = value.groupby([people["move"], people["then"]]).sum().unstack(fill_value=0)
	sums = sums.reindex(index=[UP, DOWN], columns=tiers, fill_value=0)
	return charts.chart(
		"bar",
		[states.label(tier, "tier") for tier in tiers],
		{_(UP): sums.loc[UP], _(DOWN): -sums.loc[DOWN]},
		seen.currency if is_money else None,
		**({} if is_money else {"fieldtype": "Int"}),
		colors=["green", "red"],
		height=200,
	)


def summary(seen: Seen[Chosen], people: pd.DataFrame) -> list[Row]:
	"""How many moved, and what they brought."""
	count = people["move"].value_counts()
	brought = tables.rounded(people.groupby("move")["revenue"].sum())
	up, down, new = (int(count.get(move, 0)) for move in (UP, DOWN, NEW))
	money = {"datatype": "Currency", "currency": seen.currency}
	return charts.items(
		charts.item(_("Moved Up"), up, "Int", indicator="Green"),
		charts.item(_("Moved Down"), down, "Int", indicator="Red"),
		charts.item(_("New in a Tier"), new, "Int", indicator="Blue"),
		charts.item(
			_("Ups Less Downs"), f"{up - down:+d}" if up != down else "0", indicator=charts.trend(up - down)
		),
		charts.item(_("Revenue Moved Up"), float(brought.get(UP, 0)), **money),
		charts.item(_("Revenue Moved Down"), float(brought.get(DOWN, 0)), **money),
	)


def message(seen: Seen[Chosen], moves: Moves) -> list[str]:
	"""What is compared, and what to do where there is nothing to see."""
	chosen = seen.chosen
	text = _(
		"Tiers at the close of {0} are compared with those at the close of {1}. Revenue is of the days in between: {2}."  # noqa: E501 a sentence is translated whole
	)
	days = sentences.span(chosen.first, chosen.to_date)
	found = [
		text.format(
			sentences.bold(formatdate(chosen.from_date)), sentences.bold(formatdate(chosen.to_date)), days
		),
		*states.not_told(moves.log, chosen.from_date),
	]
	if moves.people.empty:
		found.append(_("No customer made such a move. Choose other tiers, or an earlier first day."))
	elif not moves.people["revenue"].any():
		found.append(
			_("These customers brought no revenue in this period. Choose other dates, or another company.")
		)
	return [*found, *_replaced(seen, moves.people)]


def _replaced(seen: Seen[Chosen], people: pd.DataFrame) -> list[str]:
	if not (people["move"] == REPLACED).any():
		return []
	return [
		_(
			"Tiers that the published policy {0} does not have cannot be ranked with its own: whoever left one, or reached one, is neither up nor down but counts as Tier Replaced."  # noqa: E501 a sentence is translated whole
		).format(sentences.by_published(seen))
	]
