"""The stage of a customer's life cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heappushpop

import numpy as np

from customer_tiering.engine.exact import Bools, Floats, Ints, Objects, Whole, compare
from customer_tiering.engine.ledger import Ledger, PurchaseDays

STAGES = (
	"Prospect", "Engaged", "New", "Active", "Growing", "Loyal",
	"Declining", "At Risk", "Lost", "Won Back",
)  # fmt: skip

#: Stages of customers who are slipping away: reports call them at risk.
SLIPPING = ("At Risk", "Declining")
#: What At Risk and Lost go by, and what Growing and Declining compare with; the first is what a policy means
#: that does not say.
RISKS = GAPS, CHANCE = ("Gaps", "Chance to Buy")
TRENDS = DAYS_BEFORE, YEAR_BEFORE = ("Days Before", "Year Before")
_YEAR = 365
_DAYS_FOR_A_GAP = 3  # on which he purchased


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
	risk_by: str = GAPS
	at_risk_chance: float = 30.0  # percent
	lost_chance: float = 10.0
	trend_against: str = DAYS_BEFORE


def stages(
	ledger: Ledger, parameters: StageParameters, open_pipeline: Bools, chance: Floats | None = None
) -> Objects:
	"""The stage of each customer on the ledger's as-of date, shape (size,).

	Args:
		ledger: the documents up to the as-of date.
		parameters: days and factors.
		open_pipeline: who has an open opportunity or quotation, shape (size,).
		chance: the Chance to Buy of each in percent, NaN where it is not known; None: of nobody.
	"""
	p, days, today = parameters, ledger.purchase_days, ledger.as_of
	ever = days.ever
	gap = usual_gap(days, p)
	silence = np.where(ever, today - days.last, 0)
	tenure = np.where(ever, today - days.first, 0)
	lost, at_risk = _in_danger(silence, gap, p, chance)
	recent = ledger.sums(ledger.days > today - p.trend_days)
	before = _before(ledger, p)
	earned_before = np.asarray(before > 0, dtype=bool)
	yearly = ledger.count(ledger.counted & (ledger.days > today - p.loyal_days))
	return np.select(
		[
			~ever & open_pipeline,
			~ever,
			lost,
			at_risk,
			_won_back(days, p, today),
			tenure < p.new_days,
			earned_before & (compare(recent, p.growing_factor, before) >= 0),
			earned_before & (compare(recent, p.declining_factor, before) <= 0),
			(tenure >= p.loyal_tenure) & (yearly >= p.loyal_purchases),
		],
		np.array(
			["Engaged", "Prospect", "Lost", "At Risk", "Won Back", "New", "Growing", "Declining", "Loyal"],
			dtype=object,
		)[:, None],
		"Active",
	).astype(object)


def _in_danger(
	silence: Ints, gap: Floats, parameters: StageParameters, chance: Floats | None
) -> tuple[Bools, Bools]:
	"""Who is lost, and who is at risk or lost.

	By the chance to buy nobody is before his usual gap has passed; by gaps is whoever has no chance.
	"""
	p = parameters
	lost, at_risk = _is_lost(silence, gap, p), _is_longer(silence, p.at_risk_gaps, gap)
	if p.risk_by != CHANCE or chance is None:
		return lost, at_risk
	unknown, due = np.isnan(chance), _is_longer(silence, 1, gap)
	return (
		np.where(unknown, lost, due & (chance < p.lost_chance)),
		np.where(unknown, at_risk, due & (chance < p.at_risk_chance)),
	)


def _before(ledger: Ledger, parameters: StageParameters) -> Whole:
	"""The revenue that the trend window is compared with: of as many days before it, or of the year before.

	The latter for whoever had purchased before those days of the year before.
	"""
	today, length = ledger.as_of, parameters.trend_days
	before = ledger.sums((ledger.days > today - 2 * length) & (ledger.days <= today - length))
	if parameters.trend_against != YEAR_BEFORE or length > _YEAR:
		return before
	start, end = today - _YEAR - length, today - _YEAR
	year_before = ledger.sums((ledger.days > start) & (ledger.days <= end))
	days = ledger.purchase_days
	return np.where(days.ever & (days.first <= start), year_before, before)


def _is_longer(silence: Ints, gaps: float, gap: Floats) -> Bools:
	"""Whether a silence is longer than so many gaps, to the day: a median gap has halves and nothing else."""
	return compare(2 * silence, gaps, np.rint(2 * gap).astype(np.int64)) > 0


def _is_lost(silence: Ints, gap: Floats, parameters: StageParameters) -> Bools:
	return (silence > parameters.lost_days) & _is_longer(silence, parameters.lost_gaps, gap)


def has_own_gap(days: PurchaseDays) -> Bools:
	"""Who has purchased on enough days for a usual gap of his own; the others get the default gap."""
	return np.asarray(days.counts >= _DAYS_FOR_A_GAP, dtype=bool)


def usual_gap(days: PurchaseDays, parameters: StageParameters) -> Floats:
	"""Median days between distinct purchase days, clipped; the default gap with fewer than three days."""
	inner = np.diff(days.codes) == 0 if len(days.codes) else np.zeros(0, dtype=bool)
	gaps = np.diff(days.days)[inner] if len(days.days) else np.zeros(0, dtype=np.int64)
	return _gap_of(_medians(len(days.counts), days.codes[1:][inner], gaps), days.counts, parameters)


def _gap_of(medians: Floats, counts: Ints, parameters: StageParameters) -> Floats:
	known = np.clip(np.nan_to_num(medians), parameters.min_gap, parameters.max_gap)
	return np.where(counts >= _DAYS_FOR_A_GAP, known, float(parameters.default_gap))


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
	known = ends - days.starts[days.codes[ends]]  # purchase days before the silence
	gap = _gap_of(_medians_before(days, ends), known, p)
	was_lost = _is_lost(days.days[ends] - days.days[ends - 1], gap, p)
	won[days.codes[ends[was_lost]]] = True
	return won


def _medians_before(days: PurchaseDays, ends: Ints) -> Floats:
	"""For each purchase day, the median of the gaps before the silence that it ended; NaN without any.

	Almost everybody has one such silence at most; all of theirs are sorted together. Whoever has more of them
	is gone through once, so that the work grows with the number of purchases and not with its square.
	"""
	codes = days.codes[ends]
	several = np.bincount(codes, minlength=len(days.counts))[codes] > 1
	medians = np.full(len(ends), np.nan)
	medians[~several] = _medians_of_histories(days, ends[~several])
	for code in np.unique(codes[several]).tolist():
		mine = slice(*np.searchsorted(codes, [code, code + 1]).tolist())  # ends run in order of customer
		start = int(days.starts[code])
		history = days.days[start : int(ends[mine][-1])]
		running = [np.nan, np.nan, *_running_medians(np.diff(history).tolist())]
		medians[mine] = np.array(running)[ends[mine] - start]
	return medians


def _medians_of_histories(days: PurchaseDays, ends: Ints) -> Floats:
	"""The same where no two are one customer's: the purchase days before each, numbered by silence."""
	starts = days.starts[days.codes[ends]]
	lengths = ends - starts
	silence = np.repeat(np.arange(len(ends)), lengths)
	offset = np.arange(len(silence)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
	history = days.days[np.repeat(starts, lengths) + offset]
	inner = np.diff(silence) == 0
	return _medians(len(ends), silence[1:][inner], np.diff(history)[inner])


def _running_medians(values: Sequence[int]) -> list[float]:
	"""The median of the first value, of the first two, and so on."""
	medians: list[float] = []
	lower: list[int] = []  # the smaller half, each negated, so that the largest comes first
	upper: list[int] = []
	for value in values:
		heappush(upper, -heappushpop(lower, -value))
		if len(upper) > len(lower):
			heappush(lower, -heappop(upper))
		medians.append(-lower[0] if len(lower) > len(upper) else (upper[0] - lower[0]) / 2)
	return medians
