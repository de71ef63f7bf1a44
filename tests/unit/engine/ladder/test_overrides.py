"""An override lies on top of the tier that is earned, which goes on by itself below it."""

from __future__ import annotations

import pytest

from customer_tiering.engine import evaluate
from engine.builders import AS_OF, ago, as_previous, doc, facts_of
from engine.ladder.one_customer import day_of, held_before, ladder_of, row_of, worth

MODES = [
	("Exact", 10, "Gold"),
	("Exact", 75, "Gold"),
	("Exact", 95, "Gold"),
	("At Least", 10, "Gold"),
	("At Least", 95, "Platinum"),
	("At Most", 10, "Bronze"),
	("At Most", 95, "Gold"),
	(None, 10, "Gold"),  # an override without a mode is exact
]


@pytest.mark.parametrize(("mode", "score", "tier"), MODES)
def test_an_override_is_exact_at_least_or_at_most_a_tier(mode: str | None, score: float, tier: str) -> None:
	previous = held_before(None, None, override_tier="Gold", override_mode=mode)
	row = row_of(evaluate(worth(score), ladder_of(), AS_OF, previous))
	assert (row["tier"], row["score"]) == (tier, score)
	assert row["earned_tier"] == {10: "Bronze", 75: "Gold", 95: "Platinum"}[int(score)]


@pytest.mark.parametrize(("mode", "tier"), [("Exact", "Gold"), ("At Least", "Gold"), ("At Most", None)])
def test_an_override_may_give_a_tier_to_the_unrated(mode: str, tier: str | None) -> None:
	previous = held_before(None, None, override_tier="Gold", override_mode=mode)
	row = row_of(evaluate(facts_of(doc("a", 5, -10)), ladder_of(), AS_OF, previous))
	assert row.isna()["tier"] if tier is None else row["tier"] == tier
	assert row.isna()["earned_tier"]
	assert day_of(row["tier_since"]) == (AS_OF if tier else None)


@pytest.mark.parametrize(
	("until", "tier"), [(None, "Platinum"), (-1, "Platinum"), (0, "Platinum"), (1, "Silver"), (400, "Silver")]
)
def test_an_override_ends_by_itself_after_its_last_day(until: int | None, tier: str) -> None:
	more = {"override_tier": "Platinum", "override_mode": "Exact", "override_until": until}
	previous = held_before("Platinum", 90, earned_tier="Silver", earned_since=90, **more)
	found = evaluate(worth(50), ladder_of(grace=30), AS_OF, previous)
	assert found.scores.loc[0, "tier"] == tier
	assert (found.explain("a")["override"] is not None) == (tier == "Platinum")


def test_the_earned_tier_goes_on_by_itself_below_an_override() -> None:
	policy = ladder_of(grace=30)
	override = {"override_tier": "Platinum", "override_mode": "Exact", "override_until": 0}
	previous = held_before("Platinum", 90, earned_tier="Gold", earned_since=300, below_since=29, **override)
	found = evaluate(worth(50), policy, AS_OF, previous)
	row = row_of(found)
	assert (row["tier"], day_of(row["tier_since"])) == ("Platinum", ago(90))
	assert (row["earned_tier"], day_of(row["falls_on"])) == ("Gold", ago(-1))
	next_day = evaluate(worth(50), policy, ago(-1), as_previous(found))
	assert next_day.scores.loc[0, "tier"] == "Silver"  # the override is over, and so is the grace


def test_an_override_on_a_tier_that_the_policy_does_not_have_is_passed_over() -> None:
	previous = held_before("Silver", 90, override_tier="Diamond", override_mode="Exact")
	found = evaluate(worth(50), ladder_of(), AS_OF, previous)
	assert found.scores.loc[0, "tier"] == "Silver" and found.explain("a")["override"] is None


def test_an_override_mode_that_is_none_is_refused() -> None:
	previous = held_before("Silver", 90, override_tier="Gold", override_mode="Roughly")
	with pytest.raises(ValueError, match="The override mode Roughly is none; choose one of Exact, At Least"):
		evaluate(worth(50), ladder_of(), AS_OF, previous)


def test_the_reason_of_an_override_is_in_the_explanation() -> None:
	more = {"override_mode": "At Least", "override_until": -9, "override_reason": "Agreed with the board"}
	found = evaluate(worth(50), ladder_of(), AS_OF, held_before("Silver", 90, override_tier="Gold", **more))
	assert found.explain("a")["override"] == {
		"tier": "Gold", "mode": "At Least", "until": ago(-9).isoformat(), "reason": "Agreed with the board"
	}  # fmt: skip
