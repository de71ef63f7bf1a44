"""Clients that submit invoices over HTTP while customers are graded: does anyone wait, is anything lost?

	python -m benchmarks.load ~/frappe-bench-16 --minutes 10

makes a fresh site on the bench and drops it afterwards (or uses the one of ``CUSTOMER_TIERING_SITE``), serves
it on loopback with gunicorn, and has clients submit Sales Invoices in turns: with the app, while a real
worker drains and full runs follow each other; with the app and no worker; and without its hooks. It stops by
itself. In the end every invoice that was answered must be there, and each score what a full evaluation gives.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

if "CUSTOMER_TIERING_SITE" in os.environ:  # the measurement; else only its start, which needs no host
	import frappe
	import requests
	from frappe.core.doctype.user.user import generate_keys

	from customer_tiering import jobs
	from customer_tiering.engine import evaluate
	from customer_tiering.site.grading import customer_scores, state
	from customer_tiering.site.reading import site_facts
	from customer_tiering.site.withstanding.health import status
	from tests.bench import free_port, wait_for
	from tests.site.conftest import connect
	from tests.site.helpers.selling import make_customer

CHECKOUT = Path(__file__).resolve().parents[1]
RESULT = CHECKOUT / "benchmarks/results/load.md"
CLIENTS, CUSTOMERS, WORKERS = 8, 200, 4
BLOCK = 30  # seconds of one turn
MOST = 50_000  # invoices, whatever the time
NIGHTLY_EVERY = 15  # seconds
WITH, ALONE, WITHOUT = "with the app, grading", "with the app, nothing graded meanwhile", "without its hooks"
NAMES = {
	WITH: [f"Graded {number}" for number in range(CUSTOMERS)],
	ALONE: [f"Waiting {number}" for number in range(CUSTOMERS)],
	WITHOUT: [f"Other {number}" for number in range(CUSTOMERS)],
}


SOUND = """Nothing is lost: every invoice that was answered is there, no request is left, nothing failed, and
each customer's score is what a full evaluation gives."""


@dataclass
class Taken:
	"""What the clients saw in all turns of one kind; each kind sells to customers of its own."""

	customers: list[str]
	seconds: list[float] = field(default_factory=list)
	invoices: list[str] = field(default_factory=list)
	errors: list[str] = field(default_factory=list)
	elapsed: float = 0.0

	@property
	def row(self) -> str:
		cuts = statistics.quantiles(self.seconds, n=20)
		figures = (statistics.median(self.seconds), cuts[-1], max(self.seconds))
		times = " | ".join(f"{1000 * figure:.0f} ms" for figure in figures)
		return f"{len(self.seconds)} | {times} | {len(self.seconds) / self.elapsed:.1f} | {len(self.errors)}"


class Client(threading.Thread):
	"""Inserts and submits one invoice after another; the time of the submit is what counts."""

	def __init__(self, url: str, token: str, until: float, seed: int, taken: Taken):
		super().__init__()
		self.session = requests.Session()
		site = os.environ["CUSTOMER_TIERING_SITE"]
		self.session.headers.update({"Host": site, "Authorization": f"token {token}"})
		self.url, self.until, self.taken, self.random = url, until, taken, random.Random(seed)

	def run(self) -> None:
		while time.monotonic() < self.until and len(self.taken.invoices) < MOST:
			try:
				self._sell()
			except Exception as error:
				self.taken.errors.append(f"{type(error).__name__}: {str(error)[:300]}")

	def _sell(self) -> None:
		doc = {
			"doctype": "Sales Invoice",
			"customer": self.random.choice(self.taken.customers),
			"due_date": (date.today() + timedelta(days=30)).isoformat(),
			"items": [{"item_code": "Service Hour", "qty": 1, "rate": self.random.randrange(10, 5000)}],
		}
		made = self._post("frappe.client.insert", doc)
		began = time.monotonic()
		done = self._post("frappe.client.submit", made)
		self.taken.seconds.append(time.monotonic() - began)
		self.taken.invoices.append(done["name"])

	def _post(self, method: str, doc: dict[str, Any]) -> dict[str, Any]:
		url = f"{self.url}/api/method/{method}"
		answer = self.session.post(url, data={"doc": json.dumps(doc)}, timeout=120)
		if answer.status_code != 200:
			raise RuntimeError(f"{answer.status_code} {answer.text[-200:]}")
		return answer.json()["message"]


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[bytes]]:
	"""A program in the folder of sites, ended on leaving."""
	quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
	started = subprocess.Popen(command, cwd=os.environ["SITES_PATH"], **quiet)
	try:
		yield started
	finally:
		started.terminate()
		started.wait(60)


@contextmanager
def server(application: str) -> Iterator[str]:
	"""The site on loopback; gives its address."""
	port = free_port()
	command = ("-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", str(WORKERS), "-t", "120", application)
	with process(sys.executable, *command):
		wait_for(port, "gunicorn")
		yield f"http://127.0.0.1:{port}"


@contextmanager
def grading() -> Iterator[list[int]]:
	"""A worker that drains, and full runs that follow each other; gives a count of these."""
	runs: list[int] = []
	over = threading.Event()
	site, sites = os.environ["CUSTOMER_TIERING_SITE"], os.environ["SITES_PATH"]

	def ask() -> None:
		frappe.init(site, sites_path=sites)
		frappe.connect()
		while not over.wait(NIGHTLY_EVERY if runs else 1):
			frappe.enqueue("customer_tiering.jobs.nightly", queue="long")
			runs.append(1)
		frappe.destroy()

	asking = threading.Thread(target=ask)
	bench = ("-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", "short,long")
	with process(sys.executable, *bench):
		asking.start()
		yield runs
		over.set()
		asking.join()
		until_nothing_waits()


def until_nothing_waits() -> None:
	"""Until the worker has done what was asked for."""
	end = time.monotonic() + 120
	while time.monotonic() < end:
		frappe.db.commit()
		told = status()
		if not told["backlog"] and not told["unfinished_since"]:
			return
		time.sleep(0.2)


def turn(url: str, token: str, seed: int, taken: Taken, seconds: float = BLOCK) -> None:
	"""All clients, for one turn."""
	began = time.monotonic()
	clients = [Client(url, token, began + seconds, seed * 100 + n, taken) for n in range(CLIENTS)]
	for client in clients:
		client.start()
	for client in clients:
		client.join()
	taken.elapsed += time.monotonic() - began


def prepare() -> str:
	"""Customers, and a key for the clients."""
	for name in chain(*NAMES.values()):
		if not frappe.db.exists("Customer", name):
			make_customer(name)
	secret = generate_keys("Administrator")["api_secret"]
	frappe.db.set_single_value("Customer Tiering Settings", "small_site_customers", 0)
	frappe.db.commit()
	jobs.nightly()
	return f"{frappe.db.get_value('User', 'Administrator', 'api_key')}:{secret}"


def measure(minutes: float) -> tuple[dict[str, Taken], int, list[str]]:
	"""Turns of both kinds, alternating; then what was found to be wrong."""
	taken = {kind: Taken(names) for kind, names in NAMES.items()}
	token, runs = prepare(), 0
	with server("frappe.app:application") as ours, server("benchmarks.without_hooks:application") as plain:
		urls = {WITH: ours, ALONE: ours, WITHOUT: plain}
		for kind, url in urls.items():
			warm = Taken(NAMES[kind])
			turn(url, token, -1, warm, seconds=5)
			assert warm.invoices, warm.errors
		for number in range(max(1, round(minutes * 60 / BLOCK))):
			for kind, url in urls.items():
				with grading() if kind == WITH else nullcontext([]) as asked:
					turn(url, token, number, taken[kind])
				runs += len(asked)
				jobs.drain()
			print(*(f"{kind}: {one.row}" for kind, one in taken.items()), sep="\n", flush=True)
	return taken, runs, wrong(taken)


def wrong(taken: dict[str, Taken]) -> list[str]:
	"""What is not as it should be once everything has been graded."""
	found = []
	frappe.db.commit()
	if frappe.db.count("Rescore Request"):
		found.append("requests are left after all was drained")
	for kind, one in taken.items():
		there = frappe.get_all("Sales Invoice", {"docstatus": 1, "name": ("in", one.invoices)}, pluck="name")
		if len(set(there)) != len(one.invoices):
			found.append(f"{len(one.invoices) - len(there)} invoices of turns {kind} are not there")
	current, held = state.published(), customer_scores.read_held()
	known = site_facts.read_facts(current.policy)
	evaluation = evaluate(known, current.policy, state.today(), held, current.cut_points, current.forecast)
	marked = NAMES[WITH] + NAMES[ALONE]  # the others left no requests
	graded = evaluation.scores["customer"].isin(marked).to_numpy()
	different = int((customer_scores.differing(evaluation, held) & graded).sum())
	if different:
		found.append(f"{different} customers differ from a full evaluation")
	if failures := status()["failures"]:
		found.append(f"failures are reported: {failures}")
	return found


def report(minutes: float, taken: dict[str, Taken], runs: int, found: list[str]) -> str:
	"""The result, as it is written to its file."""
	version = frappe.db.sql("select version()")[0][0]
	median = {kind: statistics.median(one.seconds) for kind, one in taken.items()}
	lines = [
		"# Submitting under load",
		"",
		f"{CLIENTS} clients insert and submit Sales Invoices over HTTP (gunicorn, {WORKERS} workers),",
		f"one after another without a pause, in alternating turns of {BLOCK} s, {minutes:g} minutes of each",
		f"kind. Grading, a worker drains and a full run is asked for every {NIGHTLY_EVERY} s ({runs} in",
		"all), on the same processors as the server and its clients. The time is that of the submit",
		"alone, from request to answer.",
		"",
		f"Frappe {frappe.__version__}, MariaDB {version}, Python {platform.python_version()},",
		f"{os.cpu_count()} processors, {CUSTOMERS} customers of each kind. Load average",
		f"{os.getloadavg()[2]:.1f}: what it is above {CLIENTS} is other work on the machine.",
		"",
		"| | submits | median | 95 % within | longest | submits per second | errors |",
		"|---|---|---|---|---|---|---|",
		*(f"| {kind} | {one.row} |" for kind, one in taken.items()),
		"",
		f"Median ÷ that without its hooks: {median[ALONE] / median[WITHOUT]:.2f} for what the hooks cost,",
		f"{median[WITH] / median[WITHOUT]:.2f} where grading takes its share of the processors.",
		"",
		f"**Wrong:** {'; '.join(found)}." if found else SOUND,
	]
	errors = {error for one in taken.values() for error in one.errors}
	return "\n".join([*lines, *(f"\nError: `{error}`" for error in sorted(errors)[:5]), ""])


def inside(minutes: float) -> int:
	"""The measurement itself, in the bench's environment."""
	os.chdir(os.environ["SITES_PATH"])
	connect()
	taken, runs, found = measure(minutes)
	RESULT.parent.mkdir(exist_ok=True)
	RESULT.write_text(report(minutes, taken, runs, found))
	print(RESULT.read_text())
	return bool(found)


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("bench", nargs="?", type=Path)
	parser.add_argument("--minutes", type=float, default=10, help="of each kind")
	options = parser.parse_args()
	if "CUSTOMER_TIERING_SITE" in os.environ:
		return inside(options.minutes)
	from tests.bench import find_benches, fresh_site

	with fresh_site(options.bench or find_benches()[-1]) as site:
		again = [site.python, "-m", "benchmarks.load", "--minutes", str(options.minutes)]
		return subprocess.run(again, cwd=CHECKOUT, env=site.environment).returncode


if __name__ == "__main__":
	sys.exit(main())
