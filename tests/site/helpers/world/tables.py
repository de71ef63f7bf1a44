"""All rows of what a day can change, read and put back."""

from __future__ import annotations

from typing import Any

import frappe

from tests.site.conftest import OURS, SALES
from tests.site.helpers.world import till

SETTINGS = "Customer Tiering Settings"
_KEPT = (
	*SALES, *OURS, *till.TABLES, "Territory", "Customer Group", "Tier Rule", "Tier Rule Band",
	"Tiering Policy", "Payment Schedule",
)  # fmt: skip
SETTLED = ("cut_points", "forecast", "last_run_customers", "current_policy", "small_site_customers")
Rows = dict[str, list[dict[str, Any]]]


def read_tables() -> Rows:
	"""All rows of what a day can change."""
	return {doctype: frappe.db.sql(f"select * from `tab{doctype}`", as_dict=True) for doctype in _KEPT}


def write_tables(rows: Rows) -> None:
	for doctype, found in rows.items():
		frappe.db.delete(doctype)
		if found:
			frappe.db.bulk_insert(doctype, list(found[0]), [tuple(row.values()) for row in found])


def names(doctype: str, **filters: Any) -> list[str]:
	"""Names of records, in order."""
	return sorted(frappe.get_all(doctype, filters=filters, pluck="name", order_by=None))


def forget_records(*_args: Any, **_more: Any) -> None:
	"""What a rename makes stale. The host forgets all that it knows, and takes seconds to read it again."""
	for doctype in ("Customer", "Territory", "Customer Group", "Tiering Policy", SETTINGS):
		frappe.clear_document_cache(doctype)
	frappe.db.value_cache.clear()
