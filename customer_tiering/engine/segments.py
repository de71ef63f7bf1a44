"""RFM scores from 1 to 5 and the segment that their pair names."""

from __future__ import annotations

import numpy as np

from customer_tiering.engine.exact import Bools, Floats, Ints, Objects
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.metrics import Window, invoice_count, recency, revenue
from customer_tiering.engine.scoring import CutPoints, buckets_of, quantile_cuts

SEGMENTS = (
	"Champion", "Loyal", "Potential Loyalist", "New", "Promising", "Need Attention",
	"About to Sleep", "At Risk", "Can't Lose", "Hibernating",
)  # fmt: skip
#: Rows are recency 1-5, columns frequency 1-5.
_MAP = np.array(
	[
		["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
		["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
		["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
		["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
		["New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"],
	],
	dtype=object,
)


def rfm_values(ledger: Ledger, window_days: int) -> dict[str, Floats]:
	"""Recency, frequency and monetary value per customer; NaN for who never purchased.

	Args:
		ledger: the documents up to the as-of date.
		window_days: days for frequency and monetary value; 0 for all time.
	"""
	window = Window.of("Rolling" if window_days else "All Time", window_days, ledger.as_of)
	return {
		"recency": recency(ledger, window),
		"frequency": invoice_count(ledger, window),
		"monetary": revenue(ledger, window),
	}


def fit_rfm(values: dict[str, Floats], enabled: Bools) -> dict[str, CutPoints]:
	"""Cut points of the three scores from everyone who is enabled and ever purchased."""
	chosen = {name: v[enabled & ~np.isnan(v)] for name, v in values.items()}
	frequency = chosen["frequency"]
	return {
		"recency": quantile_cuts(chosen["recency"], 5, lower_is_better=True),
		"frequency": quantile_cuts(frequency[frequency >= 2], 4),
		"monetary": quantile_cuts(chosen["monetary"], 5),
	}


def rfm_scores(values: dict[str, Floats], cuts: dict[str, CutPoints]) -> dict[str, Ints]:
	"""Scores 1-5 (5 best), 0 for who never purchased. Frequency 1 always means: bought once at most."""
	frequency = values["frequency"]
	repeat = 1 + buckets_of(frequency, cuts["frequency"])
	return {
		"recency": buckets_of(values["recency"], cuts["recency"], lower_is_better=True),
		"frequency": np.where(np.isnan(frequency), 0, np.where(frequency >= 2, repeat, 1)),
		"monetary": buckets_of(values["monetary"], cuts["monetary"]),
	}


def segments(scores: dict[str, Ints]) -> Objects:
	"""The segment of each customer; None for who never purchased."""
	bought = scores["recency"] > 0
	names = np.full(len(bought), None, dtype=object)
	names[bought] = _MAP[scores["recency"][bought] - 1, scores["frequency"][bought] - 1]
	return names
