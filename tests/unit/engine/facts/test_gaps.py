"""Optional columns with gaps, and what is known of the past by half: read as the page says, or not needed."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from customer_tiering.engine import Facts, Policy, evaluate

GRACE = Policy.from_dict(
	{
		"tiers": [
			{"name": "Gold", "min_score": 70, "grace_days": 30},
			{"name": "Silver", "min_score": 40, "grace_days": 30},
			{"name": "Low", "min_score": 0},
		],
		"rules": [
			{
				"name": "amount", "metric": "Revenue", "method": "Linear", "weight": 1,
				"zero_at": 0, "full_at": 100,
			}
		],
	}
)  # fmt: skip


def sales(**columns: Any) -> pd.DataFrame:
	"""Three documents of one customer: 30, 20 and a return of 20 that names the second where it may."""
	return pd.DataFrame(
		{
			"customer": ["a"] * 3,
			"document": ["1", "2", "3"],
			"company": ["C"] * 3,
			"posting_date": pd.to_datetime(["2024-01-03", "2024-01-04", "2024-01-05"]),
			"net_amount": [30.0, 20.0, -20.0],
			"is_return": [False, False, True],
			**columns,
		}
	)


def purchases(table: pd.DataFrame) -> int:
	return int(evaluate(Facts(table), GRACE, date(2024, 2, 1)).scores["purchases"].iloc[0])


@pytest.mark.parametrize(
	"gaps",
	[
		pd.Series([True, None, True], dtype=object),
		pd.Series([1.0, np.nan, 1.0]),
		pd.Series([True, pd.NA, True], dtype="boolean"),
		pd.Series([None] * 3, dtype=object),
	],
	ids=["object", "float", "boolean", "empty"],
)
def test_whether_it_is_a_purchase_may_be_left_open(gaps: pd.Series) -> None:
	assert purchases(sales(is_purchase=gaps)) == 2


def test_what_is_told_to_be_no_purchase_is_none() -> None:
	assert purchases(sales(is_purchase=pd.Series([False, None, None], dtype=object))) == 1


@pytest.mark.parametrize(
	("against", "left"),
	[
		(pd.Series([np.nan] * 3), 2),
		(pd.Series([None] * 3, dtype="category"), 2),
		(pd.Series([pd.NA, pd.NA, "2"], dtype="string"), 1),
		(pd.Series([None, None, "2"], dtype="category"), 1),
		(pd.Series([None, np.nan, "2"], dtype=object), 1),
	],
	ids=["float", "category of nothing", "string", "category", "object"],
)
def test_what_is_returned_may_be_unknown(against: pd.Series, left: int) -> None:
	assert purchases(sales(return_against=against)) == left


def test_an_empty_table_may_have_empty_columns() -> None:
	table = sales(return_against=pd.Series([np.nan] * 3)).iloc[:0]
	assert evaluate(Facts(table), GRACE, date(2024, 2, 1)).scores.empty


def held(previous: dict[str, Any], as_of: str, disabled: bool = False) -> pd.Series:
	"""What becomes of a customer with a score of 50, which is Silver, by what he held."""
	table = sales(net_amount=[50.0, 0.0, 0.0])
	people = pd.DataFrame({"customer": ["a"], "disabled": [disabled]})
	row = pd.DataFrame([{"customer": "a", **previous}])
	dates = [name for name in row if name.endswith("_since") or name == "as_of"]
	row[dates] = row[dates].apply(pd.to_datetime)
	return evaluate(Facts(table, people), GRACE, date.fromisoformat(as_of), row).scores.iloc[0]


GOLD = {"tier": "Gold", "tier_since": "2024-03-01"}


@pytest.mark.parametrize("known", [GOLD, {**GOLD, "earned_tier": "Gold"}], ids=["tier", "earned tier"])
def test_a_disabled_customer_keeps_the_tier_that_he_had_earned(known: dict[str, Any]) -> None:
	kept = held(known, "2024-04-01", disabled=True)
	assert kept["tier"] == kept["earned_tier"] == "Gold"
	assert str(kept["earned_since"].date()) == "2024-03-01"
	again = held(kept.drop("customer").to_dict(), "2024-04-02")
	assert (again["tier"], str(again["falls_on"].date())) == ("Gold", "2024-05-02"), (
		"he is in grace from then on"
	)


def test_of_a_disabled_customer_without_a_tier_nothing_is_made_up() -> None:
	kept = held({"tier": None, "tier_since": "2024-03-01"}, "2024-04-01", disabled=True)
	assert kept["earned_tier"] is None and pd.isna(kept["earned_since"])


def test_the_earned_tier_of_the_morning_is_read_by_itself() -> None:
	opening = {"opening_tier": "Gold", "opening_tier_since": "2024-03-02"}
	earned = {"opening_earned_tier": "Silver", "opening_earned_since": "2024-03-03"}
	row = held({**GOLD, "as_of": "2024-04-01", **opening, **earned}, "2024-04-01")
	assert (row["earned_tier"], str(row["earned_since"].date())) == ("Silver", "2024-03-03")
	row = held({**GOLD, "earned_tier": "Silver", "as_of": "2024-04-01", **opening}, "2024-04-01")
	assert (row["opening_earned_tier"], row["tier"]) == ("Gold", "Gold")
