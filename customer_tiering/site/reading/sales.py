"""Facts from a site's own tables: one scan for everyone, or a few rows by index for some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce
from pypika.terms import ValueWrapper

from customer_tiering.engine import Policy
from customer_tiering.site.database import bulk_reading
from customer_tiering.site.reading import costs, currency, strays

INVOICES = ("Sales Invoice", "POS Invoice")
#: What is read of an invoice, and asked of it; not every host has all of it, nor has either kind. An index of
#: these, by customer, spares whoever reads them the rest of each row, and finds a customer's side by side.
FIELDS = (
	"customer", "posting_date", "docstatus", "base_net_total", "is_return", "is_debit_note",
	"is_consolidated", "is_internal_customer", "company", "return_against", "is_opening",
)  # fmt: skip


def index_of(doctype: str) -> str:
	"""The name of that index."""
	return f"customer_tiering_{frappe.scrub(doctype)}"


def read_sales(
	policy: Policy,
	customers: Sequence[str] | None = None,
	since: date | None = None,
	until: date | None = None,
	with_cost: bool = False,
) -> pd.DataFrame:
	"""The documents that count, of some days: the table of sales of :func:`read_facts`, cut by date.

	Args:
		policy: which documents count.
		customers: only these; None for everyone.
		since: the first day; None for all.
		until: the last day; None for all.
		with_cost: with ``gross_profit``.

	Returns:
		The columns of ``Facts.sales``, and ``is_pos``: a till's own document.

	Raises:
		frappe.ValidationError: an amount cannot be converted into the reporting currency.
	"""
	table = DocType("Customer")
	query = frappe.qb.from_(table)
	if customers is not None:
		query = query.where(table.name.isin(customers))
	names, marks = bulk_reading.read_columns(query, table.name, table.is_internal_customer)
	internal = {name for name, mark in zip(names, marks, strict=True) if mark}
	found, unconverted = all_sales(policy, customers, names, internal, Period(since, until), with_cost)
	for why in unconverted.values():
		frappe.throw(why)
	return found


@dataclass(frozen=True)
class Period:
	"""Posting dates from one day to another, both included; None: without an end."""

	since: date | None = None
	until: date | None = None

	def of(self, query: Any, table: Any) -> Any:
		"""A query limited to the documents of the period."""
		if self.since:
			query = query.where(table.posting_date >= self.since)
		return query.where(table.posting_date <= self.until) if self.until else query


def all_sales(
	policy: Policy,
	customers: Sequence[str] | None,
	names: Sequence[str],
	internal: set[str],
	period: Period,
	with_cost: bool,
) -> tuple[pd.DataFrame, dict[str, str]]:
	"""The same for who knows the customers already: their ``names``, and which are ``internal``.

	And the companies whose amounts are not in the reporting currency, each with the reason.
	"""
	codes = {name: bulk_reading.Codes() for name in ("customer", "company")}
	blocks = [
		block for doctype in INVOICES for block in _sales(doctype, policy, customers, internal, period, codes)
	]
	blocks = blocks or [_block([()] * 8, codes, False)]
	# Column by column, or every document would be held twice for a while.
	columns = {name: np.concatenate([block.pop(name) for block in blocks]) for name in [*blocks[0]]}
	coded = {name: of.values_of(columns[name]) for name, of in codes.items()}
	found = pd.DataFrame(columns | coded, copy=False)
	if with_cost:
		found["gross_profit"] = _gross_profit(found)
	unconverted = currency.convert(found, policy)
	return strays.settled(found, names, internal if policy.exclude_internal else set()), unconverted


def _sales(
	doctype: str,
	policy: Policy,
	customers: Sequence[str] | None,
	internal: set[str],
	period: Period,
	codes: dict[str, bulk_reading.Codes],
) -> Iterator[dict[str, np.ndarray]]:
	"""Blocks of one kind of invoice: the columns of :func:`read_sales`, two of them in codes."""
	table = DocType(doctype)
	has = set(frappe.get_meta(doctype).get_valid_columns())
	terms = (
		table.customer, table.name, table.company, bulk_reading.day(table.posting_date),
		table.base_net_total, table.is_return, table.return_against,
		table.is_debit_note if "is_debit_note" in has else ValueWrapper(0),
	)  # fmt: skip
	unmarked = policy.exclude_internal and "is_internal_customer" not in has
	left_out = codes["customer"].of([*internal] if unmarked else [])
	query = period.of(_documents(table, has, policy, customers), table)
	# Of everyone: of few, the names are what the database goes by.
	in_order = customers is None and frappe.db.has_index(f"tab{doctype}", index_of(doctype))
	for found in bulk_reading.read_blocks(query, *terms, together=table.customer if in_order else None):
		block = _block(found, codes, doctype == "POS Invoice")
		if len(left_out):
			others = ~np.isin(block["customer"], left_out)
			block = {name: values[others] for name, values in block.items()}
		yield block


def _documents(table: Any, has: set[str], policy: Policy, customers: Sequence[str] | None) -> Any:
	"""Which documents of one kind count."""
	query = frappe.qb.from_(table).where(table.docstatus == 1)
	if "is_consolidated" in has:  # the till's own POS Invoices are counted instead
		query = query.where(Coalesce(table.is_consolidated, 0) == 0)
	if policy.exclude_opening and "is_opening" in has:
		query = query.where(Coalesce(table.is_opening, "No") != "Yes")
	if policy.exclude_internal and "is_internal_customer" in has:
		query = query.where(Coalesce(table.is_internal_customer, 0) == 0)
	if policy.companies:
		query = query.where(table.company.isin(policy.companies))
	if customers is not None:
		query = query.where(table.customer.isin(customers))
	return query


def _block(
	block: Sequence[Sequence[Any]], codes: dict[str, bulk_reading.Codes], is_pos: bool
) -> dict[str, np.ndarray]:
	customer, name, company, day, amount, is_return, against, is_debit_note = block
	amounts, returned = np.array(amount, dtype=np.float64), np.array(is_return, dtype=bool)
	return {
		"customer": codes["customer"].of(customer),
		"document": np.array(name, dtype=object),
		"company": codes["company"].of(company),
		"posting_date": bulk_reading.days(day),
		"net_amount": amounts,
		"is_return": returned,
		"return_against": np.array(against, dtype=object),
		"is_purchase": ~returned & ~np.array(is_debit_note, dtype=bool) & (amounts > 0),
		"is_pos": np.full(len(amounts), is_pos),
	}


# -- cost -------------------------------------------------------------------------------------------


def _gross_profit(found: pd.DataFrame) -> np.ndarray:
	"""Net amount less the cost of goods of each document, NaN where that is not known."""
	profit = found["net_amount"].to_numpy(copy=True)
	for doctype in INVOICES:
		mine = np.flatnonzero(found["is_pos"] == (doctype == "POS Invoice"))
		if len(mine):
			profit[mine] -= costs.cost_of(doctype, found["document"].to_numpy()[mine].tolist())
	return profit


# -- currency ---------------------------------------------------------------------------------------


# -- the rest ---------------------------------------------------------------------------------------
