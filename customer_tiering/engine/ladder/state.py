"""Where customers stood at the close of the day before: what the ladder carries from day to day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from customer_tiering.engine.exact import Ints
from customer_tiering.engine.facts import to_day
from customer_tiering.engine.ladder.climbing import climbing_of, only_above
from customer_tiering.engine.ladder.held import Held, positions
from customer_tiering.engine.ladder.reviews import Days
from customer_tiering.engine.policy import Policy

#: What a customer carries from one evaluation to the next.
STATE = ("tier", "tier_since", "earned_tier", "earned_since", "below_since", "climbing")
#: The same as it was when the day began, and the day of the evaluation that it comes from.
OPENING = (*(f"opening_{name}" for name in STATE), "opening_as_of")


@dataclass(frozen=True)
class Rungs:
	"""Where customers stand.

	Attributes:
		tier: the rung, -1 for none, shape (customers,).
		since: since when.
		below_since: since when the candidate has been lower.
		climbing: since when the candidate has been as high as each rung above ``tier``, shape (customers,
			tiers); NaT for the others.
	"""

	tier: Ints
	since: Days
	below_since: Days
	climbing: Days


@dataclass(frozen=True)
class Base:
	"""Where customers stood before this day: what they had earned, and what was shown with overrides.

	``seen_on`` is the day of the evaluation that says so; NaT where that is unknown or there was none.
	"""

	earned: Rungs
	shown: Ints
	shown_since: Days
	seen_on: Days


def base_of(policy: Policy, held: Held, as_of: date) -> Base:
	"""Where each customer stood at the close of the day before.

	A row that was last written today (or later, if the clock went back) gives its ``opening_`` state. So all
	that happens within one day counts as one step, in whatever order it came.

	Raises:
		ValueError: ``climbing`` is no text that says since when tiers are reached.
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

	texts = held.objects("climbing")
	if fresh.any():
		texts = np.where(fresh, held.objects("opening_climbing"), texts)
	since, shown_since = dates("earned_since"), dates("tier_since")
	tier = tiers(held.earned(), held.earned("opening_"))
	rungs = Rungs(
		tier,
		np.where(np.isnat(since), shown_since, since),
		dates("below_since"),
		only_above(climbing_of(policy, texts), tier),
	)
	return Base(rungs, tiers("tier", "opening_tier"), shown_since, dates("as_of"))
