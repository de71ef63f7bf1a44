"""Orders that have not come, as documents among those that have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import MAX_AMOUNT, Addends, Floats, Ints, Objects, ten_thousandths

#: No document is called so, and no return names it.
_NAME = "\0order"


@dataclass(frozen=True)
class Order:
	"""A purchase that has not happened: its net amount above zero, and of which company."""

	amount: float
	company: str = ""


def with_orders(
	sales: pd.DataFrame, orders: Sequence[Sequence[Order]], twins: pd.Index, day: date
) -> pd.DataFrame:
	"""The documents of one customer once for each twin, and each one's own orders of a day.

	The profit of an order is unknown before its goods are chosen: it is taken at his own margin on what has a
	known cost.
	"""
	rows = [(twin, order) for twin, own in zip(twins, orders, strict=True) for order in own]
	alone = np.zeros(len(sales), dtype=np.int64)
	margin, company = float(margins(sales, alone, 1)[0]), latest_companies(sales, alone, 1)[0]
	return with_more(
		repeated(sales, twins),
		np.array([twin for twin, _order in rows], dtype=object),
		np.array([order.amount for _twin, order in rows], dtype=np.float64),
		np.array([order.company or company for _twin, order in rows], dtype=object),
		np.full(len(rows), margin),
		day,
	)


def with_more(
	sales: pd.DataFrame, customers: Objects, amounts: Floats, companies: Objects, margin: Floats, day: date
) -> pd.DataFrame:
	"""Documents, and purchases of a day below them: whose, how much, of which company, at which margin.

	Where customers or companies are categories, those of the purchases are among them.
	"""
	new = {
		"customer": customers,
		"document": _NAME,
		"company": companies,
		"posting_date": pd.Timestamp(day),
		"net_amount": amounts,
		"is_return": False,
		"gross_profit": np.clip(amounts * margin, -MAX_AMOUNT, MAX_AMOUNT),
		"return_against": None,
		"is_purchase": True,
	}
	columns = {name: _joined(sales[name], new.get(name), len(amounts)) for name in sales}
	return pd.DataFrame(columns).infer_objects()


def _joined(column: pd.Series, more: Any, rows: int) -> Any:
	values = more if isinstance(more, np.ndarray) else [more] * rows
	if isinstance(column.dtype, pd.CategoricalDtype):
		known = column.cat.categories
		codes = pd.Index(known, dtype=object).get_indexer(pd.Index(values, dtype=object))
		return pd.Categorical.from_codes(np.concatenate([column.cat.codes.to_numpy(), codes]), known)
	dtype = column.dtype if column.dtype.kind in "fbM" else object
	return np.concatenate([column.to_numpy(), np.array(values, dtype=dtype)])


def repeated(table: pd.DataFrame, twins: pd.Index) -> pd.DataFrame:
	"""A table of one customer once for each twin; names are plain objects."""
	rows = len(table)
	columns = {name: np.tile(_plain(table[name]), len(twins)) for name in table if name != "customer"}
	return pd.DataFrame({"customer": np.repeat(twins.to_numpy(), rows), **columns})


def _plain(values: pd.Series) -> Any:
	return values.to_numpy() if values.dtype.kind in "fbMiu" else values.to_numpy(dtype=object)


def margins(sales: pd.DataFrame, codes: Ints, size: int) -> Floats:
	"""Gross profit per unit of revenue over all that has a known cost, each; NaN where nothing has."""
	if "gross_profit" not in sales:
		return np.full(size, np.nan)
	profit = sales["gross_profit"].to_numpy(dtype=np.float64, na_value=np.nan)
	known = ~np.isnan(profit)
	profits = Addends(ten_thousandths(np.nan_to_num(profit))).per(codes, size, known)
	revenue = Addends(ten_thousandths(sales["net_amount"].to_numpy(dtype=np.float64))).per(codes, size, known)
	earned = np.asarray(revenue > 0, dtype=bool)
	found = np.full(size, np.nan)
	found[earned] = profits[earned].astype(np.float64) / revenue[earned].astype(np.float64)
	return found


def latest_companies(sales: pd.DataFrame, codes: Ints, size: int) -> Objects:
	"""With whom each customer last traded; empty without a document."""
	days = sales["posting_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
	found = np.full(size, "", dtype=object)
	order = np.lexsort((-np.arange(len(days)), days))  # of one day, the first row comes last
	found[codes[order]] = sales["company"].to_numpy(dtype=object)[order]
	return found
