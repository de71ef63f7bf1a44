"""Metrics: one number per customer, each defined once, here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from customer_tiering.engine.exact import UNIT, Bools, Floats, amounts_of, quotient, times
from customer_tiering.engine.facts import to_date, to_day
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
	"""One number about a customer, and all that is to be known of it.

	Attributes:
		name: what a rule calls it.
		unit: currency, count, days or percent.
		compute: one value per customer of a ledger, NaN where it is undefined.
		value: what it is, as ``docs/scoring.md`` says it.
		undefined: when it is undefined, as ``docs/scoring.md`` says it.
		better: its natural direction.
		windowed: whether it is about a window.
		needs_prior: whether it compares with the equal window before, which All Time does not have.
		needs_cost: whether it reads the cost of goods.
		table: the table of facts that it reads, if that is not sales.
		foretold: whether it is a forecast, whose values are not computed from a ledger alone.
	"""

	name: str
	unit: str
	compute: Callable[[Ledger, Window], Floats]
	value: str
	undefined: str
	better: str = "Higher"
	windowed: bool = True
	needs_prior: bool = False
	needs_cost: bool = False
	table: str = ""
	foretold: bool = False

	def column(self, window: str, days: int) -> str:
		"""What it is called in the scores: ``revenue_365d``, ``recency``, ``invoice_count_fytd``."""
		name = self.name.lower().replace("%", "pct").replace(" ", "_")
		if not self.windowed:
			return name
		return name + {"Rolling": f"_{days}d", "Fiscal Year": "_fytd", "All Time": "_all"}[window]


def _undefined(ledger: Ledger, window: Window) -> Floats:
	return np.full(ledger.size, np.nan)


def _known(ledger: Ledger, values: Floats, also: Bools | None = None) -> Floats:
	"""Values of those who ever purchased (and for whom ``also`` holds); NaN for all others."""
	defined = ledger.purchase_days.ever if also is None else ledger.purchase_days.ever & also
	return np.where(defined, values, np.nan)


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
	rows = window.rows(ledger)
	return quotient(ledger.sums(rows), ledger.count(rows & ledger.counted) * UNIT)


def _cost_known(ledger: Ledger, window: Window) -> Bools:
	"""Whether the cost of every document in the window is known, per customer."""
	if ledger.cost_known is None:
		return np.zeros(ledger.size, dtype=bool)
	return np.asarray(ledger.count(window.rows(ledger) & ~ledger.cost_known) == 0)


def gross_profit(ledger: Ledger, window: Window) -> Floats:
	"""Sum of gross profit in the window; NaN where the cost of any of its documents is unknown."""
	profits = amounts_of(ledger.profit_sums(window.rows(ledger)))
	return _known(ledger, profits, _cost_known(ledger, window))


def gross_margin(ledger: Ledger, window: Window) -> Floats:
	"""Gross Profit ÷ Revenue × 100; NaN where the cost is unknown or Revenue is not above zero."""
	rows = window.rows(ledger)
	margins = quotient(times(ledger.profit_sums(rows), 100), ledger.sums(rows))
	return _known(ledger, margins, _cost_known(ledger, window))


def revenue_growth(ledger: Ledger, window: Window) -> Floats:
	"""Revenue less that of the equal window before, ÷ that × 100; NaN where that is not above zero."""
	now, before = ledger.sums(window.rows(ledger)), ledger.sums(window.rows_before(ledger))
	return _known(ledger, quotient(times(np.asarray(now - before), 100), before))


def return_rate(ledger: Ledger, window: Window) -> Floats:
	"""Returned money ÷ sum of the positive rows × 100 in the window; NaN without sales."""
	rows = window.rows(ledger)
	returned = times(ledger.sums(rows & ledger.is_return), -100)
	return quotient(returned, ledger.sums(rows & (ledger.money > 0)))


def overdue_amount(ledger: Ledger, window: Window) -> Floats:
	"""What is unpaid and past due on the as-of date; NaN where payments are not known."""
	if ledger.payments is None:
		return _undefined(ledger, window)
	return amounts_of(ledger.payments.overdue(ledger.as_of))


def average_days_late(ledger: Ledger, window: Window) -> Floats:
	"""Mean days past due of the invoices paid in full in the window; NaN where there is none."""
	if ledger.payments is None:
		return _undefined(ledger, window)
	return ledger.payments.days_late(window.after)


def complaint_count(ledger: Ledger, window: Window) -> Floats:
	"""Number of complaints in the window; NaN where complaints are not known."""
	if ledger.complaints is None:
		return _undefined(ledger, window)
	return ledger.complaints.count(window.after)


def days_since_contact(ledger: Ledger, window: Window) -> Floats:
	"""Days from the last contact to the as-of date; NaN for who was never contacted."""
	if ledger.contacts is None:
		return _undefined(ledger, window)
	return ledger.contacts.silence(ledger.as_of)


#: Every metric of the engine, by name. An entry is all that it takes: the rest follows from it.
METRICS: dict[str, Metric] = {
	metric.name: metric
	for metric in (
		Metric("Revenue", "currency", revenue, "sum of net amounts", "never purchased"),
		Metric("Invoice Count", "count", invoice_count, "number of purchases", "never purchased"),
		Metric(
			"Purchase Days", "count", purchase_days, "number of days with a purchase", "never purchased"
		),
		Metric(
			"Recency", "days", recency,
			"days from the last purchase ever to the as-of date; no window", "never purchased",
			better="Lower", windowed=False,
		),
		Metric(
			"Average Order Value", "currency", average_order_value,
			"Revenue ÷ Invoice Count", "no purchase in the window",
		),
		Metric(
			"Tenure", "days", tenure,
			"days from the first purchase ever to the as-of date; no window", "never purchased",
			windowed=False,
		),
		Metric(
			"Gross Profit", "currency", gross_profit, "sum of gross profits",
			"never purchased, or the cost of any document in the window is unknown",
			needs_cost=True,
		),
		Metric(
			"Gross Margin %", "percent", gross_margin, "Gross Profit ÷ Revenue × 100",
			"as Gross Profit, or Revenue is not above zero",
			needs_cost=True,
		),
		Metric(
			"Revenue Growth %", "percent", revenue_growth,
			"(Revenue − Revenue of the equal window before) ÷ that before × 100",
			"never purchased, or that before is not above zero",
			needs_prior=True,
		),
		Metric(
			"Return Rate %", "percent", return_rate,
			"money returned ÷ sum of the positive amounts × 100", "no positive amount in the window",
			better="Lower",
		),
		Metric(
			"Overdue Amount", "currency", overdue_amount,
			"what is unpaid of invoices and past due on the as-of date; no window", "payments are not known",
			better="Lower", windowed=False, table="payments",
		),
		Metric(
			"Average Days Late", "days", average_days_late,
			"mean number of days past due of the invoices paid in full in the window, 0 for one in time",
			"no invoice was paid in full in the window, or payments are not known",
			better="Lower", table="payments",
		),
		Metric(
			"Complaint Count", "count", complaint_count,
			"number of issues and warranty claims raised in the window", "complaints are not known",
			better="Lower", table="complaints",
		),
		Metric(
			"Days Since Contact", "days", days_since_contact,
			"days from the last contact to the as-of date; no window",
			"never contacted, or contacts are not known",
			better="Lower", windowed=False, table="contacts",
		),
		Metric(
			"Chance to Buy", "percent", _undefined,
			"the probability of a purchase in the next 90 days × 100, as [forecast](foresight.md); no window",
			"never purchased, or there is no forecast",
			windowed=False, foretold=True,
		),
		Metric(
			"Expected Purchases", "count", _undefined,
			"the number of days with a purchase that is expected in those 90 days; no window",
			"as Chance to Buy, or no model of purchases fits",
			windowed=False, foretold=True,
		),
		Metric(
			"Expected Value", "currency", _undefined,
			"Expected Purchases × the expected worth of such a day, returns aside; no window",
			"as Expected Purchases, or the model of worth does not fit",
			windowed=False, foretold=True,
		),
	)
}  # fmt: skip


def metric(name: str) -> Metric:
	"""A metric by its name: one of ``METRICS``, or one whose values come with the facts.

	Of the latter nothing more is known than that it has no window, and is undefined where it is not given.
	"""
	return METRICS.get(name) or Metric(name, "count", _undefined, "", "", windowed=False)
