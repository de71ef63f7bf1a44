"""What an evaluation leaves behind as files: ``scores.csv``, read back as ``--previous``, and a summary."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Facts, Policy
from customer_tiering.engine.evaluate import metric_key
from customer_tiering.engine.facts import DECIMALS, Floats, to_date
from customer_tiering.engine.metrics import metric
from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.engine.stages import STAGES
from customer_tiering.formulas import guard, unguard
from customer_tiering.sources import tables
from customer_tiering.sources.documents import Selection
from customer_tiering.sources.files import Bad, read_date
from customer_tiering.sources.tables import TableError

#: Name in scores.csv, name in the engine's scores, and how it is written; the metrics come in between.
COLUMNS = (
	("customer", "customer", "text"),
	("tier", "tier", "text"),
	("score", "score", "number"),
	("lifecycle_stage", "lifecycle_stage", "text"),
	("rfm_segment", "rfm_segment", "text"),
	("r", "recency_score", "rating"),
	("f", "frequency_score", "rating"),
	("m", "monetary_score", "rating"),
	("first_purchase", "first_purchase", "date"),
	("last_purchase", "last_purchase", "date"),
	("recency_days", "recency_days", "count"),
	("purchases", "purchases", "count"),
	("purchase_amount", "purchase_amount", "money"),
)
STATE = (
	("as_of", "as_of", "date"),
	("tier_since", "tier_since", "date"),
	("earned_tier", "earned_tier", "text"),
	("earned_since", "earned_since", "date"),
	("below_since", "below_since", "date"),
	("opening_tier", "opening_tier", "text"),
	("opening_tier_since", "opening_tier_since", "date"),
	("opening_earned_tier", "opening_earned_tier", "text"),
	("opening_earned_since", "opening_earned_since", "date"),
	("opening_below_since", "opening_below_since", "date"),
)
_UNITS = {"currency": "money", "count": "count", "days": "count", "percent": "number"}
_NUMBER = re.compile(r"[+-]?[\d.,]+([eE][+-]?\d+)?")


class PreviousError(ValueError):
	"""A file of previous scores that cannot be read back; the message says why."""


@contextmanager
def staged(out: Path) -> Iterator[Path]:
	"""A folder whose files move to ``out`` when all went well; else nothing is left of them."""
	created = not out.exists()
	out.mkdir(parents=True, exist_ok=True)
	stage = Path(tempfile.mkdtemp(prefix=".customer-tiering-", dir=out))
	try:
		yield stage
		for file in sorted(stage.iterdir()):
			os.replace(file, out / file.name)
	finally:
		shutil.rmtree(stage, ignore_errors=True)
		if created and not any(out.iterdir()):
			out.rmdir()


# -- scores.csv ----------------------------------------------------------------------------------


def write_scores(path: Path, evaluation: Evaluation) -> None:
	"""One row per customer, in order of customer."""
	scores = evaluation.scores.assign(as_of=pd.Timestamp(evaluation.as_of))
	columns = (*COLUMNS, *_metrics(evaluation.policy), *STATE)
	cells = [_FORMATS[kind](scores[column]) for _name, column, kind in columns]
	with path.open("w", encoding="utf-8", newline="") as file:
		writer = csv.writer(file, lineterminator="\n")
		writer.writerow([name for name, _column, _kind in columns])
		writer.writerows(zip(*cells, strict=True))


def _metrics(policy: Policy) -> list[tuple[str, str, str]]:
	kinds = {metric_key(rule): _UNITS[metric(rule.metric).unit] for rule in policy.rules if rule.metric}
	return [(key, key, kind) for key, kind in kinds.items()]


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


_FORMATS: dict[str, Callable[[pd.Series], list[str]]] = {
	"text": _texts,
	"date": _dates,
	"rating": _ratings,
	"count": _numbers(_short, 0),
	"number": _numbers(_short, 2),
	"money": _numbers("{:.2f}".format, 2),
}


def read_previous(path: Path) -> pd.DataFrame:
	"""The grades that a ``scores.csv`` holds, as :func:`customer_tiering.engine.evaluate` takes them.

	Raises:
		PreviousError: it is no ``scores.csv``; or a date, a row or a customer in it is wrong.
	"""
	wanted = {name: kind for name, _column, kind in (*COLUMNS[:2], COLUMNS[3], *STATE)}
	try:
		heading = tables.heading(path)
		if missing := [name for name in wanted if name not in heading]:
			raise PreviousError(
				f"{path} is not a scores.csv that this command wrote: it has no column {', '.join(missing)}."
			)
		at = {name: heading.index(name) for name in wanted}
		pieces = [_previous_batch(path, batch, at, wanted) for batch in tables.batches(path)]
	except TableError as problem:
		raise PreviousError(f"The previous scores cannot be read. {problem}") from problem
	if not pieces:
		return pd.DataFrame({name: pd.Series(dtype=object) for name in wanted})
	previous = pd.concat(pieces, ignore_index=True)
	twice = previous["customer"][previous["customer"].duplicated()]
	if len(twice):
		raise PreviousError(f"{path} lists customer {twice.iloc[0]} twice; keep one row of each.")
	return previous


def _previous_batch(
	path: Path, batch: tables.Batch, at: dict[str, int], kinds: dict[str, str]
) -> pd.DataFrame:
	for broken in batch.broken[:1]:
		raise PreviousError(f"{path}, line {broken.line}: {broken.wrong}.")
	rows = [(line, row) for line, row in zip(batch.lines, batch.rows, strict=True) if any(row)]
	columns: dict[str, Any] = {}
	for name, kind in kinds.items():
		texts = [row[at[name]] for _line, row in rows]
		if kind == "text":
			columns[name] = pd.Series([unguard(text) or None for text in texts], dtype=object)
		else:
			lines = (line for line, _row in rows)
			columns[name] = _read_dates(path, name, texts, lines)
	for (line, _row), customer in zip(rows, columns["customer"], strict=True):
		if customer is None:
			raise PreviousError(f"{path}, line {line} has no customer.")
	return pd.DataFrame(columns)


def _read_dates(path: Path, name: str, texts: Sequence[str], lines: Iterable[int]) -> np.ndarray:
	known = {text: read_date(text) for text in set(texts) if text}
	for line, text in zip(lines, texts, strict=True):
		if text and known[text] <= -(10**8):
			raise PreviousError(f"{path}, line {line}: {name} is not a date of the form 2025-01-31.")
	days = [np.datetime64(to_date(known[text])) if text else np.datetime64("NaT") for text in texts]
	return np.array(days, dtype="datetime64[s]")


# -- rejects.csv ---------------------------------------------------------------------------------


class Rejects:
	"""Writes bad rows as they are found: file, line, reason, and the row as it was."""

	def __init__(self, file: TextIO, headings: Iterable[Sequence[str]]):
		self.names = list(dict.fromkeys(name for heading in headings for name in heading))
		self.writer = csv.writer(file, lineterminator="\n")
		self.writer.writerow([*("file", "line", "reason"), *map(guard, self.names)])
		self.places: dict[tuple[str, ...], list[int]] = {}

	def __call__(self, bad: Bad, heading: Sequence[str]) -> None:
		key = tuple(heading)
		if key not in self.places:
			self.places[key] = [self.names.index(name) for name in heading]
		cells = [""] * len(self.names)
		for place, cell in zip(self.places[key], bad.cells, strict=False):
			cells[place] = _as_it_was(cell)
		extra = map(_as_it_was, bad.cells[len(heading) :])
		self.writer.writerow([guard(bad.file), bad.line, bad.told, *cells, *extra])


def _as_it_was(cell: str) -> str:
	"""A bad row's cell: guarded, but not a negative amount; a lone carriage return would split the row."""
	text = cell.replace("\r\n", "\n").replace("\r", "\n")
	return text if _NUMBER.fullmatch(text) else guard(text)


# -- summary.json --------------------------------------------------------------------------------


def summarise(evaluation: Evaluation, selection: Selection) -> dict[str, Any]:
	"""Counts and revenue of all customers, by tier, stage and segment; each adds up to the total.

	Revenue is the net amount of every document that is not left out, up to the as-of date.
	"""
	scores, policy = evaluation.scores, evaluation.policy
	revenue = _revenue(selection.facts)
	tiers = [tier.name for tier in reversed(policy.tiers)]
	never = scores["first_purchase"].isna().to_numpy()
	has_documents = np.bincount(selection.facts.codes, minlength=len(scores)) > 0
	returns_only = never & has_documents
	return {
		"as_of": evaluation.as_of.isoformat(),
		"policy": {"name": policy.name, "hash": policy.hash},
		"rows_graded": len(selection.facts.sales),
		"rows_left_out": {
			key: {"rows": out.rows, "net_amount": out.net_amount} for key, out in selection.left_out.items()
		},
		"customers": len(scores),
		"revenue": _money(revenue.sum()),
		"without_purchase": {
			"customers": int(never.sum()),
			"of_these_with_documents": int(returns_only.sum()),
			"revenue": _money(revenue[never].sum()),
		},
		"tiers": _by(scores["tier"], tiers, revenue),
		"stages": _by(scores["lifecycle_stage"], STAGES, revenue),
		"segments": _by(scores["rfm_segment"], SEGMENTS, revenue),
	}


def _revenue(facts: Facts) -> Floats:
	"""Net amount per customer."""
	amounts = facts.sales["net_amount"].to_numpy(dtype=np.float64)
	return np.round(np.bincount(facts.codes, weights=amounts, minlength=len(facts.index)), DECIMALS)


def _by(values: pd.Series, names: Sequence[str], revenue: Floats) -> list[dict[str, Any]]:
	"""One entry per name, and one with the name null for the customers who have none, if there are any."""
	held = values.to_numpy(dtype=object)
	total = revenue.sum()
	rows = []
	for name in (*names, None):
		mine = pd.isna(held) if name is None else held == name
		if name is None and not mine.any():
			continue
		amount = revenue[mine].sum()
		share = round(float(amount / total * 100), 2) + 0.0 if total > 0 else None
		rows.append(
			{"name": name, "customers": int(mine.sum()), "revenue": _money(amount), "share_percent": share}
		)
	return rows


def _money(amount: float) -> float:
	return round(float(amount), DECIMALS) + 0.0


def write_summary(path: Path, summary: dict[str, Any]) -> None:
	"""As JSON that a person can read."""
	text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
	path.write_text(text, encoding="utf-8", errors="backslashreplace")  # a path may hold any bytes
