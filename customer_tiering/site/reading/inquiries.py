"""What customers have asked for and not bought yet: open opportunities and quotations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType

from customer_tiering.site.database import bulk_reading


def open_pipeline(customers: Sequence[str] | None) -> pd.DataFrame | None:
	"""Open opportunities, and submitted quotations that are neither ordered, lost nor past their date."""
	opportunities = _inquiries("Opportunity", "opportunity_from", ("Open", "Quotation", "Replied"), customers)
	quotations = _inquiries("Quotation", "quotation_to", ("Open", "Replied", "Partially Ordered"), customers)
	if not opportunities[0] and not quotations[0]:
		return None
	parties, opened, until = (ours + theirs for ours, theirs in zip(opportunities, quotations, strict=True))
	closed = bulk_reading.days(until) + np.timedelta64(1, "D")  # a quotation is open on its last day
	closed[: len(opportunities[0])] = np.datetime64(
		"NaT", "D"
	)  # past its expected closing it is late, not closed
	return pd.DataFrame(
		{"customer": np.array(parties, dtype=object), "opened": bulk_reading.days(opened), "closed": closed}
	)


def _inquiries(
	doctype: str, party_type: str, status: tuple[str, ...], customers: Sequence[str] | None
) -> list[list[Any]]:
	"""Whose they are, since when, and until when they are meant to be open."""
	table, is_quotation = DocType(doctype), doctype == "Quotation"
	query = frappe.qb.from_(table).where((table[party_type] == "Customer") & table.status.isin(status))
	query = query.where(table.docstatus == 1 if is_quotation else table.docstatus < 2)
	if customers is not None:
		query = query.where(table.party_name.isin(customers))
	until = table.valid_till if is_quotation else table.expected_closing
	return bulk_reading.read_columns(query, table.party_name, table.transaction_date, until)
