"""What customers held before, as a store hands it over, and the overrides that lie on it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_tiering.engine.exact import Bools, Floats, Ints, Objects
from customer_tiering.engine.facts import factorized
from customer_tiering.engine.ladder.reviews import NO_DAY, Days
from customer_tiering.engine.policy import Policy

OVERRIDE_MODES = ("Exact", "At Least", "At Most")


class Held:
	"""What customers held before, column by column in the order of an index; empty where nothing was.

	Args:
		previous: a row per customer, by column ``customer`` or so indexed; None: nobody held anything.
		index: the customers.

	Raises:
		ValueError: a customer is listed twice.
	"""

	def __init__(self, previous: pd.DataFrame | None, index: pd.Index):
		self._frame = pd.DataFrame() if previous is None or not len(previous) else previous
		self._at = np.full(len(index), -1, dtype=np.int64)
		if len(self._frame):
			named = "customer" in self._frame
			customers = pd.Index(self._frame["customer"], dtype=object) if named else self._frame.index
			if customers.has_duplicates:
				raise ValueError("The previous grades list a customer twice.")
			self._at = customers.get_indexer(index)

	def __contains__(self, name: str) -> bool:
		return name in self._frame

	def objects(self, name: str) -> Objects:
		"""A column as objects, None where it is empty or not there."""
		if name not in self._frame:
			return np.full(len(self._at), None, dtype=object)
		found = self._taken(self._frame[name].to_numpy(dtype=object), None)
		found[pd.isna(found)] = None
		return found

	def days(self, name: str) -> Days:
		"""A date column as days, NaT where it is empty or not there."""
		if name not in self._frame:
			return np.full(len(self._at), NO_DAY)
		values = self._frame[name]
		if values.dtype.kind != "M":
			values = pd.to_datetime(values)
		return self._taken(values.to_numpy().astype("datetime64[D]"), NO_DAY)

	def numbers(self, name: str) -> Floats:
		"""A column of numbers, NaN where it is empty or not there."""
		if name not in self._frame:
			return np.full(len(self._at), np.nan)
		return self._taken(self._frame[name].to_numpy(dtype=np.float64, na_value=np.nan), np.nan)

	def earned(self, prefix: str = "") -> str:
		"""The column of the earned tier: that of the tier where it has none of its own."""
		own = f"{prefix}earned_tier"
		return own if own in self else f"{prefix}tier"

	def row(self, at: int) -> pd.Series:
		"""All that one customer held, who held something."""
		return self._frame.iloc[self._at[at]]

	def _taken(self, values: npt.NDArray[Any], empty: object) -> npt.NDArray[Any]:
		whole = np.empty(len(values) + 1, dtype=values.dtype)
		whole[:-1], whole[-1] = values, empty  # the last one is at -1 too
		return whole[self._at]


def overridden(policy: Policy, earned: Ints, held: Held, as_of: date) -> tuple[Ints, Bools]:
	"""The tier shown once overrides in force are laid over the earned one, and who has one in force.

	Exact and At Least give a tier to the unrated too; At Most does not. An override without a mode is Exact.

	Raises:
		ValueError: an override has a mode that is none.
	"""
	rung = positions(policy, held.objects("override_tier"))
	if not (rung >= 0).any():
		return earned, np.zeros(len(earned), dtype=bool)
	until = held.days("override_until")
	active = (rung >= 0) & (np.isnat(until) | (until >= np.datetime64(as_of, "D")))
	if not active.any():
		return earned, active
	mode = np.array([given or "Exact" for given in held.objects("override_mode")], dtype=object)
	unknown = set(mode[active]) - set(OVERRIDE_MODES)
	if unknown:
		names = ", ".join(OVERRIDE_MODES)
		raise ValueError(f"The override mode {min(map(str, unknown))} is none; choose one of {names}.")
	shown = np.select(
		[active & (mode == "Exact"), active & (mode == "At Least"), active & (mode == "At Most")],
		[rung, np.maximum(earned, rung), np.minimum(earned, rung)],
		earned,
	)
	return shown, active


def positions(policy: Policy, tiers: Objects) -> Ints:
	"""Rung of each tier by name; -1 for none or one that the policy does not have."""
	codes, names = factorized(tiers)  # -1 for an empty one
	rungs: Ints = np.array([*map(policy.position, names), -1], dtype=np.int64)
	return np.asarray(rungs[codes])
