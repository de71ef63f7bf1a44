"""From sales documents, as ERPNext keeps them, to facts: which rows count, and which are left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.facts import CUSTOMER_COLUMNS, DECIMALS, Bools

#: Why a document is left out: the first reason that applies, in this order.
LEFT_OUT = {
	"blank": "blank rows",
	"totals": "totals row of an export",
	"draft": "drafts",
	"cancelled": "cancelled",
	"consolidated": "consolidated till sales, which are invoices of their own",
	"opening": "opening entries",
	"internal": "sales to internal customers",
	"other_company": "companies that the policy does not grade",
	"anonymous": "anonymous, without a customer",
	"after_as_of": "after the as-of date",
}


@dataclass(frozen=True)
class LeftOut:
	"""How many documents were left out for one reason, and their net amount."""

	rows: int
	net_amount: float


@dataclass(frozen=True)
class Selection:
	"""What is graded.

	Attributes:
		facts: of the documents that are left in.
		as_of: as given, or the last date of a document that is not left out for another reason.
		left_out: by reason, only those that occurred, in the order of ``LEFT_OUT``.
	"""

	facts: Facts
	as_of: date
	left_out: dict[str, LeftOut]


class NothingLeft(ValueError):
	"""No document is left to grade; ``left_out`` says where they went."""

	def __init__(self, left_out: dict[str, LeftOut]):
		self.left_out = left_out
		super().__init__("There is nothing to grade.")


def select(documents: pd.DataFrame, policy: Policy, as_of: date | None = None) -> Selection:
	"""Leave out what the policy does not grade.

	Args:
		documents: one row per sales document: ``customer`` (empty for an anonymous sale), ``document``,
			``company``, ``posting_date``, ``net_amount``, ``is_return``, ``is_debit_note``, ``docstatus``,
			``is_consolidated``, ``is_opening``, ``is_internal``; optionally ``return_against``,
			``gross_profit`` and the attributes of a customer.
		policy: its switches and companies.
		as_of: None for the last date in the documents.

	Raises:
		NothingLeft: every document is left out.
	"""
	reasons = _reasons(documents, policy)
	dated = ~np.any([mask for key, mask in reasons.items() if key != "anonymous"], axis=0)
	if as_of is None and dated.any():
		as_of = documents["posting_date"][dated].max().date()
	if as_of is not None:
		reasons["after_as_of"] = (documents["posting_date"] > pd.Timestamp(as_of)).to_numpy()
	left_out, kept = _count(documents, reasons)
	if as_of is None or not kept.any():
		raise NothingLeft(left_out)
	return Selection(_facts(documents[kept]), as_of, left_out)


def _reasons(documents: pd.DataFrame, policy: Policy) -> dict[str, Bools]:
	status = documents["docstatus"].to_numpy()
	reasons = {
		"draft": status == 0,
		"cancelled": status == 2,
		"consolidated": documents["is_consolidated"].to_numpy(),
		"opening": documents["is_opening"].to_numpy() & policy.exclude_opening,
		"internal": documents["is_internal"].to_numpy() & policy.exclude_internal,
		"anonymous": (documents["customer"] == "").to_numpy(dtype=bool),
	}
	if policy.companies:
		reasons["other_company"] = ~documents["company"].isin(policy.companies).to_numpy()
	return reasons


def _count(documents: pd.DataFrame, reasons: dict[str, Bools]) -> tuple[dict[str, LeftOut], Bools]:
	amounts = documents["net_amount"].to_numpy()
	kept = np.ones(len(documents), dtype=bool)
	left_out: dict[str, LeftOut] = {}
	for key in LEFT_OUT:
		gone = kept & reasons.get(key, False)
		if gone.any():
			left_out[key] = LeftOut(int(gone.sum()), round(float(amounts[gone].sum()), DECIMALS) + 0.0)
			kept &= ~gone
	return left_out, kept


def _facts(documents: pd.DataFrame) -> Facts:
	sales = documents[["customer", "document", "company", "posting_date", "net_amount", "is_return"]].copy()
	sales["is_purchase"] = (
		~documents["is_return"] & ~documents["is_debit_note"] & (documents["net_amount"] > 0)
	)
	for name in ("return_against", "gross_profit"):
		if name in documents:
			sales[name] = documents[name]
	return Facts(sales=sales, customers=_customers(documents))


def _customers(documents: pd.DataFrame) -> pd.DataFrame | None:
	"""What each customer's latest document that says so tells of him; None if no document tells anything."""
	names = [name for name in CUSTOMER_COLUMNS if name in documents]
	if not names:
		return None
	latest = documents.sort_values("posting_date", kind="stable")
	customers = pd.DataFrame({"customer": documents["customer"].unique()}, dtype=object)
	for name in names:
		told = latest[(latest[name] != "").to_numpy(dtype=bool)]
		values = told.drop_duplicates("customer", keep="last").set_index("customer")[name]
		found = values.reindex(customers["customer"]).to_numpy(dtype=object)
		customers[name] = pd.Series(np.where(pd.isna(found), None, found), dtype=object)
	return customers
