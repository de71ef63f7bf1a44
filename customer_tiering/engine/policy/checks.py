"""What must hold between the parts of a policy, each of which has been read well by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from customer_tiering.engine.metrics import metric as metric_of
from customer_tiering.engine.policy.parts import BAND_KEYS, Problem, Rule, Tier
from customer_tiering.engine.policy.tiers import height
from customer_tiering.engine.policy.values import same
from customer_tiering.engine.stages import StageParameters

_SCOPE = ("customer_group", "territory", "customer_type")


def check_rules(rules: Sequence[Rule], tiers: Sequence[Tier]) -> Iterator[Problem]:
	"""Something scores, each rule has its own name and a tier of this policy, no floor contradicts a cap."""
	if not any(rule.type == "Score" for rule in rules):
		yield Problem("The policy has no rule of type Score; add one, or nobody can be graded.")
	elif sum(rule.weight for rule in rules if rule.type == "Score") <= 0:
		yield Problem("The weights of the Score rules sum to nothing; give at least one a weight above 0.")
	for rule, _other in same([rule for rule in rules if rule.name], lambda rule: rule.name):
		yield Problem("Rule {0} is listed twice; give each rule its own name.", (rule.name,))
	rungs = {tier.name: height(tier) for tier in tiers}
	for rule in rules:
		if rule.tier and rule.tier not in rungs:
			yield Problem(
				"Rule {0}: tier {1} is not in this policy; choose one of its tiers.", (rule.name, rule.tier)
			)
	readable = [rule for rule in rules if rule.tier in rungs and rule.metric and rule.value is not None]
	yield from _check_contradictions(readable, rungs)


def _check_contradictions(rules: Sequence[Rule], rungs: dict[str, float]) -> Iterator[Problem]:
	for floor in (rule for rule in rules if rule.type == "Floor"):
		for cap in (rule for rule in rules if rule.type == "Cap"):
			if rungs[floor.tier] > rungs[cap.tier] and _can_both_act(floor, cap):
				yield Problem(
					"Rule {0} is a floor at {1}, above the cap at {2} of rule {3} for the same values "
					"of {4}; change one of the conditions or tiers.",
					(floor.name, floor.tier, cap.tier, cap.name, floor.metric),
				)


def check_rule(where: Problem, rule: Rule) -> Iterator[Problem]:
	"""The fields of one rule fit each other; ``where`` names the rule."""
	if rule.method == "Linear" and rule.zero_at is not None and rule.zero_at == rule.full_at:
		yield Problem("{0}: zero_at and full_at are both {1}; they must differ.", (where, rule.zero_at))
	yield from _check_bands(where, rule)
	if rule.value is not None and rule.value_to is not None and rule.value > rule.value_to:
		yield Problem("{0}: {1} is above {2}; swap them.", (where, "value", "value_to"))
	if rule.metric and metric_of(rule.metric).needs_prior and rule.window == "All Time":
		yield Problem(
			"{0}: {1} compares with the window before, which All Time does not have; set window to Rolling.",
			(where, rule.metric),
		)


def _check_bands(where: Problem, rule: Rule) -> Iterator[Problem]:
	if rule.method in ("Bands", "Pareto"):
		starts = [float(start) for start, _points in rule.bands]
		if any(b <= a for a, b in pairwise(starts)):
			yield Problem(
				"{0}: bands are out of order; list {1} from the smallest to the largest, each once.",
				(where, BAND_KEYS[rule.method]),
			)
	if rule.method == "Pareto":
		yield from _check_pareto(where, rule)
	if rule.method == "By Stage":
		for (stage, _points), _other in same(rule.bands, lambda band: band[0]):
			yield Problem("{0}: stage {1} is listed twice; keep one row.", (where, stage))


def _check_pareto(where: Problem, rule: Rule) -> Iterator[Problem]:
	if any(not 0 < float(share) <= 100 for share, _points in rule.bands):
		yield Problem("{0}: up_to_share is a percentage; keep each above 0 and up to 100.", (where,))
	points = [points for _share, points in rule.bands]
	if any(b > a for a, b in pairwise(points)):
		yield Problem("{0}: the points of a Pareto rule may not rise down the rows; sort them.", (where,))


def check_stages(where: Problem, stages: StageParameters) -> Iterator[Problem]:
	"""What is meant to be the smaller of two is."""
	if stages.min_gap > stages.max_gap:
		yield Problem("{0}: {1} is above {2}; swap them.", (where, "min_gap", "max_gap"))
	if stages.declining_factor > stages.growing_factor:
		yield Problem("{0}: {1} is above {2}; swap them.", (where, "declining_factor", "growing_factor"))
	if stages.at_risk_gaps > stages.lost_gaps:
		yield Problem(
			"{0}: at_risk_gaps is above lost_gaps; a customer is at risk before he is lost.", (where,)
		)
	if stages.lost_chance > stages.at_risk_chance:
		yield Problem("{0}: {1} is above {2}; swap them.", (where, "lost_chance", "at_risk_chance"))


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
