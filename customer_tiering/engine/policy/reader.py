"""A policy as plain data, read whole: its tiers and rules, and every problem with them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from typing import Any

from customer_tiering.engine.metrics import METRICS
from customer_tiering.engine.policy.checks import check_rule, check_rules, check_stages
from customer_tiering.engine.policy.parts import (
	BAND_KEYS,
	COLORS,
	CONDITIONS,
	DIRECTIONS,
	MAX_BUCKETS,
	MAX_DAYS,
	MAX_NAME,
	MAX_RULES,
	METHODS,
	RETURN_DATES,
	REVIEWS,
	RULE_TYPES,
	WINDOWS,
	PolicyError,
	Problem,
	Rule,
	Tier,
)
from customer_tiering.engine.policy.tiers import check_tiers, ordered
from customer_tiering.engine.policy.values import Values, is_empty, is_text
from customer_tiering.engine.stages import RISKS, STAGES, TRENDS, StageParameters

#: What is chosen for a stage parameter that is no number.
STAGE_CHOICES = {"risk_by": RISKS, "trend_against": TRENDS}


class Reader(Values):
	"""Reads plain data into the fields of a policy and collects whatever is wrong on the way.

	Args:
		data: what ``Policy.to_dict`` gives, or a part of it.
		known: the fields that a policy has.
		metrics: names of metrics besides the engine's own.
	"""

	def __init__(self, data: Mapping[str, Any], known: Collection[str], metrics: Iterable[str] = ()):
		super().__init__(data)
		self.known = set(known)
		self.metrics = tuple(dict.fromkeys((*METRICS, *metrics)))

	def fields(self) -> dict[str, Any]:
		"""Every field of the policy.

		Raises:
			PolicyError: with all problems at once.
		"""
		if not isinstance(self.data, Mapping):
			raise PolicyError([Problem("A policy is an object with tiers and rules; this is not one.")])
		where = Problem("Policy")
		self._known_keys(where, self.data, self.known)
		raw_tiers = self._objects("tiers", where)
		by_share = any(not is_empty(raw.get("top_share")) for raw in raw_tiers)
		tiers = [self._tier(at, raw, by_share) for at, raw in enumerate(raw_tiers, start=1)]
		rules = self._rules()
		self.problems += [*check_tiers(tiers, by_share), *check_rules(rules, tiers)]
		found = {
			"name": self._text(where, self.data, "name", "policy"),
			"description": self._text(where, self.data, "description", "", limit=2000),
			"tiers": ordered(tiers),
			"rules": tuple(rules),
			"stages": self._stages(),
			**self._switches(where),
		}
		if self.problems:
			raise PolicyError(dict.fromkeys(self.problems))
		return found

	def _switches(self, where: Problem) -> dict[str, Any]:
		month = self._number(where, self.data, "fiscal_year_start_month", 1, 1, 12, whole=True)
		return {
			"rfm_window_days": self._days(where, self.data, "rfm_window_days", 0),
			"grade_prospects": self._flag(where, self.data, "grade_prospects", False),
			"one_step_down": self._flag(where, self.data, "one_step_down", False),
			"margin": self._margin(where),
			"reviewed": self._choice(where, self.data, "reviewed", REVIEWS, "Always"),
			"rises_between_reviews": self._flag(where, self.data, "rises_between_reviews", False),
			"returns_dated": self._choice(where, self.data, "returns_dated", RETURN_DATES, "Return"),
			"exclude_opening": self._flag(where, self.data, "exclude_opening", True),
			"exclude_internal": self._flag(where, self.data, "exclude_internal", True),
			"companies": tuple(sorted(set(self._texts(where, self.data, "companies")))),
			"currency": self._text(where, self.data, "currency", ""),
			"fiscal_year_start_month": int(month or 1),
		}

	def _margin(self, where: Problem) -> float:
		number = self._number(where, self.data, "margin", 0.0, 0, 100) or 0.0
		self._two_decimals(where, "margin", number)
		return number

	def _two_decimals(self, where: Problem, key: str, number: float) -> None:
		if number != round(number, 2):
			self._problem("{0}: {1} is {2}; scores have two decimals, so give no more.", where, key, number)

	def _tier(self, number: int, raw: Mapping[str, Any], by_share: bool) -> Tier:
		where = _where("Tier {0}", raw, number)
		self._known_keys(where, raw, {f.name for f in fields(Tier)})
		return Tier(
			name=self._text(where, raw, "name", "", required=True),
			min_score=self._min_score(where, raw, by_share),
			top_share=self._top_share(where, raw) if by_share else None,
			rise_days=self._days(where, raw, "rise_days", 0),
			grace_days=self._days(where, raw, "grace_days", 0),
			hold_days=self._days(where, raw, "hold_days", 0),
			color=self._choice(where, raw, "color", COLORS, "Gray"),
			strategy=self._text(where, raw, "strategy", "", limit=10_000),
			benefits=self._text(where, raw, "benefits", "", limit=10_000),
			contact_every_days=self._days(where, raw, "contact_every_days", 0),
		)

	def _min_score(self, where: Problem, raw: Mapping[str, Any], by_share: bool) -> float | None:
		"""The lowest score of a tier; NaN where it cannot be read, so that nothing is compared with it."""
		if by_share:
			if not is_empty(raw.get("min_score")):
				self._problem(
					"{0}: the tiers of a policy go by min_score or by top_share, never by both; leave one of "
					"them out of every tier.",
					where,
				)
			return None
		number = self._number(where, raw, "min_score", None, 0, 100)
		if number is None:
			return math.nan
		self._two_decimals(where, "min_score", number)
		return number

	def _top_share(self, where: Problem, raw: Mapping[str, Any]) -> float | None:
		"""The share of a tier; None where none is given, NaN for one that cannot be read."""
		number = self._number(where, raw, "top_share", None, optional=True)
		if number is None:
			return None if is_empty(raw.get("top_share")) else math.nan
		if 0 < number < 100:
			return number
		self._problem("{0}: top_share is {1}; it is a percentage above 0 and below 100.", where, number)
		return math.nan

	def _rules(self) -> list[Rule]:
		raw_rules = self._objects("rules", Problem("Policy"))
		if len(raw_rules) > MAX_RULES:
			self._problem("The policy has {0} rules; keep to {1}.", len(raw_rules), MAX_RULES)
		return [self._rule(i, raw) for i, raw in enumerate(raw_rules[:MAX_RULES], start=1)]

	def _rule(self, number: int, raw: Mapping[str, Any]) -> Rule:
		where = _where("Rule {0}", raw, number)
		self._known_keys(where, raw, {f.name for f in fields(Rule)})
		kind = self._choice(where, raw, "type", RULE_TYPES, "Score")
		method = self._choice(where, raw, "method", METHODS, "", required=True) if kind == "Score" else ""
		metric = ""
		if method != "By Stage":
			metric = self._choice(where, raw, "metric", self.metrics, "", required=True)
		rule = Rule(
			name=self._text(where, raw, "name", "", required=True),
			type=kind,
			metric=metric,
			window=self._choice(where, raw, "window", WINDOWS, "Rolling"),
			window_days=self._days(where, raw, "window_days", 365, least=1),
			method=method,
			weight=self._weight(where, raw),
			points_if_missing=self._number(where, raw, "points_if_missing", 0.0, 0, 100) or 0.0,
			better=self._choice(where, raw, "better", DIRECTIONS, ""),
			buckets=int(self._number(where, raw, "buckets", 5, 2, MAX_BUCKETS, whole=True) or 5),
			zero_at=self._number(where, raw, "zero_at", None, optional=method != "Linear"),
			full_at=self._number(where, raw, "full_at", None, optional=method != "Linear"),
			bands=self._bands(where, raw, method),
			**({} if kind == "Score" else self._condition(where, raw)),
			company=self._text(where, raw, "company", ""),
			customer_group=self._text(where, raw, "customer_group", ""),
			territory=self._text(where, raw, "territory", ""),
			customer_type=self._text(where, raw, "customer_type", ""),
		)
		self.problems += check_rule(where, rule)
		return rule

	def _weight(self, where: Problem, raw: Mapping[str, Any]) -> float:
		"""The weight of a rule, 0 where none is given; NaN for one that cannot be read."""
		number = self._number(where, raw, "weight", None, 0, 1e6, optional=True)
		if number is None:
			return 0.0 if is_empty(raw.get("weight")) else math.nan
		return number

	def _condition(self, where: Problem, raw: Mapping[str, Any]) -> dict[str, Any]:
		"""When a Floor or Cap acts and on which tier; a Score rule's are not read, so old ones do no harm."""
		condition = self._choice(where, raw, "condition", CONDITIONS, ">=")
		return {
			"condition": condition,
			"value": self._number(where, raw, "value", None),
			"value_to": self._number(where, raw, "value_to", None) if condition == "Between" else None,
			"tier": self._text(where, raw, "tier", "", required=True),
		}

	def _bands(
		self, where: Problem, raw: Mapping[str, Any], method: str
	) -> tuple[tuple[float | str, float], ...]:
		if method not in BAND_KEYS:
			return ()
		key = BAND_KEYS[method]
		rows: list[tuple[float | str, float]] = []
		before = len(self.problems)
		raw_rows = self._objects("bands", where, raw)
		for row in raw_rows:
			self._known_keys(where, row, {key, "points"})
			start: float | str | None
			if method == "By Stage":
				start = self._choice(where, row, key, STAGES, "", required=True)
			else:
				start = self._number(where, row, key, None)
			points = self._number(where, row, "points", None, 0, 100)
			if start is not None and points is not None:
				rows.append((start, points))
		if not raw_rows and len(self.problems) == before:
			self._problem("{0}: {1} has no rows; add at least one with points.", where, "bands")
		return tuple(rows)

	def _stages(self) -> StageParameters:
		raw = self.data.get("stages", {})
		where = Problem("Policy")
		if not isinstance(raw, Mapping):
			self._problem("{0}: {1} must be an object.", where, "stages")
			return StageParameters()
		defaults = StageParameters()
		self._known_keys(where, raw, {f.name for f in fields(StageParameters)})
		values: dict[str, Any] = {}
		for f in fields(StageParameters):
			default = getattr(defaults, f.name)
			if f.name in STAGE_CHOICES:
				values[f.name] = self._choice(where, raw, f.name, STAGE_CHOICES[f.name], default)
				continue
			whole = isinstance(default, int)
			top = MAX_DAYS if whole else 100.0 if f.name.endswith("_chance") else 1000.0
			number = self._number(where, raw, f.name, default, 0, top, whole=whole)
			values[f.name] = default if number is None else type(default)(number)
		stages = StageParameters(**values)
		self.problems += check_stages(where, stages)
		return stages


def _where(template: str, raw: Mapping[str, Any], number: int) -> Problem:
	"""What a problem is about: the entry by its name, or by its number where it has none."""
	name = raw.get("name")
	return Problem(template, (name[:MAX_NAME] if is_text(name) and name.strip() else number,))
