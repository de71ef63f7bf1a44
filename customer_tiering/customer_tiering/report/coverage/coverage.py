"""Coverage: who looks after whom, whom nobody does, and whether effort goes where revenue comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import frappe
import pandas as pd
from frappe.query_builder import DocType
from frappe.query_builder.functions import Sum

from customer_tiering.reporting.choosing import owners
from customer_tiering.reporting.choosing.owners import OwnedFilters
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.listing import customer_list
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.acting import contacts
from customer_tiering.wording.labels import labels, tier_label
from customer_tiering.wording.texts import _

NAME = "Coverage"
_GROUPS = {"Owners": "owner", "Tiers": "rung"}
#: The filters that an owner's row sets, and its columns that hold their values.
_OF_OWNER = {"owned_by": "owner", "unowned": "unowned"}
_EFFORT = ("contacts", "hours")


@dataclass(frozen=True)
class Chosen(OwnedFilters):
	"""The filters of the report.

	Attributes:
		capacity: how many customers one person can look after; 0: that is not asked.
	"""

	VIEWS: ClassVar[tuple[str, ...]] = ("Owners", "Tiers", "Customers")

	capacity: int = 0

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if self.capacity < 0:
			frappe.throw(_("How many customers one person can look after is a number from 0 up."))


def build(everyone: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	seen, owner = owners.narrowed(everyone)
	people = read(seen, owner)
	if people.empty:
		return Page(_columns(seen), people, message=[sentences.nobody()])
	view = seen.chosen.view
	rows = _customer_rows(people) if view == "Customers" else _group_rows(seen, people, _GROUPS[view])
	total = _figures(seen, people.assign(all="")).assign(**{_first(view): _("Total")})
	return Page(
		_columns(seen), rows, total, list(_message(seen, people)), _chart(seen, rows), _summary(seen, people)
	)


execute = answers.report(Chosen, build)


def read(seen: Seen[Chosen], owner: pd.Series) -> pd.DataFrame:
	"""Every customer who is not disabled.

	Returns:
		the rows of ``Seen.customers`` with ``owner`` (empty: nobody), and of the period ``revenue``,
		``contacts`` (days on which there was one that counts) and ``hours`` (of submitted timesheets).
	"""
	chosen = seen.chosen
	known = seen.known(chosen.from_date, chosen.to_date)
	days = [customer for customer, _day in contacts.days(chosen.from_date, chosen.to_date, seen.few)]
	people = seen.customers.assign(
		owner=owner.to_numpy(),
		revenue=seen.revenue(known, chosen.from_date, chosen.to_date),
		contacts=seen.customers["customer"]
		.map(pd.Series(days, dtype=object).value_counts())
		.fillna(0)
		.astype(int),
		hours=seen.customers["customer"].map(_hours(seen)).fillna(0.0).astype(float),
	)
	return people[people["disabled"] == 0].reset_index(drop=True)


def _hours(seen: Seen[Chosen]) -> dict[str, float]:
	"""Hours of submitted timesheets that began in the period, by customer."""
	sheet, chosen = DocType("Timesheet"), seen.chosen
	query = (
		frappe.qb.from_(sheet)
		.select(sheet.customer, Sum(sheet.total_hours))
		.where((sheet.docstatus == 1) & (sheet.customer != ""))
		.where(sheet.start_date[chosen.from_date : chosen.to_date])
		.groupby(sheet.customer)
	)
	if seen.companies:
		query = query.where(sheet.company.isin(seen.companies))
	return dict(query.run())


# -- rows -------------------------------------------------------------------------------------------


def _figures(seen: Seen[Chosen], people: pd.DataFrame, by: str = "all") -> pd.DataFrame:
	"""Customers, those of each tier, those of nobody, and what they brought and took; a row per group."""
	flags = customer_list.in_tiers(seen, people) | {
		"alone": people["owner"] == "",
		"customers": people["owner"].notna(),
	}
	grouped = people.assign(**flags).groupby(by)
	counts = grouped[[*flags, "contacts"]].sum().astype(int)
	rows = counts.assign(**{name: tables.rounded(grouped[name].sum()) for name in ("revenue", "hours")})
	return rows.reset_index().assign(
		**{f"{name}_share": _share(rows[name], people[name].sum()) for name in ("revenue", *_EFFORT)}
	)


def _share(parts: pd.Series, whole: float) -> Any:
	return tables.ratio(parts, pd.Series(float(whole), index=parts.index), 100, 1).to_numpy()


def _group_rows(seen: Seen[Chosen], people: pd.DataFrame, by: str) -> pd.DataFrame:
	"""A row per tier from the highest down, or per owner: nobody first, then who has most revenue."""
	rows = _figures(seen, people, by)
	if by == "rung":
		rows = rows.set_index("rung").reindex([rung for rung in seen.ladder if rung in set(rows["rung"])])
		return tables.with_labels(rows.reset_index())
	most = seen.chosen.capacity
	rows = rows.assign(
		owner_name=owners.labels(rows["owner"]),
		unowned=(rows["owner"] == "").astype(int),
		over=(rows["customers"] - most).clip(lower=0).where(rows["owner"] != "", 0) if most else 0,
	)
	return rows.sort_values(["unowned", "revenue", "owner"], ascending=[False, False, True], kind="stable")


def _customer_rows(people: pd.DataFrame) -> pd.DataFrame:
	"""A row per customer, those with most revenue first."""
	rows = tables.with_labels(tables.by_revenue(people))
	return rows.assign(owner_name=owners.labels(rows["owner"]))


# -- what is shown ----------------------------------------------------------------------------------


def _first(view: str) -> str:
	return {"Customers": "customer", "Owners": "owner_name", "Tiers": "tier"}[view]


def _columns(seen: Seen[Chosen]) -> list[Row]:
	view = seen.chosen.view
	if view == "Customers":
		return [
			*customer_list.short_columns(seen),
			customer_list.owner("owner_name", 170),
			tables.column("revenue", _("Revenue"), "Currency", 130, behind=customer_list.documents()),
			tables.column("contacts", _("Contacts"), "Int", 100),
			tables.column("hours", _("Hours"), "Float", 100, precision=1),
		]
	row = _OF_OWNER if view == "Owners" else {"tier": "rung"}
	listed = tables.behind(NAME, row, view="Customers")
	return [
		*(_owner_head(seen, listed) if view == "Owners" else _tier_head(listed)),
		tables.column("revenue", _("Revenue"), "Currency", 130, behind=listed),
		tables.column("revenue_share", _("Revenue %"), "Percent", 105),
		tables.column("contacts", _("Contacts"), "Int", 100, behind=listed),
		tables.column("contacts_share", _("Contacts %"), "Percent", 110),
		tables.column("hours", _("Hours"), "Float", 90, precision=1),
		tables.column("hours_share", _("Hours %"), "Percent", 95),
	]


def _owner_head(seen: Seen[Chosen], listed: Row) -> Iterator[Row]:
	yield customer_list.owner("owner_name", 190)
	yield tables.column("customers", _("Customers"), "Int", 110, behind=listed)
	if seen.chosen.capacity:
		yield tables.column("over", _("Over Capacity"), "Int", 120)
	yield from customer_list.tier_columns(seen, NAME, _OF_OWNER, "Customers")


def _tier_head(listed: Row) -> Iterator[Row]:
	yield tables.column("tier", _("Tier"), "Data", 130, pill="rung")
	yield tables.column("customers", _("Customers"), "Int", 110, behind=listed)
	alone = tables.behind(NAME, {"tier": "rung"}, view="Customers", unowned=1)
	yield tables.column("alone", _("Without an Owner"), "Int", 140, behind=alone)


def _message(seen: Seen[Chosen], people: pd.DataFrame) -> Iterator[str]:
	yield _(
		"Whose a customer is: the first sales person of his sales team, else his account manager. Disabled customers are left out. Contacts are days of the period on which there was one that counts; hours are those of submitted timesheets of the customer that began in it."  # noqa: E501 a sentence is translated whole
	)
	top = seen.ladder[0]
	alone = people[(people["owner"] == "") & (people["rung"] == top)]
	if len(alone):
		text = _(
			"Customers of {0} whom nobody looks after: {1}. Name a sales person or an account manager on their forms."  # noqa: E501 a sentence is translated whole
		)
		yield text.format(sentences.bold(tier_label(top)), sentences.bold(len(alone)))
	if not people["contacts"].any():
		yield _(
			"No contact of these customers is filed in the period, so effort cannot be compared with revenue."
		)


def _chart(seen: Seen[Chosen], rows: pd.DataFrame) -> Row | None:
	"""Per tier, its shares of the revenue and of the effort."""
	if seen.chosen.view != "Tiers":
		return None
	shares = {_("Revenue %"): "revenue_share", _("Contacts %"): "contacts_share", _("Hours %"): "hours_share"}
	shown = {label: rows[name].fillna(0).tolist() for label, name in shares.items() if rows[name].any()}
	return charts.chart("bar", labels(rows["rung"], tier_label), shown) if shown else None


def _summary(seen: Seen[Chosen], people: pd.DataFrame) -> list[Row]:
	owned = people[people["owner"] != ""]
	most, sizes = seen.chosen.capacity, owned["owner"].value_counts()
	over = int((sizes > most).sum()) if most else None
	alone = len(people) - len(owned)
	return charts.items(
		charts.item(_("Customers"), len(people), "Int"),
		charts.item(_("Without an Owner"), alone, "Int", indicator="Red" if alone else "Gray"),
		charts.item(_("Owners"), len(sizes), "Int"),
		charts.item(_("Owners Over Capacity"), over, "Int", indicator="Red" if over else "Gray"),
		charts.item(_("Contacts"), int(people["contacts"].sum()), "Int"),
		charts.item(_("Hours"), float(tables.rounded(pd.Series([people["hours"].sum()]))[0]), "Float"),
	)
