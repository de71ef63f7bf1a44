"""What the report counts: the reader's customers, and their documents in the period and in the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import frappe
import pandas as pd
from frappe import _
from frappe.permissions import get_allowed_docs_for_doctype, get_user_permissions
from frappe.query_builder import Case, DocType
from frappe.query_builder.functions import Coalesce
from frappe.utils import cint

from customer_tiering.engine import Policy
from customer_tiering.engine.facts import Ledger
from customer_tiering.engine.stages import STAGES
from customer_tiering.site import facts
from customer_tiering.site.arguments import day

VIEWS = ("Tiers", "Customers", "Active Customers", "Documents")
UNRATED = ""
#: Why a submitted Sales Invoice is not among the facts; an invoice has the first reason that fits.
CONSOLIDATED, OPENING, INTERNAL, COMPANY = "Consolidated", "Opening", "Internal", "Company"
_TREES = {"territory": "Territory", "customer_group": "Customer Group"}
_FIELDS = (
	"name", "customer_name", "customer_tier", "lifecycle_stage", "customer_group", "territory", "disabled",
)  # fmt: skip
_FEW = 1000  # up to so many customers are read by index, more by one scan


@dataclass(frozen=True)
class Filters:
	"""What the reader chose, checked."""

	from_date: date
	to_date: date
	view: str = "Tiers"
	company: str = ""
	customer: str = ""
	tier: str = ""
	unrated: bool = False
	stage: str = ""
	territory: str = ""
	customer_group: str = ""
	sales_person: str = ""

	@classmethod
	def of(cls, raw: Mapping[str, Any]) -> Filters:
		"""Check what came from the browser.

		Raises:
			frappe.ValidationError: a sentence that says what to choose instead.
		"""
		if not raw.get("from_date") or not raw.get("to_date"):
			frappe.throw(_("Choose the first and the last day of the period."))
		texts = {name: str(raw.get(name) or "") for name in _TEXTS}
		chosen = cls(
			from_date=day(raw["from_date"]),
			to_date=day(raw["to_date"]),
			unrated=bool(cint(raw.get("unrated"))),
			**texts | {"view": texts["view"] or VIEWS[0]},
		)
		chosen._check()
		return chosen

	def _check(self) -> None:
		if self.from_date > self.to_date:
			frappe.throw(_("The period ends before it begins. Choose a last day on or after the first day."))
		if self.view not in VIEWS:
			frappe.throw(_("There is no such view. Choose one of {0}.").format(", ".join(map(_, VIEWS))))
		if self.stage and self.stage not in STAGES:
			frappe.throw(
				_("There is no such life cycle stage. Choose one of {0}.").format(", ".join(map(_, STAGES)))
			)
		if self.tier and self.unrated:
			frappe.throw(_("Choose either a tier or the unrated customers: nobody is both."))

	@property
	def days(self) -> int:
		"""Length of the period."""
		return (self.to_date - self.from_date).days + 1

	@property
	def before(self) -> tuple[date, date]:
		"""First and last day of the equal period before."""
		return self.from_date - timedelta(days=self.days), self.from_date - timedelta(days=1)


_TEXTS = ("view", "company", "customer", "tier", "stage", "territory", "customer_group", "sales_person")


@dataclass(frozen=True)
class Seen:
	"""All that the report says something about.

	Attributes:
		customers: ``customer``, ``customer_name``, ``rung`` (the tier held now, empty: unrated), ``stage``,
			``customer_group``, ``territory``, ``disabled``.
		companies: whose documents are shown; empty: all companies'.
		sales: the facts' own columns for these customers in both periods, and ``now`` (in the period),
			``counts`` (a purchase that counts), ``rung``. Read when it is first asked for.
	"""

	policy: Policy
	chosen: Filters
	customers: pd.DataFrame
	companies: list[str]

	@cached_property
	def sales(self) -> pd.DataFrame:
		"""The documents of both periods."""
		sales = _sales(self.policy, self.chosen, self.customers)
		return _of_companies(sales, self.companies)

	@cached_property
	def currency(self) -> str:
		"""The currency of every amount."""
		return facts.reporting_currency(self.policy)

	@cached_property
	def now(self) -> pd.DataFrame:
		"""The documents of the period."""
		return self.sales[self.sales["now"]]

	@cached_property
	def till(self) -> set[str]:
		"""Names of the POS Invoices of the period; all other documents are Sales Invoices."""
		period = ("between", (self.chosen.from_date, self.chosen.to_date))
		filters = {"docstatus": 1, "posting_date": period}
		return set(frappe.get_all("POS Invoice", filters=filters, pluck="name", order_by=None))

	@cached_property
	def left_out(self) -> pd.DataFrame:
		"""Submitted Sales Invoices of the period that are not included: documents, net_amount by reason."""
		return _left_out(self)


def read(policy: Policy, chosen: Filters) -> Seen:
	"""The customers that the reader may see and the filters choose.

	Raises:
		frappe.PermissionError: the reader may not see customers, or not this company.
	"""
	return Seen(policy, chosen, _customers(chosen), _companies(chosen))


def is_restricted() -> bool:
	"""Whether user permissions keep customers or documents from the reader."""
	return bool(get_user_permissions(frappe.session.user))


# -- customers --------------------------------------------------------------------------------------


def _customers(chosen: Filters) -> pd.DataFrame:
	if not frappe.has_permission("Customer", "read"):
		frappe.throw(
			_("You may not read customers, so this report has nothing to show you."), frappe.PermissionError
		)
	rows = frappe.get_list(
		"Customer",
		filters=_conditions(chosen),
		fields=list(_FIELDS),
		as_list=True,
		order_by="name asc",
		limit=0,
	)
	frame = pd.DataFrame(rows, columns=list(_FIELDS), dtype=object).rename(
		columns={"name": "customer", "customer_tier": "rung", "lifecycle_stage": "stage"}
	)
	frame["rung"] = frame["rung"].where(frame["rung"].notna(), UNRATED)
	return _of_sales_persons(frame, chosen.sales_person)


def _conditions(chosen: Filters) -> dict[str, Any]:
	conditions: dict[str, Any] = {
		field: ("descendants of (inclusive)", getattr(chosen, field))
		for field in _TREES
		if getattr(chosen, field)
	}
	if chosen.customer:
		conditions["name"] = chosen.customer
	if chosen.stage:
		conditions["lifecycle_stage"] = chosen.stage
	if chosen.tier:
		conditions["customer_tier"] = chosen.tier
	if chosen.unrated:
		conditions["customer_tier"] = ("is", "not set")
	return conditions


def _of_sales_persons(customers: pd.DataFrame, sales_person: str) -> pd.DataFrame:
	"""Those of the chosen person or of one below him; never those whom the reader may not open."""
	allowed = _permitted("Sales Person", "Customer")
	if not sales_person and not allowed:
		return customers
	rows = frappe.get_all(
		"Sales Team", filters={"parenttype": "Customer"}, fields=["parent", "sales_person"], order_by=None
	)
	if allowed:
		hidden = {row.parent for row in rows if row.sales_person not in allowed}
		customers = customers[~customers["customer"].isin(hidden)]
	if sales_person:
		below = {sales_person, *frappe.db.get_descendants("Sales Person", sales_person)}
		mine = {row.parent for row in rows if row.sales_person in below}
		customers = customers[customers["customer"].isin(mine)]
	return customers.reset_index(drop=True)


# -- documents --------------------------------------------------------------------------------------


def _sales(policy: Policy, chosen: Filters, customers: pd.DataFrame) -> pd.DataFrame:
	"""Documents of both periods by the engine's own reading, as if the last day of the period were today.

	Money counts on a document's own posting date whatever the policy says, as it does in the ledger.
	"""
	names = customers["customer"].tolist()
	known = facts.read(policy, names if len(names) <= _FEW else None, with_cost=True)
	known = known.up_to(chosen.to_date)
	ledger = Ledger.build(known, chosen.to_date)
	sales = known.sales.assign(
		net_amount=ledger.amounts,
		gross_profit=ledger.profits,
		counts=ledger.counted,
		now=known.sales["posting_date"] >= pd.Timestamp(chosen.from_date),
		rung=known.sales["customer"].map(dict(zip(names, customers["rung"], strict=True))),
	)
	return sales[sales["rung"].notna() & (sales["posting_date"] >= pd.Timestamp(chosen.before[0]))]


def _companies(chosen: Filters) -> list[str]:
	"""The companies whose documents are shown; empty: all."""
	allowed = _permitted("Company", "Sales Invoice")
	if chosen.company and allowed and chosen.company not in allowed:
		frappe.throw(_("You may not see this company's documents."), frappe.PermissionError)
	return [chosen.company] if chosen.company else sorted(allowed)


def _of_companies(documents: pd.DataFrame, companies: list[str]) -> pd.DataFrame:
	return documents[documents["company"].isin(companies)] if companies else documents


def _permitted(doctype: str, on: str) -> set[str]:
	"""What user permissions on a DocType leave the reader, where they apply to another; empty: everything."""
	permissions = get_user_permissions(frappe.session.user).get(doctype, [])
	return set(get_allowed_docs_for_doctype(permissions, on))


# -- what is left out -------------------------------------------------------------------------------


def _left_out(seen: Seen) -> pd.DataFrame:
	columns = ["document", "customer", "company", "posting_date", "net_amount", "reason"]
	rows = pd.DataFrame(_not_counted(seen).run(as_list=True), columns=columns, dtype=object)
	mine = rows["customer"].isin(seen.customers["customer"])
	rows = rows[mine & ~rows["document"].isin(seen.now["document"])]
	rows = _of_companies(rows, seen.companies).copy()
	rows["posting_date"] = pd.to_datetime(rows["posting_date"]).astype("datetime64[s]")
	rows["net_amount"] = rows["net_amount"].astype(float)
	facts._convert(rows, seen.policy)
	return rows.groupby("reason").agg(documents=("document", "size"), net_amount=("net_amount", "sum"))


def _not_counted(seen: Seen) -> Any:
	"""The Sales Invoices of the period that the facts may leave out, each with the reason."""
	table, policy, chosen = DocType("Sales Invoice"), seen.policy, seen.chosen
	reasons = {
		CONSOLIDATED: Coalesce(table.is_consolidated, 0) == 1,
		OPENING: Coalesce(table.is_opening, "No") == "Yes",
		INTERNAL: Coalesce(table.is_internal_customer, 0) == 1,
	}
	if policy.companies:
		reasons[COMPANY] = table.company.notin(policy.companies)
	reason, any_reason = Case(), None
	for name, condition in reasons.items():
		reason = reason.when(condition, name)
		any_reason = condition if any_reason is None else any_reason | condition
	return (
		frappe.qb.from_(table)
		.select(table.name, table.customer, table.company, table.posting_date, table.base_net_total, reason)
		.where((table.docstatus == 1) & any_reason)
		.where(table.posting_date[chosen.from_date : chosen.to_date])
	)
