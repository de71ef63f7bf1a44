"""Where the customers that a reader may see stood on a day, and tables of where they went.

A state is the name of a tier or stage, or one of the two below. States are what filters and rows hold; people
read their labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from frappe.utils import formatdate

from customer_tiering.engine.stages import STAGES
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import UNRATED, Seen
from customer_tiering.reporting.showing import charts, sentences, tables
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.past import change_log
from customer_tiering.site.published import former_tiers
from customer_tiering.wording.labels import stage_label, tier_label
from customer_tiering.wording.texts import _

#: Graded, and without a tier; a filter cannot hold the empty text of the log, as that chooses nothing.
NO_TIER = "*unrated"
#: Not in the log by then.
UNGRADED = "*ungraded"


@dataclass(frozen=True)
class Between(Filters):
	"""Filters of a report that compares the close of two days: the first and the last of its filters."""

	@property
	def first(self) -> date:
		"""The first day whose documents lie between both closes."""
		return self.from_date + timedelta(days=1)


def read_log(seen: Seen[Any], until: date) -> change_log.Log:
	"""The log of these customers up to the close of a day."""
	log = change_log.read_log(until, seen.few)
	if seen.few is not None:
		return log
	mine = log.changes["customer"].isin(seen.names)
	return change_log.Log(log.changes[mine].reset_index(drop=True))


def at(seen: Seen[Any], log: change_log.Log, of: str, *days: date) -> list[pd.Series]:
	"""Each customer's state at the close of each of some days, in the order of ``seen.customers``.

	Args:
		seen: whose.
		log: what :func:`read_log` gave.
		of: "tier" or "stage".
		days: the earliest first.
	"""
	changes = log.changes
	who = pd.Index(seen.names, dtype=object).get_indexer(changes["customer"])
	empty = NO_TIER if of == "tier" else UNGRADED
	states = changes[f"to_{of}"].replace(UNRATED, empty).to_numpy(dtype=object)
	ends = np.searchsorted(changes["as_of"].to_numpy(), np.array(days, dtype="datetime64[s]"), side="right")
	held, found = np.full(len(seen.names), UNGRADED, dtype=object), []
	for start, end in pairwise([0, *ends.tolist()]):
		held[who[start:end]] = states[start:end]  # of several changes the last one stays
		found.append(pd.Series(held.copy()))
	return found


def stays(log: change_log.Log, of: str, until: date) -> pd.DataFrame:
	"""Every stay in a state, by customer and time, as :meth:`change_log.Log.stays` has it.

	With the state that he ``came_from``, and his ``days_before``: those of the stay in that one.
	"""
	found = log.stays(of, until)
	found["state"] = found["state"].replace(UNRATED, NO_TIER if of == "tier" else UNGRADED)
	same = found["customer"] == found["customer"].shift()
	came_from = found["state"].shift().where(same, UNGRADED)
	return found.assign(came_from=came_from, days_before=found["days"].shift().where(same))


def label(state: str, of: str) -> str:
	"""A state as the reader's language has it; ``of``: "tier" or "stage"."""
	if state == UNGRADED:
		return _("Not Graded Yet")
	if of == "stage":
		return stage_label(state)
	return tier_label(UNRATED if state == NO_TIER else state)


def labels(states: pd.Series, of: str) -> list[str]:
	"""The labels of many states."""
	words = {state: label(state, of) for state in states.unique()}
	return [words[state] for state in states]


def tiers(seen: Seen[Any], *held: pd.Series) -> list[str]:
	"""The policy's tiers from the highest down, then those that were held and it has no more, then none."""
	policy = [tier.name for tier in reversed(seen.policy.tiers)]
	found = {state for states in held for state in states.unique()}
	former = former_tiers.in_order(found - {*policy, NO_TIER, UNGRADED})
	return [*policy, *former, NO_TIER, UNGRADED]


def stages() -> list[str]:
	"""The stages in the order of a life, then none."""
	return [*STAGES, UNGRADED]


def not_told(log: change_log.Log, since: date) -> list[str]:
	"""A sentence where the log begins after a day, so that it cannot tell who stood where then."""
	if log.begins is None:
		return [
			_(
				"None of these customers has been graded yet. Customers are graded in the background; come back in a few minutes."  # noqa: E501 a sentence is translated whole
			)
		]
	if log.begins <= since:
		return []
	return [
		_(
			"The log of these customers begins on {0}, so at the close of {1} nobody was graded yet. Choose {0} or a later day as the first one."  # noqa: E501 a sentence is translated whole
		).format(sentences.bold(formatdate(log.begins)), sentences.bold(formatdate(since)))
	]


# -- from state to state ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
	"""Where everyone went: a row per state then, a column per state in the end.

	Attributes:
		report, view: the list that a cell opens, by the report's filters ``from_…`` and ``to_…``.
		of: "tier" or "stage": how these filters end.
		people: a row per customer: the states ``then`` and ``now``, and what is added up.
		value: the column that is added up.
		rows, columns: the states that are shown, in order; everyone's are among them.
		kind: Int, Currency, or Percent: each row's shares in what it adds up to.
	"""

	report: str
	view: str
	of: str
	people: pd.DataFrame
	value: str
	rows: Sequence[str]
	columns: Sequence[str]
	kind: str = "Int"

	@cached_property
	def sums(self) -> np.ndarray:
		"""The value by state then and now, shape (rows, columns)."""
		then, now = self._codes("then", self.rows), self._codes("now", self.columns)
		return self._added(then * len(self.columns) + now, len(self.rows) * len(self.columns)).reshape(
			len(self.rows), len(self.columns)
		)

	def data(self) -> tuple[pd.DataFrame, pd.DataFrame]:
		"""The rows, each with its ``total``, and the row of totals; totals are sums over the customers."""
		names = [f"to_{number}" for number in range(len(self.columns))]
		of_rows = self._added(self._codes("then", self.rows), len(self.rows))
		of_columns = self._added(self._codes("now", self.columns), len(self.columns))
		whole = np.array([tables.rounded(self.people[[self.value]]).to_numpy().sum()])
		rows = pd.DataFrame(self._cells(self.sums, of_rows), columns=names)
		total = pd.DataFrame(self._cells(of_columns[None, :], whole), columns=names)
		rows["total"], total["total"] = self._sums(of_rows), self._sums(whole)
		rows = rows.assign(then=list(self.rows), state=[label(state, self.of) for state in self.rows])
		return rows, total.assign(state=_("Total"))

	def shown(self, room: int = 840) -> list[Row]:
		"""The columns: the state then, one per state in the end, and the total."""
		least, most = (115, 135) if self.kind == "Currency" else (90, 110)
		width = max(least, min(most, room // (len(self.columns) + 1)))
		cells = [
			tables.column(
				f"to_{number}", charts.harmless(label(state, self.of)), self.kind, width,
				behind=self.behind(**{f"to_{self.of}": state}), heat=self._most_moved,
			)
			for number, state in enumerate(self.columns)
		]  # fmt: skip
		first = tables.column("state", _("From ↓ to →"), "Data", 130, pill="then")
		kind, name = ("Int", _("Customers")) if self.kind == "Percent" else (self.kind, _("Total"))
		return [first, *cells, tables.column("total", name, kind, max(width, 100), behind=self.behind())]

	def behind(self, **filters: Any) -> Row:
		"""The list behind a cell of a row."""
		return tables.behind(self.report, {f"from_{self.of}": "then"}, view=self.view, **filters)

	@property
	def _most_moved(self) -> float:
		"""The largest cell off the diagonal: who stayed would outshine all who moved."""
		if self.kind == "Percent":
			return 100.0
		off = np.array([[row != to for to in self.columns] for row in self.rows])
		return max(float((self.sums * off).max(initial=0)), 1.0)

	def _codes(self, name: str, states: Sequence[str]) -> np.ndarray:
		return pd.Index(states, dtype=object).get_indexer(self.people[name])

	def _added(self, codes: np.ndarray, size: int) -> np.ndarray:
		values = self.people[self.value].to_numpy(dtype=np.float64)
		return np.round(np.bincount(codes, values, size), tables.DECIMALS) + 0.0

	def _cells(self, sums: np.ndarray, wholes: np.ndarray) -> np.ndarray:
		if self.kind == "Percent":
			return np.round(sums / np.where(wholes > 0, wholes, np.nan)[:, None] * 100, 1)
		return self._sums(sums)

	def _sums(self, sums: np.ndarray) -> np.ndarray:
		return sums if self.kind == "Currency" else sums.astype(int)
