"""What was decided about files while they were read, to be told: why, how many rows, how much money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Decision:
	"""One thing that was decided.

	Attributes:
		what: its kind, for programs.
		told: a sentence for people.
		rows: how many rows it is about; None if it is about none in particular.
		net_amount: their net amount as it was read; None where none was.
	"""

	what: str
	told: str
	rows: int | None = None
	net_amount: float | None = None

	def as_data(self) -> dict[str, Any]:
		"""For ``summary.json``."""
		found = {"what": self.what, "told": self.told, "rows": self.rows, "net_amount": self.net_amount}
		return {key: value for key, value in found.items() if value is not None}


def many(count: int, one: str) -> str:
	"""1 row; 2 rows."""
	return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def money(amount: float) -> str:
	"""To the penny, with separators."""
	return f"{amount + 0.0:,.2f}"


def listed(words: list[str], most: int = 5) -> str:
	"""Words one after the other, and how many more there are."""
	more = len(words) - most
	if more > 0:
		return f"{', '.join(words[:most])} and {more:,} more"
	return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
