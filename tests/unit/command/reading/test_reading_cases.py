"""Files as people have them: each is graded by the right numbers, or refused by a sentence that helps."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_runs import refused, run, scores, summary, write

HEAD = "name,customer,posting_date,base_net_total"
LABELS = ("ID", "Customer", "Date", "Net Total (Company Currency)")
DAY = date(2025, 5, 1)


def book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
	made = openpyxl.Workbook()
	made.remove(made.active)
	for name, rows in sheets.items():
		sheet = made.create_sheet(name)
		for row in rows:
			sheet.append(row)
	made.save(path)
	return path


def table(path: Path, *lines: str) -> Path:
	return write(path, "\n".join(lines) + "\n")


def graded(tmp_path: Path, *words: object) -> dict[str, Any]:
	"""The summary of a run that went well, with what each customer brought, by name."""
	result = run("score", *words, "--out", tmp_path / "out")
	assert result.exit_code == 0, result.stderr
	return summary(tmp_path / "out") | {"shown": result.stdout}


def revenue(tmp_path: Path, *words: object) -> dict[str, float]:
	"""What each customer brought, by a policy that has it as a column."""
	result = run("score", *words, "--policy", "rfm", "--out", tmp_path / "out")
	assert result.exit_code == 0, result.stderr
	found = scores(tmp_path / "out")
	return {name: float(row["revenue_365d"] or 0) for name, row in found.items()}


def decided(told: dict[str, Any], what: str) -> dict[str, Any]:
	(found,) = (one for one in told["decided"] if one["what"] == what)
	assert found["told"] in told["shown"]
	return found


# -- where the rows are ----------------------------------------------------------------------------


def test_the_heading_below_filter_rows_is_found(tmp_path: Path) -> None:
	"""ERPNext's Sales Register: filters above, a total below; both are told."""
	rows = [
		["Company", "Linden"], ["From Date", "2025-01-01"], [],
		["Voucher Type", "Voucher", "Posting Date", "Customer", "Customer Name", "Net Total", "Grand Total"],
		["Sales Invoice", "S-1", date(2025, 1, 5), "C-1", "Ada", 1000, 1190],
		["Sales Invoice", "S-2", date(2025, 2, 5), "C-2", "Ben", 500, 595],
		["Sales Invoice", "S-3", date(2025, 3, 5), "C-2", "Ben", -100, -119],
		["Total", None, None, None, None, 1400, 1666],
	]  # fmt: skip
	path = book(tmp_path / "register.xlsx", {"Query Report": rows})
	told = graded(tmp_path, path)
	assert decided(told, "above_heading")["rows"] == 2
	assert told["rows_left_out"]["totals"]["rows"] == 1
	assert revenue(tmp_path, path) == {"C-1": 1000, "C-2": 400}


def test_payments_among_a_register_are_no_sales(tmp_path: Path) -> None:
	"""They are left out with their amount; a kind of voucher that is not known is refused."""
	head = "Voucher Type,Voucher,Posting Date,Customer,Net Total"
	sale = "Sales Invoice,S-1,2025-01-05,Ada,100"
	path = table(tmp_path / "r.csv", head, sale, "Payment Entry,P-1,2025-01-06,Ada,70")
	assert graded(tmp_path, path)["rows_left_out"] == {"no_sale": {"rows": 1, "net_amount": 70}}
	odd = table(tmp_path / "o.csv", head, sale, "Barter,B-1,2025-01-06,Ada,70")
	assert "Barter (1 row, 70.00)" in refused("score", odd, "--out", tmp_path / "no")
	assert revenue(tmp_path, odd, "--status", "barter=sale") == {"Ada": 170}


def test_gross_profit_counts_invoices_and_not_the_items_below_them(tmp_path: Path) -> None:
	"""Grouped by invoice, ERPNext's report has both; the items are told."""
	head = "Sales Invoice,Customer,Posting Date,Qty,Selling Amount,Buying Amount,Gross Profit"
	lines = (
		"S-1,Ada,2025-01-05,,300,200,100", "    Bolt,Ada,2025-01-05,1,100,50,50",
		"    Nut,Ada,2025-01-05,2,200,150,50", "Total,,,,300,200,100",
	)  # fmt: skip
	told = graded(tmp_path, table(tmp_path / "g.csv", head, *lines))
	assert told["revenue"] == 300
	assert told["rows_left_out"]["item_row"] == {"rows": 2, "net_amount": 300}
	assert "without its column Qty" in refused(
		"score", table(tmp_path / "n.csv", head.replace("Qty", "Qt"), *lines), "--out", tmp_path / "no"
	)


def test_every_sheet_with_the_heading_is_read(tmp_path: Path) -> None:
	"""Or one that is named; what is not read is told by name."""
	years = {
		"2024": [LABELS, ["I-1", "Ada", date(2024, 5, 1), 100]],
		"2025": [LABELS, ["I-2", "Ada", DAY, 900], ["I-3", "Cid", DAY, 40]],
		"Cover": [["Sales, prepared by the office"]],
		"Empty": [],
	}
	path = book(tmp_path / "years.xlsx", years)
	told = graded(tmp_path, path)
	assert (told["revenue"], told["rows_read"]) == (1040, 3)
	assert "sheet Cover" in decided(told, "not_read")["told"]
	assert graded(tmp_path, path, "--sheet", "2025")["revenue"] == 940
	assert "There is no sheet 2026. There are: 2024, 2025" in refused(
		"score", path, "--sheet", "2026", "--out", tmp_path / "no"
	)


def test_a_hidden_sheet_is_told_and_not_read(tmp_path: Path) -> None:
	"""Unless it is named."""
	path = book(
		tmp_path / "h.xlsx", {"A": [LABELS, ["I-1", "Ada", DAY, 1]], "B": [LABELS, ["I-2", "Ada", DAY, 2]]}
	)
	made = openpyxl.load_workbook(path)
	made["B"].sheet_state = "hidden"
	made.save(path)
	told = graded(tmp_path, path)
	assert told["revenue"] == 1
	assert "sheet B (hidden)" in decided(told, "not_read")["told"]
	assert graded(tmp_path, path, "--sheet", "B")["revenue"] == 2


def test_a_folder_of_months_is_read_and_what_is_no_table_told(tmp_path: Path) -> None:
	folder = tmp_path / "months"
	folder.mkdir()
	for month in (1, 2, 3):
		table(folder / f"{month}.csv", HEAD, f"I-{month},Ada,2025-0{month}-05,100")
	write(folder / "readme.md", "hello")
	told = graded(tmp_path, folder)
	assert told["revenue"] == 300
	assert "readme.md" in decided(told, "not_read")["told"]


# -- what cells mean -------------------------------------------------------------------------------


def test_the_order_of_day_and_month_is_found_out_or_asked_for(tmp_path: Path) -> None:
	"""A 24 in first place leaves no doubt; 9/1 alone does."""
	sure = table(tmp_path / "a.csv", HEAD, "1,Ada,09/01/2025,1", "2,Ben,24/01/2025,1")
	told = graded(tmp_path, sure)
	assert told["as_of"] == "2025-01-24"
	assert "day, month, year" in decided(told, "date_order")["told"]
	open_ = table(tmp_path / "b.csv", HEAD, "3,Ada,09/01/2025,1")
	assert "09/01/2025 may be read in two ways" in refused("score", open_, "--out", tmp_path / "no")
	assert graded(tmp_path, open_, "--dates", "mdy")["as_of"] == "2025-09-01"
	assert graded(tmp_path, sure, open_)["rows_graded"] == 3, "one file tells for all"
	both = table(tmp_path / "c.csv", HEAD, "1,Ada,24/01/2025,1", "2,Ben,01/24/2025,1")
	assert "dates in two orders" in refused("score", both, "--out", tmp_path / "no")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_spreadsheets_numbers_of_days_are_dates(tmp_path: Path, kind: str) -> None:
	rows = [["I-1", "Ada", 45662, 1000], ["I-2", "Ben", 45698.5, 500]]
	if kind == "csv":
		path = table(tmp_path / "s.csv", HEAD, *(",".join(map(str, row)) for row in rows))
	else:
		path = book(tmp_path / "s.xlsx", {"S": [LABELS, *rows]})
	told = graded(tmp_path, path)
	assert told["as_of"] == "2025-02-10"
	assert "45662 for 2025-01-05" in decided(told, "day_numbers")["told"]


def test_a_date_far_ahead_does_not_move_everybody(tmp_path: Path) -> None:
	"""It is refused by name, with both ways out."""
	lines = [f"S-{n},Ada,2025-01-{n:02d},100" for n in range(1, 6)]
	path = table(tmp_path / "t.csv", HEAD, *lines, "S-9,Ben,2052-03-02,10")
	message = refused("score", path, "--out", tmp_path / "no")
	assert f"2052-03-02 ({path}, line 7)" in message
	assert "--as-of 2025-01-05" in message
	assert graded(tmp_path, path, "--as-of", "2025-01-05")["rows_left_out"]["after_as_of"]["rows"] == 1
	assert graded(tmp_path, path, "--as-of", "2052-03-02")["rows_graded"] == 6


def test_grouped_amounts_and_currency_marks_are_amounts(tmp_path: Path) -> None:
	"""Blanks and apostrophes part thousands; brackets and a minus behind are below zero."""
	texts = ("1\u202f234,56", "2\u00a0000,00", "500,00", "(200,00) €", "150,00-")
	path = table(
		tmp_path / "f.csv",
		HEAD.replace(",", ";"),
		*(f"{n};A{n};2025-01-05;{text}" for n, text in enumerate(texts)),
	)
	told = graded(tmp_path, path)
	assert told["revenue"] == pytest.approx(1234.56 + 2000 + 500 - 200 - 150)
	assert "decimal comma" in decided(told, "decimal_comma")["told"]


def test_amounts_with_different_currency_marks_are_refused(tmp_path: Path) -> None:
	lines = ("1,Ada,2025-01-05,$100.50", "2,Ben,2025-01-05,€90.00")
	message = refused("score", table(tmp_path / "m.csv", HEAD, *lines), "--out", tmp_path / "no")
	assert "$ 100.50 and EUR 90.00. They are not added up." in message
	same = table(tmp_path / "s.csv", HEAD, lines[0], "2,Ben,2025-01-05,USD 90.00")
	assert graded(tmp_path, same)["revenue"] == 190.5, "a dollar may be a US dollar"


def test_points_that_may_group_are_asked_about(tmp_path: Path) -> None:
	"""1.250 in every row may be a thousand; one 12.5 in the column tells."""
	open_ = table(tmp_path / "e.csv", HEAD, "A,Ada,2025-01-05,1.250", "B,Ben,2025-01-06,900")
	assert "1.250 may be 1.25 or 1250" in refused("score", open_, "--out", tmp_path / "no")
	assert graded(tmp_path, open_, "--decimal", ",")["revenue"] == 2150
	assert graded(tmp_path, open_, "--decimal", ".")["revenue"] == 901.25
	sure = table(tmp_path / "u.csv", HEAD, "A,Ada,2025-01-05,1.250", "B,Ben,2025-01-06,12.5")
	assert graded(tmp_path, sure)["revenue"] == 13.75


@pytest.mark.parametrize("word", ["Canceled", "Voided", "已作废", "Abgesagt", "Storniert", "Annulé", "註銷"])
def test_cancelled_in_any_word_does_not_count(tmp_path: Path, word: str) -> None:
	path = table(
		tmp_path / "c.csv", f"{HEAD},status", "1,Ada,2025-01-05,1000,Paid", f"2,Ada,2025-01-06,9,{word}"
	)
	assert graded(tmp_path, path)["rows_left_out"] == {"cancelled": {"rows": 1, "net_amount": 9}}


def test_a_status_that_is_not_known_is_never_counted_in_silence(tmp_path: Path) -> None:
	path = table(
		tmp_path / "u.csv", f"{HEAD},status", "1,Ada,2025-01-05,1,Paid", "2,Ada,2025-01-06,9,Zurückgelegt"
	)
	message = refused("score", path, "--out", tmp_path / "no")
	assert "Zurückgelegt (1 row, 9.00)" in message
	assert "--status 'Zurückgelegt=sale'" in message
	assert graded(tmp_path, path, "--status", "Zurückgelegt=draft")["rows_left_out"]["draft"]["rows"] == 1


def test_a_return_takes_money_whichever_sign_it_has(tmp_path: Path) -> None:
	head = f"{HEAD},is_return,return_against"
	path = table(tmp_path / "r.csv", head, "I-1,Ada,2025-01-05,1000,0,", "C-1,Ada,2025-01-10,400,1,I-1")
	told = graded(tmp_path, path)
	assert told["revenue"] == 600
	assert decided(told, "returns_turned") | {"told": ""} == {
		"what": "returns_turned", "told": "", "rows": 1, "net_amount": 400,
	}  # fmt: skip


# -- which document, whose -------------------------------------------------------------------------


def test_rows_of_one_document_that_differ_are_its_lines(tmp_path: Path) -> None:
	"""They are added up, and the totals row is left out."""
	head = "Item Code,Invoice,Posting Date,Customer,Amount"
	lines = (
		"Bolt,S-1,2025-01-05,Ada,10", "Engine,S-1,2025-01-05,Ada,99000", "Nut,S-2,2025-01-09,Ben,700",
		"Total,,,,99710",
	)  # fmt: skip
	path = table(tmp_path / "i.csv", head, *lines)
	told = graded(tmp_path, path)
	assert decided(told, "lines")["rows"] == 2
	assert (told["rows_graded"], told["revenue"]) == (3, 99710)
	assert revenue(tmp_path, path) == {"Ada": 99010, "Ben": 700}


def test_rows_of_one_document_that_agree_are_asked_about(tmp_path: Path) -> None:
	"""They may be lines, or each repeats the total; a net total is one of a document."""
	lines = ("S-1,2025-01-05,Ada,500", "S-1,2025-01-05,Ada,500")
	path = table(tmp_path / "a.csv", "Invoice,Date,Customer,Amount", *lines)
	assert "S-1 with 2 times 500.00" in refused("score", path, "--out", tmp_path / "no")
	assert graded(tmp_path, path, "--lines")["revenue"] == 1000
	assert graded(tmp_path, path, "--no-lines")["revenue"] == 500
	total = table(tmp_path / "t.csv", "ID,Date,Customer,Net Total", *lines)
	told = graded(tmp_path, total)
	assert (told["revenue"], decided(told, "repeated_total")["net_amount"]) == (500, 500)


def test_a_document_that_is_listed_for_two_customers_is_bad(tmp_path: Path) -> None:
	"""All its rows are: none of them is taken for the right one."""
	path = table(tmp_path / "d.csv", HEAD, "1,Ada,2025-01-05,5", "1,Ben,2025-01-05,5", "2,Cid,2025-01-05,5")
	assert "2 of 3 rows are bad" in refused("score", path, "--out", tmp_path / "no")
	assert revenue(tmp_path, path, "--skip-bad-rows") == {"Cid": 5}


def test_a_shops_order_in_several_rows_is_one_order(tmp_path: Path) -> None:
	"""Rows without an amount go on with the one before; times and zones are no harm."""
	lines = (
		"#1,ada@x.org,paid,2025-10-07 09:50:26 +0200,EUR,300.00,1",
		"#1,ada@x.org,,2025-10-07 09:50:26 +0200,,,2",
		"#2,ben@x.org,refunded,2025-10-08 09:50:26 +0200,EUR,80.00,1",
		"#3,,voided,2025-10-08 09:50:26 +0200,EUR,70.00,1",
	)  # fmt: skip
	head = "Name,Email,Financial Status,Created at,Currency,Subtotal,Lineitem quantity"
	path = table(tmp_path / "o.csv", head, *lines)
	told = graded(tmp_path, path, "--profile", "shopify")
	assert (told["as_of"], told["revenue"], told["rows_graded"]) == ("2025-10-07", 300, 2)
	assert told["rows_left_out"].keys() == {"refunded", "cancelled"}
	assert "Its columns fit --profile shopify" in refused("score", path, "--out", tmp_path / "no")


def test_an_order_that_is_refunded_in_part_is_told(tmp_path: Path) -> None:
	"""How much went back is not in the status."""
	path = table(tmp_path / "p.csv", f"{HEAD},status", "1,Ada,2025-01-05,80,partially_refunded")
	told = graded(tmp_path, path)
	assert (told["revenue"], decided(told, "partly_refunded")["net_amount"]) == (80, 80)


def test_rows_with_net_totals_that_differ_are_bad_until_they_are_lines(tmp_path: Path) -> None:
	"""None of them is taken for the right one."""
	path = table(tmp_path / "d.csv", HEAD, "1,Ada,2025-01-05,5", "1,Ada,2025-01-05,7", "2,Ben,2025-01-05,1")
	message = refused("score", path, "--out", tmp_path / "no")
	assert "document ID listed again with another amount: 1" in message
	assert "--lines adds them up" in message
	assert revenue(tmp_path, path, "--lines") == {"Ada": 12, "Ben": 1}


def test_the_state_in_the_later_export_counts(tmp_path: Path) -> None:
	"""Whichever file is named first: the one with the latest date is the later."""
	head = f"{HEAD},status"
	may = table(tmp_path / "may.csv", head, "S-1,Ada,2025-05-05,1000,Paid", "S-2,Ben,2025-05-30,50000,Draft")
	june = table(
		tmp_path / "june.csv", head, "S-1,Ada,2025-05-05,1000,Cancelled", "S-2,Ben,2025-05-30,50000,Paid",
		"S-3,Cid,2025-06-05,700,Paid",
	)  # fmt: skip
	for files in ((may, june), (june, may)):
		assert revenue(tmp_path, *files) == {"Ben": 50000, "Cid": 700}
		told = graded(tmp_path, *files)
		assert decided(told, "superseded")["rows"] == 2
		assert f"S-1: 1,000.00 in {may}, cancelled 1,000.00 in {june}" in decided(told, "superseded")["told"]
		assert (
			told["rows_read"]
			== 5
			== told["rows_graded"] + sum(one["rows"] for one in told["rows_left_out"].values())
		)


def test_an_id_is_the_document_and_a_name_beside_it_a_persons(tmp_path: Path) -> None:
	head = "ID,Customer,Name,Date,Net Total (Company Currency)"
	path = table(tmp_path / "n.csv", head, "I-1,C-1,Ada,2025-01-05,100", "I-2,C-1,Ada,2025-01-06,900")
	assert revenue(tmp_path, path) == {"C-1": 1000}


def test_names_that_a_spreadsheet_has_cut_are_refused(tmp_path: Path) -> None:
	"""1.38E+10 is what is left of many numbers."""
	for row in ("1,1.38E+10,2025-01-05,5", "2.02501E+17,Ada,2025-01-05,5"):
		assert "a spreadsheet has cut" in refused(
			"score", table(tmp_path / "c.csv", HEAD, row), "--out", tmp_path / "no"
		)
	long = book(tmp_path / "l.xlsx", {"S": [LABELS, [202501050000012345, "Ada", DAY, 100]]})
	assert "a spreadsheet has cut" in refused("score", long, "--out", tmp_path / "no")


def test_names_like_numbers_are_one_and_marks_for_nothing_nobody(tmp_path: Path) -> None:
	a = table(tmp_path / "a.csv", HEAD, "A-1,12345,2025-01-05,1000", "A-2,00777,2025-01-05,50")
	marks = ("nan", "NULL", "#N/A", "-")
	b = table(
		tmp_path / "b.csv", HEAD, "B-1,12345.0,2025-02-05,2000", "B-2,777,2025-02-05,60",
		*(f"B-{mark},{mark},2025-02-06,10" for mark in marks),
	)  # fmt: skip
	told = graded(tmp_path, a, b)
	assert told["rows_left_out"] == {"placeholder": {"rows": 4, "net_amount": 40}}
	assert decided(told, "pointed_names")["rows"] == 1
	assert "00777 and 777" in decided(told, "zeros")["told"]
	assert revenue(tmp_path, a, b) == {"12345": 3000, "00777": 50, "777": 60}


def test_spellings_of_one_name_are_told_and_merged_if_asked_to(tmp_path: Path) -> None:
	names = ("Acme Ltd", "ACME Ltd", "Acme  Ltd", "Acme\u00a0Ltd", "Ａcme Ltd", " Acme Ltd ")
	path = table(
		tmp_path / "n.csv", HEAD, *(f"{n},{name},2025-01-0{n + 1},100" for n, name in enumerate(names))
	)
	told = graded(tmp_path, path)
	assert told["customers"] == 5
	assert (decided(told, "spellings")["rows"], decided(told, "spellings")["net_amount"]) == (6, 600)
	assert revenue(tmp_path, path, "--merge-spellings") == {"Acme Ltd": 600}


def test_currencies_are_not_added_up(tmp_path: Path) -> None:
	"""They are refused, or converted by rates of currencies or of companies."""
	head = f"{HEAD},company,currency"
	path = table(
		tmp_path / "m.csv", head, "1,Ada,2025-01-05,1000,USA,USD", "2,Ben,2025-01-05,80000,India,INR"
	)
	assert "different currencies: USD 1,000.00 and INR 80,000.00" in refused(
		"score", path, "--out", tmp_path / "no"
	)
	rates = table(tmp_path / "r.csv", "currency,rate", "USD,1", "INR,0.0125")
	assert revenue(tmp_path, path, "--rates", rates) == {"Ada": 1000, "Ben": 1000}
	rates = table(tmp_path / "r.csv", "company,rate", "USA,2", "India,0.05")
	assert revenue(tmp_path, path, "--rates", rates) == {"Ada": 2000, "Ben": 4000}
	short = table(tmp_path / "s.csv", "currency,rate", "USD,1")
	assert "There is no rate for currency INR" in refused(
		"score", path, "--rates", short, "--out", tmp_path / "no"
	)


def test_one_company_may_sell_in_many_currencies(tmp_path: Path) -> None:
	"""Net Total (Company Currency) is in its own, whatever a document's is; a plain net total is not."""
	lines = ("1,Ada,2025-01-05,10,A,USD", "2,Ben,2025-01-05,20,A,EUR")
	path = table(tmp_path / "o.csv", f"{HEAD},company,currency", *lines)
	assert graded(tmp_path, path)["revenue"] == 30
	plain = table(tmp_path / "p.csv", "ID,Customer,Date,Net Total,Company,Currency", *lines)
	assert "different currencies" in refused("score", plain, "--out", tmp_path / "no")


def test_customers_can_be_left_out_and_families_graded(tmp_path: Path) -> None:
	path = table(
		tmp_path / "f.csv", f"{HEAD},Chain", "1,Ada,2025-01-05,10,North", "2,Ben,2025-01-05,20,North",
		"3,Cash,2025-01-05,500,",
	)  # fmt: skip
	told = graded(tmp_path, path, "--family", "Chain", "--leave-out", "Cash")
	assert told["rows_left_out"] == {"asked": {"rows": 1, "net_amount": 500}}
	assert "3 customers became 2" in decided(told, "families")["told"]
	assert revenue(tmp_path, path, "--family", "chain") == {"North": 30, "Cash": 500}
	assert "no such customer. Did you mean Cash?" in refused(
		"score", path, "--leave-out", "Cahs", "--out", tmp_path / "no"
	)
