"""What stands above a table in words: names in it are escaped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
from frappe.utils import escape_html, fmt_money, formatdate

from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.showing.tables import DECIMALS
from customer_tiering.wording.labels import policy_label
from customer_tiering.wording.texts import _


def money(amount: float, seen: Seen[Any]) -> str:
	"""An amount in the reporting currency."""
	return fmt_money(round(amount, DECIMALS) + 0.0, currency=seen.currency)


def span(first: date, last: date) -> str:
	"""A period."""
	return _("{0} – {1}").format(formatdate(first), formatdate(last))


def whose(seen: Seen[Any], shown: Callable[[object], str] | None = None) -> list[str]:
	"""Whose figures these are, where the reader may not see all companies that grading counts.

	``shown`` makes a text of a name; by default it is bold, and markup.
	"""
	if not seen.limited_to:
		return []
	text = _("Tiers, scores and stages are of all companies together; amounts and dates are of {0} alone.")
	return [text.format(", ".join(map(shown or bold, seen.limited_to)))]


def bold(value: object) -> str:
	"""Something that a sentence is about, escaped."""
	return f"<strong>{escape_html(str(value))}</strong>"


def nobody() -> str:
	"""What is told where no customer is chosen."""
	return _("No customer matches these filters. Remove a filter, or add customers.")


def no_tier_yet() -> str:
	"""What is told where nobody has been graded."""
	return _(
		"None of these customers has a tier yet. Customers are graded in the background, once they have purchased."  # noqa: E501 a sentence is translated whole
	)


def below_zero(rows: pd.DataFrame) -> list[str]:
	"""How to read an average below zero and a change of more than all, where there are such."""
	lowest = {name: rows[name].min() for name in ("average", "change") if name in rows}
	found = []
	if lowest.get("average", 0) < 0:
		found.append(_("An average is below zero where more was returned in the period than sold."))
	if lowest.get("change", 0) < -100:
		found.append(_("A change is below −100% where more was returned in the period than sold."))
	return found


def by_published(seen: Seen[Any]) -> str:
	"""The policy in force, by name."""
	return bold(policy_label(seen.policy.name))
