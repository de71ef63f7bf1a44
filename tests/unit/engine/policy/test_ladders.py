"""Policies by share, and steady ones: what is refused, in which words, and what comes back as it went in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from customer_tiering.engine import Policy
from engine.policy.test_policy import CAP, FLOOR, GOOD, LOW, RULE, TOP, problems_of

S5, S20, S50 = ({"name": f"S{share}", "top_share": share} for share in (5, 20, 50))
REST = {"name": "Rest"}
BOTH = (
	"the tiers of a policy go by min_score or by top_share, never by both; "
	"leave one of them out of every tier."
)
PERCENT = "it is a percentage above 0 and below 100."
OUT_OF_ORDER = (
	"Tier S5: top_share 5 is below the 20 of S20, which is the higher tier; "
	"top_share counts from the top, so it grows the lower a tier is."
)
LEAVE_OUT = "the lowest tier takes everyone who is left; leave its top_share out."
BAD_SHARES = [
	([S5, S20, {"name": "X", "top_share": 0}, REST], f"Tier X: top_share is 0; {PERCENT}"),
	([S5, {"name": "X", "top_share": 100}, REST], f"Tier X: top_share is 100; {PERCENT}"),
	([{"name": "X", "top_share": -2.5}, REST], f"Tier X: top_share is -2.5; {PERCENT}"),
	([{"name": "X", "top_share": "5"}, S20, REST], "Tier X: top_share must be a number."),
	([S5, {**S5, "name": "X"}, REST], "Tiers S5 and X share top_share 5; give each its own."),
	([S5, {"name": "X"}, S50, REST], "Tier X: top_share is missing; give one to every tier but the lowest."),
	([S5, REST, {"name": "X"}], "Tier Rest: top_share is missing; give one to every tier but the lowest."),
	([S5, S20, S50], f"Tier S50: {LEAVE_OUT}"),
	([S5], f"Tier S5: {LEAVE_OUT}"),
	([S20, S5, REST], OUT_OF_ORDER),
	([REST, S5, S20], OUT_OF_ORDER),
	([S5, {**S20, "min_score": 50}, REST], f"Tier S20: {BOTH}"),
	([S5, {**REST, "min_score": 0}], f"Tier Rest: {BOTH}"),
	([S5, S5, REST], "Tier S5 is listed twice; keep one."),
	([{**S5, "rise_days": -1}, REST], "Tier S5: rise_days is -1; it must lie between 0 and 36500."),
]  # fmt: skip


@pytest.mark.parametrize(("tiers", "sentence"), BAD_SHARES)
def test_a_bad_ladder_by_share_is_refused_with_one_sentence_that_says_what_to_do(
	tiers: list[Any], sentence: str
) -> None:
	assert problems_of({**GOOD, "tiers": tiers}) == [sentence]


def test_tiers_by_share_may_be_listed_from_either_end() -> None:
	down = Policy.from_dict({**GOOD, "tiers": [S5, S20, S50, REST]})
	up = Policy.from_dict({**GOOD, "tiers": [REST, S50, S20, S5]})
	assert down == up and down.by_share
	assert down.to_dict()["tiers"] == [S5, S20, S50, REST]
	assert Policy.from_dict(json.loads(json.dumps(down.to_dict()))) == down


def test_a_floor_above_a_cap_is_refused_by_share_too() -> None:
	rules = [RULE, {**FLOOR, "tier": "S5"}, {**CAP, "tier": "S20"}]
	(sentence,) = problems_of({**GOOD, "tiers": [S5, S20, REST], "rules": rules})
	assert sentence.startswith("Rule F is a floor at S5, above the cap at S20 of rule C")


def test_what_makes_a_ladder_steady_leaves_the_hash_of_older_versions_as_it_was() -> None:
	plain = Policy.from_dict(GOOD)
	assert not {"margin", "reviewed", "rises_between_reviews"} & set(plain.to_dict())
	tiers = [{**TOP, "rise_days": 9}, LOW]
	for more in ({"margin": 0.5}, {"reviewed": "Monthly"}, {"rises_between_reviews": True}, {"tiers": tiers}):
		steady = Policy.from_dict({**GOOD, **more})
		assert steady.hash != plain.hash and Policy.from_dict(steady.to_dict()) == steady
