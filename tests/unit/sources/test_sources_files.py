"""Sales documents from files: names of columns, values, bad rows, and what is left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from customer_tiering import policies
from customer_tiering.engine import Policy
from customer_tiering.sources import files
from customer_tiering.sources.asked import Asked
from customer_tiering.sources.documents import NothingLeft, select
from customer_tiering.sources.understanding import dates
from customer_tiering.sources.understanding.columns import COLUMNS, ColumnsError, Mapping, find

HEAD = "name,customer,posting_date,base_net_total,is_return"


def read(tmp_path: Path, *lines: str, maps: tuple[str, ...] = (), decimal: str = "") -> files.Reading:
	path = tmp_path / "sales.csv"
	path.write_text("\n".join(lines), encoding="utf-8")
	return files.read_sales(files.open_sources([path], Asked(Mapping.parse(maps), decimal=decimal)))


def policy(**changes: object) -> Policy:
	return Policy.from_dict({**policies.load("rfm"), **changes})


def test_field_names_and_labels_are_one(tmp_path: Path) -> None:
	"""ERPNext's fields, its English labels and both Chinese translations give the same documents."""
	row = "INV-1,Acme,2025-01-31,-10.5,1,INV-0,0,No,0,0,1,Linden,Retail,Germany"
	headings = (
		"name,customer,posting_date,base_net_total,is_return,return_against,is_debit_note,is_opening,"
		"is_internal_customer,is_consolidated,docstatus,company,customer_group,territory",
		"ID,Customer,Date,Net Total (Company Currency),Is Return (Credit Note),Return Against,"
		"Is Rate Adjustment Entry (Debit Note),Is Opening Entry,Is Internal Customer,Is Consolidated,"
		"Document Status,Company,Customer Group,Territory",
		"id,CUSTOMER,posting  date,net total (company currency) *,Is_Return,return against,Is Debit Note,"
		"Is Opening,is internal customer,is consolidated,DocStatus,company,customer group,TERRITORY",
		"ID,客户,日期,总净金额（公司货币）,是退货？（退款单）,退货依据,是否单价调整分录（借项通知单）,是否期初分录,"
		"是内部客户,已合并,文档状态,公司,客户群组,区域",
		"标识符,客户,记账日期,净总计(本币),红冲(贷记单),源单,追加收款(借记单),是开账凭证,是内部客户,已合并,"
		"文档状态,公司,客户组,区域",
	)
	readings = [read(tmp_path, heading, row) for heading in headings]
	for reading in readings:
		pd.testing.assert_frame_equal(reading.documents, readings[0].documents)
	document = readings[0].documents.iloc[0]
	assert document["return_against"] == "INV-0"
	assert (document["net_amount"], document["is_return"], document["docstatus"]) == (-10.5, True, 1)


def test_every_accepted_name_stands_for_one_field() -> None:
	"""No two fields share a name; the field's own name comes first."""
	heading = [column.field for column in COLUMNS]
	found = find("f", [*heading, "ID", "Date"], Mapping())
	others = {"selling_amount", "net_total", "line_amount"}
	assert found.positions == {name: at for at, name in enumerate(heading) if name not in others}
	assert found.amount == "base_net_total"


def test_a_missing_column_names_itself_and_the_way_out(tmp_path: Path) -> None:
	"""The message has the accepted names, --map, and the columns there are."""
	with pytest.raises(ColumnsError) as refused:
		read(tmp_path, "name,customer,Day,base_net_total", "1,a,2025-01-01,1")
	assert str(refused.value).splitlines() == [
		f"{tmp_path / 'sales.csv'} has no column for the document's date. Call it posting_date or Posting "
		"Date or Date, or say which it is: --map 'your column=posting_date'.",
		"Its columns are: name, customer, Day, base_net_total.",
	]


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
	"""Which of the two is meant cannot be known."""
	with pytest.raises(ColumnsError, match="has the column customer twice"):
		read(tmp_path, "name,customer,customer,posting_date,base_net_total", "1,a,b,2025-01-01,1")


def test_map_takes_the_users_names(tmp_path: Path) -> None:
	"""Theirs wins over a column of ours; theirs may hold an equals sign, ours may be a label."""
	heading = "No.,Who=What,customer,Day,Sum"
	maps = ("No.=name", "Who=What=Customer", "day=posting_date", "Sum=base_net_total")
	reading = read(tmp_path, heading, "1,Acme,other,2025-01-31,5", maps=maps)
	assert reading.documents["customer"].tolist() == ["Acme"]


@pytest.mark.parametrize(
	("maps", "message"),
	[
		(("Amount",), "is not of the form"),
		(("=name",), "is not of the form"),
		(("Amount=price",), "there is no column price to map to. Choose one of name, customer,"),
		(("A=name", "B=name"), "gives name twice"),
		(("Nope=customer",), "no file has a column Nope"),
	],
)
def test_a_map_that_cannot_be_followed_is_refused(
	tmp_path: Path, maps: tuple[str, ...], message: str
) -> None:
	"""Each by its own sentence."""
	with pytest.raises(ColumnsError, match=message):
		read(tmp_path, HEAD, "1,a,2025-01-01,1,0", maps=maps)


@pytest.mark.parametrize(
	"text",
	["2025-01-31", " 2025-1-31 ", "2025/01/31", "2025.01.31", "2025-01-31 14:05:06.5", "2025-01-31T14:05Z",
	"2025年1月31日"],
)  # fmt: skip
def test_dates_that_begin_with_the_year_are_read(text: str) -> None:
	"""Of one that has a time, the day counts."""
	assert dates.read_date(text) == (date(2025, 1, 31) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
	("row", "told"),
	[
		(",a,2025-01-31,1,0", "no document ID"),
		("1,a,,1,0", "no date"),
		("1,a,31.13.2025,1,0", "date not of the form 2025-01-31: 31.13.2025"),
		("1,a,2025-02-30,1,0", "date not of the form 2025-01-31: 2025-02-30"),
		("1,a,2025-01/31,1,0", "date not of the form 2025-01-31: 2025-01/31"),
		("1,a,1899-12-31,1,0", "date outside 1900 to 2200: 1899-12-31"),
		("1,a,2201-01-01,1,0", "date outside 1900 to 2200: 2201-01-01"),
		("1,a,2025-01-31,,0", "no amount: 1"),
		("1,a,2025-01-31,ten,0", "amount is not a number like 1234.56: ten"),
		("1,a,2025-01-31,nan,0", "amount is not a number like 1234.56: nan"),
		("1,a,2025-01-31,-inf,0", "amount is not a number like 1234.56: -inf"),
		("1,a,2025-01-31,1e999,0", "amount is not a number like 1234.56: 1e999"),
		("1,a,2025-01-31,1_000,0", "amount is not a number like 1234.56: 1_000"),
		("1,a,2025-01-31,900000000000001,0", "amount is over 900,000,000,000,000: 900000000000001"),
		("1,a,2025-01-31,1,maybe", "is_return is neither yes nor no: maybe"),
		("1,a,2025-01-31,1,2", "is_return is neither yes nor no: 2"),
		("1,a,2025-01-31,1", "the row has more or fewer cells than the heading"),
		(",a,x,y,z", "no document ID; date not of the form 2025-01-31: x; "
			"amount is not a number like 1234.56: y; is_return is neither yes nor no: z"),
		(f"1,a,{'9' * 50},1,0", f"date not of the form 2025-01-31: {'9' * 39}…"),
		("1,a,\x1b[31m,1,0", "date not of the form 2025-01-31: [31m"),
	],
)  # fmt: skip
def test_a_bad_row_is_told_by_line_and_reason(tmp_path: Path, row: str, told: str) -> None:
	"""And it is the only row that does not become a document."""
	reading = read(tmp_path, HEAD, "A,a,2025-01-31,1,0", row, "B,b,2025-01-31,1,0")
	assert [(bad.line, bad.told) for bad in reading.samples] == [(3, told)]
	assert reading.documents["document"].tolist() == ["A", "B"]
	assert (reading.rows, reading.bad) == (3, 1)


def test_a_document_counts_once_across_files(tmp_path: Path) -> None:
	"""The later file holds; a bad row does not take the ID away from a good one."""
	one, two = tmp_path / "1.csv", tmp_path / "2.csv"
	one.write_text(f"{HEAD}\nA,a,never,1,0\nA,a,2025-01-31,1,0\nC,c,2025-01-31,1,0\nC,c,2025-01-31,2,0\n")
	two.write_text(f"{HEAD}\nB,b,2025-02-28,1,0\nA,a,2025-01-31,3,0\n")
	reading = files.read_sales(files.open_sources([one, two]))
	documents = reading.documents.set_index(["document", "aside"])
	assert documents["net_amount"].to_dict() == {("A", "superseded"): 1, ("B", ""): 1, ("A", ""): 3}
	assert [(Path(bad.file).name, bad.line, bad.reasons[0]) for bad in reading.samples] == [
		("1.csv", 2, "date not of the form 2025-01-31"),
		("1.csv", 4, "document ID listed again with another amount"),
		("1.csv", 5, "document ID listed again with another amount"),
	]


def test_bad_rows_are_counted_and_only_the_first_are_kept(tmp_path: Path) -> None:
	"""Memory does not grow with them, but every one is handed on, in order."""
	path, seen = tmp_path / "bad.csv", []
	path.write_text(f"{HEAD}\n" + "".join(f'{n},a,{n},"x""{n}",?\n' for n in range(3000)))
	reading = files.read_sales(files.open_sources([path]), lambda bad, _heading: seen.append(bad.line))
	assert seen == list(range(2, 3002))
	assert len(reading.samples) == files.SAMPLES
	assert set(reading.reasons.values()) == {3000}


@pytest.mark.parametrize(
	("text", "decimal", "amount"),
	[("1,234.50", ".", 1234.5), ("-1,234,567", ".", -1234567), (" 7. ", ".", 7), ("+.5", ".", 0.5),
	("1e3", ".", 1000), ("1234,5", ",", 1234.5), ("1.234", ",", 1234), ("-1.234.567,89", ",", -1234567.89)],
)  # fmt: skip
def test_numbers_are_read_where_there_is_no_doubt(
	tmp_path: Path, text: str, decimal: str, amount: float
) -> None:
	"""A point or a comma for the decimals, and groups of thousands that cannot be decimals."""
	reading = read(tmp_path, HEAD, f'1,a,2025-01-31,"{text}",0', decimal=decimal)
	assert reading.documents["net_amount"].tolist() == [amount]


@pytest.mark.parametrize("text", ["1234.5", "1,2,3", "1.23,4", "-"])
def test_with_a_decimal_comma_a_point_only_groups(tmp_path: Path, text: str) -> None:
	"""Nothing is read a thousand times too large or too small."""
	assert read(tmp_path, HEAD, f'1,a,2025-01-31,"{text}",0', decimal=",").bad == 1


def test_blank_rows_and_totals_hold_no_document(tmp_path: Path) -> None:
	"""They are counted apart; a row with an amount and nothing else is bad."""
	heading = "Sr,name,customer,posting_date,base_net_total,is_return"
	reading = read(
		tmp_path, heading, "1,A,a,2025-01-31,5,0", "", ",,,,,", "2,Total,,,5,0", "3,,Total,,5,0", "4,,,,6,0"
	)
	assert reading.unseen == {"blank": 2, "totals": 2}
	assert (reading.rows, reading.bad, len(reading.documents)) == (6, 1, 1)


def test_without_a_column_for_returns_negative_documents_are_returns(tmp_path: Path) -> None:
	"""With one, a negative document may be no return."""
	heading, row = "name,customer,posting_date,base_net_total", "1,a,2025-01-31,-5"
	assert read(tmp_path, heading, row).documents["is_return"].tolist() == [True]
	assert read(tmp_path, HEAD, f"{row},0").documents["is_return"].tolist() == [False]


@pytest.mark.parametrize(
	("column", "value", "reason"),
	[
		("docstatus", "0", "draft"),
		("docstatus", "Draft", "draft"),
		("docstatus", "2", "cancelled"),
		("status", "Cancelled", "cancelled"),
		("status", "Draft", "draft"),
		("is_consolidated", "1", "consolidated"),
		("is_opening", "Yes", "opening"),
		("is_internal_customer", "1", "internal"),
		("customer", "", "anonymous"),
		("customer", "   ", "anonymous"),
	],
)
def test_a_document_that_does_not_count_is_left_out_for_its_reason(
	tmp_path: Path, column: str, value: str, reason: str
) -> None:
	"""With its amount, so that nothing is lost."""
	row = {"name": "2", "customer": "b", "posting_date": "2025-02-01", "base_net_total": "7.5", column: value}
	good = {**row, "name": "1", "customer": "a", column: {"customer": "a", "status": "Paid"}.get(column, "")}
	reading = read(tmp_path, ",".join(row), ",".join(good.values()), ",".join(row.values()))
	selection = select(reading.documents, policy())
	assert {key: (out.rows, out.net_amount) for key, out in selection.left_out.items()} == {reason: (1, 7.5)}
	assert selection.facts.index.tolist() == ["a"]


def test_the_policy_switches_what_is_left_out(tmp_path: Path) -> None:
	"""Opening entries and internal customers by switches, companies by its list."""
	heading = f"{HEAD},is_opening,is_internal_customer,company"
	lines = ("1,a,2025-01-31,1,0,Yes,0,X", "2,b,2025-01-31,1,0,No,1,X", "3,c,2025-01-31,1,0,No,0,Y")
	documents = read(tmp_path, heading, *lines).documents
	everyone = select(documents, policy(exclude_opening=False, exclude_internal=False))
	assert everyone.facts.index.tolist() == ["a", "b", "c"]
	assert select(documents, policy()).facts.index.tolist() == ["c"]
	with pytest.raises(NothingLeft) as nothing:
		select(documents, policy(companies=["X"]))
	assert set(nothing.value.left_out) == {"opening", "internal", "other_company"}


def test_the_as_of_date_is_the_last_of_what_is_real(tmp_path: Path) -> None:
	"""An anonymous sale is real, a draft is not; later documents are left out once a date is given."""
	lines = ("1,a,2025-01-01,1,0,1", "2,,2025-01-31,1,0,1", "3,a,2025-02-28,1,0,0")
	documents = read(tmp_path, f"{HEAD},docstatus", *lines).documents
	assert select(documents, policy()).as_of == date(2025, 1, 31)
	with pytest.raises(NothingLeft) as nothing:
		select(documents, policy(), date(2024, 12, 31))
	assert list(nothing.value.left_out) == ["draft", "anonymous", "after_as_of"]


def test_a_debit_note_is_no_purchase(tmp_path: Path) -> None:
	"""Its money counts."""
	lines = ("1,a,2025-01-01,5,0,0", "2,a,2025-01-02,1,0,1", "3,a,2025-01-03,-1,1,0")
	sales = select(read(tmp_path, f"{HEAD},is_debit_note", *lines).documents, policy()).facts.sales
	assert sales["is_purchase"].tolist() == [True, False, False]
	assert sales["net_amount"].sum() == 5


def test_the_latest_document_that_says_so_tells_a_customers_group(tmp_path: Path) -> None:
	"""In order of date, not of rows; one that leaves it empty says nothing."""
	lines = (
		"1,a,2025-03-01,1,0,,T3",
		"2,a,2025-02-01,1,0,G2,T2",
		"3,a,2025-01-01,1,0,G1,T1",
		"4,b,2025-01-01,1,0,,",
	)
	reading = read(tmp_path, f"{HEAD},customer_group,territory", *lines)
	customers = select(reading.documents, policy()).facts.customers
	assert customers is not None
	assert customers.to_dict("list") == {
		"customer": ["a", "b"],
		"customer_group": ["G2", None],
		"territory": ["T3", None],
	}


def test_an_unknown_gross_profit_is_no_bad_row(tmp_path: Path) -> None:
	"""Empty is unknown; a word is bad."""
	lines = ("1,a,2025-03-01,10,0,2.5", "2,a,2025-03-01,10,0,", "3,a,2025-03-01,10,0,much")
	reading = read(tmp_path, f"{HEAD},gross_profit", *lines)
	profits = reading.documents["gross_profit"]
	assert profits.tolist()[0] == 2.5
	assert profits.isna().tolist() == [False, True]
	assert reading.reasons == {"gross_profit is not a number like 1234.56": 1}
