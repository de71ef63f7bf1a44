"""The host's web application with the app's document hooks left out: what a submit costs without them."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.app import application

__all__ = ["application"]
_get_hooks = frappe.get_hooks


def _without_ours(hook: str | None = None, *args: Any, **kwargs: Any) -> Any:
	found = _get_hooks(hook, *args, **kwargs)
	if hook != "doc_events":
		return found
	return {
		doctype: {
			event: [path for path in paths if not path.startswith("customer_tiering.")]
			for event, paths in events.items()
		}
		for doctype, events in found.items()
	}


frappe.get_hooks = _without_ours
