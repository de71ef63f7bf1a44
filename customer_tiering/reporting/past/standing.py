"""Where the reader's customers stand, month by month, and who moved: for the workspace and the review mail.

Whoever sees everyone reads the monthly snapshots. From whom customers are kept, gets the same figures of his
own customers, worked out from the log and their documents; so nobody learns a total that counts others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import frappe
import pandas as pd
from babel.dates import format_skeleton

from customer_tiering.engine import Policy
from customer_tiering.reporting.choosing import reader
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import UNRATED, Seen
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import state
from customer_tiering.site.past import change_log, snapshots
from customer_tiering.site.published import former_tiers
from customer_tiering.site.reading import currency

#: Stages of customers who are about to be lost, while they still bring something.
MONTHS = 12
_FIGURES = ("customers", "revenue", "month_revenue")
_COLUMNS = ("month", "as_of", *snapshots.KEYS, *_FIGURES)


@dataclass(frozen=True)
class Standing:
	"""Customers and revenue per tier and stage, at the end of each month.

	Attributes:
		ladder: the published policy's tiers, from the highest down.
		currency: of every amount.
		months: the oldest first: ``month`` (its first day), ``as_of``, ``tier`` and ``lifecycle_stage``
			(empty: none), ``customers``, ``revenue`` (of 365 days) and ``month_revenue``. Revenue is NaN
			where working it out would take too long.
	"""

	ladder: list[str]
	currency: str
	months: pd.DataFrame

	@property
	def top(self) -> list[str]:
		"""The top tiers: the upper half of the ladder; of an odd number, without the middle one."""
		return self.ladder[: max(1, len(self.ladder) // 2)]

	@property
	def as_of(self) -> date | None:
		"""The last day that is known; None: nobody was graded yet."""
		return None if self.months.empty else self.months["as_of"].iloc[-1]

	@property
	def rungs(self) -> list[str]:
		"""The ladder, then tiers that were held and are no longer in it, then none, if there are such."""
		held = set(self.months["tier"])
		former = former_tiers.in_order(held - set(self.ladder) - {UNRATED})
		return [*self.ladder, *former, *([UNRATED] if UNRATED in held else [])]

	def of(self, month: date) -> pd.DataFrame:
		"""The rows of a month, by its first day."""
		return self.months[self.months["month"] == month]

	def at(self, months_ago: int = 0) -> pd.DataFrame:
		"""The rows of the last month, or of one before it; empty where that one was not kept."""
		if self.months.empty:
			return self.months
		month = self.months["month"].iloc[-1]
		for _month in range(months_ago):
			month = (month - timedelta(days=1)).replace(day=1)
		return self.of(month)

	def had_other_tiers(self, months_ago: int) -> bool:
		"""Whether customers held tiers then that are not in the ladder: nothing compares with today's."""
		return bool(set(self.at(months_ago)["tier"]) - {*self.ladder, UNRATED})

	def in_top(self, rows: pd.DataFrame, stages: Collection[str] | None = None) -> pd.DataFrame:
		"""Those rows of customers in the top tiers, and in some stages."""
		found = rows[rows["tier"].isin(self.top)]
		return found if stages is None else found[found["lifecycle_stage"].isin(stages)]


def read_standing(until: date, months: int = MONTHS, at_once: bool = True) -> Standing | None:
	"""The reader's months up to a day; None: nothing is published.

	Args:
		until: the last day.
		months: how many before its own.
		at_once: somebody waits. Then nobody's documents are scanned, and of a reader with many customers of
			his own only how many there are now is told.

	Raises:
		frappe.PermissionError: the reader may not see customers.
	"""
	current = state.published()
	if current is None:
		return None
	ends = month_ends(until, months)
	if permissions.sees_everyone():
		found = snapshots.read_snapshots(ends[0], until)[list(_COLUMNS)]
	else:
		found = _own(current.policy, ends, at_once)
	ladder = [tier.name for tier in reversed(current.policy.tiers)]
	return Standing(ladder, currency.reporting_currency(current.policy), found)


def month_ends(until: date, months: int) -> list[date]:
	"""The last days of some months before a day, and that day."""
	ends = [until]
	for _month in range(months):
		ends.insert(0, ends[0].replace(day=1) - timedelta(days=1))
	return ends


def month_name(month: date, skeleton: str = "yMMM") -> str:
	"""Month and year as the reader's language writes them: Nov 2026, 2026年11月; with ``yMMMM`` in full."""
	return str(format_skeleton(skeleton, month, locale=(frappe.local.lang or "en").replace("-", "_")))


def _own(policy: Policy, ends: Sequence[date], at_once: bool) -> pd.DataFrame:
	seen = reader.read_seen(policy, Filters(ends[0].replace(day=1), ends[-1]))
	if at_once and seen.few is None:
		return _counted(seen, ends[-1])
	changes = change_log.read_log(ends[-1], seen.few).changes
	log = change_log.Log(changes[changes["customer"].isin(seen.names)])
	sales = seen.sales(ends[0] - timedelta(days=snapshots.YEAR - 1), ends[-1])
	parts = [_tally(log.at(end), sales, end) for end in ends]
	return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _tally(held: pd.DataFrame, sales: pd.DataFrame, end: date) -> pd.DataFrame:
	"""What a snapshot at the end of a day would have kept of some customers."""
	day, month = sales["posting_date"], pd.Timestamp(end.replace(day=1))
	last = pd.Timestamp(end)
	year = sales[(day > last - pd.Timedelta(days=snapshots.YEAR)) & (day <= last)]
	amounts = {"revenue": year, "month_revenue": year[year["posting_date"] >= month]}
	each = pd.DataFrame(
		{
			"tier": held["rung"],
			"lifecycle_stage": held["stage"],
			"customers": 1,
			**{
				name: part.groupby("customer")["net_amount"].sum().reindex(held.index, fill_value=0.0)
				for name, part in amounts.items()
			},
		}
	)
	return _summed(each, end)


def _counted(seen: Seen[Filters], end: date) -> pd.DataFrame:
	"""How many customers there are now; their revenue would take a scan of everyone's documents."""
	frame = seen.customers
	each = pd.DataFrame(
		{"tier": frame["rung"], "lifecycle_stage": frame["stage"], "customers": 1, "revenue": float("nan")}
	)
	return _summed(each.assign(month_revenue=float("nan")), end)


def _summed(each: pd.DataFrame, end: date) -> pd.DataFrame:
	keys = list(snapshots.KEYS)
	sums = each.groupby(keys, as_index=False)[list(_FIGURES)].sum(min_count=1)
	sums = sums.assign(month=end.replace(day=1), as_of=end)[list(_COLUMNS)]
	return sums.round({name: 2 for name in _FIGURES[1:]})


# -- who moved --------------------------------------------------------------------------------------


def moves(after: date, until: date) -> pd.DataFrame:
	"""The reader's customers who came to another tier between the close of two days.

	Returns:
		``customer``, ``from_tier``, ``to_tier``; whoever came back in between is not in it, nor who was
		deleted since.
	"""
	log = change_log.read_log(until, since=after + timedelta(days=1))
	first = log.changes.drop_duplicates("customer").set_index("customer")["from_tier"]
	last = log.changes.drop_duplicates("customer", keep="last").set_index("customer")["to_tier"]
	found = pd.DataFrame({"from_tier": first, "to_tier": last}).reset_index(names="customer")
	found = found[found["from_tier"] != found["to_tier"]]
	return found[found["customer"].isin(_readable(found["customer"].tolist()))].reset_index(drop=True)


def _readable(customers: list[str]) -> set[str]:
	"""Those whom the reader may see."""
	if not customers:
		return set()
	if permissions.sees_everyone():
		filters = {"name": ("in", customers)}
		return set(frappe.get_all("Customer", filters=filters, pluck="name", order_by=None))
	current = state.published()
	today = state.today()
	return set(reader.read_seen(current.policy, Filters(today, today)).names) if current else set()


def rising(found: pd.DataFrame, ladder: Sequence[str]) -> pd.Series:
	"""For each move, above zero: up the ladder; below: down; zero: from or to no tier of the policy."""
	rank = {tier: len(ladder) - place for place, tier in enumerate(ladder)}
	before, after = (found[name].map(rank) for name in ("from_tier", "to_tier"))
	return (after - before).fillna(0).astype(int)
