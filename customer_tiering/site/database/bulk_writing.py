"""Many rows into a table at once: one JSON text, which the database takes apart.

So no driver has to escape value by value.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import now
from pypika import Table
from pypika.terms import Parameter, Values

_WRITTEN_AT_ONCE = 1000


def insert(doctype: str, fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
	"""Write new rows; gives their names."""
	stamp, user = now(), frappe.session.user
	names = _names(len(rows))
	named = [(name, *row) for name, row in zip(names, rows, strict=True)]
	same = {"creation": stamp, "modified": stamp, "owner": user, "modified_by": user}
	if frappe.db.db_type == "mariadb":
		_write(doctype, fields, named, same)
	else:
		frappe.db.bulk_insert(doctype, ["name", *fields, *same], [(*row, *same.values()) for row in named])
	return names


def _names(count: int) -> list[str]:
	"""New names that sort by the time of writing: rows are appended then, and lie as they were written."""
	first, end = time.time_ns(), frappe.generate_hash(length=8)
	return [f"{first + at:016x}{end}" for at in range(count)]


def update(doctype: str, fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
	"""Write rows that are there, each with its name first; ``modified`` becomes now."""
	same = {"modified": now(), "modified_by": frappe.session.user}
	if frappe.db.db_type == "mariadb":
		_write(doctype, fields, rows, same, are_there=True)
	else:
		values = {name: dict(zip(fields, row, strict=True)) for name, *row in rows}
		frappe.db.bulk_update(doctype, values, **same)


def _write(
	doctype: str,
	fields: Sequence[str],
	rows: Sequence[Sequence[Any]],
	same: dict[str, Any],
	are_there: bool = False,
) -> None:
	"""Write rows of a name and some fields, and what is the same in each."""
	columns, table = ["name", *fields], DocType(doctype)
	new = _JsonRows(len(columns))
	terms = [*(new[f"c{at}"] for at in range(len(columns))), *[Parameter("%s")] * len(same)]
	query = frappe.qb.into(table).columns(*columns, *same).from_(new).select(*terms)
	if are_there:
		for field in (*fields, *same):
			query = query.on_duplicate_key_update(table[field], Values(table[field]))
	statement = query.get_sql()
	for start in range(0, len(rows), _WRITTEN_AT_ONCE):
		part = rows[start : start + _WRITTEN_AT_ONCE]
		text = json.dumps(part, default=str, ensure_ascii=False, allow_nan=False)  # str: of dates
		frappe.db.multisql({"mariadb": statement}, (*same.values(), text))


class _JsonRows(Table):
	"""A table that is made of a JSON text, to be filled in: its rows are lists, its columns c0, c1 and on."""

	def __init__(self, columns: int):
		super().__init__("new")
		self._columns = columns

	def get_sql(self, **_kwargs: Any) -> str:
		parts = ", ".join(f"c{at} LONGTEXT PATH '$[{at}]' ERROR ON ERROR" for at in range(self._columns))
		return f"JSON_TABLE(%s, '$[*]' COLUMNS ({parts})) new"
