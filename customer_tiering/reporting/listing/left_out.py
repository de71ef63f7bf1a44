"""The submitted Sales Invoices that the facts leave out, each with the reason: what a total is short of."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import Case, DocType
from frappe.query_builder.functions import Coalesce

from customer_tiering.engine import Policy
from customer_tiering.reporting.choosing.reader import Seen, of_companies
from customer_tiering.reporting.showing.sentences import bold, money
from customer_tiering.site.database import bulk_reading
from customer_tiering.site.reading import currency, sales
from customer_tiering.wording.texts import _, run_on

#: An invoice has the first reason that fits.
CONSOLIDATED, OPENING, INTERNAL, COMPANY = "Consolidated", "Opening", "Internal", "Company"
COLUMNS = ("document", "customer", "company", "posting_date", "net_amount", "reason")


def read_left_out(seen: Seen[Any], since: date, until: date) -> pd.DataFrame:
	"""These customers' documents that are left out, in the reporting currency, with ``COLUMNS``."""
	table = DocType("Sales Invoice")
	reason, any_reason = _reasons(seen.policy, table)
	query = frappe.qb.from_(table).where((table.docstatus == 1) & any_reason)
	query = sales.Period(since, until).of(query, table)
	day, amount = bulk_reading.day(table.posting_date), table.base_net_total
	terms = (table.name, table.customer, table.company, day, amount, reason)
	document, customer, company, day, amount, why = bulk_reading.read_columns(query, *terms)
	found = pd.DataFrame(
		{
			"document": np.array(document, dtype=object),
			"customer": np.array(customer, dtype=object),
			"company": np.array(company, dtype=object),
			"posting_date": bulk_reading.days(day),
			"net_amount": np.array(amount, dtype=np.float64),
			"reason": np.array(why, dtype=object),
		}
	)
	mine = found["customer"].isin(seen.names)
	found = of_companies(found[mine], seen.companies).reset_index(drop=True)
	currency.convert(found, seen.policy)
	return found


def by_reason(found: pd.DataFrame) -> pd.DataFrame:
	"""Number of ``documents`` and their ``net_amount``, a row per reason."""
	return found.groupby("reason").agg(documents=("document", "size"), net_amount=("net_amount", "sum"))


def sentences(seen: Seen[Any], included: pd.DataFrame, found: pd.DataFrame) -> str:
	"""From the included documents to the Sales Register's net total, class by class.

	Args:
		seen: whose documents these are.
		included: what :meth:`Seen.sales` gave for the period.
		found: what :func:`read_left_out` gave for it.
	"""
	whole, left = included["net_amount"].sum(), by_reason(found)
	till = included[included["is_pos"]]
	lines = [
		_sentence(
			_("Documents of all chosen customers: {0}, with a net total of {1}."), seen, len(included), whole
		)
	]
	lines += [
		_sentence(_SENTENCES[reason](), seen, row.documents, row.net_amount)
		for reason, row in left.iterrows()
	] or [_("Nothing was left out.")]
	if len(till):
		text = _("POS Invoices among those, which the Sales Register does not list: {0}, with {1}.")
		lines.append(_sentence(text, seen, len(till), till["net_amount"].sum()))
	register = whole - till["net_amount"].sum() + left["net_amount"].sum()
	text = _("So the net total of their submitted Sales Invoices, as in the Sales Register, is {0}.")
	return run_on([*lines, text.format(bold(money(register, seen)))])


def _reasons(policy: Policy, table: Any) -> tuple[Any, Any]:
	"""The reason as a column, and the condition that there is one."""
	reasons = {
		CONSOLIDATED: Coalesce(table.is_consolidated, 0) == 1,
		**({OPENING: Coalesce(table.is_opening, "No") == "Yes"} if policy.exclude_opening else {}),
		**({INTERNAL: Coalesce(table.is_internal_customer, 0) == 1} if policy.exclude_internal else {}),
		**({COMPANY: table.company.notin(policy.companies)} if policy.companies else {}),
	}
	reason, any_reason = Case(), None
	for name, condition in reasons.items():
		reason = reason.when(condition, name)
		any_reason = condition if any_reason is None else any_reason | condition
	return reason, any_reason


#: A function each, as a sentence is translated when it is shown, not when this is imported.
_SENTENCES = {
	OPENING: lambda: _("Opening entries left out: {0}, with {1}."),
	INTERNAL: lambda: _("Invoices to internal customers left out: {0}, with {1}."),
	CONSOLIDATED: lambda: _(
		"Consolidated invoices left out, as the POS Invoices behind them are counted: {0}, with {1}."
	),
	COMPANY: lambda: _("Invoices of companies outside the policy left out: {0}, with {1}."),
}


def _sentence(text: str, seen: Seen[Any], documents: int, amount: float) -> str:
	return text.format(bold(int(documents)), money(amount, seen))
