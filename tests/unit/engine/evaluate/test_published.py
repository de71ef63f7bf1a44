"""A year of real invoices against the published table: counts, amounts and days of every customer."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from customer_tiering import policies
from customer_tiering.engine import Evaluation, Facts, Policy, evaluate

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
INVOICES = DATA / "online_retail_2011_invoices.csv.gz"
PUBLISHED = DATA / "online_retail_2011_rfm_published.csv"
AS_OF = date(2011, 12, 11)

pytestmark = pytest.mark.skipif(
	not (INVOICES.exists() and PUBLISHED.exists()),
	reason=f"The Online Retail data is not here; this test reads it from {DATA}.",
)


@cache
def _facts() -> Facts:
	rows = pd.read_csv(INVOICES, dtype={"name": str, "customer": str}, parse_dates=["posting_date"])
	rows = rows[rows["customer"].notna()]  # anonymous sales belong to nobody
	names = {"name": "document", "base_net_total": "net_amount"}
	sales = rows.rename(columns=names).assign(company="Retail", is_return=rows["is_return"] == 1)
	return Facts(sales.drop(columns="territory"))


@cache
def _graded(name: str = "rfm") -> Evaluation:
	return evaluate(_facts(), Policy.from_dict(policies.load(name)), AS_OF)


@cache
def _published() -> pd.DataFrame:
	return pd.read_csv(PUBLISHED, dtype={"customer": str}).set_index("customer").sort_index()


def _purchasers() -> pd.DataFrame:
	scores = _graded().scores.set_index("customer")
	return scores[scores["purchases"] > 0]


def test_the_same_customers_purchased() -> None:
	assert _purchasers().index.tolist() == _published().index.tolist()
	assert len(_published()) == 4338


def test_every_customers_number_of_purchases_agrees() -> None:
	assert (_purchasers()["purchases"] == _published()["invoice_count"]).all()


def test_every_customers_amount_agrees_to_the_penny() -> None:
	assert ((_purchasers()["purchase_amount"] - _published()["revenue"]).abs() < 0.005).all()
	assert _purchasers()["purchase_amount"].sum() == pytest.approx(8_911_425.90, abs=0.01)


def test_every_customers_recency_agrees_by_date() -> None:
	# The published days are floored from the time of day of the last invoice: one less than by date.
	assert (_purchasers()["recency_days"] == _published()["recency_days"] + 1).all()


def test_who_only_returned_or_paid_nothing_is_graded_as_a_prospect() -> None:
	scores = _graded().scores
	others = scores[scores["purchases"] == 0]
	assert len(others) == scores["customer"].nunique() - 4338 > 0
	assert set(others["lifecycle_stage"]) == {"Prospect"} and others["tier"].isna().all()


def test_customers_with_equal_facts_have_equal_segments_and_scores() -> None:
	scores = _purchasers()
	facts = ["recency_days", "purchases", "revenue_365d", "invoice_count_365d"]
	assert scores.duplicated(facts).any()
	assert (scores.groupby(facts)["score"].nunique() == 1).all()
	rfm = scores.groupby(["recency_days", "purchases"])["rfm_segment"].nunique()
	assert (rfm == 1).all()


def test_frequency_one_is_exactly_who_bought_once() -> None:
	scores = _purchasers()
	assert ((scores["frequency_score"] == 1) == (scores["purchases"] == 1)).all()


@pytest.mark.parametrize("name", policies.names())
def test_one_customer_alone_equals_the_full_run(name: str) -> None:
	full = _graded(name)
	policy, sales = full.policy, _facts().sales
	for customer in full.scores["customer"].iloc[::400]:
		mine = Facts(sales[sales["customer"] == customer])
		alone = evaluate(mine, policy, AS_OF, cut_points=full.cut_points, forecast=full.forecast)
		row = full.scores[full.scores["customer"] == customer].reset_index(drop=True)
		pd.testing.assert_frame_equal(alone.scores, row, check_dtype=False, check_exact=True)
