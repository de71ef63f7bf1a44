"""RFM Segments: a map of how recently and how often customers buy, and what they bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from customer_tiering.engine.segments import SEGMENTS, segments
from customer_tiering.reporting.choosing import owners
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.grading import state
from customer_tiering.wording.labels import segment_label
from customer_tiering.wording.texts import _

NAME = "RFM Segments"
#: Chosen in place of a segment: who has none.
NO_SEGMENT = "No Segment"
SCORES = range(1, 6)
Rows = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class Chosen(Filters):
	"""The filters of the report: besides the common ones a segment, and the scores of a cell; 0: any."""

	VIEWS: ClassVar[tuple[str, ...]] = ("Customer Map", "Revenue Map", "Segments", "Customers")

	segment: str = ""
	recency: int = 0
	frequency: int = 0

	def check(self) -> None:
		super().check()
		if self.segment:
			sentence = _("There is no such RFM segment. Choose one of {0}.")
			self.one_of(self.segment, (*SEGMENTS, NO_SEGMENT), sentence, _segment)
		for score in (self.recency, self.frequency):
			self.one_of(score, (0, *SCORES), _("There is no such RFM score. Choose one of {0}; 0 is any."))


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	customers = _chosen(read_customers(seen), seen.chosen)
	rows, total = ROWS[seen.chosen.view](seen, customers)
	return Page(
		COLUMNS[seen.chosen.view](seen, rows),
		rows,
		total,
		message(seen, customers),
		chart(seen, rows, total),
		summary(seen, customers),
	)


execute = answers.report(Chosen, build)


def read_customers(seen: Seen[Chosen]) -> pd.DataFrame:
	"""The customers with what is held of them, and what they brought in the period where the view shows it.

	Returns:
		The columns of ``Seen.customers``, ``segment`` (empty: none), ``recency``, ``frequency`` and
		``monetary`` (1-5, 0: none), ``last_purchase``, ``silent`` (days since then); and ``revenue`` and
		``invoices`` of the period.
	"""
	held = seen.scores("recency_score", "frequency_score", "monetary_score", "rfm_segment", "last_purchase")
	scores = {
		name: held[f"{name}_score"].fillna(0).astype(int) for name in ("recency", "frequency", "monetary")
	}
	on_map = (held["rfm_segment"] != "") & (scores["recency"] > 0) & (scores["frequency"] > 0)
	last = held["last_purchase"]
	return seen.customers.assign(
		segment=held["rfm_segment"].where(on_map, ""),
		**{name: values.where(on_map, 0) for name, values in scores.items()},
		last_purchase=last,
		silent=(pd.Timestamp(state.today()) - last).dt.days,
		**_period(seen),
	)


def _period(seen: Seen[Chosen]) -> dict[str, np.ndarray]:
	"""Revenue and counted purchases of the period per customer; the map of customers needs neither."""
	if seen.chosen.view == "Customer Map":
		return {}
	sales = seen.sales(seen.chosen.from_date, seen.chosen.to_date)
	at = pd.Index(seen.names, dtype=object).get_indexer(sales["customer"])
	size = len(seen.names)
	revenue = np.bincount(at, weights=sales["net_amount"].to_numpy(), minlength=size)
	return {
		"revenue": tables.rounded(pd.Series(revenue)).to_numpy(),
		"invoices": np.bincount(at[sales["counts"].to_numpy()], minlength=size),
	}


def _chosen(customers: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
	"""Those of the chosen segment and scores."""
	if not (chosen.segment or chosen.recency or chosen.frequency):
		return customers
	wanted = pd.Series(True, index=customers.index)
	if chosen.segment:
		wanted &= customers["segment"] == ("" if chosen.segment == NO_SEGMENT else chosen.segment)
	for name in ("recency", "frequency"):
		if getattr(chosen, name):
			wanted &= customers[name] == getattr(chosen, name)
	return customers[wanted].reset_index(drop=True)


def cells() -> pd.DataFrame:
	"""The engine's segment of each pair of scores: recency down, frequency across."""
	recency, frequency = (axis.ravel() for axis in np.meshgrid(SCORES, SCORES, indexing="ij"))
	names = segments({"recency": recency, "frequency": frequency})
	return pd.DataFrame(names.reshape(5, 5), index=list(SCORES), columns=list(SCORES))


# -- the map ----------------------------------------------------------------------------------------


def map_rows(seen: Seen[Chosen], customers: pd.DataFrame) -> Rows:
	"""A row per recency score from 5 down, a column per frequency score; totals over the whole map."""
	shown = [name for name in ("recency", "frequency", "disabled", "silent", "revenue") if name in customers]
	on_map = customers.loc[customers["recency"] > 0, shown]
	best_first, names = list(SCORES)[::-1], cells()
	rows = _cells_of(seen, on_map, "recency", best_first)
	rows["label"] = [_recency_label(score) for score in best_first]
	rows["silent"] = [_silence(on_map[on_map["recency"] == score]) for score in best_first]
	for score in SCORES:
		rows[f"segment{score}"] = [segment_label(names.at[recency, score]) for recency in best_first]
	total = _cells_of(seen, on_map.assign(everything=0), "everything", [0])
	return rows.assign(recency=best_first), total.assign(label=_("Total"))


def _cells_of(seen: Seen[Chosen], on_map: pd.DataFrame, by: str, keys: list[int]) -> pd.DataFrame:
	"""Customers or revenue, a row per key and a column per frequency score, and their ``total``."""
	money = seen.chosen.view == "Revenue Map"
	values = on_map["revenue"] if money else pd.Series(1, index=on_map.index)
	cells = values.groupby([on_map[by], on_map["frequency"]]).sum().unstack(fill_value=0)
	cells = cells.reindex(index=keys, columns=list(SCORES), fill_value=0).add_prefix("f")
	cells["total"] = values.groupby(on_map[by]).sum().reindex(keys, fill_value=0)
	return tables.rounded(cells).astype(float if money else int).reset_index(drop=True)


def _recency_label(score: int) -> str:
	if score == SCORES[-1]:
		return _("{0} (most recent)").format(score)
	return _("{0} (longest ago)").format(score) if score == SCORES[0] else str(score)


def _silence(customers: pd.DataFrame) -> str:
	"""Fewest and most days since the last purchase; of those who are enabled, for they alone are compared."""
	days = customers.loc[customers["disabled"] == 0, "silent"].dropna()
	return "" if days.empty else _from_to(int(days.min()), int(days.max()))


def map_columns(seen: Seen[Chosen], rows: pd.DataFrame) -> list[Row]:
	"""Both axes, each cell with its segment's name, the darker the more."""
	money = seen.chosen.view == "Revenue Map"
	kind, width = ("Currency", 135) if money else ("Int", 150)
	most = max(float(rows[[f"f{score}" for score in SCORES]].to_numpy().max()), 1)
	# An amount leaves no room for a word beside it.
	caption = "file_caption" if money else "caption"
	return [
		tables.column("label", _("Recency"), "Data", 125),
		tables.column("silent", _("Days Silent"), "Data", 105),
		*(
			tables.column(
				f"f{score}",
				_("Frequency {0}").format(score),
				kind,
				width,
				behind=_list({"recency": "recency"}, frequency=score),
				heat=most,
				**{caption: f"segment{score}"},
			)
			for score in SCORES
		),
		tables.column("total", _("Total"), kind, 130 if money else 75, behind=_list({"recency": "recency"})),
	]


def _list(row: Mapping[str, str], **fixed: Any) -> Row:
	return tables.behind(NAME, row, view="Customers", **fixed)


# -- segments ---------------------------------------------------------------------------------------


def segment_rows(seen: Seen[Chosen], customers: pd.DataFrame) -> Rows:
	"""A row per segment from the best down, then those without one; the totals are over everyone."""
	rows = _figures(customers, "segment", [*SEGMENTS, ""])
	total = _figures(customers.assign(everything=""), "everything", [""])
	rows["cell"] = [*(_cell(name) for name in SEGMENTS), ""]
	rows["held"] = [*SEGMENTS, NO_SEGMENT]
	rows["segment"] = [_segment(name) for name in rows["held"]]
	if seen.chosen.segment or seen.chosen.recency or seen.chosen.frequency:
		rows = rows[rows["customers"] > 0]
	shares = [_shares(frame, total) for frame in (rows, total)]
	return shares[0], shares[1].assign(segment=_("Total"))


def _segment(name: str) -> str:
	return _("No Segment") if name == NO_SEGMENT else segment_label(name)


def _figures(customers: pd.DataFrame, by: str, keys: list[str]) -> pd.DataFrame:
	grouped = customers.groupby(by)
	found = pd.DataFrame(
		{
			"customers": grouped.size(),
			"revenue": tables.rounded(grouped["revenue"].sum()),
			"invoices": grouped["invoices"].sum(),
		}
	)
	found = found.reindex(keys, fill_value=0).astype({"customers": int, "invoices": int})
	return found.assign(silent=grouped["silent"].median().reindex(keys)).reset_index(drop=True)


def _shares(rows: pd.DataFrame, total: pd.DataFrame) -> pd.DataFrame:
	customers, revenue = total["customers"].iloc[0], total["revenue"].iloc[0]
	return rows.assign(
		customer_share=(rows["customers"] / customers * 100).round(1) if customers else np.nan,
		share=(rows["revenue"] / revenue * 100).round(1) + 0.0 if revenue > 0 else np.nan,
		average=tables.ratio(rows["revenue"], rows["invoices"]),
	)


def _cell(segment: str) -> str:
	"""The scores of a segment, which are a rectangle of the map: R4–5 F2–3."""
	names = cells()
	where = np.argwhere((names == segment).to_numpy()) + 1
	(low_r, low_f), (high_r, high_f) = where.min(axis=0), where.max(axis=0)
	return f"R{_from_to(low_r, high_r)} F{_from_to(low_f, high_f)}"


def _from_to(low: int, high: int) -> str:
	return str(low) if low == high else f"{low}–{high}"


def segment_columns(seen: Seen[Chosen], rows: pd.DataFrame) -> list[Row]:
	"""What a segment is, how many are in it and what they bring."""
	behind = _list({"segment": "held"})
	return [
		tables.column("segment", _("RFM Segment"), "Data", 140, behind=behind),
		tables.column("cell", _("RFM Scores"), "Data", 110),
		tables.column("customers", _("Customers"), "Int", 105, behind=behind),
		tables.column("customer_share", _("Customers %"), "Percent", 120, behind=behind),
		tables.column("revenue", _("Revenue"), "Currency", 125, behind=behind),
		tables.column("share", _("Revenue %"), "Percent", 110, behind=behind),
		tables.column("invoices", _("Invoices"), "Int", 85, behind=behind),
		tables.column("average", _("Average Order"), "Currency", 130, behind=behind),
		tables.column("silent", _("Days Silent"), "Float", 105, precision=1, behind=behind),
	]


# -- customers --------------------------------------------------------------------------------------


def customer_rows(seen: Seen[Chosen], customers: pd.DataFrame) -> Rows:
	"""A row per customer, those with most revenue first, and the totals."""
	rows = tables.by_revenue(customers.assign(owner=owners.named(seen, customers["customer"])))
	for name in ("recency", "frequency", "monetary"):
		rows[name] = rows[name].where(rows[name] > 0)
	total = _figures(customers.assign(everything=""), "everything", [""])
	rows = rows.assign(last_purchase=tables.dates(rows["last_purchase"]))
	return tables.with_labels(rows), total[["revenue", "invoices"]].assign(customer=_("Total"))


def customer_columns(seen: Seen[Chosen], rows: pd.DataFrame) -> list[Row]:
	"""Who, his scores, what he brings and whose he is."""
	documents = customer_list.documents()
	return [
		*customer_list.short_columns(seen),
		tables.column("recency", _("R Score"), "Int", 85),
		tables.column("frequency", _("F Score"), "Int", 85),
		tables.column("monetary", _("M Score"), "Int", 85),
		tables.column("segment", _("RFM Segment"), "Data", 140),
		tables.column("revenue", _("Revenue"), "Currency", 120, behind=documents),
		tables.column("invoices", _("Invoices"), "Int", 80, behind=documents),
		tables.column("last_purchase", _("Last Purchase"), "Date", 125),
		tables.column("silent", _("Days Silent"), "Int", 105),
		customer_list.owner(),
	]


#: What each view lists, and its columns.
ROWS = {
	"Customer Map": map_rows,
	"Revenue Map": map_rows,
	"Segments": segment_rows,
	"Customers": customer_rows,
}
COLUMNS = {
	"Customer Map": map_columns,
	"Revenue Map": map_columns,
	"Segments": segment_columns,
	"Customers": customer_columns,
}


# -- chart, summary and message ---------------------------------------------------------------------


def chart(seen: Seen[Chosen], rows: pd.DataFrame, total: pd.DataFrame) -> Row | None:
	"""Each segment's part of the customers and of the revenue; the map is its own picture."""
	if seen.chosen.view != "Segments" or not total["revenue"].iloc[0] > 0:
		return None
	rows = rows[rows["held"] != NO_SEGMENT]
	datasets = {_("Customers %"): rows["customer_share"], _("Revenue %"): rows["share"]}
	whole_names = {"seriesLabelSpaceRatio": 1.6}  # or the chart would cut them off
	colors = ["light-blue", "blue"]
	return charts.chart("bar", rows["segment"].tolist(), datasets, colors=colors, axis=whole_names)


def summary(seen: Seen[Chosen], customers: pd.DataFrame) -> list[Row]:
	"""How many customers there are, on the map and beside it, and what they brought."""
	on_map = int((customers["segment"] != "").sum())
	revenue = (
		float(tables.rounded(pd.Series([customers["revenue"].sum()]))[0]) if "revenue" in customers else None
	)
	return charts.items(
		charts.item(_("Customers"), len(customers), "Int"),
		charts.item(_("With a Segment"), on_map, "Int"),
		charts.item(_("Without a Segment"), len(customers) - on_map, "Int"),
		charts.item(_("Revenue"), revenue, "Currency", currency=seen.currency),
	)


def message(seen: Seen[Chosen], customers: pd.DataFrame) -> list[str]:
	"""What the scores compare, and who is not on the map."""
	return [_scores(seen), _beside(seen, customers), *_revenue(seen, customers)]


def _scores(seen: Seen[Chosen]) -> str:
	days = seen.policy.rfm_window_days
	if not days:
		return _(
			"Scores run from 1 to 5, and 5 is best. Recency compares days since the last purchase, frequency the number of purchases ever made; frequency 1 means bought once."  # noqa: E501 a sentence is translated whole
		)
	return _(
		"Scores run from 1 to 5, and 5 is best. Recency compares days since the last purchase, frequency the number of purchases of the last {0} days; frequency 1 means bought once at most."  # noqa: E501 a sentence is translated whole
	).format(sentences.bold(days))


def _beside(seen: Seen[Chosen], customers: pd.DataFrame) -> str:
	without = int((customers["segment"] == "").sum())
	if len(customers) and without == len(customers):
		return _(
			"None of these customers has a segment yet. Customers are graded in the background, once they have purchased."  # noqa: E501 a sentence is translated whole
		)
	return _(
		"Customers on the map: {0}. Without a segment, as they never purchased or are not graded yet: {1}. Together: {2}."  # noqa: E501 a sentence is translated whole
	).format(*(sentences.bold(number) for number in (len(customers) - without, without, len(customers))))


def _revenue(seen: Seen[Chosen], customers: pd.DataFrame) -> list[str]:
	if seen.chosen.view == "Customer Map":
		return []
	span = sentences.span(seen.chosen.from_date, seen.chosen.to_date)
	text = _("Revenue is the net total of the documents of {0}; scores are those of today.").format(span)
	if seen.chosen.view == "Segments":
		return [text, _("Days silent are the median of the days since the last purchase.")]
	if seen.chosen.view == "Customers":
		return [text]
	beside = customers.loc[customers["segment"] == "", "revenue"].sum()
	more = _("Revenue of customers without a segment, which is not on the map: {0}.")
	return [text, more.format(sentences.bold(sentences.money(beside, seen)))]
