"""Documents listed more than once: their lines, the same again, or an older state in another file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import Bools, Ints
from customer_tiering.sources.decided import Decision, listed, many, money
from customer_tiering.sources.understanding.columns import ColumnsError

AGAIN = "document ID listed again with another customer, date or state"
OTHER_AMOUNT = "document ID listed again with another amount"
TWO_DOCUMENTS = "document ID listed in another file with another customer and date"
_STATE = ["docstatus", "aside", "is_return"]
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
	frame = frame.assign(rows=np.ones(len(frame), dtype=np.int64))
	counted = ~frame["aside"].isin(("item_row", "no_sale")).to_numpy()
	names = frame["document"].to_numpy(dtype=object)
	codes = pd.factorize(names)[0]
	often = np.bincount(codes[counted], minlength=codes.max(initial=-1) + 1)[codes] > 1
	again = counted & often
	lonely = frame["empty"].to_numpy(dtype=bool) & ~again
	note("no amount", lonely)
	if not again.any():
		return frame[~lonely].drop(columns="empty"), []
	sub = frame[again].assign(code=codes[again])
	work = _Work(len(frame), note)
	told = [*_fold_in_tables(sub, work, tables, are_totals, lines), *_fold_over_tables(sub, work, tables)]
	for name in ("net_amount", "gross_profit", "rows", "aside", "customer"):
		if name in sub:
			values = frame[name].to_numpy(copy=True)
			values[sub.index.to_numpy()] = sub[name].to_numpy()
			frame[name] = values
	return frame[~(work.gone | lonely)].drop(columns="empty"), told


class _Work:
	"""What becomes of rows: ``gone`` are those that are part of another, or bad."""

	def __init__(self, size: int, note: NoteBad):
		self.gone = np.zeros(size, dtype=bool)
		self.note = note

	def bad(self, reason: str, rows: Ints) -> None:
		mask = np.zeros(len(self.gone), dtype=bool)
		mask[rows] = True
		self.note(reason, mask)
		self.gone |= mask


def _fold_in_tables(
	sub: pd.DataFrame, work: _Work, tables: Sequence[str], are_totals: Sequence[bool], lines: bool | None
) -> list[Decision]:
	told: list[Decision] = []
	told += _continued(sub, work)
	for table in sub["table"].unique():
		mine = sub[(sub["table"] == table) & ~work.gone[sub.index]]
		mine = mine[mine.duplicated("code", keep=False)]
		if not len(mine):
			continue
		mine = _without_conflicts(mine, work)
		equal = _are_equal(mine)
		if equal.all() and len(mine) and lines is None and not are_totals[table]:
			raise ColumnsError(_ask(tables[table], mine))
		if (lines is None and are_totals[table]) or lines is False:
			work.bad(OTHER_AMOUNT, mine.index[~equal].to_numpy())
			told += _once(sub, work, mine[equal])
		else:
			told += _added(sub, work, mine)
	return told


def _ask(table: str, mine: pd.DataFrame) -> str:
	one = mine.iloc[0]
	times = int((mine["code"] == one["code"]).sum())
	return (
		f"{table}: {many(mine['code'].nunique(), 'document')} in {len(mine):,} rows, each document with the same "
		f"amount in all of its rows, such as {one['document']} with {times} times {money(one['net_amount'])}.\n"
		"If the rows are its lines, add --lines, and they are added up. If each row repeats the document's "
		"total, add --no-lines, and it counts once."
	)


def _continued(sub: pd.DataFrame, work: _Work) -> list[Decision]:
	"""Rows without an amount go on with a document that has one in another row."""
	empty = sub["empty"].to_numpy(dtype=bool)
	if not empty.any():
		return []
	key = ["table", "code"]
	has = (~sub["empty"]).groupby([sub[name] for name in key]).transform("any").to_numpy()
	work.bad("no amount", sub.index[empty & ~has].to_numpy())
	more = empty & has
	counts = sub[more].groupby(key).size()
	first = sub[~empty].drop_duplicates(key)
	places = pd.MultiIndex.from_frame(first[key])
	sub.loc[first.index, "rows"] += counts.reindex(places, fill_value=0).to_numpy()
	work.gone[sub.index[more]] = True
	told = (
		f"{many(int(more.sum()), 'row')} without an amount: part of a document that has one in another row."
	)
	return [Decision("continued", told, int(more.sum()))]


def _without_conflicts(mine: pd.DataFrame, work: _Work) -> pd.DataFrame:
	"""Only documents whose rows agree on customer, date and state; rows without a customer agree."""
	groups = mine.groupby("code")
	differs = pd.Series(False, index=mine.index)
	for name in ("day", *_STATE, *(name for name in ("company", "currency") if name in mine)):
		differs |= groups[name].transform("nunique") > 1
	named = mine["customer"].where(mine["customer"] != "")
	differs |= named.groupby(mine["code"]).transform("nunique") > 1
	work.bad(AGAIN, mine.index[differs].to_numpy())
	return mine[~differs]


def _are_equal(mine: pd.DataFrame) -> pd.Series:
	"""Whether a document's rows all have the same amount."""
	return mine.groupby("code")["net_amount"].transform("nunique") <= 1


def _once(sub: pd.DataFrame, work: _Work, mine: pd.DataFrame) -> list[Decision]:
	if not len(mine):
		return []
	later = mine[mine.duplicated("code")]
	_count_rows(sub, mine)
	work.gone[later.index] = True
	documents, amount = mine["code"].nunique(), float(later["net_amount"].sum())
	told = (
		f"{many(documents, 'document')} in {len(mine):,} rows that all have its net total: each counts once. "
		"If the rows are lines, add --lines."
	)
	return [Decision("repeated_total", told, len(later), amount)]


def _added(sub: pd.DataFrame, work: _Work, mine: pd.DataFrame) -> list[Decision]:
	if not len(mine):
		return []
	groups = mine.groupby("code")
	first = mine.drop_duplicates("code")
	_count_rows(sub, mine)
	order = first["code"].to_numpy()
	sub.loc[first.index, "net_amount"] = groups["net_amount"].sum()[order].to_numpy()
	if "gross_profit" in mine:
		sub.loc[first.index, "gross_profit"] = groups["gross_profit"].sum(min_count=1)[order].to_numpy()
	sub.loc[first.index, "customer"] = groups["customer"].max()[order].to_numpy()
	work.gone[mine.index.difference(first.index)] = True
	told = f"The {len(mine):,} rows of {many(len(first), 'document')} are lines, and are added up."
	return [Decision("lines", told, len(mine), float(mine["net_amount"].sum()))]


def _count_rows(sub: pd.DataFrame, mine: pd.DataFrame) -> None:
	first = mine.drop_duplicates("code")
	sub.loc[first.index, "rows"] = mine.groupby("code")["rows"].sum()[first["code"].to_numpy()].to_numpy()


def _fold_over_tables(sub: pd.DataFrame, work: _Work, tables: Sequence[str]) -> list[Decision]:
	"""Of documents in several tables the state in the latest one counts: that with the latest date."""
	left = sub[~work.gone[sub.index]]
	left = left[left.duplicated("code", keep=False)]
	if not len(left):
		return []
	age = sub.groupby("table")["day"].max()
	left = left.assign(age=left["table"].map(age)).sort_values(["age", "table"], kind="stable")
	last = left.groupby("code")[["customer", "day", "net_amount", *_STATE]].transform("last")
	older = left.duplicated("code", keep="last")
	other = (left["customer"] != last["customer"]) & (left["day"] != last["day"])
	mixed = left["code"].isin(left.loc[other, "code"])
	work.bad(TWO_DOCUMENTS, left.index[mixed].to_numpy())
	changed = pd.Series(False, index=left.index)
	for name in last:
		changed |= left[name].to_numpy() != last[name].to_numpy()
	told = []
	for what, rows in (("same_again", older & ~changed & ~mixed), ("superseded", older & changed & ~mixed)):
		if rows.any():
			sub.loc[left.index[rows], "aside"] = what
			told.append(_told_older(what, left[rows], left, tables))
	return told


def _told_older(what: str, older: pd.DataFrame, left: pd.DataFrame, tables: Sequence[str]) -> Decision:
	amount = float(older["net_amount"].sum())
	if what == "same_again":
		told = f"{many(len(older), 'row')} list a document that another file lists in the same way: it counts once."
		return Decision(what, told, int(older["rows"].sum()), amount)
	newest = left.drop_duplicates("code", keep="last").set_index("code")
	examples = [
		f"{row['document']}: {_state(row)} in {tables[row['table']]}, {_state(newest.loc[row['code']])} in "
		f"{tables[newest.loc[row['code'], 'table']]}"
		for _, row in older.head(3).iterrows()
	]
	told = (
		f"{many(older['code'].nunique(), 'document')} differ from file to file; the file with the latest date "
		f"counts. {listed(examples)}."
	)
	return Decision(what, told, int(older["rows"].sum()), amount)


def _state(row: pd.Series) -> str:
	state = {0: "draft ", 2: "cancelled "}.get(int(row["docstatus"]), "")
	return f"{state}{money(float(row['net_amount']))}"
