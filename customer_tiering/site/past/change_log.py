"""What the log of changes says about the past: who stood where on a day, who moved, and how long he stayed.

The log is read once; every question after that is answered in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.utils import now_datetime

from customer_tiering.site.database import bulk_reading, bulk_writing
from customer_tiering.site.past import webhooks
from customer_tiering.wording.texts import _

_COLUMNS = ("customer", "from_tier", "to_tier", "from_stage", "to_stage", "as_of")
_WHY = ("name", "score", "cause", "reference_doctype", "reference_name", "policy")
#: A row is told to other systems so long after it was written: by then all that was written before is there.
HELD_BACK = timedelta(minutes=1)
_AT_MOST = 1_000


@dataclass(frozen=True)
class Log:
	"""Changes up to a day, in the order in which they happened.

	Attributes:
		changes: ``customer``, ``from_tier``, ``to_tier``, ``from_stage``, ``to_stage`` (str, empty: none) and
			``as_of`` (datetime64, midnight).
	"""

	changes: pd.DataFrame

	@cached_property
	def begins(self) -> date | None:
		"""The first day of which the log tells; None: nothing was graded yet."""
		return None if self.changes.empty else self.changes["as_of"].min().date()

	def at(self, day: date) -> pd.DataFrame:
		"""Tier and stage of everyone at the close of a day: ``rung`` and ``stage``, empty: none, by customer.

		Who had not been graded by then is not in it.
		"""
		known = self.changes[self.changes["as_of"] <= pd.Timestamp(day)]
		last = known.drop_duplicates("customer", keep="last").set_index("customer")
		return last[["to_tier", "to_stage"]].set_axis(["rung", "stage"], axis=1)

	def between(self, after: date, until: date) -> pd.DataFrame:
		"""The changes after the close of one day, up to that of another."""
		day = self.changes["as_of"]
		return self.changes[(day > pd.Timestamp(after)) & (day <= pd.Timestamp(until))]

	def stays(self, of: str, until: date) -> pd.DataFrame:
		"""Every stay in a tier or stage that had begun by a day, one row each.

		Args:
			of: "tier" or "stage".
			until: the last day that is looked at.

		Returns:
			``customer``, ``state``, ``since`` (the day on which he came), ``left`` (the day on which he left;
			NaT: he is there still), ``next`` (where he went; empty while he is there), ``days`` (of the stay,
			up to ``until`` where it goes on).
		"""
		known = self.changes[self.changes["as_of"] <= pd.Timestamp(until)]
		# By customer, in order of their first changes: names take longer to sort than numbers.
		known = known.iloc[np.argsort(pd.factorize(known["customer"])[0], kind="stable")]
		customer, state = known["customer"].to_numpy(), known[f"to_{of}"].to_numpy()
		moved = np.ones(len(known), dtype=bool)
		moved[1:] = (customer[1:] != customer[:-1]) | (state[1:] != state[:-1])
		stays = pd.DataFrame(
			{"customer": customer[moved], "state": state[moved], "since": known["as_of"].to_numpy()[moved]}
		)
		goes_on = np.ones(len(stays), dtype=bool)
		goes_on[:-1] = stays["customer"].to_numpy()[1:] != stays["customer"].to_numpy()[:-1]
		stays["left"] = stays["since"].shift(-1).where(~goes_on)
		stays["next"] = stays["state"].shift(-1, fill_value="").where(~goes_on, "")
		end = stays["left"].fillna(pd.Timestamp(until))
		return stays.assign(days=(end - stays["since"]).dt.days)


def write(fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
	"""Add changes to the log, in the caller's transaction; webhooks on them run after it."""
	webhooks.announce(bulk_writing.insert("Tier Change", fields, rows))


def told_after(point: tuple[datetime, str], limit: int) -> dict[str, Any]:
	"""The changes that the session's user may see, in the order in which they were written.

	Args:
		point: a time, and the name of a row written then or an empty text.
		limit: how many at most, up to 1,000.

	Returns:
		``changes``, each with the columns of the log but its explanation; ``next``, the point to go on from.
		Asked again and again, it tells every change once, from a minute after it was written.
	"""
	if not 1 <= limit <= _AT_MOST:
		frappe.throw(_("Ask for 1 to {0} changes at a time.").format(f"{_AT_MOST:,}"))
	stamp, name = point
	rows = frappe.get_list(
		"Tier Change",
		fields=[*_COLUMNS, *_WHY, "creation"],
		filters=[["creation", ">=", stamp], ["creation", "<=", now_datetime() - HELD_BACK]],
		or_filters=[["creation", ">", stamp], ["name", ">", name]],
		order_by="creation asc, name asc",
		limit=limit,
	)
	stamp, name = (rows[-1].creation, rows[-1].name) if rows else point
	return {"changes": rows, "next": f"{stamp} {name}".strip()}


def read_log(until: date, customers: Sequence[str] | None = None, since: date | None = None) -> Log:
	"""The changes up to a day; see :class:`Log`.

	Args:
		until: the last day.
		customers: only these; None for everyone.
		since: the first day; None for all. :meth:`Log.at` needs all.
	"""
	table = DocType("Tier Change")
	query = frappe.qb.from_(table).where(table.as_of <= until)
	if since:
		query = query.where(table.as_of >= since)
	if customers is not None:
		query = query.where(table.customer.isin(customers))
	*names, as_of = (table[name] for name in _COLUMNS)
	*found, days, created = bulk_reading.read_columns(query, *names, bulk_reading.day(as_of), table.creation)
	shared: dict[Any, Any] = {None: ""}
	texts = [bulk_reading.shared(values, shared) for values in found]
	frame = pd.DataFrame(dict(zip(_COLUMNS, [*texts, bulk_reading.days(days)], strict=True)))
	return Log(frame.iloc[_in_order(frame["as_of"], created)].reset_index(drop=True))


def read_reasons(after: date, until: date, customers: Sequence[str] | None = None) -> pd.DataFrame:
	"""The changes of some days with all that is known of why, the oldest first.

	Returns:
		The columns of ``Log.changes``, and ``name``, ``score``, ``cause``, ``reference_doctype``,
		``reference_name``, ``policy``.
	"""
	table = DocType("Tier Change")
	query = frappe.qb.from_(table).where((table.as_of > after) & (table.as_of <= until))
	if customers is not None:
		query = query.where(table.customer.isin(customers))
	*found, created = bulk_reading.read_columns(
		query, *(table[name] for name in (*_COLUMNS, *_WHY)), table.creation
	)
	frame = pd.DataFrame(dict(zip((*_COLUMNS, *_WHY), found, strict=True)), dtype=object)
	for name in _COLUMNS[:-1]:
		frame[name] = frame[name].where(frame[name].notna(), "")
	frame["as_of"] = bulk_reading.days(frame["as_of"].tolist())
	return frame.iloc[_in_order(frame["as_of"], created)].reset_index(drop=True)


def _in_order(days: pd.Series, created: Sequence[Any]) -> np.ndarray:
	"""Positions by day, and within a day as they were written; texts of one length sort as the times do."""
	return np.lexsort((np.array(created, dtype="U26"), days.to_numpy()))
