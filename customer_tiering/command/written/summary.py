"""``summary.json``: counts and revenue of a run, which tie out with its files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine import Evaluation, Facts
from customer_tiering.engine.facts import DECIMALS, Floats
from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.engine.stages import STAGES
from customer_tiering.sources.documents import Selection


def summarise(evaluation: Evaluation, selection: Selection) -> dict[str, Any]:
	"""Counts and revenue of all customers, by tier, stage and segment; each adds up to the total.

	Revenue is the net amount of every document that is not left out, up to the as-of date.
	"""
	scores, policy = evaluation.scores, evaluation.policy
	revenue = _revenue(selection.facts)
	tiers = [tier.name for tier in reversed(policy.tiers)]
	never = scores["first_purchase"].isna().to_numpy()
	has_documents = np.bincount(selection.facts.codes, minlength=len(scores)) > 0
	returns_only = never & has_documents
	return {
		"as_of": evaluation.as_of.isoformat(),
		"policy": {"name": policy.name, "hash": policy.hash},
		"rows_graded": selection.rows,
		"rows_left_out": {
			key: {"rows": out.rows, "net_amount": out.net_amount} for key, out in selection.left_out.items()
		},
		"customers": len(scores),
		"revenue": _money(revenue.sum()),
		"without_purchase": {
			"customers": int(never.sum()),
			"of_these_with_documents": int(returns_only.sum()),
			"revenue": _money(revenue[never].sum()),
		},
		"tiers": _by(scores["tier"], tiers, revenue),
		"stages": _by(scores["lifecycle_stage"], STAGES, revenue),
		"segments": _by(scores["rfm_segment"], SEGMENTS, revenue),
	}


def _revenue(facts: Facts) -> Floats:
	"""Net amount per customer."""
	amounts = facts.sales["net_amount"].to_numpy(dtype=np.float64)
	return np.round(np.bincount(facts.codes, weights=amounts, minlength=len(facts.index)), DECIMALS)


def _by(values: pd.Series, names: Sequence[str], revenue: Floats) -> list[dict[str, Any]]:
	"""One entry per name, and one with the name null for the customers who have none, if there are any."""
	held = values.to_numpy(dtype=object)
	total = revenue.sum()
	rows = []
	for name in (*names, None):
		mine = pd.isna(held) if name is None else held == name
		if name is None and not mine.any():
			continue
		amount = revenue[mine].sum()
		share = round(float(amount / total * 100), 2) + 0.0 if total > 0 else None
		rows.append(
			{"name": name, "customers": int(mine.sum()), "revenue": _money(amount), "share_percent": share}
		)
	return rows


def _money(amount: float) -> float:
	return round(float(amount), DECIMALS) + 0.0


def write_json(path: Path, data: dict[str, Any]) -> None:
	"""As JSON that a person can read."""
	text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
	path.write_text(text, encoding="utf-8", errors="backslashreplace")  # a path may hold any bytes
