"""The app's own log file. Not the Error Log: that would write into a transaction that must not fail."""

from __future__ import annotations

import sys
from contextlib import suppress

import frappe


def note(message: str) -> None:
	"""Write down what failed just now, or a message alone; if that fails too, nobody hears of it."""
	with suppress(Exception):
		frappe.logger("customer_tiering").error(message, exc_info=sys.exc_info()[0] is not None)
