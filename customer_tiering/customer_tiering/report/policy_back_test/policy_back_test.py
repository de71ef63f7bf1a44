"""Policy Back-test: how often a policy would have been right on a past day, in words that a manager uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import frappe
import numpy as np
import pandas as pd
from frappe.utils import formatdate

from customer_tiering.customer_tiering.report.policy_back_test import told
from customer_tiering.engine import Policy
from customer_tiering.engine.backtest import BacktestError
from customer_tiering.engine.backtest.flags import FLAGS
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.past import hindsight
from customer_tiering.reporting.past.hindsight import Hindsight
from customer_tiering.reporting.past.standing import month_name
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.access import permissions
from customer_tiering.site.publishing import draft
from customer_tiering.wording.labels import labels, rule_label, stage_label, tier_label
from customer_tiering.wording.texts import _

NAME = "Policy Back-test"
_UNRATED = "*unrated"
_CHANCES = ("foreseen", "happened")
Rows = tuple[pd.DataFrame, pd.DataFrame | None]
Figure = list[float | None]


@dataclass(frozen=True)
class Chosen(Filters):
	"""The filters of the report: the period is what follows the day on which everyone is graded.

	Attributes:
		draft: the draft is tried instead of what is published.
		then_tier: in the list of customers, only those of this tier on that day.
		called: only those whom it called At Risk, Lost, or either.
		gone: only those who did not come back.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = (
		"Warnings",
		"Tiers",
		"Foresight",
		"Chance to Buy",
		"Year",
		"Customers",
	)

	draft: bool = False
	then_tier: str = ""
	called: str = ""
	gone: bool = False

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if self.called:
			self.one_of(self.called, FLAGS, _("There is no such warning. Choose one of {0}."), told.warning)

	@property
	def cut(self) -> date:
		"""The day on which everyone is graded."""
		return hindsight.cut_before(self.from_date)


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	policy, view, count = _policy(seen), seen.chosen.view, hindsight.documents(seen.few)
	most = hindsight.MOST_OF_A_YEAR if view == "Year" else hindsight.MOST_DOCUMENTS
	if count > most:
		return Page([], pd.DataFrame(), message=[_too_many(count, most)])
	try:
		back = hindsight.look_back(seen, policy, seen.chosen.cut, seen.chosen.to_date, view == "Year")
	except BacktestError as error:
		return Page([], pd.DataFrame(), message=_refused(error))
	rows, total = ROWS[view](seen, back)
	return Page(
		COLUMNS[view](seen, back),
		rows,
		total,
		told.message(seen, back),
		CHARTS[view](seen, rows),
		summary(seen, back),
	)


execute = answers.report(Chosen, build)


def _policy(seen: Seen[Chosen]) -> Policy:
	if not seen.chosen.draft:
		return seen.policy
	if not set(permissions.MAY_CONFIGURE) & set(frappe.get_roles()):
		frappe.throw(_("Only a Tiering Manager may do this."), frappe.PermissionError)
	return draft.to_policy()


def _refused(error: BacktestError) -> list[str]:
	why = _(error.template).format(*map(_shown, error.gaps))
	return [why, _("Choose a period that begins after some customers had purchased and ends with the data.")]


def _shown(gap: object) -> object:
	return formatdate(gap) if isinstance(gap, date) else gap


def _too_many(count: int, most: int) -> str:
	return _(
		"These are {0} documents, and a back-test goes through them again and again: this view takes up to {1} while somebody waits. Choose a territory, a group or a sales person, or run the command customer-tiering backtest on exported invoices."  # noqa: E501 a sentence is translated whole
	).format(sentences.bold(f"{count:,}"), f"{most:,}")


# -- figures ----------------------------------------------------------------------------------------


def _percent(figure: Figure) -> float | None:
	return None if figure[0] is None else round(figure[0] * 100, 1)


def _between(figure: Figure) -> str:
	"""The ends of an interval, in percent."""
	_value, low, high = figure
	return "" if low is None or high is None else f"{low * 100:.1f}–{high * 100:.1f}"


def _with_interval(name: str, figure: Figure) -> dict[str, Any]:
	return {name: _percent(figure), f"{name}_between": _between(figure)}


def _drawn(figures: pd.Series) -> list[float]:
	"""Figures for a chart; one that there is none of is 0."""
	return [0.0 if pd.isna(figure) else float(figure) for figure in figures]


def _interval_columns(name: str, label: str, width: int = 120) -> list[Row]:
	"""A figure in percent, and its interval."""
	return [
		tables.column(name, label, "Percent", width),
		tables.column(f"{name}_between", _("95 %"), "Data", 100),
	]


# -- views ------------------------------------------------------------------------------------------


def warning_rows(_seen: Seen[Chosen], back: Hindsight) -> Rows:
	"""How often each warning was right, beside as many of the longest silent and of the least likely."""
	found = [
		{
			"warning": told.warning(row["name"]),
			"called": row["name"],
			"customers": row["customers"],
			"gone": row["gone"],
			**_with_interval("right", row["precision"]),
			**_with_interval("silent", row["longest_silent"]),
			**(_with_interval("unlikely", row["least_likely"]) if "least_likely" in row else {}),
			"lift": row["lift"][0],
		}
		for row in back.data["flags"]
	]
	return pd.DataFrame(found), None


def _warning_columns(_seen: Seen[Chosen], back: Hindsight) -> list[Row]:
	listed = tables.behind(NAME, {"called": "called"}, view="Customers")
	likely = "least_likely" in back.data["flags"][0]
	return [
		tables.column("warning", _("Called"), "Data", 140),
		tables.column("customers", _("Customers"), "Int", 110, behind=listed),
		tables.column(
			"gone",
			_("Did Not Come Back"),
			"Int",
			150,
			behind=tables.behind(NAME, {"called": "called"}, view="Customers", gone=1),
		),
		*_interval_columns("right", _("Right of 100")),
		*_interval_columns("silent", _("Longest Silent")),
		*(_interval_columns("unlikely", _("Least Likely")) if likely else []),
		tables.column("lift", _("Times by Lot"), "Float", 120, precision=2),
	]


def _warning_chart(_seen: Seen[Chosen], rows: pd.DataFrame) -> Row:
	names = {"right": _("Right of 100"), "silent": _("Longest Silent"), "unlikely": _("Least Likely")}
	values = {names[name]: _drawn(rows[name]) for name in names if name in rows}
	return charts.chart("bar", rows["warning"].tolist(), values)


def tier_rows(_seen: Seen[Chosen], back: Hindsight) -> Rows:
	"""What each tier of that day brought, beside as many customers by the revenue of the year before."""
	found = pd.DataFrame(
		[
			{
				"rung": row["tier"] or "",
				"then_tier": row["tier"] or _UNRATED,
				"customers": row["customers"],
				"came": None if row["came_back"] is None else round(row["came_back"] * 100, 1),
				"revenue": row["revenue"],
				"share": _percent(row["share"]),
				**_with_interval("above", row["share_and_above"]),
				**_with_interval("as_many", row["share_of_as_many"]),
			}
			for row in back.data["tiers"]
		]
	)
	total = pd.DataFrame(
		{
			"tier": [_("Total")],
			"customers": [found["customers"].sum()],
			"revenue": [found["revenue"].sum().round(2)],
		}
	)
	return found.assign(tier=labels(found["rung"], tier_label)), total


def _tier_columns(_seen: Seen[Chosen], _back: Hindsight) -> list[Row]:
	listed = tables.behind(NAME, {"then_tier": "then_tier"}, view="Customers")
	return [
		tables.column("tier", _("Tier on That Day"), "Data", 140, pill="rung"),
		tables.column("customers", _("Customers"), "Int", 110, behind=listed),
		tables.column("came", _("Came Back %"), "Percent", 120),
		tables.column("revenue", _("Revenue"), "Currency", 130, behind=listed),
		tables.column("share", _("Share of Revenue"), "Percent", 130),
		*_interval_columns("above", _("With Those Above")),
		*_interval_columns("as_many", _("By Revenue")),
	]


def _tier_chart(_seen: Seen[Chosen], rows: pd.DataFrame) -> Row:
	values = {_("With Those Above"): rows["above"], _("By Revenue"): rows["as_many"]}
	return charts.chart("bar", rows["tier"].tolist(), {k: _drawn(v) for k, v in values.items()})


def order_rows(_seen: Seen[Chosen], back: Hindsight) -> Rows:
	"""How well each rule, the score, the stage, each forecast and each plain order foresees who is gone."""
	found = [
		{
			"by": _order(row),
			"kind": _kinds()[row["kind"]],
			**_with_interval("area", row["auc"]),
			"precision": row["average_precision"][0],
		}
		for row in back.data["orders"]
	]
	return pd.DataFrame(found, columns=["by", "kind", "area", "area_between", "precision"]), None


def _kinds() -> dict[str, str]:
	return {
		"rule": _("Tier Rule"), "score": _("Score"), "stage": _("Stage"), "forecast": _("Forecast"),
		"plain": _("Plain Order"),
	}  # fmt: skip


def _order(row: dict[str, Any]) -> str:
	names = {
		"Score": _("Score"), "Stage": _("Life Cycle Stage"), "Chance to Buy": _("Chance to Buy"),
		"Expected Purchases": _("Expected Purchases"), "Expected Value": _("Expected Value"),
		"Recency": _("Longest Silent"), "Frequency": _("Fewest Purchases"),
		"Recency and Frequency": _("Longest Silent and Fewest Purchases"),
		"Own Gap": _("Silence ÷ Usual Gap"),
	}  # fmt: skip
	return rule_label(row["name"]) if row["kind"] == "rule" else names.get(row["name"], row["name"])


def _order_columns(_seen: Seen[Chosen], _back: Hindsight) -> list[Row]:
	return [
		tables.column("by", _("Foreseen By"), "Data", 240),
		tables.column("kind", _("Kind"), "Data", 120),
		*_interval_columns("area", _("Right of 100 Pairs"), 150),
		tables.column("precision", _("Average Precision"), "Float", 140, precision=3),
	]


def _order_chart(_seen: Seen[Chosen], rows: pd.DataFrame) -> Row | None:
	known = rows.dropna(subset=["area"])
	if known.empty:
		return None
	return charts.chart("bar", known["by"].tolist(), {_("Right of 100 Pairs"): known["area"].tolist()})


def chance_rows(_seen: Seen[Chosen], back: Hindsight) -> Rows:
	"""Chance to Buy beside what happened, from the least likely to the most."""
	found = [
		{
			"group": number,
			"customers": row["customers"],
			"foreseen": None if row["foreseen"] is None else round(row["foreseen"] * 100, 1),
			**_with_interval("happened", row["happened"]),
		}
		for number, row in enumerate(back.data["calibration"], 1)
	]
	rows = pd.DataFrame(found, columns=["group", "customers", "foreseen", "happened", "happened_between"])
	return rows, _all_chances(rows) if len(rows) else None


def _all_chances(rows: pd.DataFrame) -> pd.DataFrame:
	"""One row over all groups, each by its customers."""
	means = {
		name: np.average(rows[name].astype(float), weights=rows["customers"]).round(1) for name in _CHANCES
	}
	return pd.DataFrame([{"customers": rows["customers"].sum(), **means}])


def _chance_columns(_seen: Seen[Chosen], _back: Hindsight) -> list[Row]:
	return [
		tables.column("group", _("Group"), "Int", 90),
		tables.column("customers", _("Customers"), "Int", 110),
		tables.column("foreseen", _("Chance to Buy"), "Percent", 130),
		*_interval_columns("happened", _("Came Back %")),
	]


def _chance_chart(_seen: Seen[Chosen], rows: pd.DataFrame) -> Row | None:
	if rows.empty:
		return None
	values = {_("Chance to Buy"): rows["foreseen"].tolist(), _("Came Back %"): rows["happened"].tolist()}
	return charts.chart("bar", [str(number) for number in rows["group"]], values)


def year_rows(_seen: Seen[Chosen], back: Hindsight) -> Rows:
	"""The ladder month by month: who stood where, who moved, what the top tier caught."""
	months = (back.data["year"] or {}).get("months", [])
	found = [
		{
			"month": month_name(date.fromisoformat(month["until"])),
			**{f"tier_{number}": count for number, count in enumerate(month["customers"].values())},
			"moved": month["moved"],
			"moved_share": round(month["moved"] / month["rated"] * 100, 1) if month["rated"] else None,
			"caught": None if month["caught"] is None else round(month["caught"] * 100, 1),
			"as_many": None
			if month["caught_by_as_many"] is None
			else round(month["caught_by_as_many"] * 100, 1),
		}
		for month in months
	]
	return pd.DataFrame(found), None


def _year_columns(_seen: Seen[Chosen], back: Hindsight) -> list[Row]:
	tiers = [tier.name for tier in reversed(back.found.evaluation.policy.tiers)]
	return [
		tables.column("month", _("Month"), "Data", 110),
		*(
			tables.column(f"tier_{number}", charts.harmless(tier_label(tier)), "Int", 95)
			for number, tier in enumerate(tiers)
		),
		tables.column("moved", _("Changed Tier"), "Int", 120),
		tables.column("moved_share", _("Changed Tier %"), "Percent", 130),
		tables.column("caught", _("Top Tier's Share"), "Percent", 140),
		tables.column("as_many", _("By Revenue"), "Percent", 150),
	]


def _year_chart(_seen: Seen[Chosen], rows: pd.DataFrame) -> Row | None:
	if rows.empty:
		return None
	names = {
		"caught": _("Top Tier's Share"),
		"as_many": _("By Revenue"),
		"moved_share": _("Changed Tier %"),
	}
	values = {label: _drawn(rows[name]) for name, label in names.items()}
	return charts.chart("line", rows["month"].tolist(), values)


def customer_rows(seen: Seen[Chosen], back: Hindsight) -> Rows:
	"""Everyone who was known on that day, those who brought most after it first."""
	chosen, found = seen.chosen, back.customers
	if chosen.then_tier:
		found = found[found["then_rung"] == ("" if chosen.then_tier == _UNRATED else chosen.then_tier)]
	if chosen.called:
		found = found[found["then_stage"].isin(FLAGS[chosen.called]) & found["bought"]]
	if chosen.gone:
		found = found[found["gone"]]
	found = found.sort_values(["revenue", "customer"], ascending=[False, True], kind="stable")
	rows = found.assign(
		tier=labels(found["then_rung"], tier_label),
		stage=labels(found["then_stage"], stage_label),
		came=np.where(found["gone"], _("No"), _("Yes")),
		from_date=seen.chosen.from_date,
		to_date=back.until,
	)
	total = pd.DataFrame({"customer": [_("Total")], "revenue": [round(float(found["revenue"].sum()), 2)]})
	return rows, total if len(rows) else None


def _customer_columns(seen: Seen[Chosen], back: Hindsight) -> list[Row]:
	likely = back.found.forecast is not None
	days = {"from_date": seen.chosen.from_date, "to_date": back.until}
	return [
		tables.column("customer", _("Customer"), "Link", 170, options="Customer"),
		tables.column("customer_name", _("Customer Name"), "Data", 170),
		tables.column("tier", _("Tier on That Day"), "Data", 130, pill="then_rung"),
		tables.column("stage", _("Stage on That Day"), "Data", 130),
		tables.column("then_score", _("Score"), "Float", 80, precision=2),
		*([tables.column("chance", _("Chance to Buy"), "Percent", 120)] if likely else []),
		*([tables.column("expected", _("Expected Value"), "Currency", 130)] if likely else []),
		tables.column("came", _("Came Back"), "Data", 110),
		tables.column(
			"revenue", _("Revenue"), "Currency", 130, behind=customer_list.documents(**days), total_behind=0
		),
	]


#: What each view shows.
ROWS = {
	"Warnings": warning_rows, "Tiers": tier_rows, "Foresight": order_rows, "Chance to Buy": chance_rows,
	"Year": year_rows, "Customers": customer_rows,
}  # fmt: skip
COLUMNS = {
	"Warnings": _warning_columns, "Tiers": _tier_columns, "Foresight": _order_columns,
	"Chance to Buy": _chance_columns, "Year": _year_columns, "Customers": _customer_columns,
}  # fmt: skip
CHARTS = {
	"Warnings": _warning_chart, "Tiers": _tier_chart, "Foresight": _order_chart,
	"Chance to Buy": _chance_chart, "Year": _year_chart, "Customers": lambda _seen, _rows: None,
}  # fmt: skip


def summary(seen: Seen[Chosen], back: Hindsight) -> list[Row]:
	"""The figures above the chart."""
	data = back.data
	# Of those who are counted beside it: who had never purchased is not graded.
	revenue = back.customers["revenue"].where(back.customers["bought"], 0.0).sum().round(2)
	return charts.items(
		charts.item(_("Customers Graded"), data["customers"], "Int"),
		charts.item(_("Did Not Come Back"), charts.percent(data["gone"] / data["customers"] * 100)),
		charts.item(_("Revenue"), float(revenue), "Currency", currency=seen.currency),
	)
