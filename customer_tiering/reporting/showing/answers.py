"""From what a reader chose to what the desk shows: the page of a report, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import frappe
import pandas as pd
from frappe.utils import escape_html

from customer_tiering.engine import FactsError
from customer_tiering.formulas import guard
from customer_tiering.reporting.choosing import reader
from customer_tiering.reporting.choosing.filters import Chosen
from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.showing import mailed, markup, sentences
from customer_tiering.reporting.showing.sentences import bold, nobody
from customer_tiering.reporting.showing.tables import Row, column, plain
from customer_tiering.site.grading import state
from customer_tiering.wording.problems import of_facts
from customer_tiering.wording.texts import _

Answer = tuple[list[Row], list[Row], str, Row | None, list[Row] | None]


@dataclass
class Page:
	"""What a report answers.

	Attributes:
		columns: made by :func:`column`.
		rows: a row each; dates as ``date`` objects, NaN and None are blank.
		total: one more row, bold, below the others; it is worked out over everything, never added up.
		message: sentences, a paragraph each; names in them are escaped.
		chart: as the host draws it.
		summary: made by :func:`item`.
	"""

	columns: list[Row]
	rows: pd.DataFrame
	total: pd.DataFrame | None = None
	message: list[str] = field(default_factory=list)
	chart: Row | None = None
	summary: list[Row] | None = None


def report(
	kind: type[Chosen], build: Callable[[Seen[Chosen]], Page]
) -> Callable[[Mapping[str, Any] | None], Answer]:
	"""The ``execute`` of a report, which the desk and its mails call; see :func:`answer`."""
	return partial(answer, kind, build)


def answer(
	kind: type[Chosen], build: Callable[[Seen[Chosen]], Page], raw: Mapping[str, Any] | None = None
) -> Answer:
	"""Columns, rows, message, chart and summary.

	Args:
		kind: the report's filters.
		build: makes the page from what the reader may see; called only if there is something published, and
			somebody to be seen.
		raw: what came from the browser.

	Raises:
		frappe.ValidationError: a filter cannot be, or a document cannot be read; the sentence says which.
	"""
	with mailed.as_named():
		return _answer(kind.of(raw or {}), build)


def _answer(chosen: Chosen, build: Callable[[Seen[Chosen]], Page]) -> Answer:
	current, why = state.readable()
	if current is None:
		return [], [], escape_html(why) or _nothing_published(), None, None
	seen = reader.read_seen(current.policy, chosen)
	if seen.customers.empty:
		return [], [], nobody(), None, None
	try:
		page = build(seen)
	except FactsError as error:
		frappe.throw(_("A document cannot be counted: {0}").format(escape_html(of_facts(error))))
	return _shown(page, seen)


def _shown(page: Page, seen: Seen[Any]) -> Answer:
	message = "<br>".join([*page.message, *sentences.below_zero(page.rows), *_for_the_reader(seen)])
	if len(page.rows) > _most_rows():
		return page.columns, [], _too_many(len(page.rows)), None, page.summary
	needed = _needed(page.columns)
	rows = plain(_only(page.rows.assign(currency=seen.currency), needed))
	if page.total is not None and len(page.total):
		rows += plain(_only(page.total.assign(currency=seen.currency, is_total=1, bold=1), needed))
	if markup.is_wanted():
		columns, rows = markup.made(page.columns, rows, seen.currency)
	else:
		columns, rows = (page.columns, rows) if _is_drawn() else guarded(captioned(page.columns), rows)
	return columns, rows, message, page.chart, page.summary


def _is_drawn() -> bool:
	"""Whether it is the desk that asks. Whoever else does makes a file or a mail of the answer."""
	return bool(frappe.form_dict.get("cmd") == "frappe.desk.query_report.run")


def captioned(columns: Sequence[Row]) -> list[Row]:
	"""The same with a column of its own for each word that says what a figure is of."""
	found: list[Row] = []
	for shown in columns:
		if word := shown.get("caption") or shown.get("file_caption"):
			label = _("{0}: what it is of").format(shown["label"])
			found.append(column(word, label, "Data", 120))
		found.append(shown)
	return found


def guarded(columns: Sequence[Row], rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
	"""The same without a text that a spreadsheet takes for a formula; the host would write it as one."""
	return (
		[shown | {"label": guard(shown["label"])} for shown in columns],
		[
			{name: guard(value) if isinstance(value, str) else value for name, value in row.items()}
			for row in rows
		],
	)


#: What names another column of the rows.
_NAMING = ("pill", "options", "caption", "file_caption")


def _needed(columns: Sequence[Row]) -> set[str]:
	"""The columns of the rows that the browser needs: those shown, and those that they refer to."""
	needed = {"currency", "is_total", "bold", "indent"}
	for shown in columns:
		needed |= {shown["fieldname"], *(shown.get(key) for key in _NAMING)}
		needed |= set(shown.get("behind", {}).get("row", {}).values())
	return needed


def _only(rows: pd.DataFrame, needed: set[str]) -> pd.DataFrame:
	return rows[[name for name in rows if name in needed]]


def _for_the_reader(seen: Seen[Any]) -> list[str]:
	if not reader.is_restricted():
		return []
	return [_("Only customers and companies that you may see are counted."), *sentences.whose(seen)]


def _nothing_published() -> str:
	return _(
		"No policy is published yet, so no customer has a tier. Publish one in Customer Tiering Settings, then come back."  # noqa: E501 a sentence is translated whole
	)


def _too_many(rows: int) -> str:
	return _(
		"These are too many rows to list, so none is shown: {0}. Choose a tier, a customer or fewer days."
	).format(bold(rows))


def _most_rows() -> int:
	"""How many rows the desk draws."""
	return int(frappe.db.get_single_value("System Settings", "max_report_rows") or 100_000)
