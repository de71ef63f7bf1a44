"""The Tier Tie-out report: every line, every class of documents, and the host's own Sales Register."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering.customer_tiering.report.tier_tie_out import tier_tie_out as report
from customer_tiering.reporting.showing import answers
from tests.site.helpers import reports
from tests.site.helpers.reports import COMPANY, other_company, period, register_total, sell
from tests.site.helpers.selling import ago, make_customer


def execute(**filters: Any) -> answers.Answer:
	"""The report over the last hundred days, unless told otherwise."""
	return report.execute(period(**filters))


def statement(**filters: Any) -> dict[str, tuple[int, float]]:
	"""Number of documents and net total by line."""
	return {row["line"]: (row["documents"], row["net_total"]) for row in execute(**filters)[1]}


def documents(**filters: Any) -> list[dict[str, Any]]:
	return execute(view="Documents", **filters)[1]


def test_the_statement_goes_from_the_tiers_to_the_sales_register(untidy: None) -> None:
	assert statement(company=COMPANY) == {
		"Platinum": (3, 1300),  # 1000 + 500 − 200
		"Gold": (4, 744),  # 300 − 300 + 700, and a till's 44
		"Silver": (0, 0),
		"Old": (0, 0),
		"Unrated": (0, 0),
		"Documents Included": (7, 2044),
		"Less POS Invoices, Which the Sales Register Does Not List": (-1, -44),
		"Plus Opening Entries Left Out": (1, 11),
		"Plus Invoices to Internal Customers Left Out": (1, 22),
		"Plus Consolidated Invoices Left Out": (1, 44),
		"Plus Invoices of Companies Outside the Policy": (0, 0),
		"Net Total by This Count": (9, 2077),
		"Net Total of the Sales Register": (9, 2077),
		"Difference": (0, 0),
	}


def test_the_sales_register_has_the_same_net_total(untidy: None) -> None:
	assert statement(company=COMPANY)["Net Total of the Sales Register"][1] == register_total() == 2077


def test_it_says_that_it_ties_out(untidy: None) -> None:
	_columns, _rows, text, chart, summary = execute()
	assert "It ties out" in text
	assert {item["label"]: item["value"] for item in summary} == {
		"Net Total Included": 2044,
		"Net Total Left Out": 77,
		"Net Total of the Sales Register": 2077,
		"Difference": 0,
	}
	assert summary[-1]["indicator"] == "Green"
	assert chart["data"]["labels"] == ["Platinum", "Gold", "Silver", "Old", "Unrated"]


def test_a_document_that_is_in_neither_reading_is_told(untidy: None, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(report.left_out, "_reasons", lambda policy, table: _only_opening(table))
	_columns, rows, text, _chart, summary = execute()
	assert rows[-1]["net_total"] == -66 and rows[-1]["documents"] == -2
	assert "It does not tie out" in text and summary[-1]["indicator"] == "Red"


def _only_opening(table: Any) -> tuple[Any, Any]:
	from frappe.query_builder import Case

	is_opening = table.is_opening == "Yes"
	return Case().when(is_opening, "Opening"), is_opening


@pytest.mark.parametrize("kind", report.CLASSES)
def test_a_figure_equals_the_total_of_the_list_that_it_opens(untidy: None, kind: str) -> None:
	lines = [row for row in execute()[1] if row["document_class"] == kind and row["rung"] is None]
	for line in lines:
		*listed, total = documents(document_class=kind)
		assert abs(line["documents"]) == len(listed)
		assert abs(line["net_total"]) == total["net_total"] == sum(row["net_total"] for row in listed)
	assert lines


@pytest.mark.parametrize("tier", ["Platinum", "Gold", "Unrated"])
def test_a_tiers_line_opens_the_tiers_documents(untidy: None, tier: str) -> None:
	chosen = {"unrated": 1} if tier == "Unrated" else {"tier": tier}
	*listed, total = documents(document_class="Included", **chosen)
	assert (len(listed), total["net_total"]) == statement()[tier]


def test_the_list_says_of_each_document_where_it_is(untidy: None) -> None:
	listed = documents()[:-1]
	labels = [row["class_label"] for row in listed]
	assert {label: labels.count(label) for label in set(labels)} == {
		"Included": 6,
		"Included, by a POS Invoice": 1,
		"Left Out: Opening Entry": 1,
		"Left Out: Internal Customer": 1,
		"Left Out: Consolidated": 1,
	}
	assert all(frappe.db.exists(row["voucher_type"], row["document"]) for row in listed)


def test_another_companys_currency_is_converted_in_every_reading(small: None) -> None:
	rate = {"from_currency": "EUR", "to_currency": "USD", "exchange_rate": 2, "date": ago(300)}
	frappe.get_doc({"doctype": "Currency Exchange", **rate, "for_selling": 1, "for_buying": 1}).insert()
	for document in sell("Ada", (20, 77), (20, 11)):
		document.db_set("company", other_company("EUR"))
	found = statement()
	assert found["Documents Included"][1] == found["Net Total of the Sales Register"][1] == 2000 + 2 * 88
	assert found["Difference"] == (0, 0)


def test_without_documents_it_says_what_to_do() -> None:
	make_customer("Ada")
	assert "No sales document was submitted in this period" in execute()[2]
	assert [row["net_total"] for row in documents()] == [0]


@pytest.mark.parametrize(
	("filters", "sentence"),
	[
		({"document_class": "Lost"}, "There is no such class of documents. Choose one of Included"),
		({"view": "Tiers"}, "There is no such view. Choose one of Statement"),
	],
)
def test_bad_filters_are_refused_in_a_sentence(filters: dict[str, Any], sentence: str) -> None:
	with pytest.raises(frappe.ValidationError, match=sentence):
		execute(**filters)


def test_whoever_sees_one_customer_gets_his_statement_alone(untidy: None, reader: Callable[..., str]) -> None:
	reader("Sales User", customer="Ada")
	found = reports.as_the_desk(report.NAME)
	lines = {row["line"]: row["net_total"] for row in found["result"]}
	assert lines["Documents Included"] == 1300
	assert lines["Net Total of the Sales Register"] == 1300 + 11 + 22 + 44
	assert lines["Difference"] == 0
	assert "2,0" not in json.dumps(found, default=str)


def test_the_browser_offers_the_choices_that_there_are() -> None:
	script = Path(report.__file__).with_suffix(".js").read_text()
	assert tuple(re.findall(r'value: "([^"]+)"', script)) == report.CLASSES
