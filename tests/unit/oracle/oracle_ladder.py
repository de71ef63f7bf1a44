"""docs/scoring.md a second time, from a score to the tier held."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from oracle_points import Row, State, written

ONE_DAY = timedelta(1)
MONTHS = {"Monthly": 1, "Quarterly": 3}


class Ladder:
	"""The tiers from the lowest up."""

	def __init__(self, tiers: list[Row]) -> None:
		self.by_share = any("top_share" in tier for tier in tiers)
		if self.by_share:
			self.tiers = sorted(tiers, key=lambda tier: -tier.get("top_share", 100))
		else:
			self.tiers = sorted(tiers, key=lambda tier: tier["min_score"])
		self.names = [tier["name"] for tier in self.tiers]
		self.thresholds: list[Fraction | None] = []
		if not self.by_share:
			self.thresholds = [written(tier["min_score"]) for tier in self.tiers]

	def known(self, name: str | None) -> str | None:
		return name if name in self.names else None

	def days(self, name: str, kind: str) -> timedelta:
		return timedelta(self.tiers[self.names.index(name)].get(kind, 0))

	def threshold(self, name: str) -> Fraction | None:
		return self.thresholds[self.names.index(name)]

	def cut(self, cuts: list[float | None]) -> None:
		"""Let the tiers by share be reached from these cut points on."""
		lowest: list[Fraction | None] = [Fraction(0)]
		self.thresholds = lowest + [None if cut is None else written(cut) for cut in cuts]

	def reached(self, score: Fraction) -> str:
		pairs = zip(self.names, self.thresholds, strict=True)
		return [name for name, least in pairs if least is not None and score >= least][-1]

	def reached_among(self, score: Fraction, population: Collection[Fraction]) -> str:
		"""The tier by share of one of the population."""
		place = _place(score, population)
		shares = ((tier["name"], tier.get("top_share")) for tier in self.tiers)
		return [name for name, share in shares if share is None or place <= written(share) / 100][-1]

	def cuts_of(self, population: Collection[Fraction]) -> list[float | None]:
		return [
			min((float(s) for s in population if _place(s, population) <= written(share) / 100), default=None)
			for share in (tier["top_share"] for tier in self.tiers[1:])
		]

	def highest(self, *names: str) -> str:
		return max(names, key=self.names.index)

	def lowest(self, *names: str) -> str:
		return min(names, key=self.names.index)

	def above(self, name: str, other: str) -> bool:
		return self.names.index(name) > self.names.index(other)

	def between(self, low: str, high: str) -> list[str]:
		"""The tiers above one, up to another."""
		return self.names[self.names.index(low) + 1 : self.names.index(high) + 1]

	def later(self, name: str, grace_from: date, hold_from: date | None) -> date:
		"""The later one of the ends of a tier's grace and hold."""
		grace = grace_from + self.days(name, "grace_days")
		return max(grace, hold_from + self.days(name, "hold_days")) if hold_from else grace


def _place(score: Fraction, population: Collection[Fraction]) -> Fraction:
	better = sum(other > score for other in population)
	equal = sum(other == score for other in population)
	return (better + Fraction(equal, 2)) / len(population)


# From day to day


def opening(row: Row, ladder: Ladder, as_of: date) -> State:
	"""Where a customer stood at the close of the day before."""
	prefix = "opening_" if row.get("as_of") and row["as_of"] >= as_of else ""
	tier, since = earned(row, prefix)
	was = State(ladder.known(row.get(f"{prefix}tier")), None, ladder.known(tier))
	was.seen = row.get(f"{prefix}as_of")
	if was.tier:
		was.tier_since = row.get(f"{prefix}tier_since")
	if was.earned:
		was.earned_since, was.below = since, row.get(f"{prefix}below_since")
		was.climbing = _climbing(row.get(f"{prefix}climbing"), was.earned, ladder)
	return was


def _climbing(text: str | None, tier: str, ladder: Ladder) -> dict[str, date]:
	told = {name: date.fromisoformat(day) for name, day in json.loads(text or "{}").items()}
	told = {name: day for name, day in told.items() if ladder.known(name)}
	found = {}
	for name in ladder.between(tier, ladder.names[-1]):
		days = [day for other, day in told.items() if not ladder.above(name, other)]
		if days:
			found[name] = min(days)
	return found


def climbing_text(state: State) -> str | None:
	days = {name: day.isoformat() for name, day in state.climbing.items()}
	return json.dumps(days, ensure_ascii=False, separators=(",", ":")) if days else None


def earned(row: Row, prefix: str = "") -> tuple[str | None, date | None]:
	tier = row.get(f"{prefix}earned_tier", row.get(f"{prefix}tier"))
	since = row.get(f"{prefix}earned_since")
	return tier, row.get(f"{prefix}tier_since") if tier and not since else since


class Climb:
	"""One evaluation's step of one customer."""

	def __init__(self, ladder: Ladder, policy: Row, today: date, was: State, score: Fraction | None) -> None:
		self.ladder, self.policy, self.today, self.was, self.score = ladder, policy, today, was, score
		self.review = today
		while not self.is_review(self.review):
			self.review -= ONE_DAY
		self.reviewed = policy["reviewed"] == "Always" or was.seen is None or was.seen < self.review

	def is_review(self, day: date) -> bool:
		months = MONTHS.get(self.policy["reviewed"])
		first = self.policy["fiscal_year_start_month"]
		return months is None or (day.day == 1 and (day.month - first) % months == 0)

	def rises_always(self) -> bool:
		return bool(self.policy["rises_between_reviews"])

	def within_margin(self, tier: str) -> bool:
		least = self.ladder.threshold(tier)
		return (
			self.score is not None
			and least is not None
			and self.score >= least - written(self.policy["margin"])
		)

	def next_day(self, due: date, always: bool = False) -> date:
		day = max(due, self.today + ONE_DAY)
		while not (always or self.is_review(day)):
			day += ONE_DAY
		return day

	def step(self, candidate: str | None, floor: str | None, cap: str) -> State:
		was, ladder, today = self.was, self.ladder, self.today
		if candidate is None:
			return State()
		tier, since, below, capped = was.earned, was.earned_since, was.below, False
		if tier and ladder.above(tier, cap):
			tier, since, below, capped = cap, today, None, True
		if tier is None:
			return State(earned=candidate, earned_since=today)
		if tier == candidate or (ladder.above(tier, candidate) and self.within_margin(tier)):
			return State(earned=tier, earned_since=since)
		if ladder.above(candidate, tier):
			return self.up(State(earned=tier, earned_since=since), candidate, floor)
		now = State(earned=tier, earned_since=since)
		known = below is not None
		now.below = min(below, today) if below is not None else today
		from_day = now.below if known else self.review
		if self.reviewed and ladder.later(tier, from_day, self.review if capped else since) <= self.review:
			tier = self.one_below(tier, candidate)
			now = State(earned=tier, earned_since=today)
			if tier == candidate or self.within_margin(tier):
				return now
			now.below = today
		assert now.below
		now.falls_on = self.next_day(ladder.later(tier, now.below, now.earned_since))
		now.falls_to = self.one_below(tier, candidate)
		return now

	def one_below(self, tier: str, candidate: str) -> str:
		names = self.ladder.names
		return names[names.index(tier) - 1] if self.policy["one_step_down"] else candidate

	def up(self, state: State, candidate: str, floor: str | None) -> State:
		ladder, today, always = self.ladder, self.today, self.rises_always()
		assert state.earned
		review = today if always else self.review

		def at_once(name: str) -> bool:
			return floor is not None and not ladder.above(name, floor)

		due = []
		for name in ladder.between(state.earned, candidate):
			known = self.was.climbing.get(name)
			state.climbing[name] = min(known, today) if known else today
			begun = state.climbing[name] if known else review
			if at_once(name) or begun + ladder.days(name, "rise_days") <= review:
				due.append(name)
		if due and (always or self.reviewed):
			state = replace(state, earned=due[-1], earned_since=today)
		left = ladder.between(str(state.earned), candidate)
		state.climbing = {name: state.climbing[name] for name in left}
		for name in left:
			on = today if at_once(name) else state.climbing[name] + ladder.days(name, "rise_days")
			on = self.next_day(on, always)
			if state.rises_on is None or on <= state.rises_on:
				state.rises_on, state.rises_to = on, name
		return state


def overridden(tier: str | None, row: Row, ladder: Ladder, today: date) -> str | None:
	by, until = ladder.known(row.get("override_tier")), row.get("override_until")
	if by is None or (until and today > until):
		return tier
	mode = row.get("override_mode") or "Exact"
	if mode == "At Least":
		return ladder.highest(by, tier) if tier else by
	if mode == "At Most":
		return ladder.lowest(by, tier) if tier else None
	return by
