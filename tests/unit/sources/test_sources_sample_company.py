"""The sample company: always the same, and with everything that a real ledger holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from customer_tiering import policies
from customer_tiering.engine import Policy, evaluate
from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.engine.stages import STAGES
from customer_tiering.sources import sample_company


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> sample_company.Books:
	path = tmp_path_factory.mktemp("company") / "company.sqlite"
	sample_company.write_company(path, sample_company.invent())
	return sample_company.read_books(path)


@pytest.fixture(scope="module")
def policy() -> Policy:
	return Policy.from_dict(policies.load("rfm"))


def test_inventing_it_twice_gives_the_same_company(books: sample_company.Books, tmp_path: Path) -> None:
	"""Down to every document."""
	sample_company.write_company(tmp_path / "again.sqlite", sample_company.invent())
	pd.testing.assert_frame_equal(
		books.documents, sample_company.read_books(tmp_path / "again.sqlite").documents
	)


def test_it_has_a_few_hundred_customers_and_several_thousand_documents(books: sample_company.Books) -> None:
	"""Each document with its own name, none after the as-of date."""
	assert 300 < len(books.customers) < 500
	assert 5_000 < len(books.documents) < 12_000
	assert books.documents["document"].is_unique
	assert books.documents["posting_date"].max() <= pd.Timestamp(sample_company.AS_OF)


def test_returns_are_full_and_partial_linked_and_unlinked(books: sample_company.Books) -> None:
	"""A linked one names a document of the same customer, no later than itself."""
	documents = books.documents
	returns = documents[documents["is_return"]]
	linked = returns[returns["return_against"].notna()]
	both = linked.merge(documents, left_on="return_against", right_on="document", suffixes=("", "_sold"))
	assert len(both) == len(linked)
	assert (both["customer"] == both["customer_sold"]).all()
	assert (both["posting_date"] >= both["posting_date_sold"]).all()
	full = both["net_amount"] + both["net_amount_sold"] == 0
	assert full.any() and not full.all()
	assert 0 < len(linked) < len(returns)


def test_it_holds_what_is_left_out(books: sample_company.Books, policy: Policy) -> None:
	"""Drafts, cancelled documents, opening entries and sales to a branch of its own."""
	selection = books.select(policy, sample_company.AS_OF)
	assert set(selection.left_out) == {"draft", "cancelled", "opening", "internal"}
	assert (books.documents["is_debit_note"]).any()


def test_every_stage_and_almost_every_segment_occurs(books: sample_company.Books, policy: Policy) -> None:
	"""So that whoever looks at it sees what there is to see."""
	scores = evaluate(books.select(policy, sample_company.AS_OF).facts, policy, sample_company.AS_OF).scores
	assert set(scores["lifecycle_stage"]) == set(STAGES)
	assert len(set(scores["rfm_segment"].dropna())) >= len(SEGMENTS) - 1


def test_an_earlier_day_knows_neither_later_customers_nor_later_documents(
	books: sample_company.Books, policy: Policy
) -> None:
	"""As if it were that day."""
	day = sample_company.AS_OF - timedelta(90)
	facts = books.select(policy, day).facts
	assert facts.sales["posting_date"].max() <= pd.Timestamp(day)
	assert len(facts.index) < len(books.customers)
	assert set(facts.index) <= set(books.customers["customer"])
