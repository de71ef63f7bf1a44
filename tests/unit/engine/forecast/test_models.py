"""The models of purchases and of their value: what they refuse, and what must hold of any customer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_tiering.engine.forecast import NotFitted, fit_forecast
from customer_tiering.engine.forecast.bg_nbd import BgNbd, Purchases
from customer_tiering.engine.forecast.gamma_gamma import GammaGamma
from customer_tiering.engine.forecast.history import History
from customer_tiering.engine.forecast.maximum import NEAR
from customer_tiering.engine.forecast.training import model_of
from customer_tiering.engine.ledger import Ledger
from engine.shops import day, leaving_shop, shop_of, shop_without_a_pattern

MODEL = BgNbd(0.24, 31.0, 0.79, 2.4)


def test_equal_histories_are_counted_once() -> None:
	purchases = Purchases.of(np.array([1, 1, 0]), np.array([5.0, 5.0, 0.0]), np.array([9.0, 9.0, 9.0]))
	assert purchases.counts.tolist() == [1, 2]


def test_too_few_repeat_buyers_are_refused() -> None:
	few = Purchases.of(np.array([0] * 50 + [1] * 9), np.array([0.0] * 50 + [3.0] * 9), np.full(59, 20.0))
	with pytest.raises(NotFitted, match="Only 9 customers came back; 10 are needed"):
		BgNbd.fit(few)


def test_customers_who_never_leave_are_refused_and_the_nbd_stands_for_it() -> None:
	facts = shop_without_a_pattern(200, 400)
	history = History.of(Ledger.build(facts, day(400)))
	forecast = fit_forecast(facts, day(400))
	assert forecast.purchases_refused or forecast.guessed
	x, t_x, age = model_of(history)
	assert np.all(forecast.model.alive(x, t_x, age) == 1)


def test_a_shop_that_leaves_gives_its_parameters_back() -> None:
	history = History.of(Ledger.build(leaving_shop(3000, 1500), day(1500)))
	model, refused = BgNbd.fit_either(Purchases.of(*model_of(history)))
	assert refused is None
	assert model.a / (model.a + model.b) == pytest.approx(1 / 6, abs=0.03)
	assert model.r / model.alpha == pytest.approx(1 / 30, rel=0.25)


@pytest.mark.parametrize(
	"began", [BgNbd(1.0, 30.0, 1.0, 5.0), BgNbd(0.6, 50.0, 0.0, 1.0)], ids=["near", "nbd"]
)
def test_less_care_foresees_the_same_to_a_hundredth(began: BgNbd) -> None:
	history = History.of(Ledger.build(leaving_shop(500, 900), day(900)))
	purchases, of = Purchases.of(*model_of(history)), model_of(history)
	exact, near = BgNbd.fit(purchases), BgNbd.fit(purchases, began, NEAR)
	assert near.log_likelihood <= exact.log_likelihood + 1e-9
	assert near.log_likelihood == pytest.approx(exact.log_likelihood, rel=1e-5)
	assert near.chance(*of, 90) == pytest.approx(exact.chance(*of, 90), rel=0.01)


def test_equal_amounts_and_too_few_are_refused() -> None:
	with pytest.raises(NotFitted, match="same amount"):
		GammaGamma.fit(np.full(20, 2), np.full(20, 50.0))
	with pytest.raises(NotFitted, match="Only 3"):
		GammaGamma.fit(np.full(3, 2), np.array([1.0, 2.0, 3.0]))


def test_an_amount_lies_between_his_own_and_everyones() -> None:
	model = GammaGamma(6.25, 3.74, 15.44)
	everyone = float(model.expected(np.array([0]), np.array([np.nan]))[0])
	assert everyone == pytest.approx(6.25 * 15.44 / 2.74)
	few, many = model.expected(np.array([1, 50]), np.array([100.0, 100.0]))
	assert everyone < few < many < 100


def test_hardly_any_customers_are_refused() -> None:
	with pytest.raises(NotFitted, match="Only 1 customers ever purchased"):
		fit_forecast(shop_of([("a", 0, 5.0)]), day(9))


@given(
	x=st.integers(0, 400),
	part=st.floats(0, 1),
	age=st.floats(0, 4000),
	horizon=st.floats(1, 1000),
	a=st.sampled_from([0.0, 0.2, 1.0, 3.0]),
	b=st.sampled_from([0.1, 0.8, 1.0, 5.0]),
)
def test_whatever_the_customer_the_model_gives_sense(
	x: int, part: float, age: float, horizon: float, a: float, b: float
) -> None:
	"""A probability is one, an expectation is finite, and a chance is never above the expectation."""
	model = BgNbd(0.5, 20.0, a, b)
	one = (np.array([x]), np.array([part * age if x else 0.0]), np.array([age]))
	alive, chance = float(model.alive(*one)[0]), float(model.chance(*one, horizon)[0])
	expected = float(model.expected(*one, horizon)[0])
	assert 0 <= alive <= 1 and 0 <= chance <= alive + 1e-12
	assert math.isfinite(expected) and expected >= chance * (1 - 1e-6) - 1e-6


def test_the_expected_purchases_are_those_of_a_walk_through_time() -> None:
	"""As summed up from many short steps: a purchase in each, if he is still there."""
	draw = np.random.default_rng(5)
	rates = draw.gamma(MODEL.r, 1 / MODEL.alpha, 200_000)
	leaves = draw.beta(MODEL.a, MODEL.b, 200_000)
	at, count, there = np.zeros(200_000), np.zeros(200_000), np.ones(200_000, dtype=bool)
	while there.any():
		at = at + draw.exponential(1 / np.maximum(rates, 1e-12))
		there &= at <= 300
		count += there
		there &= draw.random(200_000) > leaves
	new = (np.array([0]), np.array([0.0]), np.array([0.0]))
	assert float(MODEL.expected(*new, 300.0)[0]) == pytest.approx(count.mean(), rel=0.03)
