"""What a review is made from: the grades of a day, those of earlier days, and what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from customer_tiering.engine.facts import to_date
from customer_tiering.engine.ledger import Ledger
from customer_tiering.review.figures import acting, ladder, months
from customer_tiering.review.figures.cohorts import Cohorts, deeds
from customer_tiering.review.figures.concentration import Ranking
from customer_tiering.review.figures.people import began, people, year_before_is_known

#: The days that a review looks back at, in months before its own.
LOOKS_BACK = (3, 12)
#: A day is looked back at if documents go back so far before it; before, nobody could be told apart.
LEAST_PAST = 90
#: Cohorts that are followed, and for how many months after the first.
COHORTS, FOLLOWED = 24, 12


@dataclass(frozen=True)
class LeftOut:
	"""Rows that were not graded for one reason: how many, and their net amount; None where it is unknown."""

	reason: str
	rows: int
	amount: float | None


@dataclass(frozen=True)
class Read:
	"""What was read, and what of it was not graded.

	Attributes:
		called: what the rows are of, such as a file's name.
		rows: all rows; ``graded`` of them are documents of the facts.
		left_out: the others, by reason.
		bad: the rows that could not be read, and why: a row may have several reasons.
		notes: sentences on what the grades rest on.
	"""

	called: Sequence[str]
	rows: int
	graded: int
	left_out: Sequence[LeftOut] = ()
	bad: int = 0
	reasons: Mapping[str, int] = field(default_factory=dict)
	notes: Sequence[str] = ()


@dataclass(frozen=True)
class Then:
	"""Where customers stood at the close of a day: ``customer``, ``tier`` and ``lifecycle_stage``."""

	as_of: date
	scores: pd.DataFrame


@dataclass(frozen=True)
class Review:
	"""The figures of a review, each worked out once.

	Attributes:
		evaluation: the grades.
		facts: what they come from.
		read: what was read.
		past: where customers stood on earlier days, the latest day first.
		of_past: a sentence on how that is known, or why it is not; empty: by grading again.
		previous: what was held before the evaluation.
		company: whose customers they are; empty: nobody says.
		names: what customers are called who are known by a number.
		lists: where those are listed who are not on the page, as a sentence; empty: nowhere.
	"""

	evaluation: Evaluation
	facts: Facts
	read: Read
	past: Sequence[Then] = ()
	of_past: str = ""
	previous: pd.DataFrame | None = None
	company: str = ""
	names: Mapping[str, str] = field(default_factory=dict)
	lists: str = ""

	@property
	def policy(self) -> Policy:
		return self.evaluation.policy

	@property
	def as_of(self) -> date:
		return self.evaluation.as_of

	@cached_property
	def people(self) -> pd.DataFrame:
		"""See :func:`customer_tiering.review.figures.people.people`; with what each is ``called``."""
		found = people(self.evaluation, self.facts)
		return found.assign(called=[self.names.get(name) or name for name in found["customer"]])

	@cached_property
	def began(self) -> date:
		"""The day of the first document."""
		return to_date(began(self.facts))

	@cached_property
	def knows_year_before(self) -> bool:
		"""Whether a year can be compared with the one before it."""
		return year_before_is_known(self.facts, self.evaluation)

	@cached_property
	def foresees(self) -> bool:
		"""Whether anything is foreseen of anybody."""
		return bool(self.people["chance"].notna().any())

	@cached_property
	def risk(self) -> pd.DataFrame:
		"""See :func:`customer_tiering.review.figures.acting.at_risk`."""
		return acting.at_risk(self.people)

	@cached_property
	def near(self) -> pd.DataFrame:
		"""See :func:`customer_tiering.review.figures.acting.one_order_away`."""
		return acting.one_order_away(self.evaluation, self.facts, self.people, self.previous)

	@cached_property
	def ranking(self) -> Ranking:
		"""Customers by the revenue of a year."""
		return Ranking.of(self.people.drop(columns="revenue"), self.people["revenue"].to_numpy())

	@cached_property
	def moves(self) -> list[tuple[date, pd.DataFrame]]:
		"""For each earlier day everyone of today, with the tier in which he ``was`` and the ``rungs`` that he
		rose since."""
		found = []
		for then in self.past:
			moved = ladder.passed(then.scores[["customer", "tier"]], self.people, then.as_of)
			found.append((then.as_of, moved.assign(rungs=ladder.rungs_moved(moved, self.policy))))
		return found

	@cached_property
	def stages_then(self) -> list[tuple[date, pd.Series]]:
		"""For each earlier day how many of the customers who were known then stood in each stage."""
		found = []
		for then, moved in self.moves:
			known = set(moved["customer"][moved["was"] != ladder.NOT_YET])
			scores = next(one for one in self.past if one.as_of == then).scores
			mine = scores["lifecycle_stage"][scores["customer"].isin(known)]
			found.append((then, mine.value_counts()))
		return found

	@cached_property
	def cohorts(self) -> Cohorts:
		"""The cohorts of the last two years, up to the last month that is over."""
		month = int(months.number(self.as_of))
		last = month if self.as_of == months.last_day(month) else month - 1
		bought = self.people[self.people["first"].notna()]
		first = months.number(bought["first"].to_numpy())
		members = bought[["customer"]].assign(cohort=first)
		members = members[members["cohort"] > month - COHORTS].reset_index(drop=True)
		return Cohorts(members, deeds(members, self._documents, last, FOLLOWED), last, FOLLOWED)

	@cached_property
	def _documents(self) -> pd.DataFrame:
		facts = self.facts.up_to(self.as_of)
		ledger = Ledger.build(facts, self.as_of, companies=self.policy.companies)
		return pd.DataFrame(
			{
				"customer": np.asarray(facts.index, dtype=object)[ledger.codes],
				"posting_date": ledger.days.astype("datetime64[D]"),
				"net_amount": ledger.amounts,
				"counts": ledger.counted,
			}
		)


def days_to_look_back_at(facts: Facts, as_of: date) -> list[date]:
	"""The earlier days whose grades are worth a comparison, the latest first."""
	first = began(facts)
	days = [months.months_before(as_of, count) for count in LOOKS_BACK]
	return [day for day in days if (day - to_date(first)).days >= LEAST_PAST]


def look_back(facts: Facts, policy: Policy, as_of: date) -> list[Then]:
	"""The grades by the same policy on earlier days: nothing that came later changes them."""
	days = days_to_look_back_at(facts, as_of)
	return [Then(day, evaluate(facts, policy, day).scores) for day in days]
