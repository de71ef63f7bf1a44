"""From sales documents, as ERPNext keeps them, to facts: which rows count, and which are left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.facts import CUSTOMER_COLUMNS, DECIMALS, Bools, Ints, to_date

#: Why a document is left out: the first reason that applies, in this order.
LEFT_OUT = {
	"blank": "blank rows",
	"totals": "totals row of an export",
	"item_row": "items below their invoice",
	"no_sale": "payments and others that are no sale",
	"same_again": "listed in the same way by another file",
	"superseded": "an older state, another file has the latest",
	"draft": "drafts",
	"cancelled": "cancelled",
	"refunded": "refunded as a whole",
	"consolidated": "consolidated till sales, which are invoices of their own",
	"opening": "opening entries",
	"internal": "sales to internal customers",
	"other_company": "companies that the policy does not grade",
	"asked": "customers who are left out as asked",
	"placeholder": "nobody: a mark such as nan, NULL or - for the customer",
	"anonymous": "anonymous, without a customer",
	"after_as_of": "after the as-of date",
}

#: Left out for their customer, but dated like all others.
_OF_NOBODY = ("anonymous", "placeholder", "asked")
#: Documents so many days after all others, as long as they are few and a small part, are a slip of the pen.
_FAR, _FEW, _PART = 366, 10, 5


@dataclass(frozen=True)
class LeftOut:
	"""How many rows were left out for one reason, and their net amount."""

	rows: int
	net_amount: float


@dataclass(frozen=True)
class Selection:
	"""What is graded.

	Attributes:
		facts: of the documents that are left in.
		as_of: as given, or the last date of a document that is not left out for another reason.
		left_out: by reason, only those that occurred, in the order of ``LEFT_OUT``.
		rows: how many rows of the files the documents are that are left in.
	"""

	facts: Facts
	as_of: date
	left_out: dict[str, LeftOut]
	rows: int


class FarAhead(ValueError):
	"""Very few documents are dated long after all others: the last date is hardly the day to grade on.

	Attributes:
		rows: positions of these documents, the latest first.
		before: the last date of the others; ``last``: the last date of all.
	"""

	def __init__(self, rows: Ints, before: date, last: date):
		self.rows, self.before, self.last = rows, before, last
		super().__init__(f"The last date, {last}, is long after the one before it, {before}.")


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
			``gross_profit``, the attributes of a customer, ``rows`` (how many rows of the files it is) and
			``aside`` (categories: a key of ``LEFT_OUT`` for what is left out anyway, else
			empty).
		policy: its switches and companies.
		as_of: None for the last date in the documents.

	Raises:
		NothingLeft: every document is left out.
		FarAhead: no date is given, and the last one in the documents is hardly right.
	"""
	reasons = _reasons(documents, policy)
	dated = ~np.any([mask for key, mask in reasons.items() if key not in _OF_NOBODY], axis=0)
	if as_of is None and dated.any():
		as_of = _last_day(documents, dated)
	if as_of is not None:
		reasons["after_as_of"] = (documents["posting_date"] > pd.Timestamp(as_of)).to_numpy()
	left_out, kept = _count(documents, reasons)
	if as_of is None or not kept.any():
		raise NothingLeft(left_out)
	left_in = documents if kept.all() else documents[kept]
	return Selection(_facts(left_in), as_of, left_out, int(_rows(left_in).sum()))


def _rows(documents: pd.DataFrame) -> Ints:
	return documents["rows"].to_numpy() if "rows" in documents else np.ones(len(documents), dtype=np.int64)


def _last_day(documents: pd.DataFrame, dated: Bools) -> date:
	"""The last date, unless a few documents lie far behind it alone."""
	days = documents["posting_date"].to_numpy().astype("datetime64[D]").astype(np.int64)[dated]
	known, counts = np.unique(days, return_counts=True)
	after = np.concatenate([np.cumsum(counts[::-1])[::-1][1:], [0]])
	lonely = np.diff(known, append=known[-1]) > _FAR
	lonely &= (after <= _FEW) & (after * _PART <= len(days))
	if lonely.any():
		at = int(np.argmax(lonely))
		rows = np.flatnonzero(dated)[days > known[at]]
		order = np.argsort(-documents["posting_date"].to_numpy()[rows].astype(np.int64), kind="stable")
		raise FarAhead(rows[order], to_date(known[at]), to_date(known[-1]))
	return to_date(known[-1])


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
	if "aside" in documents:
		aside = documents["aside"].cat
		codes = aside.codes.to_numpy()
		reasons |= {key: codes == at for at, key in enumerate(aside.categories) if key}
	if policy.companies:
		reasons["other_company"] = ~documents["company"].isin(policy.companies).to_numpy()
	return reasons


def _count(documents: pd.DataFrame, reasons: dict[str, Bools]) -> tuple[dict[str, LeftOut], Bools]:
	amounts, rows = documents["net_amount"].to_numpy(), _rows(documents)
	kept = np.ones(len(documents), dtype=bool)
	left_out: dict[str, LeftOut] = {}
	for key in LEFT_OUT:
		gone = kept & reasons.get(key, False)
		if gone.any():
			left_out[key] = LeftOut(int(rows[gone].sum()), round(float(amounts[gone].sum()), DECIMALS) + 0.0)
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
	customers = pd.DataFrame({"customer": np.asarray(documents["customer"].unique(), dtype=object)})
	for name in names:
		told = latest[(latest[name] != "").to_numpy(dtype=bool)]
		values = told.drop_duplicates("customer", keep="last").set_index("customer")[name]
		found = values.reindex(customers["customer"]).to_numpy(dtype=object)
		customers[name] = pd.Series(np.where(pd.isna(found), None, found), dtype=object)
	return customers
