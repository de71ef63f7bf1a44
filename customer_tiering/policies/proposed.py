"""Thresholds in round numbers, proposed from a company's own figures."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np

from customer_tiering import policies
from customer_tiering.engine import Evaluation
from customer_tiering.engine.exact import Floats
from customer_tiering.engine.metrics import metric

#: Of fewer customers nothing is concluded: the policy keeps the numbers it was made with.
LEAST_CUSTOMERS = 20
_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


def proposed(name: str, evaluation: Evaluation, left_out: Collection[str] = ()) -> dict[str, Any]:
	"""A ready-made policy as plain data, with thresholds that fit these customers.

	A band that is meant for a share of the customers begins at the round number nearest to the value that so
	many of them reach, or at the next one if another band begins there; at a whole number where the metric
	counts. Those with a value of zero or less take part in no share. If fewer than ``LEAST_CUSTOMERS`` are
	left, the policy's own numbers stay.

	Args:
		name: of a ready-made policy.
		evaluation: of all customers, by that policy as :func:`customer_tiering.policies.load` gives it.
		left_out: customers who do not count, as they are disabled.

	Raises:
		UnknownPolicyError: there is none of this name.
	"""
	data, shares = policies.load(name), policies.proposals(name)
	counted = ~evaluation.scores["customer"].isin(list(left_out)).to_numpy()
	for rule in data["rules"]:
		if rule["name"] in shares:
			values = next(one.values for one in evaluation.scored if one.rule.name == rule["name"])
			found = _thresholds(values[counted & (values > 0)], shares[rule["name"]], _is_whole(rule))
			for band, threshold in zip(rule["bands"], found, strict=False):
				band["at_least"] = threshold
	return data


def _is_whole(rule: dict[str, Any]) -> bool:
	return metric(rule["metric"]).unit in ("count", "days")


def _thresholds(values: Floats, shares: list[float], whole: bool) -> list[float]:
	"""One for each share, in their order, each above the one before; none of too few values."""
	if len(values) < LEAST_CUSTOMERS:
		return []
	ranked = np.sort(values)
	found: list[float] = []
	for share in shares:
		reached = float(ranked[len(ranked) - math.ceil(share / 100 * len(ranked))])
		found.append(nearest_round(reached, above=found[-1] if found else 0.0, whole=whole))
	return found


def nearest_round(value: float, above: float = 0.0, whole: bool = False) -> float:
	"""The round number that is nearest to a value, in proportion: 1.2 and 15 and 2,500 are such numbers.

	Args:
		value: above zero.
		above: the number has to be greater than this.
		whole: whether it has to be a whole number.
	"""
	numbers = [number for number in _round_numbers(max(value, above)) if number > above]
	if whole:
		numbers = [number for number in numbers if number == int(number)]
	best = min(numbers, key=lambda number: abs(math.log(number / value)))
	return int(best) if best == int(best) else best


def _round_numbers(value: float) -> list[float]:
	"""Those of the size of a value, and of the next one; up to 10 at least, so that some are whole."""
	size = math.floor(math.log10(value))
	sizes = range(size, max(size, 0) + 2)
	return sorted({round(digits * 10.0**one, 10) for one in sizes for digits in _ROUND})
