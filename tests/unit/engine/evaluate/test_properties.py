"""What holds for any ledger: of one customer or of all, in any order, at any hour of the day."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from customer_tiering import policies
from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from customer_tiering.engine.exact import MAX_AMOUNT
from engine.builders import AS_OF, TIERS, ago, as_previous, doc, facts_of, policy_of, same, score_rule

NAMES = "abcdef"

#: Hundredths of amounts at which a float begins to lose them, up to nearly the largest.
LARGE = st.sampled_from([10**8, 10**12, 3 * 10**14, 5 * 10**16]).map(lambda cents: cents + 1)


@st.composite
def ledgers(draw: st.DrawFn, most: int = 24) -> list[dict[str, Any]]:
	"""Documents of a few customers: sales, debit notes, returns linked or not, costs known or not."""
	docs: list[dict[str, Any]] = []
	for number in range(draw(st.integers(1, most))):
		customer = draw(st.sampled_from(NAMES))
		day = draw(st.integers(0, 40) | st.integers(0, 900))
		amount = draw(st.integers(-200, 200) | st.integers(1, 90_000) | LARGE) / 100
		row = doc(customer, day, amount, document=f"d{number}")
		row["gross_profit"] = draw(st.sampled_from([None, amount / 4, 0.0]))
		row["is_purchase"] = amount > 0 and draw(st.integers(0, 9)) > 0
		if docs and draw(st.integers(0, 3)) == 0:
			original = draw(st.sampled_from(docs))
			row |= {"customer": original["customer"], "is_return": True, "is_purchase": False}
			part = draw(st.sampled_from([0.5, 1.0, 1.5]))
			row |= {
				"net_amount": -min(abs(original["net_amount"]) * part, MAX_AMOUNT),
				"return_against": original["document"],
			}
		docs.append(row)
	return docs


def _mixed() -> Policy:
	"""Every method, a floor, a cap, grace, hold and one step at a time."""
	tiers = [{**tier, "grace_days": 7 * at, "hold_days": 20} for at, tier in enumerate(TIERS)]
	return policy_of(
		score_rule(method="Quantile", weight=30, buckets=4),
		score_rule(method="Pareto", weight=10, bands=[{"up_to_share": 80, "points": 100}], window="All Time"),
		score_rule("Average Order Value", "Quantile", weight=10),
		score_rule("Recency", weight=20, zero_at=200, full_at=0),
		score_rule("Invoice Count", "Bands", weight=9, bands=[{"at_least": 2, "points": 60}]),
		score_rule("Gross Margin %", "Quantile", weight=5, points_if_missing=50),
		score_rule("", "By Stage", name="Stage", weight=5, bands=[{"stage": "New", "points": 80}]),
		{"name": "F", "type": "Floor", "metric": "Revenue", "value": 800, "tier": "Gold"},
		{"name": "C", "type": "Cap", "metric": "Recency", "value": 300, "tier": "Silver"},
		tiers=tiers,
		one_step_down=True,
		returns_dated="Original",
	)


def _pyramid() -> Policy:
	"""Tiers by share that rise, are reviewed and have a margin."""
	names = [tier["name"] for tier in TIERS]
	shares = [{"top_share": share, "rise_days": days} for share, days in ((10, 20), (30, 1), (60, 0))]
	return policy_of(
		score_rule(method="Quantile", weight=3, buckets=100),
		score_rule("Recency", weight=2, zero_at=200, full_at=0),
		{"name": "F", "type": "Floor", "metric": "Revenue", "value": 800, "tier": "Gold"},
		tiers=[
			{"name": name, "grace_days": 9, **more} for name, more in zip(names, [*shares, {}], strict=True)
		],
		margin=1.5,
		reviewed="Monthly",
		rises_between_reviews=True,
	)


POLICIES = {name: Policy.from_dict(policies.load(name)) for name in policies.names()}
POLICIES["mixed"] = _mixed()
POLICIES["pyramid"] = _pyramid()
ANY_POLICY = st.sampled_from(sorted(POLICIES)).map(POLICIES.__getitem__)


def _only(facts: Facts, customer: str) -> Facts:
	return Facts(facts.sales[facts.sales["customer"] == customer])


@given(ledgers(), ANY_POLICY)
def test_one_customer_alone_with_stored_cut_points_equals_the_same_one_in_the_full_run(
	docs: list[dict[str, Any]], policy: Policy
) -> None:
	facts = facts_of(*docs)
	full = evaluate(facts, policy, AS_OF)
	for at, customer in enumerate(full.scores["customer"]):
		alone = evaluate(
			_only(facts, customer), policy, AS_OF, cut_points=full.cut_points, forecast=full.forecast
		)
		same(alone.scores, full.scores.iloc[[at]])
		assert alone.explain(customer) == full.explain(customer)


@given(ledgers(), ANY_POLICY)
def test_equal_facts_give_equal_grades(docs: list[dict[str, Any]], policy: Policy) -> None:
	first = docs[0]["customer"]
	twin = [{**row, "customer": "twin"} for row in docs if row["customer"] == first]
	scores = evaluate(facts_of(*docs, *twin), policy, AS_OF).scores.set_index("customer")
	same(scores.loc[["twin"]], scores.loc[[first]])


@given(ledgers(), ledgers(8), ANY_POLICY)
def test_documents_after_the_as_of_date_change_nothing(
	docs: list[dict[str, Any]], later: list[dict[str, Any]], policy: Policy
) -> None:
	tomorrow = [
		{
			**row,
			"posting_date": ago(-1 - at),
			"document": f"later-{at}",
			"return_against": docs[0]["document"],
		}
		for at, row in enumerate(later)
	]
	now = evaluate(facts_of(*docs), policy, AS_OF)
	then = evaluate(facts_of(*docs, *tomorrow), policy, AS_OF)
	same(then.scores, now.scores)
	assert then.cut_points == now.cut_points


@given(ledgers(), ledgers(8), ANY_POLICY)
def test_texts_grade_as_categories_do_and_who_is_listed_stays_listed(
	docs: list[dict[str, Any]], later: list[dict[str, Any]], policy: Policy
) -> None:
	people = pd.DataFrame({"customer": [*NAMES]})
	tomorrow = [{**row, "posting_date": ago(-1), "document": f"later-{at}"} for at, row in enumerate(later)]
	texts = Facts(facts_of(*docs).sales, people)
	sales = facts_of(*tomorrow, *docs).sales.astype({"customer": "category", "company": "category"})
	categories = Facts(sales, people)
	assert list(categories.index) == [*NAMES]  # known before anything is cut off
	same(evaluate(categories, policy, AS_OF).scores, evaluate(texts, policy, AS_OF).scores)


@given(ledgers(), st.randoms(use_true_random=False), ANY_POLICY)
def test_the_order_of_the_documents_changes_nothing(
	docs: list[dict[str, Any]], random: Any, policy: Policy
) -> None:
	shuffled = list(docs)
	random.shuffle(shuffled)
	now, then = (evaluate(facts_of(*rows), policy, AS_OF) for rows in (docs, shuffled))
	same(then.scores, now.scores)
	assert then.cut_points == now.cut_points


#: More of anything is better under these, and a raised amount makes nothing else worse.
MORE_IS_BETTER = [
	POLICIES["rfm"],
	POLICIES["purchase-amount"],
	POLICIES["pareto-abc"],
	policy_of(
		score_rule(method="Quantile", weight=3, buckets=7, window="All Time"),
		score_rule(
			method="Pareto", weight=2, bands=[{"up_to_share": at, "points": 90 - at} for at in (20, 50, 90)]
		),
		score_rule(weight=1, zero_at=-50, full_at=900),
		score_rule("Invoice Count", "Quantile", weight=1),
		score_rule("Tenure", "Quantile", weight=1),
	),
]


@given(ledgers(), st.integers(0, 23), st.integers(1, 50_000), st.sampled_from(MORE_IS_BETTER))
def test_raising_a_customers_revenue_never_lowers_the_score_where_more_is_better(
	docs: list[dict[str, Any]], at: int, cents: int, policy: Policy
) -> None:
	sales = [row for row in docs if row["is_purchase"]]
	assume(sales)
	raised = sales[at % len(sales)]
	before = evaluate(facts_of(*docs), policy, AS_OF).scores.set_index("customer")["score"]
	more = [{**row, "net_amount": row["net_amount"] + cents / 100} if row is raised else row for row in docs]
	after = evaluate(facts_of(*more), policy, AS_OF).scores.set_index("customer")["score"]
	customer = raised["customer"]
	assert pd.isna(before[customer]) or after[customer] >= before[customer]


@given(ledgers(), ANY_POLICY)
def test_every_customer_is_in_exactly_one_tier_or_unrated(docs: list[dict[str, Any]], policy: Policy) -> None:
	scores = evaluate(facts_of(*docs), policy, AS_OF).scores
	per_tier = [(scores["tier"] == tier.name).sum() for tier in policy.tiers]
	assert sum(per_tier) + scores["tier"].isna().sum() == len(scores) == len({r["customer"] for r in docs})
	assert (scores["tier"].isna() == scores["score"].isna()).all()
	assert scores["score"].dropna().between(0, 100).all()


# -- from one evaluation to the next -----------------------------------------------------------------


@st.composite
def states(draw: st.DrawFn, policy: Policy) -> pd.DataFrame:
	"""What was held at the close of an earlier day, overrides included, for some of the customers."""
	tiers = st.sampled_from([*(tier.name for tier in policy.tiers), None])
	days = st.integers(1, 60)
	rows = []
	for name in draw(st.sets(st.sampled_from(NAMES))):
		earned, since = draw(tiers), draw(days)
		row = {"customer": name, "tier": draw(tiers), "tier_since": ago(draw(days)), "as_of": ago(1)}
		row |= {"earned_tier": earned, "earned_since": ago(since) if earned else None}
		row["below_since"] = ago(draw(st.integers(1, since))) if earned and draw(st.booleans()) else None
		reached = draw(st.dictionaries(tiers.filter(bool), st.integers(1, 60).map(lambda day: str(ago(day)))))
		row["climbing"] = json.dumps(reached) if reached else None
		row["override_tier"] = draw(tiers) if draw(st.booleans()) else None
		row["override_mode"] = draw(st.sampled_from(["Exact", "At Least", "At Most"]))
		row["override_until"] = draw(st.sampled_from([None, ago(1), AS_OF, ago(-5)]))
		rows.append(row)
	return pd.DataFrame(rows, columns=["customer", "tier", "tier_since", "as_of", "earned_tier",
		"earned_since", "below_since", "climbing", "override_tier", "override_mode",
		"override_until"])  # fmt: skip


def _store(evaluation: Evaluation, previous: pd.DataFrame) -> pd.DataFrame:
	"""The scores as stored, with the overrides that lie beside them."""
	overrides = previous[["customer", "override_tier", "override_mode", "override_until"]]
	return as_previous(evaluation).merge(overrides, on="customer", how="left")


@given(st.data(), ledgers(), ANY_POLICY)
def test_a_second_evaluation_on_the_same_day_changes_nothing(
	data: st.DataObject, docs: list[dict[str, Any]], policy: Policy
) -> None:
	held = data.draw(states(policy))
	facts = facts_of(*docs)
	first = evaluate(facts, policy, AS_OF, held)
	second = evaluate(facts, policy, AS_OF, _store(first, held))
	same(second.scores, first.scores)
	assert second.changes.empty


@given(st.data(), ledgers(), ledgers(), ANY_POLICY)
def test_what_happened_earlier_on_the_same_day_leaves_no_trace(
	data: st.DataObject, morning: list[dict[str, Any]], evening: list[dict[str, Any]], policy: Policy
) -> None:
	held = data.draw(states(policy))
	everyone = pd.DataFrame({"customer": list(NAMES)})  # else the morning's unknown had no state to store
	first = evaluate(facts_of(*morning, customers=everyone), policy, AS_OF, held)
	after_both = evaluate(facts_of(*evening, customers=everyone), policy, AS_OF, _store(first, held))
	directly = evaluate(facts_of(*evening, customers=everyone), policy, AS_OF, held)
	same(after_both.scores, directly.scores)


WITHOUT_CAPS = [policy for policy in POLICIES.values() if all(rule.type != "Cap" for rule in policy.rules)]


@given(
	st.data(),
	ledgers(12),
	st.sampled_from(WITHOUT_CAPS),
	st.lists(st.integers(1, 15), min_size=2, max_size=4),
)
def test_nobody_falls_before_the_day_foretold(
	data: st.DataObject, docs: list[dict[str, Any]], policy: Policy, steps: list[int]
) -> None:
	"""Time passes over unchanged facts; only a cap may bring a fall that was not foretold."""
	held: pd.DataFrame | None = data.draw(states(policy)).drop(columns=["override_tier"])
	day, before = 0, None
	for step in steps:
		found = evaluate(facts_of(*docs), policy, ago(-day), held).scores.set_index("customer")
		if before is not None:
			fell = found["earned_tier"].map(policy.position) < before["earned_tier"].map(policy.position)
			foretold = pd.to_datetime(before["falls_on"]).le(pd.Timestamp(ago(-day)))
			fresh = before["falls_on"].isna()  # was not below yet when last seen
			grace = before["earned_tier"].map({tier.name: tier.grace_days for tier in policy.tiers})
			assert (foretold | (fresh & (grace == 0)))[fell].all()
		before, held = found, found.reset_index().assign(as_of=pd.Timestamp(ago(-day)))
		day += step


def test_the_rich_policy_of_these_tests_uses_every_method() -> None:
	methods = {rule.method for rule in POLICIES["mixed"].score_rules}
	assert methods == {"Bands", "Quantile", "Linear", "Pareto", "By Stage"}
	assert len(POLICIES) == len(policies.names()) + 2


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_an_evaluation_leaves_its_facts_as_they_were(policy: Policy) -> None:
	facts = facts_of(doc("a", 10, 50), doc("a", 5, -10, return_against="doc-0"), doc("b", 500, 70))
	before = facts.sales.copy(deep=True)
	evaluate(facts, policy, AS_OF)
	pd.testing.assert_frame_equal(facts.sales, before)
