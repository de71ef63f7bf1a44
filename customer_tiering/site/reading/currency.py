"""Amounts in the reporting currency, whatever their company's is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import frappe
import numpy as np
import pandas as pd

from customer_tiering.engine import Policy
from customer_tiering.wording.texts import _


def convert(
	sales: pd.DataFrame,
	policy: Policy,
	columns: Sequence[str] = ("net_amount", "gross_profit"),
	by: str = "posting_date",
) -> dict[str, str]:
	"""Bring the amounts of companies with another currency into the reporting currency, by posting date.

	Args:
		sales: documents of a ``company``; changed in place.
		policy: whose the reporting currency is.
		columns: the amounts; one that is not there is passed over.
		by: the column with the dates of the rates.

	Returns:
		The companies whose amounts stay as they are, since there is no rate, each with a sentence.
	"""
	target = reporting_currency(policy)
	unconverted = {}
	for company in sales["company"].dropna().unique():
		currency = _currency(company) or target
		if currency == target:
			continue
		mine = (sales["company"] == company).to_numpy()
		rates = _rates(currency, target, sales.loc[mine, by])
		if rates is None:
			unconverted[company] = _no_rate(currency, target)
			continue
		for column in columns:
			if column in sales:
				sales.loc[mine, column] = sales.loc[mine, column] * rates
	return unconverted


def rate_of(company: str, policy: Policy, day: date) -> float | None:
	"""What an amount of a company is times in the reporting currency on a day; None: there is no rate."""
	target = reporting_currency(policy)
	source = _currency(company) or target
	if source == target:
		return 1.0
	rates = _rates(source, target, pd.Series([pd.Timestamp(day)]))
	return None if rates is None else float(rates[0])


def _no_rate(source: str, target: str) -> str:
	return _(
		"There is no Currency Exchange from {0} to {1}. Add one, or limit the policy to companies in {1}."
	).format(source, target)


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


def _rates(source: str, target: str, dates: pd.Series) -> np.ndarray | None:
	"""The latest Currency Exchange on or before each date, the first for dates before it; None: none."""
	known = _exchange(source, target) or [(day, 1 / rate) for day, rate in _exchange(target, source) if rate]
	if not known:
		return None
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
