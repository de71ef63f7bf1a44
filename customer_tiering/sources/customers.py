"""Whose a document is: nobody's, a customer's under one of his spellings, or a family's."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import factorized
from customer_tiering.sources.asked import Asked
from customer_tiering.sources.decided import Decision, listed, many
from customer_tiering.sources.understanding import names, words
from customer_tiering.sources.understanding.columns import ColumnsError


def settle(frame: pd.DataFrame, asked: Asked) -> list[Decision]:
	"""Give each document its customer, in place; what was decided.

	Rows whose customer is a mark for nothing, and those of customers to be left out, are put aside.
	"""
	codes, known = factorized(frame["customer"])
	known_list = known.tolist()
	nobody = np.array([words.is_nobody(name) for name in known_list], dtype=bool)
	_put_aside(frame, nobody[codes], "placeholder")
	told = []
	if asked.family:
		told.append(_families(frame))
	else:
		known_list = [name for name, is_none in zip(known_list, nobody, strict=True) if name and not is_none]
		told += _spellings(frame, known_list, asked.merge_spellings) + _zeros(known_list)
	_leave_out(frame, asked.leave_out)
	return told


def _put_aside(frame: pd.DataFrame, rows: np.ndarray, reason: str) -> None:
	aside = frame["aside"].to_numpy(dtype=object)
	aside[rows & (aside == "")] = reason
	frame["aside"] = aside


def _families(frame: pd.DataFrame) -> Decision:
	"""Each customer of a family goes by its name."""
	family = frame["family"].to_numpy(dtype=object)
	has = np.array([bool(name) and not words.is_nobody(name) for name in family], dtype=bool)
	before = frame["customer"].nunique()
	rows, money = int(has.sum()), float(frame["net_amount"].to_numpy()[has].sum())
	frame["customer"] = np.where(has, family, frame["customer"].to_numpy(dtype=object))
	frame.loc[has & (frame["aside"] == "placeholder").to_numpy(), "aside"] = ""
	after = frame["customer"].nunique()
	return Decision(
		"families", f"{many(before, 'customer')} became {after:,} by the column of families", rows, money
	)


def _spellings(frame: pd.DataFrame, known: list[str], merge: bool) -> list[Decision]:
	groups = names.alike(known)
	if not groups:
		return []
	count = sum(map(len, groups))
	example = listed([repr(name) for name in groups[0]])
	if not merge:
		told = (
			f"{count:,} names of customers differ only in case, blanks or width of letters, such as {example}: "
			f"they are graded apart. With --merge-spellings they are {many(len(groups), 'customer')}."
		)
		rows = frame["customer"].isin({name for group in groups for name in group}).to_numpy()
		return [
			Decision("spellings", told, int(rows.sum()), float(frame["net_amount"].to_numpy()[rows].sum()))
		]
	often = frame["customer"].value_counts()
	first = {name: max(group, key=lambda one: often[one]) for group in groups for name in group}
	moved = frame["customer"].map(first)
	rows = moved.notna().to_numpy() & (moved != frame["customer"]).to_numpy()
	money = float(frame["net_amount"].to_numpy()[rows].sum())
	frame["customer"] = moved.where(moved.notna(), frame["customer"])
	told = f"{count:,} spellings are taken as {many(len(groups), 'customer')}, such as {example} as {first[groups[0][0]]!r}."
	return [Decision("spellings_merged", told, int(rows.sum()), money)]


def _zeros(known: list[str]) -> list[Decision]:
	groups = names.differ_by_zeros(known)
	if not groups:
		return []
	told = (
		f"Some customers' numbers differ only in zeros before them, such as {listed(groups[0])}: they are "
		"graded apart. A spreadsheet may have taken the zeros away."
	)
	return [Decision("zeros", told)]


def _leave_out(frame: pd.DataFrame, wanted: tuple[str, ...]) -> None:
	if not wanted:
		return
	known = [str(name) for name in frame["customer"].unique()]
	for name in wanted:
		if names.tidy(name) not in known:
			near = names.nearest(name, known)
			hint = f" Did you mean {' or '.join(near)}?" if near else ""
			raise ColumnsError(f"--leave-out {name}: there is no such customer.{hint}")
	rows = frame["customer"].isin([names.tidy(name) for name in wanted]).to_numpy()
	_put_aside(frame, rows, "asked")
