"""Charts, and the figures above them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import frappe
import numpy as np
from frappe.utils import fmt_money

from customer_tiering.reporting.choosing.reader import UNRATED
from customer_tiering.reporting.showing.tables import DECIMALS, Row
from customer_tiering.wording.labels import tier_label

#: Colours of the desk's indicators, as its charts name them; the unrated have one of their own.
_CHART_COLORS = {"Gray": "grey"}
_UNRATED_COLOR = "#D1D8DD"
#: From grey before the first purchase, through green while it grows, to red; none yet is the palest.
_STAGE_COLORS = {
	"Prospect": "#D1D8DD", "Engaged": "#A6B1B9", "New": "#70B6F0", "Active": "#2490EF", "Growing": "#7BD3A0",
	"Loyal": "#28A745", "Declining": "#F8D776", "At Risk": "#F8954F", "Lost": "#E24C4C",
	"Won Back": "#9F7AEA",
}  # fmt: skip
_NO_STAGE_COLOR = "#EEEEEE"
_ONE_COLOR = "#2490EF"  # of a chart with one set of values


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


def stage_colors(stages: Iterable[str]) -> list[str]:
	"""The colours of life cycle stages."""
	return [_STAGE_COLORS.get(stage, _NO_STAGE_COLOR) for stage in stages]


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


def stacked(
	labels: Sequence[str],
	parts: Mapping[str, Sequence[float]],
	colors: Sequence[str],
	currency: str | None = None,
	**more: Any,
) -> Row:
	"""Bars, each of them of parts one on the other; the rest as in :func:`chart`."""
	return chart("bar", labels, parts, currency, colors=colors, barOptions={"stacked": 1}, **more)


def stacked_tiers(labels: Sequence[str], rungs: Mapping[str, Sequence[float]]) -> Row:
	"""Bars of parts per tier, each tier in its colour."""
	return stacked(labels, {tier_label(rung): rungs[rung] for rung in rungs}, tier_colors(rungs))


def harmless(name: str) -> str:
	"""A name that is no markup, for a chart, which draws it as text and as markup, or a column's label."""
	return name.replace("<", "‹").replace(">", "›")
