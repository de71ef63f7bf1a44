"""The map of recency and frequency."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_tiering.engine.segments import segments

SCORES = (1, 2, 3, 4, 5)


def cells() -> pd.DataFrame:
	"""The segment of each pair of scores: recency down, frequency across."""
	recency, frequency = (axis.ravel() for axis in np.meshgrid(SCORES, SCORES, indexing="ij"))
	names = segments({"recency": recency, "frequency": frequency})
	return pd.DataFrame(names.reshape(5, 5), index=list(SCORES), columns=list(SCORES))


def rectangle(segment: str) -> str:
	"""The scores of a segment, which are a rectangle of the map: R4–5 F2–3."""
	where = np.argwhere((cells() == segment).to_numpy()) + 1
	(low_r, low_f), (high_r, high_f) = where.min(axis=0), where.max(axis=0)
	return f"R{from_to(low_r, high_r)} F{from_to(low_f, high_f)}"


def from_to(low: int, high: int) -> str:
	"""A range of whole numbers: 2, or 2–3."""
	return str(low) if low == high else f"{low}–{high}"


def counts(people: pd.DataFrame) -> np.ndarray:
	"""How many customers have each pair of scores: recency 5 first, frequency 1 first, shape (5, 5)."""
	on_map = people[people["segment"] != ""]
	key = (5 - on_map["recency"].to_numpy()) * 5 + on_map["frequency"].to_numpy() - 1
	return np.bincount(key, minlength=25).reshape(5, 5)
