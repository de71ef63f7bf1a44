"""The forecast that everyone's chances come from: fitted in the night, and on publishing what needs one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import frappe
import numpy as np
import pandas as pd
from frappe.utils import formatdate

from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.exact import Floats
from customer_tiering.engine.forecast import Forecast, NotFitted, fit_forecast
from customer_tiering.site.grading import bisecting
from customer_tiering.site.withstanding import health
from customer_tiering.wording.texts import _

#: Under which a fit that failed is told in Tiering Health.
KIND = "Forecast"
#: Least chance that is stored of whom anything is foreseen: 0 says that nothing is.
_LEAST_CHANCE = 0.1


class ForecastError(frappe.ValidationError):
	"""A fit has failed, for which its cause is; the message says what is used instead."""


@dataclass(frozen=True)
class Chosen:
	"""What an evaluation of everyone foresees by.

	Attributes:
		forecast: it; one of nothing where nothing can be foreseen.
		fitted: whether it was fitted just now.
		error: why it was not, although it should have been.
	"""

	forecast: Forecast
	fitted: bool = False
	error: ForecastError | None = None


def chosen(
	known: Facts, policy: Policy, as_of: date, given: Forecast | None, last: Forecast | None
) -> Chosen:
	"""The forecast that is given, else one fitted on everyone, else the last good one, else one of nothing.

	Whatever goes wrong stops nobody's grade. Too little past is nothing wrong: nothing is foreseen yet.

	Args:
		known: the facts of everyone.
		policy: which companies count.
		as_of: the day that is looked ahead from.
		given: None: fit one.
		last: the one that was used until now.
	"""
	if given is not None:
		return Chosen(given)
	instead = last or Forecast.of_nothing(as_of)
	try:
		return Chosen(fit_forecast(known, as_of, companies=policy.companies), fitted=True)
	except NotFitted:
		return Chosen(instead)
	except Exception as error:
		if bisecting.is_general(error):
			raise
		told = ForecastError(_told(last))
		told.__cause__ = error
		return Chosen(instead, error=told)


def for_trial(policy: Policy, as_of: date) -> Forecast | None:
	"""What to foresee by before a policy is in force: None, to be fitted, where it needs a forecast."""
	return None if policy.needs_forecast else Forecast.of_nothing(as_of)


def in_steps(scores: pd.DataFrame) -> pd.DataFrame:
	"""The same with what is foreseen as it is stored: coarse enough to stay as it is on most days.

	A chance in whole percent, expected purchases to a tenth and value to two digits: a forecast is no closer
	than that, and a night need not write every customer because a day has passed. What goes by a forecast, a
	rule, a stage or the panel, goes by the number itself.
	"""
	chance, purchases, value = (
		scores[name].to_numpy(dtype=np.float64)
		for name in ("chance_to_buy", "expected_purchases", "expected_value")
	)
	return scores.assign(
		chance_to_buy=np.where(chance > 0, np.maximum(np.round(chance), _LEAST_CHANCE), chance),
		expected_purchases=_to_two_digits(np.round(purchases, 1)),
		expected_value=_to_two_digits(value),
	)


def _to_two_digits(values: Floats) -> Floats:
	step = 10.0 ** (np.floor(np.log10(np.where(values > 0, values, 1.0))) - 1)
	return np.asarray(np.round(np.round(values / step) * step, 6))


def _told(last: Forecast | None) -> str:
	if last is None:
		return _("The forecast could not be fitted, so nothing is foreseen. Everyone is graded all the same.")
	text = _("The forecast could not be fitted. The one of {0} goes on being used.")
	return text.format(formatdate(last.as_of))


def report(error: ForecastError | None) -> None:
	"""Tell Tiering Health, in the caller's transaction, how a fit went."""
	if error is None:
		health.heal(KIND)
	else:
		health.report(KIND, error)
