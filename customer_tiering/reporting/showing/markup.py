"""Cells for HTML that takes them as they are, as that of the host's mails does: names are no markup in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from frappe.utils import escape_html, fmt_money

from customer_tiering.reporting.showing import addresses

Row = dict[str, Any]
_wanted: ContextVar[bool] = ContextVar("wanted", default=False)


@contextmanager
def cells(wanted: bool) -> Iterator[None]:
	"""Reports that are run inside give their cells as markup, if that is wanted."""
	token = _wanted.set(wanted)
	try:
		yield
	finally:
		_wanted.reset(token)


def is_wanted() -> bool:
	"""Whether a report is to give its cells as markup."""
	return _wanted.get()


def made(columns: list[Row], rows: list[Row], currency: str) -> tuple[list[Row], list[Row]]:
	"""Columns and rows with every text, number and link as markup; the host would show a blank as nought."""
	texts = [column for column in columns if column["fieldtype"] in _CELLS]
	for row in rows:
		row |= {
			column["fieldname"]: _CELLS[column["fieldtype"]](
				row.get(column["fieldname"]), column, row, currency
			)
			for column in texts
		}
	return [_text_column(column) if column in texts else column for column in columns], rows


def _text_column(column: Row) -> Row:
	return {key: value for key, value in column.items() if key != "options"} | {"fieldtype": "Data"}


def _text(value: Any, *_more: Any) -> str:
	return "" if value is None else escape_html(str(value))


def _money(value: Any, _column: Row, _row: Row, currency: str) -> str:
	return "" if value is None else _right(fmt_money(value, currency=currency))


def _number(value: Any, column: Row, *_more: Any) -> str:
	precision = {"Int": 0, "Percent": 1}.get(column["fieldtype"], column.get("precision", 2))
	unit = "%" if column["fieldtype"] == "Percent" else ""
	return "" if value is None else _right(f"{fmt_money(value, precision=int(precision))}{unit}")


def _right(text: str) -> str:
	return f'<div style="text-align:right;white-space:nowrap">{escape_html(text)}</div>'


def _link(value: Any, column: Row, row: Row, _currency: str) -> str:
	doctype = row.get(column["options"]) if column["fieldtype"] == "Dynamic Link" else column["options"]
	if not value or not doctype or row.get("is_total"):
		return _text(value)
	return f'<a href="{escape_html(addresses.whole(addresses.form(doctype, value)))}">{_text(value)}</a>'


_CELLS = {
	"Data": _text,
	"Currency": _money,
	"Link": _link,
	"Dynamic Link": _link,
	**dict.fromkeys(("Int", "Float", "Percent"), _number),
}
