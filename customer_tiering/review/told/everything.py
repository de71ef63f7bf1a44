"""A whole review in the reader's language."""

from __future__ import annotations

from customer_tiering.review.review import Review
from customer_tiering.review.section import Told
from customer_tiering.review.told import acting, data, headline, life, moves, tiers
from customer_tiering.review.told.policy.section import policy


def told(review: Review) -> Told:
	"""Its headline and all its sections, whom to act on first."""
	return Told(
		headline.title(review),
		headline.headline(review),
		headline.cards(review),
		[
			tiers.tiers(review),
			acting.risk(review),
			acting.near(review),
			moves.moves(review),
			life.stages(review),
			life.segments(review),
			tiers.concentration(review),
			life.cohorts(review),
			tiers.everyone(review),
			policy(review),
			data.data(review),
		],
	)
