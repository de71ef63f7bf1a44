"""``scores.csv``: one row per customer, written by one run and read back by the next as ``--previous``."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Policy, ladder
from customer_tiering.engine.facts import to_date
from customer_tiering.engine.forecast import in_percent
from customer_tiering.engine.metrics import metric
from customer_tiering.engine.rules import metric_key
from customer_tiering.formulas import guard, unguard
from customer_tiering.sources import sheets
from customer_tiering.sources.files import is_date, read_date
from customer_tiering.sources.sheets import SheetError


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
#: What a scores.csv need not have: one that is older than these columns says nothing of them.
_YOUNGER = ("climbing", "opening_climbing", "opening_as_of")


class PreviousError(ValueError):
	"""A file of previous scores that cannot be read back; the message says why."""


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
	with path.open("w", encoding="utf-8", newline="") as file:
		writer = csv.writer(file, lineterminator="\n")
		writer.writerow([column.name for column in columns])
		writer.writerows(zip(*cells, strict=True))


def metric_columns(policy: Policy) -> list[Column]:
	"""One per metric of the policy, called and measured as the engine does."""
	units = {metric_key(rule): metric(rule.metric).unit for rule in policy.rules if rule.metric}
	return [Column(key, unit) for key, unit in units.items()]


def _texts(values: pd.Series) -> list[str]:
	return ["" if pd.isna(value) else guard(str(value)) for value in values]


def _dates(values: pd.Series) -> list[str]:
	days = values.to_numpy().astype("datetime64[D]")
	return ["" if text == "NaT" else text for text in np.datetime_as_string(days).tolist()]


def _numbers(style: Callable[[float], str], decimals: int) -> Callable[[pd.Series], list[str]]:
	def write(values: pd.Series) -> list[str]:
		rounded = np.round(values.to_numpy(dtype=np.float64, na_value=np.nan), decimals) + 0.0  # no -0.00
		return ["" if number != number else style(number) for number in rounded.tolist()]

	return write


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
	"chance": _numbers(_short, 4),
	"share": _numbers(_short, 6),
	"currency": _numbers("{:.2f}".format, 2),
}


def read_previous(path: Path) -> pd.DataFrame:
	"""The grades that a ``scores.csv`` holds, as :func:`customer_tiering.engine.evaluate` takes them.

	Raises:
		PreviousError: it is no ``scores.csv``; or a date, a row, a customer or another cell in it is wrong.
	"""
	wanted = {column.name: column.kind for column in READ_BACK}
	try:
		heading = sheets.read_heading(path)
		for name in _YOUNGER:
			if name not in heading:
				del wanted[name]
		if missing := [name for name in wanted if name not in heading]:
			raise PreviousError(
				f"{path} is not a scores.csv that this command wrote: it has no column {', '.join(missing)}."
			)
		at = {name: heading.index(name) for name in wanted}
		pieces = [_previous_batch(path, batch, at, wanted) for batch in sheets.read_sheet(path)]
	except SheetError as problem:
		raise PreviousError(f"The previous scores cannot be read. {problem}") from problem
	if not pieces:
		return pd.DataFrame({name: pd.Series(dtype=object) for name in wanted})
	previous = pd.concat(pieces, ignore_index=True)
	twice = previous["customer"][previous["customer"].duplicated()]
	if len(twice):
		raise PreviousError(f"{path} lists customer {twice.iloc[0]} twice; keep one row of each.")
	return previous


def _previous_batch(
	path: Path, batch: sheets.Batch, at: dict[str, int], kinds: dict[str, str]
) -> pd.DataFrame:
	for broken in batch.broken[:1]:
		raise PreviousError(f"{path}, line {broken.line}: {broken.wrong}.")
	rows = [(line, row) for line, row in zip(batch.lines, batch.rows, strict=True) if any(row)]
	columns: dict[str, Any] = {}
	for name, kind in kinds.items():
		texts = [row[at[name]] for _line, row in rows]
		if kind == "climbing":
			_check_climbing(path, name, texts, (line for line, _row in rows))
		if kind in ("text", "climbing"):
			columns[name] = pd.Series([unguard(text) or None for text in texts], dtype=object)
		else:
			lines = (line for line, _row in rows)
			columns[name] = _read_dates(path, name, texts, lines)
	for (line, _row), customer in zip(rows, columns["customer"], strict=True):
		if customer is None:
			raise PreviousError(f"{path}, line {line} has no customer.")
	return pd.DataFrame(columns)


def _check_climbing(path: Path, name: str, texts: Sequence[str], lines: Iterable[int]) -> None:
	sound = {""}
	for line, text in zip(lines, texts, strict=True):
		if text in sound:
			continue
		try:
			ladder.read_climbing(text)
		except ValueError as problem:
			raise PreviousError(f"{path}, line {line}: {name}: {problem}") from problem
		sound.add(text)


def _read_dates(path: Path, name: str, texts: Sequence[str], lines: Iterable[int]) -> np.ndarray:
	known = {text: read_date(text) for text in set(texts) if text}
	for line, text in zip(lines, texts, strict=True):
		if text and not is_date(known[text]):
			raise PreviousError(f"{path}, line {line}: {name} is not a date of the form 2025-01-31.")
	days = [np.datetime64(to_date(known[text])) if text else np.datetime64("NaT", "D") for text in texts]
	return np.array(days, dtype="datetime64[s]")
