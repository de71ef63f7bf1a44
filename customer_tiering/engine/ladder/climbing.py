"""Since when the candidate has reached each tier above the earned one, as it is stored: one text each.

The text is a JSON object of tiers and days, ``{"Gold":"2024-05-01","Platinum":"2024-06-07"}``. Every rung has
its own day, because every tier has its own ``rise_days``: one day for all of them would not do.
"""

from __future__ import annotations

import json
from datetime import date

import numpy as np

from customer_tiering.engine.exact import Bools, Ints, Objects
from customer_tiering.engine.facts import factorized
from customer_tiering.engine.ladder.reviews import NO_DAY, Days
from customer_tiering.engine.policy import Policy


def read_climbing(text: str) -> dict[str, date]:
	"""The day by tier that a stored text holds.

	Raises:
		ValueError: it is no such text; the message says what one looks like.
	"""
	try:
		found = {str(tier): date.fromisoformat(day) for tier, day in json.loads(text).items()}
	except (ValueError, TypeError, AttributeError, RecursionError) as problem:
		raise ValueError(
			f"{str(text)[:80]} does not say since when tiers are reached; it should look like "
			'{"Gold":"2024-05-01"}.'
		) from problem
	return found


def climbing_of(policy: Policy, texts: Objects) -> Days:
	"""Since when each rung has been reached, shape (customers, tiers); NaT where it was not.

	Who has reached a tier has reached all below it, so a tier that the text does not name, because it is new,
	has the earliest day of those above it. A tier that the policy does not have is passed over.

	Raises:
		ValueError: a text is none that :func:`climbing_texts` wrote.
	"""
	codes, known = factorized(texts)  # -1 for an empty one
	days = np.full((len(known) + 1, len(policy.tiers)), NO_DAY)
	for at, text in enumerate(known):
		for tier, day in read_climbing(text).items():
			if (rung := policy.position(tier)) >= 0:
				days[at, rung] = day
	for rung in range(len(policy.tiers) - 2, -1, -1):
		days[:, rung] = np.fmin(days[:, rung], days[:, rung + 1])
	return days[codes]


def climbing_texts(policy: Policy, since: Days, wanted: Bools) -> Objects:
	"""The texts to be stored, None where there is nothing to say.

	Args:
		policy: whose tiers the rungs are.
		since: as :func:`climbing_of` gives it.
		wanted: the rungs to be told, of the same shape; those above the earned tier.
	"""
	told = np.where(wanted, since, NO_DAY)
	some = np.flatnonzero(~np.isnat(told).all(axis=1))
	texts = np.full(len(since), None, dtype=object)
	if len(some):
		codes, first = _alike(told[some].astype(np.int64))
		written = np.array([_text(policy, told[row]) for row in some[first]], dtype=object)
		texts[some] = written[codes]
	return texts


def _alike(rows: Ints) -> tuple[Ints, Ints]:
	"""A number for each row, the same for equal ones, and where each number comes first."""
	codes = np.zeros(len(rows), dtype=np.int64)
	for column in rows.T:
		values, own = np.unique(column, return_inverse=True)
		codes = np.unique(codes * len(values) + own.reshape(-1), return_inverse=True)[1].reshape(-1)
	return codes, np.unique(codes, return_index=True)[1]


def _text(policy: Policy, days: Days) -> str:
	told = {tier.name: str(day) for tier, day in zip(policy.tiers, days, strict=True) if not np.isnat(day)}
	return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
