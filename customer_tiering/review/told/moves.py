"""Who rose and who fell since an earlier day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from customer_tiering.review.figures import ladder
from customer_tiering.review.figures.ladder import NOT_YET
from customer_tiering.review.figures.people import YEAR
from customer_tiering.review.review import LEAST_PAST, Review
from customer_tiering.review.section import Section
from customer_tiering.review.tables import Column, Table
from customer_tiering.wording.figures import customers, day, days, number
from customer_tiering.wording.labels import stage_label, tier_label
from customer_tiering.wording.texts import _, run_on

#: So many movers are on the page, of those who bring most.
MOST = 50


def moves(review: Review) -> Section:
	"""From which tier to which, since each of the earlier days; and who they are."""
	title = _("Who Rose and Who Fell")
	if not review.moves:
		text = _(
			"The documents begin on {0}. That is too late to look back: {1} days of documents are needed before the earlier day."  # noqa: E501 a sentence is translated whole
		)
		why = review.of_past or text.format(day(review.began), LEAST_PAST)
		return Section("moves", title, [why])
	graded = (
		_("Earlier days are graded by the same policy, from the documents up to that day.")
		if review.previous is None
		else _(
			"Earlier days are graded from the documents up to that day, without tiers held from before it."
		)
	)
	says = [
		review.of_past or graded,
		*(_since(then, moved) for then, moved in review.moves),
		*(said for then, _moved in review.moves for said in _short(review, then)),
	]
	tables = [_crossed(review, place, *since) for place, since in enumerate(review.moves)]
	do = _("Call those who fell from the top and still buy: an order often brings the tier back.")
	return Section("moves", title, says, None, [*tables, _movers(*review.moves[-1], review.lists)], do)


def _since(then: date, moved: pd.DataFrame) -> str:
	rungs = moved["rungs"]
	had, has = ~moved["was"].isin(["", NOT_YET]), moved["tier"] != ""
	text = _("Since {0}: {1} rose, {2} fell, {3} stayed; {4} got their first tier, and {5} lost theirs.")
	counts = (rungs > 0, rungs < 0, had & (moved["was"] == moved["tier"]), ~had & has, had & ~has)
	return text.format(day(then), *(number(int(these.sum())) for these in counts))


def _short(review: Review, then: date) -> list[str]:
	"""A word of warning where the earlier day knew less than a year."""
	known = (then - review.began).days + 1
	if known >= YEAR:
		return []
	text = _("On {0} only {1} of documents were known, so that day tells less.")
	return [text.format(day(then), days(known))]


def _crossed(review: Review, place: int, then: date, moved: pd.DataFrame) -> Table:
	"""A row per tier then, a column per tier now; who stayed is on the diagonal."""
	columns = ladder.tiers_down(review.policy, moved["tier"])
	columns = columns if (moved["tier"] == "").any() else columns[:-1]
	rows = [*ladder.tiers_down(review.policy, moved["was"]), NOT_YET]
	cells = ladder.crossed(moved, rows, columns)
	kept = [row for row, name in enumerate(rows) if name not in ("", NOT_YET) or cells[row].any()]
	ranked = [row for row in kept if rows[row] not in ("", NOT_YET)]
	moves_of = [cells[row, at] for row in ranked for at, to in enumerate(columns) if to != rows[row]]
	heat = float(max(moves_of, default=0))  # who stayed, or is new, would outshine all who moved
	table = pd.DataFrame(cells[kept], columns=[f"to_{at}" for at in range(len(columns))])
	still = {f"still_{at}": [rows[row] == to for row in kept] for at, to in enumerate(columns)}
	table = table.assign(**still, state=[_state(rows[row]) for row in kept], total=cells[kept].sum(axis=1))
	total = {f"to_{at}": int(cells[:, at].sum()) for at in range(len(columns))}
	return Table(
		f"moves{place + 1}",
		_("Customers by tier: on {0} (down) and now (across)").format(day(then)),
		[
			Column("state", _("From ↓ to →")),
			*(
				Column(f"to_{at}", tier_label(to), "count", heat, still=f"still_{at}")
				for at, to in enumerate(columns)
			),
			Column("total", _("Total"), "count"),
		],
		table,
		total | {"state": _("Total"), "total": int(cells.sum())},
	)


def _state(tier: str) -> str:
	return _("No Documents Yet") if tier == NOT_YET else tier_label(tier)


def _movers(then: date, moved: pd.DataFrame, lists: str) -> Table:
	"""Who rose or fell, those who bring most first."""
	rows = moved[moved["rungs"] != 0].sort_values(
		["revenue", "customer"], ascending=[False, True], kind="stable"
	)
	shown = rows.assign(
		was=[tier_label(name) for name in rows["was"]],
		way=np.where(rows["rungs"] > 0, "↑", "↓"),
		tier=[tier_label(name) for name in rows["tier"]],
		stage=[stage_label(name) for name in rows["stage"]],
	)
	columns = [
		Column("called", _("Customer")),
		Column("was", _("From")),
		Column("way", _("Way")),
		Column("tier", _("To")),
		Column("stage", _("Stage")),
		Column("revenue", _("Revenue"), "money"),
		Column("year_before", _("Revenue Before"), "money"),
		Column("last", _("Last Purchase"), "date"),
	]
	rest = len(rows) - MOST
	told = run_on([_("{0} more moved.").format(customers(rest)), lists]) if rest > 0 else ""
	title = _("Who moved since {0}, by revenue").format(day(then))
	return Table("movers", title, columns, shown, None, MOST, told, sorts=True)
