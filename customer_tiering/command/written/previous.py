"""``--previous``: the ``scores.csv`` of the last run, as written or as a spreadsheet saved it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.command.written.scores import READ_BACK
from customer_tiering.engine import ladder
from customer_tiering.engine.facts import Ints
from customer_tiering.formulas import unguard
from customer_tiering.sources.tables import sources as tables
from customer_tiering.sources.tables.table import OTHER, Cells, Table, TableError, as_text
from customer_tiering.sources.understanding import dates, names

#: What a scores.csv need not have: one that is older than these columns says nothing of them.
_YOUNGER = ("climbing", "opening_climbing", "opening_as_of")
#: Dates by which the order of day and month can be checked: the last is so many days before the first.
_CHECKED = ("as_of", "last_purchase", "recency_days")


class PreviousError(ValueError):
	"""A file of previous scores that cannot be read back; the message says why, and what to do."""


def read_previous(path: Path, encoding: str = "") -> pd.DataFrame:
	"""The grades that a ``scores.csv`` holds, as :func:`customer_tiering.engine.evaluate` takes them.

	Args:
		path: as this command wrote it, or as a spreadsheet saved it again.
		encoding: of text, if the user said which.

	Raises:
		PreviousError: it is no ``scores.csv``; or a date, a row, a customer or another cell in it is wrong.
	"""
	wanted = {column.name: column.kind for column in READ_BACK}
	try:
		source = tables.look([path], lambda heading: len(wanted.keys() & {*heading}), encoding).sources[0]
		heading = source.heading.names
		for name in _YOUNGER:
			if name not in heading:
				del wanted[name]
		if missing := [name for name in wanted if name not in heading]:
			raise PreviousError(
				f"{path} is not a scores.csv that this command wrote: it has no column {', '.join(missing)}."
			)
		at = {name: heading.index(name) for name in (*wanted, *_CHECKED) if name in heading}
		table = tables.read(source, dict.fromkeys(at.values(), OTHER))
	except TableError as problem:
		raise PreviousError(f"The previous scores cannot be read. {problem}") from problem
	for broken in table.broken[:1]:
		raise PreviousError(f"{path}, line {broken.line}: {broken.wrong}.")
	cells = {name: table.columns[place] for name, place in at.items()}
	return _checked(path, _typed(path, table, cells, wanted), table)


def _typed(path: Path, table: Table, cells: dict[str, Cells], wanted: dict[str, str]) -> pd.DataFrame:
	columns: dict[str, Any] = {}
	order = _order(path, [cells[name] for name, kind in wanted.items() if kind == "date"], cells)
	for name, kind in wanted.items():
		if kind == "climbing":
			_refuse(path, table, name, cells[name], _what_is_wrong_with_climbing)
		if kind == "date":
			columns[name] = _days(path, table, name, cells[name], order)
		else:
			if name == "customer":
				_refuse(path, table, name, cells[name], _what_is_cut)
			columns[name] = cells[name].each(lambda cell: unguard(as_text(cell).strip()) or None, object)
	return pd.DataFrame(columns).astype({name: object for name, kind in wanted.items() if kind != "date"})


def _checked(path: Path, previous: pd.DataFrame, table: Table) -> pd.DataFrame:
	nobody = previous["customer"].isna().to_numpy()
	if nobody.any():
		raise PreviousError(f"{path}, line {table.lines[np.argmax(nobody)]} has no customer.")
	twice = previous["customer"][previous["customer"].duplicated()]
	if len(twice):
		raise PreviousError(f"{path} lists customer {twice.iloc[0]} twice; keep one row of each.")
	return previous


def _order(path: Path, columns: Sequence[Cells], cells: dict[str, Cells]) -> str:
	"""The order of day and month that the dates bear out, or else the days between two of them."""
	seen = dates.evidence(cell for column in columns for cell in column.known)
	order = seen.order()
	if order is None:
		fits = [one for one in dates.ORDERS if _fits(cells, one)]
		if len(fits) != 1:
			raise PreviousError(
				f"{path}: the date {seen.open} may be read in two ways. Write the dates as 2025-01-31, or "
				"use the file as this command wrote it."
			)
		order = fits[0]
	return order


def _fits(cells: dict[str, Cells], order: str) -> bool:
	"""Whether every last purchase lies as many days before the as-of date as the file says, and one does."""
	if any(name not in cells for name in _CHECKED):
		return False
	as_of, last = (
		cells[name].each(lambda cell: dates.read_date(cell, order), np.int64) for name in _CHECKED[:2]
	)
	gap = cells["recency_days"].each(_whole, np.int64)
	told = gap >= 0
	return bool(told.any()) and bool((as_of - last == gap)[told].all())


def _whole(cell: Any) -> int:
	text = as_text(cell).strip()
	return int(text) if text.isdigit() else -1


def _days(path: Path, table: Table, name: str, cells: Cells, order: str) -> Any:
	days: Ints = cells.each(lambda cell: dates.read_date(cell, order), np.int64)
	wrong = ~(days > dates.OUTSIDE) & (days != dates.MISSING)
	if wrong.any():
		at = int(np.argmax(wrong))
		raise PreviousError(
			f"{path}, line {table.lines[at]}: {name} is not a date of the form 2025-01-31: {cells.text(at)}."
		)
	found = days.astype("datetime64[D]")
	found[days == dates.MISSING] = np.datetime64("NaT", "D")
	return found.astype("datetime64[s]")


def _refuse(path: Path, table: Table, name: str, cells: Cells, what: Callable[[Any], str]) -> None:
	for at, cell in enumerate(cells.known):
		if problem := what(cell):
			line = table.lines[int(np.argmax(cells.codes == at))]
			raise PreviousError(f"{path}, line {line}: {name}: {problem}")


def _what_is_cut(cell: Any) -> str:
	return (
		f"{as_text(cell)} is a number that a spreadsheet has cut; use the file as it was written."
		if names.is_cut(cell)
		else ""
	)


def _what_is_wrong_with_climbing(cell: Any) -> str:
	try:
		if cell:
			ladder.read_climbing(as_text(cell))
	except ValueError as problem:
		return str(problem)
	return ""
