"""A table of a review: the same on the page and in the workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from customer_tiering.wording.figures import number, percent

#: Kinds of cells, and on which side they stand.
NUMBERS = ("count", "money", "percent", "days", "score", "change")


@dataclass(frozen=True)
class Column:
	"""A column: its name in the rows, its heading, and what its cells are.

	``kind`` is ``text``, ``sentence``, ``date``, ``count``, ``days``, ``score``, ``money``, ``percent``
	(0-100) or ``change`` (a percentage with its sign). With ``heat`` a cell is the darker the more it is, up
	to that value; ``under`` names the column of a word that stands below the figure; in the rows where
	``still``, a column of flags, is true, the cell has no heat but a frame.
	"""

	name: str
	heading: str
	kind: str = "text"
	heat: float = 0.0
	under: str = ""
	still: str = ""


@dataclass(frozen=True)
class Table:
	"""Rows below headings.

	Attributes:
		name: of its sheet and its place on the page: letters.
		title: what it is, in the reader's words.
		columns: in order.
		rows: a row each; NaN, NaT and None are blank.
		total: one more row over everything; empty: there is none.
		most: so many rows are on the page; all are in the workbook.
		rest: a sentence on those that are not on the page.
		sorts: whether a reader can sort and search it.
	"""

	name: str
	title: str
	columns: Sequence[Column]
	rows: pd.DataFrame
	total: dict[str, Any] | None = None
	most: int = 10_000
	rest: str = ""
	sorts: bool = False


def shown(value: Any, kind: str) -> str:
	"""A cell as people read it; blank for what is not there."""
	if is_blank(value):
		return ""
	if kind == "date":
		return str(pd.Timestamp(value).date())
	if kind in ("text", "sentence"):
		return str(value)
	return _numbers(float(value), kind)


def _numbers(value: float, kind: str) -> str:
	if kind == "percent":
		return percent(value)
	if kind == "change":
		return f"+{percent(value)}" if value > 0 else percent(value).replace("-", "−")
	return number(value, {"money": 2, "score": 2}.get(kind, 0))


def is_blank(value: Any) -> bool:
	"""Whether there is nothing to be shown."""
	return value is None or bool(pd.isna(value))


def warmth(value: Any, column: Column) -> int:
	"""How dark a cell is, from 0 to 9; counts by their square root, so that small ones can be told apart."""
	if is_blank(value) or column.heat <= 0 or float(value) <= 0:
		return 0
	part = min(float(value) / column.heat, 1.0)
	return int(np.ceil(9 * (part if column.kind == "percent" else np.sqrt(part))))
