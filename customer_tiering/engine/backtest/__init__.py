"""A policy and the forecasts as of a past day, held against what followed."""

from customer_tiering.engine.backtest.backtest import Backtest, backtest
from customer_tiering.engine.backtest.outcome import BacktestError, checked_end

__all__ = ["Backtest", "BacktestError", "backtest", "checked_end"]
