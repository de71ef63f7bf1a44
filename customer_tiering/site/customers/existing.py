"""Who is there while something is written about him.

A customer is renamed, merged or deleted at any time, also between the moment at which a run reads him and the
one at which it writes. So whoever writes first locks the customers: from then on nobody can be renamed or
deleted until the next commit, and who has gone is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import frappe
from frappe.query_builder import DocType

from customer_tiering.site.database.bulk_reading import OneOf


def lock(customers: Sequence[str]) -> set[str]:
	"""Those of these customers who are there, locked until the next commit."""
	return set(_locked("Customer", "name", customers))


def lock_scores(names: Sequence[str]) -> dict[str, str]:
	"""Whose each of these Customer Scores is, of those that are there, locked until the next commit."""
	return _locked("Customer Score", "customer", names)


def _locked(doctype: str, field: str, names: Sequence[str]) -> dict[str, str]:
	"""A field of these records by name, as committed last; waits for whoever is changing one of them."""
	if not names:
		return {}
	table = DocType(doctype)
	query = frappe.qb.from_(table).select(table.name, table[field]).where(OneOf(table.name, names))
	if frappe.db.db_type == "mariadb":
		query = query.force_index("PRIMARY")  # a scan would lock, and wait for, everybody else too
	return dict(query.for_update().run())
