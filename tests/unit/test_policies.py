"""The ready-made policies: each is usable as it is and grades as its description says."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from engine.builders import AS_OF, ago, customers_of, doc, facts_of, grade
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering import policies
from customer_tiering.engine import Evaluation, Policy, evaluate
from customer_tiering.policies.proposed import nearest_round, proposed

NAMES = policies.names()


def _policy(name: str) -> Policy:
	return Policy.from_dict(policies.load(name))


def test_there_are_nine_and_the_default_comes_first() -> None:
	assert NAMES == [
		"value-pyramid", "composite-value", "credit-minded", "lifecycle-grade", "pareto-abc",
		"purchase-amount", "purchase-frequency", "rfm", "strategic-accounts",
	]  # fmt: skip
	assert policies.DEFAULT == "value-pyramid"


@pytest.mark.parametrize("name", ["rmf", "", "../policies/rfm", "rfm.json"])
def test_an_unknown_name_is_refused_with_the_names_there_are(name: str) -> None:
	with pytest.raises(KeyError) as refused:
		policies.load(name)
	assert str(refused.value) == f"There is no ready-made policy {name}; choose one of {', '.join(NAMES)}."


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_name_for_people_and_says_what_to_do_in_every_tier(name: str) -> None:
	policy = _policy(name)
	assert policy.name.replace("-", "").replace(" ", "") and policy.name not in NAMES
	assert policy.description.endswith(".")
	for tier in policy.tiers:
		assert tier.strategy and tier.benefits and tier.contact_every_days > 0
	assert len({tier.color for tier in policy.tiers}) == len(policy.tiers)
	rising = [tier.contact_every_days for tier in policy.tiers]
	if name != "lifecycle-grade":  # there the considering are called most often
		assert rising == sorted(rising, reverse=True)


@pytest.mark.parametrize("name", NAMES)
def test_each_can_reach_all_of_its_tiers(name: str) -> None:
	assert set(_tiers_in_a_market(name)) == {tier.name for tier in _policy(name).tiers}


def _tiers_in_a_market(name: str) -> list[str]:
	"""A market of forty customers from the largest and most loyal to those who once bought a trifle."""
	docs, known = [], {}
	for at in range(40):
		customer, size = f"c{at:02}", 0.75**at
		known[customer] = {}
		for day in range(at * 12, 800, 6 + 6 * at):
			amount = round(8_000 * size * (1.3 if day < 365 else 1.0), 2)
			docs.append(doc(customer, day, amount, gross_profit=amount * 0.3))
	quoted = pd.DataFrame({"customer": ["asked"], "opened": [ago(5)], "closed": [None]})
	pipeline = quoted.assign(opened=pd.to_datetime(quoted["opened"]), closed=pd.to_datetime(quoted["closed"]))
	facts = facts_of(*docs, customers=customers_of(**known, asked={}, aware={}), pipeline=pipeline)
	return grade(facts, _policy(name))["tier"].dropna().tolist()


@pytest.mark.parametrize(
	("amount", "tier"),
	[
		(100_000, "VIP"), (99_999.99, "Key Account"), (50_000, "Key Account"), (49_999.99, "Regular"),
		(10_000, "Regular"),		(9_999.99, "Potential"), (0.01, "Potential"),
	],
)  # fmt: skip
def test_purchase_amount_goes_by_the_amount_of_a_year(amount: float, tier: str) -> None:
	facts = facts_of(doc("a", 364, amount), doc("a", 365, 500_000))
	assert grade(facts, _policy("purchase-amount"))["tier"].tolist() == [tier]


@pytest.mark.parametrize(
	("times", "tier"),
	[
		(24, "High Frequency"), (23, "Medium Frequency"), (12, "Medium Frequency"), (11, "Low Frequency"),
		(4, "Low Frequency"), (3, "Occasional"), (0, "Occasional"),
	],
)  # fmt: skip
def test_purchase_frequency_goes_by_the_purchases_of_a_year(times: int, tier: str) -> None:
	facts = facts_of(doc("a", 365, 5), *(doc("a", 5 * at, 5) for at in range(times)))
	assert grade(facts, _policy("purchase-frequency"))["tier"].tolist() == [tier]


def test_pareto_abc_makes_a_of_the_first_80_percent_and_b_of_the_next_15() -> None:
	facts = facts_of(*(doc(name, 9, amount) for name, amount in zip("abcd", (50, 30, 15, 5), strict=True)))
	assert grade(facts, _policy("pareto-abc"))["tier"].to_dict() == {"a": "A", "b": "A", "c": "B", "d": "C"}


@pytest.mark.parametrize(
	("purchases", "tier"),
	[
		((20, 100, 200, 300, 400), "AA"),  # Loyal
		((10,), "A"),  # New
		((150,), "A"),  # Active
		((0, 400), "A"),  # Won Back
		((200,), "B"),  # At Risk
		((400,), "C"),  # Lost
	],
)
def test_lifecycle_grade_goes_by_the_stage(purchases: tuple[int, ...], tier: str) -> None:
	policy = _policy("lifecycle-grade")
	assert grade(facts_of(*(doc("a", day, 10) for day in purchases)), policy)["tier"].tolist() == [tier]


def test_lifecycle_grade_grades_prospects_by_what_is_open() -> None:
	pipeline = pd.DataFrame({"customer": ["asked"], "opened": pd.to_datetime([ago(5)]), "closed": pd.NaT})
	facts = facts_of(customers=customers_of(asked={}, aware={}), pipeline=pipeline)
	assert grade(facts, _policy("lifecycle-grade"))["tier"].to_dict() == {"asked": "B", "aware": "C"}


def test_a_lost_customer_of_the_lifecycle_falls_from_aa_to_c_with_time() -> None:
	facts = facts_of(*(doc("a", day, 10) for day in (0, 90, 180, 270, 365)))
	policy, held, tiers = _policy("lifecycle-grade"), None, []
	for days in (0, 150, 190, 300, 370):
		scores = grade(facts, policy, ago(-days), previous=held)
		held = scores.reset_index().assign(as_of=pd.Timestamp(ago(-days)))
		tiers.append(scores.loc["a", "tier"])
	assert tiers == ["AA", "AA", "B", "B", "C"]


@pytest.mark.parametrize(("silence", "tier"), [(364, "Strategic"), (365, "Ordinary")])
def test_strategic_accounts_become_ordinary_after_a_year_of_silence(silence: int, tier: str) -> None:
	held = pd.DataFrame({"customer": ["a"], "tier": ["Strategic"], "tier_since": [ago(200)]})
	facts = facts_of(doc("a", silence, 900), doc("a", silence + 200, 700), doc("a", 1500, 1))
	assert grade(facts, _policy("strategic-accounts"), previous=held)["tier"].tolist() == [tier]


def _paying(days_late: int, owes: float = 0.0) -> str:
	"""The tier of the best customer of twenty, who paid so late and owes so much since yesterday."""
	facts = facts_of(*(doc(f"c{at:02}", 90, 100.0 + at) for at in range(20)))
	dates = {"posting_date": [ago(90), ago(60 - days_late), ago(31)], "due_date": [ago(60), None, ago(1)]}
	entries = pd.DataFrame(
		{
			"customer": "c19",
			"document": ["paid", "paid", "open"],
			"company": "Acme",
			**{name: pd.to_datetime(pd.Series(days, dtype=object)) for name, days in dates.items()},
			"amount": [119.0, -119.0, owes],
			"is_return": False,
		}
	)
	return str(grade(replace(facts, payments=entries), _policy("credit-minded")).loc["c19", "tier"])


@pytest.mark.parametrize(
	("days_late", "owes", "tier"),
	[
		(0, 0, "Platinum"), (13, 999.99, "Platinum"), (14, 0, "Silver"), (0, 1_000, "Silver"),
		(59, 0, "Silver"), (60, 0, "Bronze"),
	],
)  # fmt: skip
def test_credit_minded_holds_back_who_pays_late_or_owes_much(days_late: int, owes: float, tier: str) -> None:
	assert _paying(days_late, owes) == tier


def test_credit_minded_goes_by_revenue_alone_where_payments_are_not_known() -> None:
	facts = facts_of(*(doc(f"c{at:02}", 90, 100.0 + at) for at in range(20)))
	expected = grade(facts, _policy("value-pyramid"))["tier"]
	assert grade(facts, _policy("credit-minded"))["tier"].tolist() == expected.tolist()


def test_a_large_new_account_is_key_before_it_is_strategic() -> None:
	facts = facts_of(doc("a", 10, 900), doc("b", 10, 100))
	assert grade(facts, _policy("strategic-accounts")).loc["a", "tier"] == "Key Account"


def test_rfm_gives_the_best_in_all_three_the_highest_score() -> None:
	docs: list[dict[str, Any]] = []
	for at in range(1, 11):
		docs += [doc(f"c{at:02}", 60 - 5 * at, 100.0 * at) for _ in range(at)]
	found = grade(facts_of(*docs), _policy("rfm"))
	assert found["score"].is_monotonic_increasing
	assert found["tier"].tolist() == [*["Bronze"] * 5, *["Silver"] * 3, "Gold", "Platinum"]


@pytest.mark.parametrize("name", ["value-pyramid", "rfm", "composite-value", "credit-minded"])
def test_a_ladder_by_share_is_a_pyramid_and_slow_to_fall(name: str) -> None:
	policy = _policy(name)
	assert [tier.top_share for tier in policy.tiers] == [None, 50, 20, 5]
	assert all(tier.grace_days == 180 and tier.rise_days > 0 for tier in policy.tiers[1:])
	assert policy.margin == 5


def test_the_pyramid_has_on_top_whoever_spent_most_in_a_year() -> None:
	facts = facts_of(*(doc(f"c{at:03}", 30, 10.0 + at) for at in range(200)), doc("past", 365, 10_000))
	tiers = grade(facts, _policy("value-pyramid"))["tier"]
	assert tiers[tiers == "Platinum"].index.tolist() == [f"c{at:03}" for at in range(190, 200)]
	assert tiers["past"] == "Bronze"


def test_composite_value_weighs_all_five_rules() -> None:
	facts = facts_of(doc("a", 10, 130, gross_profit=40), doc("a", 400, 100, gross_profit=30))
	row = grade(facts, _policy("composite-value")).loc["a"]
	# Alone in the middle, of a hundred groups the 51st; 80 of the 100 points of growth; no returns are best.
	assert row["score"] == 0.9 * 51 + 0.05 * 80 + 0.05 * 100


def _spending(*amounts: float) -> Evaluation:
	facts = facts_of(*(doc(f"c{at:03}", 10, amount) for at, amount in enumerate(amounts)))
	return evaluate(facts, _policy("purchase-amount"), AS_OF)


def _begin(name: str, evaluation: Evaluation, left_out: tuple[str, ...] = ()) -> list[float]:
	(rule,) = proposed(name, evaluation, left_out)["rules"]
	return [band["at_least"] for band in rule["bands"]]


def test_amounts_are_proposed_in_round_numbers_that_the_shares_reach() -> None:
	assert _begin("purchase-amount", _spending(*(13.0 * at for at in range(1, 201)))) == [1_200, 2_000, 2_500]


def test_numbers_of_purchases_are_whole_and_rise() -> None:
	docs = [doc(f"c{at:03}", 10 + again, 5) for at in range(40) for again in range(1 if at < 39 else 3)]
	evaluation = evaluate(facts_of(*docs), _policy("purchase-frequency"), AS_OF)
	assert _begin("purchase-frequency", evaluation) == [1, 2, 3]


def test_of_few_customers_nothing_is_concluded() -> None:
	made_with = [10_000, 50_000, 100_000]
	assert _begin("purchase-amount", _spending(*[5.0] * 19)) == made_with
	assert _begin("purchase-amount", _spending(*[5.0] * 20)) != made_with
	assert _begin("purchase-amount", _spending(*[5.0] * 20), ("c000",)) == made_with


def test_a_policy_that_asks_for_nothing_stays() -> None:
	assert proposed("rfm", _spending(*[5.0] * 30)) == policies.load("rfm")


@given(st.lists(st.floats(0.01, 1e9).map(lambda amount: round(amount, 2)), min_size=20, max_size=60))
def test_proposed_amounts_rise_and_are_near_to_what_the_shares_reach(amounts: list[float]) -> None:
	begin = _begin("purchase-amount", _spending(*amounts))
	assert begin == sorted(set(begin))
	reached = sorted(amounts)[len(amounts) - math.ceil(len(amounts) / 2)]
	assert begin[0] == pytest.approx(reached, rel=0.15)
	Policy.from_dict(proposed("purchase-amount", _spending(*amounts)))


@given(st.floats(0.01, 1e12), st.floats(0, 1e12), st.booleans())
def test_a_round_number_is_above_what_is_asked(value: float, above: float, whole: bool) -> None:
	found = nearest_round(value, above, whole)
	assert found > above
	assert not whole or found == int(found)
	assert found in (1, 1.2, 1.5) or len(f"{found:.10f}".replace(".", "").strip("0")) <= 2
