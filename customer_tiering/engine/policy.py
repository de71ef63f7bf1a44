"""A policy as data: tiers, rules and parameters, checked as a whole before anything is evaluated."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, TypeGuard, TypeVar

from customer_tiering.engine.metrics import METRICS
from customer_tiering.engine.metrics import metric as metric_of
from customer_tiering.engine.stages import STAGES, StageParameters

RULE_TYPES = ("Score", "Floor", "Cap")
METHODS = ("Bands", "Quantile", "Linear", "Pareto", "By Stage")
WINDOWS = ("Rolling", "All Time", "Fiscal Year")
CONDITIONS = (">=", "<=", "Between")
DIRECTIONS = ("Higher", "Lower")
RETURN_DATES = ("Return", "Original")
#: Indicator colours that the desk draws; a tier's colour is one of them.
COLORS = (
	"Gray", "Blue", "Light Blue", "Green", "Orange", "Yellow", "Red", "Pink", "Purple", "Cyan",
)  # fmt: skip
MAX_DAYS = 36_500
MAX_RULES = 100
MAX_NAME = 140
T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
	"""One thing that is wrong: a whole sentence with numbered gaps, so that it can be translated."""

	template: str
	args: tuple[object, ...] = ()

	def __str__(self) -> str:
		return self.template.format(*self.args)


class PolicyError(ValueError):
	"""A policy that cannot be used; ``problems`` holds every reason, not only the first."""

	def __init__(self, problems: Iterable[Problem]):
		self.problems = tuple(problems)
		super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Tier:
	"""A rung of the ladder. ``min_score`` is on the 0-100 scale, grace and hold are days."""

	name: str
	min_score: float
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


#: What the first entry of a band is called, by method.
BAND_KEYS = {"Bands": "at_least", "Pareto": "up_to_share", "By Stage": "stage"}


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
		return _Reader(data, metrics).policy()

	def to_dict(self) -> dict[str, Any]:
		"""The policy as JSON data: tiers from the highest down, unused rule fields left out."""
		data = asdict(self)
		data["tiers"] = [_without_defaults(Tier, t) for t in reversed(data["tiers"])]
		data["rules"] = [_rule_to_dict(rule) for rule in self.rules]
		data["companies"] = list(self.companies)
		return data

	@property
	def hash(self) -> str:
		"""SHA-256 of the canonical JSON: two policies with one hash grade alike."""
		canonical = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
		return hashlib.sha256(canonical.encode()).hexdigest()

	@property
	def score_rules(self) -> tuple[Rule, ...]:
		"""The rules that give points, in order."""
		return tuple(rule for rule in self.rules if rule.type == "Score")

	@property
	def needs_cost(self) -> bool:
		"""Whether any rule reads the cost of goods, so that a source need not fetch it in vain."""
		return any(metric_of(rule.metric).needs_cost for rule in self.rules if rule.metric)

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


class _Reader:
	"""Reads plain data into a policy and collects whatever is wrong on the way."""

	def __init__(self, data: Mapping[str, Any], metrics: Iterable[str] = ()):
		self.data = data
		self.metrics = tuple(dict.fromkeys((*METRICS, *metrics)))
		self.problems: list[Problem] = []

	def policy(self) -> Policy:
		if not isinstance(self.data, Mapping):
			raise PolicyError([Problem("A policy is an object with tiers and rules; this is not one.")])
		where = Problem("Policy")
		self._known_keys(where, self.data, {f.name for f in fields(Policy)})
		tiers = self._tiers()
		rules = self._rules()
		self._check_tiers(tiers)
		self._check_rules(rules, tiers)
		policy = Policy(
			name=self._text(where, self.data, "name", "policy"),
			description=self._text(where, self.data, "description", "", limit=2000),
			tiers=tuple(sorted(tiers, key=lambda tier: tier.min_score)),
			rules=tuple(rules),
			stages=self._stages(),
			rfm_window_days=self._days(where, self.data, "rfm_window_days", 0),
			grade_prospects=self._flag(where, self.data, "grade_prospects", False),
			one_step_down=self._flag(where, self.data, "one_step_down", False),
			returns_dated=self._choice(where, self.data, "returns_dated", RETURN_DATES, "Return"),
			exclude_opening=self._flag(where, self.data, "exclude_opening", True),
			exclude_internal=self._flag(where, self.data, "exclude_internal", True),
			companies=tuple(sorted(set(self._texts(where, self.data, "companies")))),
			currency=self._text(where, self.data, "currency", ""),
			fiscal_year_start_month=int(
				self._number(where, self.data, "fiscal_year_start_month", 1, 1, 12, whole=True) or 1
			),
		)
		if self.problems:
			raise PolicyError(dict.fromkeys(self.problems))
		return policy

	# -- parts -----------------------------------------------------------------------------------

	def _tiers(self) -> list[Tier]:
		return [
			self._tier(i, raw) for i, raw in enumerate(self._objects("tiers", Problem("Policy")), start=1)
		]

	def _tier(self, number: int, raw: Mapping[str, Any]) -> Tier:
		where = _where("Tier {0}", raw, number)
		self._known_keys(where, raw, {f.name for f in fields(Tier)})
		return Tier(
			name=self._text(where, raw, "name", "", required=True),
			min_score=self._min_score(where, raw),
			grace_days=self._days(where, raw, "grace_days", 0),
			hold_days=self._days(where, raw, "hold_days", 0),
			color=self._choice(where, raw, "color", COLORS, "Gray"),
			strategy=self._text(where, raw, "strategy", "", limit=10_000),
			benefits=self._text(where, raw, "benefits", "", limit=10_000),
			contact_every_days=self._days(where, raw, "contact_every_days", 0),
		)

	def _min_score(self, where: Problem, raw: Mapping[str, Any]) -> float:
		"""The lowest score of a tier; NaN where it cannot be read, so that nothing is compared with it."""
		number = self._number(where, raw, "min_score", None, 0, 100)
		if number is not None and number != round(number, 2):
			self._problem("{0}: min_score is {1}; scores have two decimals, so give no more.", where, number)
		return math.nan if number is None else number

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
			buckets=int(self._number(where, raw, "buckets", 5, 2, 10, whole=True) or 5),
			zero_at=self._number(where, raw, "zero_at", None, optional=method != "Linear"),
			full_at=self._number(where, raw, "full_at", None, optional=method != "Linear"),
			bands=self._bands(where, raw, method),
			**({} if kind == "Score" else self._condition(where, raw)),
			company=self._text(where, raw, "company", ""),
			customer_group=self._text(where, raw, "customer_group", ""),
			territory=self._text(where, raw, "territory", ""),
			customer_type=self._text(where, raw, "customer_type", ""),
		)
		self._check_rule(where, rule)
		return rule

	def _weight(self, where: Problem, raw: Mapping[str, Any]) -> float:
		"""The weight of a rule, 0 where none is given; NaN for one that cannot be read."""
		number = self._number(where, raw, "weight", None, 0, 1e6, optional=True)
		if number is None:
			return 0.0 if _is_empty(raw.get("weight")) else math.nan
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
			whole = isinstance(default, int)
			top = MAX_DAYS if whole else 1000.0
			number = self._number(where, raw, f.name, default, 0, top, whole=whole)
			values[f.name] = default if number is None else type(default)(number)
		stages = StageParameters(**values)
		if stages.min_gap > stages.max_gap:
			self._problem("{0}: min_gap is above max_gap; swap them.", where)
		if stages.declining_factor > stages.growing_factor:
			self._problem("{0}: declining_factor is above growing_factor; swap them.", where)
		if stages.at_risk_gaps > stages.lost_gaps:
			self._problem(
				"{0}: at_risk_gaps is above lost_gaps; a customer is at risk before he is lost.", where
			)
		return stages

	# -- checks ----------------------------------------------------------------------------------

	def _check_tiers(self, tiers: list[Tier]) -> None:
		if not tiers:
			self._problem("The policy has no tiers; add at least one with min_score 0.")
			return
		read = [tier for tier in tiers if not math.isnan(tier.min_score)]
		lowest = min(read, key=lambda tier: tier.min_score, default=None)
		if lowest and lowest.min_score != 0:
			self._problem(
				"Tier {0}: the lowest tier must have min_score 0, it has {1}; set it to 0.",
				lowest.name,
				lowest.min_score,
			)
		for tier, other in _same(read, lambda tier: tier.min_score):
			if tier.name != other.name:
				self._problem(
					"Tiers {0} and {1} share min_score {2}; give each its own.",
					other.name,
					tier.name,
					tier.min_score,
				)
		for tier, _other in _same([tier for tier in tiers if tier.name], lambda tier: tier.name):
			self._problem("Tier {0} is listed twice; keep one.", tier.name)

	def _check_rules(self, rules: list[Rule], tiers: list[Tier]) -> None:
		if not any(rule.type == "Score" for rule in rules):
			self._problem("The policy has no rule of type Score; add one, or nobody can be graded.")
		elif sum(rule.weight for rule in rules if rule.type == "Score") <= 0:
			self._problem(
				"The weights of the Score rules sum to nothing; give at least one a weight above 0."
			)
		for rule, _other in _same([rule for rule in rules if rule.name], lambda rule: rule.name):
			self._problem("Rule {0} is listed twice; give each rule its own name.", rule.name)
		rungs = {tier.name: tier.min_score for tier in tiers}
		for rule in rules:
			if rule.tier and rule.tier not in rungs:
				self._problem(
					"Rule {0}: tier {1} is not in this policy; choose one of its tiers.", rule.name, rule.tier
				)
		readable = [rule for rule in rules if rule.tier in rungs and rule.metric and rule.value is not None]
		self._check_contradictions(readable, rungs)

	def _check_contradictions(self, rules: list[Rule], rungs: dict[str, float]) -> None:
		for floor in (rule for rule in rules if rule.type == "Floor"):
			for cap in (rule for rule in rules if rule.type == "Cap"):
				if rungs[floor.tier] > rungs[cap.tier] and _can_both_act(floor, cap):
					self._problem(
						"Rule {0} is a floor at {1}, above the cap at {2} of rule {3} for the same values "
						"of {4}; change one of the conditions or tiers.",
						floor.name, floor.tier, cap.tier, cap.name, floor.metric,
					)  # fmt: skip

	def _check_rule(self, where: Problem, rule: Rule) -> None:
		if rule.method == "Linear" and rule.zero_at is not None and rule.zero_at == rule.full_at:
			self._problem("{0}: zero_at and full_at are both {1}; they must differ.", where, rule.zero_at)
		if rule.method in ("Bands", "Pareto"):
			starts = [float(start) for start, _points in rule.bands]
			if any(b <= a for a, b in pairwise(starts)):
				self._problem(
					"{0}: bands are out of order; list {1} from the smallest to the largest, each once.",
					where,
					BAND_KEYS[rule.method],
				)
		if rule.method == "Pareto":
			self._check_pareto(where, rule)
		if rule.method == "By Stage":
			for (stage, _points), _other in _same(list(rule.bands), lambda band: band[0]):
				self._problem("{0}: stage {1} is listed twice; keep one row.", where, stage)
		if rule.value is not None and rule.value_to is not None and rule.value > rule.value_to:
			self._problem("{0}: value is above value_to; swap them.", where)
		if rule.metric and metric_of(rule.metric).needs_prior and rule.window == "All Time":
			self._problem(
				"{0}: {1} compares with the window before, which All Time does not have; "
				"set window to Rolling.",
				where,
				rule.metric,
			)

	def _check_pareto(self, where: Problem, rule: Rule) -> None:
		if any(not 0 < float(share) <= 100 for share, _points in rule.bands):
			self._problem("{0}: up_to_share is a percentage; keep each above 0 and up to 100.", where)
		points = [points for _share, points in rule.bands]
		if any(b > a for a, b in pairwise(points)):
			self._problem("{0}: the points of a Pareto rule may not rise down the rows; sort them.", where)

	# -- values ----------------------------------------------------------------------------------

	def _problem(self, template: str, *args: object) -> None:
		self.problems.append(Problem(template, tuple(_plain(arg) for arg in args)))

	def _known_keys(self, where: Problem, raw: Mapping[str, Any], known: set[str]) -> None:
		for key in raw:
			if key not in known:
				shown = str(key)[:MAX_NAME]
				near = get_close_matches(shown, sorted(known), n=1)
				if near:
					self._problem("{0}: {1} is not a field; did you mean {2}?", where, shown, near[0])
				else:
					self._problem("{0}: {1} is not a field; remove it.", where, shown)

	def _list(self, where: Problem, raw: Mapping[str, Any], key: str) -> list[Any]:
		value = raw.get(key)
		if _is_empty(value):
			return []
		if isinstance(value, (list, tuple)):
			return list(value)
		self._problem("{0}: {1} must be a list.", where, key)
		return []

	def _objects(
		self, key: str, where: Problem, raw: Mapping[str, Any] | None = None
	) -> list[Mapping[str, Any]]:
		items = self._list(where, self.data if raw is None else raw, key)
		if not all(isinstance(item, Mapping) for item in items):
			self._problem("{0}: each entry of {1} must be an object.", where, key)
		return [item for item in items if isinstance(item, Mapping)]

	def _text(
		self,
		where: Problem,
		raw: Mapping[str, Any],
		key: str,
		default: str,
		required: bool = False,
		limit: int = MAX_NAME,
	) -> str:
		value = raw.get(key)
		if _is_empty(value):
			if required:
				self._problem("{0}: {1} is missing; fill it in.", where, key)
			return default
		if not _is_text(value):
			self._problem("{0}: {1} must be text.", where, key)
			return default
		if len(value) > limit:
			self._problem("{0}: {1} is longer than {2} characters; shorten it.", where, key, limit)
		return value.strip()

	def _texts(self, where: Problem, raw: Mapping[str, Any], key: str) -> list[str]:
		values = self._list(where, raw, key)
		if not all(_is_text(value) and value.strip() for value in values):
			self._problem("{0}: each entry of {1} must be text.", where, key)
		return [value.strip() for value in values if _is_text(value)]

	def _choice(
		self,
		where: Problem,
		raw: Mapping[str, Any],
		key: str,
		choices: Iterable[str],
		default: str,
		required: bool = False,
	) -> str:
		value = self._text(where, raw, key, default, required)
		if value and value not in choices:
			self._problem(
				"{0}: {1} cannot be {2}; choose one of {3}.",
				where,
				key,
				value[:MAX_NAME],
				", ".join(choices),
			)
			return default
		return value

	def _flag(self, where: Problem, raw: Mapping[str, Any], key: str, default: bool) -> bool:
		value = raw.get(key, default)
		if _is_empty(value):
			return default
		if not isinstance(value, (bool, int, float)) or value not in (0, 1):  # true and false equal them
			self._problem("{0}: {1} must be true or false.", where, key)
			return default
		return bool(value)

	def _days(self, where: Problem, raw: Mapping[str, Any], key: str, default: int, least: int = 0) -> int:
		number = self._number(where, raw, key, default, least, MAX_DAYS, whole=True)
		return default if number is None else int(number)

	def _number(
		self,
		where: Problem,
		raw: Mapping[str, Any],
		key: str,
		default: float | None,
		low: float = -1e15,
		high: float = 1e15,
		whole: bool = False,
		optional: bool = False,
	) -> float | None:
		value = raw.get(key, default)
		if _is_empty(value):
			if default is None and not optional:
				self._problem("{0}: {1} is missing; fill it in.", where, key)
			return default
		if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < math.inf:
			self._problem("{0}: {1} must be a number.", where, key)
			return default
		if not low <= value <= high:
			shown = value if abs(value) <= 1e15 else "too large"
			self._problem("{0}: {1} is {2}; it must lie between {3} and {4}.", where, key, shown, low, high)
			return default
		if whole and value != int(value):
			self._problem("{0}: {1} is {2}; it must be a whole number.", where, key, value)
			return default
		return float(value) + 0.0  # no negative zero: it equals zero, but has another hash


_SCOPE = ("customer_group", "territory", "customer_type")


def _same(items: list[T], key: Any) -> Iterable[tuple[T, T]]:
	"""Pairs of a later and an earlier item with one key."""
	seen: dict[Any, T] = {}
	for item in items:
		if key(item) in seen:
			yield item, seen[key(item)]
		seen.setdefault(key(item), item)


def _where(template: str, raw: Mapping[str, Any], number: int) -> Problem:
	"""What a problem is about: the entry by its name, or by its number where it has none."""
	name = raw.get("name")
	return Problem(template, (name[:MAX_NAME] if _is_text(name) and name.strip() else number,))


def _plain(arg: object) -> object:
	"""Whole numbers without a decimal point, as people write them."""
	return int(arg) if isinstance(arg, float) and arg.is_integer() else arg


def _is_empty(value: object) -> bool:
	return value is None or (isinstance(value, str) and not value.strip())


def _is_text(value: object) -> TypeGuard[str]:
	"""Whether a value is text that can be stored: half of a surrogate pair cannot."""
	if not isinstance(value, str):
		return False
	try:
		value.encode()
	except UnicodeEncodeError:
		return False
	return True


def _can_both_act(floor: Rule, cap: Rule) -> bool:
	"""Whether one customer can meet both conditions by one and the same value.

	A rule of one company sees other values than a rule of all, so these two never contradict each other.
	"""
	same_scope = all(
		not getattr(floor, key) or not getattr(cap, key) or getattr(floor, key) == getattr(cap, key)
		for key in _SCOPE
	)
	(low, high), (cap_low, cap_high) = floor.limits, cap.limits
	return _measure(floor) == _measure(cap) and same_scope and max(low, cap_low) <= min(high, cap_high)


def _measure(rule: Rule) -> tuple[str, str, int, str]:
	"""What tells the value of one rule from that of another."""
	window = rule.window if metric_of(rule.metric).windowed else ""
	return rule.metric, window, rule.window_days if window == "Rolling" else 0, rule.company
