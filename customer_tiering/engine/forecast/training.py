"""The site's own past as examples: who had done what by an earlier day, and who bought after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from customer_tiering.engine.exact import Bools, Floats, Ints
from customer_tiering.engine.facts import Facts, to_date, to_day
from customer_tiering.engine.forecast.bg_nbd import MOST, BgNbd, Purchases
from customer_tiering.engine.forecast.features import Setting, features
from customer_tiering.engine.forecast.history import History
from customer_tiering.engine.forecast.maximum import EXACT, NEAR, NotFitted
from customer_tiering.engine.ledger import Ledger
from customer_tiering.engine.measuring.plain import plain_orders
from customer_tiering.engine.stages import StageParameters, usual_gap

#: At most so many customers are learnt from: more take longer and teach little.
MOST_CUSTOMERS = 10_000
#: So many days have to be known before a day can be an example.
DAYS_BEFORE = 60
#: A shorter horizon than this is not learnt from.
LEAST_HORIZON = 30
_CUTS = 10
_MOST_AT_A_CUT = 2_000  # from whom the model of purchases is fitted there
_LEAST_STEP = 7


@dataclass(frozen=True)
class Examples:
	"""The customers as they were on one past day; arrays of shape (customers,).

	Attributes:
		cut: that day, counted from 1970-01-01.
		who: their positions among the customers of the facts.
		columns: their features, which nothing after the cut is in.
		bought: whether they bought in the horizon after it.
		plain: the plain orders, higher where no purchase is expected.
	"""

	cut: int
	who: Ints
	columns: dict[str, Floats]
	bought: Bools
	plain: dict[str, Floats]


def cuts_of(began: int, today: int, horizon: int) -> list[int]:
	"""The past days to learn from, the latest first: their horizon is over by today. None if little is known.

	They lie a third of the horizon apart.
	"""
	step = max(_LEAST_STEP, horizon // 3)
	cuts = [today - horizon - step * number for number in range(_CUTS)]
	return [cut for cut in cuts if cut - began >= DAYS_BEFORE]


def horizon_of(began: int, today: int, horizon: int) -> int | None:
	"""The horizon to learn for: as asked, or as long as the past permits; None if that is too short."""
	possible = min(horizon, today - began - DAYS_BEFORE)
	return possible if possible >= min(horizon, LEAST_HORIZON) else None


def some_of(facts: Facts, population: Bools, most: int = MOST_CUSTOMERS) -> Facts:
	"""The facts of the population only, and of every so many of it where they are more than ``most``.

	Args:
		facts: the tables.
		population: whom the examples may be taken from, shape (customers of the facts,).
	"""
	who = np.flatnonzero(population)
	chosen = np.zeros(len(population), dtype=bool)
	chosen[who[:: max(1, -(-len(who) // most))]] = True
	if chosen.all():
		return facts
	return Facts(facts.sales[chosen[facts.codes]])


def examples_of(
	facts: Facts, as_of: date, horizon: int, began: int, cuts: Sequence[int], companies: tuple[str, ...]
) -> list[Examples]:
	"""Examples at each cut that had customers, in the order of ``cuts``.

	Args:
		facts: the tables; nothing after ``as_of`` is seen, and of what is after a cut only who bought.
		as_of: the day that it is seen from.
		horizon: days after a cut.
		began: the first day of the data.
		cuts: days, counted from 1970-01-01, each at least the horizon before ``as_of``.
		companies: only these companies' documents; all if empty.
	"""
	facts = replace(facts, customers=None).up_to(as_of)
	days = Ledger.build(facts, as_of, companies=companies).purchase_days
	found: list[Examples] = []
	model: BgNbd | None = None
	for cut in sorted(cuts):
		assert cut + horizon <= to_day(as_of)
		ledger = Ledger.build(facts, to_date(cut), companies=companies)
		history = History.of(ledger)
		if not history.size:
			continue
		model = purchases_or_guess(history, model, _MOST_AT_A_CUT)
		columns = features(history, Setting.of(history, horizon, began, model))
		after = days.codes[(days.days > cut) & (days.days <= cut + horizon)]
		bought = np.bincount(after, minlength=ledger.size)[history.who] > 0
		found.append(Examples(cut, history.who, columns, bought, orders_of(ledger, history, model, horizon)))
	return found[::-1]


def orders_of(ledger: Ledger, history: History, model: BgNbd | None, horizon: int) -> dict[str, Floats]:
	"""The plain orders of the customers of a history."""
	gap = usual_gap(ledger.purchase_days, StageParameters())[history.who]
	expected = None if model is None else model.expected(*model_of(history), horizon)
	return plain_orders(history.silence, history.documents, gap, expected)


def model_of(history: History) -> tuple[Ints, Floats, Floats]:
	"""What the model of purchases reads, in days: purchases after the first, span, age."""
	return history.count - 1, history.span.astype(np.float64), history.age.astype(np.float64)


def purchases_or_guess(history: History, start: BgNbd | None = None, most: int = MOST) -> BgNbd:
	"""The model of purchases; where there is too little to fit one, everyone buys at about the mean rate.

	From a start it goes no further than what is learnt from it needs.
	"""
	try:
		care = EXACT if start is None else NEAR
		return BgNbd.fit_either(Purchases.of(*model_of(history), most), start, care)[0]
	except NotFitted:
		time, again = float(history.age.sum()) + 90.0, float((history.count - 1).sum()) + 1.0
		return BgNbd(1.0, time / again, 0.0, 1.0)
