"""A policy and the forecasts as of a past day, held against what followed."""

from customer_tiering.engine.backtest.backtest import Backtest, backtest
from customer_tiering.engine.backtest.outcome import BacktestError, checked_end
from customer_tiering.engine.backtest.year import Pace, month_ends, moved_in_a_month

__all__ = [
	"Backtest", "BacktestError", "Pace", "backtest", "checked_end", "month_ends", "moved_in_a_month",
]  # fmt: skip
