"""Who may not read a customer may not read what was graded about him, nor a total that counts him."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.model.db_query import DatabaseQuery
from frappe.permissions import get_user_permissions
from frappe.translate import get_user_lang

from customer_tiering.names import ROLE

NOBODY = "1 = 0"
#: Who may configure, publish and override.
MAY_CONFIGURE = (ROLE, "System Manager")
_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.S)
_ESCAPED = re.compile(r"\\.|''", re.S)
_MEANS = {
	r"\0": "\0", r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\Z": "\x1a", r"\%": r"\%", r"\_": r"\_",
}  # fmt: skip


def query_condition(user: str | None = None, doctype: str | None = None) -> str:
	"""The rows of a DocType with a link to Customer that a list, report or count may show to a user.

	The host's own condition on Customer decides, with all that goes into it: user permissions on the
	customer, his territory or group, documents shared, and what other apps add.
	"""
	user = user or frappe.session.user
	if not frappe.has_permission("Customer", "read", user=user):
		return NOBODY
	condition = DatabaseQuery("Customer", user=user).build_match_conditions()
	if not condition:
		return ""
	readable = f"SELECT `tabCustomer`.`name` FROM `tabCustomer` WHERE {_without_percent(condition)}"
	return f"`tab{doctype}`.`customer` IN ({readable})"


def has_permission(doc: Any, ptype: str | None = None, user: str | None = None, **_more: Any) -> bool:
	"""Whether a user may read one such row. A customer who was deleted is read by whoever may read all."""
	user = user or frappe.session.user
	customer = doc.get("customer")
	if not customer or user == "Administrator":
		return True
	if not frappe.db.exists("Customer", customer):
		return query_condition(user, doc.doctype) == ""
	return bool(frappe.has_permission("Customer", "read", customer, user=user))


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


@contextmanager
def acting(user: str) -> Iterator[None]:
	"""See what a user may see, in his language."""
	before, language = frappe.session.user, frappe.local.lang
	frappe.set_user(user)
	frappe.local.lang = get_user_lang(user)
	try:
		yield
	finally:
		frappe.set_user(before)
		frappe.local.lang = language


def _without_percent(condition: str) -> str:
	"""The same condition without a per cent sign: the hosts disagree on whether it stands for itself."""
	return _LITERAL.sub(_spelled_out, condition)


def _spelled_out(literal: re.Match[str]) -> str:
	if "%" not in literal[0]:
		return literal[0]
	text = _ESCAPED.sub(lambda found: _MEANS.get(found[0], found[0][1:]), literal[0][1:-1])
	return f"_utf8mb4 0x{text.encode().hex()}"
