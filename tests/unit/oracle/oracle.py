"""docs/scoring.md a second time, from points to grades.

What comes before is in ``oracle_points``, the way from a score to a tier in ``oracle_ladder``.

Rows come as plain dicts with the columns of the facts. A value is the nearest float of an exact number;
all that is reckoned with it is a fraction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from statistics import median

from oracle_ladder import Climb, Ladder, climbing_text, earned, opening, overridden
from oracle_points import (
	POLICY,
	RULE,
	SEGMENTS,
	STAGES,
	Cuts,
	Document,
	Row,
	State,
	World,
	column,
	last,
	metric,
	placing,
	points,
	population_cuts,
	seen,
	total,
	within,
	written,
)


def rounded(mean: Fraction) -> Fraction:
	"""Two decimals, halves up, where less than 10⁻¹¹ below a half counts as the half."""
	return Fraction(math.ceil((mean + Fraction(1, 10**11)) * 100 + Fraction(1, 2)) - 1, 100)


# Stages


def gap(days: list[date], stages: Row) -> Fraction:
	if len(days) < 3:
		return Fraction(stages["default_gap"])
	middle = median(Fraction((after - before).days) for before, after in pairwise(days))
	return min(Fraction(stages["max_gap"]), max(Fraction(stages["min_gap"]), middle))


def stage_of(documents: list[Document], stages: Row, as_of: date, is_open: bool) -> str:
	purchases = [doc for doc in documents if doc.counts]
	days = sorted({doc.day for doc in purchases})
	if not days:
		return "Engaged" if is_open else "Prospect"

	def lost(silence: int, known: list[date]) -> bool:
		return silence > written(stages["lost_gaps"]) * gap(known, stages) and silence > stages["lost_days"]

	silence, tenure = (as_of - days[-1]).days, (as_of - days[0]).days
	if lost(silence, days):
		return "Lost"
	if silence > written(stages["at_risk_gaps"]) * gap(days, stages):
		return "At Risk"
	for index in range(1, len(days)):
		ended = (as_of - days[index]).days < stages["new_days"]
		if ended and lost((days[index] - days[index - 1]).days, days[:index]):
			return "Won Back"
	if tenure < stages["new_days"]:
		return "New"
	span = last(stages["trend_days"], as_of)
	revenue = total(within(documents, span))
	year = (span[0] - timedelta(365), span[1] - timedelta(365))
	with_year = stages["trend_against"] == "Year Before" and stages["trend_days"] <= 365 and days[0] < year[0]
	days_before = last(stages["trend_days"], span[0] - timedelta(1))
	before = total(within(documents, year if with_year else days_before))
	if before > 0 and revenue >= written(stages["growing_factor"]) * before:
		return "Growing"
	if before > 0 and revenue <= written(stages["declining_factor"]) * before:
		return "Declining"
	recent = len(within(purchases, last(stages["loyal_days"], as_of)))
	return "Loyal" if tenure >= stages["loyal_tenure"] and recent >= stages["loyal_purchases"] else "Active"


# The whole


def grade(
	world: World, policy: Row, as_of: date, previous: dict[str, Row] | None = None, given: Cuts | None = None
) -> tuple[dict[str, Row], Cuts]:
	"""One row of scores per customer, and the cut points."""
	evaluation = Evaluation(world, policy, as_of, previous, given)
	return evaluation.rows(), evaluation.cuts


class Evaluation:
	def __init__(
		self,
		world: World,
		policy: Row,
		as_of: date,
		previous: dict[str, Row] | None = None,
		given: Cuts | None = None,
	) -> None:
		self.policy = {**POLICY, **policy, "stages": {**STAGES, **policy.get("stages", {})}}
		self.rules = [{**RULE, **rule} for rule in policy["rules"]]
		self.world, self.as_of, self.previous, self.given = world, as_of, previous or {}, given
		self.ladder = Ladder(policy["tiers"])
		self.traits = {row["customer"]: row for row in world.customers or ()}
		known = {row["customer"] for row in world.sales if row["posting_date"] <= as_of}
		self.names = sorted(known | set(self.traits))
		self.documents: dict[str, list[Document]] = {name: [] for name in self.names}
		for document in seen(world.sales, self.policy, as_of):
			self.documents[document.customer].append(document)
		self.graded = [name for name in self.names if not self.traits.get(name, {}).get("disabled")]
		self.bought = [name for name in self.names if any(doc.counts for doc in self.documents[name])]
		self.stages = {name: self._stage(name) for name in self.names}
		self.cuts: Cuts = {"rules": {}, "rfm": {}, "tiers": {}}

	def _stage(self, name: str) -> str:
		is_open = any(
			row["customer"] == name
			and row["opened"] <= self.as_of
			and not (row["closed"] and row["closed"] <= self.as_of)
			for row in self.world.pipeline
		)
		return stage_of(self.documents[name], self.policy["stages"], self.as_of, is_open)

	def _of_company(self, rule: Row, name: str) -> list[Document]:
		return [doc for doc in self.documents[name] if rule["company"] in ("", doc.company)]

	def _in_scope(self, rule: Row, name: str) -> bool:
		traits = self.traits.get(name, {})
		if rule["company"] and not self._of_company(rule, name):
			return False
		if rule["customer_type"] and traits.get("customer_type") != rule["customer_type"]:
			return False
		for tree in ("customer_group", "territory"):
			node = traits.get(tree)
			while rule[tree] and node != rule[tree]:
				if node is None:
					return False
				node = self.world.parents.get(tree, {}).get(node)
		return True

	def values(self, rule: Row) -> dict[str, float | None]:
		"""The metric of a rule for everyone, None where it is undefined."""
		if rule["metric"].startswith("Gross") and "gross_profit" not in self.world.columns:
			return dict.fromkeys(self.names)
		return {
			name: metric(rule, self.policy, self._of_company(rule, name), self.as_of) for name in self.names
		}

	def _placing(self, kind: str, key: str, rule: Row, values: dict[str, float]) -> Callable[[float], int]:
		"""How the values of the population, and whoever else, are placed."""
		population = [value for name, value in values.items() if name in self.graded]
		cuts = self.given[kind].get(key, []) if self.given else population_cuts(rule, population)
		if cuts:  # a Pareto rule of one row up to 100 has none
			self.cuts[kind][key] = cuts
		among, by_cuts = placing(rule, population, cuts), placing(rule, None, cuts)
		return lambda value: among(value) if not self.given and value in population else by_cuts(value)

	def _points(self, rule: Row) -> dict[str, Fraction]:
		"""What a Score rule gives to each customer in its scope."""
		scope = [name for name in self.names if self._in_scope(rule, name)]
		values = dict.fromkeys(self.names) if rule["method"] == "By Stage" else self.values(rule)
		defined = {name: value for name in scope if (value := values[name]) is not None}
		place: Callable[[float], int] = int
		if rule["method"] in ("Quantile", "Pareto"):
			place = self._placing("rules", rule["name"], rule, defined)
		return {name: points(rule, values[name], self.stages[name], place) for name in scope}

	def scores(self) -> dict[str, Fraction]:
		"""The score of everyone who is rated."""
		weighed = [
			(written(rule["weight"]), self._points(rule)) for rule in self.rules if rule["type"] == "Score"
		]
		scores = {}
		for name in self.names:
			terms = [(weight, given[name]) for weight, given in weighed if name in given and weight]
			if terms and (name in self.bought or self.policy["grade_prospects"]):
				weights = sum(weight for weight, _ in terms)
				scores[name] = rounded(sum(weight * given for weight, given in terms) / weights)
		return scores

	def limits(self, kind: str) -> dict[str, list[str]]:
		"""The tiers of the floors or caps that act on each customer."""
		acting: dict[str, list[str]] = {name: [] for name in self.names}
		for rule in self.rules:
			if rule["type"] != kind:
				continue
			for name, value in self.values(rule).items():
				if value is not None and self._in_scope(rule, name) and _holds(rule, value):
					acting[name].append(rule["tier"])
		return acting

	def by_score(self, scores: dict[str, Fraction]) -> dict[str, str]:
		"""The tier that everyone who is rated reaches by his score alone."""
		population = [score for name, score in scores.items() if name in self.graded]
		if self.ladder.by_share:
			cuts = self.given["tiers"]["score"] if self.given else self.ladder.cuts_of(population)
			self.cuts["tiers"]["score"] = cuts
			self.ladder.cut(cuts)
			if not self.given:
				among = {
					name: self.ladder.reached_among(scores[name], population)
					for name in scores
					if name in self.graded
				}
				return {name: among.get(name) or self.ladder.reached(score) for name, score in scores.items()}
		return {name: self.ladder.reached(score) for name, score in scores.items()}

	def rfm(self) -> dict[str, tuple[int, int, int]]:
		"""R, F and M of everyone who ever purchased."""
		days = self.policy["rfm_window_days"]
		base = {**RULE, "window": "Rolling" if days else "All Time", "window_days": days}

		def buckets(key: str, name: str, many: int, least: int = 0) -> dict[str, int]:
			rule = {**base, "metric": name, "buckets": many}
			values = self.values(rule)
			kept = {c: value for c in self.bought if (value := values[c]) is not None and value >= least}
			place = self._placing("rfm", key, rule, kept)
			return {c: place(value) for c, value in kept.items()}

		r = buckets("recency", "Recency", 5)
		f = buckets("frequency", "Invoice Count", 4, least=2)
		m = buckets("monetary", "Revenue", 5, least=-math.inf)
		return {name: (r[name], 1 + f.get(name, 0), m[name]) for name in self.bought}

	def rows(self) -> dict[str, Row]:
		scores, floors, caps, rfm = self.scores(), self.limits("Floor"), self.limits("Cap"), self.rfm()
		metrics = {
			column(rule): self.values(rule)
			for rule in self.rules
			if rule["type"] != "Score" or rule["method"] != "By Stage"
		}
		rows: dict[str, Row] = {}
		reached = self.by_score(scores)
		for name in self.names:
			was, now = self._standing(name, scores.get(name), reached.get(name), floors[name], caps[name])
			r, f, m = rfm.get(name, (0, 0, 0))
			rows[name] = {
				"customer": name,
				"tier": now.tier,
				"score": float(scores[name]) if name in scores else None,
				"lifecycle_stage": self.stages[name],
				"rfm_segment": SEGMENTS[r][f - 1] if r else None,
				"recency_score": r,
				"frequency_score": f,
				"monetary_score": m,
				**self._purchases(name),
				**{metric: values[name] for metric, values in metrics.items()},
				"tier_since": now.tier_since,
				"earned_tier": now.earned,
				"earned_since": now.earned_since,
				"below_since": now.below,
				"climbing": climbing_text(now),
				"falls_on": now.falls_on,
				"falls_to": now.falls_to,
				"rises_on": now.rises_on,
				"rises_to": now.rises_to,
				"opening_tier": was.tier,
				"opening_tier_since": was.tier_since,
				"opening_earned_tier": was.earned,
				"opening_earned_since": was.earned_since,
				"opening_below_since": was.below,
				"opening_climbing": climbing_text(was),
				"opening_as_of": was.seen,
			}
			if name not in self.graded:
				rows[name].update(_kept(self.previous.get(name, {})))
		return rows

	def _standing(
		self, name: str, score: Fraction | None, reached: str | None, floors: list[str], caps: list[str]
	) -> tuple[State, State]:
		"""Where a customer stood at the close of the day before, and where he stands now."""
		ladder, previous = self.ladder, self.previous.get(name, {})
		was = opening(previous, ladder, self.as_of)
		cap = ladder.lowest(*caps) if caps else ladder.names[-1]
		candidate = ladder.lowest(ladder.highest(reached, *floors), cap) if reached else None
		floor = ladder.lowest(ladder.highest(*floors), cap) if floors else None
		now = Climb(ladder, self.policy, self.as_of, was, score).step(candidate, floor, cap)
		now.tier = overridden(now.earned, previous, ladder, self.as_of)
		if now.tier:
			now.tier_since = was.tier_since if now.tier == was.tier else self.as_of
		return was, now

	def _purchases(self, name: str) -> Row:
		purchases = [doc for doc in self.documents[name] if doc.counts]
		days = [doc.day for doc in purchases]
		return {
			"first_purchase": min(days, default=None),
			"last_purchase": max(days, default=None),
			"recency_days": (self.as_of - max(days)).days if days else None,
			"purchases": len(purchases),
			"purchase_amount": float(total(purchases)),
			"year_revenue": self._of_the_year(name) if days else None,
			**dict.fromkeys(("chance_to_buy", "expected_purchases", "expected_value")),
		}

	def _of_the_year(self, name: str) -> float:
		"""Revenue of the last 365 days, in whole units; half a unit goes to the even one."""
		return float(round(total(within(self.documents[name], last(365, self.as_of)))))


def _holds(rule: Row, value: float) -> bool:
	if rule["condition"] == "Between":
		return bool(rule["value"] <= value <= rule["value_to"])
	return bool(value <= rule["value"] if rule["condition"] == "<=" else value >= rule["value"])


def _kept(row: Row) -> Row:
	"""What a disabled customer keeps."""
	names = ("tier", "tier_since", "score", "lifecycle_stage", "rfm_segment", "below_since", "climbing")
	foretold = ("falls_on", "falls_to", "rises_on", "rises_to")
	kept = {name: row.get(name) for name in (*names, *foretold)}
	kept["earned_tier"], kept["earned_since"] = earned(row)
	scores = ("recency_score", "frequency_score", "monetary_score")
	return kept | {name: row[name] for name in scores if row.get(name) is not None}
