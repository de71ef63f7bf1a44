"""What a policy is made of: tiers and rules, the choices that they offer, and what can be wrong with them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from customer_tiering.engine.metrics import metric as metric_of

RULE_TYPES = ("Score", "Floor", "Cap")
METHODS = ("Bands", "Quantile", "Linear", "Pareto", "By Stage")
WINDOWS = ("Rolling", "All Time", "Fiscal Year")
CONDITIONS = (">=", "<=", "Between")
DIRECTIONS = ("Higher", "Lower")
RETURN_DATES = ("Return", "Original")
#: How often tiers are reviewed: every day, or on the first day of a month or a quarter of the fiscal year.
REVIEWS = ("Always", "Monthly", "Quarterly")
#: Indicator colours that the desk draws; a tier's colour is one of them.
COLORS = (
	"Gray", "Blue", "Light Blue", "Green", "Orange", "Yellow", "Red", "Pink", "Purple", "Cyan",
)  # fmt: skip
MAX_DAYS = 36_500
#: Amounts in small currencies add up to 1e15 and more.
MAX_NUMBER = 1e18
MAX_RULES = 100
MAX_BUCKETS = 100
MAX_NAME = 140
#: What the first entry of a band is called, by method.
BAND_KEYS = {"Bands": "at_least", "Pareto": "up_to_share", "By Stage": "stage"}


@dataclass(frozen=True)
class Problem:
	"""One thing that is wrong: a whole sentence with numbered gaps, so that it can be translated."""

	template: str
	args: tuple[object, ...] = ()

	def __post_init__(self) -> None:
		object.__setattr__(self, "args", tuple(map(_plain, self.args)))

	def __str__(self) -> str:
		return self.template.format(*self.args)


class PolicyError(ValueError):
	"""A policy that cannot be used; ``problems`` holds every reason, not only the first."""

	def __init__(self, problems: Iterable[Problem]):
		self.problems = tuple(problems)
		super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Tier:
	"""A rung of the ladder. ``min_score`` is on the 0-100 scale; rise, grace and hold are days.

	In a policy by share ``min_score`` is None, and ``top_share`` the percent of the customers who may stand
	there or higher; the lowest tier has none.
	"""

	name: str
	min_score: float | None = None
	top_share: float | None = None
	rise_days: int = 0
	grace_days: int = 0
	hold_days: int = 0
	color: str = "Gray"
	strategy: str = ""
	benefits: str = ""
	contact_every_days: int = 0


@dataclass(frozen=True)
class Rule:
	"""One criterion. Which of the fields are read depends on ``type`` and ``method``."""

	name: str
	type: str = "Score"
	metric: str = ""
	window: str = "Rolling"
	window_days: int = 365
	method: str = ""
	weight: float = 0.0
	points_if_missing: float = 0.0
	better: str = ""
	buckets: int = 5
	zero_at: float | None = None
	full_at: float | None = None
	bands: tuple[tuple[float | str, float], ...] = ()
	condition: str = ">="
	value: float | None = None
	value_to: float | None = None
	tier: str = ""
	company: str = ""
	customer_group: str = ""
	territory: str = ""
	customer_type: str = ""

	@property
	def lower_is_better(self) -> bool:
		"""Whether a smaller value of the metric is the better one."""
		return (self.better or metric_of(self.metric).better) == "Lower"

	@property
	def limits(self) -> tuple[float, float]:
		"""The least and the greatest value for which a Floor or Cap acts; infinite where it is open."""
		value = 0.0 if self.value is None else self.value
		if self.condition == ">=":
			return value, math.inf
		if self.condition == "<=":
			return -math.inf, value
		return value, value if self.value_to is None else self.value_to


def _plain(arg: object) -> object:
	"""Whole numbers without a decimal point, as people write them."""
	return int(arg) if isinstance(arg, float) and arg.is_integer() else arg
