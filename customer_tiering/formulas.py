"""Texts that a spreadsheet would run: whoever names a customer so must not reach who opens the file."""

from __future__ import annotations

import re

#: A spreadsheet would run a text that begins so. Texts that look guarded already are guarded once more, so
#: that taking one apostrophe away always gives back what was there.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")


def guard(text: str) -> str:
	"""A text that no spreadsheet takes for a formula."""
	return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
	"""What :func:`guard` was given."""
	return text[1:] if _GUARDED.match(text) else text
