"""The most important in a few sentences, and in a few figures."""

from __future__ import annotations

from collections.abc import Iterator

from customer_tiering.review.figures import ladder
from customer_tiering.review.review import Review
from customer_tiering.review.section import Card
from customer_tiering.wording.figures import amount, customers, day, number, percent, signed
from customer_tiering.wording.labels import policy_label, tier_label
from customer_tiering.wording.texts import _


def title(review: Review) -> str:
	"""Whose customers, and as of when."""
	if review.company:
		return _("{0}: customers as of {1}").format(review.company, day(review.as_of))
	return _("Customers as of {0}").format(day(review.as_of))


def headline(review: Review) -> list[str]:
	"""What a manager should know first."""
	return [_revenue(review), *_top(review), *_moves(review), *_risk(review), *_near(review)]


def _revenue(review: Review) -> str:
	who, until = customers(len(review.people)), day(review.as_of)
	policy, revenue = policy_label(review.policy.name), ladder.whole(review.people["revenue"])
	change = _change(review)
	if not change:
		text = _("{0}, graded by {1}, brought {2} in the 365 days up to {3}.")
		return text.format(who, policy, amount(revenue), until)
	text = _("{0}, graded by {1}, brought {2} in the 365 days up to {3}, {4} against the 365 days before.")
	return text.format(who, policy, amount(revenue), until, change)


def _change(review: Review) -> str:
	"""Of the revenue of a year against the one before; empty where that is not known."""
	revenue, before = (ladder.whole(review.people[name]) for name in ("revenue", "year_before"))
	if not review.knows_year_before or before <= 0:
		return ""
	return f"{signed((revenue / before - 1) * 100, 1)}%"


def _top(review: Review) -> Iterator[str]:
	"""The highest tier in which anybody stands."""
	rows = ladder.summed(review.people, "tier", ladder.tiers_down(review.policy, review.people["tier"]))
	for row in rows[(rows["customers"] > 0) & (rows["tier"] != "")][:1].itertuples():
		if row.share > 0:
			text = _("{0}: {1} ({2} of all) brought {3} of it.")
			yield text.format(
				tier_label(row.tier), customers(row.customers), percent(row.customers_share),
				percent(row.share),
			)  # fmt: skip


def _moves(review: Review) -> Iterator[str]:
	for then, moved in review.moves[-1:]:
		rose, fell = int((moved["rungs"] > 0).sum()), int((moved["rungs"] < 0).sum())
		text = _("Since {0}, {1} rose to a higher tier and {2} fell to a lower one.")
		yield text.format(day(then), customers(rose), number(fell))


def _risk(review: Review) -> Iterator[str]:
	if len(review.risk):
		text = _("At risk: {0}, with {1} of revenue at stake.")
		yield text.format(customers(len(review.risk)), amount(ladder.whole(review.risk["stake"])))


def _near(review: Review) -> Iterator[str]:
	if len(review.near):
		text = _("One usual order away from a higher tier: {0}.")
		yield text.format(customers(len(review.near)))


def cards(review: Review) -> list[Card]:
	"""Customers, revenue, and whom to act on."""
	people = review.people
	change = _change(review)
	against = _("{0} against the 365 days before").format(change) if change else ""
	active = _("{0} bought within 365 days").format(number(int((people["invoices"] > 0).sum())))
	stake = _("{0} at stake").format(amount(ladder.whole(review.risk["stake"])))
	brought = _("they bring {0} a year").format(amount(ladder.whole(review.near["revenue"])))
	return [
		Card(_("Customers"), number(len(people)), active),
		Card(_("Revenue of 365 Days"), amount(ladder.whole(people["revenue"])), against),
		Card(_("Customers at Risk"), number(len(review.risk)), stake if len(review.risk) else ""),
		Card(_("One Order Away"), number(len(review.near)), brought if len(review.near) else ""),
	]
