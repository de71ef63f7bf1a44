"""The app's own texts in the reader's language: on a site the reader's, in the command the chosen one.

One dictionary serves a whole site, and the last app's row is what everybody reads: "Lost" of ours would
rename every lost quotation. So a text that the host uses for something else has a row with a context here,
and every text is looked up with it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from customer_tiering.names import MODULE
from customer_tiering.wording.languages import ENGLISH, Language

_chosen: ContextVar[Language | None] = ContextVar("language", default=None)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
	"""All texts in a language, until the end of the block."""
	token = _chosen.set(language)
	try:
		yield
	finally:
		_chosen.reset(token)


def language() -> Language:
	"""The one that was chosen; else that of whoever reads on the site; English where there is none."""
	chosen = _chosen.get()
	if chosen is None and "frappe" in sys.modules:
		from customer_tiering.wording.host import Reader

		return Reader()
	return chosen or ENGLISH


def _(text: str, context: str = MODULE) -> str:
	"""A text of the app; with the name of a DocType as context, a label or a choice of it."""
	return language().text(text, context)


def named(name: str, context: str) -> str:
	"""A name that people give, such as a tier's: translated only where it is known under its own context.

	The app's ready-made names are; whatever else somebody calls a thing is shown as it is, also where the
	host has such a word.
	"""
	return language().name(name, context)


def listed(words: Iterable[str]) -> str:
	"""Words one after the other, with the comma of the reader's language between them."""
	return _between(_("{0}, {1}")).join(words)


def run_on(sentences: Iterable[str]) -> str:
	"""Sentences one after the other, but empty ones, with a space between them where the language has it."""
	return _between(_("{0} {1}")).join(filter(None, sentences))


def _between(pair: str) -> str:
	return pair.removeprefix("{0}").removesuffix("{1}")
