"""Whom to act on: customers at risk, and those who are one usual order from a higher tier."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from customer_tiering.engine.forecast import HORIZON
from customer_tiering.review.figures import ladder
from customer_tiering.review.figures.people import YEAR
from customer_tiering.review.review import Review
from customer_tiering.review.section import Section
from customer_tiering.review.tables import Column, Table
from customer_tiering.wording.figures import amount, customers, day
from customer_tiering.wording.labels import stage_label, tier_label
from customer_tiering.wording.reasons import reasons
from customer_tiering.wording.texts import _, run_on

#: So many are on the page: more than one can call.
MOST = 30


def risk(review: Review) -> Section:
	"""Who is likely to be lost, what he brings, and why it is said."""
	rows, title = review.risk, _("Customers at Risk")
	lost = int(((review.people["stage"] == "Lost") & ~review.people["disabled"]).sum())
	gone = [_("Already lost, and left out: {0}.").format(customers(lost))] if lost else []
	if rows.empty:
		return Section("risk", title, [_("None of these customers is at risk."), *gone])
	says = [
		_("Listed are customers in the stage At Risk or Declining; those with most at stake come first. Disabled customers are not listed."),  # noqa: E501 a sentence is translated whole
		_meant(review),
		*gone,
	]  # fmt: skip
	stages = review.policy.stages
	shown = _named(rows).assign(
		gone=rows["gone"] * 100, why=[reasons(row, stages, review.as_of) for row in rows.itertuples()]
	)
	columns = [
		Column("called", _("Customer")),
		Column("tier", _("Tier")),
		Column("stake", _("Revenue at Stake"), "money"),
		Column("why", _("Why"), "sentence"),
		Column("revenue", _("Revenue"), "money"),
		Column("gone", _("Likely Lost %"), "percent"),
		Column("stage", _("Stage")),
		Column("last", _("Last Bought"), "date"),
	]
	rest, text = rows[MOST:], _("{0} more bring {1}, of which {2} are at stake.")
	more = run_on([text.format(customers(len(rest)), *_sums(rest)), review.lists]) if len(rest) else ""
	total = {"called": _all(rows), **{name: ladder.whole(rows[name]) for name in ("revenue", "stake")}}
	table = Table("risk", _("Those with most at stake"), columns, shown, total, MOST, more, sorts=True)
	do = _("Work from the top: a call to the first ten is worth more than a campaign to the rest.")
	return Section("risk", title, says, None, [table], do)


def _all(rows: pd.DataFrame) -> str:
	return _("Total of {0}").format(customers(len(rows)))


def _sums(rows: pd.DataFrame) -> tuple[str, str]:
	return amount(ladder.whole(rows["revenue"])), amount(ladder.whole(rows["stake"]))


def _meant(review: Review) -> str:
	span = _("{0} – {1}").format(day(review.as_of - timedelta(YEAR - 1)), day(review.as_of))
	if review.foresees:
		text = _("At stake is the revenue of {0} times the chance of no order in the next {1} days.")
		return text.format(span, HORIZON)
	return _(
		"At stake is the revenue of {0}, the more of it the more the silence exceeds the usual gap; there is no forecast to go by."  # noqa: E501 a sentence is translated whole
	).format(span)


def _who() -> list[Column]:
	return [Column("called", _("Customer")), Column("tier", _("Tier")), Column("stage", _("Stage"))]


def _named(rows: pd.DataFrame) -> pd.DataFrame:
	return rows.assign(
		tier=[tier_label(name) for name in rows["tier"]], stage=[stage_label(name) for name in rows["stage"]]
	)


def near(review: Review) -> Section:
	"""Whom one more order of his usual size leads to a higher tier."""
	rows, title = review.near, _("One Usual Order Away")
	if rows.empty:
		nobody = _("None of these customers is one usual order away from a higher tier.")
		return Section("near", title, [nobody])
	later = bool((rows["on"] > pd.Timestamp(review.as_of)).any())
	says = [
		_("Listed is whom one more order of his usual size on {0} would lead to a higher tier. The usual size is the median of all his purchases that count; the least order is the smallest that leads there too.").format(day(review.as_of)),  # noqa: E501 a sentence is translated whole
		*([_("A tier is held from the day that is named, if the score stays high enough.")] if later else []),
	]  # fmt: skip
	shown = _named(rows).assign(reached=[tier_label(name) for name in rows["reached"]])
	columns = [
		*_who(),
		Column("reached", _("Leads To")),
		*([Column("on", _("Held From"), "date")] if later else []),
		Column("least", _("Least Order"), "money"),
		Column("usual", _("Usual Order"), "money"),
		Column("revenue", _("Revenue"), "money"),
		Column("last", _("Last Bought"), "date"),
	]
	total = {"called": _all(rows), **{name: ladder.whole(rows[name]) for name in ("usual", "revenue")}}
	rest, text = rows[MOST:], _("{0} more bring {1}.")
	more = run_on([text.format(customers(len(rest)), _sums(rest)[0]), review.lists]) if len(rest) else ""
	table = Table("near", _("Those who bring most"), columns, shown, total, MOST, more, sorts=True)
	do = _("Tell them: a tier that the next order reaches is worth more than a discount.")
	return Section("near", title, says, None, [table], do)
