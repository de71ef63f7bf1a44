"""From the candidate tier to the tier held: up at once, over any number of rungs."""

from __future__ import annotations

import pytest

from customer_tiering.engine import evaluate
from engine.builders import AS_OF, ago, doc, facts_of, grade
from engine.ladder.one_customer import day_of, held_before, ladder_of, row_of, worth

# -- by score ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("score", "tier"),
	[
		(0.01, "Bronze"),
		(44.99, "Bronze"),
		(45, "Silver"),
		(69.99, "Silver"),
		(70, "Gold"),
		(84.99, "Gold"),
		(84.994, "Gold"),
		(84.996, "Platinum"),  # the score has two decimals, and it is the score that is compared
		(85, "Platinum"),
		(100, "Platinum"),
	],
)
def test_a_tier_starts_at_its_min_score(score: float, tier: str) -> None:
	assert grade(worth(score), ladder_of())["tier"].tolist() == [tier]


def test_every_customer_is_in_one_tier_or_none() -> None:
	facts = facts_of(*(doc(f"c{at:02}", 10, at * 5) for at in range(21)))
	scores = grade(facts, ladder_of())
	counts = scores["tier"].value_counts(dropna=False)
	assert counts.sum() == len(scores) == 21
	assert counts[["Bronze", "Silver", "Gold", "Platinum"]].tolist() == [8, 5, 3, 4]
	assert scores["tier"].isna().sum() == 1  # c00 bought for nothing


# -- up ----------------------------------------------------------------------------------------------


def test_a_customer_rises_at_once_over_any_number_of_rungs_in_spite_of_hold_and_one_step() -> None:
	policy = ladder_of(grace=30, hold=60, one_step_down=True)
	row = row_of(evaluate(worth(90), policy, AS_OF, held_before("Bronze", 1)))
	assert row["tier"] == "Platinum"
	assert day_of(row["tier_since"]) == AS_OF
	assert row[["below_since", "falls_on", "falls_to"]].isna().all()


def test_who_was_not_graded_before_starts_where_he_belongs() -> None:
	for previous in (None, held_before(None, None), held_before("A tier of another policy")):
		row = row_of(evaluate(worth(50), ladder_of(grace=30), AS_OF, previous))
		assert (row["tier"], day_of(row["tier_since"])) == ("Silver", AS_OF)


def test_who_stays_keeps_the_day_since_when() -> None:
	row = row_of(evaluate(worth(50), ladder_of(), AS_OF, held_before("Silver", 77)))
	assert (row["tier"], day_of(row["tier_since"]), day_of(row["earned_since"])) == (
		"Silver",
		ago(77),
		ago(77),
	)


# -- unrated -----------------------------------------------------------------------------------------


def test_who_turns_out_never_to_have_purchased_loses_the_tier_at_once() -> None:
	facts = facts_of(doc("a", 20, 90, document="s"), doc("a", 1, -90, return_against="s"))
	found = evaluate(facts, ladder_of(grace=30, hold=30), AS_OF, held_before("Platinum", 5))
	row = row_of(found)
	assert row[["tier", "tier_since", "earned_tier", "earned_since", "below_since", "falls_on"]].isna().all()
	assert found.changes[["from_tier"]].values.tolist() == [["Platinum"]]
	assert found.changes["to_tier"].isna().all()
