"""The engine alone beside ``lifetimes`` and beside one pandas ``groupby``, on the same frame, in turn."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from benchmarks.trade import Trade, sales
from customer_tiering import policies
from customer_tiering.engine import Facts, Policy, evaluate
from customer_tiering.engine.forecast import fit_forecast


def measure(customers: int, invoices: int, repeat: int) -> dict[str, Any]:
	"""Seconds of each, one per repetition; all of the grading, checks of the facts included.

	The forecast is one that is kept, as for all but the nightly run.
	"""
	from lifetimes.utils import summary_data_from_transaction_data as summary

	today = date.today()
	frame = sales(Trade(customers, invoices, today)).assign(company="Company")
	priced = frame.assign(gross_profit=frame["net_amount"] * 0.3)
	ready = {name: Policy.from_dict(policies.load(name)) for name in ("rfm", "composite-value")}
	forecast = fit_forecast(Facts(frame), today)
	works: dict[str, Callable[[], Any]] = {
		"lifetimes": lambda: summary(
			frame, "customer", "posting_date", monetary_value_col="net_amount", observation_period_end=today
		),
		"rfm": lambda: evaluate(Facts(frame), ready["rfm"], today, forecast=forecast),
		"composite-value": lambda: evaluate(
			Facts(priced), ready["composite-value"], today, forecast=forecast
		),
		"groupby": lambda: frame.groupby("customer").agg(
			orders=("net_amount", "size"),
			amount=("net_amount", "sum"),
			mean=("net_amount", "mean"),
			first=("posting_date", "min"),
			last=("posting_date", "max"),
		),
	}
	taken: dict[str, list[float]] = {name: [] for name in works}
	for number in range(repeat + 1):
		for name, work in works.items():
			began = time.perf_counter()
			work()
			if number:  # the first round warms up
				taken[name].append(time.perf_counter() - began)
	return {**taken, "pandas": pd.__version__}


if __name__ == "__main__":
	print(json.dumps(measure(*map(int, sys.argv[1:]))))
