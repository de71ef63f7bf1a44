"""Why a customer is to be contacted: each reason, since when, and what is at stake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from customer_tiering.acting.cadence import DUE, NEVER, OVERDUE, Cadence

#: Reasons, from the most urgent on.
FALLING, SILENT, QUOTATION, NEAR_RISE, CONTACT_DUE, SECOND_ORDER, WON_BACK = REASONS = (
	"Falling", "Silent", "Quotation Lapses", "One Order from a Tier", "Contact Due", "Second Order",
	"Won Back",
)  # fmt: skip
#: A fall within so many days is told; so is a quotation that ends within so many.
FALL_WITHIN, QUOTATION_WITHIN = 30, 7
#: Who came back is greeted within so many days.
WON_BACK_WITHIN = 14
_YEAR = 365
#: Of the revenue of who falls, so much is at stake at the least: he is still buying.
_LEAST_OF_A_FALL = 0.25


@dataclass(frozen=True)
class Quotation:
	"""An open one."""

	name: str
	until: date
	amount: float


@dataclass(frozen=True)
class Standing:
	"""Where one customer stands on a day.

	Attributes:
		customer: who.
		tier, stage: his, None for none.
		revenue: of the last 365 days.
		falls_on, falls_to: his next fall if nothing happens; None: none is to come.
		below_since: since when his score is below what his tier asks.
		first_purchase, last_purchase: None: never.
		purchases: days with a purchase.
		last_amount: of the last purchase.
		gap: his usual days between purchases.
		gone: how likely he does not buy again soon, 0 to 1.
		usual: amount of a usual order; None: he has none.
		near: the tier that a usual order today leads to; None: none.
		quotation: the open one that ends first.
		cadence: his.
		apart: he is left in peace for so many days after a contact.
		last_contact: None: never.
	"""

	customer: str
	tier: str | None
	stage: str | None
	revenue: float
	falls_on: date | None
	falls_to: str | None
	below_since: date | None
	first_purchase: date | None
	last_purchase: date | None
	purchases: int
	last_amount: float
	gap: float
	gone: float
	usual: float | None
	near: str | None
	quotation: Quotation | None
	cadence: Cadence
	apart: int
	last_contact: date | None


@dataclass(frozen=True)
class Signal:
	"""A reason to contact a customer.

	Attributes:
		customer: whom.
		reason: one of ``REASONS``.
		occasion: what gave rise to it: the same reason for another occasion is another one.
		due: the day by which it has to be done.
		stake: what it is about, as an amount; the greater, the sooner.
	"""

	customer: str
	reason: str
	occasion: str
	due: date
	stake: float


def signals_of(one: Standing, as_of: date) -> list[Signal]:
	"""Every reason to contact a customer on a day, the one with most at stake first."""
	found = [*_falling(one, as_of), *_silent(one, as_of), *_quotation(one, as_of), *_contact_due(one, as_of)]
	if not _in_peace(one, as_of):
		found += [*_near_rise(one, as_of), *_second_order(one, as_of), *_won_back(one, as_of)]
	return sorted(found, key=lambda signal: (-signal.stake, REASONS.index(signal.reason)))


def _in_peace(one: Standing, as_of: date) -> bool:
	return one.last_contact is not None and (as_of - one.last_contact).days < one.apart


def _falling(one: Standing, as_of: date) -> Iterator[Signal]:
	if one.falls_on and as_of <= one.falls_on <= as_of + timedelta(days=FALL_WITHIN):
		stake = one.revenue * max(one.gone, _LEAST_OF_A_FALL)
		since = one.below_since or one.falls_on
		yield _signal(one, FALLING, since.isoformat(), one.falls_on, stake)


def _silent(one: Standing, as_of: date) -> Iterator[Signal]:
	"""Who is silent beyond his own rhythm, and not given up yet."""
	if one.stage == "At Risk" and one.last_purchase:
		yield _signal(one, SILENT, one.last_purchase.isoformat(), as_of, one.revenue * one.gone)


def _quotation(one: Standing, as_of: date) -> Iterator[Signal]:
	offer = one.quotation
	if offer and as_of <= offer.until <= as_of + timedelta(days=QUOTATION_WITHIN):
		yield _signal(one, QUOTATION, offer.name, offer.until, offer.amount)


def _contact_due(one: Standing, as_of: date) -> Iterator[Signal]:
	cadence = one.cadence
	if cadence.due and cadence.state in (NEVER, DUE, OVERDUE):
		occasion = one.last_contact.isoformat() if one.last_contact else "never"
		yield _signal(one, CONTACT_DUE, occasion, cadence.due, one.revenue * min(cadence.days / _YEAR, 1.0))


def _near_rise(one: Standing, as_of: date) -> Iterator[Signal]:
	"""Whom a usual order lifts; of who is lost no usual order is to be expected."""
	if one.near and one.usual and one.last_purchase and one.stage != "Lost":
		occasion = f"{one.near} {one.last_purchase.isoformat()}"
		yield _signal(one, NEAR_RISE, occasion, as_of, one.usual * (1 - one.gone))


def _second_order(one: Standing, as_of: date) -> Iterator[Signal]:
	"""Who bought for the first time a usual gap ago, and is not silent for too long yet."""
	if one.purchases != 1 or one.stage != "New" or one.first_purchase is None:
		return
	asked = one.first_purchase + timedelta(days=round(one.gap / 2))
	if asked <= as_of:
		yield _signal(one, SECOND_ORDER, one.first_purchase.isoformat(), asked, one.last_amount)


def _won_back(one: Standing, as_of: date) -> Iterator[Signal]:
	if one.stage == "Won Back" and one.last_purchase:
		if (as_of - one.last_purchase).days <= WON_BACK_WITHIN:
			yield _signal(one, WON_BACK, one.last_purchase.isoformat(), as_of, one.last_amount)


def _signal(one: Standing, reason: str, occasion: str, due: date, stake: float) -> Signal:
	return Signal(one.customer, reason, occasion, due, round(max(stake, 0.0), 2))
