"""Tier Tie-out: the tiers' revenue, document by document, against the Sales Register's net total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import frappe
import numpy as np
import pandas as pd
from frappe.query_builder import DocType

from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.choosing.reader import UNRATED, Seen, of_companies
from customer_tiering.reporting.listing import document_list, left_out
from customer_tiering.reporting.showing import answers, charts, sentences, tables
from customer_tiering.reporting.showing.answers import Page
from customer_tiering.reporting.showing.tables import Row
from customer_tiering.site.database import bulk_reading
from customer_tiering.site.reading import currency, sales
from customer_tiering.wording.labels import tier_label
from customer_tiering.wording.texts import _

NAME = "Tier Tie-out"
INCLUDED, TILL, REGISTER = "Included", "POS", "Sales Register"
#: Why a document is not included, in the order of the statement.
REASONS = (left_out.OPENING, left_out.INTERNAL, left_out.CONSOLIDATED, left_out.COMPANY)
CLASSES = (INCLUDED, TILL, *REASONS, REGISTER)
#: A difference below is the rounding of many amounts.
_NOTHING = 0.005


@dataclass(frozen=True)
class Chosen(Filters):
	"""The filters of the report; ``document_class`` limits the list of documents."""

	VIEWS: ClassVar[tuple[str, ...]] = ("Statement", "Documents")

	document_class: str = ""

	def check(self) -> None:
		"""Refuse what does not fit together."""
		super().check()
		if self.document_class:
			sentence = _("There is no such class of documents. Choose one of {0}.")
			self.one_of(self.document_class, CLASSES, sentence, _class_label)


@dataclass(frozen=True)
class Books:
	"""Three readings of the same days, each by a query of its own.

	Attributes:
		included: what the engine counts, by :meth:`Seen.sales`.
		left: what it leaves out, by :func:`left_out.read`.
		register: number and net total of all submitted Sales Invoices, as the Sales Register lists them.
	"""

	included: pd.DataFrame
	left: pd.DataFrame
	register: tuple[int, float]

	@property
	def till(self) -> pd.DataFrame:
		"""Included documents that the Sales Register does not list."""
		return self.included[self.included["is_pos"]]

	@property
	def counted(self) -> tuple[int, float]:
		"""What the Sales Register should have: number of documents and net total."""
		parts = ((self.included, 1), (self.till, -1), (self.left, 1))
		return (
			sum(sign * len(part) for part, sign in parts),
			sum(sign * float(part["net_amount"].sum()) for part, sign in parts),
		)

	@property
	def difference(self) -> tuple[int, float]:
		"""How much more was counted than the Sales Register has: documents and net total."""
		return self.counted[0] - self.register[0], self.counted[1] - self.register[1]

	@property
	def ties(self) -> bool:
		"""Whether it all comes to the same."""
		return self.difference[0] == 0 and abs(self.difference[1]) < _NOTHING


def build(seen: Seen[Chosen]) -> Page:
	"""The page of the chosen view."""
	books = read(seen)
	if seen.chosen.view == "Documents":
		return Page(_document_columns(seen), *document_rows(seen, books), [_explained(seen)])
	found = statement(seen, books)
	return Page(
		_statement_columns(), found, None, message(seen, books), chart(seen, found), summary(seen, books)
	)


execute = answers.report(Chosen, build)


def read(seen: Seen[Chosen]) -> Books:
	"""The three readings of the period."""
	first, last = seen.chosen.from_date, seen.chosen.to_date
	return Books(seen.sales(first, last), left_out.read_left_out(seen, first, last), _register(seen))


def _register(seen: Seen[Chosen]) -> tuple[int, float]:
	table = DocType("Sales Invoice")
	query = frappe.qb.from_(table).where(table.docstatus == 1)
	query = sales.Period(seen.chosen.from_date, seen.chosen.to_date).of(query, table)
	day, amount = bulk_reading.day(table.posting_date), table.base_net_total
	customer, company, day, amount = bulk_reading.read_columns(
		query, table.customer, table.company, day, amount
	)
	found = pd.DataFrame(
		{
			"customer": np.array(customer, dtype=object),
			"company": np.array(company, dtype=object),
			"posting_date": bulk_reading.days(day),
			"net_amount": np.array(amount, dtype=np.float64),
		}
	)
	found = of_companies(found[found["customer"].isin(seen.names)], seen.companies).copy()
	currency.convert(found, seen.policy)
	return len(found), float(found["net_amount"].sum())


# -- the statement ----------------------------------------------------------------------------------


def statement(seen: Seen[Chosen], books: Books) -> pd.DataFrame:
	"""Line by line from the tiers to the Sales Register, and what is left between them."""
	lines = [
		*_tier_lines(seen, books.included),
		_sum(_("Documents Included"), INCLUDED, len(books.included), books.included["net_amount"].sum()),
		_line(_("Less POS Invoices, Which the Sales Register Does Not List"), TILL, books.till, -1),
		*(_line(_label(reason), reason, books.left[books.left["reason"] == reason]) for reason in REASONS),
		_sum(_("Net Total by This Count"), REGISTER, *books.counted),
		_sum(_("Net Total of the Sales Register"), REGISTER, *books.register),
		_sum(_("Difference"), None, *books.difference),
	]
	found = pd.DataFrame(lines)
	return found.assign(net_total=tables.rounded(found["net_total"]))


def _tier_lines(seen: Seen[Chosen], included: pd.DataFrame) -> list[Row]:
	"""A line per tier that somebody holds, from the highest down."""
	held = set(seen.customers["rung"])
	return [
		{
			**_line(tier_label(rung), INCLUDED, included[included["rung"] == rung]),
			"rung": rung,
			"unrated": int(rung == UNRATED),
		}
		for rung in seen.ladder
		if rung in held
	]


def _line(label: str, kind: str, documents: pd.DataFrame, sign: int = 1) -> Row:
	"""A line over some documents; the tiers' lines say which tier as well."""
	net_total = sign * float(documents["net_amount"].sum())
	return {**_sum(label, kind, sign * len(documents), net_total), "is_total": None}


def _sum(label: str, kind: str | None, documents: int, net_total: float) -> Row:
	return {
		"line": label,
		"document_class": kind,
		"documents": documents,
		"net_total": net_total,
		"rung": None,
		"unrated": None,
		"is_total": 1,
	}


def _label(kind: str) -> str:
	labels = {
		left_out.OPENING: _("Plus Opening Entries Left Out"),
		left_out.INTERNAL: _("Plus Invoices to Internal Customers Left Out"),
		left_out.CONSOLIDATED: _("Plus Consolidated Invoices Left Out"),
		left_out.COMPANY: _("Plus Invoices of Companies Outside the Policy"),
	}
	return labels[kind]


def _statement_columns() -> list[Row]:
	row = {"document_class": "document_class", "tier": "rung", "unrated": "unrated"}
	documents = tables.behind(NAME, row, view="Documents")
	return [
		tables.column("line", _("Line of the Statement"), "Data", 460, pill="rung"),
		tables.column("documents", _("Documents"), "Int", 130, behind=documents),
		tables.column("net_total", _("Net Total"), "Currency", 190, behind=documents),
	]


# -- the documents ----------------------------------------------------------------------------------


def document_rows(seen: Seen[Chosen], books: Books) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""A row per document of the chosen class, the latest first, and the total."""
	kinds = np.where(books.included["is_pos"], TILL, INCLUDED)
	included = books.included.assign(document_class=kinds)
	left = books.left.assign(document_class=books.left["reason"], is_pos=False)
	found = pd.concat([included, left], ignore_index=True)
	found = found[_of_class(found["document_class"], seen.chosen.document_class)]
	labels = found["document_class"].map(_class_label)
	rows = document_list.rows(seen, found, class_label=labels, net_total=found["net_amount"])
	return rows, pd.DataFrame([{"document": _("Total"), "net_total": rows["net_total"].sum()}])


def _of_class(kinds: pd.Series, chosen: str) -> pd.Series:
	"""Which documents a class has: the till's are included ones, and the Sales Register has all but those."""
	if not chosen:
		return kinds.notna()
	if chosen == REGISTER:
		return kinds != TILL
	return kinds.isin((INCLUDED, TILL)) if chosen == INCLUDED else kinds == chosen


def _class_label(kind: str) -> str:
	labels = {
		INCLUDED: _("Included"),
		TILL: _("Included, by a POS Invoice"),
		left_out.OPENING: _("Left Out: Opening Entry"),
		left_out.INTERNAL: _("Left Out: Internal Customer"),
		left_out.CONSOLIDATED: _("Left Out: Consolidated"),
		left_out.COMPANY: _("Left Out: Company Outside the Policy"),
		REGISTER: _("All in the Sales Register"),
	}
	return labels[kind]


def _document_columns(seen: Seen[Chosen]) -> list[Row]:
	return document_list.columns(
		seen,
		tables.column("class_label", _("Class of the Document"), "Data", 200),
		tables.column("net_total", _("Net Total"), "Currency", 130),
		narrow=True,
	)


# -- around it --------------------------------------------------------------------------------------


def message(seen: Seen[Chosen], books: Books) -> list[str]:
	"""Whether it ties out, and how that is known."""
	if not books.register[0] and books.included.empty:
		return [_("No sales document was submitted in this period. Choose other dates, or another company.")]
	verdict = (
		_("It ties out: every submitted document of these customers is either in a tier or in a class below.")
		if books.ties
		else _(
			"It does not tie out. Open the documents of the difference, and report it to your administrator."
		)
	)
	return [sentences.bold(verdict), _explained(seen)]


def _explained(seen: Seen[Chosen]) -> str:
	return _(
		"Documents are those of {0}, each on its own date, in {1}. The Sales Register's net total is read on its own: submitted Sales Invoices of these customers, whatever their class."  # noqa: E501 a sentence is translated whole
	).format(sentences.span(seen.chosen.from_date, seen.chosen.to_date), sentences.bold(seen.currency))


def chart(seen: Seen[Chosen], found: pd.DataFrame) -> Row | None:
	"""What is included, by tier."""
	tiers = found[found["rung"].notna()]
	if not (tiers["net_total"] != 0).any():
		return None
	return charts.chart("bar", tiers["line"].tolist(), {_("Net Total"): tiers["net_total"]}, seen.currency)


def summary(seen: Seen[Chosen], books: Books) -> list[Row]:
	"""What is included, what is not, and what is left between this and the Sales Register."""
	money = {"datatype": "Currency", "currency": seen.currency}
	color = "Green" if books.ties else "Red"
	return [
		charts.item(_("Net Total Included"), float(books.included["net_amount"].sum()), **money),
		charts.item(_("Net Total Left Out"), float(books.left["net_amount"].sum()), **money),
		charts.item(_("Net Total of the Sales Register"), books.register[1], **money),
		charts.item(_("Difference"), round(books.difference[1], 2) + 0.0, **money, indicator=color),
	]
