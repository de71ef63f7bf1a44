"""Grades on the site: read what is held, write what differs, log what changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.utils import now

from customer_tiering.engine import Evaluation
from customer_tiering.setup import GRADE_FIELDS

STATE = (
	"tier", "tier_since", "score", "lifecycle_stage", "rfm_segment",
	"earned_tier", "earned_since", "below_since", "falls_on", "falls_to",
	"recency_score", "frequency_score", "monetary_score",
	"first_purchase", "last_purchase", "purchases", "purchase_amount",
)  # fmt: skip
OPENING = (
	"opening_tier", "opening_tier_since", "opening_earned_tier", "opening_earned_since", "opening_below_since",
)  # fmt: skip
OVERRIDE = ("override_tier", "override_mode", "override_until", "override_reason")
_BOOKKEEPING = ("name", "customer", "modified", "as_of", "policy")
_AT_ONCE = 1000


@dataclass(frozen=True)
class Reason:
	"""Why a customer was graded: a cause of Tier Change, and the document behind it."""

	cause: str
	doctype: str | None = None
	name: str | None = None


def read(customers: Sequence[str] | None = None) -> pd.DataFrame:
	"""What is held, a row per customer, as ``evaluate`` takes it. None: of everyone.

	A merge leaves two rows for one customer. The one that counts has an override, else the better score; the
	others are listed in ``attrs["surplus"]``, to be deleted by the next write.
	"""
	table = DocType("Customer Score")
	columns = [*_BOOKKEEPING, *STATE, *OPENING, *OVERRIDE]
	query = frappe.qb.from_(table).select(*(table[column] for column in columns))
	if customers is not None:
		query = query.where(table.customer.isin(customers))
	frame = pd.DataFrame(query.run(as_list=True), columns=columns, dtype=object)
	surplus: list[str] = []
	if frame["customer"].duplicated().any():
		order = frame.assign(_own=frame["override_tier"].isna()).sort_values(
			["customer", "_own", "score", "name"], ascending=[True, True, False, True]
		)
		extra = order["customer"].duplicated()
		surplus = order.loc[extra, "name"].tolist()
		frame = frame[~frame["name"].isin(surplus)].reset_index(drop=True)
	frame.attrs["surplus"] = surplus
	return frame


def differing(evaluation: Evaluation, held: pd.DataFrame) -> np.ndarray:
	"""Which rows of the evaluation say anything else than what is held, shape (customers,)."""
	scores = evaluation.scores
	before = held.set_index("customer").reindex(scores["customer"])
	differs = before["name"].isna().to_numpy()
	for column in STATE:
		differs |= ~_equal(scores[column], before[column])
	return differs


def write(
	evaluation: Evaluation,
	held: pd.DataFrame,
	policy: str,
	reasons: Mapping[str, Reason],
	default: Reason,
	rows: np.ndarray | None = None,
) -> int:
	"""Write the rows that differ, and log those whose tier or stage changed. The caller commits.

	Args:
		evaluation: new grades.
		held: what :func:`read` gave for the same customers.
		policy: name of the Tiering Policy.
		reasons: why each customer is graded; ``default`` for those not in it.
		default: see ``reasons``.
		rows: positions in ``evaluation.scores`` to write; by default all that differ.

	Returns:
		How many customers were written.
	"""
	if held.attrs["surplus"]:
		frappe.db.delete("Customer Score", {"name": ("in", held.attrs["surplus"])})
	rows = np.flatnonzero(differing(evaluation, held)) if rows is None else rows
	if not len(rows):
		return 0
	scores = evaluation.scores.iloc[rows]
	names = dict(zip(held["customer"], held["name"], strict=True))
	values = _plain(scores[[*STATE, *OPENING]])
	customers = scores["customer"].tolist()
	breakdowns = dict(zip(customers, breakdown(evaluation, rows), strict=True))
	common = {"as_of": evaluation.as_of, "policy": policy}
	new = {
		customer: {**row, **common, "customer": customer, "breakdown": breakdowns[customer], **_numbers(row)}
		for customer, row in zip(customers, values, strict=True)
	}
	_log_changes(evaluation, new, held, policy, reasons, default)
	_insert("Customer Score", [row for customer, row in new.items() if customer not in names])
	known = {names[customer]: row for customer, row in new.items() if customer in names}
	frappe.db.bulk_update("Customer Score", known, modified=now(), modified_by=frappe.session.user)
	_write_customers(new)
	return len(rows)


def breakdown(evaluation: Evaluation, rows: np.ndarray) -> list[str]:
	"""Each rule's value and points as compact JSON, per chosen row; the full account is ``explain``'s."""
	rules = [one for one in evaluation.scored if one.points is not None]
	table = [
		[
			(one.rule.name, _number(value), _number(points)) if inside else None
			for value, points, inside in zip(
				one.values[rows], one.points[rows], one.in_scope[rows], strict=True
			)
		]
		for one in rules
	]
	return [
		json.dumps(
			{cell[0]: {"value": cell[1], "points": cell[2]} for cell in row if cell}, ensure_ascii=False
		)
		for row in zip(*table, strict=True)
	]


def forget_cached(customers: Iterable[str]) -> None:
	"""Drop customers from the document cache, once their new grades are committed."""
	try:
		frappe.cache.delete_value([frappe.get_document_cache_key("Customer", name) for name in customers])
	except Exception:
		frappe.logger("customer_tiering").exception("could not clear the document cache")


def _log_changes(
	evaluation: Evaluation,
	new: Mapping[str, Mapping[str, Any]],
	held: pd.DataFrame,
	policy: str,
	reasons: Mapping[str, Reason],
	default: Reason,
) -> None:
	changes = evaluation.changes[evaluation.changes["customer"].isin(new)]
	graded = set(held["customer"])
	before = _breakdowns([c for c in changes["customer"] if c in graded])
	log = []
	for change in _plain(changes):
		customer = change["customer"]
		reason = reasons.get(customer, default if customer in graded else Reason("First Grade"))
		log.append(
			{
				**change,
				**_numbers(change),
				"as_of": evaluation.as_of,
				"cause": reason.cause,
				"reference_doctype": reason.doctype,
				"reference_name": reason.name,
				"policy": policy,
				"explanation": json.dumps(
					{
						"before": json.loads(before.get(customer) or "{}"),
						"after": json.loads(new[customer]["breakdown"]),
					},
					ensure_ascii=False,
				),
			}
		)
	_insert("Tier Change", log)


def _breakdowns(customers: list[str]) -> dict[str, str]:
	found: dict[str, str] = {}
	for start in range(0, len(customers), _AT_ONCE):
		found |= dict(
			frappe.get_all(
				"Customer Score",
				filters={"customer": ("in", customers[start : start + _AT_ONCE])},
				fields=["customer", "breakdown"],
				as_list=True,
				order_by=None,
			)
		)
	return found


def _insert(doctype: str, rows: Sequence[Mapping[str, Any]]) -> None:
	if not rows:
		return
	stamp, user = now(), frappe.session.user
	fields = list(rows[0])
	frappe.db.bulk_insert(
		doctype,
		["name", "creation", "modified", "owner", "modified_by", *fields],
		(
			(frappe.generate_hash(length=20), stamp, stamp, user, user, *(row[field] for field in fields))
			for row in rows
		),
		chunk_size=_AT_ONCE,
	)


def _write_customers(new: Mapping[str, Mapping[str, Any]]) -> None:
	"""The grade on the Customer, where it differs; ``modified`` stays, so that open forms can be saved."""
	table, names = DocType("Customer"), list(new)
	stored: dict[str, tuple[Any, ...]] = {}
	for start in range(0, len(names), _AT_ONCE):
		query = frappe.qb.from_(table).select(table.name, *(table[field] for field in GRADE_FIELDS))
		for name, *values in query.where(table.name.isin(names[start : start + _AT_ONCE])).run(as_list=True):
			stored[name] = tuple(values)
	updates = {}
	for name, row in new.items():
		grade = {field: row[column] for field, column in GRADE_FIELDS.items()}
		if name in stored and stored[name] != tuple(grade.values()):
			updates[name] = grade
	frappe.db.bulk_update("Customer", updates, update_modified=False)
	if updates:
		frappe.db.after_commit.add(lambda: forget_cached(updates))


def _equal(new: pd.Series, old: pd.Series) -> np.ndarray:
	"""Element by element, with all kinds of empty alike, and dates and numbers by value."""
	if pd.api.types.is_datetime64_any_dtype(new):
		a = new.to_numpy().astype("datetime64[D]")
		b = pd.to_datetime(old).to_numpy().astype("datetime64[D]")
		return (a == b) | (np.isnat(a) & np.isnat(b))
	if pd.api.types.is_numeric_dtype(new):
		# A number has no empty on a site: what is undefined is stored as 0.
		a, b = np.nan_to_num(new.to_numpy(dtype=float)), np.nan_to_num(old.astype(float).to_numpy())
		return np.abs(a - b) < 1e-6
	a, b = new.to_numpy(dtype=object), old.to_numpy(dtype=object)
	return (a == b) | (pd.isna(a) & pd.isna(b))


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
	"""The score of the unrated as a Float field holds it."""
	return {"score": row["score"] or 0.0}


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
	"""Rows as dicts of what a database takes: None for every empty, dates without a time."""
	columns = {}
	for name in frame:
		values = frame[name].astype(object)
		columns[name] = [_value(value) for value in values]
	return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _value(value: Any) -> Any:
	if value is None or value is pd.NaT or value != value:
		return None
	if isinstance(value, (pd.Timestamp, datetime)):
		return value.date()
	if isinstance(value, np.datetime64):
		return pd.Timestamp(value).date()
	if isinstance(value, np.generic):
		return value.item()
	return value if isinstance(value, (str, int, float, date)) else str(value)


def _number(value: float) -> float | None:
	return None if value != value else round(float(value), 4)
