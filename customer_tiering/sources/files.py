"""Sales documents from files: every bad row told by line and reason, and what was decided told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from customer_tiering.engine.facts import Bools
from customer_tiering.sources import profiles
from customer_tiering.sources.asked import Asked
from customer_tiering.sources.decided import Decision, listed, many
from customer_tiering.sources.rows import currencies, customers, pieces, repeats
from customer_tiering.sources.rows.pieces import Piece
from customer_tiering.sources.rows.together import empty_texts, joined
from customer_tiering.sources.tables import sources as tables
from customer_tiering.sources.tables.table import as_text
from customer_tiering.sources.understanding import columns, dates, names
from customer_tiering.sources.understanding.columns import ColumnsError, Found

SAMPLES = 20
FIRST_DAY, LAST_DAY = dates.FIRST_DAY, dates.LAST_DAY


class Bad(NamedTuple):
	"""A row that cannot be graded: where it is, why, and what it holds."""

	file: str
	line: int
	reasons: tuple[str, ...]  # as they are counted
	told: str  # with the values that are wrong
	cells: Sequence[str]


RejectRow = Callable[[Bad, Sequence[str]], None]
Progress = Callable[[Path, float], None]


@dataclass
class Reading:
	"""What was read.

	Attributes:
		documents: one row per good document, as :func:`customer_tiering.sources.documents.select` takes them.
		has: the fields that at least one file has a column for.
		rows: all rows below the headings.
		unseen: rows that hold no document, by reason: blank rows and an export's totals.
		bad: how many rows are bad; ``reasons`` counts why, and a row may have several.
		samples: the first bad rows.
		decided: what was decided about the files.
		tables: the names of the tables, by ``table`` of the documents.
		orders: the orders of day, month and year that were found; ``marks``: the decimal marks.
	"""

	documents: pd.DataFrame
	has: frozenset[str]
	rows: int = 0
	unseen: Counter[str] = field(default_factory=Counter)
	bad: int = 0
	reasons: Counter[str] = field(default_factory=Counter)
	samples: list[Bad] = field(default_factory=list)
	decided: list[Decision] = field(default_factory=list)
	tables: list[str] = field(default_factory=list)
	orders: list[str] = field(default_factory=list)
	marks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Opened:
	"""The tables of the files, and where in each of them the columns are."""

	asked: Asked
	sources: list[tables.Source]
	found: list[Found]
	skipped: list[str]

	@property
	def headings(self) -> list[list[str]]:
		"""The names of the columns, table by table."""
		return [source.heading.names for source in self.sources]


def open_sources(paths: Sequence[Path], asked: Asked | None = None) -> Opened:
	"""Look at the headings of all files before any is read.

	Args:
		paths: files, archives and folders.
		asked: how they are to be read.

	Raises:
		TableError: a file cannot be read.
		ColumnsError: a file lacks a required column, or the mapping names one that no file has.
	"""
	asked = asked or Asked()
	looked = tables.look(
		paths, lambda names: columns.recognised(names, asked.mapping), asked.encoding, asked.sheets
	)
	headings = [source.heading.names for source in looked.sources]
	_refuse_unknown(asked, headings)
	found = [_found(source, asked) for source in looked.sources]
	for source, one in zip(looked.sources, found, strict=True):
		_check(source, one)
		if asked.family:
			one.positions["family"] = _position(source, asked.family)
	return Opened(asked, looked.sources, found, looked.skipped)


def _found(source: tables.Source, asked: Asked) -> Found:
	heading = source.heading.names
	try:
		return columns.find(source.name, heading, asked.mapping)
	except ColumnsError as problem:
		if not (fitting := profiles.fitting(heading)):
			raise
		hint = " or ".join(f"--profile {name}, for {profiles.load(name).title}" for name in fitting)
		raise ColumnsError(f"{problem}\nIts columns fit {hint}.") from problem


def _refuse_unknown(asked: Asked, headings: Sequence[Sequence[str]]) -> None:
	for theirs in asked.mapping.unused(headings):
		names = ", ".join(name for heading in headings for name in heading[: columns.SHOWN_HEADINGS])
		raise ColumnsError(f"--map {theirs}=…: no file has a column {theirs}. There are: {names}.")


def _check(source: tables.Source, found: Found) -> None:
	if found.amount == "selling_amount" and "quantity" not in found.positions:
		raise ColumnsError(
			f"{source.name} looks like ERPNext's report Gross Profit without its column Qty, which tells the "
			"invoices from the items below them. Export it with that column."
		)


def _position(source: tables.Source, name: str) -> int:
	known = [columns.normal(one) for one in source.heading.names]
	if columns.normal(name) not in known:
		raise ColumnsError(f"--family {name}: {source.name} has no column {name}.")
	return known.index(columns.normal(name))


def read_sales(opened: Opened, reject: RejectRow | None = None, progress: Progress | None = None) -> Reading:
	"""Read the files, and make documents of their rows.

	Args:
		opened: from :func:`open_sources`.
		reject: is given every bad row and its heading, in order.
		progress: is told the part of a file that has been read.

	Raises:
		TableError: a file cannot be read.
		ColumnsError: what a column means cannot be known; the message says what to do.
	"""
	return understood(opened, read_pieces(opened, progress), reject)


def read_pieces(opened: Opened, progress: Progress | None = None) -> list[Piece]:
	"""The cells of all tables, before anything is made of them."""
	return [
		pieces.read_piece(
			source, found, opened.asked.decimal, progress and partial(progress, source.file.path)
		)
		for source, found in zip(opened.sources, opened.found, strict=True)
	]


def understood(opened: Opened, read: Sequence[Piece], reject: RejectRow | None = None) -> Reading:
	"""The documents that the cells of all tables are; see :func:`read_sales`."""
	has = frozenset(name for found in opened.found for name in found.positions)
	reading = Reading(pd.DataFrame(), has, tables=[source.name for source in opened.sources])
	reading.rows = sum(piece.rows + piece.blank + piece.totals + len(piece.broken) for piece in read)
	reading.unseen = Counter(
		{"blank": sum(one.blank for one in read), "totals": sum(one.totals for one in read)}
	)
	reading.decided += _told_of_tables(opened) + _told_of_dates(read) + _told_of_names(read)
	together = joined(read, opened.asked, reading.decided)
	reading.orders, reading.marks = together.orders, together.marks
	frame = _documents(together.frame, read, opened.asked, reading)
	_tell_bad(read, reading, reject)
	for source in opened.sources:
		source.rows = None
	if len(frame):
		reading.decided += customers.settle(frame, opened.asked)
		in_company = [pieces.is_in_company_currency(piece) for piece in read]
		reading.decided += currencies.settle(frame, in_company, opened.asked.rates)
		reading.documents = _finished(frame)
	return reading


def _told_of_tables(opened: Opened) -> list[Decision]:
	"""Encodings that were found out, rows above headings, and what was not read."""
	told = []
	for source in opened.sources:
		if source.guessed:
			told.append(
				Decision(
					"encoding",
					f"{source.name} is read as {source.encoding}; if names look wrong, say --encoding.",
				)
			)
		if source.heading.above:
			above = many(source.heading.above, "row")
			told.append(
				Decision(
					"above_heading",
					f"{source.name}: {above} above the heading in line {source.heading.line} not read.",
					source.heading.above,
				)
			)
	if opened.skipped:
		told.append(Decision("not_read", f"not read: {listed(opened.skipped, 10)}."))
	return told


def _told_of_dates(read: Sequence[Piece]) -> list[Decision]:
	told = []
	for piece in read:
		cells = piece.cells["posting_date"]
		numbers = cells.each(dates.is_day_number, bool)
		if numbers.any():
			example = cells.text(int(np.argmax(numbers)))
			day = np.datetime64(dates.read_date(example), "D")
			told.append(
				Decision(
					"day_numbers",
					f"{piece.source.name}: dates are day numbers, such as {example} for {day}.",
					int(numbers.sum()),
				)
			)
	return told


def _told_of_names(read: Sequence[Piece]) -> list[Decision]:
	"""Numbers of customers to which a program has added a point and zeros."""
	told = []
	for piece in read:
		cells = piece.cells["customer"]
		pointed = np.array(names.pointed(cells.known), dtype=bool)[cells.codes]
		if pointed.any():
			example = cells.text(int(np.argmax(pointed))).strip()
			told.append(
				Decision(
					"pointed_names",
					f"{piece.source.name}: customer {example} is taken for {names.tidy(example)}.",
					int(pointed.sum()),
				)
			)
	return told


# -- from rows to documents ------------------------------------------------------------------------


def _documents(rows: pd.DataFrame, read: Sequence[Piece], asked: Asked, reading: Reading) -> pd.DataFrame:
	"""One row per good document."""
	bad = rows.pop("bad").to_numpy()
	good = rows[~bad].reset_index(drop=True) if bad.any() else rows
	place = np.flatnonzero(~bad)
	starts = np.cumsum([0, *(piece.rows for piece in read)])

	def note(reason: str, wrong: Bools) -> None:
		mask = np.zeros(len(rows), dtype=bool)
		mask[place[wrong]] = True
		for piece, start, end in zip(read, starts[:-1], starts[1:], strict=True):
			piece.note(reason, mask[start:end], piece.cells["name"])

	are_totals = [piece.found.amount in ("base_net_total", "net_total") for piece in read]
	frame, told = repeats.fold(good, reading.tables, are_totals, asked.lines, note)
	reading.decided += told
	_turn_returns(frame, reading)
	_tell_partly_refunded(frame, reading)
	return frame


def _tell_partly_refunded(frame: pd.DataFrame, reading: Reading) -> None:
	partly = frame.pop("partly_refunded").to_numpy(dtype=bool)
	if partly.any():
		told = (
			f"{many(int(partly.sum()), 'order')} refunded in part: counted in full, as the part is not known."
		)
		money_in = float(frame["net_amount"].to_numpy()[partly].sum())
		reading.decided.append(Decision("partly_refunded", told, int(partly.sum()), money_in))


def _turn_returns(frame: pd.DataFrame, reading: Reading) -> None:
	"""A return takes money away, whichever sign its amount has; without a word on returns, the sign tells."""
	amount = frame["net_amount"].to_numpy()
	tells = frame["tells_return"].to_numpy(dtype=bool)
	is_return = np.where(tells, frame["is_return"].to_numpy(dtype=bool), amount < 0)
	turned = is_return & (amount > 0)
	frame["is_return"] = is_return
	if not turned.any():
		return
	counted = turned & (frame["aside"] == "").to_numpy() & (frame["docstatus"] == 1).to_numpy()
	if counted.any():
		told = (
			f"{many(int(counted.sum()), 'return')} with an amount above zero: taken away from the customer."
		)
		reading.decided.append(
			Decision("returns_turned", told, int(counted.sum()), float(amount[counted].sum()))
		)
	for name in ("net_amount", "gross_profit"):
		if name in frame:
			frame[name] = np.where(turned, -np.abs(frame[name].to_numpy()), frame[name].to_numpy())


def _finished(frame: pd.DataFrame) -> pd.DataFrame:
	"""As :func:`customer_tiering.sources.documents.select` takes them."""
	day = frame["day"].to_numpy().astype("datetime64[D]").astype("datetime64[s]")
	gone = ["day", "mark", "unknown", "tells_return", "currency", "family"]
	done = frame.drop(columns=[name for name in gone if name in frame]).assign(posting_date=day)
	if "company" not in done:
		done["company"] = empty_texts(len(done))
	return done.reset_index(drop=True)


# -- bad rows ------------------------------------------------------------------------------------


def _tell_bad(read: Sequence[Piece], reading: Reading, reject: RejectRow | None) -> None:
	for piece in read:
		for bad in _bad_of(piece, all_cells=reject is not None):
			reading.bad += 1
			reading.reasons.update(bad.reasons)
			if len(reading.samples) < SAMPLES:
				reading.samples.append(bad)
			if reject:
				reject(bad, piece.source.heading.names)


def _bad_of(piece: Piece, all_cells: bool) -> Iterator[Bad]:
	"""A table's bad rows in order of line; with all their cells if they are wanted."""
	file = piece.source.name
	found = [
		Bad(file, row.line, (row.wrong,), row.wrong, list(map(as_text, row.cells))) for row in piece.broken
	]
	at = np.flatnonzero(piece.bad).tolist()
	found += [Bad(file, int(piece.lines[row]), *piece.reasons(row), ()) for row in at]
	found.sort(key=lambda bad: bad.line)
	if not (all_cells and at):
		yield from found
		return
	lines = sorted(int(piece.lines[row]) for row in at)
	whole = {record.line: record.cells for record in tables.whole_rows(piece.source, lines)}
	for bad in found:
		yield (
			bad._replace(cells=list(map(as_text, whole[bad.line])))
			if bad.line in whole and not bad.cells
			else bad
		)
