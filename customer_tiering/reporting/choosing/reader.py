"""Which customers and documents the reader of a report may see, and what is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Generic, TypeVar

import frappe
import numpy as np
import pandas as pd
from frappe.permissions import get_user_permissions
from frappe.utils import escape_html

from customer_tiering.engine import Facts, Policy
from customer_tiering.engine.facts import DECIMALS, Floats
from customer_tiering.engine.ladder import Held
from customer_tiering.engine.ledger import Ledger
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.site.access import companies as access
from customer_tiering.site.access import permissions
from customer_tiering.site.database import bulk_reading
from customer_tiering.site.grading import customer_scores, state
from customer_tiering.site.published import former_tiers
from customer_tiering.site.reading import currency, sales
from customer_tiering.wording.texts import _

UNRATED = ""
_TREES = ("territory", "customer_group")
#: Fields of Customer, and the columns that they become.
_FIELDS = {
	"name": "customer", "customer_name": "customer_name", "customer_tier": "rung", "tier_score": "score",
	"lifecycle_stage": "stage", "rfm_segment": "segment", "customer_group": "customer_group",
	"territory": "territory", "disabled": "disabled", "account_manager": "account_manager",
}  # fmt: skip
#: Fields of Customer Score that come from documents, and how.
_OF_PURCHASES = {"first_purchase": "min", "last_purchase": "max"}
FEW = 1000  # up to so many customers are read by index, more by one scan
C = TypeVar("C", bound=Filters)


@dataclass(frozen=True)
class Seen(Generic[C]):
	"""The customers that a report is about, and the way to all that it may say about them.

	Attributes:
		policy: what is published.
		chosen: what the reader chose.
		customers: a row per customer that the reader may see and the filters choose, in order of name:
			``customer``, ``customer_name``, ``rung`` (the tier held now, empty: unrated), ``score``,
			``stage``, ``segment``, ``customer_group``, ``territory``, ``disabled``, ``account_manager``.
		companies: whose documents are shown; empty: all companies'.
		limited_to: the reader's companies, where he may not see all that grading counts; else empty. Then
			nothing that grading found in the documents of others is shown, but the grade itself.
	"""

	policy: Policy
	chosen: C
	customers: pd.DataFrame
	companies: list[str]
	limited_to: list[str]

	@cached_property
	def currency(self) -> str:
		"""The currency of every amount."""
		return currency.reporting_currency(self.policy)

	@cached_property
	def names(self) -> list[str]:
		"""The customers' names."""
		return self.customers["customer"].tolist()

	@property
	def few(self) -> list[str] | None:
		"""The customers' names where they are few enough to be read by index; None: scan everyone."""
		return self.names if len(self.names) <= FEW else None

	@cached_property
	def ladder(self) -> list[str]:
		"""Tiers from the highest down, then those held and no longer in the policy, then the unrated."""
		policy = [tier.name for tier in reversed(self.policy.tiers)]
		former = former_tiers.in_order(set(self.customers["rung"]) - set(policy) - {UNRATED})
		return [*policy, *former, UNRATED]

	@property
	def rungs(self) -> list[str]:
		"""The tiers that there is something of: the chosen one, or the whole ladder."""
		if self.chosen.tier:
			return [self.chosen.tier]
		return [UNRATED] if self.chosen.unrated else self.ladder

	@cached_property
	def team(self) -> pd.DataFrame:
		"""These customers' sales persons, in the order of their forms: ``customer``, ``sales_person``."""
		found = frappe.get_all(
			"Sales Team",
			filters={"parenttype": "Customer", **({"parent": ("in", self.few)} if self.few else {})},
			fields=["parent", "sales_person"],
			order_by="parent asc, idx asc",
			as_list=True,
		)
		team = pd.DataFrame(found, columns=["customer", "sales_person"], dtype=object)
		return team[team["customer"].isin(self.names)].reset_index(drop=True)

	def owners(self) -> pd.Series:
		"""Whose each ``customer`` is: the first of his sales persons, else his account manager."""
		first = self.team.drop_duplicates("customer").set_index("customer")["sales_person"]
		manager = self.customers.set_index("customer")["account_manager"]
		return first.reindex(manager.index).where(lambda found: found.notna(), manager)

	def known(self, since: date | None, until: date | None, with_cost: bool = False) -> Facts:
		"""Documents of some days as the engine takes them, of everyone and every company: for sums alone."""
		return Facts(sales.read_sales(self.policy, self.few, since, until, with_cost))

	def revenue(self, known: Facts, since: date, until: date) -> Floats:
		"""Net amount of each customer's known documents of some days, each on its own date."""
		day = known.sales["posting_date"]
		chosen = ((day >= pd.Timestamp(since)) & (day <= pd.Timestamp(until))).to_numpy()
		if self.companies:
			chosen = chosen & known.sales["company"].isin(self.companies).to_numpy()
		amounts = np.round(known.sales["net_amount"].to_numpy(dtype=np.float64)[chosen], DECIMALS)
		sums = np.bincount(known.codes[chosen], weights=amounts, minlength=len(known.index) + 1)
		# Whoever has no document is at -1, where nothing was added up.
		found = sums[known.index.get_indexer(pd.Index(self.names, dtype=object))]
		return np.asarray(np.round(found, DECIMALS) + 0.0, dtype=np.float64)

	def scores(self, *fields: str) -> pd.DataFrame:
		"""Fields of the Customer Score of each customer, in their order.

		Where nothing is held a date is NaT, a number NaN and a text empty.
		"""
		if self.limited_to and set(fields) & set(_OF_PURCHASES):
			return self._scores_with_own_dates(fields)
		frame = customer_scores.read_fields(("customer", *fields), self.few).set_index("customer")
		if frame.index.has_duplicates:  # they were merged just now, and one row counts
			twice = frame.index[frame.index.duplicated()].unique().tolist()
			one = customer_scores.read_held(twice).set_index("customer")[list(fields)]
			frame = pd.concat([frame[~frame.index.isin(twice)], one])
		held = Held(frame, pd.Index(self.names, dtype=object))
		return pd.DataFrame({field: _column(held, field, frame[field].dtype.kind) for field in fields})

	def _scores_with_own_dates(self, fields: Sequence[str]) -> pd.DataFrame:
		"""The same with first and last purchase in the reader's own companies."""
		own = replace(self, companies=self.limited_to).sales(None, state.today())
		day = own[own["counts"]].groupby("customer")["posting_date"]
		found = self.scores(*(name for name in fields if name not in _OF_PURCHASES))
		for name in set(fields) & set(_OF_PURCHASES):
			dates = day.agg(_OF_PURCHASES[name]).reindex(self.names).astype("datetime64[s]")
			found[name] = dates.to_numpy()
		return found[list(fields)]

	def seen_of(self, documents: pd.DataFrame) -> pd.DataFrame:
		"""Of documents from which a grade follows, those of which the reader may know."""
		return of_companies(documents, self.limited_to).reset_index(drop=True)

	def sales(self, since: date | None, until: date, with_cost: bool = False) -> pd.DataFrame:
		"""Documents of these customers in some days, by the engine's own reading, as if the last were today.

		Money counts on a document's own posting date whatever the policy says, as it does in the ledger.

		Args:
			since: the first day; None for all.
			until: the last day.
			with_cost: with ``gross_profit``, NaN where the cost is unknown.

		Returns:
			The columns of ``Facts.sales``, and ``is_pos``, ``counts`` (a purchase that counts), ``rung``.
		"""
		known = self.known(since, until, with_cost)
		ledger = Ledger.build(known, until)
		plain = {name: known.sales[name].astype(object) for name in ("customer", "company")}
		found = known.sales.assign(net_amount=ledger.amounts, counts=ledger.counted, **plain)
		if with_cost:
			found["gross_profit"] = ledger.profits
		at = pd.Index(self.names, dtype=object).get_indexer(known.index)[known.codes]
		mine = at >= 0
		if self.companies:
			mine &= found["company"].isin(self.companies).to_numpy()
		rungs = self.customers["rung"].to_numpy(dtype=object)[at[mine]]
		return found[mine].assign(rung=rungs)


def position(policy: Policy, tier: str) -> int:
	"""Where a tier that the reader chose stands in the published policy, the lowest being 0.

	Raises:
		frappe.ValidationError: it has no such tier.
	"""
	found = policy.position(tier)
	if found < 0:
		frappe.throw(
			_("{0} is not a tier of the published policy. Choose one of its tiers.").format(escape_html(tier))
		)
	return found


def read_seen(policy: Policy, chosen: C) -> Seen[C]:
	"""The customers that the reader may see and the filters choose.

	Raises:
		frappe.PermissionError: the reader may not see customers, or not this company.
	"""
	limited_to = [] if access.sees_all() else sorted(access.allowed())
	return Seen(policy, chosen, _customers(chosen), _companies(chosen), limited_to)


def _column(held: Held, field: str, kind: str) -> np.ndarray:
	if kind == "M":
		return held.days(field).astype("datetime64[s]")
	if kind == "f":
		return held.numbers(field)
	return bulk_reading.shared(held.objects(field), {None: ""})


def is_restricted() -> bool:
	"""Whether user permissions keep customers or documents from the reader."""
	return bool(get_user_permissions(frappe.session.user))


def _customers(chosen: Filters) -> pd.DataFrame:
	if not frappe.has_permission("Customer", "read"):
		frappe.throw(
			_(
				"You may not read customers, so this report has nothing to show you. Ask for a role that may, such as Sales User."  # noqa: E501 a sentence is translated whole
			),
			frappe.PermissionError,
		)
	listed = frappe.get_list(
		"Customer",
		filters=_conditions(chosen),
		fields=list(_FIELDS),
		as_list=True,
		order_by="name asc",
		limit=0,
	)
	found = list(zip(*listed, strict=True)) or [()] * len(_FIELDS)
	columns = {
		name: np.array(values, dtype=object) for name, values in zip(_FIELDS.values(), found, strict=True)
	}
	for name in ("rung", "stage", "segment"):
		columns[name] = bulk_reading.shared(columns[name], {None: ""})
	frame = pd.DataFrame(columns, copy=False)
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
	"""Those of the chosen person or of one below him; never those whose forms the reader may not open."""
	hidden = permissions.closed_by_rows()
	if hidden:
		customers = customers[~customers["customer"].isin(hidden)]
	if sales_person:
		below = [sales_person, *frappe.db.get_descendants("Sales Person", sales_person)]
		filters = {"parenttype": "Customer", "sales_person": ("in", below)}
		mine = frappe.get_all("Sales Team", filters=filters, pluck="parent", order_by=None)
		customers = customers[customers["customer"].isin(set(mine))]
	return customers.reset_index(drop=True)


def _companies(chosen: Filters) -> list[str]:
	"""The companies whose documents are shown; empty: all."""
	allowed = access.allowed()
	if chosen.company and allowed and chosen.company not in allowed:
		frappe.throw(_("You may not see this company's documents."), frappe.PermissionError)
	return [chosen.company] if chosen.company else sorted(allowed)


def of_companies(documents: pd.DataFrame, companies: Sequence[str]) -> pd.DataFrame:
	"""The documents of these companies; of all where none is named."""
	return documents[documents["company"].isin(companies)] if companies else documents
