"""What an order more would do: the same evaluation, with the order among the facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from customer_tiering.engine.evaluate import Evaluation
from customer_tiering.engine.exact import Bools, Floats, Ints
from customer_tiering.engine.facts import Facts
from customer_tiering.engine.policy import Policy
from customer_tiering.engine.what_if.asked import Asked
from customer_tiering.engine.what_if.documents import Order, repeated, with_orders
from customer_tiering.engine.what_if.rungs import day_of, positions_of, rungs_of

#: Amounts are tried in hundredths, the smallest step of an order, so many at once.
_CENTS = 100
_TRIES = 48
#: A document of ERPNext holds no more than 1e12.
_MOST = 10**14


@dataclass(frozen=True)
class Reach:
	"""A tier that one order today reaches.

	Attributes:
		tier: its name.
		amount: the least order that does; one of more does too, one of a cent less does not.
		on: the day on which the tier is held: today, or the end of its time to rise if the score stays.
	"""

	tier: str
	amount: float
	on: date


class Customer(Asked):
	"""One customer, of whose orders one asks."""

	def what_if(self, orders: Sequence[Order]) -> Evaluation:
		"""His grade as of today if all these orders had come today.

		The profit of an order is unknown before its goods are chosen: it is taken at his own margin on what
		has a known cost.
		"""
		facts = replace(
			self.facts, sales=with_orders(self.facts.sales, [orders], self.facts.index[:1], self.as_of)
		)
		return self.graded(facts, self.previous)

	def on(self, day: date) -> Customer:
		"""The same customer on a later day, if nothing happens until then but time."""
		held, scores = self.previous, self.what_if([]).scores
		if held is not None and len(held):
			overrides = [name for name in held if name.startswith("override_")]
			scores = scores.assign(**{name: held[name].to_numpy() for name in overrides})
		return replace(self, as_of=day, previous=scores.assign(as_of=pd.Timestamp(self.as_of)))

	def tried(self, amounts: Floats, company: str = "") -> pd.DataFrame:
		"""The scores that each order alone would give, a row per amount: one evaluation of as many twins."""
		twins = pd.Index([f"{number:06d}" for number in range(len(amounts))], dtype=object)
		orders = [[Order(float(amount), company)] for amount in amounts]
		facts = replace(
			self.facts,
			sales=with_orders(self.facts.sales, orders, twins, self.as_of),
			**self.facts.each_table(lambda table: repeated(table, twins)),
			given={name: self._given(name, len(twins)) for name in self.facts.given},
		)
		held = None if self.previous is None else repeated(self.previous, twins)
		return self.graded(facts, held).scores

	def _given(self, name: str, twins: int) -> Callable[[Facts, date], Floats]:
		"""Another app's metric, which knows of no twins: it is taken to stay as it is."""
		return lambda _facts, as_of: np.repeat(self.facts.given[name](self.facts, as_of), twins)


def reachable(customer: Customer, company: str = "") -> list[Reach]:
	"""The tiers above the one held that a single order today reaches, from the lowest up.

	Left out is a tier that a smaller order reaches and a greater one does not, as a cap may have it, and one
	that needs more than one order.
	"""
	scores = customer.what_if([]).scores
	policy = customer.policy
	now = int(rungs_of(policy, scores)[0])
	goals = {rung: _at_least(policy, rung) for rung in range(now + 1, len(policy.tiers))}
	found = least_orders(customer, goals, company)
	if not found:
		return []
	there = customer.tried(np.array(list(found.values())) / _CENTS, company)
	days = [
		day_of(policy, row, rung, customer.as_of)
		for rung, (_, row) in zip(found, there.iterrows(), strict=True)
	]
	return [
		Reach(policy.tiers[rung].name, cents / _CENTS, day)
		for (rung, cents), day in zip(found.items(), days, strict=True)
	]


def least_to_stay(customer: Customer, company: str = "") -> float | None:
	"""The least single order that keeps the tier, on whichever day before the announced fall.

	None: no fall is announced, or no single order does.
	"""
	row = customer.what_if([]).scores.iloc[0]
	if pd.isna(row["falls_on"]):
		return None
	last = pd.Timestamp(row["falls_on"]).date() - timedelta(days=1)
	days = [customer] if last <= customer.as_of else [customer, customer.on(last)]
	found = [least_orders(one, {0: _stays(customer.policy, row)}, company) for one in days]
	return max(cents[0] for cents in found) / _CENTS if all(found) else None


def least_orders(
	customer: Customer, goals: dict[int, Callable[[pd.DataFrame], Bools]], company: str = ""
) -> dict[int, int]:
	"""For each goal that a single order today reaches, the least one in hundredths, and every greater one.

	All goals are looked for together: at first among amounts of every size, then between the last that does
	not reach a goal and the first that does.
	"""
	sizes = np.unique(np.round(np.geomspace(1, _MOST, _TRIES))).astype(np.int64)
	scores = customer.tried(sizes / _CENTS, company)
	open_between: dict[int, tuple[int, int]] = {}
	for goal, holds in goals.items():
		reached = holds(scores)
		first = int(np.argmax(reached)) if reached.any() else len(sizes)
		if first < len(sizes) and reached[first:].all():
			open_between[goal] = (int(sizes[first - 1]) if first else 0, int(sizes[first]))
	while any(high - low > 1 for low, high in open_between.values()):
		each = max(_TRIES // len(open_between), 2)
		tries = {goal: _between(low, high, each) for goal, (low, high) in open_between.items()}
		amounts = np.unique(np.concatenate(list(tries.values())))
		scores = customer.tried(amounts / _CENTS, company)
		for goal, (low, high) in open_between.items():
			reached = goals[goal](scores) & (amounts > low) & (amounts < high)
			first = int(amounts[reached][0]) if reached.any() else high
			missed = amounts[(amounts > low) & (amounts < first)]
			open_between[goal] = (int(missed[-1]) if len(missed) else low, first)
	return {goal: high for goal, (_low, high) in open_between.items()}


def _between(low: int, high: int, tries: int) -> Ints:
	"""Whole numbers between two others, evenly."""
	return np.unique(
		np.linspace(low, high, tries + 2)[1:-1].astype(np.int64).clip(low + 1, max(high - 1, low + 1))
	)


def _at_least(policy: Policy, rung: int) -> Callable[[pd.DataFrame], Bools]:
	return lambda scores: rungs_of(policy, scores) >= rung


def _stays(policy: Policy, row: pd.Series) -> Callable[[pd.DataFrame], Bools]:
	held = policy.position(row["earned_tier"])
	return lambda scores: (
		(positions_of(policy, scores["earned_tier"]) >= held) & scores["falls_on"].isna().to_numpy()
	)
