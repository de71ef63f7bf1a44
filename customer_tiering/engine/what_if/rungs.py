"""Which tier a score stands for: the one held, or the one that is climbed to, and on which day it is held."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import Ints
from customer_tiering.engine.facts import to_date, to_day
from customer_tiering.engine.ladder import rises_on
from customer_tiering.engine.policy import Policy


def rungs_of(policy: Policy, scores: pd.DataFrame) -> Ints:
	"""The rung that is held, or will be once it has been deserved for long enough."""
	known = {text: _highest(policy, text) for text in scores["climbing"].unique()}
	climbing = np.array([known[text] for text in scores["climbing"]], dtype=np.int64)
	return np.maximum(positions_of(policy, scores["tier"]), climbing)


def _highest(policy: Policy, climbing: Any) -> int:
	tiers = () if pd.isna(climbing) else json.loads(climbing)
	return max(map(policy.position, tiers), default=-1)


def positions_of(policy: Policy, tiers: pd.Series) -> Ints:
	return np.array([policy.position(tier) for tier in tiers], dtype=np.int64)


def day_of(policy: Policy, row: pd.Series, rung: int, as_of: date) -> date:
	"""The day on which a customer holds a rung that he holds or climbs to."""
	if policy.position(row["tier"]) >= rung:
		return as_of
	if policy.position(row["rises_to"]) >= rung:
		return to_date(to_day(row["rises_on"]))
	since = date.fromisoformat(json.loads(row["climbing"])[policy.tiers[rung].name])
	return rises_on(policy, rung, since, as_of)
