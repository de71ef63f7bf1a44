"""Days on the ladder: many customers at once, whose candidate stays or changes as a test says."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from customer_tiering.engine import Policy
from customer_tiering.engine.exact import Floats, Ints
from customer_tiering.engine.ladder import NO_DAY, Base, Climb, Reached, Rungs, Step, Thresholds
from engine.builders import PLAIN, TIERS, policy_of

START = date(2024, 2, 10)
#: One for each tier, at a threshold, within a margin, and far away.
SCORES = (5.0, 44.0, 45.0, 66.0, 69.0, 70.0, 84.5, 90.0)


@st.composite
def policies(draw: st.DrawFn, longest: int = 9) -> Policy:
	"""Every combination of what delays a move."""
	span = st.integers(0, longest)
	tiers = [
		{**tier, "rise_days": draw(span), "grace_days": draw(span), "hold_days": draw(span)} for tier in TIERS
	]
	return policy_of(
		PLAIN,
		tiers=tiers,
		margin=draw(st.sampled_from([0, 1, 4, 30])),
		one_step_down=draw(st.booleans()),
		reviewed=draw(st.sampled_from(["Always", "Monthly", "Quarterly"])),
		rises_between_reviews=draw(st.booleans()),
		fiscal_year_start_month=draw(st.sampled_from([1, 2, 3])),
	)


class Walk:
	"""Customers of every earned tier and every score, from day to day."""

	def __init__(self, policy: Policy, floor: str | None = None):
		self.policy, self.thresholds = policy, Thresholds(policy, {})
		pairs = list(product(range(-1, len(TIERS)), SCORES))
		self.tier = np.array([tier for tier, _score in pairs])
		self.score = np.array([score for _tier, score in pairs])
		self.floor = np.full(len(pairs), policy.position(floor))
		none = np.full(len(pairs), NO_DAY)
		since = np.where(self.tier < 0, NO_DAY, np.datetime64(START - timedelta(3)))
		rungs = Rungs(self.tier, since, none, np.full((len(pairs), len(TIERS)), NO_DAY))
		self.base = Base(rungs, self.tier, since, np.full(len(pairs), np.datetime64(START - timedelta(1))))

	def on(self, day: date, score: Floats | None = None) -> Step:
		"""The evaluation of a day; the next one goes on from it."""
		step = self.glance(day, score)
		seen = np.full(len(self.score), np.datetime64(day))
		self.base = Base(step.rungs, step.rungs.tier, step.rungs.since, seen)
		return step

	def glance(self, day: date, score: Floats | None = None) -> Step:
		"""The evaluation of a day that nobody goes on from."""
		score = self.score if score is None else score
		candidate = self.candidate(score)
		cap = np.full(len(score), len(TIERS) - 1)
		reached = Reached(score, candidate, np.minimum(self.floor, candidate), cap)
		return Climb(self.policy, self.thresholds, self.base, reached, day).step()

	def candidate(self, score: Floats | None = None) -> Ints:
		return np.maximum(self.thresholds.rungs(self.score if score is None else score), self.floor)


def told(step: Step) -> list[Any]:
	"""All that a step says, to be compared."""
	rungs = step.rungs
	arrays = (rungs.tier, rungs.since, rungs.below_since, *rungs.climbing.T,
		step.fall.on, step.fall.to, step.rise.on, step.rise.to)  # fmt: skip
	return [list(map(str, values)) for values in arrays]
