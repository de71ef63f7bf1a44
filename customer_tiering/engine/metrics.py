"""Metrics: one number per customer, each defined once, here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from customer_tiering.engine.facts import Bools, Floats, to_date, to_day
from customer_tiering.engine.ledger import Ledger


@dataclass(frozen=True)
class Window:
	"""Days ``(after, until]`` since 1970-01-01, and the equal window before it (None for all time)."""

	after: int | None
	until: int
	before_after: int | None = None
	before_until: int | None = None

	@classmethod
	def of(cls, kind: str, days: int, as_of: int, fiscal_start_month: int = 1) -> Window:
		"""The window of a rule as seen on a day.

		Rolling: the last ``days`` days, the as-of date included. Fiscal Year: from the start of the fiscal
		year to the as-of date; the window before is the same part of the fiscal year before, so that seasons
		compare with themselves.
		"""
		if kind == "Rolling":
			return cls(as_of - days, as_of, as_of - 2 * days, as_of - days)
		if kind == "Fiscal Year":
			today = to_date(as_of)
			year = today.year if today.month >= fiscal_start_month else today.year - 1
			last_year = to_day(date(year - 1, fiscal_start_month, 1)) - 1
			return cls(
				to_day(date(year, fiscal_start_month, 1)) - 1, as_of, last_year, to_day(_year_before(today))
			)
		return cls(None, as_of)

	def rows(self, ledger: Ledger) -> Bools:
		"""Which of the ledger's rows are in the window."""
		if self.after is None:
			return np.ones(len(ledger.days), dtype=bool)
		return ledger.days > self.after

	def rows_before(self, ledger: Ledger) -> Bools:
		"""Which of the ledger's rows are in the equal window before."""
		if self.before_after is None or self.before_until is None:
			raise ValueError("All time has no window before it.")
		return (ledger.days > self.before_after) & (ledger.days <= self.before_until)


def _year_before(day: date) -> date:
	try:
		return day.replace(year=day.year - 1)
	except ValueError:  # 29 February
		return day.replace(year=day.year - 1, day=28)


@dataclass(frozen=True)
class Metric:
	"""What a metric is called, measured in and computed by; ``better`` is its natural direction."""

	compute: Callable[[Ledger, Window], Floats]
	unit: str  # currency, count, days, percent
	better: str = "Higher"
	windowed: bool = True
	needs_prior: bool = False
	needs_cost: bool = False


def _known(ledger: Ledger, values: Floats, also: Bools | None = None) -> Floats:
	"""Values of those who ever purchased (and for whom ``also`` holds); NaN for all others."""
	defined = ledger.purchase_days.ever if also is None else ledger.purchase_days.ever & also
	return np.where(defined, values, np.nan)


def _ratio(above: Floats, below: Floats) -> Floats:
	"""above ÷ below, NaN unless below is above zero."""
	ratio: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
	return ratio


def revenue(ledger: Ledger, window: Window) -> Floats:
	"""Sum of net amounts in the window; NaN for who never purchased."""
	return _known(ledger, ledger.total(window.rows(ledger)))


def invoice_count(ledger: Ledger, window: Window) -> Floats:
	"""Number of counted purchases in the window; NaN for who never purchased."""
	return _known(ledger, ledger.count(window.rows(ledger) & ledger.counted).astype(np.float64))


def purchase_days(ledger: Ledger, window: Window) -> Floats:
	"""Distinct posting dates of counted purchases in the window; NaN for who never purchased."""
	days = ledger.purchase_days
	inside = days.codes if window.after is None else days.codes[days.days > window.after]
	return _known(ledger, np.bincount(inside, minlength=ledger.size).astype(np.float64))


def recency(ledger: Ledger, window: Window) -> Floats:
	"""Days from the last counted purchase ever to the as-of date; NaN for who never purchased."""
	return _known(ledger, (ledger.as_of - ledger.purchase_days.last).astype(np.float64))


def tenure(ledger: Ledger, window: Window) -> Floats:
	"""Days from the first counted purchase ever to the as-of date; NaN for who never purchased."""
	return _known(ledger, (ledger.as_of - ledger.purchase_days.first).astype(np.float64))


def average_order_value(ledger: Ledger, window: Window) -> Floats:
	"""Revenue ÷ Invoice Count; NaN without a counted purchase in the window."""
	return _ratio(revenue(ledger, window), invoice_count(ledger, window))


def gross_profit(ledger: Ledger, window: Window) -> Floats:
	"""Sum of gross profit in the window; NaN where the cost of any of its documents is unknown."""
	if ledger.profits is None:
		return np.full(ledger.size, np.nan)
	rows = window.rows(ledger)
	unknown = ledger.count(rows & np.isnan(ledger.profits)) > 0
	return _known(ledger, ledger.total(rows, np.nan_to_num(ledger.profits)), ~unknown)


def gross_margin(ledger: Ledger, window: Window) -> Floats:
	"""Gross Profit ÷ Revenue × 100; NaN where the cost is unknown or Revenue is not above zero."""
	return _ratio(gross_profit(ledger, window), revenue(ledger, window)) * 100


def revenue_growth(ledger: Ledger, window: Window) -> Floats:
	"""Revenue less that of the equal window before, ÷ that × 100; NaN where that is not above zero."""
	now, before = ledger.total(window.rows(ledger)), ledger.total(window.rows_before(ledger))
	return _known(ledger, _ratio(now - before, before) * 100)


def return_rate(ledger: Ledger, window: Window) -> Floats:
	"""Returned money ÷ sum of the positive rows × 100 in the window; NaN without sales."""
	rows = window.rows(ledger)
	returned = ledger.total(rows & ledger.is_return, -ledger.amounts)
	return _ratio(returned, ledger.total(rows & (ledger.amounts > 0))) * 100


METRICS: dict[str, Metric] = {
	"Revenue": Metric(revenue, "currency"),
	"Invoice Count": Metric(invoice_count, "count"),
	"Purchase Days": Metric(purchase_days, "count"),
	"Recency": Metric(recency, "days", better="Lower", windowed=False),
	"Average Order Value": Metric(average_order_value, "currency"),
	"Tenure": Metric(tenure, "days", windowed=False),
	"Gross Profit": Metric(gross_profit, "currency", needs_cost=True),
	"Gross Margin %": Metric(gross_margin, "percent", needs_cost=True),
	"Revenue Growth %": Metric(revenue_growth, "percent", needs_prior=True),
	"Return Rate %": Metric(return_rate, "percent", better="Lower"),
}


def _undefined(ledger: Ledger, window: Window) -> Floats:
	return np.full(ledger.size, np.nan)


#: What is known of a metric that is not one of ours: its values come with the facts.
_GIVEN = Metric(_undefined, "count", windowed=False)


def metric(name: str) -> Metric:
	"""A metric by its name: one of ``METRICS``, or one that is given with the facts."""
	return METRICS.get(name, _GIVEN)
