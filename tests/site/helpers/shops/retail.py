"""A real retail year on a site: its invoices as submitted rows, graded at the end of each month.

The rows are written in bulk, with the fields that grading, reports and the Sales Register read: what is
tested is how they are counted, not how they are made. Sales to nobody known are left out.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks.generate import insert
from customer_tiering.site.grading import full_runs
from tests.site.helpers.reports import COMPANY

YEAR = Path(__file__).resolve().parents[5] / "shared/data/online_retail_2011_invoices.csv.gz"
FIRST, LAST = date(2010, 12, 1), date(2011, 12, 9)
#: The last day of each month, and of the data.
MONTH_ENDS = [date(2011, month, 1) - timedelta(days=1) for month in range(1, 13)] + [LAST]
_INVOICE = (
	"name", "creation", "modified", "docstatus", "customer", "customer_name", "company", "posting_date",
	"base_net_total", "base_grand_total", "is_return", "is_opening", "is_consolidated", "currency",
	"conversion_rate", "status",
)  # fmt: skip
_CUSTOMER = (
	"name", "creation", "modified", "customer_name", "customer_group", "territory", "customer_type",
)  # fmt: skip


def invoices() -> list[dict[str, str]]:
	"""The file's rows that name a customer, by date."""
	with gzip.open(YEAR, "rt", newline="") as file:
		rows = [row for row in csv.DictReader(file) if row["customer"]]
	return sorted(rows, key=lambda row: (row["posting_date"], row["name"]))


def load() -> None:
	"""Write customers and invoices, and grade everyone at each month's end, as if it had gone by here."""
	rows = invoices()
	insert("Customer", _CUSTOMER, _customers(rows))
	insert("Sales Invoice", _INVOICE, _invoices(rows))
	for day in MONTH_ENDS:
		full_runs.nightly(day)


def _customers(rows: list[dict[str, str]]) -> Iterator[tuple[object, ...]]:
	stamp = "2010-12-01 00:00:00"
	for customer in sorted({row["customer"] for row in rows}):
		yield customer, stamp, stamp, f"Shop {customer}", "Commercial", "All Territories", "Company"


def _invoices(rows: list[dict[str, str]]) -> Iterator[tuple[object, ...]]:
	for row in rows:
		day, amount, back = row["posting_date"], float(row["base_net_total"]), int(row["is_return"])
		name, customer = f"R-{row['name']}", row["customer"]
		whose = (customer, f"Shop {customer}", COMPANY)
		yield (
			name, f"{day} 12:00:00", f"{day} 12:00:00", 1, *whose, day,
			amount, amount, back, "No", 0, "USD", 1, "Paid",
		)  # fmt: skip
