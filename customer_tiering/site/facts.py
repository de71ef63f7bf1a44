"""Facts from a site's own tables: one scan for everyone, or a few rows by index for some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce
from pypika.terms import ValueWrapper

from customer_tiering.engine import Facts, Policy
from customer_tiering.site import costs, metric_hook, rows

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


def read(policy: Policy, customers: Sequence[str] | None = None) -> Facts:
	"""The facts that a policy needs.

	Args:
		policy: which documents count, and which tables its rules read.
		customers: only these; None for everyone.

	Raises:
		frappe.ValidationError: an amount cannot be converted into the reporting currency.
	"""
	people = _customers(customers)
	internal = set(people.loc[people["is_internal_customer"], "customer"])
	found = _all_sales(policy, customers, internal, Period(), policy.needs_cost)
	return Facts(found, people, _pipeline(customers), _trees(policy), metric_hook.functions(policy))


def sales(
	policy: Policy,
	customers: Sequence[str] | None = None,
	since: date | None = None,
	until: date | None = None,
	with_cost: bool = False,
) -> pd.DataFrame:
	"""The documents that count, of some days: the table of sales that :func:`read` gives, cut by date.

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
	query = frappe.qb.from_(table).select(table.name).where(table.is_internal_customer == 1)
	internal = set(query.run(pluck=True)) if policy.exclude_internal else set()
	return _all_sales(policy, customers, internal, Period(since, until), with_cost)


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


def _all_sales(
	policy: Policy, customers: Sequence[str] | None, internal: set[str], period: Period, with_cost: bool
) -> pd.DataFrame:
	codes = {name: rows.Codes() for name in ("customer", "company")}
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
	convert(found, policy)
	return found


def reporting_currency(policy: Policy) -> str:
	"""The currency in which a policy's amounts are: its own, or the default company's."""
	return (
		policy.currency
		or _currency(frappe.defaults.get_global_default("company"))
		or frappe.defaults.get_global_default("currency")
		or "USD"
	)


def _currency(company: str | None) -> str | None:
	# Not from the cache of documents: for that, the host would load hundreds of modules of its own first.
	return frappe.db.get_value("Company", company, "default_currency", cache=True) if company else None


def _customers(customers: Sequence[str] | None) -> pd.DataFrame:
	fields = ["name", "customer_group", "territory", "customer_type", "disabled", "is_internal_customer"]
	table = DocType("Customer")
	query = frappe.qb.from_(table)
	if customers is not None:
		query = query.where(table.name.isin(customers))
	names, *attributes = rows.columns(query, *(table[field] for field in fields))
	flags = [np.array(values, dtype=bool) for values in attributes[3:]]
	arrays = [np.array(names, dtype=object), *(rows.shared(values, {}) for values in attributes[:3]), *flags]
	return pd.DataFrame(dict(zip(["customer", *fields[1:]], arrays, strict=True)), copy=False)


def _sales(
	doctype: str,
	policy: Policy,
	customers: Sequence[str] | None,
	internal: set[str],
	period: Period,
	codes: dict[str, rows.Codes],
) -> Iterator[dict[str, np.ndarray]]:
	"""Blocks of one kind of invoice: the columns of :func:`sales` but gross_profit, two of them in codes."""
	table = DocType(doctype)
	has = set(frappe.get_meta(doctype).get_valid_columns())
	terms = (
		table.customer, table.name, table.company, rows.day(table.posting_date),
		table.base_net_total, table.is_return, table.return_against,
		table.is_debit_note if "is_debit_note" in has else ValueWrapper(0),
	)  # fmt: skip
	unmarked = policy.exclude_internal and "is_internal_customer" not in has
	left_out = codes["customer"].of([*internal] if unmarked else [])
	query = period.of(_documents(table, has, policy, customers), table)
	# Of everyone: of few, the names are what the database goes by.
	in_order = customers is None and frappe.db.has_index(f"tab{doctype}", index_of(doctype))
	for found in rows.blocks(query, *terms, together=table.customer if in_order else None):
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
	block: Sequence[Sequence[Any]], codes: dict[str, rows.Codes], is_pos: bool
) -> dict[str, np.ndarray]:
	customer, name, company, day, amount, is_return, against, is_debit_note = block
	amounts, returned = np.array(amount, dtype=np.float64), np.array(is_return, dtype=bool)
	return {
		"customer": codes["customer"].of(customer),
		"document": np.array(name, dtype=object),
		"company": codes["company"].of(company),
		"posting_date": rows.days(day),
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
			profit[mine] -= costs.of(doctype, found["document"].to_numpy()[mine].tolist())
	return profit


# -- currency ---------------------------------------------------------------------------------------


def convert(sales: pd.DataFrame, policy: Policy) -> None:
	"""Bring the amounts of companies with another currency into the reporting currency, by posting date."""
	target = reporting_currency(policy)
	for company in sales["company"].dropna().unique():
		currency = _currency(company) or target
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


def _pipeline(customers: Sequence[str] | None) -> pd.DataFrame | None:
	"""Open opportunities, and submitted quotations that are neither ordered, lost nor past their date."""
	opportunities = _inquiries("Opportunity", "opportunity_from", ("Open", "Quotation", "Replied"), customers)
	quotations = _inquiries("Quotation", "quotation_to", ("Open", "Replied", "Partially Ordered"), customers)
	if not opportunities[0] and not quotations[0]:
		return None
	parties, opened, until = (ours + theirs for ours, theirs in zip(opportunities, quotations, strict=True))
	closed = rows.days(until) + np.timedelta64(1, "D")  # a quotation is open on its last day
	closed[: len(opportunities[0])] = np.datetime64("NaT")  # past its expected closing it is late, not closed
	return pd.DataFrame(
		{"customer": np.array(parties, dtype=object), "opened": rows.days(opened), "closed": closed}
	)


def _inquiries(
	doctype: str, party_type: str, status: tuple[str, ...], customers: Sequence[str] | None
) -> list[list[Any]]:
	"""Whose they are, since when, and until when they are meant to be open."""
	table, is_quotation = DocType(doctype), doctype == "Quotation"
	query = frappe.qb.from_(table).where((table[party_type] == "Customer") & table.status.isin(status))
	query = query.where(table.docstatus == 1 if is_quotation else table.docstatus < 2)
	if customers is not None:
		query = query.where(table.party_name.isin(customers))
	until = table.valid_till if is_quotation else table.expected_closing
	return rows.columns(query, table.party_name, table.transaction_date, until)


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
