"""Every metric, where it is undefined, the edges of its window, and what returns do to it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from customer_tiering.engine import Facts, FactsError, evaluate
from customer_tiering.engine.facts import MAX_AMOUNT
from customer_tiering.engine.metrics import METRICS
from engine.builders import (
	AS_OF,
	PLAIN,
	ago,
	as_previous,
	customers_of,
	doc,
	facts_of,
	grade,
	metric_of,
	policy_of,
	same,
	score_rule,
)

NAN = float("nan")

#: One customer per case: bought in the window, bought only before it, never bought, gave back everything.
CASES = (
	doc("inside", 300, 100, gross_profit=40),
	doc("inside", 300, 20, gross_profit=5),
	doc("inside", 10, 60, gross_profit=15),
	doc("inside", 5, -30, gross_profit=-10),
	doc("inside", 500, 50, gross_profit=10),
	doc("before", 400, 80, gross_profit=20),
	doc("never", 5, -10, gross_profit=-2),
	doc("undone", 20, 70, document="u1", gross_profit=30),
	doc("undone", 10, -70, return_against="u1", gross_profit=-30),
)
VALUES = [
	("Revenue", (150, 0, NAN, NAN)),
	("Invoice Count", (3, 0, NAN, NAN)),
	("Purchase Days", (2, 0, NAN, NAN)),
	("Recency", (10, 400, NAN, NAN)),
	("Average Order Value", (50, NAN, NAN, NAN)),
	("Tenure", (500, 400, NAN, NAN)),
	("Gross Profit", (50, 0, NAN, NAN)),
	("Gross Margin %", (100 / 3, NAN, NAN, NAN)),
	("Revenue Growth %", (200, -100, NAN, NAN)),
	("Return Rate %", (30 / 180 * 100, NAN, NAN, 100)),
	# Of anything but sales nothing is known here; see dealings/.
	("Overdue Amount", (NAN, NAN, NAN, NAN)),
	("Average Days Late", (NAN, NAN, NAN, NAN)),
	("Complaint Count", (NAN, NAN, NAN, NAN)),
	("Days Since Contact", (NAN, NAN, NAN, NAN)),
	# Of four customers nothing can be foreseen; see forecast/test_foretold.py.
	("Chance to Buy", (NAN, NAN, NAN, NAN)),
	("Expected Purchases", (NAN, NAN, NAN, NAN)),
	("Expected Value", (NAN, NAN, NAN, NAN)),
]


def test_every_metric_has_a_case() -> None:
	assert [metric for metric, _values in VALUES] == list(METRICS)


def test_one_entry_says_all_about_a_metric() -> None:
	for name, metric in METRICS.items():
		assert (metric.name, metric.unit) == (name, metric.unit)
		assert metric.unit in ("currency", "count", "days", "percent")
		assert metric.value and metric.undefined
		assert ("no window" in metric.value) != metric.windowed


@pytest.mark.parametrize(
	("rule", "column"),
	[
		({"metric": "Revenue", "window_days": 90}, "revenue_90d"),
		({"metric": "Revenue", "window": "All Time", "company": "Acme"}, "revenue_all_Acme"),
		({"metric": "Gross Margin %", "window": "Fiscal Year"}, "gross_margin_pct_fytd"),
		({"metric": "Recency", "window": "Fiscal Year"}, "recency"),
	],
)
def test_a_column_is_named_by_metric_window_and_company(rule: dict[str, Any], column: str) -> None:
	assert column in grade(facts_of(doc("a", 10, 1)), policy_of(score_rule(**rule))).columns


@pytest.mark.parametrize(("metric", "values"), VALUES)
def test_a_metric_has_its_value_or_is_undefined(metric: str, values: tuple[float, ...]) -> None:
	facts = facts_of(*CASES)
	found = metric_of(facts, metric)
	assert list(found) == ["before", "inside", "never", "undone"]
	expected = dict(zip(["inside", "before", "never", "undone"], values, strict=True))
	assert found == pytest.approx(expected, nan_ok=True, abs=1e-9)


ALL_TIME = [
	("Revenue", 200),
	("Invoice Count", 4),
	("Purchase Days", 3),
	("Average Order Value", 50),
	("Gross Profit", 60),
	("Gross Margin %", 30),
	("Return Rate %", 30 / 230 * 100),
]


@pytest.mark.parametrize(("metric", "value"), ALL_TIME)
def test_all_time_takes_in_everything_up_to_the_as_of_date(metric: str, value: float) -> None:
	assert metric_of(facts_of(*CASES), metric, window="All Time")["inside"] == pytest.approx(value)


@pytest.mark.parametrize(
	("days_ago", "inside"), [(0, True), (89, True), (90, False), (91, False), (-1, False)]
)
@pytest.mark.parametrize("metric", ["Revenue", "Invoice Count", "Purchase Days", "Gross Profit"])
def test_a_rolling_window_is_open_at_its_start_and_closed_at_the_as_of_date(
	metric: str, days_ago: int, inside: bool
) -> None:
	facts = facts_of(doc("a", 1000, 7, gross_profit=7), doc("a", days_ago, 1, gross_profit=1))
	assert metric_of(facts, metric, window_days=90) == {"a": float(inside)}


@pytest.mark.parametrize(("days_ago", "part"), [(89, "now"), (90, "before"), (179, "before"), (180, "none")])
def test_the_window_before_ends_where_the_window_starts(days_ago: int, part: str) -> None:
	facts = facts_of(doc("a", 0, 100), doc("a", 100, 100), doc("a", days_ago, 50))
	growth = {"now": 50, "before": 100 * (100 - 150) / 150, "none": 0}[part]
	assert metric_of(facts, "Revenue Growth %", window_days=90)["a"] == pytest.approx(growth)


@pytest.mark.parametrize("before", [0.0, -20.0])
def test_growth_is_undefined_where_nothing_was_earned_before(before: float) -> None:
	earlier = [doc("a", 120, before)] if before else []
	facts = facts_of(doc("a", 10, 100), doc("a", 900, 5), *earlier)
	assert np.isnan(metric_of(facts, "Revenue Growth %", window_days=90)["a"])


@pytest.mark.parametrize(
	("day", "part"),
	[
		(date(2024, 6, 30), "now"),
		(date(2024, 4, 1), "now"),
		(date(2024, 3, 31), "none"),  # last year, but later in it than today in this one
		(date(2023, 7, 1), "none"),
		(date(2023, 6, 30), "before"),
		(date(2023, 4, 1), "before"),
		(date(2023, 3, 31), "none"),
	],
)
def test_the_fiscal_year_to_date_compares_with_the_same_part_of_the_year_before(day: date, part: str) -> None:
	facts = facts_of(doc("a", date(2024, 5, 5), 100), doc("a", date(2023, 5, 5), 100), doc("a", day, 50))
	policy = policy_of(
		score_rule("Revenue Growth %", window="Fiscal Year"),
		score_rule("Revenue", window="Fiscal Year"),
		fiscal_year_start_month=4,
	)
	row = grade(facts, policy).loc["a"]
	assert row["revenue_fytd"] == (150 if part == "now" else 100)
	growth = {"now": 50, "before": 100 * (100 - 150) / 150, "none": 0}[part]
	assert row["revenue_growth_pct_fytd"] == pytest.approx(growth)


@pytest.mark.parametrize(
	("as_of", "month", "first"),
	[
		(date(2024, 1, 1), 1, date(2024, 1, 1)),
		(date(2024, 12, 31), 1, date(2024, 1, 1)),
		(date(2024, 3, 31), 4, date(2023, 4, 1)),
		(date(2024, 4, 1), 4, date(2024, 4, 1)),
	],
)
def test_the_fiscal_year_starts_in_its_month(as_of: date, month: int, first: date) -> None:
	facts = facts_of(doc("a", first, 1), doc("a", ago(1, first), 10))
	policy = policy_of(score_rule("Revenue", window="Fiscal Year"), fiscal_year_start_month=month)
	assert grade(facts, policy, as_of).loc["a", "revenue_fytd"] == 1


def test_on_29_february_the_year_before_is_compared_up_to_28_february() -> None:
	facts = facts_of(
		doc("a", date(2024, 2, 29), 30), doc("a", date(2023, 2, 28), 10), doc("a", date(2023, 3, 1), 99)
	)
	found = metric_of(facts, "Revenue Growth %", date(2024, 2, 29), window="Fiscal Year")
	assert found == {"a": 200}


def test_gross_profit_is_unknown_where_the_cost_of_one_document_in_the_window_is() -> None:
	facts = facts_of(
		doc("known", 10, 100, gross_profit=40), doc("known", 400, 100),
		doc("partly", 10, 100, gross_profit=40), doc("partly", 5, 50),
	)  # fmt: skip
	assert metric_of(facts, "Gross Profit") == pytest.approx({"known": 40, "partly": NAN}, nan_ok=True)
	assert metric_of(facts, "Gross Margin %") == pytest.approx({"known": 40, "partly": NAN}, nan_ok=True)


def test_gross_profit_is_unknown_to_everyone_where_the_facts_have_no_such_column() -> None:
	assert np.isnan(metric_of(facts_of(doc("a", 10, 100)), "Gross Profit")["a"])


def test_two_purchases_on_one_day_are_two_invoices_and_one_purchase_day() -> None:
	facts = facts_of(doc("a", 10, 5), doc("a", 10, 6), doc("a", 9, 7))
	assert metric_of(facts, "Invoice Count") == {"a": 3}
	assert metric_of(facts, "Purchase Days") == {"a": 2}


def test_amounts_are_kept_to_four_decimals() -> None:
	facts = facts_of(*(doc("a", 10, 0.1) for _ in range(3)), doc("a", 9, -0.3), doc("b", 9, 0.00004))
	assert metric_of(facts, "Revenue") == pytest.approx({"a": 0, "b": NAN}, nan_ok=True, abs=0)


def test_no_metric_is_minus_zero() -> None:
	facts = facts_of(doc("a", 10, 0.1), doc("a", 10, 0.2), doc("a", 9, -0.3), doc("a", 8, 5))
	for metric in ("Revenue", "Return Rate %"):
		for window in (9, 20):
			assert not np.signbit(metric_of(facts, metric, window_days=window)["a"])


# -- returns -----------------------------------------------------------------------------------------


def _purchases(*docs: dict[str, Any], **policy: Any) -> pd.Series:
	rules = (PLAIN, score_rule("Recency", weight=0), score_rule("Invoice Count", weight=0))
	return grade(facts_of(*docs), policy_of(*rules, **policy)).loc["a"]


@pytest.mark.parametrize(
	("returned", "counts"),
	[
		([-50], True),
		([-99.99], True),
		([-100], False),
		([-120], False),
		([-60, -40], False),
		([-60, -39], True),
	],
)
def test_a_sale_counts_until_its_own_returns_bring_it_to_zero(returned: list[float], counts: bool) -> None:
	returns = [doc("a", 5, amount, return_against="s") for amount in returned]
	row = _purchases(doc("a", 300, 10), doc("a", 20, 100, document="s"), *returns)
	assert (row["purchases"], row["recency_days"]) == ((2, 20) if counts else (1, 300))
	assert row["revenue_365d"] == pytest.approx(110 + sum(returned))
	assert row["purchase_amount"] == (110 if counts else 10)


def test_a_return_posted_after_the_as_of_date_takes_nothing_back_yet() -> None:
	docs = (doc("a", 20, 100, document="s"), doc("a", -1, -100, return_against="s"))
	row = _purchases(*docs)
	assert (row["purchases"], row["recency_days"], row["revenue_365d"]) == (1, 20, 100)
	next_day = grade(facts_of(*docs), policy_of(PLAIN), ago(-1)).loc["a"]
	assert next_day["purchases"] == 0 and next_day.isna()["score"]


def test_a_return_without_a_link_takes_money_but_no_purchase() -> None:
	for against in (None, "", "unknown"):
		row = _purchases(doc("a", 20, 100), doc("a", 5, -100, return_against=against))
		assert (row["purchases"], row["recency_days"], row["revenue_365d"]) == (1, 20, 0)


def test_a_return_against_another_customers_document_leaves_that_sale_alone() -> None:
	row = _purchases(doc("a", 20, 100, document="s"), doc("b", 5, -100, return_against="s"))
	assert (row["purchases"], row["revenue_365d"]) == (1, 100)


def test_customers_may_have_documents_of_one_name() -> None:
	docs = (
		doc("b", 20, 100, document="s"),
		doc("a", 20, 100, document="s"),
		doc("a", 5, -100, return_against="s"),
	)
	scores = grade(facts_of(*docs), policy_of(PLAIN))
	assert scores["purchases"].to_dict() == {"a": 0, "b": 1}


def test_a_returns_money_counts_on_its_own_day_or_on_the_originals_if_the_policy_says_so() -> None:
	docs = (doc("a", 400, 100, document="s"), doc("a", 5, -30, return_against="s"), doc("a", 10, 80))
	assert _purchases(*docs)["revenue_365d"] == 50
	assert _purchases(*docs, returns_dated="Original")["revenue_365d"] == 80
	assert metric_of(facts_of(*docs), "Revenue", window="All Time") == {"a": 150}


def test_a_return_of_unknown_origin_keeps_its_own_day_even_so() -> None:
	docs = (doc("a", 400, 100), doc("a", 5, -30, return_against="elsewhere"))
	assert _purchases(*docs, returns_dated="Original")["revenue_365d"] == -30


def test_a_return_of_a_return_keeps_its_own_day_too() -> None:
	docs = (
		doc("a", 400, 100, document="s"),
		doc("a", 380, -50, document="r", return_against="s"),
		doc("a", 5, -10, return_against="r"),
	)
	assert _purchases(*docs, returns_dated="Original")["revenue_365d"] == -10


def test_a_debit_note_brings_money_and_is_no_purchase() -> None:
	docs = (doc("a", 20, 100, document="s"), doc("a", 5, 15, is_purchase=False, return_against="s"))
	row = _purchases(*docs)
	assert (row["purchases"], row["recency_days"], row["revenue_365d"]) == (1, 20, 115)


def test_neither_a_zero_amount_nor_a_negative_invoice_is_a_purchase() -> None:
	docs = (doc("a", 20, 100), doc("a", 5, 0), doc("a", 4, -10, is_return=False, is_purchase=True))
	row = _purchases(*docs)
	assert (row["purchases"], row["recency_days"], row["revenue_365d"]) == (1, 20, 90)
	assert metric_of(facts_of(*docs), "Return Rate %") == {"a": 0}


def test_who_gave_back_everything_has_never_purchased() -> None:
	row = _purchases(doc("a", 20, 100, document="s"), doc("a", 5, -100, return_against="s"))
	assert row[["score", "tier", "rfm_segment", "first_purchase", "recency_days"]].isna().all()
	assert row["lifecycle_stage"] == "Prospect"
	assert (row["purchases"], row["recency_score"], row["frequency_score"], row["monetary_score"]) == (
		0,
		0,
		0,
		0,
	)


# -- who is evaluated --------------------------------------------------------------------------------


def test_every_customer_of_the_table_is_graded_and_whoever_else_has_documents() -> None:
	facts = facts_of(doc("b", 10, 5), customers=customers_of(c={}, a={}))
	assert grade(facts, policy_of(PLAIN)).index.tolist() == ["a", "b", "c"]


def test_who_is_known_by_later_documents_only_is_not_known_yet() -> None:
	facts = facts_of(doc("a", 10, 5), doc("tomorrow", -1, 5))
	assert grade(facts, policy_of(PLAIN)).index.tolist() == ["a"]
	listed = facts_of(doc("a", 10, 5), doc("tomorrow", -1, 5), customers=customers_of(tomorrow={}))
	assert grade(listed, policy_of(PLAIN))["lifecycle_stage"].to_dict() == {
		"a": "New",
		"tomorrow": "Prospect",
	}


def test_a_disabled_customer_keeps_his_last_grade_and_one_never_graded_has_none() -> None:
	policy = policy_of(PLAIN)
	before = evaluate(facts_of(doc("a", 30, 90), doc("b", 30, 90)), policy, ago(20))
	facts = facts_of(
		doc("a", 30, 90), doc("b", 30, 90), doc("a", 1, -80), doc("b", 1, -80), doc("c", 1, 50),
		customers=customers_of(a={"disabled": 1}, b={"disabled": float("nan")}, c={"disabled": True}),
	)  # fmt: skip
	after = evaluate(facts, policy, AS_OF, as_previous(before))
	scores = after.scores.set_index("customer")
	kept = [
		"tier", "score", "lifecycle_stage", "rfm_segment", "tier_since", "earned_tier", "earned_since",
		"recency_score", "frequency_score", "monetary_score",
	]  # fmt: skip
	same(scores.loc[["a"], kept], before.scores.set_index("customer").loc[["a"], kept])
	assert scores.loc["b", ["tier", "score"]].tolist() == ["Bronze", 10]
	assert scores.loc["c", ["tier", "score", "lifecycle_stage"]].isna().all()
	assert after.changes["customer"].tolist() == ["b"]


def test_the_disabled_keep_their_r_f_and_m_and_who_held_none_is_scored_outside_the_population() -> None:
	others = [doc(f"c{at}", at * 10, at * 100.0) for at in range(1, 6)]
	gone = [doc(name, 1, 900.0) for name in ("kept", "new", "unbought")]
	people = {name: {"disabled": name in ("kept", "new", "unbought")} for name in ("kept", "new", "unbought")}
	held = pd.DataFrame(
		[
			{"customer": "kept", "recency_score": 2, "frequency_score": 3, "monetary_score": 4},
			{"customer": "unbought", "recency_score": 0, "frequency_score": 0, "monetary_score": 0},
		]
	)
	with_them = evaluate(
		facts_of(*others, *gone, customers=customers_of(**people)), policy_of(PLAIN), AS_OF, held
	)
	alone = evaluate(facts_of(*others), policy_of(PLAIN), AS_OF)
	assert with_them.cut_points == alone.cut_points
	scores = with_them.scores.set_index("customer")
	rfm = ["recency_score", "frequency_score", "monetary_score"]
	assert scores.loc["kept", rfm].tolist() == [2, 3, 4]
	assert scores.loc["unbought", rfm].tolist() == [0, 0, 0]
	assert scores.loc["new", rfm].tolist() == [5, 1, 5]
	assert scores.loc["new", ["tier", "score", "rfm_segment", "lifecycle_stage"]].isna().all()
	same(scores.loc[[f"c{at}" for at in range(1, 6)], rfm], alone.scores[rfm])


def test_a_prospect_is_unrated_unless_the_policy_grades_prospects() -> None:
	facts = facts_of(doc("buyer", 5, 90), customers=customers_of(prospect={}))
	rules = (score_rule(points_if_missing=50),)
	assert grade(facts, policy_of(*rules))["tier"].isna().to_dict() == {"buyer": False, "prospect": True}
	scores = grade(facts, policy_of(*rules, grade_prospects=True))
	assert scores.loc["prospect", ["tier", "score", "lifecycle_stage"]].tolist() == ["Silver", 50, "Prospect"]


# -- refusals ----------------------------------------------------------------------------------------


def _sales(**columns: Any) -> pd.DataFrame:
	return facts_of(doc("a", 10, 5), doc("b", 9, 6)).sales.assign(**columns)


@pytest.mark.parametrize(
	("sales", "sentence"),
	[
		(
			_sales().drop(columns=["company", "is_return"]),
			"The sales table lacks the column company, is_return.",
		),
		(_sales(posting_date="2024-01-01"), "posting_date must be datetime64 without a time zone."),
		(
			_sales(posting_date=pd.Timestamp("2024-01-01", tz="UTC")),
			"posting_date must be datetime64 without a time zone.",
		),
		(_sales(posting_date=pd.NaT), "Sales row 0 has no posting_date (2 such rows)."),
		(_sales(customer=["a", None]), "Sales row 1 has no customer (1 such rows)."),
		(_sales(net_amount=[1.0, NAN]), "Sales row 1 has a net_amount that is no number up to 9e+14"),
		(
			_sales(net_amount=[float("inf"), 1.0]),
			"Sales row 0 has a net_amount that is no number up to 9e+14",
		),
		(_sales(net_amount=MAX_AMOUNT * 1.01), "Sales row 0 has a net_amount that is no number up to 9e+14"),
		(_sales(net_amount="ten"), "The sales table's net_amount must be a number."),
		(_sales(gross_profit=[NAN, float("inf")]), "Sales row 1 has a gross_profit that is no number up to"),
		(_sales(is_return=["0", "1"]), "Sales row 0 has an is_return that is neither true nor false"),
		(_sales(is_return=[0.0, NAN]), "Sales row 1 has an is_return that is neither true nor false"),
		(_sales(is_purchase=["no", True]), "Sales row 0 has an is_purchase that is neither true nor false"),
	],
)
def test_facts_that_cannot_be_evaluated_are_refused_with_the_column_or_row(
	sales: pd.DataFrame, sentence: str
) -> None:
	with pytest.raises(FactsError) as refused:
		Facts(sales)
	assert sentence in str(refused.value)


@pytest.mark.parametrize(
	("names", "sentence"),
	[
		(["a", "a"], "The customers table lists a customer twice."),
		(["a", None], "The customers table has a customer without a name."),
	],
)
def test_a_customers_table_lists_each_customer_once_by_name(names: list[Any], sentence: str) -> None:
	with pytest.raises(FactsError, match=sentence):
		Facts(_sales(), customers=pd.DataFrame({"customer": names}))


def test_flags_may_be_zero_and_one_as_a_database_gives_them() -> None:
	facts = Facts(_sales(is_return=[0, 1], net_amount=[5.0, -6.0]))
	assert grade(facts, policy_of(PLAIN))["purchases"].to_dict() == {"a": 1, "b": 0}
