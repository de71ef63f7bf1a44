"""docs/scoring.md a second time: plain Python in exact numbers, slow, and apart from the engine.

Rows come as plain dicts with the columns of the facts. A value is the nearest float of an exact number;
all that is reckoned with it is a fraction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
Cuts = dict[str, dict[str, list[float | None]]]
Span = tuple[date, date]

OPTIONAL = ("return_against", "is_purchase", "gross_profit")
RULE: Row = {
	"type": "Score", "metric": "", "window": "Rolling", "window_days": 365, "method": "", "weight": 0.0,
	"points_if_missing": 0.0, "better": "", "buckets": 5, "zero_at": None, "full_at": None, "bands": (),
	"condition": ">=", "value": None, "value_to": None, "tier": "", "company": "", "customer_group": "",
	"territory": "", "customer_type": "",
}  # fmt: skip
POLICY: Row = {
	"rfm_window_days": 0, "grade_prospects": False, "one_step_down": False, "returns_dated": "Return",
	"companies": (), "fiscal_year_start_month": 1, "margin": 0, "reviewed": "Always",
	"rises_between_reviews": False,
}  # fmt: skip
STAGES: Row = {
	"new_days": 90, "default_gap": 90, "min_gap": 7, "max_gap": 180, "at_risk_gaps": 2.0, "lost_gaps": 4.0,
	"lost_days": 180, "trend_days": 180, "growing_factor": 1.2, "declining_factor": 0.8, "loyal_tenure": 365,
	"loyal_purchases": 4, "loyal_days": 365, "trend_against": "Days Before",
}  # fmt: skip
WINDOWLESS = ("Recency", "Tenure")
SEGMENTS = {
	5: ("New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"),
	4: ("Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"),
	3: ("About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"),
	2: ("Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"),
	1: ("Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"),
}


@dataclass
class World:
	"""The facts; ``columns`` are the optional ones of the documents that are there."""

	sales: list[Row]
	customers: list[Row] | None = None
	pipeline: list[Row] = field(default_factory=list)
	parents: dict[str, dict[str, str | None]] = field(default_factory=dict)
	columns: tuple[str, ...] = OPTIONAL


@dataclass
class Document:
	customer: str
	name: str
	company: str
	day: date
	amount: Fraction
	profit: Fraction | None
	is_return: bool
	against: str | None
	counts: bool


@dataclass
class State:
	"""Where a customer stands on the ladder."""

	tier: str | None = None
	tier_since: date | None = None
	earned: str | None = None
	earned_since: date | None = None
	below: date | None = None
	falls_on: date | None = None
	falls_to: str | None = None
	climbing: dict[str, date] = field(default_factory=dict)
	rises_on: date | None = None
	rises_to: str | None = None
	seen: date | None = None


def written(number: float) -> Fraction:
	"""What the shortest decimal number says that a float stands for."""
	return Fraction(repr(float(number)))


def money(amount: float) -> Fraction:
	return Fraction(Decimal(repr(float(amount))).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def total(documents: Iterable[Document]) -> Fraction:
	return sum((document.amount for document in documents), Fraction(0))


# Facts


def seen(rows: list[Row], policy: Row, as_of: date) -> list[Document]:
	"""The documents that the evaluation sees, and which of them count as purchases."""
	documents = [
		_document(row)
		for row in rows
		if row["posting_date"] <= as_of and (not policy["companies"] or row["company"] in policy["companies"])
	]
	sold: dict[tuple[str, str | None], list[Document]] = {}
	returned: dict[tuple[str, str | None], list[Document]] = {}
	for doc in documents:
		group, name = (returned, doc.against) if doc.is_return else (sold, doc.name)
		group.setdefault((doc.customer, name), []).append(doc)
	for key, own in returned.items():
		if key not in sold:
			continue
		if total(sold[key]) + total(own) <= 0:
			for doc in sold[key]:
				doc.counts = False
		if policy["returns_dated"] == "Original":
			for doc in own:
				doc.day = min(sale.day for sale in sold[key])
	return documents


def _document(row: Row) -> Document:
	amount, profit = money(row["net_amount"]), row.get("gross_profit")
	return Document(
		row["customer"],
		row["document"],
		row["company"],
		row["posting_date"],
		amount,
		profit=None if profit is None else money(profit),
		is_return=row["is_return"],
		against=row.get("return_against"),
		counts=amount > 0 and not row["is_return"] and row.get("is_purchase") is not False,
	)


# Metrics


def last(days: int, until: date) -> Span:
	return until - timedelta(days - 1), until


def spans(rule: Row, month: int, as_of: date) -> tuple[Span, Span | None]:
	"""The window of a rule, and the equal one before it."""
	if rule["window"] == "Rolling":
		now = last(rule["window_days"], as_of)
		return now, last(rule["window_days"], now[0] - timedelta(1))
	if rule["window"] == "All Time":
		return (date.min, as_of), None
	begin = date(as_of.year - (as_of.month < month), month, 1)
	day = 28 if (as_of.month, as_of.day) == (2, 29) else as_of.day
	return (begin, as_of), (begin.replace(year=begin.year - 1), as_of.replace(year=as_of.year - 1, day=day))


def within(documents: list[Document], span: Span) -> list[Document]:
	return [document for document in documents if span[0] <= document.day <= span[1]]


def metric(rule: Row, policy: Row, documents: list[Document], as_of: date) -> float | None:
	"""The value of a rule's metric for one customer, None where it is undefined."""
	now, before = spans(rule, policy["fiscal_year_start_month"], as_of)
	earlier = total(within(documents, before)) if before else Fraction(0)
	value = _exact(rule["metric"], documents, within(documents, now), earlier, as_of)
	return None if value is None else float(value)


def _exact(
	name: str, known: list[Document], documents: list[Document], earlier: Fraction, as_of: date
) -> Fraction | None:
	revenue = total(documents)
	if name == "Return Rate %":
		positive = total(doc for doc in documents if doc.amount > 0)
		return -total(doc for doc in documents if doc.is_return) * 100 / positive if positive else None
	days = sorted(doc.day for doc in known if doc.counts)
	purchases = [doc for doc in documents if doc.counts]
	profits = [doc.profit for doc in documents]
	profit = None if None in profits else sum((p for p in profits if p is not None), Fraction(0))
	if not days:
		return None
	if name == "Revenue":
		return revenue
	if name == "Invoice Count":
		return Fraction(len(purchases))
	if name == "Purchase Days":
		return Fraction(len({doc.day for doc in purchases}))
	if name == "Recency":
		return Fraction((as_of - days[-1]).days)
	if name == "Tenure":
		return Fraction((as_of - days[0]).days)
	if name == "Average Order Value":
		return revenue / len(purchases) if purchases else None
	if name == "Gross Profit":
		return profit
	if name == "Gross Margin %":
		return None if profit is None or revenue <= 0 else profit * 100 / revenue
	assert name == "Revenue Growth %"
	return (revenue - earlier) * 100 / earlier if earlier > 0 else None


def column(rule: Row) -> str:
	"""What the metric is called in the scores."""
	windows = {"Rolling": f"_{rule['window_days']}d", "All Time": "_all", "Fiscal Year": "_fytd"}
	name = rule["metric"].replace("%", "pct").replace(" ", "_").lower()
	name += "" if rule["metric"] in WINDOWLESS else windows[rule["window"]]
	return f"{name}_{rule['company']}" if rule["company"] else name


def less_is_better(rule: Row) -> bool:
	return rule["better"] == "Lower" if rule["better"] else rule["metric"] in ("Recency", "Return Rate %")


# Points


def bucket(value: float, values: list[float], buckets: int, less: bool) -> int:
	worse = sum(other > value if less else other < value for other in values)
	equal = sum(other == value for other in values)
	return min(buckets, 1 + math.floor(buckets * (worse + Fraction(equal, 2)) / len(values)))


def bucket_cuts(values: list[float], buckets: int, less: bool) -> list[float | None]:
	least = max if less else min
	placed = [(bucket(value, values, buckets, less), value) for value in values]
	return [least((v for b, v in placed if b >= above), default=None) for above in range(2, buckets + 1)]


def bucket_by_cuts(value: float, cuts: list[float | None], less: bool) -> int:
	return 1 + sum(cut is not None and (value <= cut if less else value >= cut) for cut in cuts)


def shares(values: list[float]) -> dict[float, Fraction]:
	"""The share before each value."""
	before = {value: sum((written(v) for v in values if v > value), Fraction(0)) for value in values}
	exact = {value: 100 * larger / sum(map(written, values)) for value, larger in before.items()}
	if any(written(value) * 10**4 % 1 for value in values):  # a ratio
		return {value: Fraction(round(share * 10**9), 10**9) for value, share in exact.items()}
	return exact


def row_by_share(value: float, values: list[float], rule: Row) -> int:
	"""The row of a Pareto rule that a value is in; the number of rows where it is beyond the last."""
	rows, share = rule["bands"], shares(values)[value]
	found = (index for index, row in enumerate(rows) if written(row["up_to_share"]) > share)
	return next(found, len(rows) - (rows[-1]["up_to_share"] >= 100))


def row_cuts(values: list[float], rule: Row) -> list[float | None]:
	"""From the worst row up."""
	placed = [(row_by_share(value, values, rule), value) for value in values]
	rows = len(rule["bands"]) - (rule["bands"][-1]["up_to_share"] >= 100)
	return [min((v for row, v in placed if row <= index), default=None) for index in reversed(range(rows))]


def row_by_cuts(value: float, cuts: list[float | None]) -> int:
	return len(cuts) - sum(cut is not None and value >= cut for cut in cuts)


def points(rule: Row, value: float | None, stage: str, place: Callable[[float], int]) -> Fraction:
	"""What a Score rule gives; ``place`` tells the bucket or the row."""
	rows = rule["bands"]
	if rule["method"] == "By Stage":
		return next((written(row["points"]) for row in rows if row["stage"] == stage), Fraction(0))
	if value is None:
		return written(rule["points_if_missing"])
	if rule["method"] == "Bands":
		reached = [row for row in rows if value >= row["at_least"]]
		best = max(reached, key=lambda row: row["at_least"], default={"points": 0})
		return written(best["points"])
	if rule["method"] == "Linear":
		zero, full = written(rule["zero_at"]), written(rule["full_at"])
		return min(Fraction(100), max(Fraction(0), (written(value) - zero) * 100 / (full - zero)))
	if rule["method"] == "Quantile":
		return Fraction(100 * place(value), rule["buckets"])
	assert rule["method"] == "Pareto"
	row = place(value) if value > 0 else len(rows)
	return written(rows[row]["points"]) if row < len(rows) else Fraction(0)


def population_cuts(rule: Row, values: list[float]) -> list[float | None]:
	if rule["method"] == "Pareto":
		return row_cuts([value for value in values if value > 0], rule)
	return bucket_cuts(values, rule["buckets"], less_is_better(rule))


def placing(rule: Row, values: list[float] | None, cuts: list[float | None]) -> Callable[[float], int]:
	"""How a value is placed: among the values of the population, or by its cut points alone."""
	less = less_is_better(rule)
	if rule["method"] == "Pareto":
		if values is None:
			return lambda value: row_by_cuts(value, cuts)
		positive = [value for value in values if value > 0]
		return lambda value: row_by_share(value, positive, rule)
	if values is None:
		return lambda value: bucket_by_cuts(value, cuts, less)
	return lambda value: bucket(value, values, rule["buckets"], less)
