"""Which Customer Score counts when customers were merged: the host leaves one customer the scores of all."""

from __future__ import annotations

from datetime import date

import frappe
import numpy as np
import pandas as pd

from customer_tiering.engine import Policy
from customer_tiering.engine.ladder import Held, base_of

#: The override of a Customer Score, and whose it is.
OVERRIDE = ("override_tier", "override_mode", "override_until", "override_reason", "override_by")
_LATE = 10**9


def one_each(held: pd.DataFrame, policy: Policy, as_of: date) -> pd.DataFrame:
	"""One row per customer, of whom some have several.

	What counts is the better tier of those held at the close of the day before, with its dates: nobody loses
	by a merge what he holds, and a grace goes on. Of equal tiers it is the one that falls later, and then the
	one that has been climbing for longer. So it does not matter whether anything was graded on the day of the
	merge. An override counts whoever of them had it;
	of several, the one in force, and then the one that ends last.

	Args:
		held: rows as ``read_held`` reads them.
		policy: whose tiers are the ladder.
		as_of: the day of the evaluation that the rows are for.

	Returns:
		the rows that count. ``attrs["surplus"]`` names the others; ``attrs["overrides"]`` gives, by name of a
		row that counts, the name of the one whose override it takes over; see :func:`settle`.
	"""
	surplus: list[str] = []
	overrides: dict[str, str] = {}
	rows = held[held["customer"].duplicated(keep=False)]
	for _customer, ranked in _ranked(rows, policy, as_of).groupby("customer", sort=False):
		counts, *others = ranked["name"].tolist()
		surplus += others
		source = _overriding(ranked, as_of)
		if source not in (counts, None):
			overrides[counts] = source
	found = held.set_index("name", drop=False)
	for counts, source in overrides.items():
		found.loc[counts, list(OVERRIDE[:-1])] = found.loc[source, list(OVERRIDE[:-1])]
	found = found.drop(index=surplus).reset_index(drop=True)
	found.attrs.update(surplus=surplus, overrides=overrides)
	return found


def settle(held: pd.DataFrame) -> None:
	"""Bring the database to what :func:`one_each` found, if anybody was merged. The caller commits."""
	for counts, source in held.attrs.get("overrides", {}).items():
		values = frappe.db.get_value("Customer Score", source, OVERRIDE, as_dict=True)
		if values:
			frappe.db.set_value("Customer Score", counts, values, update_modified=False)
	if surplus := held.attrs.get("surplus"):
		frappe.db.delete("Customer Score", {"name": ("in", surplus)})


def _ranked(rows: pd.DataFrame, policy: Policy, as_of: date) -> pd.DataFrame:
	"""The rows of each customer, the one that counts first."""
	base = base_of(policy, Held(rows.assign(customer=rows["name"]), pd.Index(rows["name"])), as_of)
	keys = {
		"earned": -base.earned.tier,
		"shown": -base.shown,
		"below": -_late(base.earned.below_since),
		# Rung by rung, the lowest first: who has reached a tier has reached all below it.
		**{f"climbing_{rung}": _late(days) for rung, days in enumerate(base.earned.climbing.T)},
		"since": _late(base.earned.since),
	}
	order = ["customer", *(f"_{key}" for key in keys), "_score", "name"]
	keyed = rows.assign(**{f"_{key}": values for key, values in keys.items()}, _score=-rows["score"])
	return keyed.sort_values(order)


def _late(days: np.ndarray) -> np.ndarray:
	"""Days as numbers; a day that is none comes after all."""
	return np.where(np.isnat(days), _LATE, days.astype("datetime64[D]").astype(np.int64))


def _overriding(ranked: pd.DataFrame, as_of: date) -> str | None:
	"""The row whose override counts; None: there is none."""
	given = ranked[ranked["override_tier"].fillna("") != ""]
	if given.empty:
		return None
	end = _late(given["override_until"].to_numpy().astype("datetime64[D]"))
	best = np.lexsort((-end, end < np.datetime64(as_of, "D").astype(np.int64)))[0]
	return str(given["name"].iloc[best])
