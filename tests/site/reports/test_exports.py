"""A report's file, made by the host's own export, runs nothing when it is opened."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import frappe
import openpyxl
import pytest

from tests.bench import PASSWORD
from tests.site.helpers.selling import ago, drain, invoice, make_customer
from tests.site.helpers.serving import Person, served

EVIL = "=cmd|' /C calc'!A0"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
RUN, EXPORT = "frappe.desk.query_report.run", "frappe.desk.query_report.export_query"


@pytest.fixture(scope="module")
def admin(_site: None) -> Iterator[Person]:
	with served() as address:
		yield Person(address, "Administrator", PASSWORD)


@pytest.fixture
def evil() -> str:
	"""A customer whose name a spreadsheet would run, with a grade and something bought."""
	name = make_customer(EVIL)
	invoice(name, 1_000, ago(3))
	drain()
	frappe.db.commit()
	return name


def filters(**more: Any) -> str:
	return json.dumps({"from_date": str(ago(30)), "to_date": str(ago(0)), **more})


def exported(admin: Person, report: str, kind: str, chosen: str) -> bytes:
	reply = admin.call(EXPORT, report_name=report, filters=chosen, file_format_type=kind, visible_idx="[]")
	assert reply.ok, reply.text
	return reply.content


def cells_of_csv(content: bytes) -> list[str]:
	return [cell for row in csv.reader(io.StringIO(content.decode())) for cell in row]


def cells_of_excel(content: bytes) -> list[Any]:
	sheet = openpyxl.load_workbook(io.BytesIO(content)).active
	return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


def is_number(text: str) -> bool:
	try:
		float(text)
	except ValueError:
		return False
	return True


def test_the_customer_is_named_as_he_is_on_the_screen(admin: Person, evil: str) -> None:
	reply = admin.call(RUN, report_name="Tier Performance", filters=filters(view="Customers"))
	assert evil in {row.get("customer") for row in reply.json()["message"]["result"]}


def test_a_name_is_no_formula_in_a_csv_file(admin: Person, evil: str) -> None:
	cells = cells_of_csv(exported(admin, "Tier Performance", "CSV", filters(view="Customers")))
	assert f"'{evil}" in cells
	assert not [cell for cell in cells if cell.startswith(_FORMULAS) and not is_number(cell)]


def test_a_name_is_no_formula_in_an_excel_file(admin: Person, evil: str) -> None:
	cells = cells_of_excel(exported(admin, "Tier Performance", "Excel", filters(view="Customers")))
	assert f"'{evil}" in [cell.value for cell in cells]
	assert not [cell.value for cell in cells if cell.data_type == "f"]


def test_no_report_of_ours_writes_a_formula(admin: Person, evil: str) -> None:
	reports = frappe.get_all(
		"Report", filters={"module": "Customer Tiering"}, pluck="name", order_by="name asc"
	)
	assert "Tier Performance" in reports
	for report in reports:
		content = exported(admin, report, "Excel", filters())
		if b"No data to export" in content:
			continue
		cells = cells_of_excel(content)
		assert not [cell.value for cell in cells if cell.data_type == "f"], report


@pytest.mark.parametrize("view", ["Customer Map", "Revenue Map"])
def test_a_file_of_the_map_names_the_segments(admin: Person, evil: str, view: str) -> None:
	cells = cells_of_csv(exported(admin, "RFM Segments", "CSV", filters(view=view)))
	assert {"Champion", "At Risk", "Hibernating"} <= set(cells)
