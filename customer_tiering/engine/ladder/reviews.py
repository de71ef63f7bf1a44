"""The days on which tiers are reviewed: all of them, or the first of each month or quarter."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from customer_tiering.engine.exact import Bools
from customer_tiering.engine.policy import Policy

Days: TypeAlias = npt.NDArray[np.datetime64]
NO_DAY = np.datetime64("NaT", "D")
ONE_DAY = np.timedelta64(1, "D")
#: Months from one review to the next.
_MONTHS = {"Monthly": 1, "Quarterly": 3}


class Reviews:
	"""When a policy lets customers move.

	Args:
		months: from one review to the next; 0: every day is one.
		fiscal_year_start_month: the quarters are those of the year that begins with it.
	"""

	def __init__(self, months: int, fiscal_year_start_month: int = 1):
		self.months = months
		self._start = fiscal_year_start_month - 1

	@classmethod
	def of_falls(cls, policy: Policy) -> Reviews:
		"""The days on which customers fall."""
		return cls(_MONTHS.get(policy.reviewed, 0), policy.fiscal_year_start_month)

	@classmethod
	def of_rises(cls, policy: Policy) -> Reviews:
		"""The days on which customers rise."""
		return cls(0) if policy.rises_between_reviews else cls.of_falls(policy)

	def last(self, days: Days) -> Days:
		"""The review on each day or before it."""
		if not self.months:
			return days
		months = days.astype("datetime64[M]")
		since = (months.astype(np.int64) - self._start) % self.months
		first: Days = (months - since.astype("timedelta64[M]")).astype("datetime64[D]")
		return first

	def next(self, days: Days) -> Days:
		"""The review on each day or after it; NaT for none."""
		if not self.months:
			return days
		last = self.last(days)
		following = (last.astype("datetime64[M]") + np.timedelta64(self.months, "M")).astype("datetime64[D]")
		return np.where(last == days, days, following)

	def due(self, seen_on: Days, today: np.datetime64) -> tuple[np.datetime64, Bools]:
		"""The last review, and whose it is today: who has not been evaluated since.

		Args:
			seen_on: the day of the evaluation before this day; NaT: unknown, so nothing says that he was.
			today: the day of this evaluation.
		"""
		day = self.last(np.array([today]))[0]
		if not self.months:
			return day, np.ones(len(seen_on), dtype=bool)
		return day, np.isnat(seen_on) | (seen_on < day)


def next_review(policy: Policy, as_of: date) -> date | None:
	"""The first review after a day; None where every day is one."""
	reviews = Reviews.of_falls(policy)
	if not reviews.months:
		return None
	following: date = reviews.next(np.array([as_of], dtype="datetime64[D]") + ONE_DAY)[0].item()
	return following


def rises_on(policy: Policy, rung: int, since: date, as_of: date) -> date:
	"""The day after ``as_of`` on which a customer rises to a rung, if he goes on reaching it.

	Args:
		policy: tiers with their time to rise, and the reviews.
		rung: a tier by its position.
		since: since when he has reached it.
		as_of: today.
	"""
	due = np.datetime64(since, "D") + np.timedelta64(policy.tiers[rung].rise_days, "D")
	tomorrow = np.datetime64(as_of, "D") + ONE_DAY
	on: date = Reviews.of_rises(policy).next(np.array([max(due, tomorrow)]))[0].item()
	return on
