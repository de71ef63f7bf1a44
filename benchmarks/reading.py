"""The whole of ``score`` on files beside a bare read of the same columns, in turn, a process for each."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from benchmarks.trade import Trade, sales

#: What is run in a process of its own; it prints what it took.
_TOLD = (
	"import json, resource, sys, time; began = time.perf_counter(); {work}; "
	"used = resource.getrusage(resource.RUSAGE_SELF); "
	"took = time.perf_counter() - began; "
	"print(json.dumps([took, round(used.ru_maxrss / 1024), used.ru_utime + used.ru_stime]))"
)
_BARE = {
	"csv": "import pandas; began = time.perf_counter(); kept = pandas.read_csv(sys.argv[1])",
	"xlsx": (
		"import python_calamine as calamine; "
		"kept = calamine.load_workbook(sys.argv[1]).get_sheet_by_index(0).to_python()"
	),
}
_SCORE = (
	"from customer_tiering.command.main import main; "
	"main(['score', sys.argv[1], '--out', sys.argv[2]], standalone_mode=False)"
)
_COLUMNS = {
	"document": "name", "customer": "customer", "posting_date": "posting_date",
	"net_amount": "base_net_total", "is_return": "is_return", "company": "company",
}  # fmt: skip


def measure(customers: int, invoices: int, repeat: int) -> dict[str, Any]:
	"""Seconds, megabytes and seconds of processor time of each, one triple per repetition.

	Workbooks have a tenth of the rows. ``read_csv`` is timed without the import of pandas, ``score`` with all
	that it does; processor time is of the whole process for either.
	"""
	with tempfile.TemporaryDirectory() as folder:
		# In a process of its own: a child's peak is never less than what its parent held.
		made = [sys.executable, "-m", "benchmarks.reading", folder, str(customers), str(invoices)]
		subprocess.run(made, check=True)
		files = {kind: Path(folder, f"sales.{kind}") for kind in _BARE}
		found: dict[str, Any] = {}
		for _ in range(repeat):
			for kind, path in files.items():
				for name, work in (("bare", _BARE[kind]), ("score", _SCORE)):
					taken = _run(work, path, Path(folder, "out"))
					found.setdefault(f"{kind}_{name}", []).append(taken)
		return found


def _make(folder: Path, customers: int, invoices: int) -> None:
	frame = sales(Trade(customers, invoices, date(2025, 12, 31))).rename(columns=_COLUMNS)
	frame = frame[[name for name in _COLUMNS.values() if name in frame]]
	frame["posting_date"] = frame["posting_date"].dt.strftime("%Y-%m-%d")
	frame["is_return"] = frame["is_return"].astype(int)
	frame.to_csv(folder / "sales.csv", index=False)
	book = openpyxl.Workbook(write_only=True)
	sheet = book.create_sheet("Sales")
	tenth = frame.head(invoices // 10)
	tenth = tenth.assign(posting_date=pd.to_datetime(tenth["posting_date"]).dt.date)
	sheet.append(list(tenth))
	for row in tenth.itertuples(index=False):
		sheet.append(list(row))
	book.save(folder / "sales.xlsx")


def _run(work: str, path: Path, out: Path) -> list[float]:
	command = [sys.executable, "-c", _TOLD.format(work=work), str(path), str(out)]
	done = subprocess.run(command, check=True, capture_output=True, text=True)
	found: list[float] = json.loads(done.stdout.splitlines()[-1])
	return found


if __name__ == "__main__":
	_make(Path(sys.argv[1]), *map(int, sys.argv[2:4]))
