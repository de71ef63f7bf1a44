"""A review as one page of HTML: everything that it needs is in it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from customer_tiering.review.page import charts
from customer_tiering.review.section import Section, Told
from customer_tiering.review.tables import NUMBERS, Table, is_blank, shown, warmth
from customer_tiering.wording.texts import _, language

_FOLDER = Path(__file__).parent
#: A released file of simple-datatables 10.3.0, as it is: tables that sort and search.
_LIBRARY = "simple-datatables.js"


def page(told: Told) -> str:
	"""The page, in the reader's language. Whatever comes from data is escaped."""
	return _template().render(
		told=told,
		language=language().code,
		charts={section.name: _drawn(section) for section in told.sections if section.chart},
		hatch=Markup(charts.HATCH),
		styles=Markup(_text("page.css")),
		library=Markup(_text(_LIBRARY)),
		script=Markup(_text("page.js")),
		labels=_labels(),
		contents=_("Contents"),
		do=_("What to do"),
	)


def _drawn(section: Section) -> Markup:
	assert section.chart is not None
	return Markup(charts.draw(section.name, section.chart))


def _labels() -> dict[str, str]:
	"""What the library says."""
	return {
		"placeholder": _("Search…"),
		"searchTitle": _("Search within the table"),
		"searchLabel": "",
		"noRows": _("There is nothing here."),
		"noResults": _("Nothing matches."),
		"info": "",
		"sortHint": _("Sort by this column"),
	}


@cache
def _template() -> Template:
	environment = Environment(
		loader=FileSystemLoader(_FOLDER),
		autoescape=True,
		undefined=StrictUndefined,
		trim_blocks=True,
		lstrip_blocks=True,
	)
	environment.globals |= {
		"shown": shown,
		"warmth": warmth,
		"order": _order,
		"records": _records,
		"numbers": NUMBERS,
	}
	return environment.get_template("page.html")


def _records(table: Table) -> list[dict[str, Any]]:
	"""The rows that are on the page."""
	names = [name for column in table.columns for name in (column.name, column.under, column.still) if name]
	found: list[dict[str, Any]] = table.rows[names][: table.most].to_dict("records")
	return found


def _order(value: Any, kind: str) -> str:
	"""What a cell is sorted by; a blank one comes before all others."""
	if is_blank(value):
		return "" if kind == "date" else "-1e300"
	return shown(value, kind) if kind == "date" else repr(float(value))


@cache
def _text(name: str) -> str:
	return (_FOLDER / name).read_text(encoding="utf-8")
