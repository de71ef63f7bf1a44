"""The app's own texts in the reader's language.

One dictionary serves a whole site, and the last app's row is what everybody reads: "Lost" of ours would
rename every lost quotation. So a text that the host uses for something else has a row with a context here,
and every text is looked up with it.
"""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe.translate import get_all_translations

from customer_tiering.names import MODULE


def _(text: str, context: str = MODULE) -> str:
	"""A text of the app; with the name of a DocType as context, a label or a choice of it."""
	return frappe._(text, context=context)


def named(name: str, context: str) -> str:
	"""A name that people give, such as a tier's: translated only where it is known under its own context.

	The app's ready-made names are; whatever else somebody calls a thing is shown as it is, also where the
	host has such a word.
	"""
	return get_all_translations(frappe.local.lang).get(f"{name}:{context}") or name


def listed(words: Iterable[str]) -> str:
	"""Words one after the other, with the comma of the reader's language between them."""
	return _between(_("{0}, {1}")).join(words)


def run_on(sentences: Iterable[str]) -> str:
	"""Sentences one after the other, with a space between them in languages that have it there."""
	return _between(_("{0} {1}")).join(sentences)


def _between(pair: str) -> str:
	return pair.removeprefix("{0}").removesuffix("{1}")
