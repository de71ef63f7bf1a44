"""How a report is shown: columns, rows, totals, the lists behind figures, and the sentences above them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe import _
from frappe.utils import escape_html, fmt_money, formatdate

from customer_tiering.engine import FactsError
from customer_tiering.formulas import guard
from customer_tiering.reporting import markup, reader
from customer_tiering.reporting.filters import Chosen
from customer_tiering.reporting.reader import UNRATED, Seen
from customer_tiering.site import run

Row = dict[str, Any]
Answer = tuple[list[Row], list[Row], str, Row | None, list[Row] | None]

DECIMALS = 4  # as the engine keeps amounts
#: Colours of the desk's indicators, as its charts name them; the unrated have one of their own.
_CHART_COLORS = {"Gray": "grey"}
_UNRATED_COLOR = "#D1D8DD"
_ONE_COLOR = "#2490EF"  # of a chart with one set of values


@dataclass
class Page:
	"""What a report answers.

	Attributes:
		columns: made by :func:`column`.
		rows: a row each; dates as ``date`` objects, NaN and None are blank.
		total: one more row, bold, below the others; it is worked out over everything, never added up.
		message: sentences, a paragraph each; names in them are escaped.
		chart: as the host draws it.
		summary: made by :func:`item`.
	"""

	columns: list[Row]
	rows: pd.DataFrame
	total: pd.DataFrame | None = None
	message: list[str] = field(default_factory=list)
	chart: Row | None = None
	summary: list[Row] | None = None


def answer(
	kind: type[Chosen], build: Callable[[Seen[Chosen]], Page], raw: Mapping[str, Any] | None
) -> Answer:
	"""Columns, rows, message, chart and summary; the desk and its mails call a report for this.

	Args:
		kind: the report's filters.
		build: makes the page from what the reader may see; called only if there is something published, and
			somebody to be seen.
		raw: what came from the browser.

	Raises:
		frappe.ValidationError: a filter cannot be, or a document cannot be read; the sentence says which.
	"""
	chosen = kind.of(raw or {})
	current = run.published()
	if current is None:
		return [], [], _nothing_published(), None, None
	seen = reader.read(current.policy, chosen)
	if seen.customers.empty:
		return [], [], nobody(), None, None
	try:
		page = build(seen)
	except FactsError as error:
		frappe.throw(_("A document cannot be counted: {0}").format(escape_html(str(error))))
	return _shown(page, seen)


def _shown(page: Page, seen: Seen[Any]) -> Answer:
	message = "<br>".join([*page.message, *_for_the_reader()])
	if len(page.rows) > _most_rows():
		return page.columns, [], _too_many(len(page.rows)), None, page.summary
	needed = _needed(page.columns)
	rows = plain(_only(page.rows.assign(currency=seen.currency), needed))
	if page.total is not None and len(page.total):
		rows += plain(_only(page.total.assign(currency=seen.currency, is_total=1, bold=1), needed))
	if markup.is_wanted():
		columns, rows = markup.made(page.columns, rows, seen.currency)
	else:
		columns, rows = (page.columns, rows) if _is_drawn() else guarded(page.columns, rows)
	return columns, rows, message, page.chart, page.summary


def _is_drawn() -> bool:
	"""Whether it is the desk that asks. Whoever else does makes a file or a mail of the answer."""
	return bool(frappe.form_dict.get("cmd") == "frappe.desk.query_report.run")


def guarded(columns: Sequence[Row], rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
	"""The same without a text that a spreadsheet takes for a formula; the host would write it as one."""
	return (
		[shown | {"label": guard(shown["label"])} for shown in columns],
		[
			{name: guard(value) if isinstance(value, str) else value for name, value in row.items()}
			for row in rows
		],
	)


def _needed(columns: Sequence[Row]) -> set[str]:
	"""The columns of the rows that the browser needs: those shown, and those that they refer to."""
	needed = {"currency", "is_total", "bold", "indent"}
	for shown in columns:
		needed |= {shown["fieldname"], shown.get("pill"), shown.get("options"), shown.get("caption")}
		needed |= set(shown.get("behind", {}).get("row", {}).values())
	return needed


def _only(rows: pd.DataFrame, needed: set[str]) -> pd.DataFrame:
	return rows[[name for name in rows if name in needed]]


# -- columns and rows -------------------------------------------------------------------------------


def column(fieldname: str, label: str, fieldtype: str, width: int, **more: Any) -> Row:
	"""A column of the table.

	Args:
		fieldname: the column of the rows.
		label: translated.
		fieldtype: of the host: Data, Int, Float, Currency, Percent, Date, Link, Dynamic Link.
		width: pixels.
		more: ``options``; ``behind``, made by :func:`behind`, and ``total_behind=0``: the total has none;
			``pill``: the column that names the tier whose colour the text gets; ``trend``: green above zero
			and red below; ``heat``: the value at which a cell has its full colour; ``caption``: the column
			with a word that stands beside the figure on the screen and on paper; ``translate``: the values
			are words of the host.
	"""
	more = {"Currency": {"options": "currency"}, "Percent": {"precision": 1}}.get(fieldtype, {}) | more
	return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}


def behind(report: str, row: Mapping[str, str] | None = None, **filters: Any) -> Row:
	"""The list behind a figure: a report with the filters that were chosen, and these.

	Args:
		report: its name.
		row: filters that come from the figure's row: their names, and the columns that hold their values.
			Where a row has none, as the total has, the filter stays as it was chosen.
		filters: filters with the same value for every row.
	"""
	fixed = {name: value.isoformat() if isinstance(value, date) else value for name, value in filters.items()}
	return {"report": report, "row": dict(row or {}), "filters": fixed}


def customer_columns(seen: Seen[Any], *but: str) -> list[Row]:
	"""The columns that say who a customer is, without those that would say the same in every row.

	For rows made by :func:`with_labels`; ``but`` names columns that the report does without.
	"""
	named = bool((seen.customers["customer_name"] != seen.customers["customer"]).any())
	shown = {
		"customer_name": named,
		"tier": not (seen.chosen.tier or seen.chosen.unrated),
		"stage": not seen.chosen.stage,
	}
	columns = [
		column("customer", _("Customer"), "Link", 170, options="Customer"),
		column("customer_name", _("Customer Name"), "Data", 170),
		column("tier", _("Tier"), "Data", 100, pill="rung"),
		column("stage", _("Stage"), "Data", 95),
		column("customer_group", _("Customer Group"), "Link", 140, options="Customer Group"),
		column("territory", _("Territory"), "Link", 130, options="Territory"),
	]
	return [c for c in columns if shown.get(c["fieldname"], True) and c["fieldname"] not in but]


def with_labels(rows: pd.DataFrame) -> pd.DataFrame:
	"""Rows with ``rung``, and perhaps ``stage`` and ``segment``, and now ``tier`` for people to read."""
	words = {name: labels(rows[name]) for name in ("stage", "segment") if name in rows}
	return rows.assign(tier=labels(rows["rung"], _("Unrated")), **words)


def tier_label(rung: str) -> str:
	"""The name of a tier as the reader's language has it; no tier is *Unrated*."""
	return _(rung) if rung else _("Unrated")


def labels(values: pd.Series, empty: str = "") -> list[str]:
	"""Names of tiers, stages and the like as the reader's language has them."""
	words = {value: _(value) if value else empty for value in values.unique()}
	return [words[value] for value in values]


def dates(days: pd.Series) -> pd.Series:
	"""Days as the table takes them: ``date`` objects, None where there is none."""
	found = days.to_numpy().astype("datetime64[D]").tolist()
	return pd.Series(found, index=days.index, dtype=object)


def rounded(amounts: pd.Series | pd.DataFrame) -> Any:
	"""Amounts to the decimals that the engine keeps, without a negative zero."""
	return amounts.astype(float).round(DECIMALS) + 0.0


def ratio(above: Any, below: pd.Series, factor: float = 1.0, decimals: int = DECIMALS) -> pd.Series:
	"""above ÷ below × factor, NaN unless below is above zero."""
	return (above / below.where(below > 0) * factor).round(decimals) + 0.0


def plain(rows: pd.DataFrame) -> list[Row]:
	"""Rows as dicts of what JSON takes: None for every NaN."""
	columns = [_plain_column(rows[name]) for name in rows]
	return [dict(zip(rows.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain_column(values: pd.Series) -> list[Any]:
	found = values.tolist()
	if values.dtype.kind in "iub":
		return found
	return [None if empty else value for value, empty in zip(found, values.isna(), strict=True)]


# -- chart and summary ------------------------------------------------------------------------------


def item(label: str, value: float | str | None, datatype: str = "Data", **more: Any) -> Row:
	"""A figure above the chart; those without a value are left out by :func:`items`."""
	return {"label": label, "value": value, "datatype": datatype, **more}


def items(*figures: Row) -> list[Row]:
	"""The figures that there are."""
	return [figure for figure in figures if figure["value"] is not None]


def percent(value: float | None, plus: str = "") -> str | None:
	"""With one decimal on every host; they differ in how they would format a number there."""
	if value is None or np.isnan(value):
		return None
	return f"{plus if value > 0 else ''}{fmt_money(value, precision=1)}%"


def trend(change: float | None) -> str:
	"""The colour of a figure that rose or fell."""
	return "Green" if (change or 0) > 0 else "Red" if (change or 0) < 0 else "Gray"


def tier_colors(rungs: Iterable[str]) -> list[str]:
	"""The tiers' own colours, as charts name them."""
	colors = dict(frappe.get_all("Customer Tier", fields=["name", "color"], as_list=True, order_by=None))
	return [_chart_color(rung, colors.get(rung, "Gray")) for rung in rungs]


def _chart_color(rung: str, color: str) -> str:
	if rung == UNRATED:
		return _UNRATED_COLOR
	return _CHART_COLORS.get(color, color.lower().replace(" ", "-"))


def chart(
	kind: str,
	labels: Sequence[str],
	datasets: Mapping[str, Sequence[float]],
	currency: str | None = None,
	**more: Any,
) -> Row:
	"""A chart of the host.

	Args:
		kind: bar, line, pie, percentage, donut.
		labels: along the axis.
		datasets: values by name, one per label.
		currency: of the values; None: they are no amounts.
		more: ``colors``, ``barOptions``, ``lineOptions``, as the host's charts take them; ``axis``: options
			of the axes, which the host would replace under their own name.
	"""
	data = {
		"labels": [harmless(label) for label in labels],
		"datasets": [
			{"name": harmless(name), "values": [round(float(value), DECIMALS) for value in values]}
			for name, values in datasets.items()
		],
	}
	if len(datasets) == 1:
		more.setdefault("colors", [_ONE_COLOR])
	money = {"fieldtype": "Currency", "options": "currency", "currency": currency} if currency else {}
	return {"data": data, "type": kind, **money, **more}


def harmless(name: str) -> str:
	"""A name that is no markup, for a chart, which draws it as text and as markup, or a column's label."""
	return name.replace("<", "‹").replace(">", "›")


# -- sentences --------------------------------------------------------------------------------------


def money(amount: float, seen: Seen[Any]) -> str:
	"""An amount in the reporting currency."""
	return fmt_money(round(amount, DECIMALS) + 0.0, currency=seen.currency)


def span(first: date, last: date) -> str:
	"""A period."""
	return f"{formatdate(first)} – {formatdate(last)}"


def bold(value: object) -> str:
	"""Something that a sentence is about, escaped."""
	return f"<strong>{escape_html(str(value))}</strong>"


def _for_the_reader() -> list[str]:
	if not reader.is_restricted():
		return []
	return [_("Only customers and companies that you may see are counted.")]


def _nothing_published() -> str:
	return _(
		"No policy is published yet, so no customer has a tier. Publish one in Customer Tiering Settings, then come back."  # noqa: E501 a sentence is translated whole
	)


def nobody() -> str:
	"""What is told where no customer is chosen."""
	return _("No customer matches these filters. Remove a filter, or add customers.")


def _too_many(rows: int) -> str:
	return _(
		"These are too many rows to list, so none is shown: {0}. Choose a tier, a customer or fewer days."
	).format(bold(rows))


def _most_rows() -> int:
	"""How many rows the desk draws."""
	return int(frappe.db.get_single_value("System Settings", "max_report_rows") or 100_000)
