"""The future, from the past alone: Chance to Buy, Expected Purchases, Expected Value."""

from customer_tiering.engine.forecast.forecast import COLUMNS, HORIZON, Forecast, fit_forecast
from customer_tiering.engine.forecast.foretold import fitted, foretell, in_percent, likely_gone
from customer_tiering.engine.forecast.maximum import NotFitted

__all__ = [
	"COLUMNS",
	"HORIZON",
	"Forecast",
	"NotFitted",
	"fit_forecast",
	"fitted",
	"foretell",
	"in_percent",
	"likely_gone",
]
