"""Tier Potential: who is near the next tier, what is missing, and whose customers they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import frappe
import numpy as np
import pandas as pd
from frappe.utils import fmt_money, formatdate

from customer_tiering.engine import Policy, evaluate
from customer_tiering.engine.ladder import Thresholds, tier_cut_count
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
from customer_tiering.wording.labels import labels, rule_label, tier_label
from customer_tiering.wording.texts import _

NAME = "Tier Potential"
#: For so many customers, the nearest, it is worked out what would do it.
DETAILED = 500
_CHART_OWNERS = 10
_JOIN = " · "
Rows = tuple[pd.DataFrame, pd.DataFrame | None]


@dataclass(frozen=True)
class Chosen(OwnedFilters):
	"""The filters of the report.

	Attributes:
		points: who misses more than so many points is not near.
		next_tier: only who is near this tier.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Customers", "Owners", "Tiers")

	points: int = 10
	next_tier: str = ""

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if not 1 <= self.points <= 100:
			frappe.throw(_("Choose a number of points from 1 to 100."))


def build(everyone: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	seen, owner = owners.narrowed(everyone)
	if seen.chosen.next_tier:
		reader.position(seen.policy, seen.chosen.next_tier)
	if seen.customers.empty:
		return Page(columns(seen), pd.DataFrame(), message=[sentences.nobody()])
	near = read(seen, owner)
	rows, total = ROWS[seen.chosen.view](seen, near)
	return Page(
		columns(seen),
		rows,
		total,
		message(seen, near),
		chart(seen, near),
		summary(seen, near),
	)


execute = answers.report(Chosen, build)


# -- who is near ------------------------------------------------------------------------------------


def read(seen: Seen[Chosen], owner: pd.Series) -> pd.DataFrame:
	"""The customers near their next tier, the nearest first, by the grades that they hold.

	Returns:
		The columns of ``Seen.customers``, ``owner``, ``next_rung``, ``points`` (missing) and ``revenue``.
	"""
	chosen = seen.chosen
	customers = seen.customers.assign(owner=owner.to_numpy(), **next_tiers(seen.policy, seen.customers))
	customers["revenue"] = seen.revenue(
		seen.known(chosen.from_date, chosen.to_date), chosen.from_date, chosen.to_date
	)
	near = (customers["points"] <= chosen.points) & (customers["disabled"] == 0)
	if chosen.next_tier:
		near &= customers["next_rung"] == chosen.next_tier
	return customers[near].sort_values(
		["points", "revenue", "customer"], ascending=[True, False, True], kind="stable"
	)


def next_tiers(policy: Policy, customers: pd.DataFrame) -> dict[str, np.ndarray]:
	"""The tier above the one held, or above the one that the score would give, and the points missing.

	As the engine's explanation has it; nothing and NaN for the unrated and at the top.
	"""
	minimums = _minimums(policy)
	score = pd.to_numeric(customers["score"]).fillna(0).to_numpy(dtype=np.float64)
	held = customers["rung"].map(policy.position).to_numpy(dtype=np.int64)
	above = np.maximum(held, np.searchsorted(minimums, score, side="right") - 1) + 1
	open_ended = (held < 0) | (above >= len(minimums))
	above = np.where(open_ended, 0, above)
	open_ended |= np.isinf(minimums[above])  # nobody is that good, so nobody knows how far it is
	names = np.array([tier.name for tier in policy.tiers], dtype=object)[above]
	return {
		"next_rung": np.where(open_ended, "", names),
		"points": np.where(open_ended, np.nan, np.round(minimums[above] - score, 2)),
	}


def _minimums(policy: Policy) -> np.ndarray:
	"""The score from which each tier is reached, infinite where nobody is that good, or nobody knows yet."""
	if not policy.by_share:
		return Thresholds(policy, {}).scores
	current = state.published()
	cuts = current.cut_points["tiers"] if current and current.cut_points else {}
	found = Thresholds(policy, cuts or {"score": [None] * tier_cut_count(policy)}).scores
	return found if permissions.sees_everyone() else np.ceil(found)  # as in `thresholds`


def explanations(seen: Seen[Chosen], customers: Sequence[str]) -> dict[str, dict[str, Any]]:
	"""Each customer's explanation, as the customer form has it; none before everyone was graded once."""
	current = state.published()
	if current is None or current.cut_points is None or not customers or seen.limited_to:
		return {}
	known, _faulty = site_facts.read_sound_facts(seen.policy, customers)
	evaluation = evaluate(
		known, seen.policy, state.today(), customer_scores.read_held(customers), current.cut_points
	)
	found = {customer: evaluation.explain(customer) for customer in customers if customer in known.index}
	if permissions.sees_everyone():
		return found
	by_share = seen.policy.by_share
	return {customer: thresholds.rounded(why, by_share) for customer, why in found.items()}


# -- what would do it -------------------------------------------------------------------------------


def ways(seen: Seen[Chosen], row: Any, why: Mapping[str, Any] | None) -> str:
	"""What would bring a customer up, what stands in the way, and what comes first."""
	if why is None:
		return ""
	if why["tier"] != row.rung or abs((why["score"] or 0.0) - row.score) > 0.005:
		return _("There is news about this customer: the grade follows shortly.")
	barred = _barred(seen.policy, row.next_rung, why)
	if barred:
		return _JOIN.join(barred)
	found = [_way(seen, way, why) for way in why["above"]["ways"]] if why["above"] else []
	return _JOIN.join([*_due(why), *(found or [_("No single rule would do it alone.")])])


def _barred(policy: Policy, next_rung: str, why: Mapping[str, Any]) -> list[str]:
	"""Caps and decisions that keep him below the next tier, whatever his score."""
	goal, override = policy.position(next_rung), why["override"]
	found = [
		_("At most {0}, by rule {1}.").format(tier_label(cap["tier"]), rule_label(cap["rule"]))
		for cap in why["caps"]
		if policy.position(cap["tier"]) < goal
	]
	if override and override["mode"] != "At Least" and policy.position(override["tier"]) < goal:
		text = {"Exact": _("{0} by decision"), "At Most": _("At most {0} by decision")}[override["mode"]]
		until = (
			_("until {0}").format(formatdate(override["until"]))
			if override["until"]
			else _("without an end date")
		)
		found.append(f"{text.format(tier_label(override['tier']))} {until}")
	return found


def _due(why: Mapping[str, Any]) -> list[str]:
	"""What is going to happen anyway, if nothing changes."""
	held, rising = why["held"], why["rising"]
	found = []
	if held:
		text = _("Falls to {0} on {1}")
		found.append(text.format(tier_label(held["falls_to"]), formatdate(held["until"])))
	if rising:
		text = _("{0} from {1}, if it stays")
		found.append(text.format(tier_label(rising["rises_to"]), formatdate(rising["until"])))
	return found


def _way(seen: Seen[Chosen], way: Mapping[str, Any], why: Mapping[str, Any]) -> str:
	now = next(rule["value"] for rule in why["rules"] if rule["rule"] == way["rule"])
	name, more = rule_label(way["rule"]), way["value"] > now
	if not more:
		return _("{0}: {1} or less").format(name, _amount(seen, way["unit"], way["value"], more))
	return _("{0}: {1} more").format(name, _amount(seen, way["unit"], way["value"] - now, more))


def _amount(seen: Seen[Chosen], unit: str, value: float, up: bool) -> str:
	"""A value in its unit; where only whole numbers can be reached, the one that is enough."""
	if unit == "currency":
		return sentences.money(value, seen)
	if unit == "percent":
		return charts.percent(value) or ""
	whole = math.ceil(round(value, 6)) if up else math.floor(round(value, 6))
	if unit == "days":
		return _("1 day") if whole == 1 else _("{0} days").format(whole)
	return f"{whole:,}"


# -- columns ----------------------------------------------------------------------------------------


def columns(seen: Seen[Chosen]) -> list[Row]:
	"""The columns of the chosen view."""
	return {"Customers": _customer_columns, "Owners": _owner_columns, "Tiers": _tier_columns}[
		seen.chosen.view
	](seen)


def _customer_columns(seen: Seen[Chosen]) -> list[Row]:
	documents = customer_list.documents()
	return [
		*customer_list.short_columns(seen, "stage"),
		tables.column("score", _("Score"), "Float", 80, precision=2),
		tables.column("next_tier", _("Next Tier"), "Data", 100, pill="next_rung"),
		tables.column("points", _("Points Missing"), "Float", 130, precision=2),
		tables.column("ways", _("What Would Do It"), "Data", 440),
		tables.column("revenue", _("Revenue"), "Currency", 115, behind=documents),
		customer_list.owner("owner_name", 140),
	]


def _owner_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"owned_by": "owner", "unowned": "unowned", "next_tier": "next_rung"}
	return [
		customer_list.owner("owner_name", 190),
		tables.column("next_tier", _("Next Tier"), "Data", 120, pill="next_rung"),
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
		found.insert(2, tables.column("share", _("Near %"), "Percent", 100, behind=listed))
	return [tables.column("tier", _("Tier"), "Data", 140, pill="rung"), *found]


def _near_columns(listed: Row) -> list[Row]:
	return [
		tables.column("near", _("Near the Next Tier"), "Int", 165, behind=listed),
		tables.column("average", _("Average Points Missing"), "Float", 195, behind=listed, precision=2),
		tables.column("revenue", _("Revenue"), "Currency", 140, behind=listed),
	]


# -- rows -------------------------------------------------------------------------------------------


def customer_rows(seen: Seen[Chosen], near: pd.DataFrame) -> Rows:
	"""A row per customer, the nearest first, and the totals."""
	if near.empty:
		return near, None
	why = explanations(seen, near["customer"].tolist()[:DETAILED])
	rows = tables.with_labels(near).assign(
		next_tier=labels(near["next_rung"], tier_label),
		owner_name=owners.labels(near["owner"]),
		ways=[ways(seen, row, why.get(row.customer)) for row in near.itertuples()],
	)
	total = _total(near).drop(columns="average")
	return rows, total.assign(customer=_("Total"))


def owner_rows(seen: Seen[Chosen], near: pd.DataFrame) -> Rows:
	"""A row per owner and next tier, each owner's together, and the totals."""
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
	rows = found.fillna({"near": 0, "revenue": 0.0}).astype({"near": int}).reset_index()
	held = seen.customers["rung"].value_counts()
	rows["customers"] = held.reindex(rungs, fill_value=0).to_numpy()
	total = _total(near).assign(customers=int(held.reindex(rungs, fill_value=0).sum()))
	rows, total = (
		rows.assign(share=tables.ratio(rows["near"], rows["customers"], 100, 1)) for rows in (rows, total)
	)
	return tables.with_labels(rows), total.assign(tier=_("Total"))


#: What each view lists.
ROWS = {"Customers": customer_rows, "Owners": owner_rows, "Tiers": tier_rows}


def figures(near: pd.DataFrame, by: list[str]) -> pd.DataFrame:
	"""Customers, points missing on average, and revenue, a row per key."""
	grouped = near.groupby(by)
	found = pd.DataFrame(
		{
			"near": grouped.size(),
			"average": grouped["points"].mean().round(2),
			"revenue": tables.rounded(grouped["revenue"].sum()),
		}
	)
	return found.reset_index()


def _total(near: pd.DataFrame) -> pd.DataFrame:
	"""One row over everyone who is near."""
	return pd.DataFrame(
		{
			"near": [len(near)],
			"average": [round(float(near["points"].mean()), 2) if len(near) else np.nan],
			"revenue": [tables.rounded(near["revenue"]).sum().round(tables.DECIMALS)],
		}
	)


# -- chart and summary ------------------------------------------------------------------------------


def chart(seen: Seen[Chosen], near: pd.DataFrame) -> Row | None:
	"""Customers who are near, by next tier; of the owners who have most of them."""
	if near.empty:
		return None
	present = set(near["next_rung"])
	rungs = [tier.name for tier in reversed(seen.policy.tiers) if tier.name in present]
	if seen.chosen.view != "Owners":
		counts = near["next_rung"].value_counts().reindex(rungs)
		return charts.chart(
			"bar",
			[_("Near {0}").format(tier_label(rung)) for rung in rungs],
			{_("Near the Next Tier"): counts.tolist()},
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
	average, fewest = whole["average"], near["points"].min() if len(near) else None
	return charts.items(
		charts.item(_("Near the Next Tier"), whole["near"], "Int"),
		charts.item(_("Revenue"), whole["revenue"], "Currency", currency=seen.currency),
		charts.item(_("Average Points Missing"), average and fmt_money(average, precision=2)),
		charts.item(_("Fewest Points Missing"), fewest and fmt_money(fewest, precision=2)),
	)


# -- message ----------------------------------------------------------------------------------------


def message(seen: Seen[Chosen], near: pd.DataFrame) -> list[str]:
	"""Who is listed and how the figures are meant, each a sentence."""
	return [_who(seen), *_empty(seen, near), *_ways_meant(seen, near)]


def _who(seen: Seen[Chosen]) -> str:
	return _(
		"Listed are customers whose score misses at most {0} points to the tier above, by the published policy {1}. Disabled and unrated customers, and those in the top tier, are not listed. Revenue is that of {2}."  # noqa: E501 a sentence is translated whole
	).format(
		sentences.bold(seen.chosen.points),
		sentences.by_published(seen),
		sentences.span(seen.chosen.from_date, seen.chosen.to_date),
	)


def _ways_meant(seen: Seen[Chosen], near: pd.DataFrame) -> list[str]:
	if seen.chosen.view != "Customers" or near.empty:
		return []
	if seen.limited_to:
		return [_("What would do it also hangs on companies that you may not see, so it is not shown.")]
	found = [
		_(
			"What would do it is worked out from today's facts, as on the customer form: each rule named would lift the customer alone, if all else stays as it is."  # noqa: E501 a sentence is translated whole
		)
	]
	if len(near) > DETAILED:
		text = _("It is given for the nearest {0} of {1}. Choose fewer points or an owner to see others.")
		found.append(text.format(sentences.bold(DETAILED), sentences.bold(len(near))))
	return found


def _empty(seen: Seen[Chosen], near: pd.DataFrame) -> list[str]:
	if not near.empty:
		return []
	if (seen.customers["rung"] == "").all():
		return [sentences.no_tier_yet()]
	return [_("None of these customers is so near. Choose a greater number under Points Missing At Most.")]
