"""Areas, shares and intervals, against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine.measuring.bootstrap import draws, interval
from customer_tiering.engine.measuring.ranking import Order, auc, auc_gain, calibration, middle_ranks

ROWS = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=30)


@given(ROWS)
def test_the_area_is_the_share_of_pairs_that_stand_right(rows: list[tuple[int, bool]]) -> None:
	hits = [value for value, happened in rows if happened]
	misses = [value for value, happened in rows if not happened]
	values, happened = np.array([v for v, _ in rows], dtype=float), np.array([h for _, h in rows])
	if not hits or not misses:
		assert np.isnan(auc(values, happened))
		return
	right = sum((a > b) + 0.5 * (a == b) for a in hits for b in misses)
	assert auc(values, happened) == pytest.approx(right / len(hits) / len(misses))
	gain, error = auc_gain(values, np.zeros(len(rows)), happened)
	assert gain == pytest.approx(auc(values, happened) - 0.5) and error >= 0


@given(ROWS, st.lists(st.integers(0, 3), min_size=30, max_size=30))
def test_a_weight_is_as_many_rows(rows: list[tuple[int, bool]], times: list[int]) -> None:
	values, happened = np.array([v for v, _ in rows], dtype=float), np.array([h for _, h in rows])
	weights = np.array(times[: len(rows)])
	order, drawn = Order(values, happened), Order(np.repeat(values, weights), np.repeat(happened, weights))
	each = weights.astype(float)
	for figure in (Order.auc, Order.average_precision):
		assert figure(order, each) == pytest.approx(figure(drawn), nan_ok=True)
	assert order.share_among(5, each) == pytest.approx(drawn.share_among(5), nan_ok=True)


def test_average_precision_and_share_by_hand() -> None:
	order = Order(np.array([4.0, 3.0, 2.0, 1.0]), np.array([True, False, True, False]))
	assert order.average_precision() == pytest.approx((1 + 2 / 3) / 2)
	assert order.share_among(3) == pytest.approx(2 / 3)
	assert np.isnan(order.share_among(0))


def test_of_equals_a_part_of_each_is_taken() -> None:
	order = Order(np.array([1.0, 1.0, 1.0, 0.0]), np.array([True, False, False, False]))
	assert order.share_among(1) == pytest.approx(1 / 3)


def test_middle_ranks_put_equals_in_the_middle() -> None:
	assert middle_ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [0.5, 0.125, 0.5, 0.875]


def test_equal_chances_stay_in_one_group() -> None:
	rows = calibration(np.full(50, 0.3), np.arange(50) < 10)
	assert rows == [{"customers": 50, "foreseen": pytest.approx(0.3), "happened": 0.2}]
	assert calibration(np.zeros(0), np.zeros(0, dtype=bool)) == []


def test_an_interval_is_the_same_every_time_and_holds_the_figure() -> None:
	order = Order(np.arange(100.0), np.arange(100) % 3 == 0)
	first, again = (interval(order.auc, 100) for _ in range(2))
	assert first == again and first[1] < first[0] < first[2]
	assert all(weights.sum() == 100 for weights in draws(100, 3))
	assert interval(lambda weights: float("nan"), 5) == [None, None, None]
