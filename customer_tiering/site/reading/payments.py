"""What invoices came to and what was paid of them: the payment ledger, entry by entry.

The ledger is read as it stands, by posting date, without what was delinked; so a payment that was cancelled
was never made. A till's own documents have no entries: they are paid when they are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType

from customer_tiering.engine import Policy
from customer_tiering.engine.exact import DECIMALS
from customer_tiering.site.database import bulk_reading
from customer_tiering.site.reading import currency

_INVOICE = "Sales Invoice"
#: Of so many invoices the parts are read by index, of more by one scan.
_FEW = 5000


def read_payments(sales: pd.DataFrame, policy: Policy, customers: Sequence[str] | None) -> pd.DataFrame:
	"""The table of payments of :class:`Facts`, of the invoices that count.

	Args:
		sales: the documents that count, as :func:`sales.all_sales` gives them.
		policy: in which currency amounts are.
		customers: only their entries, by index; None for everyone's, by one scan.
	"""
	invoices = sales[~sales["is_pos"].to_numpy(dtype=bool)]
	known = pd.Index(invoices["document"], dtype=object)
	found = _in_parts(_entries(known, customers), _parts(known, customers))
	for name in ("customer", "document", "company", "posting_date"):
		column = "invoiced" if name == "posting_date" else name
		values = invoices[name]
		values = values.to_numpy() if values.dtype.kind == "M" else values.to_numpy(dtype=object)
		found[column] = values[found["at"].to_numpy()]
	# At the rate of the invoice, or something would be left of it when all is paid.
	currency.convert(found, policy, ("amount",), "invoiced")
	return found.drop(columns=["at", "is_own", "invoiced"])


def _entries(known: pd.Index, customers: Sequence[str] | None) -> pd.DataFrame:
	"""The entries against some invoices: ``at`` is an invoice's number, ``is_own`` what it entered itself."""
	entry = DocType("Payment Ledger Entry")
	is_of_sales = (entry.party_type == "Customer") & (entry.against_voucher_type == _INVOICE)
	query = frappe.qb.from_(entry).where((entry.delinked == 0) & is_of_sales)
	if customers is not None:
		query = query.where(bulk_reading.OneOf(entry.party, customers))
	terms = (
		entry.against_voucher_no, entry.voucher_no, entry.voucher_type, bulk_reading.day(entry.posting_date),
		bulk_reading.day(entry.due_date), entry.amount,
	)  # fmt: skip
	blocks = [_block(block, known) for block in bulk_reading.read_blocks(query, *terms)]
	blocks = blocks or [_block([()] * len(terms), known)]
	found = pd.DataFrame({name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]})
	return found[(found["at"] >= 0) & found["posting_date"].notna()]


def _block(block: Sequence[Sequence[Any]], known: pd.Index) -> dict[str, np.ndarray]:
	against, voucher, voucher_type, day, due, amount = block
	against, voucher = np.array(against, dtype=object), np.array(voucher, dtype=object)
	is_own = against == voucher
	return {
		"at": known.get_indexer(pd.Index(against, dtype=object)),
		"is_own": is_own,
		"is_return": ~is_own & (np.array(voucher_type, dtype=object) == _INVOICE),
		"posting_date": bulk_reading.days(day),
		"due_date": bulk_reading.days(due),
		"amount": np.array(amount, dtype=np.float64),
	}


def _parts(known: pd.Index, customers: Sequence[str] | None) -> pd.DataFrame:
	"""What of some invoices is to be paid by when, of those with several dates.

	Returns:
		``at``, ``part_due``, and where the part begins and ends between 0 and 1 of the whole.
	"""
	part = DocType("Payment Schedule")
	query = frappe.qb.from_(part).where((part.parenttype == _INVOICE) & (part.docstatus == 1))
	if customers is not None and len(known) <= _FEW:
		query = query.where(bulk_reading.OneOf(part.parent, known.tolist()))
	parent, due, amount = bulk_reading.read_columns(
		query, part.parent, bulk_reading.day(part.due_date), part.payment_amount
	)
	at = known.get_indexer(pd.Index(parent, dtype=object))
	amounts = np.array(amount, dtype=np.float64)
	found = pd.DataFrame({"at": at, "part_due": bulk_reading.days(due), "amount": amounts})
	found = found[(found["at"] >= 0) & (found["amount"] > 0)].sort_values(["at", "part_due"], kind="stable")
	of_invoice = found.groupby("at")["amount"]
	whole, end = of_invoice.transform("sum"), of_invoice.cumsum()
	found = found.assign(begin=(end - found["amount"]) / whole, end=end / whole)
	found["end"] = found["end"].where(found["at"].duplicated(keep="last"), 1.0)
	return found[found["at"].duplicated(keep=False)].drop(columns="amount")


def _in_parts(entries: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
	"""The entries; what an invoice came to is one for each part, with the date by which that is due."""
	owed = entries["amount"].to_numpy() > 0
	own = entries["is_own"].to_numpy(dtype=bool)
	found = entries[owed & own].merge(parts, on="at", how="left")
	begin, end = (found[name].fillna(rest) * found["amount"] for name, rest in (("begin", 0.0), ("end", 1.0)))
	found["amount"] = np.round(np.round(end, DECIMALS) - np.round(begin, DECIMALS), DECIMALS)
	found["due_date"] = found["part_due"].fillna(found["due_date"])
	last = found.groupby("at")["due_date"].max()
	rest = entries[~(owed & own)]
	# What is owed again, as by a payment that was taken back, is due as the invoice was.
	rest = rest.assign(due_date=last.reindex(rest["at"]).to_numpy())
	return pd.concat([found[entries.columns], rest], ignore_index=True)
