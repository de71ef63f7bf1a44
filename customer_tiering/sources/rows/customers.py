"""Whose a document is: nobody's, a customer's under one of his spellings, or a family's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import Bools, factorized
from customer_tiering.sources.asked import Asked
from customer_tiering.sources.decided import Decision, listed, many
from customer_tiering.sources.understanding import names, words
from customer_tiering.sources.understanding.columns import ColumnsError


def settle(frame: pd.DataFrame, asked: Asked) -> list[Decision]:
	"""Give each document its customer, in place; what was decided.

	Rows whose customer is a mark for nothing, and those of customers to be left out, are put aside.
	"""
	told = []
	if asked.family:
		told.append(_families(frame))
	everyone = frame["customer"].cat.categories.tolist()
	nobody = {name for name in everyone if words.is_nobody(name)}
	_put_aside(frame, _rows_of(frame, nobody.__contains__), "placeholder")
	known = [name for name in everyone if name and name not in nobody]
	told += _spellings(frame, known, asked.merge_spellings) + _zeros(known)
	_leave_out(frame, known, asked.leave_out)
	return told


def _rows_of(frame: pd.DataFrame, is_one: Callable[[str], bool]) -> Bools:
	"""Rows of customers with such a name."""
	wanted = np.array([is_one(name) for name in frame["customer"].cat.categories], dtype=bool)
	found: Bools = wanted[frame["customer"].cat.codes.to_numpy()]
	return found


def _put_aside(frame: pd.DataFrame, rows: Bools, reason: str) -> None:
	if rows.any():
		frame.loc[rows & (frame["aside"] == "").to_numpy(), "aside"] = reason


def _families(frame: pd.DataFrame) -> Decision:
	"""Each customer of a family goes by its name."""
	family, own = frame["family"].to_numpy(dtype=object), frame["customer"].to_numpy(dtype=object)
	has = np.array([bool(name) and not words.is_nobody(name) for name in family], dtype=bool)
	before = frame["customer"].nunique()
	codes, known = factorized(np.where(has, family, own))
	frame["customer"] = pd.Categorical.from_codes(codes, known)
	told = f"{many(before, 'customer')} became {len(known):,} by the column of families."
	return Decision("families", told, int(has.sum()), float(frame["net_amount"].to_numpy()[has].sum()))


def _spellings(frame: pd.DataFrame, known: Sequence[str], merge: bool) -> list[Decision]:
	groups = names.alike(known)
	if not groups:
		return []
	count, example = sum(map(len, groups)), listed([repr(name) for name in groups[0]])
	alike = {name for group in groups for name in group}
	rows = _rows_of(frame, alike.__contains__)
	if merge:
		often = frame["customer"].value_counts()
		first = {name: max(group, key=lambda one: often[one]) for group in groups for name in group}
		rows = _rows_of(frame, lambda name: first.get(name, name) != name)
		told = (
			f"{count:,} spellings are taken as {many(len(groups), 'customer')}, such as {example} as "
			f"{first[groups[0][0]]!r}."
		)
		_rename(frame, first)
	else:
		told = (
			f"{count:,} names of customers differ only in case, blanks or width of letters, such as "
			f"{example}: they are graded apart. With --merge-spellings they are "
			f"{many(len(groups), 'customer')}."
		)
	money = float(frame["net_amount"].to_numpy()[rows].sum())
	return [Decision("spellings_merged" if merge else "spellings", told, int(rows.sum()), money)]


def _rename(frame: pd.DataFrame, others: dict[str, str]) -> None:
	before = frame["customer"].cat
	codes, known = pd.factorize(
		np.array([others.get(name, name) for name in before.categories], dtype=object)
	)
	frame["customer"] = pd.Categorical.from_codes(
		codes[before.codes.to_numpy()], pd.Index(known, dtype=object)
	)


def _zeros(known: Sequence[str]) -> list[Decision]:
	groups = names.differ_by_zeros(known)
	if not groups:
		return []
	told = (
		f"Some customers' numbers differ only in zeros before them, such as {listed(groups[0])}: they are "
		"graded apart. A spreadsheet may have taken the zeros away."
	)
	return [Decision("zeros", told)]


def _leave_out(frame: pd.DataFrame, known: Sequence[str], wanted: Sequence[str]) -> None:
	asked = {names.tidy(name) for name in wanted}
	for name in asked.difference(known):
		near = names.nearest(name, known)
		hint = f" Did you mean {' or '.join(near)}?" if near else ""
		raise ColumnsError(f"--leave-out {name}: there is no such customer.{hint}")
	if asked:
		_put_aside(frame, _rows_of(frame, asked.__contains__), "asked")
