"""What of a grade foresees who does not buy again: rules, stage and forecasts beside the plain orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from customer_tiering.engine.evaluate import Evaluation
from customer_tiering.engine.exact import Bools, Floats
from customer_tiering.engine.forecast.history import History
from customer_tiering.engine.measuring.bootstrap import interval
from customer_tiering.engine.measuring.plain import plain_orders
from customer_tiering.engine.measuring.ranking import Order
from customer_tiering.engine.metrics import metric
from customer_tiering.engine.rules import Scored
from customer_tiering.engine.stages import usual_gap

#: How near to being gone a stage is taken to be.
DANGER = {
	"Lost": 5,
	"At Risk": 4,
	"Declining": 3,
	"Active": 2,
	"New": 2,
	"Won Back": 2,
	"Growing": 1,
	"Loyal": 0,
}
_FORECASTS = {
	"chance_to_buy": "Chance to Buy",
	"expected_purchases": "Expected Purchases",
	"expected_value": "Expected Value",
}


class Named(NamedTuple):
	"""An order of the buyers: its kind and name, and values that are higher where no purchase is expected."""

	kind: str
	name: str
	values: Floats


def orders_of(evaluation: Evaluation, forecasts: pd.DataFrame, buyers: Bools) -> Iterator[Named]:
	"""All that can be held against what followed, of those who had purchased.

	Args:
		evaluation: the grades on the cut.
		forecasts: of the same customers in the same order.
		buyers: who had purchased, shape (customers,).
	"""
	for scored in evaluation.scored:
		if scored.rule.type == "Score" and scored.rule.metric:
			yield Named("rule", scored.rule.name, _danger_by(scored)[buyers])
	yield Named("score", "Score", _known(-evaluation.scores["score"].to_numpy(dtype=np.float64))[buyers])
	stages = evaluation.scores["lifecycle_stage"].to_numpy(dtype=object)[buyers]
	yield Named("stage", "Stage", np.array([DANGER.get(stage, 2) for stage in stages], dtype=np.float64))
	for column, name in _FORECASTS.items():
		values = forecasts[column].to_numpy(dtype=np.float64)[buyers]
		if not np.isnan(values).any():
			yield Named("forecast", name, -values)
	for name, values in plain_of(evaluation, None).items():
		yield Named("plain", name, values)


def plain_of(evaluation: Evaluation, expected: Floats | None) -> dict[str, Floats]:
	"""The plain orders of those who had purchased."""
	history = History.of(evaluation.ledger)
	gap = usual_gap(evaluation.ledger.purchase_days, evaluation.policy.stages)[history.who]
	return plain_orders(history.silence, history.documents, gap, expected)


def _danger_by(scored: Scored) -> Floats:
	"""A rule's metric, the better the lower; who has none stands with the worst."""
	lower = metric(scored.rule.metric).better == "Lower"
	if scored.rule.method == "Quantile":
		lower = scored.rule.lower_is_better
	elif (
		scored.rule.method == "Linear" and scored.rule.zero_at is not None and scored.rule.full_at is not None
	):
		lower = scored.rule.full_at < scored.rule.zero_at
	return _known(scored.values if lower else -scored.values)


def _known(values: Floats) -> Floats:
	known = values[~np.isnan(values)]
	return np.where(np.isnan(values), known.max() if len(known) else 0.0, values)


def judged(orders: Iterator[Named], gone: Bools) -> list[dict[str, Any]]:
	"""How well each order foresees who is gone, as JSON data, the best of its kind first.

	Each has ``kind``, ``name``, and ``auc`` and ``average_precision`` as ``[value, low, high]``.
	"""
	found = []
	for kind, name, values in orders:
		order = Order(values, gone)
		found.append(
			{
				"kind": kind,
				"name": name,
				"auc": interval(order.auc, len(gone)),
				"average_precision": interval(order.average_precision, len(gone)),
			}
		)
	kinds = list(dict.fromkeys(row["kind"] for row in found))
	return sorted(found, key=lambda row: (kinds.index(row["kind"]), -(row["auc"][0] or 0.0)))
