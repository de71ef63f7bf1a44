"""What a caller sends, checked before anything is done with it. Nothing is quoted back as it came."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime
from typing import Any

import frappe
from frappe.utils import escape_html, flt

from customer_tiering.wording.texts import _

MAX_TEXT = 10_000
#: What the columns of a site hold; a number beyond is a slip of the pen.
MAX_NUMBER = {"Float": 1e11, "Int": 2**31 - 1, "Check": 1}
#: What a wide column holds: an amount that is added up over many documents.
MAX_SUM = 1e18
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
_POINT = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{6})?)(?: (\S{1,140}))?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def names(value: Any) -> list[str]:
	"""A list of names, or the JSON of one."""
	try:
		found = json.loads(value) if isinstance(value, str) else value
	except (ValueError, RecursionError):
		found = None
	if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
		frappe.throw(_("Customers must be a list of names."))
	return found


def choices(value: Any) -> dict[str, Any]:
	"""What somebody chose, by name, or the JSON of it; nothing is no choice."""
	try:
		found = json.loads(value) if isinstance(value, str) and value else value or {}
	except (ValueError, RecursionError):
		found = None
	if not isinstance(found, dict):
		frappe.throw(_("What is chosen must be named."))
	return found


def is_name(value: Any) -> bool:
	"""Whether a value can be the name of a document."""
	return isinstance(value, str) and 0 < len(value) <= 140 and _is_text(value)


def text(value: Any) -> str:
	"""A text that a column holds; nothing is an empty one."""
	text = "" if value is None else value
	if not isinstance(text, str) or len(text) > MAX_TEXT or not _is_text(text):
		frappe.throw(_("This must be a text of up to {0} characters.").format(MAX_TEXT))
	return text


def whole(value: Any) -> int:
	"""A whole number; nothing is 0."""
	try:
		return int(value or 0)
	except (TypeError, ValueError, OverflowError):
		frappe.throw(_("This must be a whole number."))


def point(value: Any) -> tuple[datetime, str]:
	"""A time and perhaps the name of a row written then; nothing is before all."""
	if not value:
		return datetime.combine(FIRST_DAY, datetime.min.time()), ""
	found = _POINT.fullmatch(value) if isinstance(value, str) else None
	try:
		if found is None:
			raise ValueError
		return datetime.fromisoformat(found[1]), found[2] or ""
	except ValueError:
		frappe.throw(_("A time must be written like {0}.").format("2026-12-31 23:59:59"))


def day(value: Any) -> date | None:
	"""A date, or none."""
	if not value or isinstance(value, date):
		return value or None
	try:
		found = date.fromisoformat(value) if _DAY.fullmatch(value) else None
	except (TypeError, ValueError):
		found = None
	if found is None or not FIRST_DAY <= found <= LAST_DAY:
		frappe.throw(
			_("A date must be written like 2026-12-31, and lie between {0} and {1}.").format(
				FIRST_DAY, LAST_DAY
			)
		)
	return found


def _is_text(value: str) -> bool:
	"""Half a character, as JSON can spell it, is no text."""
	return not any("\ud800" <= character <= "\udfff" for character in value)


def check_fields(doc: Any) -> None:
	"""Refuse what the columns of a document, or of its rows, cannot hold."""
	for part in (doc, *doc.get_all_children()):
		for field in part.meta.fields:
			_check_field(field, part.get(field.fieldname))


def _check_field(field: Any, value: Any) -> None:
	if field.fieldtype in MAX_NUMBER:
		number, most = flt(value), MAX_SUM if field.length else MAX_NUMBER[field.fieldtype]
		if not (math.isfinite(number) and abs(number) <= most):
			frappe.throw(
				_("{0} must lie between {1} and {2}.").format(
					escape_html(_(field.label, field.parent)), -most, most
				)
			)
	elif field.fieldtype == "Small Text" and len(str(value or "")) > MAX_TEXT:
		frappe.throw(
			_("{0} must not be longer than {1} characters.").format(
				escape_html(_(field.label, field.parent)), MAX_TEXT
			)
		)
