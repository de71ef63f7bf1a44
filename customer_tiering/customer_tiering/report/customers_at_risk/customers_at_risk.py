"""Customers at Risk: who is likely to be lost, what he brings, why it is said, and whose he is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

import frappe
import numpy as np
import pandas as pd

from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.forecast import HORIZON, likely_gone
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.stages import SLIPPING, has_own_gap, usual_gap
from customer_tiering.reporting.choosing import owners, reader
from customer_tiering.reporting.choosing.owners import OwnedFilters
from customer_tiering.reporting.choosing.reader import FEW, Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.acting import contacts
from customer_tiering.site.grading import state
from customer_tiering.wording.labels import labels, tier_label
from customer_tiering.wording.reasons import reasons
from customer_tiering.wording.texts import _

NAME = "Customers at Risk"
LOST = "Lost"
#: So many are listed unless all are asked for: more than one can call.
MOST = 30
YEAR = 365
_CHART_OWNERS = 10


@dataclass(frozen=True)
class Chosen(OwnedFilters):
	"""The filters of the report.

	Attributes:
		at_least_tier: only who holds this tier or a higher one.
		include_lost: with those whom the policy calls lost.
		everyone: with those who come after the first.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Customers", "Owners")

	at_least_tier: str = ""
	include_lost: bool = False
	everyone: bool = False


@dataclass(frozen=True)
class Risk:
	"""Who is at risk, and what all customers brought.

	Attributes:
		rows: a row per customer at risk, those with most at stake first: those of ``Seen.customers``,
			``owner``, ``revenue``, ``gone`` (how likely), ``stake``, ``falls_on``, ``falls_rung``, ``first``,
			``last``, ``silence``, ``gap``, ``own`` (whether the gap is his), ``now``, ``before`` and ``then``
			(revenue of the policy's trend days, of as many before, and of the same of the year before).
		everyone: ``owner`` and ``revenue`` of every customer that the filters choose.
		lost: who is lost, and left out.
		foreseen: whether how likely it is comes from the forecast; else from silence alone.
	"""

	rows: pd.DataFrame
	everyone: pd.DataFrame
	lost: int
	foreseen: bool


def build(everyone: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	seen, owner = owners.narrowed(everyone)
	lowest = reader.position(seen.policy, tier) if (tier := seen.chosen.at_least_tier) else -1
	if seen.customers.empty:
		return Page(columns(seen, pd.DataFrame()), pd.DataFrame(), message=[sentences.nobody()])
	risk = read(seen, owner, lowest)
	rows, total = owner_rows(seen, risk) if seen.chosen.view == "Owners" else customer_rows(seen, risk)
	return Page(columns(seen, rows), rows, total, message(seen, risk), chart(seen, risk), summary(seen, risk))


execute = answers.report(Chosen, build)


# -- who is at risk ---------------------------------------------------------------------------------


def read(seen: Seen[Chosen], owner: pd.Series, lowest: int) -> Risk:
	"""Who of the customers is at risk; see :class:`Risk`."""
	today = state.today()
	known = seen.known(None, max(seen.chosen.to_date, today))
	customers = seen.customers.assign(owner=owner.to_numpy())
	customers["revenue"] = seen.revenue(known, seen.chosen.from_date, seen.chosen.to_date)
	days = seen.policy.stages.trend_days
	for name, ago in (("now", 0), ("before", days), ("then", YEAR)):
		customers[name] = seen.revenue(known, *_span(today - timedelta(days=ago), days))
	history = Facts(seen.seen_of(known.sales)) if seen.limited_to else known
	customers = pd.concat([customers, _rhythm(history, seen.policy, customers["customer"])], axis=1)
	held = seen.scores("falls_on", "falls_to", "chance_to_buy")
	customers["falls_on"], customers["falls_rung"] = held["falls_on"].to_numpy(), held["falls_to"].to_numpy()
	# Chances are of all companies' documents: whoever may not see these goes by what he may see.
	chance = np.full(len(customers), np.nan) if seen.limited_to else _chance(held["chance_to_buy"])
	customers["gone"] = likely_gone(
		chance, *(customers[name].to_numpy(dtype=np.float64) for name in ("silence", "gap"))
	)
	customers["stake"] = (customers["gone"] * customers["revenue"]).clip(lower=0).round(2)
	able = (customers["disabled"] == 0) & (customers["rung"].map(seen.policy.position) >= lowest)
	lost = able & (customers["stage"] == LOST)
	at_risk = (able & customers["stage"].isin(SLIPPING)) | (lost & _with_lost(seen.chosen))
	rows = customers[at_risk].sort_values(["stake", "customer"], ascending=[False, True], kind="stable")
	foreseen = bool((~np.isnan(chance)).any())
	left_out = int((lost & ~at_risk).sum())
	return Risk(rows.reset_index(drop=True), customers[["owner", "revenue"]], left_out, foreseen)


def _span(until: date, days: int) -> tuple[date, date]:
	return until - timedelta(days=days - 1), until


def _with_lost(chosen: Chosen) -> bool:
	return chosen.include_lost or chosen.stage == LOST


def _chance(percent: pd.Series) -> np.ndarray:
	"""What is stored as a part of one; NaN for the 0 that stands where nothing is foreseen."""
	found = percent.to_numpy(dtype=np.float64) / 100
	return np.where(found > 0, found, np.nan)


def _rhythm(known: Facts, policy: Policy, customers: pd.Series) -> pd.DataFrame:
	"""First and last purchase, days of silence and usual gap, each as the life cycle stage takes it."""
	ledger = Ledger.build(known, state.today())
	days = ledger.purchase_days
	found = pd.DataFrame(
		{
			"first": days.first,
			"last": days.last,
			"silence": (ledger.as_of - days.last).astype(float),
			"gap": usual_gap(days, policy.stages),
			"own": has_own_gap(days),
		},
		index=known.index,
	)
	found = found[days.ever].reindex(customers).reset_index(drop=True)
	for name in ("first", "last"):
		found[name] = pd.to_datetime(found[name], unit="D")
	return found


# -- columns ----------------------------------------------------------------------------------------


def columns(seen: Seen[Chosen], rows: pd.DataFrame) -> list[Row]:
	"""The columns of the chosen view."""
	return _owner_columns(seen) if seen.chosen.view == "Owners" else _customer_columns(seen, rows)


def _owner_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"owned_by": "owner", "unowned": "unowned"}
	listed = tables.behind(NAME, row, view="Customers", everyone=1)
	return [
		customer_list.owner("owner_name", 190),
		tables.column("customers", _("Customers at Risk"), "Int", 155, behind=listed),
		tables.column("stake", _("Revenue at Stake"), "Currency", 150, behind=listed),
		tables.column("revenue", _("Revenue"), "Currency", 150, behind=listed),
		tables.column("share", _("Share of Owner's Revenue %"), "Percent", 225, behind=listed),
	]


def _customer_columns(seen: Seen[Chosen], rows: pd.DataFrame) -> list[Row]:
	ever = customer_list.documents(
		{"customer": "customer", "from_date": "first_purchase"}, to_date=state.today(), company=""
	)
	shown = {
		name: name in rows and bool(rows[name].astype(bool).any()) for name in ("contact", "last_contact")
	}
	found = [
		*customer_list.short_columns(seen, "stage"),
		tables.column("revenue", _("Revenue"), "Currency", 120, behind=customer_list.documents()),
		tables.column("likely", _("Likely Lost %"), "Percent", 120),
		tables.column("stake", _("Revenue at Stake"), "Currency", 140),
		tables.column("why", _("Why"), "Data", 560),
		tables.column("last_purchase", _("Last Bought"), "Date", 115, behind=ever),
		customer_list.owner("owner_name", 130),
		tables.column("last_contact", _("Last Contact"), "Date", 115),
		tables.column("contact", _("Phone or Email"), "Data", 150),
	]
	return [column for column in found if shown.get(column["fieldname"], True)]


# -- rows -------------------------------------------------------------------------------------------


def customer_rows(seen: Seen[Chosen], risk: Risk) -> tuple[pd.DataFrame, pd.DataFrame | None]:
	"""A row per customer at risk, those with most at stake first, and the totals of all of them."""
	if risk.rows.empty:
		return risk.rows, None
	rows = _listed(seen, risk)
	names = rows["customer"].tolist()
	met = contacts.last_days(names)
	rows = tables.with_labels(rows).assign(
		owner_name=owners.labels(rows["owner"]),
		why=[reasons(row, seen.policy.stages, state.today()) for row in rows.itertuples()],
		likely=(rows["gone"] * 100).round(1),
		first_purchase=tables.dates(rows["first"]),
		last_purchase=tables.dates(rows["last"]),
		contact=_contacts(names),
		last_contact=[met.get(name) for name in names],
	)
	return rows, _total(risk).assign(customer=_("Total"))


def _listed(seen: Seen[Chosen], risk: Risk) -> pd.DataFrame:
	return risk.rows if seen.chosen.everyone else risk.rows[:MOST]


def owner_rows(seen: Seen[Chosen], risk: Risk) -> tuple[pd.DataFrame, pd.DataFrame | None]:
	"""A row per owner of a customer at risk, those with most at stake first, and the totals."""
	if risk.rows.empty:
		return risk.rows, None
	grouped = risk.rows.groupby("owner")
	rows = pd.DataFrame(
		{
			"customers": grouped.size(),
			"stake": tables.rounded(grouped["stake"].sum()),
			"revenue": tables.rounded(grouped["revenue"].sum()),
		}
	)
	whole = risk.everyone.groupby("owner")["revenue"].sum().reindex(rows.index)
	rows = rows.assign(share=tables.ratio(rows["revenue"], whole, 100, 1)).reset_index()
	rows = rows.sort_values(["stake", "owner"], ascending=[False, True], kind="stable")
	rows = rows.assign(owner_name=owners.labels(rows["owner"]), unowned=(rows["owner"] == "").astype(int))
	return rows, _total(risk).assign(owner_name=_("Total"))


def _total(risk: Risk) -> pd.DataFrame:
	"""One row over all customers at risk, listed or not."""
	sums = {
		name: [tables.rounded(risk.rows[name]).sum().round(tables.DECIMALS)] for name in ("stake", "revenue")
	}
	total = pd.DataFrame({"customers": [len(risk.rows)], **sums})
	whole = pd.Series([risk.everyone["revenue"].sum()])
	return total.assign(share=tables.ratio(total["revenue"], whole, 100, 1))


def _contacts(customers: list[str]) -> list[str]:
	"""Telephone number or mail address of each customer, as far as the reader may see them."""
	few = {"name": ("in", customers)} if len(customers) <= FEW else None
	fields = ["name", "mobile_no", "email_id"]
	found = frappe.get_list("Customer", filters=few, fields=fields, as_list=True, order_by=None, limit=0)
	known = {name: telephone or mail or "" for name, telephone, mail in found}
	return [known.get(customer, "") for customer in customers]


# -- chart and summary ------------------------------------------------------------------------------


def chart(seen: Seen[Chosen], risk: Risk) -> Row | None:
	"""Revenue at stake: per tier, or of the owners with most of it."""
	if risk.rows.empty:
		return None
	if seen.chosen.view == "Owners":
		most = risk.rows.groupby("owner")["stake"].sum().nlargest(_CHART_OWNERS)
		names = owners.labels(pd.Series(most.index, dtype=object))
	else:
		sums = risk.rows.groupby("rung")["stake"].sum()
		most = sums.reindex([rung for rung in seen.ladder if rung in sums.index])
		names = labels(pd.Series(most.index, dtype=object), tier_label)
	return charts.chart("bar", names, {_("Revenue at Stake"): most.tolist()}, seen.currency, colors=["red"])


def summary(seen: Seen[Chosen], risk: Risk) -> list[Row]:
	"""The figures above the chart."""
	whole = tables.plain(_total(risk))[0]
	return charts.items(
		charts.item(_("Customers at Risk"), whole["customers"], "Int"),
		charts.item(_("Revenue at Stake"), whole["stake"], "Currency", currency=seen.currency),
		charts.item(_("Revenue"), whole["revenue"], "Currency", currency=seen.currency),
		charts.item(_("Share of Revenue"), charts.percent(whole["share"])),
	)


# -- message ----------------------------------------------------------------------------------------


def message(seen: Seen[Chosen], risk: Risk) -> list[str]:
	"""Who is listed and how the figures are meant, each a sentence."""
	return [_who(), *_empty(seen, risk), _meant(seen, risk), *_more(seen, risk), *_left_out(risk)]


def _who() -> str:
	return _(
		"Listed are customers in the stage At Risk or Declining; those with most at stake come first. Disabled customers are not listed."  # noqa: E501 a sentence is translated whole
	)


def _meant(seen: Seen[Chosen], risk: Risk) -> str:
	span = sentences.span(seen.chosen.from_date, seen.chosen.to_date)
	if risk.foreseen:
		text = _("At stake is the revenue of {0} times the chance of no order in the next {1} days.")
	else:
		text = _(
			"At stake is the revenue of {0}, the more of it the more the silence exceeds the usual gap; there is no forecast to go by."  # noqa: E501 a sentence is translated whole
		)
	return text.format(span, HORIZON)


def _more(seen: Seen[Chosen], risk: Risk) -> list[str]:
	"""One line for those who are not listed."""
	rest = risk.rows[MOST:]
	if seen.chosen.everyone or seen.chosen.view == "Owners" or rest.empty:
		return []
	text = _("{0} more customers bring {1}, of which {2} are at stake; Show All lists them as well.")
	return [
		text.format(
			sentences.bold(f"{len(rest):,}"),
			sentences.money(rest["revenue"].sum(), seen),
			sentences.money(rest["stake"].sum(), seen),
		)
	]


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
	return [_("None of these customers is at risk.")]
