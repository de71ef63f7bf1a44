"""Whom a grade calls At Risk or Lost, beside as many of the longest silent and of the least likely to buy."""

from __future__ import annotations

from typing import Any

import numpy as np

from customer_tiering.engine.exact import Bools, Floats, Objects
from customer_tiering.engine.measuring.bootstrap import draws, interval, plain_number
from customer_tiering.engine.measuring.ranking import Order, calibration

FLAGS = {"At Risk": ("At Risk",), "Lost": ("Lost",), "At Risk or Lost": ("At Risk", "Lost")}
_TAILS = (2.5, 97.5)


def flags_of(stages: Objects, silence: Floats, chance: Floats, gone: Bools) -> list[dict[str, Any]]:
	"""How often each flag was right, as JSON data.

	Each has ``name``; ``customers``, how many had it; ``gone``, how many of them did not come back;
	``precision``, that as a share; ``lift``, the share over that of all; and what as many of the
	``longest_silent`` and of the ``least_likely`` come to, of equals a part of each. Figures are
	``[value, low, high]``.

	Args:
		stages: of those who had purchased, shape (customers,).
		silence: days since their last purchase.
		chance: their Chance to Buy; may be NaN, then there is no ``least_likely``.
		gone: who did not come back.
	"""
	quiet = Order(silence, gone)
	unlikely = None if np.isnan(chance).any() else Order(-chance, gone)
	return [
		_flag(name, np.isin(stages.astype(str), names), gone, quiet, unlikely)
		for name, names in FLAGS.items()
	]


def _flag(name: str, flagged: Bools, gone: Bools, quiet: Order, unlikely: Order | None) -> dict[str, Any]:
	def count(weights: Floats | None) -> float:
		return float(flagged.sum() if weights is None else np.dot(weights, flagged))

	def right(weights: Floats | None) -> float:
		hits = flagged & gone
		found = float(hits.sum() if weights is None else np.dot(weights, hits))
		return found / count(weights) if count(weights) else float("nan")

	def lift(weights: Floats | None) -> float:
		base = float(gone.mean() if weights is None else np.average(gone, weights=weights))
		return right(weights) / base if base else float("nan")

	size = len(gone)
	row = {
		"name": name,
		"customers": int(flagged.sum()),
		"gone": int((flagged & gone).sum()),
		"precision": interval(right, size),
		"lift": interval(lift, size),
		"longest_silent": interval(lambda w: quiet.share_among(count(w), w), size),
	}
	if unlikely is not None:
		row["least_likely"] = interval(lambda w: unlikely.share_among(count(w), w), size)
	return row


def calibration_of(chance: Floats, bought: Bools) -> list[dict[str, Any]]:
	"""Chance to Buy beside what happened, from the lowest to the highest, as JSON data.

	Each has ``customers``, ``foreseen`` and ``happened``, the latter as ``[value, low, high]``. Empty where
	there is no forecast.
	"""
	if np.isnan(chance).any():
		return []
	rows = []
	for row in calibration(chance, bought):
		size, share = int(row["customers"]), row["happened"]
		drawn = np.array([np.dot(w, np.arange(size) < round(share * size)) for w in draws(size)]) / size
		low, high = np.percentile(drawn, _TAILS).tolist()
		happened = [plain_number(share), plain_number(low), plain_number(high)]
		rows.append({"customers": size, "foreseen": plain_number(row["foreseen"]), "happened": happened})
	return rows
