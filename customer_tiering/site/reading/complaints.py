"""What customers complained of: issues and warranty claims, each on the day on which it was raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce

from customer_tiering.site.database import bulk_reading


def read_complaints(customers: Sequence[str] | None) -> pd.DataFrame:
	"""The table of complaints of :class:`Facts`.

	Args:
		customers: only theirs, by index; None for everyone's, by one scan.
	"""
	issue, claim = DocType("Issue"), DocType("Warranty Claim")
	issues = _read(issue, Coalesce(issue.opening_date, issue.creation), issue.docstatus < 2, customers)
	stands = (claim.docstatus < 2) & (Coalesce(claim.status, "") != "Cancelled")
	claims = _read(claim, Coalesce(claim.complaint_date, claim.creation), stands, customers)
	names, days, companies = (ours + theirs for ours, theirs in zip(issues, claims, strict=True))
	return pd.DataFrame(
		{
			"customer": np.array(names, dtype=object),
			"date": bulk_reading.days(days),
			"company": np.array(companies, dtype=object),
		}
	)


def _read(table: Any, day: Any, stands: Any, customers: Sequence[str] | None) -> list[list[Any]]:
	query = frappe.qb.from_(table).where(stands & table.customer.isnotnull() & (table.customer != ""))
	if customers is not None:
		query = query.where(bulk_reading.OneOf(table.customer, customers))
	return bulk_reading.read_columns(query, table.customer, bulk_reading.day(day), table.company)
