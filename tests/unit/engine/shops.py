"""Made-up shops whose customers buy by a rule that is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from customer_tiering.engine import Facts

FIRST = date(2021, 1, 1)


def day(number: int) -> date:
	"""The day so many days after the shop opened."""
	return FIRST + timedelta(number)


def shop_of(rows: list[tuple[str, int, float]]) -> Facts:
	"""Facts of purchases: customer, day after the opening, amount."""
	sales = pd.DataFrame(rows, columns=["customer", "day", "net_amount"])
	sales["posting_date"] = pd.Timestamp(FIRST) + pd.to_timedelta(sales.pop("day"), unit="D")
	sales["document"] = [f"doc-{at}" for at in range(len(sales))]
	return Facts(sales.assign(company="Acme", is_return=False))


def leaving_shop(customers: int = 300, days: int = 720, seed: int = 1) -> Facts:
	"""Customers who buy at random at rates of their own, and after each purchase may be gone for good."""
	draw = Generator(PCG64(seed))
	rows: list[tuple[str, int, float]] = []
	for number in range(customers):
		rate, leaves = draw.gamma(1.0, 1 / 30), draw.beta(1.0, 5.0)
		mean = draw.gamma(5.0, 20.0)
		at = float(draw.uniform(0, days * 0.8))
		while at < days:
			rows.append((f"c{number:05}", int(at), round(float(draw.gamma(4.0, mean / 4)) + 0.01, 2)))
			if draw.random() < leaves:
				break
			at += 1 + float(draw.exponential(1 / rate))
	return shop_of(rows)


def seasonal_shop(customers: int = 300, days: int = 1000, seed: int = 2) -> Facts:
	"""Customers who each buy in one season of the year, the same every year."""
	draw = Generator(PCG64(seed))
	rows = [
		(f"c{number:05}", int(at), 50.0)
		for number in range(customers)
		for phase in [draw.uniform(0, 365)]
		for year in range(4)
		for at in np.sort(phase + 365 * (year - 1) + draw.normal(0, 15, 3))
		if 0 <= at < days
	]
	return shop_of(rows)


def shop_without_a_pattern(customers: int = 300, days: int = 720, seed: int = 3) -> Facts:
	"""Everybody is a customer from the first day and buys on any day, all at one rate."""
	draw = Generator(PCG64(seed))
	return shop_of(
		[
			(f"c{number:05}", int(at), 50.0)
			for number in range(customers)
			for at in [0, *np.sort(draw.integers(1, days, draw.poisson(days / 90)))]
		]
	)
