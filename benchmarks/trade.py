"""What a site or the engine is filled with: the same customers and invoices for the same numbers.

A few customers buy most, trade swings with the season, about one invoice in twenty is a return that names
the invoice it returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

SEED = 20_260_101
DAYS = 3 * 365
RETURNS = 0.05


@dataclass(frozen=True)
class Trade:
	"""What to fill a site with."""

	customers: int
	invoices: int
	until: date


def sales(trade: Trade) -> pd.DataFrame:
	"""Every invoice, a row each in order of date, with the columns of ``Facts.sales``.

	Customers buy in proportion to a Pareto weight, and more towards the end of a year.
	"""
	rng = np.random.default_rng(SEED)
	count = trade.invoices
	buyers = _buyers(rng, trade.customers, count)
	day = np.sort(_days(rng, count))
	amount = np.round(rng.lognormal(5.5, 1.1, count), 2)
	frame = pd.DataFrame({"customer": customer_names(trade.customers)[buyers], "net_amount": amount})
	start = np.datetime64(trade.until - timedelta(days=DAYS - 1), "D")
	frame["posting_date"] = (start + day).astype("datetime64[s]")
	frame["document"] = _document_names(count)
	return _with_returns(rng, frame)


def customer_names(count: int) -> np.ndarray:
	"""Names as text, longer than a number: what a real site has."""
	return np.array([f"Customer {number:07d} Ltd" for number in range(count)], dtype=object)


def _buyers(rng: np.random.Generator, customers: int, invoices: int) -> np.ndarray:
	"""Which customer each invoice is for: everyone at least once where there are enough, the rest skewed."""
	weight = rng.pareto(1.3, customers) + 0.2
	drawn = rng.choice(customers, invoices, p=weight / weight.sum())
	once = rng.permutation(customers)[: invoices // 2]
	drawn[rng.choice(invoices, len(once), replace=False)] = once
	return drawn


def _days(rng: np.random.Generator, count: int) -> np.ndarray:
	day = np.arange(DAYS)
	season = 1 + 0.4 * np.cos(2 * np.pi * (day % 365) / 365)
	return rng.choice(DAYS, count, p=season / season.sum())


def _with_returns(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
	"""Turn one row in twenty into a return, all or half, of an earlier sale of that very customer."""
	count = len(frame)
	earlier = frame.groupby("customer", sort=False).cumcount().to_numpy() > 0
	back = earlier & (rng.random(count) < RETURNS / max(earlier.mean(), RETURNS))
	sold = pd.Series(np.where(back, np.nan, np.arange(count)))
	original = sold.groupby(frame["customer"].to_numpy(), sort=False).ffill().to_numpy()
	rows = np.flatnonzero(back & ~np.isnan(original))
	against = original[rows].astype(np.int64)
	amounts = frame["net_amount"].to_numpy(copy=True)
	amounts[rows] = -np.round(amounts[against] * rng.choice([0.5, 1.0], len(rows)), 2)
	documents = frame["document"].to_numpy(dtype=object)
	named = np.full(count, None, dtype=object)
	named[rows] = documents[against]
	is_return = np.zeros(count, dtype=bool)
	is_return[rows] = True
	return frame.assign(net_amount=amounts, is_return=is_return, return_against=named)


def _document_names(count: int) -> np.ndarray:
	return np.array([f"ACC-SINV-2026-{number:07d}" for number in range(count)], dtype=object)
