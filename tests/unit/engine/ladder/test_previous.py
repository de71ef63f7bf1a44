"""From one evaluation to the next: on the same day, over midnight, and what has changed."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest

from customer_tiering.engine import evaluate
from engine.builders import AS_OF, ago, as_previous, doc, facts_of
from engine.ladder.one_customer import day_of, held_before, ladder_of, worth

# -- within one day ----------------------------------------------------------------------------------


def test_a_second_evaluation_on_the_same_day_starts_from_the_day_before() -> None:
	policy = ladder_of(grace=30)
	yesterday = evaluate(worth(50), policy, ago(1), held_before("Silver", 300))
	noon = evaluate(worth(90), policy, AS_OF, as_previous(yesterday))
	evening = evaluate(worth(50), policy, AS_OF, as_previous(noon))  # the invoice was cancelled
	assert [noon.scores.loc[0, "tier"], evening.scores.loc[0, "tier"]] == ["Platinum", "Silver"]
	assert day_of(evening.scores.loc[0, "tier_since"]) == ago(300)
	next_day = evaluate(worth(50), policy, ago(-1), as_previous(evening))
	assert next_day.scores.loc[0, "tier"] == "Silver"


def test_a_grade_that_lasted_over_midnight_has_its_grace() -> None:
	policy = ladder_of(grace=30)
	yesterday = evaluate(worth(90), policy, ago(1), held_before("Silver", 300))
	today = evaluate(worth(50), policy, AS_OF, as_previous(yesterday))
	assert today.scores.loc[0, "tier"] == "Platinum"
	assert day_of(today.scores.loc[0, "falls_on"]) == ago(-30)


def test_a_clock_that_went_back_starts_from_the_same_opening() -> None:
	policy = ladder_of(grace=30)
	today = evaluate(worth(90), policy, AS_OF, held_before("Silver", 300))
	back = evaluate(worth(50), policy, ago(1), as_previous(today))
	assert back.scores.loc[0, "tier"] == "Silver"


# -- changes -----------------------------------------------------------------------------------------


def test_changes_list_whose_tier_or_stage_is_another_than_before() -> None:
	facts = facts_of(*(doc(name, 10, 50) for name in ("moved", "new", "same", "staged")))
	previous = pd.DataFrame(
		{
			"customer": ["moved", "same", "staged", "gone"],
			"tier": ["Bronze", "Silver", "Silver", "Gold"],
			"lifecycle_stage": ["New", "New", "Engaged", "Lost"],
		}
	)
	changes = evaluate(facts, ladder_of(), AS_OF, previous).changes
	assert changes["customer"].tolist() == ["moved", "new", "staged"]
	assert changes["from_tier"].fillna("-").tolist() == ["Bronze", "-", "Silver"]
	assert changes["to_tier"].tolist() == ["Silver"] * 3
	assert changes["from_stage"].fillna("-").tolist() == ["New", "-", "Engaged"]
	assert changes["to_stage"].tolist() == ["New"] * 3
	assert changes["score"].tolist() == [50] * 3


def test_previous_grades_that_list_a_customer_twice_are_refused() -> None:
	with pytest.raises(ValueError, match="The previous grades list a customer twice"):
		evaluate(worth(50), ladder_of(), AS_OF, pd.concat([held_before("Gold"), held_before("Silver")]))


def test_previous_grades_may_come_from_a_file() -> None:
	policy = ladder_of(grace=30)
	first = evaluate(worth(50), policy, ago(20), held_before("Gold", 300))
	read = pd.read_csv(StringIO(as_previous(first).to_csv(index=False)))
	again = evaluate(worth(50), policy, AS_OF, read)
	assert (again.scores.loc[0, "tier"], day_of(again.scores.loc[0, "falls_on"])) == ("Gold", ago(-10))
