"""Tier Potential: whom one order of his usual size lifts to a higher tier, what he brings, whose he is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from customer_tiering.engine import Facts
from customer_tiering.engine.what_if import Customers, least_of, lifted
from customer_tiering.reporting.choosing import owners, reader
from customer_tiering.reporting.choosing.owners import OwnedFilters
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.access import permissions, thresholds
from customer_tiering.site.grading import customer_scores, state
from customer_tiering.site.reading import site_facts
from customer_tiering.wording.labels import labels, tier_label
from customer_tiering.wording.texts import _

NAME = "Tier Potential"
#: For so many customers, the first of the list, the least order is worked out.
DETAILED = 500
_CHART_OWNERS = 10
Rows = tuple[pd.DataFrame, pd.DataFrame | None]


@dataclass(frozen=True)
class Chosen(OwnedFilters):
	"""The filters of the report.

	Attributes:
		next_tier: only whom an order lifts to this tier.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Customers", "Owners", "Tiers")

	next_tier: str = ""


def build(everyone: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	seen, owner = owners.narrowed(everyone)
	if seen.chosen.next_tier:
		reader.position(seen.policy, seen.chosen.next_tier)
	if seen.customers.empty:
		return Page(columns(seen, False), pd.DataFrame(), message=[sentences.nobody()])
	near = read(seen, owner)
	rows, total = ROWS[seen.chosen.view](seen, near)
	return Page(
		columns(seen, _some_wait(near)),
		rows,
		total,
		message(seen, near),
		chart(seen, near),
		summary(seen, near),
	)


execute = answers.report(Chosen, build)


# -- who is near ------------------------------------------------------------------------------------


def read(seen: Seen[Chosen], owner: pd.Series) -> pd.DataFrame:
	"""The customers whom an order of their usual size lifts, those who bring most first.

	Returns:
		The columns of ``Seen.customers``, ``owner``, ``usual`` (order), ``next_rung`` (where to), ``on``
		(which day) and ``revenue``.
	"""
	chosen = seen.chosen
	customers = seen.customers.assign(owner=owner.to_numpy())
	customers["revenue"] = seen.revenue(
		seen.known(chosen.from_date, chosen.to_date), chosen.from_date, chosen.to_date
	)
	near = customers.merge(_lifted(seen), on="customer").sort_values(
		["revenue", "customer"], ascending=[False, True], kind="stable"
	)
	# Of whom there is news, the grade follows: he may be there already.
	up = near["next_rung"].map(seen.policy.position) > near["rung"].map(seen.policy.position)
	if chosen.next_tier:
		up &= near["next_rung"] == chosen.next_tier
	return near[up].reset_index(drop=True)


def _lifted(seen: Seen[Chosen]) -> pd.DataFrame:
	"""Of those seen, whom such an order lifts: ``customer``, ``usual``, ``next_rung`` and ``on``."""
	many = None if seen.limited_to else _customers(seen, seen.few)
	if many is None:
		return pd.DataFrame({"customer": [], "usual": [], "next_rung": [], "on": pd.to_datetime([])})
	mine = many.facts.index.isin(seen.names)
	usual = np.where(mine, many.usual, np.nan)
	found = lifted(many, _told(usual, thresholds.at_most))
	exact = pd.Series(usual, many.facts.index)
	return found.assign(usual=exact.reindex(found["customer"]).to_numpy()).rename(
		columns={"reached": "next_rung"}
	)[["customer", "usual", "next_rung", "on"]]


def _customers(seen: Seen[Chosen], names: list[str] | None) -> Customers | None:
	"""These customers (None: all) as the grading of today has them; None before everyone was graded once."""
	current = state.published()
	if current is None or current.cut_points is None:
		return None
	known, _faulty = site_facts.read_sound_facts(seen.policy, names)
	held = customer_scores.read_held(names)
	return Customers(known, seen.policy, state.today(), held, current.cut_points, current.forecast)


def _told(amounts: np.ndarray, rounded: Callable[[float], float]) -> np.ndarray:
	"""Amounts as whoever sees everyone may know them, or rounded: the least may be another's very figure."""
	if permissions.sees_everyone():
		return amounts
	return np.array([amount if np.isnan(amount) else rounded(amount) for amount in amounts])


def least(seen: Seen[Chosen], near: pd.DataFrame) -> np.ndarray:
	"""The least order that leads where the usual one does; NaN beyond the first customers."""
	first = near[:DETAILED].set_index("customer")
	many = _customers(seen, first.index.tolist())
	found = pd.Series(np.nan, near["customer"], dtype=np.float64)
	if many is None:
		return found.to_numpy()
	first = first.reindex(_index(many.facts))
	goals = first["next_rung"].map(seen.policy.position).to_numpy(dtype=np.int64)
	amounts = least_of(many, _told(first["usual"].to_numpy(), thresholds.at_most), goals)
	found[first.index] = _told(amounts, thresholds.enough)
	return found.to_numpy()


def _index(facts: Facts) -> pd.Index:
	return pd.Index(facts.index, dtype=object)


# -- columns ----------------------------------------------------------------------------------------


def columns(seen: Seen[Chosen], later: bool) -> list[Row]:
	"""The columns of the chosen view; ``later``: some tiers are held from a later day on."""
	if seen.chosen.view == "Customers":
		return _customer_columns(seen, later)
	return {"Owners": _owner_columns, "Tiers": _tier_columns}[seen.chosen.view](seen)


def _some_wait(near: pd.DataFrame) -> bool:
	"""Whether a tier is held from a later day on."""
	return bool((near["on"] > pd.Timestamp(state.today())).any())


def _customer_columns(seen: Seen[Chosen], later: bool) -> list[Row]:
	return [
		*customer_list.short_columns(seen, "stage"),
		tables.column("next_tier", _("Leads To"), "Data", 110, pill="next_rung"),
		*([tables.column("on", _("Held From"), "Date", 110)] if later else []),
		tables.column("least", _("Least Order"), "Currency", 125),
		tables.column("usual", _("Usual Order"), "Currency", 125),
		tables.column("revenue", _("Revenue"), "Currency", 125, behind=customer_list.documents()),
		customer_list.owner("owner_name", 140),
	]


def _owner_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"owned_by": "owner", "unowned": "unowned", "next_tier": "next_rung"}
	return [
		customer_list.owner("owner_name", 190),
		tables.column("next_tier", _("Leads To"), "Data", 120, pill="next_rung"),
		*_near_columns(tables.behind(NAME, row, view="Customers")),
	]


def _tier_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"tier": "rung"}
	# They are counted whether they are near or not: the list is another report's, which knows no owner.
	everyone = tables.behind(customer_list.LISTS, row, view="Customers")
	listed = tables.behind(NAME, row, view="Customers")
	found = _near_columns(listed)
	if not (seen.chosen.owned_by or seen.chosen.unowned):
		found.insert(
			0, tables.column("customers", _("Customers"), "Int", 110, behind=everyone, total_behind=0)
		)
		found.insert(2, tables.column("share", _("One Order Away %"), "Percent", 140, behind=listed))
	return [tables.column("tier", _("Tier"), "Data", 140, pill="rung"), *found]


def _near_columns(listed: Row) -> list[Row]:
	return [
		tables.column("near", _("One Order Away"), "Int", 140, behind=listed),
		tables.column("usual", _("Usual Orders"), "Currency", 150, behind=listed),
		tables.column("revenue", _("Revenue"), "Currency", 140, behind=listed),
	]


# -- rows -------------------------------------------------------------------------------------------


def customer_rows(seen: Seen[Chosen], near: pd.DataFrame) -> Rows:
	"""A row per customer, those who bring most first, and the totals."""
	if near.empty:
		return near, None
	rows = tables.with_labels(near).assign(
		next_tier=labels(near["next_rung"], tier_label),
		owner_name=owners.labels(near["owner"]),
		least=least(seen, near),
		on=near["on"].dt.date,
	)
	return rows, _total(near).assign(customer=_("Total"))


def owner_rows(seen: Seen[Chosen], near: pd.DataFrame) -> Rows:
	"""A row per owner and tier, each owner's together, and the totals."""
	if near.empty:
		return near, None
	rows = figures(near, ["owner", "next_rung"])
	brought = rows.groupby("owner")["revenue"].transform("sum")
	height = rows["next_rung"].map(seen.policy.position)
	rows = rows.assign(brought=brought, height=height).sort_values(
		["brought", "owner", "height"], ascending=[False, True, False], kind="stable"
	)
	rows = rows.assign(
		owner_name=owners.labels(rows["owner"]),
		next_tier=labels(rows["next_rung"], tier_label),
		unowned=(rows["owner"] == "").astype(int),
	)
	return rows, _total(near).assign(owner_name=_("Total"))


def tier_rows(seen: Seen[Chosen], near: pd.DataFrame) -> Rows:
	"""A row per tier below the top, from the highest down, and the totals."""
	rungs = [tier.name for tier in reversed(seen.policy.tiers[:-1])]
	if seen.chosen.tier:
		rungs = [rung for rung in rungs if rung == seen.chosen.tier]
	found = figures(near, ["rung"]).set_index("rung").reindex(rungs)
	rows = found.fillna(0.0).astype({"near": int}).reset_index()
	held = seen.customers["rung"].value_counts()
	rows["customers"] = held.reindex(rungs, fill_value=0).to_numpy()
	total = _total(near[near["rung"].isin(rungs)]).assign(
		customers=int(held.reindex(rungs, fill_value=0).sum())
	)
	rows, total = (
		rows.assign(share=tables.ratio(rows["near"], rows["customers"], 100, 1)) for rows in (rows, total)
	)
	return tables.with_labels(rows), total.assign(tier=_("Total"))


#: What each view lists.
ROWS = {"Customers": customer_rows, "Owners": owner_rows, "Tiers": tier_rows}


def figures(near: pd.DataFrame, by: list[str]) -> pd.DataFrame:
	"""Customers, what their usual orders come to, and revenue, a row per key."""
	grouped = near.groupby(by)
	sums = {name: tables.rounded(grouped[name].sum()) for name in ("usual", "revenue")}
	return pd.DataFrame({"near": grouped.size(), **sums}).reset_index()


def _total(near: pd.DataFrame) -> pd.DataFrame:
	"""One row over everyone who is near."""
	sums = {
		name: [tables.rounded(near[name].astype(float)).sum().round(tables.DECIMALS)]
		for name in ("usual", "revenue")
	}
	return pd.DataFrame({"near": [len(near)], **sums})


# -- chart and summary ------------------------------------------------------------------------------


def chart(seen: Seen[Chosen], near: pd.DataFrame) -> Row | None:
	"""Customers who are near, by the tier that they are lifted to; of the owners who have most of them."""
	if near.empty:
		return None
	present = set(near["next_rung"])
	rungs = [tier.name for tier in reversed(seen.policy.tiers) if tier.name in present]
	if seen.chosen.view != "Owners":
		counts = near["next_rung"].value_counts().reindex(rungs)
		return charts.chart(
			"bar",
			[charts.harmless(tier_label(rung)) for rung in rungs],
			{_("One Order Away"): counts.tolist()},
		)
	counts = near.groupby(["owner", "next_rung"]).size().unstack(fill_value=0)
	most = near["owner"].value_counts().index[:_CHART_OWNERS]
	return charts.stacked_tiers(
		owners.labels(pd.Series(most, dtype=object)),
		{rung: counts[rung].reindex(most).tolist() for rung in rungs},
	)


def summary(seen: Seen[Chosen], near: pd.DataFrame) -> list[Row]:
	"""The figures above the chart."""
	whole = tables.plain(_total(near))[0]
	return charts.items(
		charts.item(_("One Order Away"), whole["near"], "Int"),
		charts.item(_("Usual Orders"), whole["usual"], "Currency", currency=seen.currency),
		charts.item(_("Revenue"), whole["revenue"], "Currency", currency=seen.currency),
	)


# -- message ----------------------------------------------------------------------------------------


def message(seen: Seen[Chosen], near: pd.DataFrame) -> list[str]:
	"""Who is listed and how the figures are meant, each a sentence."""
	if seen.limited_to:
		return [_("Where an order leads also hangs on companies that you may not see, so nobody is listed.")]
	return [_who(seen), *_empty(seen, near), *_least_meant(seen, near)]


def _who(seen: Seen[Any]) -> str:
	return _(
		"Listed are customers whom one more order of their usual size, invoiced today, lifts to a higher tier by the published policy {0}. The usual size is the median of all purchases that count. Revenue is that of {1}."  # noqa: E501 a sentence is translated whole
	).format(
		sentences.by_published(seen),
		sentences.span(seen.chosen.from_date, seen.chosen.to_date),
	)


def _least_meant(seen: Seen[Chosen], near: pd.DataFrame) -> list[str]:
	if seen.chosen.view != "Customers" or near.empty:
		return []
	found = [_("The least order is the smallest that leads there too.")]
	if len(near) > DETAILED:
		text = _("It is worked out for the first {0} of {1}. Choose an owner or a tier to see others.")
		found.append(text.format(sentences.bold(DETAILED), sentences.bold(len(near))))
	if _some_wait(near):
		found.append(_("A tier is held from the day that is named, if the score stays high enough."))
	return found


def _empty(seen: Seen[Chosen], near: pd.DataFrame) -> list[str]:
	if not near.empty:
		return []
	if (seen.customers["rung"] == "").all():
		return [sentences.no_tier_yet()]
	return [_("None of these customers is one usual order away from a higher tier.")]
