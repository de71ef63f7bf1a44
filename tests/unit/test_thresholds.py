"""Goals in place of exact thresholds: never short of them, and nobody's figure."""

from __future__ import annotations

import pytest

from customer_tiering.site.access.thresholds import rounded


def _why(method: str, threshold: float, now: float) -> dict[str, object]:
	rule = {"rule": "A", "method": method, "value": now, "next": {"value": threshold, "points": 80.0}}
	ways = [{"rule": "A", "value": threshold}]
	return {"rules": [rule], "above": {"tier": "Gold", "ways": ways}, "held": None}


@pytest.mark.parametrize("method", ["Quantile", "Pareto"])
@pytest.mark.parametrize(
	("threshold", "now", "goal"),
	[
		(77_777, 1_000, 78_000),
		(77_000, 1_000, 77_000),
		(1_234_567.89, 0, 1_300_000),
		(0.0123, 0, 0.013),
		(7, 3, 7),
		(128, 400, 120),  # the fewer, the better
		(-77_777, -90_000, -77_000),
		(0, -5, 0),
	],
)
def test_a_goal_is_enough_and_has_two_digits(method: str, threshold: float, now: float, goal: float) -> None:
	found = rounded(_why(method, threshold, now), by_share=False)
	assert found["rules"][0]["next"]["value"] == found["above"]["ways"][0]["value"] == goal
	assert found["held"] is None


@pytest.mark.parametrize("method", ["Bands", "Linear"])
def test_the_policys_own_thresholds_stay(method: str) -> None:
	assert rounded(_why(method, 77_777, 0), by_share=False) == _why(method, 77_777, 0)


def test_by_share_every_way_leads_to_somebodys_score() -> None:
	why = _why("Bands", 77_777, 0) | {"below": None, "margin": None, "score": 10.0}
	above = {"tier": "Gold", "points": 5.25, "ways": [{"rule": "A", "value": 77_777}]}
	found = rounded(why | {"above": above}, by_share=True)["above"]
	assert [way["value"] for way in found["ways"]] == [78_000]
	assert found["points"] == 6.0
