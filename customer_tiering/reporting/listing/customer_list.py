"""Lists of customers: who and whose each is, the documents behind his figures, how many are in each tier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.showing.charts import harmless
from customer_tiering.reporting.showing.tables import Row, behind, column
from customer_tiering.wording.labels import tier_label
from customer_tiering.wording.texts import _

#: The report with the lists of customers and documents that other reports' figures open.
LISTS = "Tier Performance"
_BY_CUSTOMER = {"customer": "customer"}


def documents(row: Mapping[str, str] = _BY_CUSTOMER, **filters: Any) -> Row:
	"""The documents behind a figure of a customer's row; the rest as in :func:`tables.behind`."""
	return behind(LISTS, row, view="Documents", **filters)


def columns(seen: Seen[Any], *but: str) -> list[Row]:
	"""The columns that say who a customer is, without those that would say the same in every row.

	For rows made by :func:`tables.with_labels`; ``but`` names columns that the report does without.
	"""
	named = bool((seen.customers["customer_name"] != seen.customers["customer"]).any())
	shown = {
		"customer_name": named,
		"tier": not (seen.chosen.tier or seen.chosen.unrated),
		"stage": not seen.chosen.stage,
	}
	found = [
		column("customer", _("Customer"), "Link", 170, options="Customer"),
		column("customer_name", _("Customer Name"), "Data", 170),
		column("tier", _("Tier"), "Data", 100, pill="rung"),
		column("stage", _("Stage"), "Data", 95),
		column("customer_group", _("Customer Group"), "Link", 140, options="Customer Group"),
		column("territory", _("Territory"), "Link", 130, options="Territory"),
	]
	return [one for one in found if shown.get(one["fieldname"], True) and one["fieldname"] not in but]


def short_columns(seen: Seen[Any], *but: str) -> list[Row]:
	"""The same where there is no room for group and territory."""
	return columns(seen, *but, "customer_group", "territory")


def owner(fieldname: str = "owner", width: int = 150) -> Row:
	"""Whose he is, for rows with what :mod:`owners` gives."""
	return column(fieldname, _("Customer Owner"), "Data", width)


# -- how many are in each tier ----------------------------------------------------------------------


def tiers(seen: Seen[Any]) -> dict[str, str]:
	"""The tiers that have a column each, by its name, from the highest down."""
	return {f"tier_{number}": rung for number, rung in enumerate(seen.rungs)}


def tier_columns(seen: Seen[Any], report: str, row: Mapping[str, str], view: str) -> list[Row]:
	"""A column per tier; opens the list of its customers, as :func:`tables.behind` has it."""
	return [
		column(
			field,
			harmless(tier_label(rung)),
			"Int",
			90,
			behind=behind(report, row, view=view, **({"tier": rung} if rung else {"unrated": 1})),
		)
		for field, rung in tiers(seen).items()
	]


def in_tiers(seen: Seen[Any], customers: pd.DataFrame) -> dict[str, pd.Series]:
	"""For each of these columns, which customers are in its tier: to be added up."""
	return {field: customers["rung"] == rung for field, rung in tiers(seen).items()}
