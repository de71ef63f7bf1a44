"""The ready-made policies: each is usable as it is and grades as its description says."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from engine.builders import ago, customers_of, doc, facts_of, grade

from customer_tiering import policies
from customer_tiering.engine import Policy

NAMES = policies.names()


def _policy(name: str) -> Policy:
	return Policy.from_dict(policies.load(name))


def test_there_are_seven_and_the_default_comes_first() -> None:
	assert NAMES == [
		"rfm", "composite-value", "lifecycle-grade", "pareto-abc", "purchase-amount", "purchase-frequency",
		"strategic-accounts",
	]  # fmt: skip
	assert policies.DEFAULT == "rfm"


@pytest.mark.parametrize("name", ["rmf", "", "../policies/rfm", "rfm.json"])
def test_an_unknown_name_is_refused_with_the_names_there_are(name: str) -> None:
	with pytest.raises(KeyError) as refused:
		policies.load(name)
	assert str(refused.value) == f"There is no ready-made policy {name}; choose one of {', '.join(NAMES)}."


@pytest.mark.parametrize("name", NAMES)
def test_each_is_named_as_its_file_and_says_what_to_do_in_every_tier(name: str) -> None:
	policy = _policy(name)
	assert policy.name == name
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
		(15, "High Frequency"), (14, "Medium Frequency"), (6, "Medium Frequency"), (5, "Low Frequency"),
		(3, "Low Frequency"), (2, "Occasional"), (0, "Occasional"),
	],
)  # fmt: skip
def test_purchase_frequency_goes_by_the_purchases_of_ninety_days(times: int, tier: str) -> None:
	facts = facts_of(doc("a", 90, 5), *(doc("a", 5 * at, 5) for at in range(times)))
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


def test_a_large_new_account_is_key_before_it_is_strategic() -> None:
	facts = facts_of(doc("a", 10, 900), doc("b", 10, 100))
	assert grade(facts, _policy("strategic-accounts")).loc["a", "tier"] == "Key Account"


def test_rfm_gives_the_best_in_all_three_the_highest_score() -> None:
	docs: list[dict[str, Any]] = []
	for at in range(1, 6):
		docs += [doc(f"c{at}", 60 - 10 * at, 100.0 * at) for _ in range(at)]
	scores = grade(facts_of(*docs), _policy("rfm"))
	assert scores["score"].tolist() == [20, 40, 60, 80, 100]
	assert scores["tier"].tolist() == ["Bronze", "Bronze", "Silver", "Gold", "Platinum"]


def test_composite_value_weighs_all_five_rules() -> None:
	facts = facts_of(doc("a", 10, 130, gross_profit=40), doc("a", 400, 100, gross_profit=30))
	row = grade(facts, _policy("composite-value")).loc["a"]
	assert row["score"] == 0.75 * 60 + 15 + 10  # alone in the middle; growth of 30 % and no returns are best
