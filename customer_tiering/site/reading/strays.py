"""Documents that name their customer otherwise than his record does, or name nobody who is there.

The database holds "acme" and "Acme" for one name, and so does the host; to a table of facts they are two. So
a document is his whose record the database finds by its customer. One whose customer is not there, or has no
name at all, counts for nobody; Tiering Health lists how many they are and how much they come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType
from frappe.utils import fmt_money

from customer_tiering.engine import Facts, Policy
from customer_tiering.site.reading import currency
from customer_tiering.site.withstanding import health
from customer_tiering.wording.texts import _

KIND = "Documents"
_STRAYS = "strays"
_ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class Strays:
	"""Documents that count for nobody: how many, how much in the reporting currency, the first by name."""

	documents: int
	net_amount: float
	first: str


NONE = Strays(0, 0.0, "")


def settled(sales: pd.DataFrame, names: Sequence[str], internal: set[str]) -> pd.DataFrame:
	"""The documents under the names of the records that they belong to, without those of nobody.

	Args:
		sales: documents; ``customer`` is a category.
		names: the customers who are there, of all or of those who were asked for.
		internal: those of them whose till documents, which do not say so themselves, are left out.
	"""
	given = sales["customer"].cat
	owners = np.append(_records(given.categories, names), None)  # the last one is at -1 too: no customer
	if (owners[:-1] == given.categories.to_numpy()).all() and (given.codes >= 0).all():
		return sales
	owner = owners[given.codes]
	there = ~pd.isna(owner)
	other_name = owner != sales["customer"].to_numpy(dtype=object)
	left_out = other_name & sales["is_pos"].to_numpy() & np.isin(owner, list(internal))
	found = sales[there & ~left_out].assign(customer=pd.Categorical(owner[there & ~left_out]))
	found.attrs[_STRAYS] = _counted(sales[~there])
	return found.reset_index(drop=True)


def records(given: pd.Series, names: Sequence[str]) -> np.ndarray:
	"""The record that the database finds by each of these names; None where it finds none."""
	codes, values = pd.factorize(given)
	return np.append(_records(values, names), None)[codes]


def found_in(known: Facts) -> Strays:
	"""What was left out of some facts, as they were read."""
	return known.sales.attrs.get(_STRAYS, NONE)


def report(strays: Strays, policy: Policy) -> None:
	"""Tell Tiering Health, in the caller's transaction, which of all documents count for nobody."""
	if not strays.documents:
		health.heal(KIND)
		return
	text = _(
		"Sales documents whose customer does not exist: {0}, with a net total of {1}. They count for nobody. The first is {2}."  # noqa: E501 a sentence is translated whole
	)
	money = fmt_money(strays.net_amount, currency=currency.reporting_currency(policy))
	health.report(KIND, frappe.ValidationError(text.format(strays.documents, money, strays.first)))


def _counted(sales: pd.DataFrame) -> Strays:
	if sales.empty:
		return NONE
	return Strays(len(sales), round(float(sales["net_amount"].sum()), 2), sales["document"].min())


def _records(given: Sequence[Any], names: Sequence[str]) -> np.ndarray:
	found = np.array(given, dtype=object)
	unknown = np.flatnonzero(pd.Index(names, dtype=object).get_indexer(pd.Index(found, dtype=object)) < 0)
	for start in range(0, len(unknown), _ASKED_AT_ONCE):
		some = unknown[start : start + _ASKED_AT_ONCE]
		any_there = _there(found[some].tolist())
		found[some] = [next(iter(_there([name])), None) if any_there else None for name in found[some]]
	return found


def _there(names: list[str]) -> list[str]:
	"""The customers whom the database finds by these names."""
	table = DocType("Customer")
	return frappe.qb.from_(table).select(table.name).where(table.name.isin(names)).run(pluck=True)
