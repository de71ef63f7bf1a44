"""Tier Performance: what each tier brings in a period, against the equal period before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe import _
from frappe.utils import escape_html, fmt_money, formatdate

from customer_tiering.customer_tiering.report.tier_performance import reading
from customer_tiering.customer_tiering.report.tier_performance.reading import UNRATED, Filters, Seen
from customer_tiering.site import run

Row = dict[str, Any]
Report = tuple[list[Row], list[Row], str, Row | None, list[Row] | None]

#: Colours of the desk's indicators, as its charts name them; the unrated have one of their own.
_CHART_COLORS = {"Gray": "grey"}
_UNRATED_COLOR = "#D1D8DD"
_DECIMALS = 4  # as the engine keeps amounts


def execute(filters: Mapping[str, Any] | None = None) -> Report:
	"""Columns, rows, message, chart and summary; the desk and its mails call this."""
	chosen = Filters.of(filters or {})
	current = run.published()
	if current is None:
		return [], [], _nothing_published(), None, None
	seen = reading.read(current.policy, chosen)
	if seen.customers.empty:
		return columns(seen), [], _nobody(), None, None
	rows, total = ROWS[chosen.view](seen)
	if len(rows) > _most_rows():
		return columns(seen), [], _too_many(len(rows)), None, summary(seen, total)
	return (
		columns(seen),
		[*_plain(rows.assign(currency=seen.currency)), *_plain(total.assign(currency=seen.currency))],
		message(seen),
		chart(seen, rows),
		summary(seen, total),
	)


# -- columns ----------------------------------------------------------------------------------------


def columns(seen: Seen) -> list[Row]:
	"""The columns of the chosen view, without those that would say the same in every row."""
	views = {"Tiers": _tier_columns, "Documents": _document_columns}
	same = _same_throughout(seen)
	return [
		column
		for column in views.get(seen.chosen.view, _customer_columns)()
		if column["fieldname"] not in same
	]


def _same_throughout(seen: Seen) -> set[str]:
	if seen.chosen.view == "Tiers" or seen.customers.empty:
		return set()
	shown = {
		"customer_name": (seen.customers["customer_name"] != seen.customers["customer"]).any(),
		"tier": not (seen.chosen.tier or seen.chosen.unrated),
		"company": not seen.chosen.company,
		"voucher_type": bool(seen.till),
	}
	return {name for name, is_shown in shown.items() if not is_shown}


def _tier_columns() -> list[Row]:
	return [
		_column("tier", _("Tier"), "Data", 120),
		_column("customers", _("Customers"), "Int", 110),
		_column("active", _("Active"), "Int", 75),
		*_figure_columns(),
	]


def _customer_columns() -> list[Row]:
	return [
		_column("customer", _("Customer"), "Link", 170, options="Customer"),
		_column("customer_name", _("Customer Name"), "Data", 170),
		_column("tier", _("Tier"), "Data", 100),
		_column("stage", _("Stage"), "Data", 95),
		_column("customer_group", _("Customer Group"), "Link", 140, options="Customer Group"),
		_column("territory", _("Territory"), "Link", 130, options="Territory"),
		*_figure_columns(),
	]


def _document_columns() -> list[Row]:
	return [
		_column("posting_date", _("Date"), "Date", 110),
		_column("document", _("Document"), "Dynamic Link", 190, options="voucher_type"),
		_column("voucher_type", _("Document Type"), "Data", 130),
		_column("customer", _("Customer"), "Link", 180, options="Customer"),
		_column("customer_name", _("Customer Name"), "Data", 180),
		_column("tier", _("Tier"), "Data", 110),
		_column("company", _("Company"), "Link", 160, options="Company"),
		_column("revenue", _("Revenue"), "Currency", 130),
		_column("gross_profit", _("Gross Profit"), "Currency", 130),
		_column("invoices", _("Invoices"), "Int", 90),
	]


def _figure_columns() -> list[Row]:
	return [
		_column("revenue", _("Revenue"), "Currency", 125),
		_column("share", _("Share %"), "Percent", 90),
		_column("gross_profit", _("Gross Profit"), "Currency", 125),
		_column("invoices", _("Invoices"), "Int", 85),
		_column("average", _("Average Order"), "Currency", 125),
		_column("before", _("Revenue Before"), "Currency", 130),
		_column("change", _("Change %"), "Percent", 110),
	]


def _column(fieldname: str, label: str, fieldtype: str, width: int, **more: Any) -> Row:
	more |= {"Currency": {"options": "currency"}, "Percent": {"precision": 1}}.get(fieldtype, {})
	return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}


# -- rows -------------------------------------------------------------------------------------------


def tier_rows(seen: Seen) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""A row per tier from the highest down, and the totals."""
	rungs = _rungs(seen)
	rows = figures(seen.sales, "rung", rungs)
	rows["customers"] = seen.customers["rung"].value_counts().reindex(rungs, fill_value=0)
	total = _total(seen.sales, len(seen.customers))
	rows = _derived(rows, total).assign(rung=rungs, tier=[_label(rung) for rung in rungs])
	return rows, total.assign(tier=_("Total"))


def customer_rows(seen: Seen) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""A row per customer, those with most revenue first, and the totals."""
	found = figures(seen.sales, "customer", seen.customers["customer"]).reset_index(drop=True)
	rows = pd.concat([seen.customers, found], axis=1)
	if seen.chosen.view == "Active Customers":
		rows = rows[rows["active"] > 0]
	total = _total(seen.sales[seen.sales["customer"].isin(rows["customer"])], len(rows))
	rows = _derived(rows, total).sort_values(
		["revenue", "before", "customer"], ascending=[False, False, True], kind="stable"
	)
	stages = [_(stage) if stage else "" for stage in rows["stage"]]
	rows = rows.assign(tier=_labels(rows["rung"]), stage=stages)
	return rows, total.assign(customer=_("Total"))


def document_rows(seen: Seen) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""A row per document of the period, the latest first, and the totals."""
	names = dict(zip(seen.customers["customer"], seen.customers["customer_name"], strict=True))
	rows = seen.now.sort_values(["posting_date", "document"], ascending=False, kind="stable")
	rows = pd.DataFrame(
		{
			"posting_date": rows["posting_date"].dt.date.astype(object),
			"document": rows["document"],
			"voucher_type": np.where(rows["document"].isin(seen.till), "POS Invoice", "Sales Invoice"),
			"customer": rows["customer"],
			"customer_name": rows["customer"].map(names),
			"rung": rows["rung"],
			"tier": _labels(rows["rung"]),
			"company": rows["company"],
			"revenue": rows["net_amount"],
			"gross_profit": rows["gross_profit"],
			"invoices": rows["counts"].astype(int),
		}
	)
	return rows, _total(seen.sales, len(seen.customers)).assign(document=_("Total"))


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
	found = found.astype(float).round(_DECIMALS) + 0.0  # no negative zero
	unknown = now.loc[now["gross_profit"].isna(), by].unique()
	found.loc[found.index.isin(unknown), "gross_profit"] = np.nan
	return found.astype({"invoices": int, "active": int})


def _total(sales: pd.DataFrame, customers: int) -> pd.DataFrame:
	"""One row over all documents: not the sum of the rows, which has to come to the same."""
	total = figures(sales.assign(everything=""), "everything", [""])
	total = _derived(total.assign(customers=customers), total)
	return total.assign(is_total=1, bold=1)


def _derived(rows: pd.DataFrame, total: pd.DataFrame) -> pd.DataFrame:
	"""With share, average order value and change; NaN where there is nothing to divide by."""
	whole = total["revenue"].iloc[0]
	invoices, before = rows["invoices"], rows["before"]
	return rows.assign(
		share=(rows["revenue"] / whole * 100).round(1) if whole > 0 else np.nan,
		average=(rows["revenue"] / invoices.where(invoices > 0)).round(_DECIMALS),
		change=((rows["revenue"] - before) / before.where(before > 0) * 100).round(1),
	)


def _rungs(seen: Seen) -> list[str]:
	"""Tiers from the highest down, then those that are held and no longer in the policy, then unrated."""
	policy = [tier.name for tier in reversed(seen.policy.tiers)]
	former = sorted(set(seen.customers["rung"]) - set(policy) - {UNRATED})
	if seen.chosen.tier:
		return [seen.chosen.tier]
	return [UNRATED] if seen.chosen.unrated else [*policy, *former, UNRATED]


def _label(rung: str) -> str:
	return _("Unrated") if rung == UNRATED else _(rung)


def _labels(rungs: pd.Series) -> list[str]:
	labels = {rung: _label(rung) for rung in rungs.unique()}
	return [labels[rung] for rung in rungs]


def _plain(rows: pd.DataFrame) -> list[Row]:
	"""Rows as dicts of what JSON takes: None for every NaN."""
	held = rows.astype(object).where(rows.notna(), None)
	return held.to_dict("records")


def _most_rows() -> int:
	"""How many rows the desk draws."""
	return int(frappe.db.get_single_value("System Settings", "max_report_rows") or 100_000)


# -- chart and summary ------------------------------------------------------------------------------


def chart(seen: Seen, rows: pd.DataFrame) -> Row | None:
	"""Revenue per tier in the period before and in the period, each tier in its colour."""
	if seen.chosen.view != "Tiers" or seen.sales.empty:
		return None
	colors = dict(frappe.get_all("Customer Tier", fields=["name", "color"], as_list=True, order_by=None))
	return {
		"data": {
			"labels": [_span(*seen.chosen.before), _span(seen.chosen.from_date, seen.chosen.to_date)],
			"datasets": [
				{"name": _harmless(tier), "values": values}
				for tier, *values in zip(rows["tier"], rows["before"], rows["revenue"], strict=True)
			],
		},
		"type": "bar",
		"colors": [_chart_color(rung, colors.get(rung, "Gray")) for rung in rows["rung"]],
		"fieldtype": "Currency",
		"options": "currency",
		"currency": seen.currency,
	}


def summary(seen: Seen, total: pd.DataFrame) -> list[Row]:
	"""The figures above the chart."""
	whole = _plain(total)[0]
	change = whole["change"]
	items = [
		_item(_("Revenue"), whole["revenue"], "Currency", currency=seen.currency),
		_item(_("Change on the Period Before"), _percent(change, "+"), "Data", indicator=_trend(change)),
		_item(_("Customers"), whole["customers"], "Int"),
		_item(_("Active Customers"), whole["active"], "Int"),
		*_top_share(seen, whole["revenue"]),
	]
	return [item for item in items if item["value"] is not None]


def _top_share(seen: Seen, whole: float) -> list[Row]:
	if seen.chosen.view != "Tiers" or seen.chosen.tier or seen.chosen.unrated or whole <= 0:
		return []
	top = seen.policy.tiers[-1].name
	mine = float(seen.now.loc[seen.now["rung"] == top, "net_amount"].sum())
	label = _("Revenue Share of {0}").format(escape_html(_(top)))
	return [_item(label, _percent(mine / whole * 100), "Data")]


def _percent(value: float | None, plus: str = "") -> str | None:
	"""With one decimal on every host; they differ in how they would format a number here."""
	return None if value is None else f"{plus if value > 0 else ''}{fmt_money(value, precision=1)}%"


def _item(label: str, value: float | str | None, datatype: str, **more: Any) -> Row:
	return {"label": label, "value": value, "datatype": datatype, **more}


def _trend(change: float | None) -> str:
	return "Green" if (change or 0) > 0 else "Red" if (change or 0) < 0 else "Gray"


def _chart_color(rung: str, color: str) -> str:
	if rung == UNRATED:
		return _UNRATED_COLOR
	return _CHART_COLORS.get(color, color.lower().replace(" ", "-"))


def _harmless(name: str) -> str:
	"""A name that is no markup: a chart draws it as text in its legend, and as markup in its tip."""
	return name.replace("<", "‹").replace(">", "›")


def _span(first: Any, last: Any) -> str:
	return f"{formatdate(first)} – {formatdate(last)}"


# -- message ----------------------------------------------------------------------------------------


def message(seen: Seen) -> str:
	"""How to read the figures, what is included and what is left out, each a sentence."""
	parts = [_grouping(seen), *_empty(seen), " ".join(_included(seen)), *_unknown_cost(seen), *_reader(seen)]
	return "<br>".join(parts)


def _grouping(seen: Seen) -> str:
	return _(
		"Customers stand in the tier that they have now, by the published policy {0}; disabled customers are included. The period before is {1}."  # noqa: E501 a sentence is translated whole
	).format(frappe.bold(escape_html(_(seen.policy.name))), _span(*seen.chosen.before))


def _empty(seen: Seen) -> list[str]:
	notes = []
	if seen.now.empty:
		notes.append(_("No sales document counts in this period. Choose other dates, or another company."))
	if not seen.chosen.unrated and (seen.customers["rung"] == UNRATED).all():
		notes.append(
			_(
				"None of these customers has a tier yet. Customers are graded in the background, once they have purchased."  # noqa: E501 a sentence is translated whole
			)
		)
	return notes


def _included(seen: Seen) -> list[str]:
	"""From the included documents to the Sales Register's net total, class by class."""
	whole = seen.now["net_amount"].sum()
	till = seen.now[seen.now["document"].isin(seen.till)]
	left = seen.left_out
	lines = [_sentence(_("Documents included: {0}, with a net total of {1}."), seen, len(seen.now), whole)]
	lines += [
		_sentence(_REASONS[reason](), seen, row.documents, row.net_amount) for reason, row in left.iterrows()
	] or [_("Nothing was left out.")]
	if len(till):
		text = _("POS Invoices among those, which the Sales Register does not list: {0}, with {1}.")
		lines.append(_sentence(text, seen, len(till), till["net_amount"].sum()))
	register = whole - till["net_amount"].sum() + left["net_amount"].sum()
	text = _(
		"So the net total of these customers' submitted Sales Invoices, as in the Sales Register, is {0}."
	)
	return [*lines, text.format(frappe.bold(_money(register, seen)))]


#: A function each, as a label is translated when it is shown, not when this is imported.
_REASONS = {
	reading.OPENING: lambda: _("Opening entries left out: {0}, with {1}."),
	reading.INTERNAL: lambda: _("Invoices to internal customers left out: {0}, with {1}."),
	reading.CONSOLIDATED: lambda: _(
		"Consolidated invoices left out, as the POS Invoices behind them are counted: {0}, with {1}."
	),
	reading.COMPANY: lambda: _("Invoices of companies outside the policy left out: {0}, with {1}."),
}


def _unknown_cost(seen: Seen) -> list[str]:
	unknown = int(seen.now["gross_profit"].isna().sum())
	if not unknown:
		return []
	text = _("Gross profit is blank where the cost of a document is not known. Such documents: {0}.")
	return [text.format(frappe.bold(unknown))]


def _reader(seen: Seen) -> list[str]:
	notes = []
	if seen.policy.returns_dated == "Original":
		notes.append(
			_("A return counts here on its own date, as in the ledger; scores date it to the original sale.")
		)
	if reading.is_restricted():
		notes.append(_("Only customers and companies that you may see are counted."))
	return notes


def _nothing_published() -> str:
	return _(
		"No policy is published yet, so no customer has a tier. Publish one in Customer Tiering Settings, then come back."  # noqa: E501 a sentence is translated whole
	)


def _nobody() -> str:
	return _("No customer matches these filters. Remove a filter, or add customers.")


def _too_many(rows: int) -> str:
	return _(
		"These are too many rows to list, so none is shown: {0}. Choose a tier, a customer or fewer days."
	).format(frappe.bold(rows))


def _sentence(text: str, seen: Seen, documents: int, amount: float) -> str:
	return text.format(frappe.bold(int(documents)), _money(amount, seen))


def _money(amount: float, seen: Seen) -> str:
	return fmt_money(round(amount, _DECIMALS) + 0.0, currency=seen.currency)
