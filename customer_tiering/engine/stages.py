"""The stage of a customer's life cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_tiering.engine.facts import Bools, Floats, Ints, Objects
from customer_tiering.engine.ledger import Ledger, PurchaseDays

STAGES = (
	"Prospect", "Engaged", "New", "Active", "Growing", "Loyal",
	"Declining", "At Risk", "Lost", "Won Back",
)  # fmt: skip


@dataclass(frozen=True)
class StageParameters:
	"""Days and factors of the stage definitions; see ``docs/scoring.md``."""

	new_days: int = 90
	default_gap: int = 90
	min_gap: int = 7
	max_gap: int = 180
	at_risk_gaps: float = 2.0
	lost_gaps: float = 4.0
	lost_days: int = 180
	trend_days: int = 180
	growing_factor: float = 1.2
	declining_factor: float = 0.8
	loyal_tenure: int = 365
	loyal_purchases: int = 4
	loyal_days: int = 365


def stages(ledger: Ledger, parameters: StageParameters, open_pipeline: Bools) -> Objects:
	"""The stage of each customer on the ledger's as-of date, shape (size,).

	Args:
		ledger: the documents up to the as-of date.
		parameters: days and factors.
		open_pipeline: who has an open opportunity or quotation, shape (size,).
	"""
	p, days, today = parameters, ledger.purchase_days, ledger.as_of
	ever = days.ever
	gap = usual_gap(days, p)
	silence = np.where(ever, today - days.last, 0)
	tenure = np.where(ever, today - days.first, 0)
	recent = ledger.total(ledger.days > today - p.trend_days)
	before = ledger.total((ledger.days > today - 2 * p.trend_days) & (ledger.days <= today - p.trend_days))
	yearly = ledger.count(ledger.counted & (ledger.days > today - p.loyal_days))
	return np.select(
		[
			~ever & open_pipeline,
			~ever,
			silence > np.maximum(p.lost_gaps * gap, p.lost_days),
			silence > p.at_risk_gaps * gap,
			_won_back(days, p, today),
			tenure < p.new_days,
			(before > 0) & (recent >= np.round(p.growing_factor * before, 6)),
			(before > 0) & (recent <= np.round(p.declining_factor * before, 6)),
			(tenure >= p.loyal_tenure) & (yearly >= p.loyal_purchases),
		],
		np.array(
			["Engaged", "Prospect", "Lost", "At Risk", "Won Back", "New", "Growing", "Declining", "Loyal"],
			dtype=object,
		)[:, None],
		"Active",
	).astype(object)


def usual_gap(days: PurchaseDays, parameters: StageParameters) -> Floats:
	"""Median days between distinct purchase days, clipped; the default gap with fewer than three days."""
	inner = np.diff(days.codes) == 0 if len(days.codes) else np.zeros(0, dtype=bool)
	gaps = np.diff(days.days)[inner] if len(days.days) else np.zeros(0, dtype=np.int64)
	return _gap_of(_medians(len(days.counts), days.codes[1:][inner], gaps), days.counts, parameters)


def _gap_of(medians: Floats, counts: Ints, parameters: StageParameters) -> Floats:
	known = np.clip(np.nan_to_num(medians), parameters.min_gap, parameters.max_gap)
	return np.where(counts >= 3, known, float(parameters.default_gap))


def _medians(size: int, groups: Ints, values: Ints) -> Floats:
	"""Median of the values per group, NaN for a group without any, shape (size,)."""
	span = int(values.max()) + 1 if len(values) else 1
	key = groups * span + values
	key.sort()
	counts = np.bincount(groups, minlength=size)
	starts = np.concatenate(([0], np.cumsum(counts)))[:-1]
	some = counts > 0
	medians = np.full(size, np.nan)
	low = key[starts[some] + (counts[some] - 1) // 2] % span
	high = key[starts[some] + counts[some] // 2] % span
	medians[some] = (low + high) / 2
	return medians


def _won_back(days: PurchaseDays, p: StageParameters, today: int) -> Bools:
	"""Who bought within ``new_days`` after a silence that was Lost, by the gap known before that purchase."""
	won = np.zeros(len(days.counts), dtype=bool)
	if len(days.days) < 2:
		return won
	ends = np.flatnonzero(
		(np.diff(days.codes) == 0)
		& (np.diff(days.days) > p.lost_days)
		& (days.days[1:] > today - p.new_days)
	) + 1  # fmt: skip
	if not len(ends):
		return won
	# Each such silence on its own: the purchase days before it, numbered by silence.
	starts = days.starts[days.codes[ends]]
	lengths = ends - starts
	silence = np.repeat(np.arange(len(ends)), lengths)
	offset = np.arange(len(silence)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
	history = days.days[np.repeat(starts, lengths) + offset]
	inner = np.diff(silence) == 0
	medians = _medians(len(ends), silence[1:][inner], np.diff(history)[inner])
	lost_after = np.maximum(p.lost_gaps * _gap_of(medians, lengths, p), p.lost_days)
	was_lost = (days.days[ends] - days.days[ends - 1]) > lost_after
	won[days.codes[ends[was_lost]]] = True
	return won
