"""Rule Quality: what each rule knew on the day before a period of the revenue that the period brought.

Everyone is evaluated as of that day by the published rules, by the engine, with nothing that came later; then
points are compared with what was really bought.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, ClassVar

import frappe
import numpy as np
import pandas as pd
from frappe.utils import formatdate

from customer_tiering.engine import Facts, evaluate
from customer_tiering.engine.evaluate import Scored
from customer_tiering.engine.facts import Bools, Floats, to_day
from customer_tiering.engine.ledger import Ledger
from customer_tiering.reporting.choosing import reader
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.reading import site_facts
from customer_tiering.wording.labels import metric_label, rule_label
from customer_tiering.wording.texts import _, listed

NAME = "Rule Quality"
#: Correlations over fewer customers say nothing.
_FEWEST = 10
#: Upper ends of the classes of points.
_CLASSES = (20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Chosen(Filters):
	"""The filters of the report; ``rule`` and ``points`` (the upper end of a class) limit the lists."""

	VIEWS: ClassVar[tuple[str, ...]] = ("Rules", "Points", "Customers")

	rule: str = ""
	points: int = 0
	missing: bool = False

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if self.points:
			sentence = _("There is no such class of points. Choose one of {0}.")
			self.one_of(self.points, _CLASSES, sentence, _class_label)

	@property
	def as_of(self) -> date:
		"""The day whose grades are tried."""
		return self.from_date - timedelta(days=1)


@dataclass(frozen=True)
class Judged:
	"""A rule, or the score as a whole, over the customers of a trial; arrays of shape (customers,).

	Attributes:
		name: of the rule; empty: the score.
		points: that it gave; NaN for whom it is not about.
		missing: whose metric was undefined.
		rest: the score without this rule; None for the score itself.
	"""

	name: str
	points: Floats
	missing: Bools
	rest: Floats | None


@dataclass(frozen=True)
class Trial:
	"""Grades of a day beside what came after it.

	Attributes:
		customers: those who had a score then, as in ``Seen.customers``, with ``revenue`` of the
			period and whether they ``bought`` in it.
		score: theirs, as of that day.
		rules: what is judged, in the order of the policy.
	"""

	customers: pd.DataFrame
	score: Judged
	rules: list[Judged]

	@property
	def revenue(self) -> Floats:
		"""Net revenue of each customer in the period."""
		return self.customers["revenue"].to_numpy(dtype=np.float64)

	@property
	def bought(self) -> Bools:
		"""Who made a purchase that counts in the period."""
		return self.customers["bought"].to_numpy(dtype=bool)

	@cached_property
	def correlation(self) -> float:
		"""The score's with the revenue."""
		return rank_correlation(self.score.points, self.revenue)

	def judged(self, rule: str) -> Judged:
		"""The chosen rule; the score where none is chosen."""
		found = [one for one in (self.score, *self.rules) if one.name == rule]
		if not found:
			frappe.throw(
				_("The published policy has no scoring rule of that name. Choose one of {0}.").format(
					listed(sentences.bold(rule_label(one.name)) for one in self.rules)
				)
			)
		return found[0]


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	trial = run_trial(seen)
	if trial.customers.empty:
		return Page([], pd.DataFrame(), None, [_nobody_yet(seen)])
	rows, total = ROWS[seen.chosen.view](seen, trial)
	return Page(
		COLUMNS[seen.chosen.view](seen),
		rows,
		total,
		message(seen, trial),
		chart(seen, trial, rows),
		summary(seen, trial),
	)


execute = answers.report(Chosen, build)


# -- the trial --------------------------------------------------------------------------------------


def run_trial(seen: Seen[Chosen]) -> Trial:
	"""Evaluate as of the day before the period, and lay what was bought in the period beside it."""
	known = site_facts.read_facts(seen.policy)
	evaluation = evaluate(known, seen.policy, seen.chosen.as_of)
	scores = evaluation.scores
	at = pd.Index(scores["customer"]).get_indexer(pd.Index(seen.names, dtype=object))
	scored = at >= 0
	scored[scored] = scores["score"].notna().to_numpy()[at[scored]]
	at = at[scored]
	revenue = seen.revenue(known, seen.chosen.from_date, seen.chosen.to_date)
	customers = seen.customers[scored].reset_index(drop=True)
	customers = customers.assign(
		revenue=revenue[scored], bought=_bought(seen, known)[scored], score=scores["score"].to_numpy()[at]
	)
	rules = [one for one in evaluation.scored if one.points is not None]
	points = [_points(one)[at] for one in rules]
	weights = [one.rule.weight for one in rules]
	judged = [
		Judged(one.rule.name, points[k], _missing(one)[at], _mean(points, weights, but=k))
		for k, one in enumerate(rules)
	]
	whole = customers["score"].to_numpy(dtype=np.float64)
	return Trial(customers, Judged("", whole, np.zeros(len(whole), dtype=bool), None), judged)


def _bought(seen: Seen[Chosen], known: Facts) -> Bools:
	"""Who made a purchase that counts in the period, as the back-test has it."""
	ledger = Ledger.build(known, seen.chosen.to_date, companies=tuple(seen.companies))
	days = ledger.purchase_days
	inside = days.codes[days.days > to_day(seen.chosen.as_of)]
	# Whoever has no document is at -1, where nothing was counted.
	count = np.bincount(inside, minlength=ledger.size + 1)
	return np.asarray(count[known.index.get_indexer(pd.Index(seen.names, dtype=object))] > 0)


def _points(one: Scored) -> Floats:
	"""What a rule gave to whom it is about, with its points for the undefined; NaN for all others."""
	points = np.where(np.isnan(one.points), one.rule.points_if_missing, one.points)
	return np.where(one.in_scope, points, np.nan)


def _missing(one: Scored) -> Bools:
	return np.asarray(one.in_scope & np.isnan(one.points), dtype=bool)


def _mean(points: list[Floats], weights: list[float], but: int) -> Floats:
	"""The score as it would be without one rule; NaN where no other is about the customer."""
	others = [k for k in range(len(points)) if k != but]
	total, weight = np.zeros(len(points[but])), np.zeros(len(points[but]))
	for k in others:
		inside = ~np.isnan(points[k])
		total += np.where(inside, weights[k] * np.nan_to_num(points[k]), 0.0)
		weight += np.where(inside, weights[k], 0.0)
	return np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0)


# -- measures ---------------------------------------------------------------------------------------


def rank_correlation(a: Floats, b: Floats) -> float:
	"""Spearman's rank correlation of two arrays, ties by their mean rank, over where both are defined.

	NaN with fewer than ten pairs, or where one of them is the same throughout.
	"""
	pairs = pd.DataFrame({"a": a, "b": b})
	return float(pairs.corr("spearman", min_periods=_FEWEST).loc["a", "b"])


def auc(points: Floats, bought: Bools) -> float:
	"""How often a customer who bought has more points than one who did not; ties count half.

	The area under the ROC curve, by the Mann-Whitney statistic. NaN where all bought or none.
	"""
	known = ~np.isnan(points)
	ranks, bought = pd.Series(points[known]).rank().to_numpy(), bought[known]
	yes, no = int(bought.sum()), int((~bought).sum())
	if not yes or not no or yes + no < _FEWEST:
		return float("nan")
	return float((ranks[bought].sum() - yes * (yes + 1) / 2) / (yes * no))


# -- rows -------------------------------------------------------------------------------------------


def rule_rows(seen: Seen[Chosen], trial: Trial) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""A row per scoring rule in the order of the policy, and the score as a whole."""
	weights = {rule.name: rule.weight for rule in seen.policy.rules}
	metrics = {rule.name: rule.metric or rule.method for rule in seen.policy.rules}
	whole = sum(weights[one.name] for one in trial.rules)
	rows = pd.DataFrame([_measured(one, trial) for one in trial.rules])
	rows = rows.assign(
		rule=[one.name for one in trial.rules],
		rule_label=[rule_label(one.name) for one in trial.rules],
		metric=[metric_label(metrics[one.name]) for one in trial.rules],
		weight=[weights[one.name] / whole * 100 if whole else np.nan for one in trial.rules],
	)
	total = pd.DataFrame([_measured(trial.score, trial)])
	return rows, total.assign(rule="", rule_label=_("Score"), weight=100.0 if whole else np.nan)


def _measured(one: Judged, trial: Trial) -> Row:
	points = one.points[~np.isnan(one.points)]
	alone = one.rest is None
	correlation = trial.correlation if alone else rank_correlation(one.points, trial.revenue)
	adds = np.nan if alone else trial.correlation - rank_correlation(one.rest, trial.revenue)
	return {
		"customers": len(points),
		"missing": int(one.missing.sum()),
		"mean": round(float(points.mean()), 1) if len(points) else np.nan,
		"spread": round(float(points.std()), 1) if len(points) else np.nan,
		"values": len(np.unique(points)),
		"correlation": round(correlation, 3),
		"adds": round(adds, 3),
		"auc": round(auc(one.points, trial.bought), 3),
	}


def point_rows(seen: Seen[Chosen], trial: Trial) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""A row per class of points, the highest first: who was in it, and what he brought afterwards."""
	one = trial.judged(seen.chosen.rule)
	frame = pd.DataFrame({"points": _class_of(one.points), "revenue": trial.revenue, "bought": trial.bought})
	inside = frame[~np.isnan(one.points)]
	rows = _summed(inside.groupby("points"), _CLASSES[::-1])
	rows = rows.assign(points=list(_CLASSES[::-1]), label=[_class_label(end) for end in _CLASSES[::-1]])
	total = _summed(inside.assign(all=0).groupby("all"), (0,))
	return rows, total.assign(points=0, label=_("Total"))


def _class_label(end: int | str) -> str:
	return f"{int(end) - _CLASSES[0]}-{end}"


def _class_of(points: Floats) -> Any:
	"""The upper end of each number's class: 0 to 20, above 20 to 40, and so on."""
	ends = np.array(_CLASSES)
	return ends[np.clip(np.searchsorted(ends, np.nan_to_num(points)), 0, len(ends) - 1)]


def _summed(grouped: Any, keys: Iterable[int]) -> pd.DataFrame:
	sums = grouped.agg(customers=("revenue", "size"), revenue=("revenue", "sum"), bought=("bought", "sum"))
	rows = sums.reindex(list(keys), fill_value=0).reset_index(drop=True)
	return rows.assign(
		revenue=tables.rounded(rows["revenue"]),
		average=tables.ratio(rows["revenue"], rows["customers"]),
		bought_share=tables.ratio(rows["bought"], rows["customers"], 100, 1),
	)


def customer_rows(seen: Seen[Chosen], trial: Trial) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""A row per customer of the chosen class, most points first, and the total."""
	one = trial.judged(seen.chosen.rule)
	chosen = ~np.isnan(one.points)
	if seen.chosen.points:
		chosen &= _class_of(one.points) == seen.chosen.points
	if seen.chosen.missing:
		chosen &= one.missing
	said = np.where(trial.bought, _("Yes"), _("No"))
	rows = trial.customers.assign(points=np.round(one.points, 2), did_buy=said)[chosen]
	rows = rows.sort_values(["points", "revenue", "customer"], ascending=[False, False, True], kind="stable")
	return tables.with_labels(rows), tables.total_revenue(rows)


ROWS = {"Rules": rule_rows, "Points": point_rows, "Customers": customer_rows}


# -- columns ----------------------------------------------------------------------------------------


def _rule_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"rule": "rule"}
	customers = tables.behind(NAME, row, view="Customers", missing=0, points="")
	missing = tables.behind(NAME, row, view="Customers", missing=1, points="")
	points = tables.behind(NAME, row, view="Points")
	return [
		tables.column("rule_label", _("Tier Rule"), "Data", 170),
		tables.column("metric", _("Metric"), "Data", 130),
		tables.column("weight", _("Weight %"), "Percent", 90),
		tables.column("customers", _("Customers"), "Int", 100, behind=customers),
		tables.column("missing", _("Undefined"), "Int", 100, behind=missing),
		tables.column("mean", _("Mean"), "Float", 75, precision=1, behind=points),
		tables.column("spread", _("Spread"), "Float", 80, precision=1, behind=points),
		tables.column("values", _("Levels"), "Int", 75, behind=points),
		tables.column("correlation", _("Correlation"), "Float", 110, precision=3, behind=points),
		tables.column("adds", _("Adds"), "Float", 80, precision=3, behind=points, trend=1),
		tables.column("auc", _("AUC"), "Float", 75, precision=3, behind=points),
	]


def _point_columns(seen: Seen[Chosen]) -> list[Row]:
	row = {"points": "points"}
	customers = tables.behind(NAME, row, view="Customers", missing=0)
	return [
		tables.column("label", _("Points"), "Data", 110),
		tables.column("customers", _("Customers"), "Int", 110, behind=customers),
		tables.column("bought", _("Of Them Bought"), "Int", 130, behind=customers),
		tables.column("bought_share", _("Bought %"), "Percent", 110, behind=customers),
		tables.column("revenue", _("Revenue"), "Currency", 150, behind=customers),
		tables.column("average", _("Revenue per Customer"), "Currency", 170, behind=customers),
	]


def _customer_columns(seen: Seen[Chosen]) -> list[Row]:
	documents = customer_list.documents()
	return [
		*customer_list.columns(seen),
		tables.column("points", _("Points"), "Float", 90, precision=1),
		tables.column("score", _("Score Then"), "Float", 100, precision=1),
		tables.column("did_buy", _("Bought"), "Data", 90),
		tables.column("revenue", _("Revenue"), "Currency", 130, behind=documents),
	]


COLUMNS = {"Rules": _rule_columns, "Points": _point_columns, "Customers": _customer_columns}


# -- around it --------------------------------------------------------------------------------------


def message(seen: Seen[Chosen], trial: Trial) -> list[str]:
	"""What was compared with what, and how to read it."""
	one = seen.chosen.rule if seen.chosen.view != "Rules" else ""
	return [
		_(
			"Points as of {0}, by the published policy {1} and with nothing that came later, beside the revenue of {2}."  # noqa: E501 a sentence is translated whole
		).format(
			sentences.bold(formatdate(seen.chosen.as_of)),
			sentences.by_published(seen),
			sentences.span(seen.chosen.from_date, seen.chosen.to_date),
		),
		*([_("The rule is {0}.").format(sentences.bold(rule_label(one)))] if one else []),
		_(
			"Mean, spread (standard deviation) and levels are of the points that a rule gave. Correlation is Spearman's with the revenue, from -1 to 1. AUC is how often a customer who bought had more points than one who did not: 0.5 is chance. Adds: the score's correlation less that of a score without the rule."  # noqa: E501 a sentence is translated whole
		),
		*_among_all(),
		*_left_aside(seen, trial),
	]


def _among_all() -> list[str]:
	"""For whom customers are hidden: that the points still depend on these."""
	if not reader.is_restricted():
		return []
	return [
		_(
			"Points were given among all customers of all companies: those of a rule that ranks customers also depend on customers whom you do not see."  # noqa: E501 a sentence is translated whole
		)
	]


def _left_aside(seen: Seen[Chosen], trial: Trial) -> list[str]:
	rest = len(seen.customers) - len(trial.customers)
	if not rest:
		return []
	return [_("Customers without a score on that day are left aside: {0}.").format(sentences.bold(rest))]


def _nobody_yet(seen: Seen[Chosen]) -> str:
	return _("None of these customers had a score on {0}. Choose a period that begins later.").format(
		sentences.bold(formatdate(seen.chosen.as_of))
	)


def chart(seen: Seen[Chosen], trial: Trial, rows: pd.DataFrame) -> Row | None:
	"""What each rule adds; or what each class of points brought."""
	if seen.chosen.view == "Points":
		return charts.chart(
			"bar",
			rows["label"].tolist()[::-1],
			{_("Revenue per Customer"): rows["average"].fillna(0).tolist()[::-1]},
			seen.currency,
		)
	if seen.chosen.view == "Rules" and rows["correlation"].notna().any():
		labels = [*rows["rule_label"], _("Score")]
		values = [*rows["correlation"], trial.correlation]
		return charts.chart(
			"bar", labels, {_("Correlation with Revenue"): [0.0 if np.isnan(v) else v for v in values]}
		)
	return None


def summary(seen: Seen[Chosen], trial: Trial) -> list[Row]:
	"""How well the score as a whole foresaw the period."""
	measured = _measured(trial.score, trial)
	bought = int(trial.bought.sum())
	return charts.items(
		charts.item(_("Customers"), len(trial.customers), "Int"),
		charts.item(_("Of Them Bought"), bought, "Int"),
		charts.item(_("Correlation of the Score with Revenue"), _shown(measured["correlation"])),
		charts.item(_("AUC of the Score"), _shown(measured["auc"])),
	)


def _shown(value: float) -> str | None:
	return None if np.isnan(value) else f"{value:.3f}"
