"""What each tier brings, and how much hangs on how few customers."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from customer_tiering.review.figures import ladder
from customer_tiering.review.figures.concentration import MOST, POINTS, STEPS, Ranking
from customer_tiering.review.figures.people import YEAR
from customer_tiering.review.review import Review
from customer_tiering.review.section import Bars, Curves, Section
from customer_tiering.review.tables import Column, Table
from customer_tiering.wording.figures import amount, customers, day, number, percent
from customer_tiering.wording.labels import segment_label, stage_label, tier_label
from customer_tiering.wording.texts import _, run_on

#: So many customers are on the page.
MOST_LISTED = 100


def tiers(review: Review) -> Section:
	"""Customers and revenue by tier."""
	names = ladder.tiers_down(review.policy, review.people["tier"])
	rows = ladder.summed(review.people, "tier", names)
	if not rows["customers"].iloc[-1]:
		rows = rows[:-1]  # nobody is unrated
	total = ladder.summed(review.people.assign(tier=""), "tier", [""]).iloc[0]
	labels = [tier_label(name) for name in rows["tier"]]
	shown = _averaged(rows).assign(label=labels)
	whole = _averaged(total.to_frame().T).iloc[0].to_dict() | {"label": _("Total")}
	chart = _drawn(rows[rows["tier"] != ""]) if total["revenue"] > 0 else None
	return Section(
		"tiers",
		_("What Each Tier Brings"),
		[_meant(review)],
		chart,
		[Table("tiers", _("Tiers"), _tier_columns(review), shown, whole)],
		_("Look first at a tier that buys less than before: its service does not hold its customers."),
	)


def _drawn(rows: pd.DataFrame) -> Bars:
	return Bars(
		_("Each tier's part of the customers, and of the revenue of 365 days"),
		[tier_label(name) for name in rows["tier"]],
		{_("Customers %"): rows["customers_share"].tolist(), _("Revenue %"): rows["share"].tolist()},
	)


def _averaged(rows: pd.DataFrame) -> pd.DataFrame:
	"""With the average order, and the change against the year before where that was above zero."""
	numbers = rows[["revenue", "invoices", "year_before"]].astype(np.float64)
	invoices = numbers["invoices"].where(numbers["invoices"] > 0)
	before = numbers["year_before"].where(numbers["year_before"] > 0)
	return rows.assign(
		average=numbers["revenue"] / invoices, change=(numbers["revenue"] - before) / before * 100
	)


def _meant(review: Review) -> str:
	first = review.as_of - timedelta(YEAR - 1)
	currency = review.policy.currency
	text = _("Revenue is the net total of the documents from {0} to {1}, returns taken off, without taxes.")
	said = text.format(day(first), day(review.as_of))
	return f"{said} {_('Amounts are in {0}.').format(currency)}" if currency else said


def _tier_columns(review: Review) -> list[Column]:
	before = [
		Column("year_before", _("Revenue Before"), "money"),
		Column("change", _("Change %"), "change"),
	]
	return [
		Column("label", _("Tier")),
		Column("customers", _("Customers"), "count"),
		Column("customers_share", _("Customers %"), "percent"),
		Column("active", _("Active"), "count"),
		Column("revenue", _("Revenue"), "money"),
		Column("share", _("Revenue %"), "percent"),
		*(before if review.knows_year_before else []),
		Column("average", _("Average Order"), "money"),
		Column("ever", _("Revenue of All Documents"), "money"),
	]


def concentration(review: Review) -> Section:
	"""The curve from the largest customer down, and what the first of them bring together."""
	ranking, title = review.ranking, _("How Much Hangs on How Few")
	if not len(ranking.amounts):
		return Section("few", title, [_("No customer brought revenue above zero in these 365 days.")])
	few, size = ranking.fewest(MOST), len(ranking.amounts)
	largest = ranking.customers.iloc[0]
	says = [
		_("Of the {0} who brought revenue above zero, {1} ({2}) bring 80% of it.").format(
			customers(size), number(few), percent(few / size * 100)
		),
		_("The largest, {0}, brings {1}.").format(largest["called"], percent(largest["share"])),
	]
	equal = [point / 10 for point in POINTS]
	chart = Curves(
		_("Revenue that the largest customers bring together"),
		_("Customers, the largest first"),
		{_("Revenue"): ranking.curve().round(2).tolist(), _("If all brought the same"): equal},
		[f"{point:g}%" for point in equal],
	)
	do = _("Agree on a contract with whoever brings more than 10%, and plan what happens without him.")
	return Section("few", title, says, chart, [_steps(review, ranking)], do)


def _steps(review: Review, ranking: Ranking) -> Table:
	"""What the top so many percent bring together, what each step adds, and who brought nothing or less."""
	rows = [_step(ranking, beyond, top) for beyond, top in zip((0, *STEPS), STEPS, strict=False)]
	signs = np.sign(ranking.customers["revenue"])
	for label, sign in ((_("Revenue of Zero"), 0), (_("Revenue Below Zero"), -1)):
		mine = ranking.customers[signs == sign]
		if len(mine):
			rows.append({"part": label, "more": len(mine), "added": ladder.whole(mine["revenue"])})
	whole = ladder.whole(ranking.customers["revenue"])
	total = {"part": _("Total"), "more": len(ranking.customers), "added": whole}
	columns = [
		Column("part", _("Part of the Customers")),
		Column("customers", _("Customers"), "count"),
		Column("revenue", _("Revenue"), "money"),
		Column("share", _("Revenue %"), "percent"),
		Column("more", _("Added Customers"), "count"),
		Column("added", _("Added Revenue"), "money"),
	]
	return Table("few", _("The largest customers together"), columns, pd.DataFrame(rows), total)


def _step(ranking: Ranking, beyond: int, top: int) -> dict[str, object]:
	before, now = ranking.first(beyond * 10), ranking.first(top * 10)
	return {
		"part": _("Top {0} %").format(top),
		"customers": now,
		"revenue": ranking.sums[now],
		"share": ranking.sums[now] / ranking.whole * 100,
		"more": now - before,
		"added": round(ranking.sums[now] - ranking.sums[before], 4),
	}


def everyone(review: Review) -> Section:
	"""All customers, those who bring most first."""
	rows = review.ranking.customers
	shown = rows.assign(tier=[tier_label(name) for name in rows["tier"]], chance=rows["chance"] * 100)
	shown["stage"] = [stage_label(name) for name in rows["stage"]]
	shown["segment"] = [segment_label(name) for name in rows["segment"]]
	rest = rows[MOST_LISTED:]
	columns = [
		Column("called", _("Customer")),
		Column("tier", _("Tier")),
		Column("score", _("Score"), "score"),
		Column("stage", _("Stage")),
		Column("segment", _("RFM Segment")),
		Column("revenue", _("Revenue"), "money"),
		Column("share", _("Revenue %"), "percent"),
		Column("invoices", _("Purchases"), "count"),
		Column("last", _("Last Purchase"), "date"),
		*([Column("chance", _("Chance to Buy"), "percent")] if review.foresees else []),
		Column("ever", _("Revenue of All Documents"), "money"),
	]
	total = {
		"called": _("Total of {0}").format(customers(len(rows))),
		"revenue": ladder.whole(rows["revenue"]),
		"invoices": int(rows["invoices"].sum()),
		"ever": ladder.whole(rows["ever"]),
	}
	told = _of_the_rest(review, rest) if len(rest) else ""
	table = Table(
		"customers", _("Customers by revenue"), columns, shown, total, MOST_LISTED, told, sorts=True
	)
	return Section("customers", _("Every Customer"), [], None, [table])


def _of_the_rest(review: Review, rest: pd.DataFrame) -> str:
	text = _("{0} more bring {1}.").format(customers(len(rest)), amount(ladder.whole(rest["revenue"])))
	return run_on([text, review.lists])
