"""The tidy tables that an evaluation reads, and what it refuses to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import infer_dtype

from customer_tiering.engine.exact import DECIMALS, MAX_AMOUNT, Bools, Floats, Ints, Objects

__all__ = [
	"CUSTOMER_COLUMNS",
	"DECIMALS",
	"MAX_AMOUNT",
	"NEVER",
	"Bools",
	"Facts",
	"FactsError",
	"Floats",
	"Ints",
	"Objects",
	"day_numbers",
	"equals",
	"factorized",
	"to_date",
	"to_day",
]

SALES_COLUMNS = ("customer", "document", "company", "posting_date", "net_amount", "is_return")
CUSTOMER_COLUMNS = ("customer_group", "territory", "customer_type")
PAYMENT_COLUMNS = ("customer", "document", "company", "posting_date", "due_date", "amount", "is_return")
#: The tables besides sales that have a customer in each row; all but the first are optional.
TABLES = ("customers", "pipeline", "payments", "complaints", "contacts")
NEVER = np.iinfo(np.int64).min  # a day that is none


class FactsError(ValueError):
	"""Facts that cannot be evaluated; a sentence says which column or row, and why.

	It has numbered gaps, so that it can be translated.
	"""

	def __init__(self, template: str, *gaps: object):
		self.template, self.gaps = template, gaps
		super().__init__(template.format(*gaps))


@dataclass(frozen=True)
class Facts:
	"""What is known about customers.

	Attributes:
		sales: one row per sales document: ``customer``, ``document``, ``company`` (str; customer and company
			may be categories, which are faster), ``posting_date`` (datetime64; its time of day is not read),
			``net_amount`` (float, reporting currency, negative for a return), ``is_return`` (bool);
			optionally ``gross_profit`` (float, NaN where the cost is unknown), ``return_against`` (str or
			None) and ``is_purchase`` (bool; by default not a return and net_amount above zero).
		customers: one row per customer: ``customer`` (str, unique); optionally ``customer_group``,
			``territory``, ``customer_type`` (str) and ``disabled`` (bool). None: whoever is in ``sales``.
		pipeline: one row per opportunity or quotation: ``customer``, ``opened``, ``closed`` (NaT while open).
		parents: for ``customer_group`` and ``territory``, each node's parent, so that a rule's scope takes in
			everything below it.
		given: metrics that are not the engine's own: each a function of the facts and the as-of date that
			gives one number per customer of ``index``, NaN where it is undefined.
		payments: one row per entry of an invoice in the payment ledger: ``customer``, ``document`` (the
			invoice), ``company``, ``posting_date``, ``amount`` (reporting currency, above zero what is owed,
			below zero what was paid of it), ``due_date`` (of what is owed; NaT: at once) and ``is_return``
			(bool: taken back, not paid). Here and below, None: not known; and of whoever is in neither of
			the first two tables nothing is read.
		complaints: one row per complaint: ``customer``, ``date``, optionally ``company`` (None: of all).
		contacts: one row per day of a contact: ``customer``, ``date``.

	Raises:
		FactsError: a column is missing or of the wrong type, a name is no text, a customer is listed twice
			or has no name, an amount is not a finite number up to ``MAX_AMOUNT``, a document has no date or
			no customer.
	"""

	sales: pd.DataFrame
	customers: pd.DataFrame | None = None
	pipeline: pd.DataFrame | None = None
	parents: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
	given: Mapping[str, Callable[[Facts, date], Floats]] = field(default_factory=dict)
	payments: pd.DataFrame | None = None
	complaints: pd.DataFrame | None = None
	contacts: pd.DataFrame | None = None

	def __post_init__(self) -> None:
		_check_sales(self.sales)
		if self.customers is not None:
			if not _are_texts(self.customers, "customers", "customer"):
				raise FactsError("The customers table has a customer without a name.")
			if self.customers["customer"].duplicated().any():
				raise FactsError("The customers table lists a customer twice.")
		if self.pipeline is not None:
			_are_texts(self.pipeline, "pipeline", "customer")
		if self.payments is not None:
			_check_payments(self.payments)
		for name in ("complaints", "contacts"):
			if getattr(self, name) is not None:
				_check_table(getattr(self, name), name, ("customer", "date"), "date")

	def each_table(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> dict[str, pd.DataFrame]:
		"""The tables that are there besides sales, each changed."""
		tables = {name: getattr(self, name) for name in TABLES}
		return {name: change(table) for name, table in tables.items() if table is not None}

	def up_to(self, as_of: date) -> Facts:
		"""The same facts without the documents after a date, as if that day were today.

		Whoever is known by later documents only is then not known at all.
		"""
		later = self.days > to_day(as_of)
		if not later.any():
			return self
		earlier = replace(self, sales=self.sales[~later])
		if self.customers is not None and len(self.customers) == len(self.index):  # then they stay the same
			earlier.__dict__["_coded"] = (self.index, self.codes[~later])
		return earlier

	@cached_property
	def days(self) -> Ints:
		"""The day of each sales row, counted from 1970-01-01, whatever its time; shape (documents,)."""
		return day_numbers(self.sales["posting_date"])

	@cached_property
	def index(self) -> pd.Index:
		"""All customers, each once, in order."""
		return self._coded[0]

	@cached_property
	def codes(self) -> Ints:
		"""Position in ``index`` of each sales row's customer, shape (documents,)."""
		return self._coded[1]

	@cached_property
	def _coded(self) -> tuple[pd.Index, Ints]:
		codes, names = factorized(self.sales["customer"])
		seen = names
		known = seen if self.customers is None else pd.Index(self.customers["customer"], dtype=object)
		index = known.sort_values()
		at = index.get_indexer(seen)
		if (at < 0).any():
			index = index.append(seen[at < 0]).sort_values()
			at = index.get_indexer(seen)
		return index.rename("customer"), at[codes]

	def positions(self, names: pd.Series) -> Ints:
		"""Position in ``index`` of each of some customers; -1 for one that is not there."""
		found: Ints = self.index.get_indexer(pd.Index(names, dtype=object)).astype(np.int64)
		return found

	def attribute(self, name: str) -> Objects:
		"""One attribute per customer of ``index``; None where it is not known."""
		if self.customers is None or name not in self.customers:
			return np.full(len(self.index), None, dtype=object)
		values = np.full(len(self.index), None, dtype=object)
		positions = self.index.get_indexer(pd.Index(self.customers["customer"], dtype=object))
		values[positions] = self.customers[name].to_numpy(dtype=object)
		return values

	@cached_property
	def disabled(self) -> Bools:
		"""Whether each customer of ``index`` is disabled."""
		values = self.attribute("disabled")
		values[pd.isna(values)] = False
		return np.asarray(values, dtype=bool)

	def below(self, name: str, top: str) -> Bools:
		"""Whether each customer's ``customer_group`` or ``territory`` is ``top`` or below it in its tree."""
		parents = self.parents.get(name, {})
		inside: dict[object, bool] = {top: True}

		def is_inside(node: object) -> bool:
			path = []
			while node not in inside and node is not None and node not in path:
				path.append(node)
				node = parents.get(str(node))
			answer = inside.get(node, False)
			inside.update(dict.fromkeys(path, answer))
			return answer

		codes, nodes = factorized(self.attribute(name))
		return np.asarray(np.array([*map(is_inside, nodes), False], dtype=bool)[codes])

	def open_pipeline(self, as_of: date) -> Bools:
		"""Whether each customer of ``index`` has an opportunity or quotation open on ``as_of``."""
		has_open = np.zeros(len(self.index), dtype=bool)
		if self.pipeline is not None and len(self.pipeline):
			today, closed = np.datetime64(as_of, "D"), _days(self.pipeline["closed"])
			is_open = (_days(self.pipeline["opened"]) <= today) & (np.isnat(closed) | (closed > today))
			positions = self.positions(self.pipeline["customer"])
			has_open[positions[is_open & (positions >= 0)]] = True
		return has_open


def _check_sales(sales: pd.DataFrame) -> None:
	missing = [column for column in SALES_COLUMNS if column not in sales]
	if missing:
		raise FactsError("The sales table lacks the column {0}.", ", ".join(missing))
	if sales["posting_date"].dtype.kind != "M" or hasattr(sales["posting_date"].dtype, "tz"):
		raise FactsError("The sales table's posting_date must be datetime64 without a time zone.")
	if not _are_texts(sales, "sales", "customer"):
		_refuse(sales["customer"].isna().to_numpy(), "Sales row {0} has no customer ({1} such rows).")
	_are_texts(sales, "sales", "company")
	if "return_against" in sales:  # else no document is looked for by its name
		_are_texts(sales, "sales", "document")
		_are_texts(sales, "sales", "return_against")
	_refuse(sales["posting_date"].isna().to_numpy(), "Sales row {0} has no posting_date ({1} such rows).")
	_refuse(
		~_in_range(sales, "net_amount"),
		"Sales row {0} has a net_amount that is no number up to {2} ({1} such rows).",
		f"{MAX_AMOUNT:g}",
	)
	if "gross_profit" in sales:
		known = sales["gross_profit"].notna().to_numpy()
		too_large = known & ~_in_range(sales, "gross_profit")
		_refuse(
			too_large,
			"Sales row {0} has a gross_profit that is no number up to {2} ({1} such rows).",
			f"{MAX_AMOUNT:g}",
		)
	for flag in ("is_return", "is_purchase"):
		if flag in sales and sales[flag].dtype != bool:
			told = sales[flag].isin([True, False])
			if flag == "is_purchase":  # where it is left open, the default stands
				told |= sales[flag].isna()
			_refuse(
				~told.to_numpy(dtype=bool),
				"Sales row {0} has an {2} that is neither true nor false ({1} such rows).",
				flag,
			)


def _check_payments(payments: pd.DataFrame) -> None:
	_check_table(payments, "payments", PAYMENT_COLUMNS, "posting_date")
	_are_texts(payments, "payments", "document")
	_refuse(
		~_in_range(payments, "amount", "payments"),
		"Row {0} of the {2} table has an amount that is no number up to {3} ({1} such rows).",
		"payments",
		f"{MAX_AMOUNT:g}",
	)


def _check_table(table: pd.DataFrame, called: str, columns: tuple[str, ...], day: str) -> None:
	"""A table of events: it has these columns, names that are texts, and a day in each row."""
	if missing := [column for column in columns if column not in table]:
		raise FactsError("The {0} table lacks the column {1}.", called, ", ".join(missing))
	for column in ("customer", "company"):
		if column in table:
			_are_texts(table, called, column)
	_refuse(table[day].isna().to_numpy(), "Row {0} of the {2} table has no {3} ({1} such rows).", called, day)


def _in_range(table: pd.DataFrame, column: str, called: str = "sales") -> Bools:
	"""Whether each amount is a number that a ledger may hold; no for NaN."""
	try:
		amounts = table[column].to_numpy(dtype=np.float64, na_value=np.nan)
	except (TypeError, ValueError) as error:
		raise FactsError("The {0} table's {1} must be a number.", called, column) from error
	with np.errstate(invalid="ignore"):
		return np.asarray(np.abs(amounts) <= MAX_AMOUNT, dtype=bool)


def _are_texts(table: pd.DataFrame, called: str, column: str) -> bool:
	"""Whether each name in a column is a text, and none is missing.

	Raises:
		FactsError: some are something else. A number and the text that shows it would be two customers, or
			one, depending on where they meet.
	"""
	names = table[column]
	if names.dtype == object and infer_dtype(names, skipna=False) == "string":  # the fastest look at both
		return True
	missing = names.isna()
	complete = not missing.any()
	if isinstance(names.dtype, pd.CategoricalDtype):
		names = names.cat.categories
	elif not complete:
		names = names[~missing]
	if not len(names) or infer_dtype(names, skipna=True) in ("string", "empty"):
		return complete
	other = next(name for name in names if not isinstance(name, str) and not pd.isna(name))
	raise FactsError(
		'The {0} table\'s {1} holds {2}, which is no text; make every {1} a text, such as "{3}".',
		called,
		column,
		repr(other),
		other,
	)


def factorized(names: Objects | pd.Series) -> tuple[Ints, pd.Index]:
	"""A number for each name, and the names by number; -1 for a missing one.

	pandas compares texts up to their first NUL only, unless something else is among them.
	"""
	if isinstance(names.dtype, pd.CategoricalDtype):
		codes, known = pd.factorize(names)
		return codes, pd.Index(known, dtype=object)
	mixed = np.empty(len(names) + 1, dtype=object)
	mixed[0], mixed[1:] = object(), names
	codes, known = pd.factorize(mixed)
	return np.maximum(codes[1:] - 1, -1), pd.Index(known[1:], dtype=object)


def equals(names: Objects, name: str) -> Bools:
	"""Where a name is that one. As a plain text numpy would drop NULs from its end before it compares."""
	return np.asarray(names == np.array(name, dtype=object), dtype=bool)


def _days(dates: pd.Series) -> npt.NDArray[np.datetime64]:
	if dates.dtype.kind != "M":
		dates = pd.to_datetime(dates)
	days: npt.NDArray[np.datetime64] = dates.to_numpy().astype("datetime64[D]")
	return days


def day_numbers(dates: pd.Series) -> Ints:
	"""The day of each date or time, counted from 1970-01-01; none of them may be missing."""
	return _days(dates).astype(np.int64)


def _refuse(bad: Bools, template: str, *more: object) -> None:
	"""Refuse bad rows by a sentence with gaps for the first of them, how many there are, and more."""
	if bad.any():
		rows = np.flatnonzero(bad)
		raise FactsError(template, rows[0], len(rows), *more)


def to_day(value: Any) -> int:
	"""Days since 1970-01-01 of a date, datetime or ISO string."""
	return int(np.datetime64(value, "D").astype(np.int64))


def to_date(day: int) -> date:
	"""The date that is ``day`` days after 1970-01-01."""
	return date.fromordinal(719_163 + int(day))
