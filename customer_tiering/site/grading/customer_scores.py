"""Grades on the site: read what is held, write what differs, log what changed.

What is to be written goes through a :class:`Batch`, which any worker can write: it holds the grades and what
was held when they were worked out, so that whoever writes it sees which customers have moved on since.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import compress
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.utils import now
from pypika.terms import Field, Term, ValueWrapper

from customer_tiering.engine import Evaluation
from customer_tiering.engine.ladder import Held
from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.access import companies
from customer_tiering.site.customers import existing, merged, shown
from customer_tiering.site.database import bulk_reading, bulk_writing
from customer_tiering.site.grading import differences, forecasts, state
from customer_tiering.site.grading.outbox import Reason
from customer_tiering.site.past import change_log
from customer_tiering.site.withstanding.log import note

STATE = (
	"tier", "tier_since", "score", "lifecycle_stage", "rfm_segment",
	"earned_tier", "earned_since", "below_since", "climbing", "falls_on", "falls_to", "rises_on", "rises_to",
	"recency_score", "frequency_score", "monetary_score",
	"first_purchase", "last_purchase", "purchases", "purchase_amount", "year_revenue",
)  # fmt: skip
#: What is foreseen of a customer, in steps. It moves with time alone, and makes no new grade.
FORECAST = ("chance_to_buy", "expected_purchases", "expected_value")
OPENING = (
	"opening_tier", "opening_tier_since", "opening_earned_tier", "opening_earned_since",
	"opening_below_since", "opening_climbing", "opening_as_of",
)  # fmt: skip
OVERRIDE = ("override_tier", "override_mode", "override_until", "override_reason")
#: What is held, as :func:`read_held` gives it.
FIELDS = ("name", "customer", "modified", "as_of", *STATE, *FORECAST, *OPENING, *OVERRIDE)
#: What a batch holds of each customer.
STORED = (*STATE, *FORECAST, *OPENING)
_DATES = {"as_of", "override_until", "first_purchase", "last_purchase"} | {
	name for name in (*STATE, *OPENING) if name.endswith(("_since", "_on", "_as_of"))
}
_NUMBERS = {
	"score", "recency_score", "frequency_score", "monetary_score", "purchases", "purchase_amount",
	"year_revenue", *FORECAST,
}  # fmt: skip


@dataclass(frozen=True)
class Batch:
	"""Grades of some customers, with all that is needed to write them.

	Attributes:
		scores: rows of the evaluation: ``customer`` and all that is stored.
		changes: those of the evaluation's changes that are about these customers.
		held: ``name`` and ``modified`` of what was held for each row, both None where nothing was.
		graded: which rows have another grade than what is held, or are the first; of the others only what is
			foreseen differs. Shape (rows,).
		breakdowns: each row's :func:`breakdown`.
		policy: name of the Tiering Policy.
		reasons: why each customer is graded; ``default`` for those not in it.
	"""

	as_of: date
	policy: str
	scores: pd.DataFrame
	changes: pd.DataFrame
	held: list[tuple[str | None, Any]]
	graded: np.ndarray
	breakdowns: list[str]
	reasons: Mapping[str, Reason]
	default: Reason

	def __len__(self) -> int:
		return len(self.scores)

	@property
	def customers(self) -> list[str]:
		"""Whom it is about, in order."""
		return self.scores["customer"].tolist()

	def of(self, customers: Collection[str]) -> Batch:
		"""The rows of some customers."""
		if len(customers) == len(self):
			return self
		return self.only(self.scores["customer"].isin(customers).to_numpy())

	def only(self, chosen: np.ndarray) -> Batch:
		"""The chosen rows of it, by a mask."""
		scores = self.scores[chosen]
		return replace(
			self,
			scores=scores,
			changes=self.changes[self.changes["customer"].isin(scores["customer"])],
			held=list(compress(self.held, chosen)),
			graded=self.graded[chosen],
			breakdowns=list(compress(self.breakdowns, chosen)),
		)


def read_held(customers: Sequence[str] | None = None, as_of: date | None = None) -> pd.DataFrame:
	"""What is held, a row per customer, as ``evaluate`` takes it.

	Args:
		customers: whose; None: everyone's.
		as_of: the day of the evaluation that it is for, by default today: of the rows that a merge leaves one
			customer, it tells which counts. The next :func:`write` then sees to the others.
	"""
	held = read_fields(FIELDS, customers)
	if held["customer"].duplicated().any() and (current := state.published()):
		return merged.one_each(held, current.policy, as_of or state.today())
	return held


def read_fields(names: Sequence[str], customers: Sequence[str] | None = None) -> pd.DataFrame:
	"""Some of ``FIELDS`` as they are stored, a row per Customer Score: a customer merged just now has two.

	Dates are datetime64, numbers float64, all else objects, None where it is empty. None: of everyone.
	"""
	table = DocType("Customer Score")
	query = frappe.qb.from_(table)
	if customers is not None:
		query = query.where(bulk_reading.OneOf(table.customer, customers))
	found = bulk_reading.read_columns(query, *(_term(table[name]) for name in names))
	arrays = {name: _column(name, values) for name, values in zip(names, found, strict=True)}
	return pd.DataFrame(arrays, copy=False)


def _term(field: Field) -> Term:
	if field.name in _DATES:
		return bulk_reading.day(field)
	return bulk_reading.stamp(field) if field.name == "modified" else field


def _column(name: str, values: list[Any]) -> np.ndarray:
	if name in _DATES:
		return bulk_reading.days(values)
	return np.array(values, dtype=np.float64 if name in _NUMBERS else object)


def differing(evaluation: Evaluation, held: pd.DataFrame) -> np.ndarray:
	"""Which rows of the evaluation say anything else than what is held, shape (customers,)."""
	scores = forecasts.in_steps(evaluation.scores)
	return differences.differs(scores, _aligned(evaluation, held), (*STATE, *FORECAST))


def _aligned(evaluation: Evaluation, held: pd.DataFrame) -> Held:
	return Held(held, pd.Index(evaluation.scores["customer"], dtype=object))


def write(
	evaluation: Evaluation,
	held: pd.DataFrame,
	policy: str,
	reasons: Mapping[str, Reason],
	default: Reason,
) -> int:
	"""Write the rows that differ, and log those whose tier or stage changed. The caller commits.

	Args:
		evaluation: new grades.
		held: what :func:`read_held` gave for the same customers.
		policy: name of the Tiering Policy.
		reasons: why each customer is graded; ``default`` for those not in it.
		default: see ``reasons``.

	Returns:
		How many customers were written.
	"""
	merged.settle(held)
	everyone = max(len(evaluation.scores), 1)
	return sum(map(save, batches(evaluation, held, policy, reasons, default, everyone)))


def delete_orphans(held: pd.DataFrame, everyone: Evaluation) -> None:
	"""Delete the scores of those who are no customers, or are not called so; left by an older version."""
	nobody = ~held["customer"].isin(everyone.scores["customer"])
	if nobody.any():
		frappe.db.delete("Customer Score", {"name": ("in", held.loc[nobody, "name"].tolist())})


def batches(
	evaluation: Evaluation,
	held: pd.DataFrame,
	policy: str,
	reasons: Mapping[str, Reason],
	default: Reason,
	size: int,
) -> Iterator[Batch]:
	"""The rows that differ from what is held, in batches; for the arguments see :func:`write`."""
	aligned, stored = _aligned(evaluation, held), forecasts.in_steps(evaluation.scores)
	graded = (
		differences.differs(stored, aligned, STATE)
		| differences.shows_other(stored, aligned)
		| differences.is_of_another_month(evaluation, aligned)
	)
	positions = np.flatnonzero(graded | differences.differs(stored, aligned, FORECAST))
	names, stamps = aligned.objects("name"), aligned.objects("modified")
	changed = evaluation.changes["customer"].to_numpy(dtype=object)
	for start in range(0, len(positions), size):
		chunk = positions[start : start + size]
		scores = stored.iloc[chunk][["customer", *STORED]]
		customers = scores["customer"].tolist()
		# Both run in order of customer.
		low, high = np.searchsorted(changed, customers[0]), np.searchsorted(changed, customers[-1], "right")
		changes = evaluation.changes.iloc[low:high]
		yield Batch(
			evaluation.as_of,
			policy,
			scores,
			changes[changes["customer"].isin(customers)],
			list(zip(names[chunk], stamps[chunk], strict=True)),
			graded[chunk],
			_breakdowns_of_graded(evaluation, chunk, graded[chunk]),
			{customer: reasons[customer] for customer in customers if customer in reasons},
			default,
		)


def unchanged(batch: Batch) -> Batch:
	"""Without the customers that were graded, renamed or deleted since the batch was worked out."""
	table, score = DocType("Customer"), DocType("Customer Score")
	query = (
		frappe.qb.from_(table)
		.left_join(score)
		.on(score.customer == table.name)
		.where(bulk_reading.OneOf(table.name, batch.customers))
	)
	names, *held = bulk_reading.read_columns(
		query, table.name, score.name, bulk_reading.stamp(score.modified)
	)
	now_held = dict(zip(names, zip(*held, strict=True), strict=True))
	same = [
		now_held.get(customer) == then for customer, then in zip(batch.customers, batch.held, strict=True)
	]
	return batch if all(same) else batch.only(np.array(same, dtype=bool))


def save(batch: Batch) -> int:
	"""Write a batch; gives how many customers were graded. The caller commits.

	Without those who were renamed, merged or deleted since they were read: a request of theirs follows.
	"""
	batch = _still_there(batch)
	_save_foreseen(batch.only(~batch.graded))
	batch = batch.only(batch.graded)
	if not len(batch):
		return 0
	fields = (*STORED, "as_of", "policy", "breakdown")
	common = (batch.as_of, batch.policy)
	rated = zip(_plain(batch.scores, STORED), batch.breakdowns, strict=True)
	values = [(*row, *common, text) for row, text in rated]
	names = [name for name, _stamp in batch.held]
	_log_changes(batch, dict(zip(batch.customers, names, strict=True)))
	known = [(name, *row) for name, row in zip(names, values, strict=True) if name]
	new = [(c, *row) for c, name, row in zip(batch.customers, names, values, strict=True) if not name]
	made = bulk_writing.insert("Customer Score", ("customer", *fields), new)
	bulk_writing.update("Customer Score", fields, known)
	_write_customers([*made, *filter(None, names)], batch.customers)
	return len(batch)


def _save_foreseen(batch: Batch) -> None:
	"""Write what is foreseen of customers whose grades stay as they are."""
	names = [name for name, _stamp in batch.held]
	foreseen = zip(names, _plain(batch.scores, FORECAST), strict=True)
	bulk_writing.update("Customer Score", FORECAST, [(name, *row) for name, row in foreseen])


def _still_there(batch: Batch) -> Batch:
	there = existing.lock(batch.customers)
	whose = existing.lock_scores([name for name, _stamp in batch.held if name])
	same = [
		customer in there and (name is None or whose.get(name) == customer)
		for customer, (name, _stamp) in zip(batch.customers, batch.held, strict=True)
	]
	return batch if all(same) else batch.only(np.array(same, dtype=bool))


def touch(held: pd.DataFrame) -> None:
	"""Mark what is held as graded just now, even where it stays as it was: :func:`unchanged` is to see it."""
	if len(held):
		names = ("in", held["name"].tolist())
		frappe.db.set_value("Customer Score", {"name": names}, "modified", now(), update_modified=False)


def _breakdowns_of_graded(evaluation: Evaluation, rows: np.ndarray, graded: np.ndarray) -> list[str]:
	"""The breakdowns of the rows that are graded, empty for the others: nobody reads theirs."""
	texts = np.full(len(rows), "", dtype=object)
	texts[graded] = breakdown(evaluation, rows[graded])
	return texts.tolist()


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


def restate(customers: Sequence[str], as_of: date, policy: str) -> None:
	"""Log where customers stand who do not stand where the log leaves them: their changes were merged."""
	held = read_held(sorted(existing.lock(customers)), as_of)
	left = change_log.read_log(as_of, customers).at(as_of).reindex(held["customer"]).fillna("")
	stands = held[["tier", "lifecycle_stage"]].fillna("").to_numpy()
	told = [
		(name, *(text or None for text in (rung, tier, stage, now_in)), score, as_of, "Merge", policy)
		for name, (rung, stage), (tier, now_in), score in zip(
			held["customer"], left.to_numpy(), stands, held["score"], strict=True
		)
		if (rung, stage) != (tier, now_in)
	]
	fields = (
		"customer",
		"from_tier",
		"to_tier",
		"from_stage",
		"to_stage",
		"score",
		"as_of",
		"cause",
		"policy",
	)
	change_log.write(fields, told)


def forget_cached(customers: Iterable[str]) -> None:
	"""Drop customers from the document cache, once their new grades are committed."""
	try:
		frappe.cache.delete_value([frappe.get_document_cache_key("Customer", name) for name in customers])
	except Exception:
		note("could not clear the document cache")


def _log_changes(batch: Batch, held: Mapping[str, str | None]) -> None:
	"""A Tier Change for each change; ``held`` gives the name of the Customer Score of whoever had one."""
	if batch.changes.empty:
		return
	customers = batch.changes["customer"].tolist()
	before = _breakdowns([held[customer] for customer in customers if held[customer]])
	after = dict(zip(batch.customers, batch.breakdowns, strict=True))
	log = []
	columns = ["customer", "from_tier", "to_tier", "from_stage", "to_stage", "score"]
	for row in _plain(batch.changes, columns):
		customer = row[0]
		first = Reason("First Grade") if not held[customer] else batch.default
		reason = batch.reasons.get(customer, first)
		explanation = f'{{"before": {before.get(held[customer]) or "{}"}, "after": {after[customer]}}}'
		log.append((*row, batch.as_of, reason.cause, reason.doctype, reason.name, batch.policy, explanation))
	more = ("as_of", "cause", "reference_doctype", "reference_name", "policy", "explanation")
	change_log.write((*columns, *more), log)


def _breakdowns(names: list[str]) -> dict[str, str]:
	"""What was written before, by name of the Customer Score; without what is no JSON, whoever wrote it."""
	if not names:
		return {}
	table = DocType("Customer Score")
	query = frappe.qb.from_(table).select(table.name, table.breakdown)
	query = query.where(bulk_reading.OneOf(table.name, names))
	return {name: text for name, text in query.run(as_list=True) if _is_object(text)}


def _is_object(text: str | None) -> bool:
	try:
		return isinstance(json.loads(text or ""), dict)
	except (ValueError, RecursionError):
		return False


def _write_customers(scores: list[str], customers: list[str]) -> None:
	"""Bring the grade onto the Customers; ``modified`` stays, so that open forms can be saved."""
	customer, score, tier = DocType("Customer"), DocType("Customer Score"), DocType("Customer Tier")
	given = {field: score[column] for field, column in GRADE_FIELDS.items()}
	given["customer_tier"] = tier.name  # nothing rather than a link to a tier that somebody has deleted
	if not companies.all_see_all():
		given[shown.REVENUE] = ValueWrapper(0)
	# Under names that Customer does not have: a column that is set goes by its name alone.
	columns = (column.as_(f"new_{field}") for field, column in given.items())
	new = (
		frappe.qb.from_(score)
		.left_join(tier)
		.on(tier.name == score.tier)
		.select(score.customer.as_("graded"), *columns)
		.where(bulk_reading.OneOf(score.name, scores))
	)
	query = frappe.qb.update(customer).join(new).on(new.graded == customer.name)
	for field in given:
		query = query.set(customer[field], new[f"new_{field}"])
	query.run()
	frappe.db.after_commit.add(lambda: forget_cached(customers))


def _plain(frame: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
	"""Rows of what a database takes: None for an empty value, 0 for a number, dates without a time."""
	return list(zip(*(_plain_column(frame[name].to_numpy()) for name in columns), strict=True))


def _plain_column(values: np.ndarray) -> list[Any]:
	if values.dtype.kind == "M":
		days = values.astype("datetime64[D]")
		return np.where(np.isnat(days), None, np.datetime_as_string(days)).tolist()
	if values.dtype.kind == "f":
		return np.nan_to_num(values).tolist()
	return [None if value != value else value for value in values.tolist()]


def _number(value: float) -> float | None:
	return None if value != value else round(float(value), 4)
