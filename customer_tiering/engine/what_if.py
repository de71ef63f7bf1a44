"""What an order more would do: the same evaluation, with the order among the facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.engine.evaluate import Evaluation, evaluate
from customer_tiering.engine.exact import MAX_AMOUNT, Bools, Floats, Ints
from customer_tiering.engine.facts import Facts, to_date, to_day
from customer_tiering.engine.forecast import Forecast
from customer_tiering.engine.ladder import rises_on
from customer_tiering.engine.policy import Policy
from customer_tiering.engine.scoring import CutPoints

#: Amounts are tried in hundredths, the smallest step of an order, so many at once.
_CENTS = 100
_TRIES = 48
#: A document of ERPNext holds no more than 1e12.
_MOST = 10**14
#: No document is called so, and no return names it.
_NAME = "\0order"


@dataclass(frozen=True)
class Order:
	"""A purchase that has not happened: its net amount above zero, and of which company."""

	amount: float
	company: str = ""


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


@dataclass(frozen=True)
class Customer:
	"""One customer, with all that his grade hangs on.

	Attributes:
		facts: his facts and nobody else's.
		policy: tiers, rules and parameters.
		as_of: today.
		previous: what was held of him; None: nothing.
		cut_points: from an evaluation of everyone.
		forecast: fitted on everyone; None: nothing is foreseen.
	"""

	facts: Facts
	policy: Policy
	as_of: date
	previous: pd.DataFrame | None
	cut_points: dict[str, dict[str, CutPoints]] | None
	forecast: Forecast | None = None

	def what_if(self, orders: Sequence[Order]) -> Evaluation:
		"""His grade as of today if all these orders had come today.

		The profit of an order is unknown before its goods are chosen: it is taken at his own margin on what
		has a known cost.
		"""
		facts = replace(self.facts, sales=_with(self.facts.sales, [orders], self.facts.index[:1], self.as_of))
		return evaluate(facts, self.policy, self.as_of, self.previous, self.cut_points, self.forecast)

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
			sales=_with(self.facts.sales, orders, twins, self.as_of),
			customers=None if self.facts.customers is None else _repeated(self.facts.customers, twins),
			pipeline=None if self.facts.pipeline is None else _repeated(self.facts.pipeline, twins),
			given={name: self._given(name, len(twins)) for name in self.facts.given},
		)
		held = None if self.previous is None else _repeated(self.previous, twins)
		return evaluate(facts, self.policy, self.as_of, held, self.cut_points, self.forecast).scores

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
	now = int(_rung(policy, scores)[0])
	goals = {rung: _at_least(policy, rung) for rung in range(now + 1, len(policy.tiers))}
	found = least_orders(customer, goals, company)
	if not found:
		return []
	there = customer.tried(np.array(list(found.values())) / _CENTS, company)
	days = [
		_day_of(policy, row, rung, customer.as_of)
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
	return lambda scores: _rung(policy, scores) >= rung


def _stays(policy: Policy, row: pd.Series) -> Callable[[pd.DataFrame], Bools]:
	held = policy.position(row["earned_tier"])
	return lambda scores: (
		(_position(policy, scores["earned_tier"]) >= held) & scores["falls_on"].isna().to_numpy()
	)


def _rung(policy: Policy, scores: pd.DataFrame) -> Ints:
	"""The rung that is held, or will be once it has been deserved for long enough."""
	known = {text: _highest(policy, text) for text in scores["climbing"].unique()}
	climbing = np.array([known[text] for text in scores["climbing"]], dtype=np.int64)
	return np.maximum(_position(policy, scores["tier"]), climbing)


def _highest(policy: Policy, climbing: Any) -> int:
	tiers = () if pd.isna(climbing) else json.loads(climbing)
	return max(map(policy.position, tiers), default=-1)


def _position(policy: Policy, tiers: pd.Series) -> Ints:
	return np.array([policy.position(tier) for tier in tiers], dtype=np.int64)


def _day_of(policy: Policy, row: pd.Series, rung: int, as_of: date) -> date:
	"""The day on which a customer holds a rung that he holds or climbs to."""
	if policy.position(row["tier"]) >= rung:
		return as_of
	if policy.position(row["rises_to"]) >= rung:
		return to_date(to_day(row["rises_on"]))
	since = date.fromisoformat(json.loads(row["climbing"])[policy.tiers[rung].name])
	return rises_on(policy, rung, since, as_of)


def _with(sales: pd.DataFrame, orders: Sequence[Sequence[Order]], twins: pd.Index, day: date) -> pd.DataFrame:
	"""The documents of one customer once for each twin, and each one's own orders of a day."""
	copies = _repeated(sales, twins)
	rows = [(twin, order) for twin, own in zip(twins, orders, strict=True) for order in own]
	margin, company = _margin(sales), _company(sales)
	new = {
		"customer": [twin for twin, _order in rows],
		"document": _NAME,
		"company": [order.company or company for _twin, order in rows],
		"posting_date": pd.Timestamp(day),
		"net_amount": [order.amount for _twin, order in rows],
		"is_return": False,
		"gross_profit": [_limited(order.amount * margin) for _twin, order in rows],
		"return_against": None,
		"is_purchase": True,
	}
	columns = {
		name: np.concatenate([copies[name].to_numpy(), _column(new.get(name), len(rows), copies[name].dtype)])
		for name in copies
	}
	return pd.DataFrame(columns).infer_objects()


def _column(value: object, rows: int, dtype: Any) -> Any:
	values = value if isinstance(value, list) else [value] * rows
	return np.array(values, dtype=dtype if dtype.kind in "fbM" else object)


def _repeated(table: pd.DataFrame, twins: pd.Index) -> pd.DataFrame:
	"""A table of one customer once for each twin; names are plain objects."""
	rows = len(table)
	columns = {name: np.tile(_plain(table[name]), len(twins)) for name in table if name != "customer"}
	return pd.DataFrame({"customer": np.repeat(twins.to_numpy(), rows), **columns})


def _plain(values: pd.Series) -> Any:
	return values.to_numpy() if values.dtype.kind in "fbMiu" else values.to_numpy(dtype=object)


def _margin(sales: pd.DataFrame) -> float:
	"""Gross profit per unit of revenue over all that has a known cost; NaN where nothing has."""
	if "gross_profit" not in sales:
		return np.nan
	known = sales["gross_profit"].notna()
	revenue = float(sales.loc[known, "net_amount"].sum())
	return float(sales.loc[known, "gross_profit"].sum()) / revenue if revenue > 0 else np.nan


def _limited(profit: float) -> float:
	return float(np.clip(profit, -MAX_AMOUNT, MAX_AMOUNT))


def _company(sales: pd.DataFrame) -> str:
	"""With whom he last traded."""
	return str(sales.loc[sales["posting_date"].idxmax(), "company"]) if len(sales) else ""
