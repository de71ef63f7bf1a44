"""From the candidate to the earned tier: up and down in their time, and when what is due will happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from customer_tiering.engine.exact import Bools, Floats, Ints, Objects
from customer_tiering.engine.ladder.climbing import only_above
from customer_tiering.engine.ladder.reviews import NO_DAY, ONE_DAY, Days, Reviews
from customer_tiering.engine.ladder.state import Base, Rungs
from customer_tiering.engine.ladder.thresholds import Thresholds
from customer_tiering.engine.policy import Policy

Spans = npt.NDArray[np.timedelta64]


@dataclass(frozen=True)
class Reached:
	"""What customers reach today, arrays of shape (customers,).

	Attributes:
		score: NaN for the unrated.
		candidate: the rung by score, floors and caps; -1 for the unrated.
		floor: the highest rung of the floors that act, no higher than the candidate; -1 for none.
		cap: the lowest rung of the caps that act; the top for none.
	"""

	score: Floats
	candidate: Ints
	floor: Ints
	cap: Ints


@dataclass(frozen=True)
class Move:
	"""What happens next to each customer if nothing changes."""

	on: Days  # after today; NaT: nothing
	to: Ints  # the rung; -1 for nothing
	by: Objects  # what it waits for longest; None for nothing


@dataclass(frozen=True)
class Step:
	"""The outcome of one evaluation for the earned tier."""

	rungs: Rungs
	fall: Move
	rise: Move
	in_margin: Bools  # it is the margin alone that keeps the tier


class Climb:
	"""One evaluation's step for everyone.

	Args:
		policy: tiers with their rise, grace and hold; one step at a time, margin and reviews.
		thresholds: from which score on each tier is reached.
		base: where customers stood at the close of the day before.
		reached: what they reach today.
		as_of: the day of the evaluation.
	"""

	def __init__(self, policy: Policy, thresholds: Thresholds, base: Base, reached: Reached, as_of: date):
		self._thresholds, self._base, self._reached = thresholds, base, reached
		self._one_step = policy.one_step_down
		self._falls, self._rises = Reviews.of_falls(policy), Reviews.of_rises(policy)
		self._today = np.datetime64(as_of, "D")
		self._rise = _days([tier.rise_days for tier in policy.tiers])
		self._grace = _days([tier.grace_days for tier in policy.tiers])
		self._hold = _days([tier.hold_days for tier in policy.tiers])

	def step(self) -> Step:
		"""Move each customer's earned tier on by one evaluation."""
		earned, today, candidate = self._base.earned, self._today, self._reached.candidate
		capped = (earned.tier > self._reached.cap) & (candidate >= 0)
		start = np.where(capped, self._reached.cap, earned.tier)
		lower = self._lower(start)
		fresh = capped | np.isnat(earned.below_since)
		below = np.where(fresh, today, np.minimum(earned.below_since, today))

		falling = lower & self._may_fall(start, capped, fresh, below)
		waiting = lower & ~falling
		risen, climbing = self._risen(start)
		tier = np.where(falling, self._next_down(start), np.where(waiting, start, risen))
		again = falling & self._lower(tier)
		since = np.where(tier < 0, NO_DAY, np.where(tier != earned.tier, today, earned.since))
		below_since = np.where(waiting, below, np.where(again, today, NO_DAY))

		rungs = Rungs(tier, since, below_since, only_above(climbing, tier))
		kept = (candidate >= 0) & (candidate < tier) & ~waiting & ~again
		return Step(rungs, self._fall(rungs, waiting | again), self._rise_to_come(rungs), kept)

	def _lower(self, tier: Ints) -> Bools:
		"""Whose candidate is lower than a tier, and the score by more than the margin."""
		candidate = self._reached.candidate
		lower = (candidate >= 0) & (candidate < tier)
		return lower & ~self._thresholds.within_margin(self._reached.score, tier)

	def _next_down(self, tier: Ints) -> Ints:
		candidate = self._reached.candidate
		return np.maximum(candidate, tier - 1) if self._one_step else candidate

	def _may_fall(self, tier: Ints, capped: Bools, fresh: Bools, below: Days) -> Bools:
		"""Whose fall is due by the last review, if that is today's.

		A review that no run made on its day is made up for by the first run after it. That counts what was
		due by then, so that nobody falls before the day foretold; what it is the first to find, it finds as
		of then.
		"""
		review, mine = self._falls.due(self._base.seen_on, self._today)
		since = np.where(capped, review, self._base.earned.since)
		grace, hold = self._ends(tier, np.where(fresh, review, below), since)
		return mine & (np.maximum(grace, hold) <= review)

	def _ends(self, tier: Ints, below: Days, since: Days) -> tuple[Days, Days]:
		"""The ends of grace and hold."""
		return below + self._grace[tier], np.where(np.isnat(since), below, since + self._hold[tier])

	def _risen(self, start: Ints) -> tuple[Ints, Days]:
		"""The rung of everyone who does not fall, and since when each rung has been reached."""
		candidate, known = self._reached.candidate, self._base.earned.climbing
		review, mine = self._rises.due(self._base.seen_on, self._today)
		climbing = np.full(known.shape, NO_DAY)
		tier = np.where((start < 0) | (candidate < 0), candidate, start)
		for rung in range(known.shape[1]):
			fresh, up = np.isnat(known[:, rung]), (candidate >= rung) & (rung > start)
			since = np.where(fresh, self._today, np.minimum(known[:, rung], self._today))
			climbing[:, rung] = np.where(up, since, NO_DAY)
			long = np.where(fresh, review, since) + self._rise[rung] <= review
			tier = np.where(up & mine & (long | (rung <= self._reached.floor)), np.maximum(tier, rung), tier)
		return tier, climbing

	def _fall(self, rungs: Rungs, falls: Bools) -> Move:
		grace, hold = self._ends(rungs.tier, rungs.below_since, rungs.since)
		due = np.maximum(grace, hold)
		on = self._falls.next(np.maximum(due, self._today + ONE_DAY))
		by = np.full(len(on), None, dtype=object)
		by[falls] = "grace"
		by[falls & (hold > grace)] = "hold"
		if self._falls.months:
			by[falls & (on > due)] = "review"
		return Move(np.where(falls, on, NO_DAY), np.where(falls, self._next_down(rungs.tier), -1), by)

	def _rise_to_come(self, rungs: Rungs) -> Move:
		"""The next day on which a higher tier is due, and the highest that is due then."""
		size = len(rungs.tier)
		on, to, due_on = np.full(size, NO_DAY), np.full(size, -1), np.full(size, NO_DAY)
		tomorrow = self._today + ONE_DAY
		for rung in range(rungs.climbing.shape[1]):
			since = rungs.climbing[:, rung]
			up = ~np.isnat(since)
			due = np.where(rung <= self._reached.floor, self._today, since + self._rise[rung])
			day = self._rises.next(np.maximum(due, tomorrow))
			sooner = up & (np.isnat(on) | (day <= on))
			on, to, due_on = (
				np.where(sooner, day, on),
				np.where(sooner, rung, to),
				np.where(sooner, due, due_on),
			)
		by = np.full(size, None, dtype=object)
		by[~np.isnat(on)] = "rise"
		if self._rises.months:
			by[on > due_on] = "review"
		return Move(on, to, by)


def _days(spans: list[int]) -> Spans:
	return np.array(spans, dtype="timedelta64[D]")
