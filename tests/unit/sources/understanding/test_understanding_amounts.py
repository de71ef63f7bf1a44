"""Amounts in all the ways in which people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.sources.understanding import amounts
from customer_tiering.sources.understanding.amounts import COMMA, POINT


@pytest.mark.parametrize(
	("text", "decimal", "amount"),
	[
		("1234.5", POINT, 1234.5), (" 7. ", POINT, 7), ("+.5", POINT, 0.5), ("1e3", POINT, 1000),
		("1,234.50", POINT, 1234.5), ("-1,234,567", POINT, -1234567), ("12,34,567.00", POINT, 1234567),
		("1.234,5", COMMA, 1234.5), ("-1.234.567,89", COMMA, -1234567.89), ("1.234", COMMA, 1234),
		("1\u202f234,56", COMMA, 1234.56), ("2\u00a0000,00", COMMA, 2000), ("1'234.50", POINT, 1234.5),
		("1’000.00", POINT, 1000), ("1 234", COMMA, 1234), ("1'234", POINT, 1234),
		("$1,234.50", POINT, 1234.5), ("USD 500.00", POINT, 500), ("500.00 EUR", POINT, 500),
		("-€5", POINT, -5),
		("€ -5.5", POINT, -5.5), ("Rs. 1,00,000", POINT, 100000), ("kr 5,50", COMMA, 5.5),
		("100元", POINT, 100),
		("(200.00)", POINT, -200), ("(200,00) €", COMMA, -200), ("$(1,234.50)", POINT, -1234.5),
		("150.00-", POINT, -150), ("−5.5", POINT, -5.5), ("１２.5", POINT, 12.5), ("0", POINT, 0),
		("-0.0", POINT, 0),
	],
)  # fmt: skip
def test_what_leaves_no_doubt_is_read(text: str, decimal: str, amount: float) -> None:
	assert amounts.read_amount(text, decimal) == amount


@pytest.mark.parametrize(
	("text", "decimal"),
	[
		("", POINT), ("ten", POINT), ("nan", POINT), ("-inf", POINT), ("1e999", POINT), ("1_000", POINT),
		("1,2,3", POINT), ("1.23,4", COMMA), ("1234.5", COMMA), ("-", POINT), ("--5", POINT), ("-5-", POINT),
		("(-5)", POINT), ("1 23", POINT), ("5 %", POINT), ("2025-01-05", POINT), ("1(2)", POINT),
		("EUR 5 EUR", POINT),
		("0,123.5", POINT), ("1e5,5", COMMA), (".", POINT), ("$", POINT), ("1'23", POINT),
	],
)  # fmt: skip
def test_what_is_no_amount_is_none(text: str, decimal: str) -> None:
	assert math.isnan(amounts.read_amount(text, decimal))


@pytest.mark.parametrize(
	("texts", "mark"),
	[
		(["1250", "900"], POINT), (["1.250", "12.5"], POINT), (["1250.500"], POINT), (["0.125"], POINT),
		(["1.250", "12,5"], COMMA), (["1.234.567"], COMMA), (["1,234,567"], POINT), (["1,234.5"], POINT),
		(["1.250", "900"], None), (["1,250"], None), (["1'250", "900"], POINT), ([], POINT),
	],
)  # fmt: skip
def test_a_column_tells_its_decimal_mark_or_leaves_it_open(texts: list[str], mark: str | None) -> None:
	assert amounts.evidence(texts).mark() == mark


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_however_an_amount_is_written_it_is_read_as_it_was(amount: object) -> None:
	"""In English, German, French and Swiss ways; and its column tells which of them it is."""
	english = f"{amount:,.2f}"
	ways = {
		english: POINT,
		english.translate(str.maketrans(",.", ".,")): COMMA,
		english.translate(str.maketrans(",.", "\u00a0,")): COMMA,
		english.replace(",", "’"): POINT,
		f"EUR {english}": POINT,
	}
	for text, mark in ways.items():
		assert amounts.evidence([text]).mark() == mark
		assert amounts.read_amount(text, mark) == float(str(amount))


@given(st.text(max_size=12))
def test_no_text_is_read_in_a_way_that_the_other_mark_does_not_allow_for(text: str) -> None:
	"""What both marks read differently is open, never decided."""
	point, comma = (amounts.read_amount(text, mark) for mark in (POINT, COMMA))
	if not math.isnan(point) and not math.isnan(comma) and point != comma:
		assert amounts.evidence([text]).mark() is None


@pytest.mark.parametrize(
	("marks", "one"),
	[
		(["$", "USD", ""], True),
		(["$", "€"], False),
		(["¥", "CNY"], True),
		(["kr", "SEK"], True),
		(["USD", "EUR"], False),
	],
)
def test_marks_that_may_be_one_currency(marks: list[str], one: bool) -> None:
	assert amounts.are_one_currency(marks) is one
