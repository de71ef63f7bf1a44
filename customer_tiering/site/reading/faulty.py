"""Who has a document that cannot be counted: seen for everyone at once, so that nobody else has to wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import frappe
import numpy as np
import pandas as pd

from customer_tiering.engine import FactsError
from customer_tiering.engine.facts import MAX_AMOUNT
from customer_tiering.wording.texts import _


class FaultyDocumentError(frappe.ValidationError, FactsError):
	"""A document that cannot be counted; the sentence names it and says why."""


class NoCurrencyExchangeError(frappe.ValidationError):
	"""Not one document is in the reporting currency, or can be brought into it."""


def find(sales: pd.DataFrame, unconverted: Mapping[str, str]) -> dict[str, Exception]:
	"""Each customer who has a document that cannot be counted, with what is wrong with the first of them.

	Args:
		sales: the documents as ``Facts`` takes them.
		unconverted: companies whose amounts are not in the reporting currency, and why.

	Returns:
		errors by customer.
	"""
	found: dict[str, Exception] = {}
	for bad, sentence in _checks(sales, unconverted):
		first = sales[bad].drop_duplicates("customer")
		for customer, document in zip(first["customer"], first["document"], strict=True):
			found.setdefault(customer, FaultyDocumentError(sentence.format(document)))
	return found


def without(sales: pd.DataFrame, faulty: Mapping[str, Exception]) -> pd.DataFrame:
	"""The documents of all others."""
	if not faulty:
		return sales
	return sales[~sales["customer"].isin([*faulty])].reset_index(drop=True)


def _checks(sales: pd.DataFrame, unconverted: Mapping[str, str]) -> Iterator[tuple[np.ndarray, str]]:
	"""For each thing that may be wrong, where it is so, and the sentence for it."""
	for company, why in unconverted.items():
		yield (sales["company"] == company).to_numpy(), why.replace("{", "{{").replace("}", "}}")
	yield sales["posting_date"].isna().to_numpy(), _("{0} has no posting date.")
	yield ~_counts(sales["net_amount"]), _("The net amount of {0} is more than can be counted.")
	if "gross_profit" in sales:
		known = sales["gross_profit"].notna().to_numpy()
		yield known & ~_counts(sales["gross_profit"]), _("The cost of {0} is more than can be counted.")


def _counts(amounts: pd.Series) -> np.ndarray:
	with np.errstate(invalid="ignore"):
		return np.abs(amounts.to_numpy(dtype=np.float64)) <= MAX_AMOUNT
