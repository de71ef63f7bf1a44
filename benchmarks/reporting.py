"""Each report with the filters that it opens with, beside plain scans of the columns that it needs.

A scan gives all rows to Python, as lists, as ``frappe.db.sql`` does. The same is measured with rows that are
thrown away as they come, which is the least that reading can take and keeps nothing to count with.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import frappe

from customer_tiering.setup.reports import ANSWERS, module_of

_INVOICE = "customer, name, company, posting_date, base_net_total, is_return, return_against"
_CUSTOMERS = (
	"select name, customer_name, customer_tier, tier_score, lifecycle_stage, rfm_segment, customer_group,"
	" territory, disabled, account_manager from `tabCustomer`"
)
_COSTS = (
	"select l.parent, l.item_code, l.stock_qty, l.incoming_rate, l.dn_detail from `tabSales Invoice Item` l"
	" join `tabSales Invoice` s on s.name = l.parent"
	" where s.docstatus = 1 and s.posting_date between %(since)s and %(until)s"
)
_REGISTER = (
	"select customer, company, posting_date, base_net_total from `tabSales Invoice`"
	" where docstatus = 1 and posting_date between %(since)s and %(until)s"
)
_LOG = "select customer, from_tier, to_tier, from_stage, to_stage, as_of, creation from `tabTier Change`"
_TEAM = "select parent, sales_person from `tabSales Team`"


def _sales(since: str) -> str:
	return (
		f"select {_INVOICE} from `tabSales Invoice`"
		f" where docstatus = 1 and posting_date between {since} and %(until)s"
	)


_PERIOD, _BEFORE, _ALL = _sales("%(since)s"), _sales("%(before)s"), _sales("'1900-01-01'")


def _scores(*columns: str) -> str:
	return f"select customer, {', '.join(columns)} from `tabCustomer Score`"


_RFM = _scores("recency_score", "frequency_score", "monetary_score", "rfm_segment", "last_purchase")
_CONTACTS = "select name, mobile_no, email_id from `tabCustomer`"
#: What a report cannot do without, and the days of its period, unless it says otherwise.
NEEDED: tuple[int, tuple[str, ...]] = (365, (_CUSTOMERS, _PERIOD))
NEEDS: dict[str, tuple[int, tuple[str, ...]]] = {
	"Tier Performance": (365, (_CUSTOMERS, _BEFORE, _COSTS)),
	"Tier Tie-out": (365, (_CUSTOMERS, _PERIOD, _REGISTER)),
	"Tier Movement": (90, (_CUSTOMERS, _LOG, _PERIOD)),
	"RFM Segments": (365, (_CUSTOMERS, _RFM)),
	"Lifecycle Pipeline": (365, (_CUSTOMERS, _LOG, _PERIOD)),
	"Customers at Risk": (
		365,
		(_CUSTOMERS, _CONTACTS, _scores("falls_on", "falls_to", "chance_to_buy"), _ALL, _TEAM),
	),
	"Cohort Retention": (365, (_CUSTOMERS, _scores("first_purchase"), _PERIOD)),
	"Tier Potential": (
		365,
		(_CUSTOMERS, _PERIOD, _ALL, _scores("tier", "earned_tier", "climbing", "falls_on"), _TEAM),
	),
	"Sales Person by Tier": (365, (_CUSTOMERS, _LOG, _PERIOD, _TEAM)),
	"Rule Quality": (90, (_CUSTOMERS, _ALL)),
	"Policy Back-test": (90, (_CUSTOMERS, _ALL)),
}


def reports(repeat: int) -> dict[str, Any]:
	"""Seconds of each report and of its scans, in turn; rows that it gave, and statements that it sent."""
	return {name: _report(name, *NEEDS.get(name, NEEDED), repeat) for name in ANSWERS}


def _report(name: str, days: int, scans: tuple[str, ...], repeat: int) -> dict[str, Any]:
	folder = module_of(name)
	execute = frappe.get_attr(f"customer_tiering.customer_tiering.report.{folder}.{folder}.execute")
	until = date.today()
	since = until - timedelta(days=days - 1)
	values = {"since": since, "until": until, "before": since - timedelta(days=days)}
	filters = {"from_date": str(since), "to_date": str(until)}
	taken: dict[str, Any] = {"run": [], "scan": [], "stream": [], "rows": len(execute(filters)[1])}
	for _time in range(repeat):
		taken["scan"].append(_timed(lambda: [scan(query, values) for query in scans]))
		taken["run"].append(_timed(lambda: execute(filters)))
		taken["stream"].append(_timed(lambda: [stream(query, values) for query in scans]))
	return taken


def scan(query: str, values: dict[str, date] | tuple[()] = ()) -> list[list[Any]]:
	"""All rows, as Python lists."""
	return frappe.db.sql(query, values, as_list=True)


def stream(query: str, values: dict[str, date] | tuple[()] = ()) -> int:
	"""All rows, none of them kept; gives how many."""
	with frappe.db.unbuffered_cursor():
		return sum(1 for _row in frappe.db.sql(query, values, as_list=True, as_iterator=True))


def _timed(work: Callable[[], Any]) -> float:
	began = time.perf_counter()
	work()
	return time.perf_counter() - began
