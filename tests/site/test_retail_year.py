"""Every report ties out on a real retail year; the rows are in the site once for all tests of this file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from tests.site import retail
from tests.site.conftest import empty
from tests.site.reports import register_total

pytestmark = pytest.mark.skipif(
	not retail.YEAR.exists(), reason="the retail data set is not in ../shared/data beside the checkout"
)


@pytest.fixture(scope="module", autouse=True)
def _year(_site: None) -> Iterator[None]:
	frappe.set_user("Administrator")
	empty()
	retail.load()
	yield
	empty()


@pytest.fixture(autouse=True)
def _clean(_year: None) -> Iterator[None]:
	"""Instead of the one that empties the site before each test."""
	yield
	frappe.set_user("Administrator")
	frappe.db.rollback()


def year(**filters: Any) -> dict[str, Any]:
	"""The whole year, unless told otherwise."""
	return {"from_date": str(retail.FIRST), "to_date": str(retail.LAST), **filters}


def total_amount() -> float:
	"""The net total of the file, added up from its text."""
	return round(sum(float(row["base_net_total"]) for row in retail.invoices()), 2)


def test_tiers_come_to_the_file_and_to_the_sales_register() -> None:
	from customer_tiering.customer_tiering.report.tier_performance.tier_performance import execute

	*tiers, total = execute(year())[1]
	assert sum(row["customers"] for row in tiers) == total["customers"] == frappe.db.count("Customer")
	assert round(sum(row["revenue"] for row in tiers), 2) == round(total["revenue"], 2) == total_amount()
	assert round(register_total(**year()), 2) == total_amount()


def test_the_statement_ties_out_with_the_sales_register() -> None:
	from customer_tiering.customer_tiering.report.tier_tie_out.tier_tie_out import execute

	lines = {row["line"]: row for row in execute(year())[1]}
	assert lines["Difference"]["documents"] == 0 and abs(lines["Difference"]["net_total"]) < 0.005
	assert round(lines["Documents Included"]["net_total"], 2) == total_amount()
	assert round(lines["Net Total of the Sales Register"]["net_total"], 2) == round(
		register_total(**year()), 2
	)


def test_points_beside_the_last_quarters_revenue_come_to_the_file() -> None:
	from customer_tiering.customer_tiering.report.rule_quality.rule_quality import execute

	quarter = year(from_date="2011-09-10", view="Points")
	*classes, total = execute(quarter)[1]
	known = {row["customer"] for row in retail.invoices() if row["posting_date"] < quarter["from_date"]}
	bought = [
		float(row["base_net_total"])
		for row in retail.invoices()
		if row["posting_date"] >= quarter["from_date"] and row["customer"] in known
	]
	assert sum(row["customers"] for row in classes) == total["customers"]
	# who had only returns by then had no score
	assert abs(total["revenue"] - sum(bought)) < 0.01 * sum(bought)
	score = execute(year(from_date="2011-09-10"))[1][-1]
	assert score["auc"] > 0.7, "the default policy foresees who buys"
