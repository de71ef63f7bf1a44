"""What is kept of a month: sums of any size that a ledger can hold."""

from __future__ import annotations

import frappe
import pytest

from benchmarks.generate import insert
from customer_tiering.site.grading import drains, full_runs, state
from customer_tiering.site.past import snapshots
from customer_tiering.site.publishing import draft, versions
from customer_tiering.site.withstanding import health
from tests.site.helpers.reports import COMPANY
from tests.site.helpers.selling import ago, graded, make_customer

#: Just below what a column of the host's holds.
MOST = 999_999_999_999.99
COUNT = 1_200
FIELDS = (
	"name", "creation", "modified", "docstatus", "customer", "company", "posting_date", "base_net_total",
	"currency", "conversion_rate", "status", "is_opening",
)  # fmt: skip


@pytest.fixture
def rupiah() -> str:
	"""A customer whose year comes to more than 10^15."""
	name = make_customer("Toko Besar")
	rows = [
		(f"BIG-{n:04}", f"{ago(3)} 10:00:00", f"{ago(3)} 10:00:00", 1, name, COMPANY, ago(3), MOST,
		"USD", 1, "Paid", "No") for n in range(COUNT)
	]  # fmt: skip
	insert("Sales Invoice", FIELDS, iter(rows))
	frappe.db.commit()
	return name


def test_sums_beyond_ten_to_the_fifteenth_are_graded_and_kept(rupiah: str) -> None:
	whole = 1_199_999_999_999_988.0
	assert full_runs.nightly() == 1
	assert graded(rupiah)["purchase_amount"] == whole
	assert not health.status()["skipped_count"]
	kept = snapshots.read_snapshots(state.today(), state.today())
	assert kept["revenue"].tolist() == [whole]
	assert full_runs.nightly() == 0, "what is stored is what was worked out"
	assert drains.drain() == 0


def test_a_rule_may_ask_for_such_a_sum(rupiah: str) -> None:
	rule = frappe.new_doc("Tier Rule")
	rule.update(
		{
			"rule_name": "Very large", "rule_type": "Floor", "metric": "Revenue", "window": "All Time",
			"condition": ">=", "value": 1.1e15, "tier": draft.to_policy().tiers[-1].name, "position": 9,
		}
	)  # fmt: skip
	rule.insert()
	versions.publish("a floor")
	full_runs.nightly()
	assert graded(rupiah)["tier"] == draft.to_policy().tiers[-1].name
	rule.db_set("value", 1.3e15)
	versions.publish("a higher floor")
	full_runs.nightly()
	assert not state.published().policy.rules[-1].value == 1.1e15
