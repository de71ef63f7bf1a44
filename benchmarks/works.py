"""The pieces of work, each measured beside what it is compared with. Runs in the bench's own Python.

Each function takes the options of the run and gives JSON data; times are seconds, one per repetition.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import frappe

from benchmarks import generate
from benchmarks.reporting import reports, scan, stream  # noqa: F401 reports is a piece of work like these
from benchmarks.trade import Trade
from customer_tiering.site.grading import customer_scores

Work = Callable[..., dict[str, Any]]
#: What a full run reads, as anybody would select it: invoices, customers, and what is held of them.
COLUMNS = "customer, name, company, posting_date, base_net_total, is_return, return_against, is_debit_note"
CUSTOMERS = "name, customer_group, territory, customer_type, disabled, is_internal_customer"
FEWEST = "customer, posting_date, base_net_total, is_return"
#: Has the database read invoices as it would without the app.
PLAIN = "ignore index (customer_tiering_sales_invoice)"
_WARM_UP = 10


def timed(work: Callable[[], Any]) -> float:
	"""Seconds of wall clock that some work takes."""
	began = time.perf_counter()
	work()
	return time.perf_counter() - began


def fill(customers: int, invoices: int, items: bool = False) -> dict[str, Any]:
	"""Fill the site."""
	trade = Trade(customers, invoices, date.today())
	return {"seconds": timed(lambda: generate.fill(trade, items))}


def nightly(repeat: int) -> dict[str, Any]:
	"""A full run that changes nothing, beside plain scans: of all it reads, of the invoices, of the least."""
	from customer_tiering.site.grading import full_runs

	full_runs.nightly()
	scans = {**_SCANS, "smallest": lambda: stream(_of_invoices(FEWEST))}
	taken: dict[str, list[float]] = {"run": [], **{name: [] for name in scans}}
	for _time in range(repeat):
		taken["run"].append(timed(_changes_nothing))
		for name, read in scans.items():
			taken[name].append(timed(read))
	return taken


def first(repeat: int) -> dict[str, Any]:
	"""A full run that writes everyone, beside plain scans."""
	from customer_tiering.site.grading import full_runs

	taken: dict[str, list[float]] = {"run": [], **{name: [] for name in _SCANS}}
	for _time in range(repeat):
		ungrade()
		for name, read in _SCANS.items():
			taken[name].append(timed(read))
		taken["run"].append(timed(full_runs.nightly))
	return taken


def grouped() -> dict[str, Any]:
	"""A full run that changes nothing, beside the obvious way: GROUP BY customer, with our index or not."""
	from customer_tiering.site.grading import full_runs

	full_runs.nightly()
	query = (
		"select customer, sum(base_net_total), count(*), min(posting_date), max(posting_date), sum(is_return)"
		" from `tabSales Invoice` {} where docstatus = 1 group by customer"
	)
	before = timed(_changes_nothing)
	obvious = timed(lambda: frappe.db.sql(query.format(PLAIN)))
	indexed = timed(lambda: frappe.db.sql(query.format("")))
	return {"run": [before, timed(_changes_nothing)], "group_by": [obvious], "group_by_indexed": [indexed]}


def drain_one(repeat: int) -> dict[str, Any]:
	"""Drains of one customer with a new invoice each, in a warm process, and the queries of one."""
	from customer_tiering.site.grading import drains, full_runs

	_no_small_site()
	full_runs.nightly()
	customers = _some_customers(repeat + _WARM_UP)
	taken = [_drain_of([customer]) for customer in customers]
	_trade_with(customers[:1])
	with counted() as queries:
		drains.drain()
	return {"run": taken[_WARM_UP:], "queries": len(queries)}


def drain_many(many: int) -> dict[str, Any]:
	"""One drain of many changed customers, beside a drain for each of as many others."""
	from customer_tiering.site.grading import full_runs

	_no_small_site()
	full_runs.nightly()
	customers = _some_customers(2 * many + _WARM_UP)
	for customer in customers[:_WARM_UP]:
		_drain_of([customer])
	together, apart = customers[_WARM_UP : many + _WARM_UP], customers[many + _WARM_UP :]
	return {"together": [_drain_of(together)], "apart": [sum(_drain_of([customer]) for customer in apart)]}


def submit(pairs: int) -> dict[str, Any]:
	"""Submitting a Sales Invoice and committing, with the app's hooks and without, in turn."""
	customer = _some_customers(1)[0]
	taken: dict[str, list[float]] = {"with": [], "without": []}
	with_app = frappe.get_doc_hooks()
	without_app = {
		doctype: {event: [*filter(_is_the_hosts, paths)] for event, paths in events.items()}
		for doctype, events in with_app.items()
	}
	for number in range(pairs + _WARM_UP):
		order = (("with", with_app), ("without", without_app))
		for name, hooks in order if number % 2 else order[::-1]:
			frappe.local.doc_events_hooks = with_app
			doc = _draft_invoice(customer)
			frappe.db.commit()
			frappe.local.doc_events_hooks = hooks
			taken[name].append(timed(lambda doc=doc: (doc.submit(), frappe.db.commit())))
	return {name: times[_WARM_UP:] for name, times in taken.items()}


def queries() -> dict[str, Any]:
	"""Queries of the Customer list with the badge's fields and without, and of the form's one request."""
	from customer_tiering import api

	shown = ["name", "customer_name", "customer_group"]
	badge = [*shown, "customer_tier", "tier_score", "tier_revenue", "lifecycle_stage", "rfm_segment"]
	found: dict[str, Any] = {}
	for name, fields, rows in (("without", shown, 20), ("with", badge, 20), ("with_100_rows", badge, 100)):
		frappe.get_list("Customer", fields=fields, limit=rows, order_by="name asc")
		with counted() as made:
			frappe.get_list("Customer", fields=fields, limit=rows, order_by="name asc")
		found[f"list_{name}"] = len(made)
	customer = _some_customers(1)[0]
	api.get_grade(customer)
	with counted() as made:
		api.get_grade(customer)
	return found | {"form_requests": 1, "form_queries": len(made)}


def memory() -> dict[str, Any]:
	"""Most memory that this process had, before a full run and after it."""
	from customer_tiering.site.grading import full_runs

	before = _peak()
	ungrade()
	full_runs.nightly()
	first_run = _peak()
	full_runs.nightly()
	return {"before": before, "first": first_run, "again": _peak()}


def workers(repeat: int, bench_python: str = sys.executable) -> dict[str, Any]:
	"""A first full run as a job, with one worker and with two, in turn."""
	taken: dict[str, list[float]] = {"one": [], "two": []}
	for _time in range(repeat):
		for name, count in (("one", 1), ("two", 2)):
			ungrade()
			taken[name].append(_by_workers(count, bench_python))
	return taken


def versions() -> dict[str, Any]:
	"""What it all ran on."""
	import numpy
	import pandas

	database = frappe.db.sql("select version(), @@innodb_buffer_pool_size")[0]
	return {
		"python": sys.version.split()[0],
		"frappe": frappe.__version__,
		"erpnext": frappe.get_attr("erpnext.__version__"),
		"pandas": pandas.__version__,
		"numpy": numpy.__version__,
		"mariadb": database[0],
		"buffer pool": f"{database[1] // 2**20} MB",
		"driver": type(frappe.db._conn).__module__.split(".")[0],
	}


# -- helpers ----------------------------------------------------------------------------------------


def ungrade() -> None:
	"""As if nobody had been graded."""
	from customer_tiering.names import GRADE_FIELDS, GRADE_NUMBERS

	for doctype in ("Customer Score", "Tier Change", "Rescore Request"):
		frappe.db.truncate(doctype)
	unset = ", ".join(f"`{field}` = {'0' if field in GRADE_NUMBERS else 'null'}" for field in GRADE_FIELDS)
	frappe.db.sql(f"update `tabCustomer` set {unset}")
	frappe.db.commit()


@contextmanager
def counted() -> Iterator[list[str]]:
	"""The statements that are sent to the database meanwhile."""
	sent: list[str] = []
	plain = frappe.db.sql

	def sql(query: Any, *args: Any, **kwargs: Any) -> Any:
		sent.append(str(query))
		return plain(query, *args, **kwargs)

	frappe.db.sql = sql
	try:
		yield sent
	finally:
		del frappe.db.sql


def _all_that_is_read(how: str = "") -> list[str]:
	scores = f"select {', '.join(customer_scores.FIELDS)} from `tabCustomer Score`"
	return [_of_invoices(COLUMNS, how), f"select {CUSTOMERS} from `tabCustomer`", scores]


def _of_invoices(columns: str, how: str = "") -> str:
	"""All invoices that count."""
	return (
		f"select {columns} from `tabSales Invoice` {how} where docstatus = 1 and is_consolidated = 0"
		" and is_opening != 'Yes' and is_internal_customer = 0"
	)


#: Of all that a full run reads: rows as lists, and rows that nobody keeps, with our index and without.
_SCANS: dict[str, Callable[[], Any]] = {
	"scan": lambda: [scan(query) for query in _all_that_is_read()],
	"stream": lambda: [stream(query) for query in _all_that_is_read()],
	"plain_stream": lambda: [stream(query) for query in _all_that_is_read(PLAIN)],
}


def _changes_nothing() -> None:
	from customer_tiering.site.grading import full_runs

	written = full_runs.nightly()
	if written:
		raise AssertionError(f"{written} customers were written; nothing should have changed.")


def _some_customers(count: int) -> list[str]:
	"""Customers from all over, the same ones each time."""
	names = frappe.get_all("Customer", pluck="name", order_by="name asc")
	step = max(len(names) // count, 1)
	return names[::step][:count]


def _drain_of(customers: list[str]) -> float:
	"""How long the drain takes of customers with a new invoice each."""
	from customer_tiering.site.grading import drains

	_trade_with(customers)
	return timed(drains.drain)


def _trade_with(customers: list[str]) -> None:
	"""Give each a new invoice and a request, as a submit would."""
	from customer_tiering.site.grading import outbox

	stamp, company = frappe.utils.now(), frappe.defaults.get_global_default("company")
	columns = (
		"name", "creation", "modified", "docstatus", "customer", "company", "posting_date", "base_net_total",
	)  # fmt: skip
	names = [f"new-{frappe.generate_hash(length=12)}" for _customer in customers]
	today = date.today()
	values = [
		(name, stamp, stamp, 1, customer, company, today, 9e5)
		for name, customer in zip(names, customers, strict=True)
	]
	generate.insert("Sales Invoice", columns, iter(values))
	for customer in customers:
		outbox._insert(customer, "Invoice", None, None)
	frappe.db.commit()


def _is_the_hosts(path: str) -> bool:
	return not path.startswith("customer_tiering.")


def _draft_invoice(customer: str) -> Any:
	return frappe.get_doc(
		{
			"doctype": "Sales Invoice",
			"customer": customer,
			"due_date": frappe.utils.add_days(frappe.utils.nowdate(), 30),
			"items": [{"item_code": "Service Hour", "qty": 1, "rate": 100}],
		}
	).insert()


def _no_small_site() -> None:
	frappe.db.set_single_value("Customer Tiering Settings", "small_site_customers", 0)
	frappe.db.commit()


def _peak() -> int:
	"""Megabytes."""
	return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _by_workers(count: int, python: str) -> float:
	"""Seconds from when the workers are ready until the run is recorded."""
	command = [python, "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", "long"]
	quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
	started = [subprocess.Popen(command, cwd=os.environ["SITES_PATH"], **quiet) for _worker in range(count)]
	try:
		time.sleep(15)  # they have loaded by then, and wait
		before = _last_run()
		began = time.perf_counter()
		frappe.enqueue("customer_tiering.jobs.nightly", queue="long")
		while _last_run() == before:
			time.sleep(0.1)
		return time.perf_counter() - began
	finally:
		for worker in started:
			worker.terminate()
			worker.wait(60)


def _last_run() -> Any:
	frappe.db.commit()
	return frappe.db.get_single_value("Customer Tiering Settings", "last_run_on", cache=False)


def main(name: str, options: str) -> None:
	"""Do one piece of work and print what it found as the last line."""
	frappe.init(os.environ["CUSTOMER_TIERING_SITE"], sites_path=os.environ["SITES_PATH"])
	frappe.connect()
	frappe.set_user("Administrator")
	work: Work = globals()[name]
	print(json.dumps(work(**json.loads(options))))


if __name__ == "__main__":
	main(*sys.argv[1:])
