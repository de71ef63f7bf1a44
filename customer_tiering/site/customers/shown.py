"""What Customers show of their grades, beside what their Customer Scores hold: a run mends the difference.

A merge, a restored table or another app's script leaves a Customer with fields that are not his grade.
"""

from __future__ import annotations

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType

from customer_tiering.names import GRADE_FIELDS
from customer_tiering.site.access import companies

#: An amount of all companies on a record that whoever reads customers reads.
REVENUE = "tier_revenue"


def column(field: str) -> str:
	"""Under which name a field of Customer stands beside what is held."""
	return f"shown_{field}"


def add(held: pd.DataFrame, customers: pd.DataFrame | None) -> None:
	"""Put what Customers show beside what is held, each under its :func:`column`.

	Args:
		held: a row per customer who holds a grade.
		customers: the customers of the facts, with the fields of ``GRADE_FIELDS``.
	"""
	if customers is None or customers.empty or held.empty:
		return
	at = pd.Index(customers["customer"], dtype=object).get_indexer(held["customer"])
	for field in GRADE_FIELDS:
		values = customers[field].to_numpy(dtype=object)[at]
		held[column(field)] = np.where(at >= 0, values, None)


def is_hidden() -> bool:
	"""Whether no customer shows a revenue."""
	return not frappe.db.exists("Customer", {REVENUE: ("!=", 0)})


def hide_revenue() -> None:
	"""Take the revenue off all customers, at once; ``modified`` stays."""
	table = DocType("Customer")
	frappe.qb.update(table).set(table[REVENUE], 0).where(table[REVENUE] != 0).run()


def expected(field: str, grades: pd.Series) -> np.ndarray:
	"""What a field is to show of some grades: no tier of which there is no Customer Tier any more, and no
	revenue where somebody may see the field and not the companies behind it.
	"""
	values = grades.to_numpy()
	if field == REVENUE:
		return values if companies.all_see_all() else np.zeros(len(values))
	if field != "customer_tier":
		return values
	there = frappe.get_all("Customer Tier", pluck="name", order_by=None)
	return np.where(grades.isin(there).to_numpy(), values, None)
