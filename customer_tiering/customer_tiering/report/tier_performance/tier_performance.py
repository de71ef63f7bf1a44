"""Tier Performance: what each tier brings in a period, against the equal period before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from frappe.utils import escape_html

from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import UNRATED, Seen
from customer_tiering.reporting.listing import customer_list, document_list, left_out
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.wording.labels import tier_label
from customer_tiering.wording.texts import _

NAME = "Tier Performance"
Rows = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class Chosen(Filters):
	"""The filters of the report."""

	VIEWS: ClassVar[tuple[str, ...]] = ("Tiers", "Customers", "Active Customers", "Documents")


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	sales = read_sales(seen)
	rows, total = ROWS[seen.chosen.view](seen, sales)
	return Page(
		columns(seen, sales),
		rows,
		total,
		message(seen, sales),
		chart(seen, sales, rows),
		summary(seen, sales, total),
	)


execute = answers.report(Chosen, build)


def read_sales(seen: Seen[Chosen]) -> pd.DataFrame:
	"""The documents of both periods; those of the period have ``now`` set, and a ``gross_profit``."""
	chosen = seen.chosen
	now = seen.sales(chosen.from_date, chosen.to_date, with_cost=True).assign(now=True)
	before = seen.sales(*chosen.before).assign(now=False, gross_profit=np.nan)
	return pd.concat([before[now.columns], now], ignore_index=True)


# -- columns ----------------------------------------------------------------------------------------


def columns(seen: Seen[Chosen], sales: pd.DataFrame) -> list[Row]:
	"""The columns of the chosen view."""
	if seen.chosen.view == "Documents":
		return _document_columns(seen, sales)
	if seen.chosen.view == "Tiers":
		return _tier_columns(seen)
	return [*customer_list.columns(seen), *_figure_columns(seen, customer="customer")]


def _tier_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"tier": "rung", "unrated": "unrated"}
	customers, active = (tables.behind(NAME, row, view=view) for view in ("Customers", "Active Customers"))
	return [
		tables.column("tier", _("Tier"), "Data", 120, pill="rung"),
		tables.column("customers", _("Customers"), "Int", 110, behind=customers),
		tables.column("active", _("Active"), "Int", 75, behind=active),
		*_figure_columns(seen, **row),
	]


def _figure_columns(seen: Seen[Chosen], **row: str) -> list[Row]:
	first, last = seen.chosen.before
	now = tables.behind(NAME, row, view="Documents")
	before = tables.behind(NAME, row, view="Documents", from_date=first, to_date=last)
	return [
		tables.column("revenue", _("Revenue"), "Currency", 125, behind=now),
		tables.column("share", _("Share %"), "Percent", 90, behind=now),
		tables.column("gross_profit", _("Gross Profit"), "Currency", 125, behind=now),
		tables.column("invoices", _("Invoices"), "Int", 85, behind=now),
		tables.column("average", _("Average Order"), "Currency", 125, behind=now),
		tables.column("before", _("Revenue Before"), "Currency", 130, behind=before),
		tables.column("change", _("Change %"), "Percent", 110, behind=before, trend=1),
	]


def _document_columns(seen: Seen[Chosen], sales: pd.DataFrame) -> list[Row]:
	return document_list.columns(
		seen,
		tables.column("revenue", _("Revenue"), "Currency", 130),
		tables.column("gross_profit", _("Gross Profit"), "Currency", 130),
		tables.column("invoices", _("Invoices"), "Int", 90),
		one_type=not sales.loc[sales["now"], "is_pos"].any(),
	)


# -- rows -------------------------------------------------------------------------------------------


def tier_rows(seen: Seen[Chosen], sales: pd.DataFrame) -> Rows:
	"""A row per tier from the highest down, and the totals."""
	rungs = seen.rungs
	rows = figures(sales, "rung", rungs)
	rows["customers"] = seen.customers["rung"].value_counts().reindex(rungs, fill_value=0)
	total = _total(sales, len(seen.customers))
	rows = _derived(rows, total).assign(rung=rungs, unrated=[int(rung == UNRATED) for rung in rungs])
	return tables.with_labels(rows), total.assign(tier=_("Total"))


def customer_rows(seen: Seen[Chosen], sales: pd.DataFrame) -> Rows:
	"""A row per customer, those with most revenue first, and the totals."""
	found = figures(sales, "customer", seen.customers["customer"]).reset_index(drop=True)
	rows = pd.concat([seen.customers, found], axis=1)
	if seen.chosen.view == "Active Customers":
		rows = rows[rows["active"] > 0]
	total = _total(sales[sales["customer"].isin(rows["customer"])], len(rows))
	rows = _derived(rows, total).sort_values(
		["revenue", "before", "customer"], ascending=[False, False, True], kind="stable"
	)
	return tables.with_labels(rows), total.assign(customer=_("Total"))


def document_rows(seen: Seen[Chosen], sales: pd.DataFrame) -> Rows:
	"""A row per document of the period, the latest first, and the totals."""
	now = sales[sales["now"]]
	rows = document_list.rows(
		seen,
		now,
		revenue=now["net_amount"],
		gross_profit=now["gross_profit"],
		invoices=now["counts"].astype(int),
	)
	return rows, _total(sales, len(seen.customers)).assign(document=_("Total"))


#: What each view lists.
ROWS = {
	"Tiers": tier_rows,
	"Customers": customer_rows,
	"Active Customers": customer_rows,
	"Documents": document_rows,
}


def figures(sales: pd.DataFrame, by: str, keys: Iterable[str]) -> pd.DataFrame:
	"""Sums of the period and of the one before, a row per key.

	Returns:
		``revenue``, ``gross_profit`` (NaN where the cost of any document is unknown), ``invoices`` (purchases
		that count), ``active`` (customers with one), ``before`` (revenue of the period before).
	"""
	now, before = sales[sales["now"]], sales[~sales["now"]]
	grouped = now.groupby(by)
	sums = {
		"revenue": grouped["net_amount"].sum(),
		"gross_profit": grouped["gross_profit"].sum(),
		"invoices": grouped["counts"].sum(),
		"active": now[now["counts"]].groupby(by)["customer"].nunique(),
		"before": before.groupby(by)["net_amount"].sum(),
	}
	found = pd.DataFrame({name: values.reindex(list(keys), fill_value=0) for name, values in sums.items()})
	found = tables.rounded(found)
	unknown = now.loc[now["gross_profit"].isna(), by].unique()
	found.loc[found.index.isin(unknown), "gross_profit"] = np.nan
	return found.astype({"invoices": int, "active": int})


def _total(sales: pd.DataFrame, customers: int) -> pd.DataFrame:
	"""One row over all documents: not the sum of the rows, which has to come to the same."""
	total = figures(sales.assign(everything=""), "everything", [""])
	return _derived(total.assign(customers=customers), total)


def _derived(rows: pd.DataFrame, total: pd.DataFrame) -> pd.DataFrame:
	"""With share, average order value and change; NaN where there is nothing to divide by."""
	whole = total["revenue"].iloc[0]
	return rows.assign(
		share=(rows["revenue"] / whole * 100).round(1) if whole > 0 else np.nan,
		average=tables.ratio(rows["revenue"], rows["invoices"]),
		change=tables.change(rows["revenue"], rows["before"]),
	)


# -- chart and summary ------------------------------------------------------------------------------


def chart(seen: Seen[Chosen], sales: pd.DataFrame, rows: pd.DataFrame) -> Row | None:
	"""Revenue per tier in the period before and in the period, each tier in its colour."""
	if seen.chosen.view != "Tiers" or sales.empty:
		return None
	return charts.chart(
		"bar",
		[
			_("Period Before"),
			_("This Period"),
		],  # dates are too long for a phone; the filters and the message say them
		{tier: values for tier, *values in zip(rows["tier"], rows["before"], rows["revenue"], strict=True)},
		seen.currency,
		colors=charts.tier_colors(rows["rung"]),
	)


def summary(seen: Seen[Chosen], sales: pd.DataFrame, total: pd.DataFrame) -> list[Row]:
	"""The figures above the chart."""
	whole = tables.plain(total)[0]
	change = whole["change"]
	return charts.items(
		charts.item(_("Revenue"), whole["revenue"], "Currency", currency=seen.currency),
		charts.item(
			_("Change on the Period Before"), charts.percent(change, "+"), indicator=charts.trend(change)
		),
		charts.item(_("Customers"), whole["customers"], "Int"),
		charts.item(_("Active Customers"), whole["active"], "Int"),
		*_top_share(seen, sales, whole["revenue"]),
	)


def _top_share(seen: Seen[Chosen], sales: pd.DataFrame, whole: float) -> list[Row]:
	if seen.chosen.view != "Tiers" or seen.chosen.tier or seen.chosen.unrated or whole <= 0:
		return []
	top = seen.policy.tiers[-1].name
	mine = float(sales.loc[sales["now"] & (sales["rung"] == top), "net_amount"].sum())
	label = _("Revenue Share of {0}").format(escape_html(tier_label(top)))
	return [charts.item(label, charts.percent(mine / whole * 100))]


# -- message ----------------------------------------------------------------------------------------


def message(seen: Seen[Chosen], sales: pd.DataFrame) -> list[str]:
	"""How to read the figures, what is included and what is left out, each a sentence."""
	now = sales[sales["now"]]
	found = left_out.read_left_out(seen, seen.chosen.from_date, seen.chosen.to_date)
	return [
		_grouping(seen),
		*_empty(seen, now),
		left_out.sentences(seen, now, found),
		*_unknown_cost(now),
		*_returns(seen),
	]


def _grouping(seen: Seen[Chosen]) -> str:
	return _(
		"Customers stand in the tier that they have now, by the published policy {0}; disabled customers are included. The period before is {1}."  # noqa: E501 a sentence is translated whole
	).format(sentences.by_published(seen), sentences.span(*seen.chosen.before))


def _empty(seen: Seen[Chosen], now: pd.DataFrame) -> list[str]:
	notes = []
	if now.empty:
		notes.append(_("No sales document counts in this period. Choose other dates, or another company."))
	if not seen.chosen.unrated and (seen.customers["rung"] == UNRATED).all():
		notes.append(sentences.no_tier_yet())
	return notes


def _unknown_cost(now: pd.DataFrame) -> list[str]:
	unknown = int(now["gross_profit"].isna().sum())
	if not unknown:
		return []
	text = _("Gross profit is blank where the cost of a document is not known. Such documents: {0}.")
	return [text.format(sentences.bold(unknown))]


def _returns(seen: Seen[Chosen]) -> list[str]:
	if seen.policy.returns_dated != "Original":
		return []
	return [_("A return counts here on its own date, as in the ledger; scores date it to the original sale.")]
