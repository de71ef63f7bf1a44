"""Fills a site with customers and Sales Invoices: rows in bulk, with the columns that grading reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from pypika.terms import Parameter

from benchmarks.trade import Trade, customer_names, sales

ROWS_AT_ONCE = 2000
_SALES_COLUMNS = (
	"name", "creation", "modified", "docstatus", "customer", "customer_name", "company", "posting_date",
	"base_net_total", "is_return", "return_against", "currency", "conversion_rate", "status",
)  # fmt: skip
_ITEM_COLUMNS = (
	"name", "docstatus", "parent", "parenttype", "parentfield", "idx", "item_code", "qty", "stock_qty",
	"incoming_rate", "base_net_amount",
)  # fmt: skip


def fill(trade: Trade, items: bool = False) -> None:
	"""Write it all into the connected site, and commit; with ``items``, a line with a cost for each."""
	company = frappe.defaults.get_global_default("company")
	_fill_customers(customer_names(trade.customers))
	frame = sales(trade)
	stamps = frame["posting_date"].dt.strftime("%Y-%m-%d 12:00:00").tolist()
	days = frame["posting_date"].dt.strftime("%Y-%m-%d").tolist()
	names = ("document", "customer", "net_amount", "is_return", "return_against")
	# As objects: a later pandas has texts of its own, in which an empty one is no None.
	columns = [frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in names]
	rest = ("USD", 1, "Paid")
	rows = (
		(document, stamp, stamp, 1, customer, customer, company, day, amount, int(back), against, *rest)
		for stamp, day, document, customer, amount, back, against in zip(stamps, days, *columns, strict=True)
	)
	insert("Sales Invoice", _SALES_COLUMNS, rows)
	if items:
		_fill_items(frame)
	for doctype in ("Customer", "Sales Invoice"):
		frappe.db.sql_ddl(f"analyze table `tab{doctype}`")  # as a site that has grown would be


def insert(doctype: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
	"""Write rows in large statements, one commit each."""
	while block := list(islice(rows, ROWS_AT_ONCE)):
		frappe.db.sql(_statement(doctype, columns, len(block)), [value for row in block for value in row])
		frappe.db.commit()


@lru_cache
def _statement(doctype: str, columns: tuple[str, ...], rows: int) -> str:
	gap = [Parameter("%s")] * len(columns)
	return frappe.qb.into(DocType(doctype)).columns(*columns).insert(*([gap] * rows)).get_sql()


def _fill_customers(names: np.ndarray) -> None:
	groups = ("Commercial", "Individual", "Government")
	stamp = "2020-01-01 00:00:00"
	columns = (
		"name", "creation", "modified", "customer_name", "customer_group", "territory", "customer_type",
	)  # fmt: skip
	insert(
		"Customer",
		columns,
		(
			(name, stamp, stamp, name, groups[at % 3], "All Territories", "Company")
			for at, name in enumerate(names)
		),
	)


def _fill_items(frame: pd.DataFrame) -> None:
	documents, amounts = frame["document"].tolist(), frame["net_amount"].tolist()
	rows = (
		(
			f"line-{at}", 1, document, "Sales Invoice", "items", 1, "Service Hour",
			1 if amount > 0 else -1, 1 if amount > 0 else -1, round(abs(amount) * 0.7, 2), amount,
		)
		for at, (document, amount) in enumerate(zip(documents, amounts, strict=True))
	)  # fmt: skip
	insert("Sales Invoice Item", _ITEM_COLUMNS, rows)
