"""Months as numbers: how many since January 1970."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np


def number(days: Any) -> Any:
	"""Months since January 1970, of a day or of many."""
	return np.asarray(days, dtype="datetime64[M]").astype(np.int64)


def first_day(month: int) -> date:
	"""The first day of a month."""
	day: date = np.datetime64(int(month), "M").astype("datetime64[D]").item()
	return day


def last_day(month: int) -> date:
	"""The last day of a month."""
	return first_day(month + 1) - timedelta(days=1)


def label(month: int) -> str:
	"""Year and month, in an order that sorts."""
	return str(np.datetime64(int(month), "M"))


def months_before(day: date, months: int) -> date:
	"""The same day some months before; of the last day of a month, the last day of that one."""
	month = int(number(day)) - months
	if day == last_day(int(number(day))):
		return last_day(month)
	return min(first_day(month) + timedelta(days=day.day - 1), last_day(month))
