"""What must hold between the tiers of a policy, and which of them is the higher one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from customer_tiering.engine.policy.parts import Problem, Tier
from customer_tiering.engine.policy.values import same


def height(tier: Tier) -> float:
	"""The higher of two tiers has the greater one; NaN where it could not be read."""
	if tier.min_score is not None:
		return tier.min_score
	return -math.inf if tier.top_share is None else -tier.top_share


def ordered(tiers: Sequence[Tier]) -> tuple[Tier, ...]:
	"""The tiers from the lowest up."""
	return tuple(sorted(tiers, key=height))


def check_tiers(tiers: Sequence[Tier], by_share: bool) -> Iterator[Problem]:
	"""What is wrong between the tiers, in the order in which they were given.

	Args:
		tiers: a number that could not be read, and is told already, is NaN.
		by_share: whether any of them has a ``top_share``; then no ``min_score`` is left in any.
	"""
	if not tiers:
		yield Problem("The policy has no tiers; add at least one with min_score 0.")
		return
	yield from _check_shares(tiers) if by_share else _check_scores(tiers)
	for tier, _other in same([tier for tier in tiers if tier.name], lambda tier: tier.name):
		yield Problem("Tier {0} is listed twice; keep one.", (tier.name,))


def _check_scores(tiers: Sequence[Tier]) -> Iterator[Problem]:
	"""The lowest tier starts at 0, no two share a threshold."""
	read = [tier for tier in tiers if not math.isnan(height(tier))]
	lowest = min(read, key=height, default=None)
	if lowest and lowest.min_score != 0:
		yield Problem(
			"Tier {0}: the lowest tier must have min_score 0, it has {1}; set it to 0.",
			(lowest.name, lowest.min_score),
		)
	for tier, other in same(read, lambda tier: tier.min_score):
		if tier.name != other.name:
			yield Problem(
				"Tiers {0} and {1} share min_score {2}; give each its own.",
				(other.name, tier.name, tier.min_score),
			)


def _check_shares(tiers: Sequence[Tier]) -> Iterator[Problem]:
	"""The lowest tier alone has no share; the others are cumulative, so they grow the lower a tier is.

	Tiers are listed from the highest down, or from the lowest up: then the first one has no share.
	"""
	upwards = tiers[0].top_share is None and tiers[-1].top_share is not None
	*higher, lowest = reversed(tiers) if upwards else tiers
	if lowest.top_share is not None:
		yield Problem(
			"Tier {0}: the lowest tier takes everyone who is left; leave its top_share out.", (lowest.name,)
		)
	for tier in higher:
		if tier.top_share is None:
			yield Problem(
				"Tier {0}: top_share is missing; give one to every tier but the lowest.", (tier.name,)
			)
	shares = [tier for tier in higher if tier.top_share is not None and not math.isnan(tier.top_share)]
	yield from _check_order(shares)


def _check_order(tiers: Sequence[Tier]) -> Iterator[Problem]:
	"""From the highest tier down, each share is above the one before."""
	for tier, other in same(tiers, lambda tier: tier.top_share):
		if tier.name != other.name:
			yield Problem(
				"Tiers {0} and {1} share top_share {2}; give each its own.",
				(other.name, tier.name, tier.top_share),
			)
	for tier, below in pairwise(tiers):
		if height(below) > height(tier):
			yield Problem(
				"Tier {0}: top_share {1} is below the {2} of {3}, which is the higher tier; top_share counts "
				"from the top, so it grows the lower a tier is.",
				(below.name, below.top_share, tier.top_share, tier.name),
			)
