"""What tiers, stages and segments hold and bring, and who went from where to where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from customer_tiering.engine import Policy
from customer_tiering.engine.exact import DECIMALS

#: Of a customer who was not known yet; no tier is called so, as names have no space at their ends.
NOT_YET = "\n"


def tiers_down(policy: Policy, *held: pd.Series) -> list[str]:
	"""The policy's tiers from the highest down, those that are ``held`` and it has no more, then none."""
	names = [tier.name for tier in reversed(policy.tiers)]
	former = {name for tiers in held for name in tiers.unique()} - {*names, "", NOT_YET}
	return [*names, *sorted(former), ""]


def summed(people: pd.DataFrame, by: str, names: Sequence[str]) -> pd.DataFrame:
	"""A row per name: ``customers``, ``active`` (bought within a year), ``invoices``, amounts and shares.

	Args:
		people: a row per customer.
		by: the column that says in which row he is.
		names: all that occur in it, in order.

	Returns:
		``customers_share`` and ``share`` (of the revenue of a year) in percent, NaN where the whole is zero
		or less; ``revenue``, ``year_before`` and ``ever`` are sums.
	"""
	codes = pd.Index(names, dtype=object).get_indexer(people[by])
	found = pd.DataFrame({by: names, "customers": np.bincount(codes, minlength=len(names))})
	found["active"] = np.bincount(codes[people["invoices"].to_numpy() > 0], minlength=len(names))
	found["invoices"] = np.bincount(codes, people["invoices"], minlength=len(names)).astype(int)
	for name in ("revenue", "year_before", "ever"):
		found[name] = _sums(people[name], codes, len(names))
	found["customers_share"] = shares(found["customers"], len(people))
	found["share"] = shares(found["revenue"], whole(people["revenue"]))
	return found


def _sums(amounts: pd.Series, codes: np.ndarray, size: int) -> np.ndarray:
	return np.round(np.bincount(codes, amounts, minlength=size), DECIMALS) + 0.0


def whole(amounts: pd.Series) -> float:
	"""The sum, to the decimals that are kept."""
	return round(float(amounts.sum()), DECIMALS) + 0.0


def shares(parts: pd.Series, of: float) -> pd.Series:
	"""Percent of a whole; NaN where that is zero or less."""
	return parts / of * 100 if of > 0 else pd.Series(np.nan, parts.index)


def passed(then: pd.DataFrame, people: pd.DataFrame, day: date) -> pd.DataFrame:
	"""Everyone of today with the tier in which he ``was``: ``NOT_YET`` for who had no document yet.

	Args:
		then: ``customer`` and ``tier`` of the earlier day; a missing tier is none.
		people: the same of today, and the day from which each is ``known``.
		day: the earlier day.
	"""
	tiers = then["tier"].astype(object)
	known = pd.Series(tiers.where(tiers.notna(), "").to_numpy(dtype=object), then["customer"])
	was = people["customer"].map(known).astype(object)
	return people.assign(was=was.where(was.notna() & ~_later(people, day), NOT_YET))


def _later(people: pd.DataFrame, day: date) -> pd.Series:
	"""Whose first document came after a day."""
	return people["known"] > pd.Timestamp(day)


def crossed(moved: pd.DataFrame, rows: Sequence[str], columns: Sequence[str]) -> np.ndarray:
	"""How many went from each of ``rows`` to each of ``columns``, shape (rows, columns)."""
	was = pd.Index(rows, dtype=object).get_indexer(moved["was"])
	now = pd.Index(columns, dtype=object).get_indexer(moved["tier"])
	cells = np.bincount(was * len(columns) + now, minlength=len(rows) * len(columns))
	return cells.reshape(len(rows), len(columns))


def rungs_moved(moved: pd.DataFrame, policy: Policy) -> pd.Series:
	"""How many rungs each rose (below zero: fell); zero for who had or has no tier."""
	height = {"": np.nan, NOT_YET: np.nan} | {tier.name: at for at, tier in enumerate(policy.tiers)}
	return (moved["tier"].map(height) - moved["was"].map(height)).fillna(0).astype(int)
