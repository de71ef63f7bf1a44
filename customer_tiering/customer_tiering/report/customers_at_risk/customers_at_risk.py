"""Customers at Risk: valued customers who slip, what they bring, how long they are silent, whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import frappe
import numpy as np
import pandas as pd
from frappe.utils import formatdate

from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.stages import usual_gap
from customer_tiering.reporting.choosing import owners, reader
from customer_tiering.reporting.choosing.owners import OwnedFilters
from customer_tiering.reporting.choosing.reader import FEW, Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.grading import state
from customer_tiering.site.reading import sales
from customer_tiering.wording.labels import labels, stage_label, tier_label
from customer_tiering.wording.texts import _

NAME = "Customers at Risk"
SLIPPING, LOST = ("At Risk", "Declining"), "Lost"
SOON = 30
_CHART_OWNERS = 10
_STAGE_COLORS = {"At Risk": "red", "Declining": "orange", LOST: "grey"}
_OTHER_COLOR = "yellow"
_MOST_DAYS = 3650


@dataclass(frozen=True)
class Chosen(OwnedFilters):
	"""The filters of the report.

	Attributes:
		at_least_tier: the lowest tier of a valued customer; by default the upper half of the ladder.
		include_lost: with those whom the policy calls lost.
		falls_within: only who falls a tier within so many days; 0: whether he does or not.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Customers", "Owners")

	at_least_tier: str = ""
	include_lost: bool = False
	falls_within: int = 0

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if not 0 <= self.falls_within <= _MOST_DAYS:
			frappe.throw(_("Choose a number of days from 0 to {0}.").format(_MOST_DAYS))


@dataclass(frozen=True)
class Risk:
	"""Who is at risk, and what all customers brought.

	Attributes:
		rows: a row per customer at risk: those of ``Seen.customers``, ``owner``, ``revenue``, ``before``,
			``falls_on``, ``falls_rung`` and, in the list of customers, his rhythm.
		everyone: ``owner`` and ``revenue`` of every customer that the filters choose.
		lost: valued customers who are lost, and left out.
	"""

	rows: pd.DataFrame
	everyone: pd.DataFrame
	lost: int


def build(everyone: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	seen, owner = owners.narrowed(everyone)
	lowest = lowest_valued(seen.policy, seen.chosen)
	if seen.customers.empty:
		return Page(columns(seen, pd.DataFrame()), pd.DataFrame(), message=[sentences.nobody()])
	risk = read(seen, owner, lowest)
	rows, total = owner_rows(seen, risk) if seen.chosen.view == "Owners" else customer_rows(seen, risk)
	return Page(
		columns(seen, rows),
		rows,
		total,
		message(seen, risk, lowest),
		chart(seen, risk, lowest),
		summary(seen, risk),
	)


execute = answers.report(Chosen, build)


# -- who is at risk ---------------------------------------------------------------------------------


def lowest_valued(policy: Policy, chosen: Chosen) -> int:
	"""Position of the lowest tier that counts as valued; that of a chosen tier, whichever it is."""
	tier = chosen.at_least_tier or chosen.tier
	if not tier:
		return len(policy.tiers) - max(len(policy.tiers) // 2, 1)
	return reader.position(policy, tier)


def read(seen: Seen[Chosen], owner: pd.Series, lowest: int) -> Risk:
	"""Who of the customers is at risk; see :class:`Risk`."""
	found = seen.scores("falls_on", "falls_to")
	customers = seen.customers.assign(
		owner=owner.to_numpy(), falls_on=found["falls_on"].to_numpy(), falls_rung=found["falls_to"].to_numpy()
	)
	valued = (customers["rung"].map(seen.policy.position) >= lowest) & (customers["disabled"] == 0)
	lost = valued & (customers["stage"] == LOST) & (not _with_lost(seen.chosen))
	at_risk = valued & _slips(seen.chosen, customers) & ~lost
	known, rhythm = _documents(seen, customers.loc[at_risk, "customer"].tolist())
	first, last = seen.chosen.before
	customers["revenue"] = seen.revenue(known, seen.chosen.from_date, seen.chosen.to_date)
	customers["before"] = seen.revenue(known, first, last)
	rows = customers[at_risk].reset_index(drop=True)
	if rhythm is not None:
		rows = pd.concat([rows, _rhythm(rhythm, seen.policy, rows["customer"])], axis=1)
	return Risk(rows, customers[["owner", "revenue"]], int(lost.sum()))


def _with_lost(chosen: Chosen) -> bool:
	return chosen.include_lost or chosen.stage == LOST


def _slips(chosen: Chosen, customers: pd.DataFrame) -> pd.Series:
	"""Whose stage says so, or who is about to fall."""
	stages = (*SLIPPING, LOST) if _with_lost(chosen) else SLIPPING
	slips = customers["stage"].isin(stages) | customers["falls_on"].notna()
	if chosen.falls_within:
		slips &= customers["falls_on"] <= pd.Timestamp(state.today() + timedelta(days=chosen.falls_within))
	return slips


def _documents(seen: Seen[Chosen], at_risk: list[str]) -> tuple[Facts, Facts | None]:
	"""The documents of both periods, and all that tell of the rhythm of those at risk, where it is shown.

	Few customers' history is read by index. That of many takes a scan of everything, which has both.
	"""
	period = (seen.chosen.before[0], seen.chosen.to_date)
	if seen.chosen.view == "Owners" or not at_risk:
		return seen.known(*period), None
	if len(at_risk) <= FEW:
		history = sales.read_sales(seen.policy, at_risk, None, state.today())
		return seen.known(*period), Facts(seen.seen_of(history))
	known = seen.known(None, max(seen.chosen.to_date, state.today()))
	return known, Facts(seen.seen_of(known.sales)) if seen.limited_to else known


def _rhythm(known: Facts, policy: Policy, customers: pd.Series) -> pd.DataFrame:
	"""Last purchase, days of silence and usual gap, each as the life cycle stage takes it; their ratio."""
	ledger = Ledger.build(known, state.today())
	days = ledger.purchase_days
	found = pd.DataFrame(
		{
			"first": days.first,
			"last": days.last,
			"silence": ledger.as_of - days.last,
			"gap": usual_gap(days, policy.stages),
		},
		index=known.index,
	)
	found = found[days.ever].reindex(customers)
	dates = {f"{name}_purchase": pd.to_datetime(found[name], unit="D") for name in ("first", "last")}
	silence = pd.Series([None if np.isnan(n) else int(n) for n in found["silence"]], dtype=object)
	return pd.DataFrame(
		{
			**{name: tables.dates(day).to_numpy() for name, day in dates.items()},
			"silence": silence,
			"gap": found["gap"].to_numpy(),
			"ratio": (found["silence"] / found["gap"]).round(1).to_numpy(),
		}
	)


# -- columns ----------------------------------------------------------------------------------------


def columns(seen: Seen[Chosen], rows: pd.DataFrame) -> list[Row]:
	"""The columns of the chosen view."""
	return _owner_columns(seen) if seen.chosen.view == "Owners" else _customer_columns(seen, rows)


def _owner_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"owned_by": "owner", "unowned": "unowned"}
	listed = tables.behind(NAME, row, view="Customers")
	within = min(seen.chosen.falls_within or SOON, SOON)
	soon = tables.behind(NAME, row, view="Customers", falls_within=within)
	return [
		customer_list.owner("owner_name", 190),
		tables.column("customers", _("Customers at Risk"), "Int", 155, behind=listed),
		tables.column("falling", _("Falling Within {0} Days").format(SOON), "Int", 195, behind=soon),
		tables.column("revenue", _("Revenue at Risk"), "Currency", 150, behind=listed),
		tables.column("share", _("Share of Owner's Revenue %"), "Percent", 225, behind=listed),
		tables.column("change", _("Change %"), "Percent", 100, behind=listed, trend=1),
	]


def _customer_columns(seen: Seen[Chosen], rows: pd.DataFrame) -> list[Row]:
	first, last = seen.chosen.before
	now = customer_list.documents()
	before = customer_list.documents(from_date=first, to_date=last)
	ever = customer_list.documents(
		{"customer": "customer", "from_date": "first_purchase"}, to_date=state.today(), company=""
	)
	shown = {"contact": "contact" in rows and bool((rows["contact"] != "").any())}
	found = [
		*customer_list.short_columns(seen),
		tables.column("revenue", _("Revenue"), "Currency", 110, behind=now),
		tables.column("change", _("Change %"), "Percent", 100, behind=before, trend=1),
		tables.column("last_purchase", _("Last Bought"), "Date", 115, behind=ever),
		tables.column("silence", _("Silence"), "Int", 95, behind=ever),
		tables.column("gap", _("Usual Gap"), "Float", 100, behind=ever, precision=1),
		tables.column("ratio", _("÷ Gap"), "Float", 75, behind=ever, precision=1),
		tables.column("falls_on", _("Falls On"), "Date", 110),
		tables.column("falls_to", _("Falls To"), "Data", 90, pill="falls_rung"),
		customer_list.owner("owner_name", 130),
		tables.column("contact", _("Phone or Email"), "Data", 150),
	]
	return [column for column in found if shown.get(column["fieldname"], True)]


# -- rows -------------------------------------------------------------------------------------------


def customer_rows(seen: Seen[Chosen], risk: Risk) -> tuple[pd.DataFrame, pd.DataFrame | None]:
	"""A row per customer at risk, those with most revenue first, and the totals."""
	if risk.rows.empty:
		return risk.rows, None
	rows = tables.by_revenue(risk.rows)
	rows = tables.with_labels(_derived(rows)).assign(
		owner_name=owners.labels(rows["owner"]),
		falls_on=tables.dates(rows["falls_on"]),
		falls_to=labels(rows["falls_rung"], tier_label, empty=""),
		contact=_contacts(rows["customer"].tolist()),
	)
	return rows, _total(risk).assign(customer=_("Total"))


def owner_rows(seen: Seen[Chosen], risk: Risk) -> tuple[pd.DataFrame, pd.DataFrame | None]:
	"""A row per owner of a customer at risk, those with most revenue at risk first, and the totals."""
	if risk.rows.empty:
		return risk.rows, None
	grouped = risk.rows.assign(soon=_falls_soon(risk.rows)).groupby("owner")
	rows = pd.DataFrame(
		{
			"customers": grouped.size(),
			"falling": grouped["soon"].sum(),
			"revenue": tables.rounded(grouped["revenue"].sum()),
			"before": tables.rounded(grouped["before"].sum()),
		}
	)
	whole = risk.everyone.groupby("owner")["revenue"].sum().reindex(rows.index)
	rows = _derived(rows.assign(share=tables.ratio(rows["revenue"], whole, 100, 1))).reset_index()
	rows = tables.by_revenue(rows, "owner")
	rows = rows.assign(owner_name=owners.labels(rows["owner"]), unowned=(rows["owner"] == "").astype(int))
	return rows, _total(risk).assign(owner_name=_("Total"))


def _total(risk: Risk) -> pd.DataFrame:
	"""One row over all customers at risk."""
	total = pd.DataFrame(
		{
			"customers": [len(risk.rows)],
			"falling": [int(_falls_soon(risk.rows).sum())],
			"revenue": [tables.rounded(risk.rows["revenue"]).sum().round(tables.DECIMALS)],
			"before": [tables.rounded(risk.rows["before"]).sum().round(tables.DECIMALS)],
		}
	)
	whole = pd.Series([risk.everyone["revenue"].sum()])
	return _derived(total.assign(share=tables.ratio(total["revenue"], whole, 100, 1)))


def _derived(rows: pd.DataFrame) -> pd.DataFrame:
	return rows.assign(change=tables.change(rows["revenue"], rows["before"]))


def _falls_soon(rows: pd.DataFrame) -> pd.Series:
	return rows["falls_on"] <= pd.Timestamp(state.today() + timedelta(days=SOON))


def _contacts(customers: list[str]) -> list[str]:
	"""Telephone number or mail address of each customer, as far as the reader may see them."""
	few = {"name": ("in", customers)} if len(customers) <= FEW else None
	fields = ["name", "mobile_no", "email_id"]
	found = frappe.get_list("Customer", filters=few, fields=fields, as_list=True, order_by=None, limit=0)
	known = {name: telephone or mail or "" for name, telephone, mail in found}
	return [known.get(customer, "") for customer in customers]


# -- chart and summary ------------------------------------------------------------------------------


def chart(seen: Seen[Chosen], risk: Risk, lowest: int) -> Row | None:
	"""Revenue at risk: per tier and stage, or of the owners with most of it."""
	if not risk.rows["revenue"].any():
		return None
	return _owner_chart(seen, risk) if seen.chosen.view == "Owners" else _tier_chart(seen, risk, lowest)


def _owner_chart(seen: Seen[Chosen], risk: Risk) -> Row:
	most = risk.rows.groupby("owner")["revenue"].sum().nlargest(_CHART_OWNERS)
	names = owners.labels(pd.Series(most.index, dtype=object))
	return charts.chart("bar", names, {_("Revenue at Risk"): most.tolist()}, seen.currency, colors=["red"])


def _tier_chart(seen: Seen[Chosen], risk: Risk, lowest: int) -> Row:
	rungs = [tier.name for tier in reversed(seen.policy.tiers[lowest:])]
	stage = risk.rows["stage"].where(risk.rows["stage"].isin(_STAGE_COLORS), "")
	sums = risk.rows.groupby(["rung", stage])["revenue"].sum().unstack(fill_value=0.0).reindex(rungs)
	present = [name for name in (*_STAGE_COLORS, "") if name in sums]
	return charts.stacked(
		[tier_label(rung) for rung in rungs],
		{stage_label(name) or _("Only About to Fall"): sums[name].fillna(0.0).tolist() for name in present},
		[_STAGE_COLORS.get(name, _OTHER_COLOR) for name in present],
		seen.currency,
	)


def summary(seen: Seen[Chosen], risk: Risk) -> list[Row]:
	"""The figures above the chart."""
	whole = tables.plain(_total(risk))[0]
	return charts.items(
		charts.item(_("Customers at Risk"), whole["customers"], "Int"),
		charts.item(_("Revenue at Risk"), whole["revenue"], "Currency", currency=seen.currency),
		charts.item(_("Share of Revenue"), charts.percent(whole["share"])),
		charts.item(_("Falling Within {0} Days").format(SOON), whole["falling"], "Int"),
	)


# -- message ----------------------------------------------------------------------------------------


def message(seen: Seen[Chosen], risk: Risk, lowest: int) -> list[str]:
	"""Who is listed and how the figures are meant, each a sentence."""
	return [
		_who(seen, lowest),
		*_empty(seen, risk),
		_revenue(seen),
		*(_silence(seen) if seen.chosen.view == "Customers" else []),
		*_left_out(risk),
	]


def _who(seen: Seen[Chosen], lowest: int) -> str:
	return _(
		"Listed are customers who hold the tier {0} or a higher one, and whose life cycle stage is At Risk or Declining or who fall a tier unless something changes. Disabled customers are not listed."  # noqa: E501 a sentence is translated whole
	).format(sentences.bold(tier_label(seen.policy.tiers[lowest].name)))


def _revenue(seen: Seen[Chosen]) -> str:
	return _(
		"Revenue is that of the period, compared with {0}; its share is that of all revenue of the customers chosen by the filters."  # noqa: E501 a sentence is translated whole
	).format(sentences.span(*seen.chosen.before))


def _silence(seen: Seen[Chosen]) -> list[str]:
	text = _(
		"Silence is the number of days from the last purchase to today, {0}; the usual gap is the median of the days between a customer's purchases, in every company, as for the life cycle stage. With fewer than three purchase days it is {1} days."  # noqa: E501 a sentence is translated whole
	)
	return [text.format(formatdate(state.today()), seen.policy.stages.default_gap)]


def _left_out(risk: Risk) -> list[str]:
	if not risk.lost:
		return []
	text = _("Lost customers are left out: {0}. Choose Include Lost Customers to list them as well.")
	return [text.format(sentences.bold(risk.lost))]


def _empty(seen: Seen[Chosen], risk: Risk) -> list[str]:
	if not risk.rows.empty:
		return []
	if (seen.customers["rung"] == "").all():
		return [sentences.no_tier_yet()]
	return [_("None of these customers is at risk. Choose a lower tier under At Least Tier to see more.")]
