"""Addresses of pages of the desk, with what they are to show."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode

import frappe
from frappe.utils import get_url

_RULE = "/<path:app_path>"


def desk() -> str:
	"""Where the desk is. Hosts differ, and 16 sends people on from the old address without their choices."""
	rules = frappe.get_hooks("website_route_rules", app_name="frappe")
	return next(r["from_route"].removesuffix(_RULE) for r in rules if r["from_route"].endswith(_RULE))


def report(name: str, **filters: object) -> str:
	"""Path of a report with some filters."""
	chosen = f"?{urlencode(filters)}" if filters else ""
	return f"{desk()}/query-report/{quote(name)}{chosen}"


def form(doctype: str, name: str = "") -> str:
	"""Path of a document, or of a DocType's list."""
	page = f"{desk()}/{quote(frappe.scrub(doctype).replace('_', '-'))}"
	return f"{page}/{quote(name, safe='')}" if name else page


def review_page(month: date) -> str:
	"""Path of the review of a month as a page; whether it is shown is asked there again."""
	return f"/api/method/customer_tiering.api.review_page?month={month.isoformat()}"


def whole(path: str) -> str:
	"""The address of a path for somebody who is not on the site, as the reader of a mail is."""
	return get_url(path)
