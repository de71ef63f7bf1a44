"""A policy: everything an evaluation needs to know besides the facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from customer_tiering.engine.metrics import metric as metric_of
from customer_tiering.engine.policy.parts import BAND_KEYS, Rule, Tier
from customer_tiering.engine.policy.reader import Reader
from customer_tiering.engine.stages import CHANCE, StageParameters

#: Left out of the data where they have their default, so that versions older than they are keep their hash.
_YOUNGER = ("margin", "reviewed", "rises_between_reviews")
_YOUNGER_STAGES = ("risk_by", "at_risk_chance", "lost_chance", "trend_against")


@dataclass(frozen=True)
class Policy:
	"""Everything an evaluation needs to know besides the facts. Immutable."""

	name: str
	tiers: tuple[Tier, ...]
	rules: tuple[Rule, ...]
	description: str = ""
	stages: StageParameters = field(default_factory=StageParameters)
	rfm_window_days: int = 0  # 0: all time
	grade_prospects: bool = False
	one_step_down: bool = False
	margin: float = 0.0  # points of the score
	reviewed: str = "Always"
	rises_between_reviews: bool = False
	returns_dated: str = "Return"
	exclude_opening: bool = True
	exclude_internal: bool = True
	companies: tuple[str, ...] = ()
	currency: str = ""
	fiscal_year_start_month: int = 1

	@classmethod
	def from_dict(cls, data: Mapping[str, Any], metrics: Iterable[str] = ()) -> Policy:
		"""Build a policy from plain data.

		Args:
			data: what :meth:`to_dict` gives, or a part of it; what is left out has its default.
			metrics: names of metrics, besides the engine's own, that will be given with the facts.

		Raises:
			PolicyError: with all problems at once, each a sentence that says what to do.
		"""
		known = [one.name for one in fields(cls)]
		return cls(**Reader(data, known, metrics).fields())

	def to_dict(self) -> dict[str, Any]:
		"""The policy as JSON data: tiers from the highest down, unused rule fields left out."""
		data = asdict(self)
		data["tiers"] = [_without_defaults(Tier, t) for t in reversed(data["tiers"])]
		data["rules"] = [_rule_to_dict(rule) for rule in self.rules]
		data["companies"] = list(self.companies)
		for name in _YOUNGER:
			if data[name] == getattr(Policy, name):
				del data[name]
		for name in _YOUNGER_STAGES:
			if data["stages"][name] == getattr(StageParameters, name):
				del data["stages"][name]
		return data

	@property
	def hash(self) -> str:
		"""SHA-256 of the canonical JSON: two policies with one hash grade alike."""
		canonical = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
		return hashlib.sha256(canonical.encode()).hexdigest()

	@property
	def by_share(self) -> bool:
		"""Whether the tiers go by the share of customers, not by the score itself."""
		return any(tier.top_share is not None for tier in self.tiers)

	@property
	def score_rules(self) -> tuple[Rule, ...]:
		"""The rules that give points, in order."""
		return tuple(rule for rule in self.rules if rule.type == "Score")

	@property
	def needs_cost(self) -> bool:
		"""Whether any rule reads the cost of goods, so that a source need not fetch it in vain."""
		return any(metric_of(rule.metric).needs_cost for rule in self.rules if rule.metric)

	@property
	def tables(self) -> frozenset[str]:
		"""The tables of facts, besides sales, that its rules' metrics read; any other is read in vain."""
		return frozenset(metric_of(rule.metric).table for rule in self.rules if rule.metric) - {""}

	@property
	def needs_forecast(self) -> bool:
		"""Whether a rule or the stages go by what is foreseen of a customer."""
		foretold = any(metric_of(rule.metric).foretold for rule in self.rules if rule.metric)
		return foretold or self.stages.risk_by == CHANCE

	def position(self, tier: object) -> int:
		"""Rung of a tier, 0 the lowest; -1 for no tier or one that this policy does not have."""
		return next((i for i, rung in enumerate(self.tiers) if rung.name == tier), -1)


def _without_defaults(kind: type, data: dict[str, Any]) -> dict[str, Any]:
	defaults = {f.name: f.default for f in fields(kind) if f.default is not MISSING}
	return {key: value for key, value in data.items() if key not in defaults or value != defaults[key]}


def _rule_to_dict(rule: Rule) -> dict[str, Any]:
	data = _without_defaults(Rule, asdict(rule))
	data["type"] = rule.type
	if rule.bands:
		key = BAND_KEYS[rule.method]
		data["bands"] = [{key: start, "points": points} for start, points in rule.bands]
	return data
