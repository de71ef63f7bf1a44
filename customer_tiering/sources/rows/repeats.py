"""Documents listed more than once: their lines, the same again, or an older state in another file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import DECIMALS, Bools, Ints, factorized
from customer_tiering.sources.decided import Decision, many, money
from customer_tiering.sources.understanding.columns import ColumnsError

AGAIN = "document ID listed again with another customer, date or state"
OTHER_AMOUNT = "document ID listed again with another amount"
TWO_DOCUMENTS = "document ID listed in another file with another customer and date"
_STATE = ("docstatus", "aside", "is_return")
NoteBad = Callable[[str, Bools], None]


def fold(
	frame: pd.DataFrame, tables: Sequence[str], are_totals: Sequence[bool], lines: bool | None, note: NoteBad
) -> tuple[pd.DataFrame, list[Decision]]:
	"""One row per document.

	Args:
		frame: good rows, with ``table`` and all that :func:`pieces.typed` gives; ``empty`` says that a row's
			amount is empty.
		tables: the names of the tables.
		are_totals: for each table, whether its amounts are known to be of whole documents.
		lines: whether rows are lines, where the user says so.
		note: is told rows that are bad, as a mask over the frame.

	Returns:
		The frame with ``rows``: how many rows of the files each document is; and what was decided.

	Raises:
		ColumnsError: it cannot be known whether equal rows are lines.
	"""
	again = _repeated(frame)
	lonely = frame.pop("empty").to_numpy(dtype=bool)
	work = _Work(frame, np.flatnonzero(again), lonely, tables, note)
	told: list[Decision] = []
	if again.any():
		told += _continued(work)
		for table in range(len(tables)):
			told += _fold_in_table(work, table, are_totals[table], lines)
		told += _fold_over_tables(work)
	work.bad("no amount", np.flatnonzero(lonely & ~again & ~work.gone))
	work.write()
	return (frame[~work.gone].reset_index(drop=True) if work.gone.any() else frame), told


def _repeated(frame: pd.DataFrame) -> Bools:
	"""Rows whose document is listed in another row too; what is no document of its own is not looked at."""
	again: Bools = frame["document"].duplicated(keep=False).to_numpy(copy=True)
	if again.any():
		again &= ~frame["aside"].isin(("item_row", "no_sale")).to_numpy()
	return again


class _Work:
	"""The rows that are repeated, by position in the frame, and what becomes of them.

	Attributes:
		at: the positions, shape (repeated,); ``code``: a number for the document of each.
		gone: rows that are part of another, or bad, shape (rows,).
		rows: how many rows of the files each row stands for, shape (rows,).
	"""

	def __init__(self, frame: pd.DataFrame, at: Ints, empty: Bools, tables: Sequence[str], note: NoteBad):
		self.frame, self.at, self.tables, self.note = frame, at, tables, note
		self.empty = empty
		self.gone = np.zeros(len(frame), dtype=bool)
		self.rows = np.ones(len(frame), dtype=np.int64)
		self.code = np.zeros(len(frame), dtype=np.int64)
		self.code[at] = factorized(frame["document"].to_numpy(dtype=object)[at])[0]
		self.values: dict[str, Any] = {
			name: frame[name].to_numpy(copy=True) for name in ("net_amount", "gross_profit") if name in frame
		}
		self.table, self.day = frame["table"].to_numpy(), frame["day"].to_numpy()
		self.customer = frame["customer"].cat.codes.to_numpy(copy=True)
		self.aside = frame["aside"].cat.codes.to_numpy(copy=True)

	def column(self, name: str) -> Any:
		"""A column as numbers."""
		if name in ("customer", "aside"):
			return getattr(self, name)
		values = self.frame[name]
		return (
			values.cat.codes.to_numpy()
			if isinstance(values.dtype, pd.CategoricalDtype)
			else values.to_numpy()
		)

	def bad(self, reason: str, rows: Ints) -> None:
		if len(rows):
			mask = np.zeros(len(self.gone), dtype=bool)
			mask[rows] = True
			self.note(reason, mask)
			self.gone |= mask

	def write(self) -> None:
		"""Put what has changed into the frame."""
		self.frame["rows"] = self.rows
		if len(self.at):
			for name, values in self.values.items():
				self.frame[name] = values
			for name in ("customer", "aside"):
				known = self.frame[name].cat.categories
				self.frame[name] = pd.Categorical.from_codes(getattr(self, name), known)

	def left(self, rows: Ints) -> _Groups:
		"""Those of some rows that are left and whose document more than one of them lists."""
		rows = rows[~self.gone[rows]]
		_, group, size = np.unique(self.code[rows], return_inverse=True, return_counts=True)
		return _Groups(rows[size[group] > 1], self.code)


class _Groups:
	"""Rows by document: ``rows``, the ``group`` of each, and the ``first`` row of each group."""

	def __init__(self, rows: Ints, code: Ints):
		self.rows = rows
		_, self.group = np.unique(code[rows], return_inverse=True)
		self.count = int(self.group.max(initial=-1)) + 1
		self.first = np.zeros(self.count, dtype=np.int64)
		self.first[self.group[::-1]] = rows[::-1]

	def differ(self, values: Any) -> Bools:
		"""Per group, whether its rows do not all have one value."""
		return self.any(values[self.rows] != values[self.first[self.group]])

	def any(self, rows: Bools) -> Bools:
		"""Per group, whether it holds for any of its rows."""
		return np.bincount(self.group[rows], minlength=self.count) > 0

	def only(self, groups: Bools, code: Ints) -> _Groups:
		"""Some of the groups."""
		return _Groups(self.rows[groups[self.group]], code)

	@property
	def others(self) -> Ints:
		"""All rows but the first of each group."""
		found: Ints = self.rows[self.rows != self.first[self.group]]
		return found


def _continued(work: _Work) -> list[Decision]:
	"""Rows without an amount go on with a document that has one in another row of the table."""
	empty = work.at[work.empty[work.at]]
	if not len(empty):
		return []
	full = work.at[~work.empty[work.at]]
	first = pd.Series(full, index=pd.MultiIndex.from_arrays([work.table[full], work.code[full]]))
	first = first[~first.index.duplicated()]
	owner = first.reindex(pd.MultiIndex.from_arrays([work.table[empty], work.code[empty]])).to_numpy(float)
	has = ~np.isnan(owner)
	work.bad("no amount", empty[~has])
	np.add.at(work.rows, owner[has].astype(np.int64), 1)
	work.gone[empty] = True
	told = f"{many(int(has.sum()), 'row')} without an amount: part of a document that has one in another row."
	return [Decision("continued", told, int(has.sum()))] if has.any() else []


def _fold_in_table(work: _Work, table: int, are_totals: bool, lines: bool | None) -> list[Decision]:
	groups = _without_conflicts(work, work.left(work.at[work.table[work.at] == table]))
	if not groups.count:
		return []
	amounts = np.round(work.values["net_amount"], DECIMALS)
	differ = groups.differ(amounts)
	if lines is None and not are_totals and not differ.any():
		raise ColumnsError(_ask(work, table, groups))
	if lines or (lines is None and not are_totals):
		return _added(work, groups)
	work.bad(OTHER_AMOUNT, groups.only(differ, work.code).rows)
	return _once(work, groups.only(~differ, work.code))


def _ask(work: _Work, table: int, groups: _Groups) -> str:
	first = groups.first[0]
	times = int((groups.group == 0).sum())
	document, amount = work.frame["document"].iloc[first], float(work.values["net_amount"][first])
	return (
		f"{work.tables[table]}: {many(groups.count, 'document')} in {len(groups.rows):,} rows, each with the "
		f"same amount in all of its rows, such as {document} with {times} times {money(amount)}.\n"
		"If the rows are its lines, add --lines, and they are added up. If each row repeats the document's "
		"total, add --no-lines, and it counts once."
	)


def _without_conflicts(work: _Work, groups: _Groups) -> _Groups:
	"""Only documents whose rows agree on customer, date and state; a row without a customer agrees."""
	differ = np.zeros(groups.count, dtype=bool)
	for name in ("day", *_STATE, *(name for name in ("company", "currency") if name in work.frame)):
		differ |= groups.differ(work.column(name))
	is_named = (work.customer != _code_of_nobody(work.frame))[groups.rows]
	low, high = np.full(groups.count, np.iinfo(np.int64).max), np.full(groups.count, -1)
	np.minimum.at(low, groups.group[is_named], work.customer[groups.rows[is_named]])
	np.maximum.at(high, groups.group[is_named], work.customer[groups.rows[is_named]])
	differ |= (high >= 0) & (low != high)
	nameless = ~is_named & (high[groups.group] >= 0)
	work.customer[groups.rows[nameless]] = high[groups.group[nameless]]
	work.bad(AGAIN, groups.only(differ, work.code).rows)
	return groups.only(~differ, work.code)


def _code_of_nobody(frame: pd.DataFrame) -> int:
	return int(frame["customer"].cat.categories.get_indexer([""])[0])


def _once(work: _Work, groups: _Groups) -> list[Decision]:
	if not groups.count:
		return []
	others = groups.others
	_count(work, groups)
	told = (
		f"{many(groups.count, 'document')} in {len(groups.rows):,} rows that all have its net total: each "
		"counts once. If the rows are lines, add --lines."
	)
	return [Decision("repeated_total", told, len(others), float(work.values["net_amount"][others].sum()))]


def _added(work: _Work, groups: _Groups) -> list[Decision]:
	amount = float(work.values["net_amount"][groups.rows].sum())
	for values in work.values.values():
		sums = np.bincount(groups.group, weights=values[groups.rows], minlength=groups.count)
		values[groups.first] = np.round(sums, DECIMALS)
	_count(work, groups)
	told = f"The {len(groups.rows):,} rows of {many(groups.count, 'document')} are lines, and are added up."
	return [Decision("lines", told, len(groups.rows), amount)]


def _count(work: _Work, groups: _Groups) -> None:
	"""The first row of each group stands for all."""
	sums = np.bincount(groups.group, weights=work.rows[groups.rows], minlength=groups.count)
	work.rows[groups.first] = sums.astype(np.int64)
	work.gone[groups.others] = True


def _fold_over_tables(work: _Work) -> list[Decision]:
	"""Of documents in several tables the state in the latest one counts: that with the latest date."""
	left = work.at[~work.gone[work.at]]
	if len(work.tables) < 2 or not len(left):
		return []
	age = np.zeros(len(work.tables), dtype=np.int64)
	np.maximum.at(age, work.table, work.day)
	newest = left[np.lexsort((work.table[left], age[work.table[left]]))[::-1]]
	groups = work.left(newest)
	last, rows = groups.first[groups.group], groups.rows
	other = (work.customer[rows] != work.customer[last]) & (work.day[rows] != work.day[last])
	mixed = groups.any(other)
	work.bad(TWO_DOCUMENTS, groups.only(mixed, work.code).rows)
	older = (rows != last) & ~mixed[groups.group]
	changed = np.zeros(len(rows), dtype=bool)
	for values in (work.values["net_amount"], *map(work.column, ("customer", "day", *_STATE))):
		changed |= values[rows] != values[last]
	told = []
	for what, chosen in (("same_again", older & ~changed), ("superseded", older & changed)):
		if chosen.any():
			told.append(_told_older(what, rows[chosen], last[chosen], work))
			work.aside[rows[chosen]] = work.frame["aside"].cat.categories.get_loc(what)
	return told


def _told_older(what: str, older: Ints, last: Ints, work: _Work) -> Decision:
	amount, rows = float(work.values["net_amount"][older].sum()), int(work.rows[older].sum())
	if what == "same_again":
		told = f"{many(len(older), 'row')} list a document that another file lists just so: it counts once."
		return Decision(what, told, rows, amount)
	order = np.argsort(older)[:3]
	examples = [
		f"{work.frame['document'].iloc[one]}: {_state(work, one)}, {_state(work, two)}"
		for one, two in zip(older[order], last[order], strict=True)
	]
	told = (
		f"{many(len(older), 'document')} differ from file to file; the file with the latest date counts. "
		f"{'; '.join(examples)}."
	)
	return Decision(what, told, rows, amount)


def _state(work: _Work, row: int) -> str:
	state = {0: "draft ", 2: "cancelled "}.get(int(work.column("docstatus")[row]), "")
	return f"{state}{money(float(work.values['net_amount'][row]))} in {work.tables[work.table[row]]}"
