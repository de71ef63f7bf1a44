"""The cost of goods of sales documents, from their lines: read in order of storage, and added up here.

Let the database join and group a million lines, and it walks an index, line by line. So the lines are read as
they lie, and the few things that a line may refer to are looked up for those lines that need them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce, Sum
from pypika.terms import ValueWrapper

from customer_tiering.site.database import bulk_reading

#: Up to so many documents are read by index, more by one scan of all lines.
_FEW = 5000
_NAMES_AT_ONCE = 1000


def cost_of(doctype: str, documents: Sequence[str]) -> np.ndarray:
	"""Σ stock quantity × rate of cost over the lines of each document, in the company's currency.

	The rate is the line's own incoming rate, else that of the delivery note line that it bills. A bundle
	costs what is packed for it. Any other item that is not kept in stock costs nothing.

	Args:
		doctype: Sales Invoice or POS Invoice.
		documents: names, each once.

	Returns:
		shape (documents,); NaN where a line's rate is not known, or where there is no line.
	"""
	positions = pd.Index(documents, dtype=object)
	known, unpriced, lines = np.zeros(len(documents)), [], np.zeros(len(documents))
	for parent, name, item, quantity, rate, delivered in _lines(doctype, documents):
		at = positions.get_indexer(np.array(parent, dtype=object))
		rates = np.array([value or 0.0 for value in rate], dtype=np.float64)
		quantities = np.array([value or 0.0 for value in quantity], dtype=np.float64)
		mine = at >= 0
		np.add.at(lines, at[mine], 1)
		priced = mine & (rates != 0)
		np.add.at(known, at[priced], (rates * quantities)[priced])
		rest = np.flatnonzero(mine & (rates == 0))
		unpriced += [(at[k], name[k], item[k], quantities[k], delivered[k]) for k in rest]
	if unpriced:
		at, *needed = zip(*unpriced, strict=True)
		known += np.bincount(np.array(at), _priced(doctype, *needed), len(known))
	return np.where(lines > 0, known, np.nan)


def _lines(doctype: str, documents: Sequence[str]) -> Iterator[Sequence[Sequence[Any]]]:
	"""Blocks of the lines: parent, name, item, stock quantity, incoming rate, delivery note line."""
	line = DocType(f"{doctype} Item")
	# A till's line has no rate of its own.
	has_rate = frappe.get_meta(f"{doctype} Item").has_field("incoming_rate")
	rate = line.incoming_rate if has_rate else ValueWrapper(0)
	terms = (line.parent, line.name, line.item_code, line.stock_qty, rate, line.dn_detail)
	query = frappe.qb.from_(line).where((line.docstatus == 1) & (line.parenttype == doctype))
	if len(documents) > _FEW:
		yield from bulk_reading.read_blocks(query, *terms)
		return
	for names in _chunks(documents):
		yield from bulk_reading.read_blocks(query.where(line.parent.isin(names)), *terms)


def _priced(
	doctype: str,
	names: Sequence[str],
	items: Sequence[str],
	quantities: Sequence[float],
	delivered: Sequence[str | None],
) -> list[float]:
	"""Cost of the lines that have no rate of their own; NaN where it is not known."""
	rates, bundles = _delivered_rates({name for name in delivered if name}), _bundles(doctype, names)
	free = _not_in_stock(set(items))
	costs = []
	for name, item, quantity, note in zip(names, items, quantities, delivered, strict=True):
		if rate := rates.get(note):
			costs.append(rate * quantity)
		elif name in bundles:
			costs.append(bundles[name])
		else:
			costs.append(0.0 if item in free else np.nan)
	return costs


def _delivered_rates(names: Collection[str]) -> dict[str | None, float]:
	line = DocType("Delivery Note Item")
	query = frappe.qb.from_(line).select(line.name, line.incoming_rate).where(line.incoming_rate != 0)
	return _looked_up(query, line.name, names)


def _bundles(doctype: str, names: Collection[str]) -> dict[str, float]:
	"""What is packed for each line that is a bundle."""
	packed = DocType("Packed Item")
	if not frappe.db.exists("Packed Item", {"parenttype": doctype}):
		return {}
	query = (
		frappe.qb.from_(packed)
		.select(packed.parent_detail_docname, Sum(packed.qty * packed.incoming_rate))
		.where((packed.parenttype == doctype) & (packed.docstatus == 1))
		.groupby(packed.parent_detail_docname)
	)
	return _looked_up(query, packed.parent_detail_docname, names)


def _not_in_stock(names: Collection[str]) -> Collection[str]:
	item = DocType("Item")
	query = frappe.qb.from_(item).select(item.name, 1.0).where(Coalesce(item.is_stock_item, 1) == 0)
	return _looked_up(query, item.name, names)


def _looked_up(query: Any, key: Any, names: Collection[str]) -> dict[Any, float]:
	"""Key and number of the rows of these names; of all rows where there are many names."""
	if len(names) > _FEW:
		return {name: float(value or 0) for name, value in query.run(as_list=True)}
	return {
		name: float(value or 0)
		for chunk in _chunks(sorted(names))
		for name, value in query.where(key.isin(chunk)).run(as_list=True)
	}


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
	for start in range(0, len(names), _NAMES_AT_ONCE):
		yield names[start : start + _NAMES_AT_ONCE]
