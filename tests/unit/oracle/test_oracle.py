"""The engine and the oracle agree on every column of small random worlds.

``ORACLE_CASES`` says how many worlds, ``ORACLE_FIRST`` with which one it begins. A failure names its world.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import oracle_worlds as worlds
import pandas as pd
import pytest
from oracle import grade
from oracle_points import Cuts, Row, World

from customer_tiering.engine import Facts, Policy, PolicyError, evaluate

CASES = int(os.environ.get("ORACLE_CASES", "300"))
FIRST = int(os.environ.get("ORACLE_FIRST", "0"))
PORTION = 25  # worlds of one test
SALES = ("customer", "document", "company", "posting_date", "net_amount", "is_return")
TRAITS = ("customer", "customer_group", "territory", "customer_type", "disabled")
DATES = (
	"as_of", "tier_since", "earned_since", "below_since", "falls_on", "opening_tier_since",
	"opening_earned_since", "opening_below_since", "override_until", "rises_on", "opening_as_of",
)  # fmt: skip


def sales_frame(world: World) -> pd.DataFrame:
	"""The documents with a time of day, and their columns of one type or another that a source may give."""
	frame = pd.DataFrame(world.sales, columns=[*SALES, *world.columns])
	frame["posting_date"] = pd.to_datetime(frame["posting_date"]) + pd.Timedelta(hours=23)
	types = {"net_amount": float, "is_return": bool, "gross_profit": float}
	types |= {"is_purchase": (object, float, "boolean")[len(frame) % 3]}
	types |= {"return_against": (object, "string", "category")[len(frame) // 3 % 3]}
	if len(frame) % 2:
		types |= {"customer": "category", "company": "category"}
	if "return_against" in frame and frame["return_against"].isna().all():
		types["return_against"] = float  # as a file with an empty column is read
	return frame.astype({name: kind for name, kind in types.items() if name in frame})


def facts(world: World) -> Facts:
	customers, pipeline = None, None
	if world.customers is not None:
		customers = pd.DataFrame(world.customers, columns=list(TRAITS)).astype({"disabled": bool})
	if world.pipeline:
		pipeline = pd.DataFrame(world.pipeline)
		pipeline[["opened", "closed"]] = pipeline[["opened", "closed"]].apply(pd.to_datetime)
		pipeline["closed"] += pd.Timedelta(hours=9)
		pipeline["opened"] += pd.Timedelta(hours=8)
	return Facts(sales_frame(world), customers, pipeline, world.parents)


def previous_frame(rows: dict[str, Row]) -> pd.DataFrame | None:
	if not rows:
		return None
	frame = pd.DataFrame(list(rows.values()))
	dated = [name for name in DATES if name in frame]
	frame[dated] = frame[dated].apply(pd.to_datetime)
	return frame


def plain(value: Any) -> Any:
	"""A cell as the oracle writes it."""
	if value is None or value is pd.NaT or value != value:
		return None
	return value.date() if isinstance(value, pd.Timestamp) else value


def differences(got: pd.DataFrame, expected: dict[str, Row]) -> list[str]:
	rows = {
		row["customer"]: {key: plain(value) for key, value in row.items()} for row in got.to_dict("records")
	}
	if list(rows) != list(expected):
		return [f"customers: engine {list(rows)}, oracle {list(expected)}"]
	if rows and list(got) != list(next(iter(expected.values()))):
		return [f"columns: engine {list(got)}, oracle {list(next(iter(expected.values())))}"]
	return [
		f"{name}, {column}: engine {rows[name][column]!r}, oracle {value!r}"
		for name, row in expected.items()
		for column, value in row.items()
		if rows[name][column] != value
	]


class Case:
	"""One random world; every evaluation of it is made twice and compared."""

	def __init__(self, seed: int) -> None:
		self.rng = rng = Random(seed)
		self.seed = seed
		self.as_of = date(2024, 1, 1) + timedelta(rng.randint(0, 700))
		if rng.random() < 0.7:
			self.as_of = rng.choice(worlds.DAYS)
		self.world = worlds.a_world(rng, self.as_of)
		self.data, self.policy = self._policy()

	def _policy(self) -> tuple[Row, Policy]:
		for _ in range(20):
			data = worlds.a_policy(self.rng, self.world, self.as_of)
			with suppress(PolicyError):  # a floor above a cap, or limits of stages in the wrong order
				return data, Policy.from_dict(data)
		raise AssertionError(f"world {self.seed} has no policy")

	def agree(
		self, world: World, as_of: date, previous: dict[str, Row] | None = None, given: Cuts | None = None
	) -> tuple[dict[str, Row], Cuts]:
		result = evaluate(facts(world), self.policy, as_of, previous_frame(previous or {}), given)
		expected, cuts = grade(world, self.data, as_of, previous, given)
		found = differences(result.scores, expected)
		if result.cut_points != cuts:
			found.append(f"cut points: engine {result.cut_points}, oracle {cuts}")
		if found:
			about = (f"policy {self.data}", f"previous {previous}", str(world))
			pytest.fail("\n".join((f"world {self.seed} as of {as_of}", *found, *about)), pytrace=False)
		return expected, cuts

	def past(self, as_of: date) -> dict[str, Row] | None:
		return worlds.a_past(self.rng, as_of, self.data) if self.rng.random() < 0.7 else None

	def once(self) -> None:
		self.agree(self.world, self.as_of, self.past(self.as_of))

	def by_cut_points(self) -> None:
		"""By the cut points of everyone: one customer alone, and all of them later."""
		rows, cuts = self.agree(self.world, self.as_of)
		for name in self.rng.sample(list(rows), min(1, len(rows))):
			own, _ = self.agree(alone(self.world, name), self.as_of, None, cuts)
			assert own[name] == rows[name], f"world {self.seed}"
		later = self.as_of + timedelta(self.rng.choice((0, 1, 30)))
		world = worlds.changed(self.rng, self.world)
		self.agree(world, later, self.past(later), cuts)

	def a_year(self, evaluations: int = 8, steps: tuple[int, ...] = (0, 1, 1, 10, 30, 60)) -> None:
		"""Each day's result is what the next one goes on from, and now and then something changes."""
		rng, world = self.rng, self.world
		day, previous = self.as_of - timedelta(200), {}
		for _ in range(evaluations):
			rows, _ = self.agree(world, day, previous)
			previous = {name: {**row, "as_of": day} for name, row in rows.items()}
			for row in previous.values():
				row |= worlds.overrides(rng, day, self.data) if rng.random() < 0.1 else worlds.NO_OVERRIDE
			moves = [row[key] for row in rows.values() for key in ("falls_on", "rises_on") if row[key]]
			told = min(moves, default=day) > day and rng.random() < 0.5 and len(steps) > 1
			day = min(moves) if told else day + timedelta(rng.choice(steps))
			world = worlds.changed(rng, world) if rng.random() < 0.3 else world


def alone(world: World, name: str) -> World:
	"""What the facts say about one customer."""
	customers = world.customers
	return replace(
		world,
		sales=[row for row in world.sales if row["customer"] == name],
		customers=None if customers is None else [row for row in customers if row["customer"] == name],
		pipeline=[row for row in world.pipeline if row["customer"] == name],
	)


def run(seed: int) -> None:
	case = Case(seed)
	if seed % 20 == 0:
		case.a_year()
	elif seed % 5 == 1:
		case.by_cut_points()
	else:
		case.once()


@pytest.mark.parametrize("first", range(FIRST, FIRST + CASES, PORTION))
def test_the_engine_says_what_the_page_says(first: int) -> None:
	for seed in range(first, min(first + PORTION, FIRST + CASES)):
		run(seed)
