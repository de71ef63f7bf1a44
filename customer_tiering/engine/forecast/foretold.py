"""Forecasts as metrics: in the units of ``METRICS``, undefined where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from customer_tiering.engine.exact import Floats
from customer_tiering.engine.facts import Facts
from customer_tiering.engine.forecast.forecast import COLUMNS, Forecast, fit_forecast
from customer_tiering.engine.ledger import Ledger

_DECIMALS = 4  # of a percentage


def foretell(forecast: Forecast | None, ledger: Ledger) -> Mapping[str, Floats]:
	"""Each forecast of the customers of a ledger, by its column, arrays of shape (customers,).

	``chance_to_buy`` is in percent. All are NaN without a forecast, and where it ranks customers and promises
	nothing.
	"""
	if forecast is None or forecast.is_rank:
		return {name: np.full(ledger.size, np.nan) for name in COLUMNS}
	return in_percent(forecast.of(ledger))


def in_percent(forecasts: pd.DataFrame) -> dict[str, Floats]:
	"""The columns of a forecast, with ``chance_to_buy`` in percent."""
	values = {name: forecasts[name].to_numpy(dtype=np.float64) for name in COLUMNS}
	return values | {"chance_to_buy": np.round(values["chance_to_buy"] * 100, _DECIMALS)}


def fitted(facts: Facts, as_of: date, companies: tuple[str, ...]) -> Forecast | None:
	"""A forecast fitted on everyone; None where none can be: grades do not wait for it."""
	try:
		return fit_forecast(facts, as_of, companies=companies)
	except (ValueError, ArithmeticError):  # hardly anybody ever purchased, or some sum went wrong
		return None


def likely_gone(chance: Floats, silence: Floats, gap: Floats) -> Floats:
	"""How likely each customer is lost, 0 to 1: one less his chance to buy; unknown, 1 - usual gap / silence.

	Args:
		chance: 0 to 1, NaN where nothing is foreseen, shape (customers,).
		silence: days since the last purchase, NaN for who never purchased.
		gap: usual days between purchases.
	"""
	with np.errstate(divide="ignore", invalid="ignore"):
		ratio = gap / np.where(silence > 0, silence, np.nan)
	by_silence = np.where(np.isnan(ratio), 0.0, 1 - np.minimum(ratio, 1.0))
	return np.asarray(np.where(np.isnan(chance), by_silence, 1 - chance))
