"""``python -m benchmarks run``: makes sites on a bench, fills them, measures, writes ``results``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import reading, results
from tests.bench import CHECKOUT, Site, find_benches, fresh_site

#: What is measured at full size, at a tenth and a hundredth of it, and with a tenth of the invoices for all
#: customers; ``engine`` and ``reading`` need no site.
FULL = (
	"nightly", "first", "grouped", "reports", "drain_one", "drain_many", "submit", "queries", "memory",
	"workers",
)  # fmt: skip
TENTH = ("nightly", "drain_one")
HUNDREDTH = ("drain_one",)
PARTS = (
	("full", FULL, 1, 1),
	("tenth", TENTH, 10, 10),
	("hundredth", HUNDREDTH, 100, 100),
	("fewer_invoices", ("nightly",), 1, 10),
)
WORKS = tuple(dict.fromkeys((*FULL, *TENTH, "engine", "reading")))
RESULTS = Path(__file__).parent / "results"


def main() -> None:
	"""Read the command line and measure."""
	parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
	parser.add_argument("command", choices=["run"])
	parser.add_argument("--customers", type=int, default=100_000)
	parser.add_argument("--invoices", type=int, default=1_000_000)
	parser.add_argument("--only", help="names of works, separated by commas", default=",".join(WORKS))
	parser.add_argument("--repeat", type=int, default=3)
	parser.add_argument("--pairs", type=int, default=100)
	chosen = parser.parse_args()
	works = set(chosen.only.split(","))
	if unknown := works - set(WORKS):
		parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(WORKS)}")
	benches = find_benches()
	if not benches and works - {"engine", "reading"}:
		sys.exit("There is no bench. Name one by FRAPPE_BENCH.")
	found: dict[str, Any] = {"customers": chosen.customers, "invoices": chosen.invoices, "machine": machine()}
	if "engine" in works:
		found["engine"] = engine(chosen.customers, chosen.invoices, chosen.repeat)
	if "reading" in works:
		found["reading"] = reading.measure(chosen.customers, chosen.invoices, chosen.repeat)
	for part, names, customers, invoices in PARTS:
		if names := [name for name in names if name in works]:
			size = (chosen.customers // customers, chosen.invoices // invoices)
			with filled(benches[0], *size, items="reports" in names) as site:
				found[part] = measure(site, names, chosen.repeat, chosen.pairs)
	results.save(RESULTS, found)


def measure(site: Site, names: list[str], repeat: int, pairs: int) -> dict[str, Any]:
	"""Do each work on a site in a process of its own."""
	options = {
		"nightly": {"repeat": repeat},
		"first": {"repeat": repeat},
		"reports": {"repeat": repeat},
		"drain_one": {"repeat": 50},
		"drain_many": {"many": 1000},
		"submit": {"pairs": pairs},
		"workers": {"repeat": repeat},
	}
	found = {"versions": on(site, "versions")}
	for name in names:
		print(name, "…", flush=True)
		found[name] = on(site, name, **options.get(name, {}))
		print(json.dumps(found[name])[:200], flush=True)
	return found


def on(site: Site, work: str, **options: Any) -> dict[str, Any]:
	"""Do a piece of work on a site; gives what it found."""
	command = [site.python, "-m", "benchmarks.works", work, json.dumps(options)]
	done = subprocess.run(command, cwd=site.sites, env=site.environment, text=True, capture_output=True)
	if done.returncode:
		raise RuntimeError(f"{work} failed:\n{done.stderr[-4000:]}")
	return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def filled(bench: Path, customers: int, invoices: int, items: bool = False) -> Iterator[Site]:
	"""A fresh site with so many customers and invoices, with ``items`` a line each; it goes afterwards."""
	with ExitStack() as stack:
		print("making a site …", flush=True)
		site = stack.enter_context(fresh_site(bench))
		taken = on(site, "fill", customers=customers, invoices=invoices, items=items)
		print(f"{invoices} invoices written in {taken['seconds']:.0f} s", flush=True)
		yield site


def engine(customers: int, invoices: int, repeat: int) -> dict[str, Any]:
	"""The engine alone, beside ``lifetimes``, in an environment of their own that goes afterwards."""
	with tempfile.TemporaryDirectory() as home:
		subprocess.run([sys.executable, "-m", "venv", home], check=True)
		python = f"{home}/bin/python"
		wanted = ["pandas>=2.2,<3", "lifetimes==0.11.3"]
		subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
		return engine_with(python, customers, invoices, repeat)


def engine_with(python: str, customers: int, invoices: int, repeat: int) -> dict[str, Any]:
	"""The engine alone, in an environment that has pandas and lifetimes."""
	command = [python, "-m", "benchmarks.engine", str(customers), str(invoices), str(repeat)]
	environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
	return json.loads(subprocess.check_output(command, env=environment, text=True).splitlines()[-1])


def machine() -> dict[str, Any]:
	"""What it all runs on."""
	memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
	return {
		"system": platform.platform(terse=True),
		"processor": f"{platform.machine()}, {os.cpu_count()} cores",
		"memory": f"{memory} GB",
		"load": round(os.getloadavg()[0], 1),
	}


if __name__ == "__main__":
	main()
