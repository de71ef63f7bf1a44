"""The models of purchases and of their value against the tables that their authors published."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from customer_tiering.engine import Facts
from customer_tiering.engine.forecast import fit_forecast
from customer_tiering.engine.forecast.bg_nbd import BgNbd, Purchases
from customer_tiering.engine.forecast.gamma_gamma import GammaGamma
from customer_tiering.engine.ledger import Ledger

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
SAMPLE = DATA / "cdnow_sample.csv.gz"
CUT = pd.Timestamp("1997-09-30")

pytestmark = pytest.mark.skipif(
	not SAMPLE.exists(), reason=f"The CDNOW sample is not here; this test reads it from {DATA}."
)


@cache
def _rows() -> pd.DataFrame:
	return pd.read_csv(SAMPLE, dtype={"customer": str}, parse_dates=["posting_date"])


@cache
def _days() -> pd.DataFrame:
	"""What each customer bought on each day of the calibration, and the day of his first purchase."""
	rows = _rows()[_rows()["posting_date"] <= CUT]
	days = rows.groupby(["customer", "posting_date"], as_index=False)["amount"].sum()
	return days.assign(first=days.groupby("customer")["posting_date"].transform("min"))


@cache
def _fitted() -> BgNbd:
	by = _days().groupby("customer")["posting_date"]
	first, last, count = by.min(), by.max(), by.size()
	weeks = [((end - first).dt.days / 7).to_numpy() for end in (last, CUT)]
	return BgNbd.fit(Purchases.of(count.to_numpy() - 1, *weeks))


def test_the_parameters_of_bg_nbd_are_the_published_ones() -> None:
	model = _fitted()
	assert [round(value, 3) for value in (model.r, model.alpha, model.a, model.b)] == [
		0.243, 4.414, 0.793, 2.426,
	]  # fmt: skip
	assert round(model.log_likelihood, 1) == -9582.4


def test_the_expected_purchases_of_the_published_customer_agree() -> None:
	expected = _fitted().expected(np.array([2]), np.array([30.43]), np.array([38.86]), 39.0)
	assert round(float(expected[0]), 3) == 1.226


def test_the_parameters_of_gamma_gamma_are_the_published_ones() -> None:
	again = _days()[_days()["posting_date"] > _days()["first"]]
	amounts = again.groupby("customer")["amount"].agg(["size", "mean"])
	amounts = amounts[amounts["mean"] > 0]
	assert len(amounts) == 946
	model = GammaGamma.fit(amounts["size"].to_numpy(), amounts["mean"].to_numpy())
	assert [round(value, 2) for value in (model.p, model.q, model.v)] == [6.25, 3.74, 15.44]
	assert round(model.log_likelihood, 1) == -4055.9


def test_a_forecast_from_facts_finds_the_same_model() -> None:
	"""In days, where the published one is in weeks."""
	rows = _rows().rename(columns={"amount": "net_amount"}).drop(columns="quantity")
	facts = Facts(rows.assign(document=rows.index.astype(str), company="CDNOW", is_return=False))
	forecast = fit_forecast(facts, CUT.date(), 39 * 7)
	assert forecast.model.alpha / 7 == pytest.approx(4.414, rel=0.05)  # free purchases are none here
	assert forecast.model.r == pytest.approx(0.243, rel=0.05)
	found = forecast.of(Ledger.build(facts, date(1997, 9, 30)))
	assert found["expected_purchases"].sum() > 1000
