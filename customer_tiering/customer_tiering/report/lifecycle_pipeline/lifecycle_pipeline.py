"""Lifecycle Pipeline: customers and revenue per stage of life, where they came from and where they went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from frappe.utils import formatdate

from customer_tiering.engine.stages import STAGES
from customer_tiering.reporting.choosing import owners
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.past import months, states
from customer_tiering.reporting.past.months import Month, Sums
from customer_tiering.reporting.past.states import UNGRADED, Between, Table
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.past import change_log
from customer_tiering.wording.texts import _

NAME = "Lifecycle Pipeline"
CUSTOMERS, CHANGES = "Customers", "Changes of Stage"
_label = partial(states.label, of="stage")
#: Entering these is told above the figures.
_TOLD = {"New": "Blue", "Won Back": "Green", "At Risk": "Orange", "Lost": "Red"}
_DAY = pd.Timedelta(days=1)
#: The views in which a row is a month.
_MONTHLY = ("Customers by Month", "Revenue by Month")
Shown = tuple[list[Row], pd.DataFrame, pd.DataFrame | None]


@dataclass(frozen=True)
class Chosen(Between):
	"""The filters of the report.

	Attributes:
		from_stage: in the list of changes, only those that left this stage; in the other views that list
			customers or where they went, only who stood in it at the close of the first day.
		to_stage: the same of the stage that was reached, and of the close of the last day.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Stages", *_MONTHLY, "Conversion", CUSTOMERS, CHANGES)

	from_stage: str = ""
	to_stage: str = ""

	def check(self) -> None:
		super().check()
		sentence = _("There is no such life cycle stage. Choose one of {0}.")
		for stage in filter(None, (self.from_stage, self.to_stage)):
			self.one_of(stage, states.stages(), sentence, _label)


@dataclass(frozen=True)
class Pipeline:
	"""What happened to the chosen customers; each part is read or worked out when a view first needs it."""

	seen: Seen[Chosen]
	log: change_log.Log

	@cached_property
	def people(self) -> pd.DataFrame:
		"""A row per customer: his columns, and his stages ``then`` and ``now``, at both closes."""
		chosen = self.seen.chosen
		then, now = self.at(chosen.from_date, chosen.to_date)
		return self.seen.customers.assign(then=then, now=now, customers=1)

	@cached_property
	def revenue(self) -> np.ndarray:
		"""What each of them brought between both closes."""
		days = self.seen.chosen.first, self.seen.chosen.to_date
		return self.seen.revenue(self.seen.known(*days), *days)

	def at(self, *days: date) -> list[pd.Series]:
		"""Each customer's stage at the close of each day, the earliest first."""
		return states.at(self.seen, self.log, "stage", *days)

	@cached_property
	def months(self) -> list[Month]:
		"""The months of the period."""
		return months.told(self.seen.chosen, self.log)

	def closes(self) -> Iterator[tuple[Month, pd.Series]]:
		"""Each of these months, and each customer's stage at its close."""
		return zip(self.months, self.at(*(month.closes for month in self.months)), strict=True)

	@cached_property
	def stays(self) -> pd.DataFrame:
		"""Every stay in a stage, by customer and time."""
		return states.stays(self.log, "stage", self.seen.chosen.to_date)

	@cached_property
	def changes(self) -> pd.DataFrame:
		"""The stays that began after the first close: each is a change of stage, or a first grade."""
		return self.stays[self.stays["since"] > pd.Timestamp(self.seen.chosen.from_date)]


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	found = Pipeline(seen, states.read_log(seen, seen.chosen.to_date))
	columns, rows, total = VIEWS[seen.chosen.view](found)
	return Page(columns, rows, total, message(found, rows), chart(found, rows), summary(found))


execute = answers.report(Chosen, build)


def _count(held: pd.Series) -> np.ndarray:
	"""How many there are of each stage, in order."""
	return held.value_counts().reindex(states.stages(), fill_value=0).to_numpy()


# -- stages -----------------------------------------------------------------------------------------


def stage_view(found: Pipeline) -> Shown:
	"""A row per stage in the order of a life, and the totals."""
	people, changes = found.people, found.changes
	revenue = pd.Series(found.revenue).groupby(people["now"]).sum()
	rows = pd.DataFrame(
		{
			"label": [_label(stage) for stage in states.stages()],
			"state": states.stages(),
			"before": _count(people["then"]),
			"entered": _count(changes["state"]),
			"left": _count(changes["came_from"]),
			"customers": _count(people["now"]),
			"revenue": tables.rounded(revenue.reindex(states.stages(), fill_value=0)).to_numpy(),
			"median": _medians(changes),
			**_went(changes),
		}
	)
	stayed = people[people["then"] == people["now"]]
	rows["share"] = tables.ratio(rows["customers"], pd.Series(len(people), rows.index), 100, 1)
	rows["stayed"] = tables.ratio(_count(stayed["then"]), rows["before"], 100, 1)
	rows.loc[rows["state"] == UNGRADED, "stayed"] = np.nan
	return _stage_columns(found), rows, _stage_total(found)


def _stage_total(found: Pipeline) -> pd.DataFrame:
	people, changes = found.people, found.changes
	graded = people[people["then"] != UNGRADED]
	total = {
		"label": _("Total"),
		"state": "",  # a link then takes no stage with it
		"before": len(people),
		"entered": len(changes),
		"left": len(changes),
		"customers": len(people),
		"share": 100.0,
		"revenue": found.revenue.sum(),
		"stayed": round((graded["then"] == graded["now"]).mean() * 100, 1) if len(graded) else np.nan,
		"median": changes["days_before"].dropna().median(),
	}
	frame = pd.DataFrame([total])
	return frame.assign(revenue=tables.rounded(frame["revenue"]))


def _medians(changes: pd.DataFrame) -> np.ndarray:
	"""Of the stays in each stage that ended in the period."""
	known = changes[changes["days_before"].notna()]
	return known.groupby("came_from")["days_before"].median().reindex(states.stages()).to_numpy()


def _went(changes: pd.DataFrame) -> dict[str, list[Any]]:
	"""Where most of those who left a stage went, and their share of them."""
	counts = changes.groupby(["came_from", "state"]).size()
	most = {
		stage: max(range(len(STAGES)), key=lambda place: counts.get((stage, STAGES[place]), 0))
		for stage in counts.index.unique("came_from")
	}
	went = [STAGES[most[stage]] if stage in most else "" for stage in states.stages()]
	left = changes["came_from"].value_counts()
	shares = [
		round(counts[stage, to] / left[stage] * 100, 1) if to else np.nan
		for stage, to in zip(states.stages(), went, strict=True)
	]
	return {"next": went, "most": [_label(to) if to else "" for to in went], "most_share": shares}


def _stage_columns(found: Pipeline) -> list[Row]:
	then = tables.behind(NAME, {"from_stage": "state"}, view=CUSTOMERS, to_stage="")
	now = tables.behind(NAME, {"to_stage": "state"}, view=CUSTOMERS, from_stage="")
	stayed = tables.behind(NAME, {"from_stage": "state", "to_stage": "state"}, view=CUSTOMERS)
	entered = tables.behind(NAME, {"to_stage": "state"}, view=CHANGES, from_stage="")
	left = tables.behind(NAME, {"from_stage": "state"}, view=CHANGES, to_stage="")
	went = tables.behind(NAME, {"from_stage": "state", "to_stage": "next"}, view=CHANGES)
	return [
		tables.column("label", _("Stage"), "Data", 130),
		tables.column("before", _("At the Start"), "Int", 110, behind=then),
		tables.column("entered", _("Entered"), "Int", 85, behind=entered),
		tables.column("left", _("Moved On"), "Int", 95, behind=left),
		tables.column("customers", _("At the End"), "Int", 100, behind=now),
		tables.column("share", _("Share %"), "Percent", 85, behind=now),
		tables.column("revenue", _("Revenue"), "Currency", 125, behind=now),
		tables.column("stayed", _("Stayed %"), "Percent", 105, behind=stayed, total_behind=0),
		tables.column("median", _("Median Days"), "Float", 115, behind=left, precision=1),
		tables.column("most", _("Most Went To"), "Data", 125, behind=went),
		tables.column("most_share", _("Of Them %"), "Percent", 100, behind=went),
	]


# -- months -----------------------------------------------------------------------------------------


def month_view(found: Pipeline) -> Shown:
	"""A row per month: how many stood in each stage at its close. Who was not graded by then is in none."""
	counts = {month: _count(stages) for month, stages in found.closes()}
	counts |= months.kept(found.seen, found.months, "customers")
	rows = _in_use(_month_rows(counts, list(STAGES)).astype(int))
	return _month_columns("Int", rows), _with_days(rows, found.months), None


def revenue_view(found: Pipeline) -> Shown:
	"""A row per month: what those who stood in each stage at its close brought in it, and the totals."""
	listed, seen = found.months, found.seen
	known = seen.known(listed[0].first, listed[-1].closes)
	amounts = {
		month: _added(stages, seen.revenue(known, month.first, month.closes))
		for month, stages in found.closes()
	}
	of_everyone = {} if _by_document(found) else months.kept(seen, listed, "month_revenue")
	rows = _in_use(tables.rounded(_month_rows(amounts | of_everyone, states.stages())))
	total = tables.rounded(rows.sum().to_frame().T).assign(month=_("Total"))
	return _month_columns("Currency", rows), _with_days(rows, listed), total


def _by_document(found: Pipeline) -> bool:
	"""Whether the snapshots do not help: they know nothing of companies."""
	return found.seen.chosen.view == "Revenue by Month" and bool(found.seen.companies)


def _added(stages: pd.Series, amounts: np.ndarray) -> np.ndarray:
	codes = pd.Index(states.stages(), dtype=object).get_indexer(stages)
	return np.bincount(codes, amounts, len(states.stages()))


def _month_rows(sums: Sums, stages: list[str]) -> pd.DataFrame:
	rows = pd.DataFrame(list(sums.values()), columns=states.stages())[stages]
	return rows.assign(total=rows.sum(axis=1))


def _in_use(rows: pd.DataFrame) -> pd.DataFrame:
	"""Without the stages in which nothing was all the time."""
	return rows[[name for name in rows if name == "total" or rows[name].any()]]


def _with_days(rows: pd.DataFrame, listed: Sequence[Month]) -> pd.DataFrame:
	return rows.assign(
		month=[f"{month.first:%Y-%m}" for month in listed],
		opens=[month.opens for month in listed],
		closes=[month.closes for month in listed],
	)


def _month_columns(kind: str, rows: pd.DataFrame) -> list[Row]:
	"""A column per stage; a figure opens the customers at the close of its month."""
	days = {"from_date": "opens", "to_date": "closes"}
	width = 95 if kind == "Int" else 120
	cells = [
		tables.column(
			stage, _label(stage), kind, width, total_behind=0,
			behind=tables.behind(NAME, days, view=CUSTOMERS, from_stage="", to_stage=stage),
		)
		for stage in rows.columns.drop("total")
	]  # fmt: skip
	# Who was not graded by then is not counted, so the list of all would have more.
	everyone = tables.behind(NAME, days, view=CUSTOMERS, from_stage="", to_stage="")
	more = {"behind": everyone, "total_behind": 0} if kind == "Currency" else {}
	total = tables.column("total", _("Total"), kind, max(width, 95), **more)
	return [tables.column("month", _("Month"), "Data", 85), total, *cells]


# -- conversion and lists ---------------------------------------------------------------------------


def conversion_view(found: Pipeline) -> Shown:
	"""A row per stage at the first close: which share of its customers stood in which stage at the last.

	Only stages that somebody was in have a row, or a column.
	"""
	people = _chosen(found, found.people)
	rows, columns = ([s for s in states.stages() if (people[at] == s).any()] for at in ("then", "now"))
	table = Table(NAME, CUSTOMERS, "stage", people, "customers", rows, columns, "Percent")
	return table.shown(), *table.data()


def _chosen(found: Pipeline, people: pd.DataFrame) -> pd.DataFrame:
	"""The customers whom the filters on both closes choose."""
	for name, stage in {"then": found.seen.chosen.from_stage, "now": found.seen.chosen.to_stage}.items():
		if stage:
			people = people[people[name] == stage]
	return people.reset_index(drop=True)


def customer_view(found: Pipeline) -> Shown:
	"""A row per customer, those who brought most first: his stages at both closes, and since when."""
	people = _chosen(found, found.people.assign(revenue=found.revenue))
	stays = found.stays[found.stays["left"].isna()].set_index("customer")
	rows = tables.by_revenue(people)
	rows = rows.assign(
		whose=rows["customer"],
		was=states.labels(rows["then"], "stage"),
		became=states.labels(rows["now"], "stage"),
		since=tables.dates(stays["since"].reindex(rows["customer"]).set_axis(rows.index)),
		came=tables.dates((stays["since"] - _DAY).reindex(rows["customer"]).set_axis(rows.index)),
		days=stays["days"].reindex(rows["customer"]).to_numpy(dtype=float),
		owner=owners.named(found.seen, rows["customer"]),
	)
	return _customer_columns(found.seen), tables.with_labels(rows), tables.total_revenue(people)


def _customer_columns(seen: Seen[Chosen]) -> list[Row]:
	documents = customer_list.documents({"customer": "whose"}, from_date=seen.chosen.first)
	came = tables.behind(
		NAME, {"customer": "whose", "from_date": "came"}, view=CHANGES, from_stage="", to_stage=""
	)
	return [
		*customer_list.short_columns(seen, "stage"),
		tables.column("was", _("Stage at the Start"), "Data", 150),
		tables.column("became", _("Stage at the End"), "Data", 145),
		tables.column("since", _("In It Since"), "Date", 115),
		tables.column("days", _("Days in It"), "Int", 95, behind=came),
		tables.column("revenue", _("Revenue"), "Currency", 125, behind=documents, total_behind=0),
		customer_list.owner(),
	]


def change_view(found: Pipeline) -> Shown:
	"""A row per change of stage, the latest first, with the days in the stage that was left."""
	chosen, changes = found.seen.chosen, found.changes
	if chosen.from_stage:
		changes = changes[changes["came_from"] == chosen.from_stage]
	if chosen.to_stage:
		changes = changes[changes["state"] == chosen.to_stage]
	changes = changes.rename(columns={"days": "days_since"})
	rows = changes.merge(found.seen.customers.drop(columns=["stage"]), on="customer")
	rows = rows.sort_values(["since", "customer"], ascending=[False, True], kind="stable")
	rows = rows.assign(
		changed_on=tables.dates(rows["since"]),
		was=states.labels(rows["came_from"], "stage"),
		became=states.labels(rows["state"], "stage"),
		days=rows["days_before"],
		owner=owners.named(found.seen, rows["customer"]),
	)
	total = pd.DataFrame(
		{"customer": [_("Median of the Days")], "days": [changes["days_before"].dropna().median()]}
	)
	return _change_columns(found.seen), tables.with_labels(rows), total


def _change_columns(seen: Seen[Chosen]) -> list[Row]:
	return [
		tables.column("changed_on", _("Date"), "Date", 115),
		*customer_list.short_columns(seen, "stage"),
		tables.column("was", _("From Stage"), "Data", 125),
		tables.column("became", _("To Stage"), "Data", 110),
		tables.column("days", _("Days in the Stage Before"), "Float", 195, precision=1),
		customer_list.owner(),
	]


#: What each view shows.
VIEWS = {
	"Stages": stage_view,
	"Customers by Month": month_view,
	"Revenue by Month": revenue_view,
	"Conversion": conversion_view,
	CUSTOMERS: customer_view,
	CHANGES: change_view,
}


# -- chart, summary, message ------------------------------------------------------------------------


def chart(found: Pipeline, rows: pd.DataFrame) -> Row | None:
	"""Stages at both closes; or the stages of each month, one on the other."""
	view = found.seen.chosen.view
	if view == "Stages" and found.log.begins:
		values = {_("At the Start"): rows["before"][:-1], _("At the End"): rows["customers"][:-1]}
		labels = [_label(stage) for stage in STAGES]
		return charts.chart("bar", labels, values, colors=["#A6B1B9", "#2490EF"], fieldtype="Int", height=220)
	if view not in _MONTHLY:
		return None
	shown = [stage for stage in states.stages() if stage in rows and rows[stage].any()]
	if not shown:
		return None
	is_money = view == "Revenue by Month"
	return charts.stacked(
		rows["month"].tolist(),
		{_label(stage): rows[stage] for stage in shown},
		charts.stage_colors(shown),
		found.seen.currency if is_money else None,
		**({} if is_money else {"fieldtype": "Int"}),
		axis={"xIsSeries": 1, "seriesLabelSpaceRatio": 1},
	)


def summary(found: Pipeline) -> list[Row]:
	"""Who entered the stages that matter most."""
	listed = found.seen.chosen.view in ("Conversion", CUSTOMERS)
	people = _chosen(found, found.people) if listed else found.people
	entered = found.changes["state"].value_counts()
	figures = [
		charts.item(
			_("Entered {0}").format(_label(stage)), int(entered.get(stage, 0)), "Int", indicator=color
		)
		for stage, color in _TOLD.items()
	]
	return [charts.item(_("Customers"), len(people), "Int"), *figures]


def message(found: Pipeline, rows: pd.DataFrame) -> list[str]:
	"""What is compared, and what to do where there is nothing to see."""
	chosen = found.seen.chosen
	if chosen.view in _MONTHLY:
		told = _months_told(found)
	else:
		text = _(
			"Stages at the close of {0} are compared with those at the close of {1}. Changes and revenue are of the days in between: {2}."  # noqa: E501 a sentence is translated whole
		)
		days = (sentences.bold(formatdate(day)) for day in (chosen.from_date, chosen.to_date))
		told = [text.format(*days, sentences.span(chosen.first, chosen.to_date))]
	if rows.empty:
		told.append(_("Nobody went this way. Choose other stages, or an earlier first day."))
	return [*told, *states.not_told(found.log, chosen.from_date)]


def _months_told(found: Pipeline) -> list[str]:
	told = [
		_(
			"Customers count in the stage in which they stood at the close of the month. The first month is whole; the last one ends on {0}."  # noqa: E501 a sentence is translated whole
		).format(sentences.bold(formatdate(found.seen.chosen.to_date)))
	]
	if months.kept(found.seen, found.months, "customers") and not _by_document(found):
		told.append(
			_(
				"Months of which a snapshot was kept count customers who were merged or deleted since as well; the lists behind them do not."  # noqa: E501 a sentence is translated whole
			)
		)
	return told
