"""Lists of documents: when, which, whose and of which company; a report adds its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import tables
from customer_tiering.reporting.showing.tables import Row, column
from customer_tiering.wording.texts import _

#: Widths of date, document, type and company; less where the report has wide columns of its own.
_WIDTHS, _NARROW = (110, 190, 130, 160), (115, 180, 120, 150)


def columns(seen: Seen[Any], *figures: Row, narrow: bool = False, one_type: bool = False) -> list[Row]:
	"""The columns of the list, without those that would say the same in every row.

	Args:
		seen: whose.
		figures: the report's own columns.
		narrow: whether they take much room.
		one_type: whether all documents are of one type.
	"""
	day, document, kind, company = _NARROW if narrow else _WIDTHS
	same = {"voucher_type": one_type, "company": bool(seen.chosen.company)}
	found = [
		column("posting_date", _("Date"), "Date", day),
		column("document", _("Document"), "Dynamic Link", document, options="voucher_type"),
		column("voucher_type", _("Document Type"), "Data", kind, translate=1),
		*customer_list.short_columns(seen, "stage"),
		column("company", _("Company"), "Link", company, options="Company"),
		*figures,
	]
	return [one for one in found if not same.get(one["fieldname"])]


def rows(seen: Seen[Any], documents: pd.DataFrame, **figures: pd.Series) -> pd.DataFrame:
	"""A row per document, the latest first.

	Args:
		seen: whose.
		documents: ``posting_date``, ``document``, ``is_pos``, ``customer``, ``company``.
		figures: the report's own, by the names of their columns; a value per document.
	"""
	found = documents.assign(**figures).sort_values(
		["posting_date", "document"], ascending=False, kind="stable"
	)
	held = seen.customers.set_index("customer").loc[found["customer"]]
	listed = pd.DataFrame(
		{
			"posting_date": tables.dates(found["posting_date"]),
			"document": found["document"],
			"voucher_type": np.where(found["is_pos"], "POS Invoice", "Sales Invoice"),
			"customer": found["customer"],
			"customer_name": held["customer_name"].to_numpy(),
			"rung": held["rung"].to_numpy(),
			"company": found["company"],
			**{name: found[name] for name in figures},
		}
	)
	return tables.with_labels(listed)
