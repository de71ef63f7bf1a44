"""Whose customers are: the first sales person of each, else his account manager."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import frappe
import pandas as pd

from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.wording.texts import _

Owned = TypeVar("Owned", bound="OwnedFilters")


@dataclass(frozen=True)
class OwnedFilters(Filters):
	"""Filters of a report that tells whose customers are.

	Attributes:
		owned_by: only this owner's customers: the name of a sales person or of a user.
		unowned: only customers without an owner.
	"""

	owned_by: str = ""
	unowned: bool = False

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if self.owned_by and self.unowned:
			frappe.throw(_("Choose either an owner or the customers without an owner: nobody is both."))


def narrowed(seen: Seen[Owned]) -> tuple[Seen[Owned], pd.Series]:
	"""What is seen of the chosen owner's customers, and the owner of each of them, empty: none."""
	owner = seen.owners()
	owner = owner.where(owner.notna(), "")
	chosen = seen.chosen
	if not (chosen.owned_by or chosen.unowned):
		return seen, owner
	mine = (owner == chosen.owned_by).to_numpy()
	customers = seen.customers[mine].reset_index(drop=True)
	return replace(seen, customers=customers), owner[mine]


def named(seen: Seen[Any], customers: pd.Series) -> list[str]:
	"""Whose each of some customers is, as people read it."""
	return labels(seen.owners().reindex(customers).fillna(""))


def labels(owners: pd.Series) -> list[str]:
	"""The owners as people read them: a sales person by his name, a user by his full name."""
	users = frappe.get_all(
		"User",
		filters={"name": ("in", owners.unique().tolist())},
		fields=["name", "full_name"],
		as_list=True,
		order_by=None,
	)
	names = {"": _("No Owner"), **{user: full_name or user for user, full_name in users}}
	return [names.get(owner, owner) for owner in owners]
