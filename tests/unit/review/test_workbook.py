"""The workbook has the tables of the page, whole, as numbers and dates."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from reviews import review_of, tables

from customer_tiering.review.told.everything import told
from customer_tiering.review.workbook import write

SHOP = [
	("=1+1", 3, 1234.5),
	("Bad\x07Bell", 30, 50.0),
	*((f"Customer {number}", number, 10.0 + number) for number in range(150)),
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
	path: Path = tmp_path_factory.mktemp("book") / "review.xlsx"
	write(told(review_of(SHOP)), path)
	return openpyxl.load_workbook(path)


def test_every_table_has_a_sheet(book: openpyxl.Workbook) -> None:
	assert len(book.sheetnames) == 1 + len(tables(review_of(SHOP)))
	assert book.worksheets[0]["A1"].value == "Customers as of 30 June 2024"


def test_the_list_of_customers_is_whole(book: openpyxl.Workbook) -> None:
	sheet = book["Every Customer"]
	rows = list(sheet.iter_rows())
	assert len(rows) == 1 + 152 + 1
	heading = [cell.value for cell in rows[0]]
	first = dict(zip(heading, rows[1], strict=True))
	assert (first["Customer"].value, first["Customer"].data_type) == ("=1+1", "s")
	assert (first["Revenue"].value, first["Revenue"].number_format) == (1234.5, "#,##0.00")
	assert first["Last Purchase"].value == datetime(2024, 6, 27)
	assert sheet.freeze_panes == "B2"
	assert sum(row[heading.index("Revenue")].value for row in rows[1:-1]) == pytest.approx(
		rows[-1][heading.index("Revenue")].value
	)
	assert "Bad\N{REPLACEMENT CHARACTER}Bell" in [row[0].value for row in rows]


def test_a_column_is_as_wide_as_what_is_in_it(book: openpyxl.Workbook) -> None:
	widths = book["Every Customer"].column_dimensions
	assert widths["A"].width > 12
	assert widths["F"].width == 18
