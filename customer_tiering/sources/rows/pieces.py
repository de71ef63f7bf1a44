"""One table's cells as typed columns, and what is wrong with its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import CUSTOMER_COLUMNS, MAX_AMOUNT, Bools, Floats, Ints
from customer_tiering.sources.tables import sources as tables
from customer_tiering.sources.tables.table import AMOUNT, NAME, OTHER, Cells, Progress, Record, as_text
from customer_tiering.sources.understanding import amounts, dates, names, words
from customer_tiering.sources.understanding.columns import AMOUNTS, Found

MAX_SHOWN = 40  # characters of a cell that is quoted
_SAMPLE = 500  # rows whose amounts tell whether all can be read as plain numbers
_TEXTS = ("company", "return_against", "currency", "family", *CUSTOMER_COLUMNS)
_FLAGS = {
	"is_debit_note": "is_debit_note",
	"is_opening": "is_opening",
	"is_internal": "is_internal_customer",
	"is_consolidated": "is_consolidated",
}


#: Why a row may be left out whatever the policy says; the first of them: it is not.
ASIDE = ("", "item_row", "no_sale", "refunded", "same_again", "superseded", "asked", "placeholder")


class Note(NamedTuple):
	"""What is wrong with some rows: why, which, and what the cells hold."""

	reason: str
	rows: Bools
	cells: Cells | None


@dataclass
class Piece:
	"""A table as it was read.

	Attributes:
		cells: by field; a field without a column is not there.
		lines: on which line of the file each row is.
		broken: records that are no rows.
		blank, totals: how many rows hold nothing, and how many are totals of an export.
		notes: what is wrong with rows; ``bad`` are all of them.
		no_amount: rows whose amount is empty, which is no harm if another row of the document has one.
	"""

	source: tables.Source
	found: Found
	cells: dict[str, Cells]
	lines: Ints
	broken: list[Record] = field(default_factory=list)
	blank: int = 0
	totals: int = 0
	notes: list[Note] = field(default_factory=list)
	bad: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
	no_amount: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))

	@property
	def rows(self) -> int:
		"""How many rows are left, good and bad."""
		return len(self.lines)

	def column(self, name: str) -> Cells:
		"""A field's cells; empty ones where the file has no column for it."""
		return self.cells.get(name) or Cells.empty(self.rows)

	def note(self, reason: str, rows: Bools, cells: Cells | None = None) -> None:
		"""Mark rows as bad for a reason."""
		if rows.any():
			self.notes.append(Note(reason, rows, cells))
			self.bad |= rows

	def reasons(self, row: int) -> tuple[tuple[str, ...], str]:
		"""Why a row is bad, for counting and for reading."""
		mine = [(one.reason, one.cells.text(row) if one.cells else "") for one in self.notes if one.rows[row]]
		told = [f"{reason}: {clip(text)}" if text else reason for reason, text in mine]
		return tuple(reason for reason, _text in mine), "; ".join(told)

	def without(self, rows: Bools) -> None:
		"""Drop rows that hold no document, before anything is noted."""
		if rows.any():
			self.cells = {name: cells.take(~rows) for name, cells in self.cells.items()}
			self.lines = self.lines[~rows]


def clip(text: str) -> str:
	"""A cell's text as it can be shown within a line."""
	shown = "".join(c if c.isprintable() else " " for c in text[: MAX_SHOWN + 1]).strip()
	return shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 1] + "…"


def read_piece(source: tables.Source, found: Found, decimal: str, progress: Progress | None) -> Piece:
	"""Read the columns that are needed.

	Args:
		source: the table.
		found: where its columns are.
		decimal: the decimal mark, if the user said which.
		progress: is told the part that has been read.
	"""
	positions = {
		name: at
		for name, at in found.positions.items()
		if name != "quantity" or found.amount == "selling_amount"
	}
	kinds = {at: OTHER for at in positions.values()}
	kinds[positions["name"]] = NAME
	for name in ("base_net_total", "gross_profit"):
		if name in positions and (source.sheet or _are_plain(source, positions[name], decimal)):
			kinds[positions[name]] = AMOUNT
	table = tables.read(source, kinds, progress)
	cells = {name: table.columns[at] for name, at in positions.items()}
	piece = Piece(source, found, cells, table.lines, table.broken, table.blank)
	_drop_what_is_no_document(piece)
	piece.bad = np.zeros(piece.rows, dtype=bool)
	return piece


def _are_plain(source: tables.Source, at: int, decimal: str) -> bool:
	"""Whether the first amounts leave no doubt that a point parts the decimals."""
	if decimal:
		return decimal == amounts.POINT
	first = [as_text(row.cells[at]) for row in tables.first_rows(source, _SAMPLE) if not row.wrong]
	seen = amounts.evidence(first)
	return seen.proven[amounts.POINT] > 0 and not seen.proven[amounts.COMMA]


def _drop_what_is_no_document(piece: Piece) -> None:
	"""Take out rows that hold nothing that is read, and an export's totals."""
	day = piece.column("posting_date")
	undated = day.each(lambda cell: not as_text(cell).strip(), bool)
	if not undated.any():
		return
	empty = undated.copy()
	for cells in piece.cells.values():
		if cells.numbers is not None and not len(cells.known):
			empty[:] = False
			break
		blank = np.array([not as_text(cell).strip() for cell in cells.known], dtype=bool)
		empty &= np.where(cells.codes >= 0, blank[cells.codes], False) if len(blank) else False
	piece.blank += int(empty.sum())
	undated &= ~empty
	totals = np.zeros(piece.rows, dtype=bool)
	at = np.flatnonzero(undated)
	lines = piece.lines[at].tolist()
	for place, record in zip(at.tolist(), tables.whole_rows(piece.source, lines), strict=True):
		who = [piece.cells[name].text(place) for name in ("name", "customer")]
		is_total = any(words.is_total(as_text(cell)) for cell in record.cells)
		totals[place] = is_total and all(not one.strip() or words.is_total(one) for one in who)
	totals |= _subtotals(piece, undated & ~totals, totals)
	piece.totals = int(totals.sum())
	piece.without(empty | totals)


def _subtotals(piece: Piece, undated: Bools, totals: Bools) -> Bools:
	"""Rows without date and customer whose amount is the sum of those above, up to the last such row."""
	found = np.zeros(len(undated), dtype=bool)
	if not undated.any():
		return found
	mark = amount_evidence(piece, "base_net_total").mark() or amounts.POINT
	values = np.nan_to_num(numbers_of(piece.cells["base_net_total"], mark))
	sums = np.concatenate([[0.0], np.cumsum(np.where(undated | totals, 0.0, values))])
	nobody = piece.column("customer").each(lambda cell: not as_text(cell).strip(), bool)
	last = 0
	for at in np.flatnonzero(undated & nobody).tolist():
		above = {round(sums[at] - sums[last], 2), round(sums[at], 2)}
		if round(values[at], 2) in above and round(values[at], 2) and at:
			found[at] = True
			last = at
	return found


def date_evidence(piece: Piece) -> dates.Evidence:
	"""What a table's dates say of their order."""
	return dates.evidence(piece.column("posting_date").known)


def amount_evidence(piece: Piece, *only: str) -> amounts.Evidence:
	"""What a table's amounts say of their decimal mark."""
	found = amounts.Evidence({amounts.POINT: 0, amounts.COMMA: 0})
	for name in only or ("base_net_total", "gross_profit"):
		if name in piece.cells:
			cells = piece.cells[name]
			found = found.joined(amounts.evidence(cell for cell in cells.known if isinstance(cell, str)))
			if cells.numbers is not None and not piece.source.sheet:
				plain = int(np.count_nonzero(cells.codes < 0))
				found = found.joined(amounts.Evidence({amounts.POINT: plain, amounts.COMMA: 0}))
	return found


def numbers_of(cells: Cells, decimal: str) -> Floats:
	"""A column's amounts; NaN for what is none."""
	known = np.array([_number(cell, decimal) for cell in cells.known], dtype=np.float64)
	if cells.numbers is None:
		return known[cells.codes] if len(known) else np.zeros(0)
	return np.where(cells.codes >= 0, known[cells.codes], cells.numbers) if len(known) else cells.numbers


def _number(cell: Any, decimal: str) -> float:
	if isinstance(cell, float | int) and not isinstance(cell, bool):
		return float(cell)
	return amounts.read_amount(cell, decimal) if isinstance(cell, str) else np.nan


def typed(piece: Piece, decimal: str, order: str, statuses: dict[str, str]) -> pd.DataFrame:
	"""A table's rows as documents are known; what cannot be read is noted.

	Args:
		piece: the table.
		decimal: the decimal mark.
		order: of day, month and year.
		statuses: what the user says that words mean, by folded word.

	Returns:
		``customer``, ``document``, ``day`` (days since 1970-01-01), ``net_amount``, ``docstatus``, flags,
		``partly_refunded``, ``tells_return`` (whether ``is_return`` is known), ``aside`` (why a row is left
		out, or empty),
		``unknown`` (whether the meaning of its status or kind is), ``mark`` (of a currency) where there is
		one, and those texts for which there is a column. Texts but ``document`` are categories.
	"""
	values: dict[str, Any] = {
		"customer": _customers(piece),
		"document": _documents(piece),
		"day": _days(piece, order),
		"net_amount": _amounts(piece, "base_net_total", decimal),
	}
	marks = piece.column("base_net_total").known
	if any(_mark(cell) for cell in marks):
		values["mark"] = _with_empty(piece.column("base_net_total"), _mark)
	if "gross_profit" in piece.cells:
		values["gross_profit"] = _amounts(piece, "gross_profit", decimal)
	for key, name in _FLAGS.items():
		values[key] = _codes(piece, name, words.read_flag, "neither yes nor no") == 1
	_states(piece, values, statuses)
	for name in _TEXTS:
		if name in piece.cells:
			values[name] = piece.cells[name].named(names.tidied(piece.cells[name].known))
	return pd.DataFrame(values, index=range(piece.rows))


def _with_empty(cells: Cells, read: Callable[[Any], str]) -> pd.Categorical:
	"""As categories, where numbers that were read beforehand have nothing to say."""
	found = cells.coded(read)
	return found.add_categories([name for name in ("",) if name not in found.categories]).fillna("")


def _mark(cell: Any) -> str:
	return amounts.read_mark(cell) if isinstance(cell, str) else ""


def _customers(piece: Piece) -> Any:
	cells = piece.cells["customer"]
	cut = np.array(names.cut(cells.known), dtype=bool)
	piece.note("the customer's name is a number that a spreadsheet has cut", cut[cells.codes], cells)
	return cells.named(names.tidied(cells.known))


def _documents(piece: Piece) -> Any:
	cells = piece.cells["name"]
	cut = np.array(names.cut(cells.known), dtype=bool)
	if cut.any():
		piece.note("the document's ID is a number that a spreadsheet has cut", cut[cells.codes], cells)
	found = np.empty(len(cells.known), dtype=object)
	found[:] = names.tidied(cells.known)
	found = found[cells.codes]
	piece.note("no document ID", np.asarray(found == "", dtype=bool))
	return found


def _days(piece: Piece, order: str) -> Ints:
	cells = piece.cells["posting_date"]
	days: Ints = cells.each(lambda cell: dates.read_date(cell, order), np.int64)
	shape = {"dmy": "31/01/2025", "mdy": "01/31/2025", "ymd": "25/01/31"}.get(order, "2025-01-31")
	piece.note("no date", days == dates.MISSING)
	piece.note(f"date not of the form {shape}", days == dates.UNREADABLE, cells)
	within = f"{dates.FIRST_DAY.year} to {dates.LAST_DAY.year}"
	piece.note(f"date outside {within}", days == dates.OUTSIDE, cells)
	return days


def _amounts(piece: Piece, name: str, decimal: str) -> Floats:
	cells = piece.cells[name]
	values = numbers_of(cells, decimal)
	wrong = np.isnan(values)
	empty = np.zeros(piece.rows, dtype=bool)
	if wrong.any():
		blank = np.array([not as_text(cell).strip() for cell in cells.known], dtype=bool)
		empty = np.where(cells.codes >= 0, blank[cells.codes], False)
	what = "amount" if name == "base_net_total" else name
	if what == "amount":
		piece.no_amount = empty
	piece.note(f"{what} is not a number like 1234{decimal}56", wrong & ~empty, cells)
	with np.errstate(invalid="ignore"):
		piece.note(f"{what} is over {MAX_AMOUNT:,.0f}", np.abs(values) > MAX_AMOUNT, cells)
	return values


def _codes(piece: Piece, name: str, read: Callable[[str], int], wrong: str) -> Ints:
	"""A field of few values as numbers; 0 for all without a column for it."""
	if name not in piece.cells:
		return np.zeros(piece.rows, dtype=np.int64)
	cells = piece.cells[name]
	codes: Ints = cells.each(lambda cell: read(as_text(cell)), np.int64)
	piece.note(f"{name} is {wrong}", codes == words.UNREADABLE, cells)
	return codes


def _states(piece: Piece, values: dict[str, Any], statuses: dict[str, str]) -> None:
	"""Draft, submitted or cancelled; a return or not; and what is no sale at all."""
	meaning: Any = _sales(piece.rows)
	if "docstatus" in piece.cells:
		values["docstatus"] = _codes(
			piece, "docstatus", words.read_docstatus, "none of draft, submitted and cancelled"
		)
	else:
		if "status" in piece.cells:
			meaning = _meanings(piece.cells["status"], words.STATUSES, statuses)
		values["docstatus"] = np.select([meaning == "draft", meaning == "cancelled"], [0, 2], 1)
	values["partly_refunded"] = np.asarray(meaning == "partly_refunded", dtype=bool)
	kind = _meanings(piece.column("voucher_type"), words.VOUCHERS, statuses)
	tells = "is_return" in piece.cells
	returned = _codes(piece, "is_return", words.read_flag, "neither yes nor no") == 1
	by_word = (meaning == "return") | (kind == "return")
	values["is_return"] = returned | by_word
	values["tells_return"] = tells | by_word
	values["is_internal"] = values["is_internal"] | np.asarray(meaning == "internal", dtype=bool)
	items = np.zeros(piece.rows, dtype=bool)
	if "quantity" in piece.cells:
		items = piece.cells["quantity"].each(lambda cell: bool(as_text(cell).strip()), bool)
	no_sale = pd.Series(kind).isin(("other", "draft", "cancelled", "refunded")).to_numpy()
	values["aside"] = np.select(
		[items, no_sale, meaning == "refunded"],
		[ASIDE.index(name) for name in ("item_row", "no_sale", "refunded")],
		0,
	)
	values["aside"] = pd.Categorical.from_codes(values["aside"], pd.Index(ASIDE, dtype=object))
	values["unknown"] = (kind == "") | (meaning == "")


def _sales(rows: int) -> pd.Categorical:
	return pd.Categorical.from_codes(np.zeros(rows, dtype=np.int8), ["sale"])


def _meanings(cells: Cells, known: dict[str, str], asked: dict[str, str]) -> pd.Categorical:
	"""What each row's word means; nothing said means a sale, and what is not known is empty."""

	def read(cell: Any) -> str:
		word = words.folded(as_text(cell))
		return asked.get(word) or known.get(word, "") if word else "sale"

	return cells.coded(read)


def is_in_company_currency(piece: Piece) -> bool:
	"""Whether the amounts are in the company's currency, whatever the document's is."""
	is_register = "voucher_type" in piece.found.positions and "currency" not in piece.found.positions
	return piece.found.amount in AMOUNTS[:2] or (piece.found.amount == "net_total" and is_register)
