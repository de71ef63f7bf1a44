"""Cohort Retention: of the customers who first bought in a month, who and what revenue was kept since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import frappe
import numpy as np
import pandas as pd

from customer_tiering.reporting.choosing import owners
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.review.figures.cohorts import Cohorts, deeds
from customer_tiering.review.figures.months import first_day, last_day
from customer_tiering.review.figures.months import label as month_label
from customer_tiering.review.figures.months import number as month_of
from customer_tiering.site.grading import state
from customer_tiering.wording.texts import _

NAME = "Cohort Retention"
MOST_MONTHS = 24  # that fit a page, if it is wide
#: Months of which the figures above the chart tell.
MILESTONES = (1, 3, 6, 12)
LISTS = ("Customer List", "Revenue List")
Rows = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class Chosen(Filters):
	"""The filters of the report; the period chooses cohorts, by the months that it touches.

	Attributes:
		months: how many months after that of the first purchase are followed.
		running: with the month that is not over yet.
		cohort: only the cohort of the month of this day.
		offset: only this month since the first purchase; below 0: all.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Customers %", "Customers", "Revenue %", "Revenue", *LISTS)

	months: int = 12
	running: bool = False
	cohort: date | None = None
	offset: int = -1

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if not 1 <= self.months <= MOST_MONTHS:
			frappe.throw(_("Between 1 and {0} months can be followed.").format(MOST_MONTHS))
		if not -1 <= self.offset <= MOST_MONTHS:
			frappe.throw(_("Months since the first purchase run from 0 to {0}.").format(MOST_MONTHS))

	@property
	def is_money(self) -> bool:
		"""Whether the view is about revenue, not about customers."""
		return self.view.startswith("Revenue")


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	cohorts = read(seen)
	if cohorts.members.empty:
		return Page(_list_columns(seen), pd.DataFrame(), message=[_nobody()])
	is_list = seen.chosen.view in LISTS
	rows, total = (listed if is_list else triangle)(seen, cohorts)
	return Page(
		_list_columns(seen) if is_list else _triangle_columns(seen, cohorts, rows),
		rows,
		total,
		message(seen, cohorts),
		None if is_list else chart(seen, cohorts),
		summary(seen, cohorts),
	)


execute = answers.report(Chosen, build)


# -- what is read -----------------------------------------------------------------------------------


def read(seen: Seen[Chosen]) -> Cohorts:
	"""The chosen cohorts; first purchases are those that grading has stored."""
	chosen = seen.chosen
	months = max(chosen.months, chosen.offset)
	members = _members(seen)
	last = _last_month(chosen.running)
	if members.empty:
		return Cohorts(members, pd.DataFrame(), last, months)
	# Up to today, or a purchase that was returned since would count.
	sales = seen.sales(first_day(members["cohort"].min()), state.today())
	return Cohorts(members, deeds(members, sales, last, months), last, months)


def _members(seen: Seen[Chosen]) -> pd.DataFrame:
	chosen = seen.chosen
	first = seen.scores("first_purchase")["first_purchase"]
	found = seen.customers.assign(first_purchase=first)[first.notna().to_numpy()]
	found = found.assign(cohort=month_of(found["first_purchase"].to_numpy().astype("datetime64[M]")))
	low, high = (int(month_of(day)) for day in (chosen.from_date, chosen.to_date))
	if chosen.cohort:
		low, high = max(low, int(month_of(chosen.cohort))), min(high, int(month_of(chosen.cohort)))
	return found[found["cohort"].between(low, high)].reset_index(drop=True)


def _last_month(running: bool) -> int:
	today = state.today()
	month = int(month_of(today))
	return month if running or today == last_day(month) else month - 1


# -- the triangle -----------------------------------------------------------------------------------


def triangle(seen: Seen[Chosen], cohorts: Cohorts) -> Rows:
	"""A row per cohort, a column per month since the first purchase, and what all cohorts kept."""
	of_money, in_percent = seen.chosen.is_money, seen.chosen.view.endswith("%")
	cells = cohorts.revenue if of_money else cohorts.kept
	if in_percent:
		bottom = cohorts.average(of_money)
		cells = np.round(cells / cohorts.base(of_money)[:, None] * 100, 1) + 0.0
	else:
		reached = cohorts.reached.any(axis=0)
		bottom = np.where(reached, np.round(np.nansum(cells, axis=0), tables.DECIMALS), np.nan)
	shown = _offsets(seen, cohorts)
	rows = pd.DataFrame(
		{
			"cohort": [month_label(month) for month in cohorts.list],
			"cohort_day": [first_day(month) for month in cohorts.list],
			"customers": cohorts.sizes,
			**{f"m{offset}": cells[:, offset] for offset in shown},
		}
	)
	label = _("Average") if in_percent else _("Total")
	total = {"cohort": label, "customers": len(cohorts.members)}
	return rows, pd.DataFrame([total | {f"m{offset}": bottom[offset] for offset in shown}])


def _offsets(seen: Seen[Chosen], cohorts: Cohorts) -> list[int]:
	"""The months since the first purchase that some cohort has reached."""
	reached = np.flatnonzero(cohorts.reached.any(axis=0)).tolist()
	return [offset for offset in reached if seen.chosen.offset in (-1, offset)]


def _triangle_columns(seen: Seen[Chosen], cohorts: Cohorts, rows: pd.DataFrame) -> list[Row]:
	shown = _offsets(seen, cohorts)
	view = "Revenue List" if seen.chosen.is_money else "Customer List"
	row = {"cohort": "cohort_day"}
	kind, width, more = _FORMATS[seen.chosen.view]
	# The first month is the whole of a cohort, or about so: it would leave the others pale.
	later = rows[[f"m{offset}" for offset in shown if offset] or ["customers"]].to_numpy(dtype=np.float64)
	most = max(float(np.nanmax(later)), 1) if not np.isnan(later).all() else 100.0
	return [
		tables.column("cohort", _("Cohort"), "Data", 90),
		tables.column(
			"customers",
			_("New Customers"),
			"Int",
			140,
			behind=tables.behind(NAME, row, view="Customer List", offset=""),
		),
		*(
			tables.column(
				f"m{offset}",
				str(offset),
				kind,
				width,
				heat=most,
				behind=tables.behind(NAME, row, view=view, offset=offset),
				**more,
			)
			for offset in shown
		),
	]


#: How the cells of each triangle are shown: type, width and more. A precision of 0 is none to the host.
_FORMATS: dict[str, tuple[str, int, Row]] = {
	"Customers %": ("Percent", 66, {}),
	"Customers": ("Int", 64, {}),
	"Revenue %": ("Percent", 70, {}),
	"Revenue": ("Float", 80, {"precision": "0"}),
}


# -- the lists --------------------------------------------------------------------------------------


def listed(seen: Seen[Chosen], cohorts: Cohorts) -> Rows:
	"""Customers with what they did in the chosen month, or in all that are followed, and the totals."""
	chosen, deeds = seen.chosen, cohorts.deeds
	if chosen.offset >= 0:
		deeds = deeds[deeds["offset"] == chosen.offset]
	deeds = deeds.assign(months=(deeds["purchases"] > 0).astype(int))
	done = deeds.groupby("at")[["months", "purchases", "revenue"]].sum()
	if chosen.view == "Customer List" and chosen.offset >= 0:
		done = done[done["purchases"] > 0]
	# Without a month, everyone who joined; else who is in it.
	if chosen.view == "Customer List" and chosen.offset < 0:
		done = done.reindex(range(len(cohorts.members)), fill_value=0)
	people = cohorts.members.iloc[done.index].reset_index(drop=True)
	rows = pd.concat([people, done.reset_index(drop=True)], axis=1)
	rows = rows.assign(revenue=tables.rounded(rows["revenue"]), **_spans(people, cohorts, chosen.offset))
	rows = tables.by_revenue(rows)
	rows = rows.assign(
		cohort=rows["cohort"].map({month: month_label(month) for month in cohorts.list}),
		first_purchase=tables.dates(rows["first_purchase"]),
		owner=owners.named(seen, rows["customer"]),
	)
	total = pd.DataFrame([{"customer": _("Total"), **_sums(deeds, done.index)}])
	return tables.with_labels(rows), total


def _sums(deeds: pd.DataFrame, positions: pd.Index) -> Row:
	mine = deeds[deeds["at"].isin(positions)]
	return {
		"purchases": int(mine["purchases"].sum()),
		"revenue": round(float(mine["revenue"].sum()), tables.DECIMALS) + 0.0,
	}


def _spans(people: pd.DataFrame, cohorts: Cohorts, offset: int) -> dict[str, pd.Series]:
	"""First and last day of the months that a row is about."""
	first = people["cohort"] + max(offset, 0)
	last = first if offset >= 0 else np.maximum(np.minimum(first + cohorts.months, cohorts.last), first)
	begins, after = (
		month.to_numpy().astype("datetime64[M]").astype("datetime64[D]") for month in (first, last + 1)
	)
	ends = after - np.timedelta64(1, "D")
	return {"begins": tables.dates(pd.Series(begins)), "ends": tables.dates(pd.Series(ends))}


def _list_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"customer": "customer", "from_date": "begins", "to_date": "ends"}
	documents = customer_list.documents(row)
	return [
		*customer_list.short_columns(seen),
		tables.column("cohort", _("Cohort"), "Data", 90),
		tables.column("first_purchase", _("First Purchase"), "Date", 125),
		*([tables.column("months", _("Months Bought"), "Int", 140)] if seen.chosen.offset < 0 else []),
		tables.column("purchases", _("Purchases"), "Int", 100, behind=documents),
		tables.column("revenue", _("Revenue"), "Currency", 125, behind=documents),
		customer_list.owner(),
	]


# -- chart, summary and message ---------------------------------------------------------------------


def chart(seen: Seen[Chosen], cohorts: Cohorts) -> Row | None:
	"""What all cohorts kept on average, from the month after the first on."""
	average = cohorts.average(seen.chosen.is_money)[1:]
	average = average[~np.isnan(average)]
	if len(average) < 2:
		return None
	name = _("Revenue Kept %") if seen.chosen.is_money else _("Customers Kept %")
	labels = [
		str(offset) for offset in range(1, len(average) + 1)
	]  # as the columns; a phone has room for no more
	return charts.chart(
		"line",
		labels,
		{name: average},
		colors=["blue"],
		lineOptions={"regionFill": 1},
		axis={"seriesLabelSpaceRatio": 1},
	)


def summary(seen: Seen[Chosen], cohorts: Cohorts) -> list[Row]:
	"""How many are new, and what was kept of them after some months."""
	average = cohorts.average(seen.chosen.is_money)
	label = _("Revenue Kept in Month {0}") if seen.chosen.is_money else _("Customers Kept in Month {0}")
	return charts.items(
		charts.item(_("New Customers"), len(cohorts.members), "Int"),
		*(
			charts.item(label.format(offset), charts.percent(average[offset]))
			for offset in MILESTONES
			if offset < len(average)
		),
	)


def message(seen: Seen[Chosen], cohorts: Cohorts) -> list[str]:
	"""What a cohort and a month are, and who is kept."""
	return [_cohorts(), _kept(seen), _running(seen, cohorts), *_companies(seen)]


def _cohorts() -> str:
	return _(
		"A cohort is everyone whose first purchase was in that month. The columns count the months since then, and 0 is the month of the first purchase. Cohorts are whole months."  # noqa: E501 a sentence is translated whole
	)


def _kept(seen: Seen[Chosen]) -> str:
	if not seen.chosen.is_money:
		return _(
			"A customer is kept in a month in which he made a purchase that counts. The average is over the cohorts that are old enough, by their customers."  # noqa: E501 a sentence is translated whole
		)
	return _(
		"Revenue is the net total of a cohort's documents in the month, in {0}. Percentages are of the month of the first purchase; the average is over the cohorts that are old enough, by their revenue then."  # noqa: E501 a sentence is translated whole
	).format(sentences.bold(seen.currency))


def _running(seen: Seen[Chosen], cohorts: Cohorts) -> str:
	if seen.chosen.running:
		return _("The running month is included as far as it has gone, so its cells still grow.")
	return _(
		"Purchases are shown for months that are over; the last is {0}. Of those who came since then, only their number is shown."  # noqa: E501 a sentence is translated whole
	).format(sentences.bold(month_label(cohorts.last)))


def _companies(seen: Seen[Chosen]) -> list[str]:
	if not seen.companies or frappe.db.count("Company") < 2:
		return []
	return [_("The first purchase may be in any company; what was kept is of the companies shown here.")]


def _nobody() -> str:
	return _(
		"None of these customers made a first purchase in these months. Choose an earlier first day, or wait until they are graded."  # noqa: E501 a sentence is translated whole
	)
