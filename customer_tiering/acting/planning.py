"""One planning path: what is to be on a person's list, and what comes off it by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from customer_tiering.acting.signals import Signal, Standing, signals_of


@dataclass(frozen=True)
class FollowUp:
	"""One that is stored.

	Attributes:
		name: of its record.
		customer, reason, occasion: see :class:`~customer_tiering.acting.signals.Signal`.
		open: whether it is still to be done.
		not_before: the day to which it was put off; None: it was not.
		aside: whether somebody else has it by now: it no longer takes the room of another.
	"""

	name: str
	customer: str
	reason: str
	occasion: str
	open: bool = True
	not_before: date | None = None
	aside: bool = False


@dataclass(frozen=True)
class Plan:
	"""What is to be done to the follow-ups of one person.

	Attributes:
		opened: signals that get a follow-up, the one with most at stake first.
		kept: open follow-ups by name, and the signal as it is today.
		recovered: names of open follow-ups whose signal is there no more.
		waiting: how many more customers have a signal that finds no room today.
	"""

	opened: Sequence[Signal]
	kept: Mapping[str, Signal]
	recovered: Sequence[str]
	waiting: int


def plan(standings: Iterable[Standing], stored: Iterable[FollowUp], as_of: date, at_most: int) -> Plan:
	"""What one person's list is to hold on a day.

	There is at most one open follow-up per customer and reason. What was dealt with comes back only on
	another occasion. What is open stays until it is done or its signal is gone; new customers are taken up,
	those with most at stake first, while there are fewer than ``at_most`` on the list.

	Args:
		standings: of the customers whom he looks after.
		stored: all follow-ups of these customers, open or not.
		as_of: today.
		at_most: customers on a list; who is put off, or whom somebody else has, does not count.
	"""
	follow_ups = list(stored)
	open_ones = {(one.customer, one.reason): one for one in follow_ups if one.open}
	settled = {(one.customer, one.reason, one.occasion) for one in follow_ups if not one.open}
	kept: dict[str, Signal] = {}
	fresh: list[Signal] = []
	for standing in standings:
		for signal in signals_of(standing, as_of):
			known = open_ones.get((signal.customer, signal.reason))
			if known is not None:
				kept[known.name] = signal
			elif (signal.customer, signal.reason, signal.occasion) not in settled:
				fresh.append(signal)
	still = [one for one in open_ones.values() if one.name in kept]
	due = [one for one in still if one.not_before is None or one.not_before <= as_of]
	on_list = {one.customer for one in due if not one.aside}
	aside = {one.customer for one in still} - on_list
	opened, waiting = _taken_up(fresh, on_list, aside, at_most)
	recovered = [one.name for one in open_ones.values() if one.name not in kept]
	return Plan(opened, kept, recovered, waiting)


def _taken_up(
	fresh: list[Signal], on_list: set[str], aside: set[str], at_most: int
) -> tuple[list[Signal], int]:
	"""New signals of who is on the list, and of others while there is room; and how many find none."""
	opened: list[Signal] = []
	listed, waiting = set(on_list), set[str]()
	for signal in sorted(fresh, key=lambda one: (-one.stake, one.customer)):
		customer = signal.customer
		if customer in aside:
			continue  # put off, and left alone until then; or somebody else has him
		if customer in listed or len(listed) < at_most:
			listed.add(customer)
			opened.append(signal)
		else:
			waiting.add(customer)
	return opened, len(waiting)
