"""RFM scores from 1 to 5 and the ten segments of their 25 pairs."""

from __future__ import annotations

import numpy as np
import pytest

from customer_tiering.engine.segments import SEGMENTS, segments
from engine.builders import PLAIN, customers_of, doc, facts_of, grade, policy_of

#: Rows are recency 1-5, columns frequency 1-5, as published.
TABLE = [
	["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
	["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
	["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
	["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
	["New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"],
]
PAIRS = [(r, f, TABLE[r - 1][f - 1]) for r in range(1, 6) for f in range(1, 6)]


@pytest.mark.parametrize(("recency", "frequency", "segment"), PAIRS)
def test_every_pair_has_its_segment(recency: int, frequency: int, segment: str) -> None:
	scores = {"recency": np.array([recency]), "frequency": np.array([frequency]), "monetary": np.array([3])}
	assert segments(scores).tolist() == [segment]


def test_there_are_ten_segments_and_each_is_reached() -> None:
	assert len(SEGMENTS) == 10
	assert {segment for _r, _f, segment in PAIRS} == set(SEGMENTS)


def test_who_never_purchased_has_no_segment() -> None:
	scores = {name: np.array([0]) for name in ("recency", "frequency", "monetary")}
	assert segments(scores).tolist() == [None]


def _rfm(*docs: dict[str, object], **more: object) -> dict[str, list[int]]:
	scores = grade(facts_of(*docs, **more.pop("tables", {})), policy_of(PLAIN, **more))  # type: ignore[arg-type]
	columns = ["recency_score", "frequency_score", "monetary_score"]
	return {name: [int(value) for value in row] for name, row in scores[columns].iterrows()}


def test_recency_and_money_are_fifths_and_five_is_best() -> None:
	docs = [doc(f"c{at}", 10 * at, 100 * at) for at in range(1, 6)]
	assert _rfm(*docs) == {f"c{at}": [6 - at, 1, at] for at in range(1, 6)}


def test_frequency_one_always_means_bought_once() -> None:
	times = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 3, "f": 4, "g": 5}
	docs = [doc(name, 10 + at, 10) for name, count in times.items() for at in range(count)]
	assert {name: scores[1] for name, scores in _rfm(*docs).items()} == {
		"a": 1, "b": 1, "c": 1, "d": 2, "e": 3, "f": 4, "g": 5
	}  # fmt: skip


def test_a_lone_repeat_customer_lands_in_the_middle() -> None:
	assert _rfm(doc("a", 10, 5), doc("a", 20, 5)) == {"a": [3, 4, 3]}


def test_the_window_limits_frequency_and_money_but_not_recency() -> None:
	docs = [doc("old", day, 50) for day in (400, 500, 600)] + [doc("new", day, 10) for day in (5, 15)]
	assert _rfm(*docs) == {"new": [4, 3, 2], "old": [2, 5, 4]}
	assert _rfm(*docs, rfm_window_days=365) == {"new": [4, 4, 4], "old": [2, 1, 2]}


def test_the_disabled_are_scored_but_do_not_move_the_others() -> None:
	docs = [doc(f"c{at}", 10 * at, 100 * at) for at in range(1, 6)]
	ghost = doc("ghost", 1, 10_000)
	known = customers_of(ghost={"disabled": 1})
	with_ghost = _rfm(*docs, ghost, tables={"customers": known})
	assert with_ghost.pop("ghost") == [5, 1, 5]
	assert with_ghost == _rfm(*docs)
