"""What keeps a ladder steady: rises that take their time, a margin, and reviews."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from customer_tiering.engine import Evaluation, Facts, Policy, evaluate
from customer_tiering.engine.ladder import NO_DAY, climbing_texts, read_climbing
from customer_tiering.engine.ladder.climbing import climbing_of
from customer_tiering.engine.ladder.reviews import Reviews, next_review
from engine.builders import AS_OF, PLAIN, TIERS, ago, as_previous, doc, facts_of, policy_of

CAP = {"name": "Cap", "type": "Cap", "metric": "Recency", "value": 50, "tier": "Silver"}
FLOOR = {"name": "Floor", "type": "Floor", "metric": "Recency", "value": 50, "tier": "Gold"}


def _ladder(rise: int = 0, grace: int = 0, *rules: Any, **more: Any) -> Policy:
	tiers = [{**tier, "rise_days": rise, "grace_days": grace} for tier in TIERS]
	return policy_of(PLAIN, *rules, tiers=tiers, **more)


def _worth(amount: float) -> Facts:
	return facts_of(doc("a", 100, 0.01), doc("a", 100, amount - 0.01))


def _held(tier: str | None, climbing: dict[str, int] | None = None, **more: Any) -> pd.DataFrame:
	"""What was held yesterday; days count back from the as-of date."""
	row = {"tier": tier, "tier_since": 300, "as_of": 1, **more}
	days = {key: ago(value) if isinstance(value, int) else value for key, value in row.items()}
	text = json.dumps({tier: ago(day).isoformat() for tier, day in (climbing or {}).items()})
	return pd.DataFrame([{"customer": "a", **days, "climbing": text if climbing else None}])


def _now(found: Evaluation) -> tuple[str | None, date | None, str | None]:
	"""The tier, and when it changes to which."""
	row = found.scores.iloc[0]
	falls = "falls" if not pd.isna(row["falls_on"]) else "rises"
	on, to = row[f"{falls}_on"], row[f"{falls}_to"]
	return row["tier"], None if pd.isna(on) else pd.Timestamp(on).date(), None if pd.isna(to) else to


def _at(day: date, score: float, policy: Policy, held: pd.DataFrame | None) -> Any:
	return _now(evaluate(_worth(score), policy, day, held))


# -- rise --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("climbing", "score", "tier", "rises_on", "rises_to"),
	[
		(None, 75, "Bronze", -30, "Gold"),
		({"Silver": 0, "Gold": 0}, 75, "Bronze", -30, "Gold"),
		({"Silver": 29, "Gold": 29}, 75, "Bronze", -1, "Gold"),
		({"Silver": 30, "Gold": 30}, 75, "Gold", None, None),
		({"Silver": 30, "Gold": 29}, 75, "Silver", -1, "Gold"),
		({"Silver": 40, "Gold": 40, "Platinum": 3}, 90, "Gold", -27, "Platinum"),
		({"Silver": 40, "Gold": 20, "Platinum": 20}, 90, "Silver", -10, "Platinum"),
		({"Silver": 20, "Gold": 20, "Platinum": 3}, 90, "Bronze", -10, "Gold"),
		({"Silver": 20, "Gold": 20, "Platinum": 3}, 60, "Bronze", -10, "Silver"),
		({"Platinum": 30}, 90, "Platinum", None, None),  # who has reached a tier has reached all below it
		({"Gold": 30, "Abolished": 99}, 50, "Silver", None, None),
		({"Silver": -5}, 50, "Bronze", -30, "Silver"),  # a day to come, after the clock went back
	],
)
def test_a_rise_waits_for_the_rise_days_of_each_tier(
	climbing: dict[str, int] | None, score: float, tier: str, rises_on: int | None, rises_to: str | None
) -> None:
	told = None if rises_on is None else ago(rises_on)
	assert _at(AS_OF, score, _ladder(30), _held("Bronze", climbing)) == (tier, told, rises_to)


def test_a_rung_with_less_rise_is_passed_over_not_waited_for() -> None:
	tiers = [{**tier, "rise_days": days} for tier, days in zip(TIERS, (10, 60, 60, 0), strict=True)]
	policy = policy_of(PLAIN, tiers=tiers)
	assert _at(AS_OF, 90, policy, _held("Bronze", {"Platinum": 9})) == ("Bronze", ago(-1), "Platinum")
	assert _at(AS_OF, 90, policy, _held("Bronze", {"Platinum": 10})) == ("Platinum", None, None)


@pytest.mark.parametrize("previous", [None, _held(None), _held("A tier of another policy")])
def test_a_first_grade_waits_for_nothing(previous: pd.DataFrame | None) -> None:
	policy = _ladder(30, reviewed="Quarterly")
	assert _at(AS_OF, 90, policy, previous) == ("Platinum", None, None)


def test_a_day_below_a_tier_ends_the_rise_to_it_and_to_no_other() -> None:
	policy, held = _ladder(30), _held("Bronze", as_of=21)
	for day, score in ((20, 90), (10, 75), (5, 90)):
		held = as_previous(evaluate(_worth(score), policy, ago(day), held))
	climbing = read_climbing(held.loc[0, "climbing"])
	assert climbing == {"Silver": ago(20), "Gold": ago(20), "Platinum": ago(5)}


def test_a_floor_waits_for_no_rise_days_and_what_is_above_it_does() -> None:
	policy = _ladder(30, 0, FLOOR)
	assert _at(AS_OF, 10, policy, _held("Bronze")) == ("Gold", None, None)
	assert _at(AS_OF, 90, policy, _held("Bronze")) == ("Gold", ago(-30), "Platinum")


def test_a_cap_works_at_once_and_what_was_reached_above_it_is_forgotten() -> None:
	policy = _ladder(30, 30, CAP, reviewed="Quarterly", margin=50)
	found = evaluate(_worth(90), policy, AS_OF, _held("Gold", {"Platinum": 29}))
	assert _now(found) == ("Silver", None, None)
	assert found.scores["climbing"].tolist() == [None]


def test_an_override_lies_over_a_tier_that_rises_by_itself() -> None:
	policy = _ladder(30)
	held = _held("Gold", {"Silver": 30}, earned_tier="Bronze", override_tier="Gold", override_mode="At Least")
	row = evaluate(_worth(50), policy, AS_OF, held).scores.iloc[0]
	assert (row["tier"], row["earned_tier"]) == ("Gold", "Silver")


# -- margin ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("margin", "score", "tier"),
	[
		(0, 69.99, "Silver"),
		(0.01, 69.99, "Gold"),
		(0.01, 69.98, "Silver"),
		(2, 68, "Gold"),
		(2, 67.99, "Silver"),
		(0.3, 69.7, "Gold"),  # as floats, 70 − 69.7 is more than 0.3
		(0.3, 69.69, "Silver"),
		(30, 40, "Gold"),
		(30, 39.99, "Bronze"),  # to the candidate, past the margin of the rung between
	],
)
def test_a_fall_counts_if_the_score_is_below_by_more_than_the_margin(
	margin: float, score: float, tier: str
) -> None:
	assert _at(AS_OF, score, _ladder(margin=margin), _held("Gold")) == (tier, None, None)


def test_one_step_at_a_time_every_rung_has_its_margin() -> None:
	policy = _ladder(margin=2, one_step_down=True)
	assert _at(AS_OF, 43, policy, _held("Gold")) == ("Silver", None, None)
	assert _at(AS_OF, 42.99, policy, _held("Gold")) == ("Silver", ago(-1), "Bronze")


def test_within_the_margin_the_grace_begins_anew() -> None:
	policy = _ladder(grace=30, margin=2)
	held = as_previous(evaluate(_worth(69), policy, ago(1), _held("Gold", below_since=29, as_of=2)))
	assert held["below_since"].isna().all()
	assert _at(AS_OF, 60, policy, held) == ("Gold", ago(-30), "Silver")


def test_a_margin_lifts_nobody() -> None:
	assert _at(AS_OF, 69, _ladder(margin=2), _held("Silver")) == ("Silver", None, None)
	assert _at(AS_OF, 69, _ladder(margin=2), None) == ("Silver", None, None)


# -- reviews -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("reviewed", "month", "day", "last", "following"),
	[
		("Monthly", 1, "2024-03-01", "2024-03-01", "2024-04-01"),
		("Monthly", 1, "2024-02-29", "2024-02-01", "2024-03-01"),
		("Monthly", 4, "2024-12-31", "2024-12-01", "2025-01-01"),
		("Quarterly", 1, "2024-06-30", "2024-04-01", "2024-07-01"),
		("Quarterly", 1, "2024-07-01", "2024-07-01", "2024-10-01"),
		("Quarterly", 4, "2024-12-31", "2024-10-01", "2025-01-01"),
		("Quarterly", 2, "2024-01-31", "2023-11-01", "2024-02-01"),
		("Quarterly", 3, "2024-01-31", "2023-12-01", "2024-03-01"),
		("Quarterly", 12, "2024-12-01", "2024-12-01", "2025-03-01"),
	],
)
def test_the_days_of_reviews(reviewed: str, month: int, day: str, last: str, following: str) -> None:
	policy = _ladder(reviewed=reviewed, fiscal_year_start_month=month)
	reviews = Reviews.of_falls(policy)
	assert str(reviews.last(np.array([day], dtype="datetime64[D]"))[0]) == last
	assert str(next_review(policy, date.fromisoformat(day))) == following
	assert next_review(_ladder(), AS_OF) is None


JULY = date(2024, 7, 1)


@pytest.mark.parametrize(
	("day", "seen", "score", "now"),
	[
		# between reviews
		(date(2024, 6, 30), date(2024, 6, 29), 50, ("Gold", JULY, "Silver")),
		(date(2024, 6, 30), date(2024, 6, 29), 90, ("Gold", JULY, "Platinum")),
		# on the day
		(JULY, date(2024, 6, 30), 50, ("Silver", None, None)),
		(JULY, date(2024, 6, 30), 90, ("Platinum", None, None)),
		(JULY, date(2024, 3, 5), 50, ("Silver", None, None)),
		# the day after, and made up for: by the first evaluation after a review that nobody made
		(date(2024, 7, 2), JULY, 50, ("Gold", date(2024, 10, 1), "Silver")),
		(date(2024, 7, 2), date(2024, 6, 30), 50, ("Silver", None, None)),
		(date(2024, 9, 30), date(2024, 6, 30), 90, ("Platinum", None, None)),
		# nothing says when he was last evaluated
		(date(2024, 6, 30), None, 50, ("Silver", None, None)),
	],
)
def test_a_review_that_was_missed_is_made_up_for(
	day: date, seen: date | None, score: float, now: Any
) -> None:
	assert _at(day, score, _ladder(reviewed="Quarterly"), _held("Gold", as_of=seen)) == now


@pytest.mark.parametrize(
	("day", "grace", "below", "now"),
	[
		(JULY, 10, date(2024, 6, 21), ("Silver", None, None)),
		(JULY, 10, date(2024, 6, 22), ("Gold", date(2024, 10, 1), "Silver")),
		# On 3 July the grace is over, on 1 July it was not: he was told 1 October, so that is when he falls.
		(date(2024, 7, 3), 10, date(2024, 6, 22), ("Gold", date(2024, 10, 1), "Silver")),
		(date(2024, 7, 3), 10, date(2024, 6, 21), ("Silver", None, None)),
		(date(2024, 7, 3), 1, None, ("Gold", date(2024, 10, 1), "Silver")),
		(date(2024, 7, 3), 0, None, ("Silver", None, None)),
	],
)
def test_what_was_not_due_on_the_day_of_a_review_waits_for_the_next(
	day: date, grace: int, below: date | None, now: Any
) -> None:
	policy = _ladder(0, grace, reviewed="Quarterly")
	assert _at(day, 50, policy, _held("Gold", below_since=below, as_of=date(2024, 6, 29))) == now


@pytest.mark.parametrize(("rise", "since", "tier"), [(9, 9, "Gold"), (9, 8, "Silver"), (0, 1, "Gold")])
def test_rises_between_reviews_if_the_policy_says_so(rise: int, since: int, tier: str) -> None:
	held = _held("Silver", {"Gold": since})
	free = _ladder(rise, reviewed="Quarterly", rises_between_reviews=True)
	assert _at(AS_OF, 75, free, held)[0] == tier
	assert _at(AS_OF, 75, _ladder(rise, reviewed="Quarterly"), held) == ("Silver", JULY, "Gold")
	assert _at(AS_OF, 10, free, held) == ("Silver", JULY, "Bronze")


def test_a_floor_waits_for_a_review_and_between_them_works_with_the_rises() -> None:
	for free, now in ((False, ("Bronze", JULY, "Gold")), (True, ("Gold", None, None))):
		policy = _ladder(30, 0, FLOOR, reviewed="Quarterly", rises_between_reviews=free)
		assert _at(AS_OF, 10, policy, _held("Bronze")) == now


def test_a_cap_works_between_reviews_and_a_fall_below_it_does_not() -> None:
	policy = _ladder(0, 0, CAP, reviewed="Quarterly")
	assert _at(AS_OF, 10, policy, _held("Platinum")) == ("Silver", JULY, "Bronze")
	for day in (JULY, date(2024, 7, 3)):  # made up for, it is as on its day
		assert _at(day, 10, policy, _held("Platinum", as_of=date(2024, 6, 29))) == ("Bronze", None, None)


def test_who_is_unrated_loses_the_tier_between_reviews() -> None:
	facts = facts_of(doc("a", 20, 90, document="s"), doc("a", 1, -90, return_against="s"))
	found = evaluate(facts, _ladder(30, reviewed="Quarterly"), AS_OF, _held("Gold", {"Platinum": 3})).scores
	assert found[["tier", "climbing", "rises_on", "falls_on"]].isna().all(axis=None)


def test_a_second_evaluation_knows_that_the_first_one_made_up_for_a_review() -> None:
	policy = _ladder(reviewed="Quarterly")
	morning = evaluate(_worth(90), policy, date(2024, 7, 3), _held("Gold", as_of=date(2024, 6, 29)))
	assert _now(morning)[0] == "Platinum"
	assert _at(date(2024, 7, 3), 50, policy, as_previous(morning)) == ("Silver", None, None)
	assert _at(date(2024, 7, 4), 50, policy, as_previous(morning)) == (
		"Platinum", date(2024, 10, 1), "Silver"
	)  # fmt: skip


# -- the explanation ---------------------------------------------------------------------------------


def _told(score: float, policy: Policy, held: pd.DataFrame) -> dict[str, Any]:
	return evaluate(_worth(score), policy, AS_OF, held).explain("a")


def test_an_explanation_says_what_a_rise_waits_for() -> None:
	held = _held("Silver", {"Gold": 20})
	told = _told(75, _ladder(30), held)
	assert told["rising"] == {"by": "rise", "until": ago(-10).isoformat(), "rises_to": "Gold"}
	assert (told["held"], told["margin"], told["next_review"]) == (None, None, None)
	told = _told(75, _ladder(5, reviewed="Monthly"), held)
	assert told["rising"] == {"by": "review", "until": "2024-07-01", "rises_to": "Gold"}
	assert told["next_review"] == "2024-07-01"
	assert _told(75, _ladder(21, reviewed="Monthly"), held)["rising"]["by"] == "rise"  # due on that very day


def test_an_explanation_says_that_a_fall_waits_for_a_review_and_what_would_prevent_it() -> None:
	told = _told(50, _ladder(reviewed="Monthly", margin=2), _held("Gold"))
	way = {"rule": "Spending", "metric": "Revenue", "unit": "currency", "value": 68}
	assert told["held"] == {"by": "review", "until": "2024-07-01", "falls_to": "Silver", "ways": [way]}
	assert (
		_told(50, _ladder(grace=30, reviewed="Monthly"), _held("Gold", below_since=29))["held"]["by"]
		== "grace"
	)


def test_an_explanation_says_that_the_margin_keeps_a_tier() -> None:
	told = _told(69, _ladder(margin=2), _held("Gold"))
	assert told["margin"] == {"tier": "Gold", "down_to": 68}
	assert (told["held"], told["below"]) == (None, {"tier": "Silver", "points": -1})


# -- what is stored ----------------------------------------------------------------------------------


def test_a_climb_is_stored_as_text_and_read_back() -> None:
	policy = _ladder()
	day = np.datetime64("2024-05-01")
	rows = np.array([[NO_DAY, day, day + 1, NO_DAY], [NO_DAY] * 4, [NO_DAY, NO_DAY, NO_DAY, day]] * 2)
	texts = climbing_texts(policy, rows)
	assert (
		texts.tolist()
		== ['{"Silver":"2024-05-01","Gold":"2024-05-02"}', None, '{"Platinum":"2024-05-01"}'] * 2
	)
	read = climbing_of(policy, texts)
	assert (read[:2] == rows[:2])[~np.isnat(rows[:2])].all() and np.isnat(read[1]).all()
	assert (read[2] == day).all()


@pytest.mark.parametrize(
	"text", ["2024-05-01", "[]", '{"Gold": 5}', '{"Gold": "soon"}', "{", '"Gold"', "null"]
)
def test_a_climb_that_nobody_stored_is_refused(text: str) -> None:
	with pytest.raises(ValueError, match=r"does not say since when tiers are reached; it should look like"):
		evaluate(_worth(50), _ladder(), AS_OF, _held("Gold").assign(climbing=text))


def test_names_of_tiers_may_hold_anything() -> None:
	names = ('A "B", C', "Größe: 1", "{}", "\\")
	tiers = [{**tier, "name": name, "rise_days": 9} for tier, name in zip(TIERS, names, strict=True)]
	policy = policy_of(PLAIN, tiers=tiers)
	found = as_previous(evaluate(_worth(90), policy, ago(1), _held("\\", as_of=2)))
	assert set(json.loads(found.loc[0, "climbing"])) == set(names[:3])
	assert _at(AS_OF, 90, policy, found) == ("\\", ago(-8), names[0])


def test_a_disabled_customer_keeps_his_climb() -> None:
	people = pd.DataFrame([{"customer": "a", "disabled": True}])
	held = _held("Silver", {"Gold": 20}).assign(rises_on=ago(-10), rises_to="Gold")
	facts = facts_of(doc("a", 100, 5), customers=people)
	row = evaluate(facts, _ladder(30), AS_OF, held).scores.iloc[0]
	assert (row["climbing"], row["rises_to"]) == (held.loc[0, "climbing"], "Gold")
	assert pd.Timestamp(row["rises_on"]).date() == ago(-10)
