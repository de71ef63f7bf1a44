"""A shop whose past can be learnt from, in rows: customers with rhythms of their own, who leave."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from benchmarks.generate import insert
from customer_tiering.engine.backtest import Pace
from customer_tiering.reporting.past import hindsight
from tests.site.helpers.reports import COMPANY
from tests.site.helpers.selling import ago
from tests.site.helpers.shops.retail import _CUSTOMER, _INVOICE

DAYS = 700
NAMES = [f"Shop {number:02}" for number in range(60)]


@pytest.fixture
def weekly(monkeypatch: pytest.MonkeyPatch) -> None:
	"""How closely a year is followed is the engine's to test; here it is followed as fast as it goes."""
	monkeypatch.setattr(hindsight, "_PACE", Pace(daily=0, weekly=hindsight.MOST_OF_A_YEAR, refit=12))


def load() -> None:
	"""Write customers and their invoices; nobody is graded yet."""
	stamp = f"{ago(DAYS)} 12:00:00"
	people = ((name, stamp, stamp, name, "Commercial", "All Territories", "Company") for name in NAMES)
	insert("Customer", _CUSTOMER, people)
	insert("Sales Invoice", _INVOICE, _invoices())


def _invoices() -> Iterator[tuple[object, ...]]:
	draw = Random(9)
	for name in NAMES:
		gap, at, number = 4 + draw.expovariate(1 / 30), draw.uniform(DAYS * 0.2, DAYS), 0
		mean = 20 + draw.expovariate(1 / 200)
		while at > 1:
			day, amount = ago(int(at)), round(mean * draw.lognormvariate(0, 0.4), 2)
			row = (f"{name}-{number}", f"{day} 12:00:00", f"{day} 12:00:00", 1, name, name, COMPANY, day)
			yield (*row, amount, amount, 0, "No", 0, "USD", 1, "Paid")
			if draw.random() < 0.08:
				break
			at, number = at - 1 - draw.expovariate(1 / gap), number + 1
