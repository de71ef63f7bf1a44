"""From which score on each tier is reached: as the policy says, or so that a share of all stand there."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from customer_tiering.engine.exact import Bools, Floats, Ints, as_fraction
from customer_tiering.engine.policy import Policy
from customer_tiering.engine.scoring import CutPoints

#: What is cut, in the cut points of the tiers.
_KEY = "score"


def tier_cuts(
	policy: Policy, score: Floats, population: Bools, cut_points: Mapping[str, Mapping[str, CutPoints]] | None
) -> dict[str, CutPoints]:
	"""The cut points of a policy by share, from the second lowest tier up; none of one by score.

	Args:
		policy: its tiers.
		score: NaN for the unrated, shape (customers,).
		population: who is counted, if he is rated, shape (customers,).
		cut_points: those that were stored; None: they are the population's.

	Raises:
		ValueError: ``cut_points`` are those of another policy, or of none by share.
	"""
	if not policy.by_share:
		return {}
	if cut_points is None:
		return {_KEY: share_cuts(policy, score[population & ~np.isnan(score)])}
	stored = cut_points.get("tiers", {}).get(_KEY)
	if stored is None:
		raise ValueError("There are no cut points for the tiers; evaluate everyone first.")
	if len(stored) != tier_cut_count(policy):
		raise ValueError("The cut points for the tiers are another policy's; evaluate everyone first.")
	return {_KEY: stored}


def tier_cut_count(policy: Policy) -> int:
	"""How many cut points the tiers have; 0 by score."""
	return len(policy.tiers) - 1 if policy.by_share else 0


def share_cuts(policy: Policy, scores: Floats) -> CutPoints:
	"""The least score that reaches each tier above the lowest; None where nobody is that good.

	A tier is reached if (better + ½ · equal) ÷ n <= top_share ÷ 100, in whole numbers, so that no rounding
	moves anyone.

	Args:
		policy: one by share.
		scores: of the population, no NaN.
	"""
	values, counts = np.unique(scores, return_counts=True)
	size = int(counts.sum())
	twice = 2 * (size - np.cumsum(counts)) + counts  # of the place, times n; it falls as the score rises
	cuts: CutPoints = []
	for tier in policy.tiers[1:]:
		assert tier.top_share is not None  # the policy's reader saw to it
		limit = math.floor(as_fraction(tier.top_share) * 2 * size / 100)
		at = int(np.argmax(twice <= limit)) if len(twice) and twice[-1] <= limit else None
		cuts.append(None if at is None else float(values[at]))
	return cuts


class Thresholds:
	"""From which score on each rung is reached; infinite where nobody is that good, shape (tiers,)."""

	def __init__(self, policy: Policy, cuts: Mapping[str, CutPoints]):
		if policy.by_share:
			self.scores = np.array([0.0, *(math.inf if cut is None else cut for cut in cuts[_KEY])])
		else:
			self.scores = np.array([tier.min_score for tier in policy.tiers], dtype=np.float64)
		self._margin = _hundredths(np.array([policy.margin]))[0]

	def of(self, rung: int) -> float | None:
		"""The threshold of a rung; None where nobody is that good."""
		score = float(self.scores[rung])
		return score if math.isfinite(score) else None

	def rungs(self, score: Floats) -> Ints:
		"""The highest rung that each score reaches; -1 for NaN."""
		found = np.searchsorted(self.scores, np.nan_to_num(score), side="right") - 1
		return np.where(np.isnan(score), -1, found)

	def within_margin(self, score: Floats, tier: Ints) -> Bools:
		"""Whether a score is no more than the margin below the threshold of a tier, to the last digit.

		Args:
			score: shape (customers,); NaN for the unrated, who are not.
			tier: the rung of each customer; nobody is without one of -1.
		"""
		short = _hundredths(self.scores[tier]) - _hundredths(score)
		return np.asarray(short <= self._margin, dtype=bool)


def _hundredths(scores: Floats) -> Floats:
	"""Scores have two decimals: as whole numbers, so that differences of them are exact."""
	return np.rint(scores * 100)
