"""From a candidate tier to the tier held: up at once, down after grace and hold, overrides on top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_tiering.engine.exact import Bools, Floats, Ints, Objects
from customer_tiering.engine.facts import factorized, to_day
from customer_tiering.engine.policy import Policy

Days = npt.NDArray[np.datetime64]
NO_DAY = np.datetime64("NaT", "D")
ONE_DAY = np.timedelta64(1, "D")
OVERRIDE_MODES = ("Exact", "At Least", "At Most")
#: What a customer carries from one evaluation to the next.
STATE = ("tier", "tier_since", "earned_tier", "earned_since", "below_since")


@dataclass(frozen=True)
class Rungs:
	"""Where customers stand: rung (-1 none), since when, and since when the candidate has been lower."""

	tier: Ints
	since: Days
	below_since: Days


@dataclass(frozen=True)
class Base:
	"""Where customers stood before this day: what they had earned, and what was shown with overrides."""

	earned: Rungs
	shown: Ints
	shown_since: Days


@dataclass(frozen=True)
class Step:
	"""The outcome of one evaluation for the earned tier."""

	rungs: Rungs
	falls_on: Days  # after today; NaT: not about to fall
	falls_to: Ints
	held_by_hold: Bools  # it is the hold that ends last, not the grace


def step(policy: Policy, base: Rungs, candidate: Ints, cap: Ints, as_of: date) -> Step:
	"""Move each customer's earned tier on by one evaluation.

	Args:
		policy: tiers with their grace and hold, and whether a fall goes one rung at a time.
		base: where they stood at the close of the day before.
		candidate: rung by score, floors and caps; -1 for unrated.
		cap: the highest rung that any acting cap allows.
		as_of: the day of the evaluation.
	"""
	today = np.datetime64(as_of, "D")
	capped = (base.tier > cap) & (candidate >= 0)
	start = np.where(capped, cap, base.tier)
	start_since = np.where(capped, today, base.since)
	lower = (candidate >= 0) & (candidate < start)
	below = np.where(capped | np.isnat(base.below_since), today, np.minimum(base.below_since, today))

	fall = _fall(policy, start, start_since, below, candidate)
	falling = lower & (fall.on <= today)
	waiting = lower & ~falling
	tier = np.where(waiting, start, np.where(falling, fall.to, candidate))
	again = falling & (tier > candidate)
	since = np.where(tier < 0, NO_DAY, np.where(tier != base.tier, today, base.since))
	below_since = np.where(waiting, below, np.where(again, today, NO_DAY))

	# Whoever has fallen by one rung and is to fall on, has the grace and hold of this rung from today.
	coming = _fall(policy, tier, since, below_since, candidate)
	falls_on = np.maximum(coming.on, today + ONE_DAY)
	falls = waiting | again
	return Step(
		Rungs(tier, since, below_since),
		np.where(falls, falls_on, NO_DAY),
		np.where(falls, coming.to, -1),
		falls & coming.by_hold,
	)


@dataclass(frozen=True)
class Fall:
	"""A fall from where customers stand; it says nothing of those whose candidate is not lower."""

	on: Days
	to: Ints
	by_hold: Bools  # it is the hold that ends last, not the grace


def _fall(policy: Policy, tier: Ints, since: Days, below: Days, candidate: Ints) -> Fall:
	grace = np.array([tier.grace_days for tier in policy.tiers], dtype="timedelta64[D]")
	hold = np.array([tier.hold_days for tier in policy.tiers], dtype="timedelta64[D]")
	end_of_grace = below + grace[tier]
	end_of_hold = np.where(np.isnat(since), below, since + hold[tier])
	to = np.maximum(candidate, tier - 1) if policy.one_step_down else candidate
	return Fall(np.maximum(end_of_grace, end_of_hold), to, end_of_hold > end_of_grace)


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


def base_of(policy: Policy, held: Held, as_of: date) -> Base:
	"""Where each customer stood at the close of the day before.

	A row that was last written today (or later, if the clock went back) gives its ``opening_`` state. So all
	that happens within one day counts as one step, in whatever order it came.
	"""
	written = held.days("as_of")
	fresh = ~np.isnat(written) & (written.astype(np.int64) >= to_day(as_of))

	def tiers(name: str, opening: str) -> Ints:
		rungs = positions(policy, held.objects(name))
		if not fresh.any():
			return rungs
		return np.where(fresh, positions(policy, held.objects(opening)), rungs)

	def dates(name: str) -> Days:
		found = held.days(name)
		return np.where(fresh, held.days(f"opening_{name}"), found) if fresh.any() else found

	since, shown_since = dates("earned_since"), dates("tier_since")
	rungs = Rungs(
		tiers(held.earned(), held.earned("opening_")),
		np.where(np.isnat(since), shown_since, since),
		dates("below_since"),
	)
	return Base(rungs, tiers("tier", "opening_tier"), shown_since)


def positions(policy: Policy, tiers: Objects) -> Ints:
	"""Rung of each tier by name; -1 for none or one that the policy does not have."""
	codes, names = factorized(tiers)  # -1 for an empty one
	rungs: Ints = np.array([*map(policy.position, names), -1], dtype=np.int64)
	return np.asarray(rungs[codes])
