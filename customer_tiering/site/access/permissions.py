"""Who may not read a customer may not read what was graded about him, nor a total that counts him."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.model.db_query import DatabaseQuery
from frappe.permissions import get_allowed_docs_for_doctype, get_user_permissions
from frappe.query_builder import DocType
from frappe.translate import get_user_lang

from customer_tiering.names import ROLE
from customer_tiering.site.access import companies

NOBODY = "1 = 0"
#: Rows with figures of all companies: for those alone who may see all of them.
WITH_FIGURES = ("Customer Score", "Tier Change", "Customer Follow-up")
#: Who may configure, publish and override.
MAY_CONFIGURE = (ROLE, "System Manager")
_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.S)
_ESCAPED = re.compile(r"\\.|''", re.S)
_MEANS = {
	r"\0": "\0", r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\Z": "\x1a", r"\%": r"\%", r"\_": r"\_",
}  # fmt: skip


def query_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""The rows of a DocType with a link to Customer that a list, report or count may show to a user."""
	if doctype in WITH_FIGURES and not companies.sees_all(user):
		return NOBODY
	return customers_condition(user, doctype)


def customers_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""The rows of a DocType that are about customers whom a user may see.

	The host's own condition on Customer decides, with all that goes into it: user permissions on the
	customer, his territory or group, documents shared, and what other apps add. So do, as on his form, user
	permissions on what the rows of his tables link to, such as his sales persons.
	"""
	user = user or frappe.session.user
	if not frappe.has_permission("Customer", "read", user=user):
		return NOBODY
	condition = DatabaseQuery("Customer", user=user).build_match_conditions()
	column, parts = f"`tab{doctype}`.`customer`", []
	if condition:
		readable = f"SELECT `tabCustomer`.`name` FROM `tabCustomer` WHERE {_without_percent(condition)}"
		parts.append(f"{column} IN ({readable})")
	closed = [_without_percent(query.get_sql()) for query in _closed_by_rows(user)]
	return " AND ".join([*parts, *(f"{column} NOT IN ({query})" for query in closed)])


def closed_by_rows(user: str | None = None) -> set[str]:
	"""The customers whose forms the host refuses a user because of what a row of their tables links to."""
	found = (query.run(pluck=True) for query in _closed_by_rows(user or frappe.session.user))
	return {name for names in found for name in names}


def _closed_by_rows(user: str) -> Iterator[Any]:
	"""A query per link of a table of Customer on which a user has permissions: who links to anything else."""
	permissions = get_user_permissions(user)
	for table in frappe.get_meta("Customer").get_table_fields():
		for field in frappe.get_meta(table.options).get_link_fields():
			allowed = get_allowed_docs_for_doctype(permissions.get(field.options, []), "Customer")
			if not allowed or field.ignore_user_permissions:
				continue
			row = DocType(table.options)
			query = frappe.qb.from_(row).select(row.parent).where(row.parenttype == "Customer")
			yield query.where((row[field.fieldname] != "") & row[field.fieldname].notin(sorted(allowed)))


def has_permission(doc: Any, ptype: str | None = None, user: str | None = None, **_more: Any) -> bool:
	"""Whether a user may read one such row. A customer who was deleted is read by whoever may read all."""
	user = user or frappe.session.user
	customer = doc.get("customer")
	if not customer or user == "Administrator":
		return True
	if doc.doctype in WITH_FIGURES and not companies.sees_all(user):
		return False
	if not frappe.db.exists("Customer", customer):
		return query_condition(user, doc.doctype) == ""
	return _may_read(customer, user)


def _may_read(customer: str, user: str) -> bool:
	"""Whether a user may read a customer; the host's reasons, which name him, are not told."""
	told = frappe.flags.pop("has_permission_check_logs", None)
	try:
		return bool(frappe.has_permission("Customer", "read", customer, user=user))
	finally:
		frappe.flags["has_permission_check_logs"] = told


def sees_everyone(user: str | None = None) -> bool:
	"""Whether nothing keeps any customer or document from a user: only then may he know totals of all."""
	user = user or frappe.session.user
	return query_condition(user, "Customer Score") == "" and not get_user_permissions(user)


def totals_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""All rows of a DocType with totals, or none."""
	return "" if sees_everyone(user) else NOBODY


def may_see_totals(doc: Any, ptype: str | None = None, user: str | None = None, **_more: Any) -> bool:
	"""Whether a user may read a row with totals of all customers."""
	return sees_everyone(user)


def may_name(user: str, other: str) -> bool:
	"""Whether a user may have a report mailed by the permissions of another."""
	return user in (other, "Administrator") or "System Manager" in frappe.get_roles(user)


@contextmanager
def acting(user: str) -> Iterator[None]:
	"""See what a user may see, in his language. A request and its session go on as if nothing had been."""
	session, language, form = frappe.session.copy(), frappe.local.lang, frappe.local.form_dict
	frappe.set_user(user)
	frappe.local.lang = get_user_lang(user)
	try:
		yield
	finally:
		frappe.set_user(session.user)
		frappe.session.update(sid=session.sid, data=session.data)
		frappe.local.lang, frappe.local.form_dict = language, form


def _without_percent(condition: str) -> str:
	"""The same condition without a per cent sign: the hosts disagree on whether it stands for itself."""
	return _LITERAL.sub(_spelled_out, condition)


def _spelled_out(literal: re.Match[str]) -> str:
	if "%" not in literal[0]:
		return literal[0]
	text = _ESCAPED.sub(lambda found: _MEANS.get(found[0], found[0][1:]), literal[0][1:-1])
	return f"_utf8mb4 0x{text.encode().hex()}"
