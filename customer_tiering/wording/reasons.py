"""Why a customer is at risk, in words."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from typing import Any

import pandas as pd

from customer_tiering.engine.stages import YEAR_BEFORE, StageParameters
from customer_tiering.wording.figures import day
from customer_tiering.wording.labels import stage_label, tier_label
from customer_tiering.wording.texts import _

_YEAR = 365


def reasons(row: Any, stages: StageParameters, today: date) -> str:
	"""Why a customer is at risk, in words; the stage alone where no more is known.

	Args:
		row: ``stage``; ``silence``, ``gap`` and ``own`` (whether the gap is his); ``now``, ``before`` and
			``then`` (revenue of the trend days, of as many before them, of the same of the year before);
			``first`` purchase; ``falls_on`` and ``falls_rung``.
		stages: what the stages compare.
		today: the day that all this is of.
	"""
	between = _("{0}; {1}")
	found = [*_of_silence(row), *_of_trend(row, stages, today)] or [stage_label(row.stage)]
	return reduce(lambda told, one: between.format(told, one), [*found, *_of_fall(row)])


def _of_silence(row: Any) -> list[str]:
	if not row.silence > row.gap:
		return []
	silent = int(row.silence)
	if not row.own:
		return [_("silent for {0} days").format(silent)]
	gap = int(row.gap) if float(row.gap).is_integer() else row.gap
	return [_("silent for {0} days, usually orders every {1} days").format(silent, gap)]


def _of_trend(row: Any, stages: StageParameters, today: date) -> list[str]:
	"""How much less than in the days that his stage compares with."""
	days = stages.trend_days
	# As the stage has it: the year before counts for whoever had purchased before those days of it.
	start = pd.Timestamp(today - timedelta(days=_YEAR + days))
	by_year = stages.trend_against == YEAR_BEFORE and days <= _YEAR and row.first <= start
	then = row.then if by_year else row.before
	if not row.now < then or then <= 0 or row.now > then * stages.declining_factor:
		return []
	if row.now <= 0 and row.silence > max(row.gap, days):
		return []  # his silence says it
	if row.now <= 0:
		nothing = _("nothing in {0} days that brought revenue last year")
		return [(nothing if by_year else _("nothing in the last {0} days")).format(days)]
	less = round((1 - row.now / then) * 100)
	text = _("{0} % less than in the same {1} days last year")
	return [(text if by_year else _("{0} % less than in the {1} days before")).format(less, days)]


def _of_fall(row: Any) -> list[str]:
	if pd.isna(row.falls_on):
		return []
	return [_("falls to {0} on {1}").format(tier_label(row.falls_rung), day(row.falls_on.date()))]
