"""Metrics that other apps add, by a hook in their ``hooks.py``::

	customer_tiering_metrics = {"Store Visits": "my_app.tiering.store_visits"}

The name is what a Tier Rule's Metric offers. The function gives one number per customer, by name of customer;
whoever is left out has the rule's points if missing::

	def store_visits(sales: pandas.DataFrame, customers: list[str], as_of: date) -> pandas.Series | dict

``sales`` holds the invoices of these customers up to the as-of date (columns as in ``engine.facts.Facts``);
tables of its own the function reads by itself. A customer's number may depend on that customer alone, for
one customer is graded by himself as well as with everyone. Such a metric has no window, and higher is better
unless the rule says otherwise. A function that raises is reported in Tiering Health; its metric is then
undefined, and everyone is graded all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

import frappe
import numpy as np
import pandas as pd

from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.metrics import METRICS
from customer_tiering.names import METRICS_HOOK
from customer_tiering.site.withstanding import health


class UnknownMetricError(LookupError):
	"""No installed app adds this metric any more."""


def names() -> list[str]:
	"""The metrics that installed apps add."""
	return sorted(set(_paths()) - set(METRICS))


def all_names() -> list[str]:
	"""Every metric that a rule can name: the engine's, then these."""
	return [*METRICS, *names()]


def functions(policy: Policy) -> dict[str, Callable[[Facts, date], np.ndarray]]:
	"""For each metric of the policy's that is not the engine's: what computes it, and never raises."""
	wanted = {rule.metric for rule in policy.rules if rule.metric} - set(METRICS)
	return {name: partial(_guarded, name) for name in sorted(wanted)}


def report() -> None:
	"""Tell Tiering Health, in the caller's transaction, how the functions fared since the last report."""
	outcomes = _outcomes()
	for name, error in outcomes.items():
		if error is not None:
			health.report("Metric", error, subject=name)
	if outcomes:
		health.heal("Metric", subjects=[name for name, error in outcomes.items() if error is None])
	outcomes.clear()


def _guarded(name: str, facts: Facts, as_of: date) -> np.ndarray:
	"""One number per customer of ``facts.index``, shape (customers,); all NaN where the function fails."""
	try:
		values = _compute(name, facts, as_of)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise  # the whole transaction is gone, and is tried again
	except Exception as error:
		_outcomes()[name] = error
		return np.full(len(facts.index), np.nan)
	_outcomes().setdefault(name, None)
	return values


def _compute(name: str, facts: Facts, as_of: date) -> np.ndarray:
	path = _paths().get(name)
	if path is None:
		raise UnknownMetricError("no installed app adds this metric")
	sales = facts.sales.copy(deep=False)
	for column in ("customer", "company"):
		sales[column] = sales[column].astype(object)  # texts: others need not know of categories
	found = frappe.get_attr(path)(sales, list(facts.index), as_of)
	series = pd.to_numeric(pd.Series(found, dtype=object))
	values = series.reindex(facts.index).to_numpy(dtype=np.float64, na_value=np.nan)
	return np.where(np.isfinite(values), values, np.nan)


def _paths() -> dict[str, str]:
	"""The dotted path of each metric; of several apps' with one name, the last installed one's."""
	hooks = frappe.get_hooks(METRICS_HOOK)
	return {name: paths[-1] for name, paths in hooks.items()} if isinstance(hooks, Mapping) else {}


def _outcomes() -> dict[str, Exception | None]:
	"""How each function fared in this job or request: what it raised, or None."""
	if frappe.flags.customer_tiering_metrics is None:
		frappe.flags.customer_tiering_metrics = {}
	return frappe.flags.customer_tiering_metrics
