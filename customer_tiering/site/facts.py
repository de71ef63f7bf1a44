"""Facts from a site's own tables: one scan for everyone, or a few rows by index for some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe import _
from frappe.query_builder import Case, DocType
from frappe.query_builder.functions import Coalesce, Sum

from customer_tiering.engine import Facts, Policy

INVOICES = ("Sales Invoice", "POS Invoice")
_SALES = (
	"customer", "name", "company", "posting_date", "base_net_total", "is_return", "return_against",
	"is_debit_note",
)  # fmt: skip
_ROWS_AT_ONCE = 50_000


def read(policy: Policy, customers: Sequence[str] | None = None, with_cost: bool | None = None) -> Facts:
	"""The facts that a policy needs.

	Args:
		policy: which documents count, and which tables its rules read.
		customers: only these; None for everyone.
		with_cost: read the cost of goods as well; by default if a rule needs it.

	Raises:
		frappe.ValidationError: an amount cannot be converted into the reporting currency.
	"""
	people = _customers(customers)
	internal = set(people.loc[people["is_internal_customer"].astype(bool), "customer"])
	sales = pd.concat(
		[_sales(doctype, policy, customers, internal) for doctype in INVOICES], ignore_index=True
	)
	if policy.needs_cost if with_cost is None else with_cost:
		sales["gross_profit"] = sales["net_amount"] - sales["document"].map(_costs(sales, customers)).astype(
			float
		)
	_convert(sales, policy)
	return Facts(sales, people, _pipeline(customers), _trees(policy))


def reporting_currency(policy: Policy) -> str:
	"""The currency in which a policy's amounts are: its own, or the default company's."""
	return (
		policy.currency
		or frappe.get_cached_value(
			"Company", frappe.defaults.get_global_default("company"), "default_currency"
		)
		or frappe.defaults.get_global_default("currency")
		or "USD"
	)


def _customers(customers: Sequence[str] | None) -> pd.DataFrame:
	fields = ["name", "customer_group", "territory", "customer_type", "disabled", "is_internal_customer"]
	table = DocType("Customer")
	query = frappe.qb.from_(table).select(*(table[field] for field in fields))
	if customers is not None:
		query = query.where(table.name.isin(customers))
	return _frame(query, ["customer", *fields[1:]])


def _sales(doctype: str, policy: Policy, customers: Sequence[str] | None, internal: set[str]) -> pd.DataFrame:
	"""Rows of one kind of invoice, in order of storage; the columns of ``Facts.sales`` but gross_profit."""
	table = DocType(doctype)
	has = set(frappe.get_meta(doctype).get_valid_columns())
	known = [field for field in _SALES if field in has]
	query = frappe.qb.from_(table).select(*(table[field] for field in known)).where(table.docstatus == 1)
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
	sales = _frame(query, known).rename(columns={"name": "document", "base_net_total": "net_amount"})
	if policy.exclude_internal and "is_internal_customer" not in has:
		sales = sales[~sales["customer"].isin(internal)]
	sales["posting_date"] = pd.to_datetime(sales["posting_date"]).astype("datetime64[s]")
	sales["net_amount"] = sales["net_amount"].astype(float)
	sales["is_return"] = sales["is_return"].astype(bool)
	debit_note = sales.pop("is_debit_note").astype(bool) if "is_debit_note" in sales else False
	sales["is_purchase"] = ~sales["is_return"] & ~debit_note & (sales["net_amount"] > 0)
	return sales


def _frame(query: Any, columns: list[str]) -> pd.DataFrame:
	"""A query's rows as a frame, read in blocks so that a million rows are never all held as tuples."""
	blocks = []
	with frappe.db.unbuffered_cursor():
		rows = query.run(as_list=True, as_iterator=True)
		for block in _blocks(rows):
			blocks.append(pd.DataFrame(block, columns=columns, dtype=object))
	if not blocks:
		return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
	return pd.concat(blocks, ignore_index=True)


def _blocks(rows: Iterable[Any]) -> Iterator[list[Any]]:
	block: list[Any] = []
	for row in rows:
		block.append(row)
		if len(block) == _ROWS_AT_ONCE:
			yield block
			block = []
	if block:
		yield block


# -- cost -------------------------------------------------------------------------------------------


def _costs(sales: pd.DataFrame, customers: Sequence[str] | None) -> dict[str, float]:
	"""Cost of goods per document in the company's currency; documents with an unknown cost are left out."""
	chosen = None if customers is None else sales["document"].tolist()
	costs: dict[str, float] = {}
	if chosen is None or chosen:
		for doctype in INVOICES:
			costs |= {
				document: cost for document, cost, unknown in _cost_rows(doctype, chosen) if not unknown
			}
	return costs


def _cost_rows(doctype: str, documents: list[str] | None) -> list[tuple[str, float, int]]:
	"""Per document: Σ stock quantity × rate of cost, and how many of its lines have no known rate.

	The rate is the line's own incoming rate, else that of the delivery note line that it bills. A bundle
	costs what is packed for it. Any other item that is not kept in stock costs nothing.
	"""
	line, delivered, item = DocType(f"{doctype} Item"), DocType("Delivery Note Item"), DocType("Item")
	packed = DocType("Packed Item")
	rate = Case().when(Coalesce(delivered.incoming_rate, 0) != 0, delivered.incoming_rate)
	if frappe.get_meta(f"{doctype} Item").has_field("incoming_rate"):  # a till's line has none
		rate = Case().when(Coalesce(line.incoming_rate, 0) != 0, line.incoming_rate).else_(rate)
	bundle = (
		frappe.qb.from_(packed)
		.select(packed.parent_detail_docname, Sum(packed.qty * packed.incoming_rate).as_("cost"))
		.where((packed.parenttype == doctype) & (packed.docstatus == 1))
		.groupby(packed.parent_detail_docname)
	)
	cost = (
		Case()
		.when(rate.isnotnull(), rate * line.stock_qty)
		.when(bundle.cost.isnotnull(), bundle.cost)
		.when(Coalesce(item.is_stock_item, 1) == 0, 0)
	)
	query = (
		frappe.qb.from_(line)
		.left_join(delivered)
		.on(delivered.name == line.dn_detail)
		.left_join(item)
		.on(item.name == line.item_code)
		.left_join(bundle)
		.on(bundle.parent_detail_docname == line.name)
		.select(line.parent, Sum(cost), Sum(Case().when(cost.isnull(), 1).else_(0)))
		.where((line.docstatus == 1) & (line.parenttype == doctype))
		.groupby(line.parent)
	)
	if documents is not None:
		query = query.where(line.parent.isin(documents))
	return [(parent, float(cost or 0), int(unknown)) for parent, cost, unknown in query.run(as_list=True)]


# -- currency ---------------------------------------------------------------------------------------


def _convert(sales: pd.DataFrame, policy: Policy) -> None:
	"""Bring the amounts of companies with another currency into the reporting currency, by posting date."""
	target = reporting_currency(policy)
	currencies = dict(
		frappe.get_all("Company", fields=["name", "default_currency"], as_list=True, order_by=None)
	)
	for company in sales["company"].unique():
		currency = currencies.get(company, target)
		if currency != target:
			mine = (sales["company"] == company).to_numpy()
			rates = _rates(currency, target, sales.loc[mine, "posting_date"])
			for column in ("net_amount", "gross_profit"):
				if column in sales:
					sales.loc[mine, column] = sales.loc[mine, column] * rates


def _rates(source: str, target: str, dates: pd.Series) -> np.ndarray:
	"""The latest Currency Exchange on or before each date; the first there is for dates before it."""
	known = _exchange(source, target) or [(day, 1 / rate) for day, rate in _exchange(target, source) if rate]
	if not known:
		frappe.throw(
			_(
				"There is no Currency Exchange from {0} to {1}. Add one, or limit the policy to companies in {1}."  # noqa: E501 a sentence is translated whole
			).format(source, target)
		)
	days = np.array([day for day, _rate in known], dtype="datetime64[D]")
	at = np.searchsorted(days, dates.to_numpy().astype("datetime64[D]"), side="right") - 1
	return np.array([rate for _day, rate in known])[np.maximum(at, 0)]


def _exchange(source: str, target: str) -> list[tuple[date, float]]:
	return frappe.get_all(
		"Currency Exchange",
		filters={"from_currency": source, "to_currency": target, "for_selling": 1},
		fields=["date", "exchange_rate"],
		order_by="date asc",
		as_list=True,
	)


# -- the rest ---------------------------------------------------------------------------------------


def _pipeline(customers: Sequence[str] | None) -> pd.DataFrame:
	"""Open opportunities, and submitted quotations that are neither ordered, lost nor past their date."""
	rows = [
		*_inquiries("Opportunity", "opportunity_from", ("Open", "Quotation", "Replied"), customers),
		*_inquiries("Quotation", "quotation_to", ("Open", "Replied", "Partially Ordered"), customers),
	]
	frame = pd.DataFrame(rows, columns=["customer", "opened", "closed"], dtype=object)
	for column in ("opened", "closed"):
		frame[column] = pd.to_datetime(frame[column])
	frame["closed"] += pd.Timedelta(days=1)  # open on its last day
	return frame


def _inquiries(
	doctype: str, party_type: str, status: tuple[str, ...], customers: Sequence[str] | None
) -> list[list[Any]]:
	filters: dict[str, Any] = {party_type: "Customer", "status": ("in", status), "docstatus": ("<", 2)}
	if doctype == "Quotation":
		filters["docstatus"] = 1
	if customers is not None:
		filters["party_name"] = ("in", customers)
	until = "valid_till" if doctype == "Quotation" else "expected_closing"
	fields = ["party_name", "transaction_date", until]
	rows = frappe.get_all(doctype, filters=filters, fields=fields, as_list=True, order_by=None)
	# An opportunity past its expected closing is late, not closed.
	return [[party, opened, closed if doctype == "Quotation" else None] for party, opened, closed in rows]


def _trees(policy: Policy) -> dict[str, dict[str, str | None]]:
	"""Parents of every customer group and territory, where a rule's scope asks for them."""
	trees = {"customer_group": "Customer Group", "territory": "Territory"}
	return {
		field: dict(
			frappe.get_all(doctype, fields=["name", f"parent_{field}"], as_list=True, order_by=None, limit=0)
		)
		for field, doctype in trees.items()
		if any(getattr(rule, field) for rule in policy.rules)
	}
