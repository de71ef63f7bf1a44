"""The languages of the command: its texts, and numbers and days as their readers write them."""

from __future__ import annotations

from datetime import date

import pytest

from customer_tiering.wording.figures import customers, day, number, percent, series, signed
from customer_tiering.wording.labels import segment_label, stage_label, tier_label
from customer_tiering.wording.languages import CODES, OfTheCommand
from customer_tiering.wording.texts import _, language, speaking

DAY = date(2025, 6, 30)


@pytest.mark.parametrize(
	("code", "said"),
	[
		("en", ["30 June 2025", "1,234.50", "1 customer", "2 customers", "a, b and c", "At Risk", "Unrated"]),
		("zh", ["2025年6月30日", "1,234.50", "1 个客户", "2 个客户", "a、b、c", "流失风险", "未定级"]),
	],
)
def test_each_writes_as_its_readers_do(code: str, said: list[str]) -> None:
	with speaking(OfTheCommand(code)):
		assert [
			day(DAY), number(1234.5, 2), customers(1), customers(2), series(["a", "b", "c"]),
			stage_label("At Risk"), tier_label(None),
		] == said  # fmt: skip


def test_figures_have_signs_and_no_minus_zero() -> None:
	assert [signed(3), signed(-3.25, 1), signed(0)] == ["+3", "−3.2", "±0"]
	assert [number(-0.001, 2), percent(float("nan")), percent(12.34)] == ["0.00", "–", "12.3%"]
	assert [series([]), series(["a"])] == ["", "a"]


def test_a_name_that_people_give_is_translated_only_where_it_is_known_as_one() -> None:
	with speaking(OfTheCommand("zh")):
		assert tier_label("Gold") == "黄金"
		assert tier_label("Lost") == "Lost", "a tier that somebody calls like a stage"
		assert segment_label("New") == "新客户"


def test_a_language_is_spoken_until_the_end_of_its_block() -> None:
	before = language().code
	with speaking(OfTheCommand("zh")), speaking(OfTheCommand("en")):
		assert _("Total") == "Total"
	assert language().code == before == "en"
	assert CODES == ("en", "zh")
