"""What is overdue and how late was paid, entry by entry; and the same worked out the long way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine import Facts, FactsError, evaluate
from customer_tiering.engine.what_if import Customer, Order
from engine.builders import AS_OF, PLAIN, ago, as_previous, doc, facts_of, metric_of, policy_of, score_rule

NAN = float("nan")
COLUMNS = ["customer", "document", "company", "posting_date", "due_date", "amount", "is_return"]


def entry(document: str, when: int, amount: float, due: int | None = None, **more: Any) -> dict[str, Any]:
	"""An entry so many days before the as-of date; above zero it is owed, and due so many days before it."""
	row = {"customer": "a", "document": document, "company": "Acme", "posting_date": ago(when)}
	due_date = None if due is None else ago(due)
	return {**row, "due_date": due_date, "amount": amount, "is_return": False, **more}


def table(*entries: dict[str, Any]) -> pd.DataFrame:
	found = pd.DataFrame(list(entries), columns=COLUMNS)
	dates = {name: pd.to_datetime(found[name]) for name in ("posting_date", "due_date")}
	return found.assign(
		**dates, amount=found["amount"].astype(float), is_return=found["is_return"].astype(bool)
	)


def known(*entries: dict[str, Any]) -> Facts:
	return facts_of(doc("a", 90, 100), doc("b", 90, 100), payments=table(*entries))


def overdue(*entries: dict[str, Any], days: int = 0, **rule: Any) -> float:
	return metric_of(known(*entries), "Overdue Amount", ago(days), **rule)["a"]


def late(*entries: dict[str, Any], days: int = 0, **rule: Any) -> float:
	return metric_of(known(*entries), "Average Days Late", ago(days), **rule)["a"]


BILL = (entry("i", 60, 100, due=30),)


@pytest.mark.parametrize(("days", "amount"), [(61, 0), (60, 0), (30, 0), (29, 100), (0, 100)])
def test_what_is_owed_is_overdue_from_the_day_after_it_was_due(days: int, amount: float) -> None:
	assert overdue(*BILL, days=days) == amount


@pytest.mark.parametrize(("days", "amount"), [(11, 100), (10, 60), (5, 0.01), (4, 0)])
def test_a_payment_counts_from_its_own_day(days: int, amount: float) -> None:
	paid = (entry("i", 10, -40), entry("i", 5, -59.99), entry("i", 4, -0.01))
	assert overdue(*BILL, *paid, days=days) == amount


def test_what_is_paid_is_paid_of_the_part_that_is_due_first() -> None:
	parts = (entry("i", 60, 30, due=40), entry("i", 60, 30, due=20), entry("i", 60, 40, due=-10))
	paid = entry("i", 50, -50)
	assert [overdue(*parts, paid, days=days) for days in (39, 20, 19, -10, -11)] == [0, 0, 10, 10, 50]


def test_too_much_paid_of_one_invoice_makes_up_for_no_other() -> None:
	assert overdue(*BILL, entry("j", 50, 20, due=40), entry("j", 30, -500)) == 100
	assert overdue(*BILL, entry("credit", 30, -500, is_return=True)) == 100


def test_what_has_no_due_date_is_due_at_once() -> None:
	assert [overdue(entry("i", 5, 10), days=days) for days in (5, 4)] == [0, 10]


def test_what_a_conversion_leaves_over_is_nothing() -> None:
	assert overdue(*BILL, entry("i", 10, -99.995)) == 0
	assert overdue(*BILL, entry("i", 10, -99.9949)) == 0.0051
	assert late(*BILL, entry("i", 10, -99.995)) == 20


def test_a_rule_of_one_company_sees_its_invoices_only_and_so_does_a_policy() -> None:
	facts = facts_of(
		doc("a", 90, 100), doc("a", 90, 100, company="Beta"),
		payments=table(*BILL, entry("j", 60, 7, due=30, company="Beta"), entry("j", 20, -7, company="Beta"),
			entry("k", 60, 5, due=30, company="Beta")),
	)  # fmt: skip
	assert metric_of(facts, "Overdue Amount") == {"a": 105}
	assert metric_of(facts, "Overdue Amount", company="Beta") == {"a": 5}
	assert metric_of(facts, "Average Days Late", company="Beta") == {"a": 10}
	rule = score_rule("Overdue Amount")
	assert evaluate(facts, policy_of(rule, companies=["Beta"]), AS_OF).scored[0].values.tolist() == [5]


@pytest.mark.parametrize(
	("paid", "days"),
	[
		([(30, -100)], 0),
		([(40, -100)], 0),
		([(20, -100)], 10),
		([(40, -50), (10, -50)], 20),
		([(20, -50)], NAN),
		([(20, -100), (10, 30)], NAN),  # a payment that was taken back
		([(20, -100), (10, 30), (5, -30)], 25),
		([(20, -130), (10, 30)], 10),
		([(60, -100)], 0),
	],
)
def test_an_invoice_is_late_by_the_days_until_nothing_is_left(
	paid: list[tuple[int, float]], days: float
) -> None:
	entries = [entry("i", when, amount, due=30) for when, amount in paid]
	assert late(*BILL, *entries) == pytest.approx(days, nan_ok=True, abs=0)


def test_it_is_the_mean_of_the_invoices_paid_in_the_window() -> None:
	bills = (
		*BILL,
		entry("i", 20, -100),
		entry("j", 60, 50, due=30),
		entry("j", 40, -50),
		entry("k", 9, 5, due=0),
	)
	assert late(*bills) == 5
	assert late(*bills, window_days=40) == 10
	assert pd.isna(late(*bills, window_days=20))
	assert pd.isna(late(*bills, days=41))


def test_what_was_only_taken_back_was_not_paid() -> None:
	back = entry("i", 10, -100, is_return=True)
	assert pd.isna(late(*BILL, back))
	assert late(*BILL, entry("i", 10, -60, is_return=True), entry("i", 9, -40)) == 21
	assert pd.isna(late(entry("i", 10, -100)))


def test_without_a_table_nothing_is_known_and_with_an_empty_one_nothing_is_owed() -> None:
	unknown = facts_of(doc("a", 90, 100))
	for facts, amount in ((unknown, NAN), (replace(unknown, payments=table()), 0.0)):
		assert metric_of(facts, "Overdue Amount") == pytest.approx({"a": amount}, nan_ok=True, abs=0)
		assert metric_of(facts, "Average Days Late") == pytest.approx({"a": NAN}, nan_ok=True)


def test_payments_of_nobody_known_are_not_read() -> None:
	facts = known(*BILL, entry("x", 60, 9, due=30, customer="stranger"))
	assert metric_of(facts, "Overdue Amount") == {"a": 100, "b": 0}


def test_an_order_more_pays_nothing() -> None:
	policy = policy_of(PLAIN, {"metric": "Overdue Amount", "type": "Cap", "value": 1, "tier": "Silver"})
	facts = facts_of(doc("a", 90, 60, document="i"), payments=table(*BILL))
	held = as_previous(evaluate(facts, policy, AS_OF))
	customer = Customer(facts, policy, AS_OF, held, None)
	assert customer.what_if([Order(500)]).scores["tier"].tolist() == ["Silver"]
	assert customer.tried(pd.Series([10.0, 500.0]).to_numpy())["overdue_amount"].tolist() == [100, 100]


@pytest.mark.parametrize(
	("changed", "sentence"),
	[
		(
			{"amount": [NAN]},
			"Row 0 of the payments table has an amount that is no number up to 9e+14 (1 such",
		),
		({"amount": ["ten"]}, "The payments table's amount must be a number."),
		({"posting_date": [pd.NaT]}, "Row 0 of the payments table has no posting_date (1 such rows)."),
		({"document": [5]}, "The payments table's document holds 5, which is no text"),
	],
)
def test_payments_that_cannot_be_counted_are_refused(changed: dict[str, Any], sentence: str) -> None:
	with pytest.raises(FactsError) as refused:
		facts_of(doc("a", 90, 100), payments=table(*BILL).assign(**changed))
	assert sentence in str(refused.value)
	with pytest.raises(FactsError, match="payments table lacks the column company, due_date"):
		facts_of(doc("a", 90, 100), payments=table(*BILL).drop(columns=["company", "due_date"]))


# -- the long way ------------------------------------------------------------------------------------

AMOUNTS = st.integers(-300, 300).filter(bool).map(lambda cents: cents / 100)
ENTRIES = st.lists(
	st.builds(
		lambda customer, document, when, amount, term, is_return: entry(
			document, when, amount, when - term, customer=customer, is_return=is_return and amount < 0
		),
		st.sampled_from("ab"), st.sampled_from("ij"), st.integers(-3, 40), AMOUNTS,
		st.integers(0, 20), st.booleans(),
	),
	max_size=14,
)  # fmt: skip


def _by_hand(entries: list[dict[str, Any]], as_of: date, after: date) -> tuple[Fraction, Fraction | None]:
	"""Both metrics of one customer, invoice by invoice and day by day."""
	owes, days_late = Fraction(0), []
	for document in sorted({one["document"] for one in entries}):
		mine = [one for one in entries if one["document"] == document and one["posting_date"] <= as_of]
		owed = [one for one in mine if one["amount"] > 0]

		def left(day: date, mine: list[dict[str, Any]] = mine) -> Fraction:
			return sum((Fraction(str(x["amount"])) for x in mine if x["posting_date"] <= day), Fraction(0))

		not_due = sum((Fraction(str(one["amount"])) for one in owed if one["due_date"] >= as_of), Fraction(0))
		owes += max(left(as_of) - not_due, Fraction(0))
		if owed and any(one["amount"] < 0 and not one["is_return"] for one in mine) and left(as_of) <= 0:
			paid = as_of
			first = min(one["posting_date"] for one in mine)
			while paid > first and left(paid - timedelta(1)) <= 0:
				paid -= timedelta(1)
			if paid > after:
				days_late.append(max((paid - max(one["due_date"] for one in owed)).days, 0))
	return owes, Fraction(sum(days_late), len(days_late)) if days_late else None


@given(ENTRIES, st.integers(0, 10), st.integers(1, 45))
def test_both_are_what_one_works_out_by_hand(entries: list[dict[str, Any]], days: int, window: int) -> None:
	as_of = ago(days)
	facts = known(*entries)
	found = (
		metric_of(facts, "Overdue Amount", as_of),
		metric_of(facts, "Average Days Late", as_of, window_days=window),
	)
	for name in "ab":
		mine = [one for one in entries if one["customer"] == name]
		owes, days_late = _by_hand(mine, as_of, as_of - timedelta(window))
		assert found[0][name] == float(owes)
		assert found[1][name] == pytest.approx(
			NAN if days_late is None else float(days_late), nan_ok=True, abs=0
		)


@given(ENTRIES, st.randoms())
def test_neither_the_order_of_rows_nor_others_matter(entries: list[dict[str, Any]], rng: Any) -> None:
	shuffled = rng.sample(entries, len(entries))
	alone = [one for one in shuffled if one["customer"] == "a"]
	for metric in ("Overdue Amount", "Average Days Late"):
		everyone = metric_of(known(*entries), metric)["a"]
		assert metric_of(known(*alone), metric)["a"] == pytest.approx(everyone, nan_ok=True, abs=0)
