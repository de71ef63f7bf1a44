"""Where customers are in their life, how recently and how often they buy, and how many stay."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.engine.stages import STAGES
from customer_tiering.review.figures import ladder, months, rfm
from customer_tiering.review.figures.cohorts import Cohorts
from customer_tiering.review.review import Review
from customer_tiering.review.section import Bars, Section
from customer_tiering.review.tables import Column, Table
from customer_tiering.wording.figures import customers, percent
from customer_tiering.wording.labels import segment_label, stage_label
from customer_tiering.wording.texts import _


def stages(review: Review) -> Section:
	"""Customers and revenue by stage, today and on the earlier days."""
	rows = ladder.summed(review.people, "stage", [*STAGES, ""])
	rows = rows[(rows["customers"] > 0) | (rows["stage"] != "")]
	labels = [stage_label(name) or _("No Stage") for name in rows["stage"]]
	then = {
		f"then_{at}": counts.reindex(rows["stage"], fill_value=0).to_numpy()
		for at, (_day, counts) in enumerate(review.stages_then)
	}
	total = _total(review, "stage") | {
		f"then_{at}": int(counts.sum()) for at, (_day, counts) in enumerate(review.stages_then)
	}
	earlier = [
		Column(f"then_{at}", _("Customers on {0}").format(when.isoformat()), "count")
		for at, (when, _counts) in enumerate(review.stages_then)
	]
	columns = [*_columns(_("Stage")), *earlier]
	chart = Bars(
		_("Customers in each stage of the life cycle"),
		labels,
		{_("Customers"): rows["customers"].tolist()},
		"count",
	)
	return Section(
		"stages",
		_("Stages of the Life Cycle"),
		[_("The stage follows from when, how often and how much a customer buys; the policy says how.")],
		chart,
		[Table("stages", _("Stages"), columns, rows.assign(label=labels, **then), total)],
		_("If many are New and few are Growing or Loyal, look at what is offered after the first delivery."),
	)


def _columns(first: str) -> list[Column]:
	return [
		Column("label", first),
		Column("customers", _("Customers"), "count"),
		Column("customers_share", _("Customers %"), "percent"),
		Column("revenue", _("Revenue"), "money"),
		Column("share", _("Revenue %"), "percent"),
		Column("ever", _("Revenue of All Documents"), "money"),
	]


def _total(review: Review, by: str) -> dict[str, object]:
	whole = ladder.summed(review.people.assign(**{by: ""}), by, [""]).iloc[0]
	return {**whole.to_dict(), "label": _("Total")}


def segments(review: Review) -> Section:
	"""The map of recency and frequency, and what each segment brings."""
	rows = ladder.summed(review.people, "segment", [*SEGMENTS, ""])
	rows = rows[(rows["customers"] > 0) | (rows["segment"] != "")]
	labels = [segment_label(name) or _("No Segment") for name in rows["segment"]]
	scores = [rfm.rectangle(name) if name else "" for name in rows["segment"]]
	title, *more = _columns(_("RFM Segment"))
	table = Table(
		"segments",
		_("Segments"),
		[title, Column("scores", _("RFM Scores")), *more],
		rows.assign(label=labels, scores=scores),
		_total(review, "segment"),
	)
	do = _("Call Can't Lose in person and At Risk by campaign: they bought often and have fallen silent.")
	return Section(
		"segments",
		_("How Recently and How Often They Buy"),
		[_scores(review)],
		None,
		[_map(review), table],
		do,
	)


def _scores(review: Review) -> str:
	window = review.policy.rfm_window_days
	if not window:
		return _(
			"Scores run from 1 to 5, and 5 is best. Recency compares days since the last purchase, frequency the number of purchases ever made; frequency 1 means bought once."  # noqa: E501 a sentence is translated whole
		)
	return _(
		"Scores run from 1 to 5, and 5 is best. Recency compares days since the last purchase, frequency the number of purchases of the last {0} days; frequency 1 means bought once at most."  # noqa: E501 a sentence is translated whole
	).format(window)


def _map(review: Review) -> Table:
	"""A row per recency score from 5 down, a column per frequency score; below each figure its segment."""
	counts, names = rfm.counts(review.people), rfm.cells()
	best_first = list(rfm.SCORES)[::-1]
	rows = pd.DataFrame(counts, columns=[f"f{score}" for score in rfm.SCORES])
	for score in rfm.SCORES:
		rows[f"segment{score}"] = [segment_label(names.at[recency, score]) for recency in best_first]
	rows = rows.assign(label=[_recency(score) for score in best_first], total=counts.sum(axis=1))
	most = float(counts.max())
	columns = [
		Column("label", _("Recency")),
		*(
			Column(f"f{score}", _("Frequency {0}").format(score), "count", most, f"segment{score}")
			for score in rfm.SCORES
		),
		Column("total", _("Total"), "count"),
	]
	total = {f"f{score}": int(counts[:, score - 1].sum()) for score in rfm.SCORES}
	whole = total | {"label": _("Total"), "total": int(counts.sum())}
	return Table("map", _("Customers by recency (down) and frequency (across)"), columns, rows, whole)


def _recency(score: int) -> str:
	if score == rfm.SCORES[-1]:
		return _("{0} (most recent)").format(score)
	return _("{0} (longest ago)").format(score) if score == rfm.SCORES[0] else str(score)


def cohorts(review: Review) -> Section:
	"""Of the customers who first bought in a month, how many still buy, month by month."""
	found, title = review.cohorts, _("How Many Stay")
	bought = int(review.people["first"].notna().sum())
	if found.members.empty or found.last < found.list.min():
		return Section("cohorts", title, [_("Nobody made a first purchase in the last two years.")])
	average = found.average(False)
	says = [
		_("A cohort is everyone whose first purchase was in that month. The columns count the months since then, and 0 is the month of the first purchase. Cohorts are whole months."),  # noqa: E501 a sentence is translated whole
		_("A customer is kept in a month in which he made a purchase that counts. The average is over the cohorts that are old enough, by their customers."),  # noqa: E501 a sentence is translated whole
		*_kept(average),
		*_older(bought - len(found.members)),
	]  # fmt: skip
	do = _("If month 1 gets worse from cohort to cohort, the second purchase is being lost: ask why.")
	return Section("cohorts", title, says, None, [_triangle(found, average)], do)


def _kept(average: np.ndarray) -> list[str]:
	text = _("After {0} months, {1} of a cohort still buy in a month, on average.")
	return [
		text.format(offset, percent(average[offset]))
		for offset in (3, 12)
		if offset < len(average) and not np.isnan(average[offset])
	]


def _older(count: int) -> list[str]:
	if not count:
		return []
	return [_("Who first bought before these months is left aside: {0}.").format(customers(count))]


def _triangle(found: Cohorts, average: np.ndarray) -> Table:
	"""Percent of each cohort's customers who bought in each month since the first."""
	cells = found.kept / found.base(False)[:, None] * 100
	offsets = np.flatnonzero(found.reached.any(axis=0)).tolist()
	later = cells[:, [offset for offset in offsets if offset]]
	most = float(np.nanmax(later)) if later.size and not np.isnan(later).all() else 100.0
	rows = pd.DataFrame({f"m{offset}": cells[:, offset] for offset in offsets})
	rows = rows.assign(cohort=[months.label(month) for month in found.list], size=found.sizes)
	columns = [
		Column("cohort", _("Cohort")),
		Column("size", _("New Customers"), "count"),
		*(Column(f"m{offset}", str(offset), "percent", most if offset else 0.0) for offset in offsets),
	]
	total = {f"m{offset}": average[offset] for offset in offsets}
	total |= {"cohort": _("Average"), "size": len(found.members)}
	return Table("cohorts", _("Customers kept, in percent"), columns, rows, total)
