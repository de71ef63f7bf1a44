"""Customer Concentration: how much of the revenue few customers bring, and on whom a business depends."""

from __future__ import annotations

from dataclasses import dataclass
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
from customer_tiering.review.figures.concentration import MOST, POINTS, STEPS, Ranking
from customer_tiering.wording.texts import _

NAME = "Customer Concentration"
ABOVE, ZERO, BELOW = "Above Zero", "Zero", "Below Zero"
Rows = tuple[pd.DataFrame, pd.DataFrame]


def _revenue_is(choice: str) -> str:
	return _("Exactly Zero") if choice == ZERO else _(choice)


@dataclass(frozen=True)
class Chosen(Filters):
	"""The filters of the report.

	Attributes:
		share_at_least: percent of the revenue from which a single customer is one to depend on.
		top: only the top so many percent; 0: everyone.
		beyond: without the top so many percent.
		revenue_is: only customers whose revenue is above zero, zero or below zero; empty: everyone.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Curve", "Customers", "Dependence")

	share_at_least: float = 5
	top: int = 0
	beyond: int = 0
	revenue_is: str = ""

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if not 0 < self.share_at_least <= 100:
			frappe.throw(_("Choose a share above 0 % and up to 100 %."))
		if not (0 <= self.top <= 100 and 0 <= self.beyond <= 100):
			frappe.throw(_("A part of the customers lies between 0 % and 100 %."))
		if self.top and self.beyond >= self.top:
			frappe.throw(_("The top {0} % without the top {1} % is nobody.").format(self.top, self.beyond))
		sentence = _("Revenue cannot be chosen like this. Choose one of {0}.")
		self.one_of(self.revenue_is or ABOVE, (ABOVE, ZERO, BELOW), sentence, _revenue_is)


def chosen_part(ranking: Ranking, chosen: Chosen) -> pd.DataFrame:
	"""The part of the customers that the reader chose."""
	rank, revenue = ranking.customers["rank"], ranking.customers["revenue"]
	wanted = rank > ranking.first(chosen.beyond * 10)
	if chosen.top:
		wanted &= rank <= ranking.first(chosen.top * 10)
	if chosen.beyond:
		wanted &= revenue > 0
	if chosen.revenue_is:
		wanted &= np.sign(revenue) == {ABOVE: 1, ZERO: 0, BELOW: -1}[chosen.revenue_is]
	return ranking.customers[wanted].reset_index(drop=True)


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	chosen = seen.chosen
	# Only single customers are compared with the period before.
	compared = chosen.view == "Dependence"
	known = seen.known(chosen.before[0] if compared else chosen.from_date, chosen.to_date)
	customers = seen.customers
	if compared:
		customers = customers.assign(before=seen.revenue(known, *chosen.before))
	ranking = Ranking.of(customers, seen.revenue(known, chosen.from_date, chosen.to_date))
	rows, total = ROWS[chosen.view](seen, ranking)
	return Page(
		COLUMNS[chosen.view](seen),
		rows,
		total,
		message(seen, ranking, rows),
		chart(seen, ranking),
		summary(seen, ranking),
	)


execute = answers.report(Chosen, build)


# -- the curve --------------------------------------------------------------------------------------


def curve_rows(seen: Seen[Chosen], ranking: Ranking) -> Rows:
	"""A row per step, what it adds to the step above it, and those who brought nothing or less."""
	steps = [_step(ranking, beyond, top) for beyond, top in zip((0, *STEPS), STEPS, strict=False)]
	rows = pd.DataFrame([*(steps if len(ranking.amounts) else []), *_rest(ranking)], columns=list(_STEP))
	everyone = len(ranking.customers), _sum(ranking.customers)
	total = dict.fromkeys(_STEP) | {"part": _("Total"), "top": 0, "beyond": 0, "revenue_is": ""}
	total |= dict(zip(("customers", "revenue"), everyone, strict=True))
	total |= dict(zip(("more_customers", "more_revenue"), everyone, strict=True))
	return rows, pd.DataFrame([total])


_STEP = (
	"part", "top", "beyond", "revenue_is", "customers", "revenue", "share", "smallest", "more_customers",
	"more_revenue", "more_share",
)  # fmt: skip


def _step(ranking: Ranking, beyond: int, top: int) -> Row:
	before, now = ranking.first(beyond * 10), ranking.first(top * 10)
	revenue, more = ranking.sums[now], ranking.sums[now] - ranking.sums[before]
	return {
		"part": _("Top {0} %").format(top),
		"top": top,
		"beyond": beyond,
		"revenue_is": "",
		"customers": now,
		"revenue": revenue,
		"share": round(revenue / ranking.whole * 100, 1) if now else None,
		"smallest": ranking.amounts[now - 1] if now else None,
		"more_customers": now - before,
		"more_revenue": round(more, tables.DECIMALS),
		"more_share": round(more / ranking.whole * 100, 1) if now else None,
	}


def _rest(ranking: Ranking) -> list[Row]:
	"""Those whose revenue is zero, and those whose returns exceed it: added to no step."""
	labels = {ZERO: _("Revenue of Zero"), BELOW: _("Revenue Below Zero")}
	signs, rows = np.sign(ranking.customers["revenue"]), []
	for (kind, label), sign in zip(labels.items(), (0, -1), strict=True):
		mine = ranking.customers[signs == sign]
		if len(mine):
			more = {"more_customers": len(mine), "more_revenue": _sum(mine)}
			rows.append({"part": label, "top": 0, "beyond": 0, "revenue_is": kind, **more})
	return rows


def _sum(customers: pd.DataFrame) -> float:
	return round(float(customers["revenue"].sum()), tables.DECIMALS) + 0.0


def curve_columns(seen: Seen[Chosen]) -> list[Row]:
	"""What the top customers bring together, and what each step adds."""
	together = tables.behind(NAME, {"top": "top"}, view="Customers", beyond=0, revenue_is="")
	row = {"top": "top", "beyond": "beyond", "revenue_is": "revenue_is"}
	added = tables.behind(NAME, row, view="Customers")
	return [
		tables.column("part", _("Part of the Customers"), "Data", 180),
		tables.column("customers", _("Customers"), "Int", 105, behind=together),
		tables.column("revenue", _("Revenue"), "Currency", 130, behind=together),
		tables.column("share", _("Revenue %"), "Percent", 110, behind=together),
		tables.column("smallest", _("Smallest of Them"), "Currency", 145, behind=together),
		tables.column("more_customers", _("Added Customers"), "Int", 145, behind=added),
		tables.column("more_revenue", _("Added Revenue"), "Currency", 135, behind=added),
		tables.column("more_share", _("Added %"), "Percent", 105, behind=added),
	]


# -- customers --------------------------------------------------------------------------------------


def customer_rows(seen: Seen[Chosen], ranking: Ranking) -> Rows:
	"""A row per customer of the chosen part, those with most revenue first, and the totals."""
	return _listed(seen, ranking, chosen_part(ranking, seen.chosen))


def dependence_rows(seen: Seen[Chosen], ranking: Ranking) -> Rows:
	"""A row per customer who brings at least the chosen share, against the period before."""
	single = ranking.customers
	rows = single[single["share"].round(tables.DECIMALS) >= seen.chosen.share_at_least].reset_index(drop=True)
	last = pd.Series(seen.scores("last_purchase")["last_purchase"].to_numpy(), index=seen.names)
	rows = rows.assign(last_purchase=tables.dates(rows["customer"].map(last)))
	rows, total = _listed(seen, ranking, rows)
	total = total.assign(before=_sum(rows.assign(revenue=rows["before"])))
	return tuple(
		frame.assign(change=tables.change(frame["revenue"], frame["before"])) for frame in (rows, total)
	)


def _listed(seen: Seen[Chosen], ranking: Ranking, rows: pd.DataFrame) -> Rows:
	rows = tables.with_labels(rows.assign(owner=owners.named(seen, rows["customer"])))
	revenue = _sum(rows)
	together = round(rows["share"].sum(), 2) if rows["share"].notna().any() else np.nan
	total = pd.DataFrame({"customer": [_("Total")], "revenue": revenue, "share": together})
	shares = {name: rows[name].round(2) for name in ("share", "cumulative")}
	return rows.assign(**shares), total


def customer_columns(seen: Seen[Chosen]) -> list[Row]:
	"""Who, how much, and how much together with everyone above him."""
	who, documents = _who(seen)
	return [
		tables.column("rank", _("Revenue Rank"), "Int", 125),
		*who,
		tables.column("revenue", _("Revenue"), "Currency", 130, behind=documents),
		tables.column("share", _("Revenue %"), "Percent", 110, precision=2, behind=documents),
		tables.column("cumulative", _("Cumulative %"), "Percent", 120, precision=2),
		customer_list.owner(),
	]


def dependence_columns(seen: Seen[Chosen]) -> list[Row]:
	"""Who, how much of the whole, where it is heading and whose he is."""
	who, documents = _who(seen)
	first, last = seen.chosen.before
	before = customer_list.documents(from_date=first, to_date=last)
	return [
		*who,
		tables.column("revenue", _("Revenue"), "Currency", 130, behind=documents),
		tables.column("share", _("Revenue %"), "Percent", 110, precision=2, behind=documents),
		tables.column("before", _("Revenue Before"), "Currency", 135, behind=before),
		tables.column("change", _("Change %"), "Percent", 105, behind=before, trend=1),
		tables.column("last_purchase", _("Last Purchase"), "Date", 125),
		customer_list.owner(),
	]


def _who(seen: Seen[Chosen]) -> tuple[list[Row], Row]:
	documents = customer_list.documents()
	return customer_list.columns(seen, "customer_group", "territory"), documents


#: What each view lists, and its columns.
ROWS = {"Curve": curve_rows, "Customers": customer_rows, "Dependence": dependence_rows}
COLUMNS = {"Curve": curve_columns, "Customers": customer_columns, "Dependence": dependence_columns}


# -- chart, summary and message ---------------------------------------------------------------------


def chart(seen: Seen[Chosen], ranking: Ranking) -> Row | None:
	"""The Lorenz curve from the largest customer down, beside what equal customers would bring."""
	if seen.chosen.view != "Curve" or not len(ranking.amounts):
		return None
	return charts.chart(
		"line",
		[f"{point / 10:g}%" for point in POINTS],
		{
			_("Revenue %"): np.round(ranking.curve(), 1),
			_("Equal Shares"): [point / 10 for point in POINTS],
		},
		colors=["blue", "light-blue"],
		lineOptions={"hideDots": 1, "regionFill": 1},
		axis={"xIsSeries": 1, "seriesLabelSpaceRatio": 1},
	)


def summary(seen: Seen[Chosen], ranking: Ranking) -> list[Row]:
	"""The figures above the chart."""
	revenue = charts.item(_("Revenue"), _sum(ranking.customers), "Currency", currency=seen.currency)
	size = len(ranking.amounts)
	if not size:
		return [revenue]
	few = ranking.fewest(MOST)
	part = _("{0} of {1} ({2})").format(few, size, charts.percent(few / size * 100))
	return [
		revenue,
		charts.item(_("Customers for 80 % of the Revenue"), part),
		charts.item(_("Largest Customer"), charts.percent(ranking.amounts[0] / ranking.whole * 100)),
		charts.item(_("Gini / HHI"), f"{ranking.gini():.2f} / {ranking.herfindahl():.0f}"),
	]


def message(seen: Seen[Chosen], ranking: Ranking, rows: pd.DataFrame) -> list[str]:
	"""What the parts are of, how they come to the net total, and how to read the two measures."""
	if not len(ranking.amounts):
		return [
			_(
				"None of these customers brought revenue above zero in this period. Choose other dates, or another company."  # noqa: E501 a sentence is translated whole
			)
		]
	return [_parts(seen, ranking), *_below_zero(seen, ranking), *_view(seen, ranking, rows)]


def _parts(seen: Seen[Chosen], ranking: Ranking) -> str:
	return _(
		"Revenue is the net total of each customer's documents of {0}. Shares are of the {1} that customers above zero brought; the top x % are x % of these customers, rounded up."  # noqa: E501 a sentence is translated whole
	).format(
		sentences.span(seen.chosen.from_date, seen.chosen.to_date),
		sentences.bold(sentences.money(ranking.whole, seen)),
	)


def _below_zero(seen: Seen[Chosen], ranking: Ranking) -> list[str]:
	below = ranking.customers[ranking.customers["revenue"] < 0]
	if below.empty:
		return []
	text = _("Customers who returned more than they bought: {0}, with {1}. So the net total is {2}.")
	amounts = (sentences.money(amount, seen) for amount in (_sum(below), _sum(ranking.customers)))
	return [text.format(sentences.bold(len(below)), *(sentences.bold(amount) for amount in amounts))]


def _view(seen: Seen[Chosen], ranking: Ranking, rows: pd.DataFrame) -> list[str]:
	if seen.chosen.view == "Curve":
		return [
			_(
				"The Gini coefficient is 0 where all bring the same, and close to 1 where few bring everything. The Herfindahl-Hirschman index (HHI) is the sum of the squared shares in percent, and 10,000 where one customer brings everything."  # noqa: E501 a sentence is translated whole
			)
		]
	if seen.chosen.view == "Dependence" and rows.empty:
		return [
			_("No customer brings {0} or more of the revenue. The largest, {1}, brings {2}.").format(
				sentences.bold(charts.percent(seen.chosen.share_at_least)),
				sentences.bold(ranking.customers["customer_name"].iloc[0]),
				sentences.bold(charts.percent(ranking.customers["share"].iloc[0])),
			)
		]
	return []
