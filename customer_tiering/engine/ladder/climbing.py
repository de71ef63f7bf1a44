"""Since when the candidate has reached each tier above the earned one, as it is stored: one text each.

The text is a JSON object of tiers and days, ``{"Gold":"2024-05-01","Platinum":"2024-06-07"}``. Every rung has
its own day, because every tier has its own ``rise_days``: one day for all of them would not do.
"""

from __future__ import annotations

import json
from datetime import date

import numpy as np

from customer_tiering.engine.exact import Ints, Objects
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
	told = [*map(read_climbing, known), {}]
	columns = [[days.get(tier.name) for days in told] for tier in policy.tiers]
	days: Days = np.array(columns, dtype="datetime64[D]").T.copy()
	for rung in range(len(policy.tiers) - 2, -1, -1):
		days[:, rung] = np.fmin(days[:, rung], days[:, rung + 1])
	return days[codes]


def only_above(climbing: Days, tier: Ints) -> Days:
	"""The days of the rungs above the earned tier; NaT for the others, and for who has no tier."""
	above = (np.arange(climbing.shape[1]) > tier[:, None]) & (tier >= 0)[:, None]
	return np.where(above, climbing, NO_DAY)


def climbing_texts(policy: Policy, climbing: Days) -> Objects:
	"""What :func:`climbing_of` reads back, None where there is nothing to say, shape (customers,)."""
	some = np.flatnonzero(~np.isnat(climbing).all(axis=1))
	texts = np.full(len(climbing), None, dtype=object)
	if len(some):
		codes, first = _alike(climbing[some].astype(np.int64))
		texts[some] = np.array(_texts(policy, climbing[some[first]]), dtype=object)[codes]
	return texts


def _alike(rows: Ints) -> tuple[Ints, Ints]:
	"""A number for each row, the same for equal ones, and where each number comes first."""
	codes = np.zeros(len(rows), dtype=np.int64)
	for column in rows.T:
		values, own = np.unique(column, return_inverse=True)
		codes = np.unique(codes * len(values) + own.reshape(-1), return_inverse=True)[1].reshape(-1)
	return codes, np.unique(codes, return_index=True)[1]


def _texts(policy: Policy, days: Days) -> list[str]:
	"""The text of each row of days, shape (rows, tiers)."""
	names = [json.dumps(tier.name, ensure_ascii=False) for tier in policy.tiers]
	rows = np.datetime_as_string(days).tolist()
	pairs = (
		[f'{name}:"{day}"' for name, day in zip(names, row, strict=True) if day != "NaT"] for row in rows
	)
	return [f"{{{','.join(told)}}}" for told in pairs]
