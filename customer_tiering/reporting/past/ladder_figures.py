"""The draft and what is in force, both tried on the site's own past: how steady, and what the top catches.

All of it is the engine's back-test, as the report Policy Back-test shows it: views *Year Before* and *Tiers*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from frappe.utils import formatdate

from customer_tiering.engine import Facts, FactsError, Policy
from customer_tiering.engine.backtest import BacktestError, month_ends, moved_in_a_month
from customer_tiering.engine.backtest.outcome import LEAST_CUSTOMERS
from customer_tiering.engine.facts import to_date
from customer_tiering.reporting.past import hindsight
from customer_tiering.site.grading import state
from customer_tiering.site.publishing import draft
from customer_tiering.site.reading import site_facts
from customer_tiering.wording.labels import tier_label
from customer_tiering.wording.problems import of_facts
from customer_tiering.wording.texts import _

#: What follows is half a year, or a third of a shorter past.
_HALF_A_YEAR, _PART = 182, 3
#: Of fewer days of documents nothing can be told.
LEAST_DAYS = 90


@dataclass(frozen=True)
class Period:
	"""The day on whose close everyone is graded, the last of a month, and the last day of what followed."""

	cut: date
	until: date

	@property
	def days(self) -> int:
		"""How long what followed is."""
		return (self.until - self.cut).days


def told() -> dict[str, Any]:
	"""Two of the three figures of a ladder, of the draft and of what is in force; the preview has the first.

	Returns:
		``draft`` and ``in_force``, each None or with ``sentences`` in the reader's language and, where they
		are known, ``cut`` and ``until``, the day of the grades and the last of what followed; ``moved``, the
		share of customers who change tier in a month; ``held``, the share of customers on the top tier, and
		``caught``, what they brought of the revenue that followed; ``as_many``, what as many by revenue of
		the year before brought. ``draft`` is None if it is what is in force. With too many documents both are
		None; ``message`` says so.
	"""
	count = hindsight.documents()
	if count > hindsight.MOST_DOCUMENTS:
		return {"draft": None, "in_force": None, "message": _too_many(count)}
	policy, (current, why) = draft.to_policy(), state.readable()
	is_new = current is None or current.policy.hash != policy.hash
	return {
		"draft": _of(policy, count) if is_new else None,
		"in_force": _of(current.policy, count) if current else {"sentences": [why or _nothing_published()]},
		"message": "",
	}


def period_of(facts: Facts) -> Period | None:
	"""On which past day a policy is tried, and how long after it; None if the past is too short."""
	if not len(facts.days):
		return None
	first, until = to_date(int(facts.days.min())), min(state.today(), to_date(int(facts.days.max())))
	past = (until - first).days
	if past < LEAST_DAYS:
		return None
	*_earlier, cut, _latest = month_ends(first, until - timedelta(min(_HALF_A_YEAR, past // _PART)))
	return Period(cut, until)


def _of(policy: Policy, count: int) -> dict[str, Any]:
	try:
		facts, _faulty = site_facts.read_sound_facts(policy)
		period = period_of(facts)
		return _tried(facts, policy, period, count) if period else {"sentences": [_too_little()]}
	except BacktestError:
		return {"sentences": [_too_little()]}
	except FactsError as error:
		return {"sentences": [_("A document cannot be counted: {0}").format(of_facts(error))]}


def _tried(facts: Facts, policy: Policy, period: Period, count: int) -> dict[str, Any]:
	with_year = count <= hindsight.MOST_OF_A_YEAR
	data = hindsight.tried(facts, policy, period.cut, period.until, with_year).data
	top = data["tiers"][0]
	figures = {
		"cut": period.cut,
		"until": period.until,
		"moved": moved_in_a_month(data["year"]) if with_year else None,
		"held": top["customers"] / data["customers"],
		"caught": top["share_and_above"][0],
		"as_many": top["share_of_as_many"][0],
	}
	moved = _moved(figures, data["year"]) if with_year else _year_too_long(count)
	return figures | {"sentences": [moved, *_caught(figures, tier_label(top["tier"]), period)]}


def _moved(figures: dict[str, Any], year: dict[str, Any]) -> str:
	if figures["moved"] is None:
		return _("Nobody had a tier for a whole month before {0}.").format(formatdate(figures["cut"]))
	text = _("{0} of 100 customers change tier in a month (on average from {1} to {2}).")
	return text.format(_of_100(figures["moved"]), formatdate(year["since"]), formatdate(figures["cut"]))


def _caught(figures: dict[str, Any], top: str, period: Period) -> Iterator[str]:
	cut = formatdate(period.cut)
	if not figures["held"]:
		yield _("Nobody would have been {0} on {1}: the top tier would have caught nothing.").format(top, cut)
	elif figures["caught"] is None:
		yield _("Known customers brought nothing in the {0} days after {1}.").format(period.days, cut)
	else:
		yield _(
			"{0} holds {1}% of customers and would have caught {2}% of what known customers brought in the {3} days after {4}; as many by the revenue of the year before: {5}%."  # noqa: E501 a sentence is translated whole
		).format(
			top, _of_100(figures["held"]), _of_100(figures["caught"]), period.days, cut,
			_of_100(figures["as_many"]),
		)  # fmt: skip


def _of_100(share: float) -> str:
	"""A share in percent: whole, or with one decimal if it is small."""
	percent = share * 100
	return f"{percent:.0f}" if percent >= 10 else f"{percent:.1f}".removesuffix(".0")


def _nothing_published() -> str:
	return _("No policy is published yet, so nobody is graded.")


def _too_little() -> str:
	return _(
		"There is too little past to try it on: it takes {0} days of sales, and {1} customers who had purchased two thirds of the way."  # noqa: E501 a sentence is translated whole
	).format(LEAST_DAYS, LEAST_CUSTOMERS)


def _year_too_long(count: int) -> str:
	return _(
		"How many change tier in a month is not worked out while somebody waits: there are {0} documents, and it takes up to {1}. Run the command customer-tiering backtest on exported invoices."  # noqa: E501 a sentence is translated whole
	).format(f"{count:,}", f"{hindsight.MOST_OF_A_YEAR:,}")


def _too_many(count: int) -> str:
	return _(
		"A policy is not tried on the past while somebody waits: there are {0} documents, and it takes up to {1}. Run the command customer-tiering backtest on exported invoices."  # noqa: E501 a sentence is translated whole
	).format(f"{count:,}", f"{hindsight.MOST_DOCUMENTS:,}")
