"""How a report is shown: columns, the lists behind figures, rows and totals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from unicodedata import east_asian_width

import pandas as pd

from customer_tiering.wording.labels import labels, segment_label, stage_label, tier_label
from customer_tiering.wording.texts import _

Row = dict[str, Any]

DECIMALS = 4  # as the engine keeps amounts


# -- columns and rows -------------------------------------------------------------------------------


def column(fieldname: str, label: str, fieldtype: str, width: int, **more: Any) -> Row:
	"""A column of the table.

	Args:
		fieldname: the column of the rows.
		label: translated.
		fieldtype: of the host: Data, Int, Float, Currency, Percent, Date, Link, Dynamic Link.
		width: pixels; more where the label needs it, whatever the language.
		more: ``options``; ``behind``, made by :func:`behind`, and ``total_behind=0``: the total has none;
			``pill``: the column that names the tier whose colour the text gets; ``trend``: green above zero
			and red below; ``heat``: the value at which a cell has its full colour; ``caption``: the column
			with a word that stands beside the figure on the screen and on paper; ``file_caption``: the same
			in files alone, where the screen has no room; ``translate``: the values are words of the host.
	"""
	more = {"Currency": {"options": "currency"}, "Percent": {"precision": 1}}.get(fieldtype, {}) | more
	wide = max(width, _room(label))
	return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": wide, **more}


def _room(label: str) -> int:
	"""Pixels of a heading beside its arrow; a Chinese character is as wide as two letters."""
	return 40 + sum(14 if east_asian_width(letter) in "WF" else 7 for letter in label)


def behind(report: str, row: Mapping[str, str] | None = None, **filters: Any) -> Row:
	"""The list behind a figure: a report with the filters that were chosen, and these.

	Args:
		report: its name.
		row: filters that come from the figure's row: their names, and the columns that hold their values.
			Where a row has none, as the total has, the filter stays as it was chosen.
		filters: filters with the same value for every row.
	"""
	fixed = {name: value.isoformat() if isinstance(value, date) else value for name, value in filters.items()}
	return {"report": report, "row": dict(row or {}), "filters": fixed}


def with_labels(rows: pd.DataFrame) -> pd.DataFrame:
	"""Rows with ``rung``, and perhaps ``stage`` and ``segment``, and now ``tier`` for people to read."""
	kinds = {"stage": stage_label, "segment": segment_label}
	words = {name: labels(rows[name], label) for name, label in kinds.items() if name in rows}
	return rows.assign(tier=labels(rows["rung"], tier_label), **words)


def dates(days: pd.Series) -> pd.Series:
	"""Days as the table takes them: ``date`` objects, None where there is none."""
	found = days.to_numpy().astype("datetime64[D]").tolist()
	return pd.Series(found, index=days.index, dtype=object)


def rounded(amounts: pd.Series | pd.DataFrame) -> Any:
	"""Amounts to the decimals that the engine keeps, without a negative zero."""
	return amounts.astype(float).round(DECIMALS) + 0.0


def ratio(above: Any, below: pd.Series, factor: float = 1.0, decimals: int = DECIMALS) -> pd.Series:
	"""above ÷ below × factor, NaN unless below is above zero."""
	return (above / below.where(below > 0) * factor).round(decimals) + 0.0


def change(now: pd.Series, before: pd.Series) -> pd.Series:
	"""By how many percent it is more than before; NaN where there was nothing before."""
	return ratio(now - before, before, 100, 1)


def by_revenue(rows: pd.DataFrame, then: str = "customer") -> pd.DataFrame:
	"""Rows with most revenue first, by name where it is equal."""
	return rows.sort_values(["revenue", then], ascending=[False, True], kind="stable")


def total_revenue(rows: pd.DataFrame) -> pd.DataFrame:
	"""The total of a list of customers."""
	total = rounded(pd.Series([rows["revenue"].sum()]))
	return pd.DataFrame({"customer": [_("Total")], "revenue": total})


def plain(rows: pd.DataFrame) -> list[Row]:
	"""Rows as dicts of what JSON takes: None for every NaN."""
	columns = [_plain_column(rows[name]) for name in rows]
	return [dict(zip(rows.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain_column(values: pd.Series) -> list[Any]:
	found = values.tolist()
	if values.dtype.kind in "iub":
		return found
	return [None if empty else value for value, empty in zip(found, values.isna(), strict=True)]
