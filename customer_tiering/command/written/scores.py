"""``scores.csv``: one row per customer, written by one run and read back by the next."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Policy, ladder
from customer_tiering.engine.facts import Ints, factorized
from customer_tiering.engine.forecast import in_percent
from customer_tiering.engine.metrics import metric
from customer_tiering.engine.rules import metric_key
from customer_tiering.formulas import guard


class Column(NamedTuple):
	"""A column's name, how its cells are written, and its name in the engine's scores if that is another."""

	name: str
	kind: str
	engine_name: str = ""


#: The policy's metrics stand between these two.
GRADE = (
	Column("customer", "text"),
	Column("tier", "text"),
	Column("score", "score"),
	Column("lifecycle_stage", "text"),
	Column("rfm_segment", "text"),
	Column("r", "rating", "recency_score"),
	Column("f", "rating", "frequency_score"),
	Column("m", "rating", "monetary_score"),
	Column("first_purchase", "date"),
	Column("last_purchase", "date"),
	Column("recency_days", "days"),
	Column("purchases", "count"),
	Column("purchase_amount", "currency"),
)
#: All that the ladder carries on but the tier, which is above; and all of it as it was when the day began.
STATE = tuple(
	Column(
		name, "climbing" if "climbing" in name else "date" if name.endswith(("as_of", "_since")) else "text"
	)
	for name in ("as_of", *ladder.STATE[1:], *ladder.OPENING)
)
#: What is to come, where anything was foreseen.
FORECAST = (
	Column("chance_to_buy", "chance"),
	Column("expected_purchases", "share"),
	Column("expected_value", "currency"),
)
#: What the next run has to know.
READ_BACK = (*(column for column in GRADE if column.name in ("customer", "tier", "lifecycle_stage")), *STATE)


def write_scores(path: Path, evaluation: Evaluation, forecasts: pd.DataFrame | None = None) -> None:
	"""One row per customer, in order of customer; with what is foreseen of them, if anything is.

	Args:
		path: where to.
		evaluation: the grades.
		forecasts: of the same customers, in place of those that the evaluation went by.
	"""
	scores = evaluation.scores.assign(as_of=pd.Timestamp(evaluation.as_of))
	if forecasts is not None:
		scores = scores.assign(**in_percent(forecasts))
	columns = [*GRADE, *metric_columns(evaluation.policy), *STATE]
	if forecasts is not None or evaluation.forecast is not None:
		foreseen = {column.name for column in FORECAST}
		columns = [*(column for column in columns if column.name not in foreseen), *FORECAST]
	cells = [_FORMATS[column.kind](scores[column.engine_name or column.name]) for column in columns]
	with path.open("w", encoding="utf-8-sig", newline="") as file:  # else Excel takes it for Latin letters
		writer = csv.writer(file, lineterminator="\n")
		writer.writerow([column.name for column in columns])
		writer.writerows(zip(*cells, strict=True))


def metric_columns(policy: Policy) -> list[Column]:
	"""One per metric of the policy, called and measured as the engine does."""
	units = {metric_key(rule): metric(rule.metric).unit for rule in policy.rules if rule.metric}
	return [Column(key, unit) for key, unit in units.items()]


def _texts(values: pd.Series) -> list[str]:
	codes, known = factorized(values)
	return _laid_out([guard(str(name)) for name in known], codes)


def _dates(values: pd.Series) -> list[str]:
	known, codes = np.unique(values.to_numpy().astype("datetime64[D]"), return_inverse=True)
	return _laid_out(["" if text == "NaT" else text for text in np.datetime_as_string(known).tolist()], codes)


def _laid_out(known: list[str], codes: Ints) -> list[str]:
	"""By row, each distinct text written once; -1 is none."""
	found: list[str] = np.array([*known, ""], dtype=object)[codes].tolist()
	return found


def _numbers(style: Callable[[float], str], decimals: int) -> Callable[[pd.Series], list[str]]:
	def write(values: pd.Series) -> list[str]:
		rounded = np.round(values.to_numpy(dtype=np.float64, na_value=np.nan), decimals) + 0.0  # no -0.00
		return ["" if number != number else style(number) for number in rounded.tolist()]

	return write


def _chances(values: pd.Series) -> list[str]:
	"""Percent, as the probability that they are: what is in percent in these files says so by its name."""
	return _numbers(_short, 6)(values / 100)


def _short(number: float) -> str:
	return str(int(number)) if number == int(number) else repr(number)


def _ratings(values: pd.Series) -> list[str]:
	"""1 to 5; nothing for who never purchased."""
	return [str(value) if value else "" for value in values.tolist()]


#: By kind of cell; that of a metric is its unit.
_FORMATS: dict[str, Callable[[pd.Series], list[str]]] = {
	"text": _texts,
	"climbing": _texts,
	"date": _dates,
	"rating": _ratings,
	"score": _numbers(_short, 2),
	"count": _numbers(_short, 0),
	"days": _numbers(_short, 0),
	"percent": _numbers(_short, 2),
	"chance": _chances,
	"share": _numbers(_short, 6),
	"currency": _numbers("{:.2f}".format, 2),
}
