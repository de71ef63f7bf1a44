"""The facts that a policy needs, from a site's own tables: of everyone by one scan, of some by index."""

from __future__ import annotations

from collections.abc import Sequence

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType

from customer_tiering.engine import Facts, Policy
from customer_tiering.names import GRADE_FIELDS, GRADE_NUMBERS
from customer_tiering.site.acting import contacts
from customer_tiering.site.database import bulk_reading
from customer_tiering.site.reading import complaints, inquiries, metrics_of_apps, payments, sales, strays
from customer_tiering.site.reading import faulty as faulty_documents


def read_facts(policy: Policy, customers: Sequence[str] | None = None) -> Facts:
	"""The facts that a policy needs. Of each customer: with what he shows of his grade, as Customer has it.

	Args:
		policy: which documents count, and which tables its rules read.
		customers: only these; None for everyone.

	Raises:
		FaultyDocumentError: a document cannot be counted.
	"""
	known, faulty = read_sound_facts(policy, customers)
	for error in faulty.values():
		raise error
	return known


def read_sound_facts(
	policy: Policy, customers: Sequence[str] | None = None
) -> tuple[Facts, dict[str, Exception]]:
	"""The same but for whoever has a document that cannot be counted.

	Returns:
		the facts of all others, and the error of each of these.

	Raises:
		NoCurrencyExchangeError: of everyone's documents not one can be brought into the reporting currency.
	"""
	people = _customers(customers)
	names = people["customer"].tolist()
	internal = set(people.loc[people["is_internal_customer"], "customer"])
	found, unconverted = sales.all_sales(
		policy, customers, names, internal, sales.Period(), policy.needs_cost
	)
	if customers is None and unconverted and found["company"].isin([*unconverted]).all():
		frappe.throw(next(iter(unconverted.values())), faulty_documents.NoCurrencyExchangeError)
	faulty = faulty_documents.find(found, unconverted)
	if faulty:
		people = people[~people["customer"].isin([*faulty])].reset_index(drop=True)
	pipeline = inquiries.open_pipeline(customers)
	if pipeline is not None:
		pipeline["customer"] = strays.records(pipeline["customer"], names)
	sound = faulty_documents.without(found, faulty)
	known = Facts(
		sound,
		people,
		pipeline,
		_trees(policy),
		metrics_of_apps.functions(policy),
		payments.read_payments(sound, policy, customers) if "payments" in policy.tables else None,
		_complaints(customers, names) if "complaints" in policy.tables else None,
		_contacts(customers, names) if "contacts" in policy.tables else None,
	)
	return known, faulty


def _complaints(customers: Sequence[str] | None, names: Sequence[str]) -> pd.DataFrame:
	found = complaints.read_complaints(customers)
	return found.assign(customer=strays.records(found["customer"], names))


def _contacts(customers: Sequence[str] | None, names: Sequence[str]) -> pd.DataFrame:
	"""The days of every contact that counts."""
	found = sorted(contacts.days(customers=customers))
	with_whom = pd.Series([who for who, _day in found], dtype=object)
	days = pd.Series([day for _who, day in found], dtype="datetime64[s]")
	return pd.DataFrame({"customer": strays.records(with_whom, names), "date": days})


def _customers(customers: Sequence[str] | None) -> pd.DataFrame:
	shown = [name for name in GRADE_FIELDS if name not in GRADE_NUMBERS]
	texts = ["customer_group", "territory", "customer_type", *shown]
	fields = ["name", "disabled", "is_internal_customer", *GRADE_NUMBERS, *texts]
	table = DocType("Customer")
	query = frappe.qb.from_(table)
	if customers is not None:
		query = query.where(table.name.isin(customers))
	found = dict(zip(fields, bulk_reading.read_columns(query, *(table[f] for f in fields)), strict=True))
	flags = {name: np.array(found[name], dtype=bool) for name in ("disabled", "is_internal_customer")}
	shared = {name: bulk_reading.shared(found[name], {"": None}) for name in texts}
	numbers = {name: np.array(found[name], dtype=np.float64) for name in GRADE_NUMBERS}
	names = {"customer": np.array(found["name"], dtype=object)}
	return pd.DataFrame(names | flags | shared | numbers, copy=False)


def _trees(policy: Policy) -> dict[str, dict[str, str | None]]:
	"""Parents of every customer group and territory, where a rule's scope asks for them."""
	trees = {"customer_group": "Customer Group", "territory": "Territory"}
	return {
		field: dict(
			frappe.get_all(doctype, fields=["name", f"parent_{field}"], as_list=True, order_by=None, limit=0)
		)
		for field, doctype in trees.items()
		if any(getattr(rule, field) for rule in policy.rules)
	}
