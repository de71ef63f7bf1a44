"""What a name may be, on which day a document counts, and that the order of rows decides nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine import Facts, FactsError, evaluate
from engine.builders import (
	AS_OF,
	PLAIN,
	ago,
	customers_of,
	doc,
	facts_of,
	grade,
	metric_of,
	policy_of,
	same,
	score_rule,
)

# -- names -------------------------------------------------------------------------------------------

MIXED = [
	("sales", "customer", [123, "123"]),
	("sales", "customer", [1.5, None]),
	("sales", "customer", pd.Categorical([7, 8])),
	("sales", "document", ["7", 7]),
	("sales", "company", ["Acme", 5]),
	("sales", "return_against", [None, 7]),
]


@pytest.mark.parametrize(("table", "column", "names"), MIXED)
def test_a_name_that_is_no_text_is_refused_and_told_what_to_do(table: str, column: str, names: Any) -> None:
	sales = facts_of(doc("a", 10, 5), doc("b", 9, 6)).sales
	sales = sales.assign(**{"return_against": None, column: names})
	with pytest.raises(
		FactsError, match=rf"^The {table} table's {column} holds .*, which is no text; make every"
	):
		Facts(sales)


def test_so_it_is_in_the_other_tables() -> None:
	sales = facts_of(doc("a", 10, 5)).sales
	with pytest.raises(FactsError, match="The customers table's customer holds 123, which is no text"):
		Facts(sales, customers=pd.DataFrame({"customer": ["123", 123]}))
	pipeline = pd.DataFrame({"customer": [123], "opened": [pd.Timestamp(AS_OF)], "closed": [pd.NaT]})
	with pytest.raises(FactsError, match="The pipeline table's customer holds 123, which is no text"):
		Facts(sales, pipeline=pipeline)


NAMES = [
	"a", "a\x00", "a\x00b", "A", "a ", " a", "1", "1.0", "", "\x00", "\uff41", "\u00e9", "e\u0301", "nan",
	"None", "\u03a9" * 120,
]  # fmt: skip


def test_names_that_look_alike_are_as_many_customers() -> None:
	facts = facts_of(*(doc(name, 10, at + 1.0) for at, name in enumerate(NAMES)))
	found = grade(facts, policy_of(PLAIN))["revenue_365d"].to_dict()
	assert found == {name: at + 1.0 for at, name in enumerate(NAMES)}
	listed = facts_of(doc("a", 10, 5), customers=pd.DataFrame({"customer": NAMES}))
	assert grade(listed, policy_of(PLAIN))["purchases"].sum() == 1
	assert len(listed.index) == len(NAMES)


def test_names_of_documents_that_look_alike_are_as_many_documents() -> None:
	docs = [doc("a", 10, 100, document=name) for name in NAMES if name]
	facts = facts_of(*docs, doc("a", 5, -100, return_against="a\x00"))
	assert metric_of(facts, "Invoice Count") == {"a": len(docs) - 1}


def test_names_of_companies_and_groups_that_look_alike_are_as_many() -> None:
	docs = [doc("x", 10, at + 1.0, company=name) for at, name in enumerate(NAMES) if name]
	for at, name in enumerate(NAMES):
		if name and name == name.strip():  # a policy's texts are stripped
			assert metric_of(facts_of(*docs), "Revenue", company=name) == {"x": at + 1.0}
	people = {f"c{at}": {"customer_group": name} for at, name in enumerate(NAMES)}
	facts = facts_of(*(doc(name, 10, 5) for name in people), customers=customers_of(**people))
	scores = grade(facts, policy_of(score_rule(customer_group="a\x00")))["score"]
	assert scores.dropna().index.tolist() == ["c1"]


# -- days --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("time", ["00:00", "00:01", "12:00", "23:59:59.999"])
def test_a_document_counts_on_its_day_whatever_its_time(time: str) -> None:
	docs = [doc("a", 40, 7), doc("a", 0, 5), doc("b", -1, 3)]
	sales = facts_of(*docs).sales
	timed = sales.assign(
		posting_date=sales["posting_date"] + pd.Timedelta(f"{time}:00" if len(time) < 6 else time)
	)
	policy = policy_of(PLAIN, score_rule("Recency", weight=0))
	now, then = evaluate(Facts(sales), policy, AS_OF), evaluate(Facts(timed), policy, AS_OF)
	same(then.scores, now.scores)
	assert now.scores["recency_days"].tolist() == [0]


@pytest.mark.parametrize("day", [date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29)])
def test_the_day_of_a_time_before_1970_is_its_own_too(day: date) -> None:
	sales = facts_of(doc("a", day, 7)).sales
	sales["posting_date"] += pd.Timedelta(hours=18)
	assert grade(Facts(sales), policy_of(PLAIN), day).loc["a", "recency_days"] == 0


@pytest.mark.parametrize(
	("opened", "closed", "stage"),
	[
		(pd.Timestamp(AS_OF) + pd.Timedelta(hours=9), None, "Engaged"),
		(pd.Timestamp(ago(-1)), None, "Prospect"),
		(pd.Timestamp(ago(5)), pd.Timestamp(AS_OF) + pd.Timedelta(hours=9), "Prospect"),
		(pd.Timestamp(ago(5)), pd.Timestamp(ago(-1)), "Engaged"),
	],
)
def test_the_pipeline_goes_by_days_too(opened: pd.Timestamp, closed: pd.Timestamp | None, stage: str) -> None:
	pipeline = pd.DataFrame({"customer": ["p"], "opened": [opened], "closed": [closed]})
	facts = facts_of(doc("b", 10, 5), customers=customers_of(p={}), pipeline=pipeline)
	assert grade(facts, policy_of(PLAIN)).loc["p", "lifecycle_stage"] == stage


# -- documents of one name ---------------------------------------------------------------------------


def _seen(*docs: dict[str, Any], **policy: Any) -> list[float]:
	"""Purchases, days since the last one and revenue of the year; the same in any order of the rows."""
	rules = (PLAIN, score_rule("Recency", weight=0))
	found = [
		grade(facts_of(*rows), policy_of(*rules, **policy)).loc["a", ["purchases", "recency", "revenue_365d"]]
		for rows in (docs, docs[::-1], sorted(docs, key=lambda row: abs(row["net_amount"])))
	]
	assert found[0].equals(found[1]) and found[0].equals(found[2])
	return [float(value) for value in found[0]]


def test_documents_of_one_name_are_one_for_a_return() -> None:
	pair = [doc("a", 50, 100, document="s"), doc("a", 20, 30, document="s")]
	assert _seen(*pair) == [2, 20, 130]
	assert _seen(*pair, doc("a", 5, -100, return_against="s")) == [2, 20, 30]
	gone = _seen(doc("a", 90, 1), *pair, doc("a", 5, -130, return_against="s"))
	assert gone == [1, 90, 1]


def test_what_else_has_that_name_counts_with_it() -> None:
	rest = [doc("a", 90, 1), doc("a", 50, 100, document="s"), doc("a", 5, -100, return_against="s")]
	note = doc("a", 20, 10, document="s", is_purchase=False)
	assert _seen(*rest) == [1, 90, 1]
	assert _seen(*rest, note) == [2, 50, 11]


def test_without_a_return_nothing_is_taken_together() -> None:
	credit = doc("a", 20, -150, document="s", is_return=False)
	assert _seen(doc("a", 50, 100, document="s"), credit) == [1, 50, -50]


def test_a_return_against_several_is_dated_to_the_first_of_them() -> None:
	docs = [
		doc("a", 400, 100, document="s"),
		doc("a", 20, 30, document="s"),
		doc("a", 5, -50, return_against="s"),
	]
	assert _seen(*docs, returns_dated="Original")[2] == 30
	assert _seen(*docs)[2] == -20


@given(st.data())
def test_no_order_of_any_table_changes_anything(data: st.DataObject) -> None:
	numbers, amounts = st.integers(0, 5), st.integers(-99, 99)
	docs = [
		doc(
			data.draw(st.sampled_from("abc")), data.draw(st.integers(0, 400)), data.draw(amounts) / 10,
			document=f"d{data.draw(numbers)}", company=data.draw(st.sampled_from(["Acme", "Beta"])),
			return_against=data.draw(st.none() | numbers.map(lambda number: f"d{number}")),
		)
		for _ in range(data.draw(st.integers(1, 14)))
	]  # fmt: skip
	people = customers_of(**{name: {"territory": f"t{data.draw(numbers)}"} for name in "abcd"})
	pipeline = pd.DataFrame(
		{
			"customer": [data.draw(st.sampled_from("abcd")) for _ in range(4)],
			"opened": pd.to_datetime([ago(data.draw(st.integers(-2, 9))) for _ in range(4)]),
			"closed": pd.to_datetime([data.draw(st.none() | st.just(ago(0))) for _ in range(4)]),
		}
	)
	parents = {"territory": {"t0": "t1", "t1": "t2", "t2": "t0", "t3": "t4"}}
	policy = policy_of(
		score_rule(method="Quantile"),
		score_rule("Average Order Value", "Pareto", bands=[{"up_to_share": 60, "points": 80}]),
		score_rule("Invoice Count", territory="t1", company="Acme"),
		score_rule("Return Rate %", zero_at=100, full_at=0),
		returns_dated=data.draw(st.sampled_from(["Return", "Original"])),
	)
	facts = facts_of(*docs, customers=people, pipeline=pipeline, parents=parents)
	seed = data.draw(st.integers(0, 2**16))
	shuffled = Facts(
		*(table.sample(frac=1, random_state=seed) for table in (facts.sales, people, pipeline)),
		{"territory": dict(reversed(parents["territory"].items()))},
	)
	now, then = evaluate(facts, policy, AS_OF), evaluate(shuffled, policy, AS_OF)
	same(then.scores, now.scores)
	assert then.cut_points == now.cut_points
	assert [now.explain(name) for name in "abcd"] == [then.explain(name) for name in "abcd"]
	assert not np.isnan(now.scores["purchases"]).any()
