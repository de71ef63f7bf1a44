"""The ladder over the year before the cut, month by month: who stood where, who moved, what was caught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.backtest.outcome import known_on
from customer_tiering.engine.backtest.tiers import Caught
from customer_tiering.engine.evaluate import Evaluation, evaluate
from customer_tiering.engine.exact import Floats, Ints
from customer_tiering.engine.facts import Facts, to_date, to_day
from customer_tiering.engine.forecast import fitted
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.measuring.bootstrap import plain_number
from customer_tiering.engine.policy import Policy

_YEAR = 365


@dataclass(frozen=True)
class Pace:
	"""How closely a year is followed.

	Attributes:
		daily: up to so many documents, every day is graded.
		weekly: up to so many, every seventh; with more, month ends only.
		refit: after how many months the forecast is fitted anew, where the policy needs one.
	"""

	daily: int = 50_000
	weekly: int = 400_000
	refit: int = 1

	def step(self, documents: int) -> int | None:
		"""Days from one grading to the next; None for month ends only."""
		return 1 if documents <= self.daily else 7 if documents <= self.weekly else None


def year_of(facts: Facts, policy: Policy, cut: date, pace: Pace) -> dict[str, Any]:
	"""The year up to the cut as it would have been, as JSON data.

	``since`` is the day that it begins with. ``step_days`` says how often customers were graded, None for
	month ends only; each grading goes on from the one before, so that grace and hold act. ``months`` has, for
	each month that was seen as a whole or ends with the cut: ``until``, its last day; ``customers`` by tier
	on it; ``moved``, how many changed from one tier to another in it, however often; ``rated``, how many had
	a tier at its end; ``caught``, the share of its revenue by those who stood highest when it began, and
	``caught_by_as_many``, by as many of the largest by revenue of the 365 days before. A policy that needs a
	forecast has it fitted at ends of months, ``refit_months`` apart, and goes by it until the next.
	"""
	facts = known_on(facts, cut)
	step, first = pace.step(len(facts.sales)), int(facts.days.min())
	start = max(first, to_day(cut) - _YEAR)
	ends = month_ends(to_date(start), cut)
	months, previous, opening, forecast = [], None, None, None
	moved: set[str] = set()
	for day in days_to_grade(ends, step):
		known = known_on(facts, day)
		if day in ends[:: pace.refit] and policy.needs_forecast:
			forecast = fitted(known, day, policy.companies)
		found = evaluate(known, policy, day, previous, forecast=forecast)
		moved |= _moved(found.changes)
		if day in ends:
			if opening is not None:
				months.append(_month(facts, opening, found, len(moved)))
			opening, moved = found, set()
		previous = found.scores.assign(as_of=pd.Timestamp(day))
	return {
		"since": ends[0].isoformat(),
		"step_days": step,
		"refit_months": pace.refit,
		"months": months,
	}


def moved_in_a_month(year: dict[str, Any]) -> float | None:
	"""The share of those with a tier who changed it in a month, on average; None where nobody had one.

	The first and the last of the months may have been seen in part: together they count by their days.
	"""
	shares = [month["moved"] / month["rated"] for month in year["months"] if month["rated"]]
	if not shares:
		return None
	since, until = (date.fromisoformat(day) for day in (year["since"], year["months"][-1]["until"]))
	return float(sum(shares) / ((until - since).days / _YEAR * 12))


def month_ends(start: date, cut: date) -> list[date]:
	"""The day it starts from, each last day of a month after it and before the cut, and the cut."""
	ends = [start]
	day = start
	while day < cut:
		day = min(cut, _month_end(day + timedelta(1)))
		ends.append(day)
	return ends


def _month_end(day: date) -> date:
	following = day.replace(day=28) + timedelta(4)
	return following - timedelta(following.day)


def days_to_grade(ends: list[date], step: int | None) -> Iterator[date]:
	"""The days from the first of ``ends`` to the last on which customers are graded."""
	if step is None:
		yield from ends
		return
	between = range(to_day(ends[0]), to_day(ends[-1]) + 1, step)
	yield from sorted({*map(to_date, between), *ends})


def _moved(changes: pd.DataFrame) -> set[str]:
	"""Who changed from one tier to another."""
	tiers = changes[changes["from_tier"].notna() & changes["to_tier"].notna()]
	return set(tiers.loc[tiers["from_tier"] != tiers["to_tier"], "customer"])


def _month(facts: Facts, opening: Evaluation, closing: Evaluation, moved: int) -> dict[str, Any]:
	policy = closing.policy
	top = opening.scores["tier"].to_numpy(dtype=object) == policy.tiers[-1].name
	revenue, year_before = _revenues(opening, closing)
	total = revenue.sum()
	share = float(revenue[top].sum() / total) if total > 0 else float("nan")
	tiers = closing.scores["tier"].to_numpy(dtype=object)
	return {
		"until": closing.as_of.isoformat(),
		"customers": {tier.name: int((tiers == tier.name).sum()) for tier in reversed(policy.tiers)},
		"rated": int(closing.scores["tier"].notna().sum()),
		"moved": moved,
		"top": int(top.sum()),
		"caught": plain_number(share),
		"caught_by_as_many": plain_number(Caught(year_before, revenue).share(float(top.sum()))),
	}


def _revenues(opening: Evaluation, closing: Evaluation) -> tuple[Floats, Floats]:
	"""Of those who were known at the opening: revenue since, and in the 365 days before it."""
	today = to_day(opening.as_of)
	before, after = opening.ledger, closing.ledger
	since = _amounts(after, after.days > today)
	at: Ints = closing.scores.set_index("customer").index.get_indexer(pd.Index(opening.scores["customer"]))
	return since[at], _amounts(before, before.days > today - _YEAR)


def _amounts(ledger: Ledger, rows: Any) -> Floats:
	return np.asarray(ledger.total(rows))
