"""Many rows between the database and columns, without a Python object per field where it can be helped.

Reading: a driver in Python (that of 15) takes longest over each row, and over splitting it into fields;
so the database packs a row, or all rows of a customer, into one JSON text; a driver in C (that of 16)
gets fields as they are, but for dates and times, which it would parse in Python. Writing: many rows are
one JSON text, which the database takes apart, so that no driver has to escape value by value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder.functions import Cast, Count
from pypika.terms import Criterion, Function, Term

_READ_AT_ONCE = 1000  # more of them at a time, and the garbage collector takes them for what stays
_TEXTS_AT_ONCE = 100  # of many rows each
_EPOCH = 719_528  # 1970-01-01 as the database numbers days


def read_blocks(query: Any, *terms: Any, together: Any = None) -> Iterator[list[Sequence[Any]]]:
	"""Rows of a query, as lists of columns, a block of rows at a time.

	Dates come as text, as dates, or as numbers; see :func:`day` and :func:`days`.

	Args:
		query: the tables and conditions, nothing selected yet.
		terms: what to select.
		together: a column whose equal values an index has side by side: packed, such rows make one text.
	"""
	packed = _are_packed()
	if packed and together is not None:
		yield from _blocks_together(query, terms, together)
		return
	selected = query.select(Function("JSON_ARRAY", *terms)) if packed else query.select(*terms)
	for block in _fetched(selected, _READ_AT_ONCE):
		if packed:
			block = json.loads(f"[{','.join(chain.from_iterable(block))}]")
		yield list(zip(*block, strict=True))


def _blocks_together(query: Any, terms: Sequence[Any], together: Any) -> Iterator[list[Sequence[Any]]]:
	"""The rows of each value in one text; again, and row by row, where the database has cut it short."""
	texts = query.select(together, Count("*"), Function("JSON_ARRAYAGG", Function("JSON_ARRAY", *terms)))
	cut = []
	for block in _fetched(texts.groupby(together), _TEXTS_AT_ONCE):
		found: list[Any] = []
		for value, count, text in block:
			try:
				part = json.loads(text)
			except (TypeError, ValueError):  # None: it would not fit into a packet
				part = []
			if len(part) == count:
				found += part
			else:
				cut.append(value)
		if found:
			yield list(zip(*found, strict=True))
	if cut:
		again = together.isin(cut)
		yield from read_blocks(query.where(again | together.isnull() if None in cut else again), *terms)


def _fetched(query: Any, at_once: int) -> Iterator[Sequence[Any]]:
	"""Rows of a query as they come, some at a time."""
	with frappe.db.unbuffered_cursor():
		query.run(as_list=True, as_iterator=True)
		# From the cursor: the host's iterator would make a list of each row, and take a step for it.
		while block := frappe.db._cursor.fetchmany(at_once):
			yield block


def _are_packed() -> bool:
	return type(frappe.db._conn).__module__.startswith("pymysql")


def day(term: Term) -> Term:
	"""A date to be selected, as a number, which nobody has to parse, where the database numbers days."""
	return Function("TO_DAYS", term) if frappe.db.db_type == "mariadb" else term


def stamp(term: Term) -> Term:
	"""A time to be selected, as text, which nobody has to parse, where the database has such a cast."""
	return Cast(term, "CHAR") if frappe.db.db_type == "mariadb" else term


class OneOf(Criterion):  # type: ignore[misc]
	"""Whether a column holds one of many values, which the driver quotes at once.

	``isin`` makes an object and a parameter of each of them: of a thousand names, that takes as long as the
	database then does.
	"""

	def __init__(self, column: Term, values: Sequence[str]):
		super().__init__()
		self._column, self._values = column, tuple(values)

	def nodes_(self) -> Iterator[Any]:
		"""What the query looks through for its tables."""
		yield self
		yield from self._column.nodes_()

	def get_sql(self, param_wrapper: Any = None, **kwargs: Any) -> str:
		"""As text, with one parameter for all the values; false where there are none."""
		if not self._values:
			return "1 = 0"
		column = self._column.get_sql(param_wrapper=param_wrapper, **kwargs)
		return f"{column} IN {param_wrapper.get_sql(self._values)}"


def read_columns(query: Any, *terms: Any) -> list[list[Any]]:
	"""All rows of a query, as one list per column; see :func:`read_blocks`."""
	found: list[list[Any]] = [[] for _term in terms]
	for block in read_blocks(query, *terms):
		for column, part in zip(found, block, strict=True):
			column.extend(part)
	return found


class Codes(dict[Any, int]):
	"""A number for each value, counted in the order in which they come; -1 for None."""

	def __init__(self) -> None:
		super().__init__({None: -1})

	def __missing__(self, value: Any) -> int:
		self[value] = len(self) - 1
		return self[value]

	def of(self, values: Sequence[Any]) -> np.ndarray:
		"""The numbers of some values, shape (values,)."""
		return np.fromiter(map(self.__getitem__, values), dtype=np.int32, count=len(values))

	def values_of(self, codes: np.ndarray) -> pd.Categorical:
		"""The values of some numbers, each of them kept once."""
		return pd.Categorical.from_codes(codes, pd.Index([*self][1:], dtype=object))


def shared(values: Sequence[Any], known: dict[Any, Any]) -> np.ndarray:
	"""The values as objects, equal ones as one: a name costs its memory once, not once per row.

	Args:
		values: what was read.
		known: the objects by what stands for them; grows by those that are new.
	"""
	return np.fromiter(map(known.setdefault, values, values), dtype=object, count=len(values))


def days(values: Sequence[Any]) -> np.ndarray:
	"""Dates as read, None where there is none, as the kind of day that pandas keeps."""
	first = next((value for value in values if value is not None), None)
	if first is None:  # numpy would look for a date in every one of them
		return np.full(len(values), np.datetime64("NaT", "s"))
	if isinstance(first, int):
		numbers = np.array(values, dtype=np.float64)
		missing = np.isnan(numbers)
		found = (np.where(missing, 0, numbers).astype(np.int64) - _EPOCH).astype("datetime64[D]")
		found[missing] = np.datetime64("NaT", "D")
		return found.astype("datetime64[s]")
	return np.array(values, dtype="datetime64[D]").astype("datetime64[s]")
