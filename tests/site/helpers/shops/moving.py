"""A small company whose customers moved: its log and figures were worked out by hand."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from tests.site.helpers.reports import hold, once, sell
from tests.site.helpers.selling import ago, make_customer

#: The closes that are compared: the last ninety days.
THEN, NOW = 90, 0
#: Per customer, the changes: days ago, tier, stage, cause; the first one is the first grade. None: unrated.
LOG: dict[str, list[tuple[int, str | None, str, str]]] = {
	"Ada": [(200, "Gold", "New", "First Grade"), (30, "Platinum", "Active", "Invoice")],
	# what happened on the first day is over at its close
	"Bob": [(200, "Platinum", "Loyal", "First Grade"), (90, "Gold", "Loyal", "Time"),
		(10, "Silver", "At Risk", "Time")],
	# a change of stage is none of tier
	"Cy": [(200, "Silver", "New", "First Grade"), (20, "Silver", "Active", "Time")],
	"Dee": [(200, None, "Prospect", "First Grade"), (40, "Bronze", "New", "Invoice"),
		(30, "Silver", "New", "Population")],
	# no longer in the policy
	"Eve": [(200, "Old", "Lost", "First Grade"), (60, "Gold", "Won Back", "Policy")],
	"Fay": [(200, None, "Prospect", "First Grade")],
	"Gus": [(50, "Gold", "New", "First Grade")],
	"Hal": [],
	"Ida": [(200, "Bronze", "Active", "First Grade"), (15, None, "Prospect", "Customer")],
	"Jo": [(20, None, "Prospect", "First Grade")],
	# there and back
	"Kit": [(200, "Gold", "Active", "First Grade"), (60, "Silver", "Declining", "Time"),
		(30, "Gold", "Active", "Override")],
}  # fmt: skip
SALES = {
	"Ada": [(5, 1000), (50, 500), (90, 800)],  # the last one before the period
	"Bob": [(10, 300)],
	"Cy": [(89, 700)],
	"Dee": [(40, 100)],
	"Gus": [(50, 50)],
}


@pytest.fixture
def moved() -> None:
	"""Eleven customers who went every way that there is."""
	once("moved", _make_moved)


def _make_moved() -> None:
	documents = {}
	for name in LOG:
		make_customer(name)
		documents[name] = sell(name, *SALES.get(name, []))
	for name, changes in LOG.items():
		write_log(name, changes, documents[name][0].name if documents[name] else None)
		if changes:
			hold(name, changes[-1][1], changes[-1][2])


def write_log(
	customer: str, changes: list[tuple[int, str | None, str, str]], document: str | None = None
) -> None:
	"""Log changes as grading does; an invoice is what brought about those that an invoice did."""
	tier, stage = None, None
	for number, (days, to_tier, to_stage, cause) in enumerate(changes):
		behind: dict[str, Any] = {
			"Invoice": {"reference_doctype": "Sales Invoice", "reference_name": document},
			"Override": {"reference_doctype": "Customer Score", "reference_name": "abc123"},
		}.get(cause, {})
		values = {"from_tier": tier, "to_tier": to_tier, "from_stage": stage, "to_stage": to_stage, **behind}
		written = {"name": f"{customer}-{number}", "creation": f"{ago(days)} 12:00:00.{number:06}"}
		frappe.get_doc(
			{
				"doctype": "Tier Change", "customer": customer, "as_of": ago(days), "cause": cause,
				"score": 10 * number + 5, **values, **written,
			}
		).db_insert()  # fmt: skip
		tier, stage = to_tier, to_stage
