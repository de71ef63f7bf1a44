"""What a review says: of every ready-made policy, in both languages, and of nearly nothing."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import pytest
from reviews import POLICY, review_of, tables

from customer_tiering import policies
from customer_tiering.engine import Policy
from customer_tiering.review.figures.months import months_before
from customer_tiering.review.review import Review
from customer_tiering.review.told.everything import told
from customer_tiering.review.told.policy.section import policy as policy_section
from customer_tiering.wording.languages import CODES, OfTheCommand
from customer_tiering.wording.texts import speaking

SHOP = [
	*(("Ada", ago, 120.0) for ago in range(0, 900, 30)),
	*(("Ben", ago, 80.0) for ago in range(100, 900, 20)),
	("Cid", 10, 400.0),
	("Dot", 700, 5.0),
	("Eve", 40, -5.0),
]
#: A word of English that is no name: a customer's, a file's, a code.
ENGLISH = re.compile(
	r"\b(?!Ada|Ben|Cid|Dot|Eve|RFM|AUC|sales|csv|xlsx|Acme|Plain|Gold|Silver|Bronze|AA|ABC|VIP|R\d|F\d)[A-Za-z]{2,}"
)


@cache
def reviewed(name: str) -> Review:
	return review_of(SHOP, Policy.from_dict(policies.load(name)))


def everything_said(review: Review) -> list[str]:
	"""Every sentence, heading and cell of texts."""
	found = told(review)
	said = [found.title, *found.headline]
	for section in found.sections:
		said += [section.title, section.do, *section.says]
		for table in section.tables:
			said += [table.title, table.rest, *(column.heading for column in table.columns)]
			for column in table.columns:
				if column.kind in ("text", "sentence"):
					said += table.rows[column.name].dropna().astype(str).tolist()
	return [text for text in said if text]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", policies.names())
def test_every_ready_made_policy_is_told(name: str, code: str) -> None:
	with speaking(OfTheCommand(code)):
		said = everything_said(reviewed(name))
	assert not [text for text in said if re.search(r"\{\d?\}|\bnan\b|\bNone$|NaT", text)]
	if code == "zh":
		assert not [text for text in said if ENGLISH.search(text)]


def test_a_policy_in_plain_words() -> None:
	rules = [
		{"name": "Amount", "metric": "Revenue", "method": "Bands", "weight": 3,
		 "bands": [{"at_least": 100, "points": 1}, {"at_least": 1000, "points": 100}]},
		{"name": "Line", "metric": "Recency", "method": "Linear", "zero_at": 365, "full_at": 0, "weight": 1,
		 "points_if_missing": 5},
		{"name": "Few", "type": "Cap", "metric": "Invoice Count", "condition": "<=", "value": 2,
		 "tier": "Silver", "window": "All Time"},
	]  # fmt: skip
	data = {**POLICY.to_dict(), "rules": rules, "margin": 2.5, "reviewed": "Monthly"}
	section = policy_section(review_of(SHOP, Policy.from_dict(data)))
	found = {table.name: table.rows for table in section.tables}
	assert found["ladder"]["who"].tolist() == [
		"a score of 70 or more",
		"a score from 30 to below 70",
		"a score from 0 to below 30",
	]
	assert found["rules"][["looks", "how", "weight"]].to_numpy().tolist() == [
		["Revenue of the last 365 days", "1,000 or more: 100 points; 100 or more: 1 point", 75.0],
		[
			"Recency",
			"0 points at 365, 100 at 0, and in proportion between. 5 points where it is not known.",
			25.0,
		],
	]
	assert found["limits"][["when", "then"]].to_numpy().tolist() == [
		["Invoice Count of all time is 2 or less", "at most Silver"]
	]
	assert "Nobody falls while the score is less than 2.50 points too low." in section.says
	assert "Tiers are reviewed on the first day of each month; between, they stay." in section.says


def test_the_headline_says_what_the_tables_count() -> None:
	review = review_of(SHOP)
	first, top, moved, risk, *_near = told(review).headline
	revenue = 13 * 120 + 14 * 80 + 400 - 5
	assert first.startswith(
		f"5 customers, graded by Plain, brought {revenue:,} in the 365 days up to 30 June 2024"
	)
	assert top == "Gold: 2 customers (40.0% of all) brought 87.2% of it."
	assert moved.startswith("Since 30 June 2023, ")
	assert risk.startswith("At risk: 1 customer, with ")
	assert tables(review)["risk"].rows["why"].tolist() == [
		"silent for 100 days, usually orders every 20 days; 56 % less than in the 180 days before"
	]


def test_of_one_document_there_is_not_much_to_say() -> None:
	found = told(review_of([("Ada", 0, 5.0)]))
	says = {section.name: section.says for section in found.sections}
	assert says["moves"] == [
		"The documents begin on 30 June 2024. That is too late to look back: 90 days of documents are needed "
		"before the earlier day."
	]
	assert says["risk"] == ["None of these customers is at risk."]
	assert len(found.headline) == 2


def test_returns_alone_are_no_revenue() -> None:
	found = told(review_of([("Ada", 5, -5.0)]))
	says = {section.name: section.says for section in found.sections}
	assert says["few"] == ["No customer brought revenue above zero in these 365 days."]
	assert says["cohorts"] == ["Nobody made a first purchase in the last two years."]


@pytest.mark.parametrize(
	("day", "months", "before"),
	[
		(date(2025, 6, 30), 3, date(2025, 3, 31)),
		(date(2025, 2, 28), 12, date(2024, 2, 29)),
		(date(2025, 5, 30), 3, date(2025, 2, 28)),
		(date(2011, 12, 9), 12, date(2010, 12, 9)),
	],
)
def test_a_month_before_the_end_of_a_month_is_the_end_of_one(day: date, months: int, before: date) -> None:
	assert months_before(day, months) == before
