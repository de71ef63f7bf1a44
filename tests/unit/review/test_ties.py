"""Every total of a review is that of every other one, of the documents, and of summary.json."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviews import AS_OF, POLICY, facts_of, review_of, tables

from customer_tiering.command.written.summary import summarise
from customer_tiering.engine import evaluate
from customer_tiering.review.review import Review, Then, look_back
from customer_tiering.review.tables import Table
from customer_tiering.review.told.everything import told
from customer_tiering.sources.documents import Selection

AMOUNTS = st.integers(-50_000, 100_000).filter(bool).map(lambda cents: cents / 100)
DOCUMENTS = st.lists(
	st.tuples(st.sampled_from(["Ada", "Ben", "Cid", "Dot", "Eve", "Fay"]), st.integers(0, 1000), AMOUNTS),
	min_size=1,
	max_size=40,
)
Rows = list[tuple[str, int, float]]
Tables = dict[str, Table]


@given(DOCUMENTS)
def test_every_total_ties_out(rows: Rows) -> None:
	review = review_of(rows)
	found = tables(review)
	_tiers_stages_and_segments_come_to_the_summary(review, found)
	_every_total_of_revenue_is_one(rows, found)
	_who_is_at_risk_are_two_stages(found)
	_moves_the_map_and_the_cohorts_count_everyone_once(rows, review, found)


def _tiers_stages_and_segments_come_to_the_summary(review: Review, found: Tables) -> None:
	summary = summarise(review.evaluation, Selection(review.facts, AS_OF, {}, len(review.facts.sales)))
	for name, column, kind in (
		("tiers", "tier", "tiers"),
		("stages", "stage", "stages"),
		("segments", "segment", "segments"),
	):
		table = found[name]
		for row in table.rows.itertuples():
			of_summary = [one for one in summary[kind] if (one["name"] or "") == getattr(row, column)]
			assert [row.customers] == [one["customers"] for one in of_summary]
			assert [row.ever] == pytest.approx([one["revenue"] for one in of_summary], abs=1e-6)
		assert table.total is not None
		for of in ("customers", "revenue", "ever", "invoices"):
			assert table.rows[of].sum() == pytest.approx(table.total[of], abs=1e-6), (name, of)
		assert table.total["customers"] == summary["customers"]
		assert table.total["ever"] == pytest.approx(summary["revenue"], abs=1e-6)


def _every_total_of_revenue_is_one(rows: Rows, found: Tables) -> None:
	whole = sum(amount for _customer, ago, amount in rows if ago < 365)
	people = len({customer for customer, _ago, _amount in rows})
	for name in ("tiers", "stages", "segments", "customers"):
		assert (found[name].total or {})["revenue"] == pytest.approx(whole, abs=1e-6), name
	if few := found.get("few"):
		assert few.rows["added"].sum() == pytest.approx(whole, abs=1e-6)
		assert few.rows["more"].sum() == people == (few.total or {})["more"]
	assert len(found["customers"].rows) == people
	data = found["data"]
	assert data.rows["rows"].sum() == len(rows) == (data.total or {})["rows"]
	assert data.rows["amount"].sum() == pytest.approx(sum(amount for *_who, amount in rows), abs=1e-6)


def _who_is_at_risk_are_two_stages(found: Tables) -> None:
	stages = found["stages"].rows.set_index("stage")
	slipping = stages.loc[["At Risk", "Declining"]]
	if "risk" not in found:
		assert not slipping["customers"].any()
		return
	risk = found["risk"]
	assert len(risk.rows) == slipping["customers"].sum()
	assert (risk.total or {})["revenue"] == pytest.approx(slipping["revenue"].sum(), abs=1e-6)
	assert (risk.rows["stake"] <= risk.rows["revenue"].clip(lower=0) + 0.01).all()


def _moves_the_map_and_the_cohorts_count_everyone_once(rows: Rows, review: Review, found: Tables) -> None:
	tiers = found["tiers"].rows.set_index("label")["customers"]
	for place, (then, moved) in enumerate(review.moves, start=1):
		table = found[f"moves{place}"]
		cells = table.rows[[column.name for column in table.columns[1:-1]]]
		assert cells.to_numpy().sum() == len(review.people)
		assert (cells.sum(axis=1) == table.rows["total"]).all()
		for column in table.columns[1:-1]:
			assert cells[column.name].sum() == (table.total or {})[column.name] == tiers[column.heading]
		known = {
			customer
			for customer, ago, _amount in rows
			if pd.Timestamp(AS_OF) - pd.Timedelta(ago, "D") <= pd.Timestamp(then)
		}
		assert set(moved["customer"][moved["was"] != "\n"]) == known
	bought = int(review.people["first"].notna().sum())
	assert (found["map"].total or {})["total"] == bought
	cohorts = review.cohorts
	older = (review.people["first"] < pd.Timestamp("2022-07-01")).sum()
	assert len(cohorts.members) == bought - older
	if len(cohorts.members):
		assert cohorts.sizes.sum() == len(cohorts.members)
		assert (np.nan_to_num(cohorts.kept) <= cohorts.sizes[:, None]).all()


@given(DOCUMENTS)
def test_what_came_later_changes_no_earlier_day(rows: Rows) -> None:
	for then in look_back(facts_of(rows), POLICY, AS_OF):
		day = pd.Timestamp(then.as_of)
		before = [row for row in rows if pd.Timestamp(AS_OF) - pd.Timedelta(row[1], "D") <= day]
		alone = evaluate(facts_of(before), POLICY, then.as_of).scores
		both = then.scores[then.scores["customer"].isin(alone["customer"])].reset_index(drop=True)
		assert both["tier"].astype(object).equals(alone["tier"].astype(object))
		assert both["lifecycle_stage"].equals(alone["lifecycle_stage"])


def test_a_tier_that_is_no_more_has_a_row_and_is_neither_up_nor_down() -> None:
	review = review_of([("Ada", 800, 900.0), ("Ada", 3, 900.0), ("Ben", 700, 5.0), ("Ben", 2, 5.0)])
	then = review.past[-1]
	former = Then(then.as_of, then.scores.assign(tier=["Diamond", "Bronze"]))
	found = tables(replace(review, past=[former]))["moves1"]
	assert found.rows[["state", "total"]].to_numpy().tolist() == [
		["Gold", 0], ["Silver", 0], ["Bronze", 1], ["Diamond", 1],
	]  # fmt: skip
	said = next(one for one in told(replace(review, past=[former])).sections if one.name == "moves").says
	assert (
		said[1] == "Since 30 June 2023: 0 rose, 0 fell, 1 stayed; 0 got their first tier, and 0 lost theirs."
	)


def test_a_customer_who_came_later_was_not_known_and_one_without_a_tier_was() -> None:
	rows = [
		("Ada", 800, 900.0),
		("Ada", 500, 900.0),
		("Ben", 20, 500.0),
		("Cid", 700, -5.0),
		("Cid", 3, 50.0),
	]
	review = review_of(rows)
	was = review.moves[-1][1].set_index("customer")["was"].to_dict()
	assert was == {"Ada": "Gold", "Ben": "\n", "Cid": ""}
	first = tables(review)["moves1"]
	assert first.rows["state"].tolist() == ["Gold", "Silver", "Bronze", "Unrated", "No Documents Yet"]
