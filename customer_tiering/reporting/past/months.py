"""The months of a period: their closes, and what the monthly snapshots kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.stages import STAGES
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.past.states import Between
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import state
from customer_tiering.site.past import change_log, snapshots


@dataclass(frozen=True)
class Month:
	"""A month: the close before it, and its own, or that of the last day if that comes first."""

	opens: date
	closes: date

	@property
	def first(self) -> date:
		"""Its first day."""
		return self.opens + timedelta(days=1)


#: A month's sum per stage, in order.
Sums = dict[Month, np.ndarray]


def told(chosen: Between, log: change_log.Log) -> list[Month]:
	"""The months of the period of which the log tells, up to this one; the first one from its first day."""
	first = max(min(chosen.first, chosen.to_date), log.begins or chosen.to_date).replace(day=1)
	last = max(first, min(chosen.to_date, state.today()))
	return [
		Month(month.start_time.date() - timedelta(days=1), min(month.end_time.date(), chosen.to_date))
		for month in pd.period_range(first, last, freq="M")
	]


def kept(seen: Seen[Any], months: Sequence[Month], name: str) -> Sums:
	"""A figure per stage from the snapshots, of months of whose very close the reader may see one.

	Customers who were merged or deleted since are in it as well.
	"""
	if seen.chosen.narrows_customers or not permissions.sees_everyone():
		return {}
	snapshot = snapshots.read_snapshots(months[0].first, months[-1].closes)
	snapshot = snapshot[snapshot["whole"]]
	of_day = {day: rows.groupby("lifecycle_stage")[name].sum() for day, rows in snapshot.groupby("as_of")}
	return {
		month: of_day[month.closes].reindex([*STAGES, ""], fill_value=0).to_numpy()
		for month in months
		if month.closes in of_day
	}
