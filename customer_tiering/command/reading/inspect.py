"""The verb ``inspect``: how files would be read, before anything is graded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd
from rich.console import Console
from rich.text import Text

from customer_tiering import policies
from customer_tiering.command.reading.inputs import FILES, bad_rows, far_ahead
from customer_tiering.command.reading.options import ReadingOptions, command_line, reading_options
from customer_tiering.command.refused import Refused
from customer_tiering.command.shown import tables, terminal
from customer_tiering.engine import Policy
from customer_tiering.sources import files, profiles
from customer_tiering.sources.documents import FarAhead, NothingLeft, Selection, select
from customer_tiering.sources.rows.pieces import Piece, clip, is_in_company_currency
from customer_tiering.sources.tables import sources as looked
from customer_tiering.sources.understanding.columns import BY_FIELD, ColumnsError, Mapping
from customer_tiering.wording.figures import number

EXAMPLES = 3
#: A customer or a document with so much of the net amount is worth a look.
_LARGE = 0.5


@click.command("inspect")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILES)
@reading_options
def run_inspect(paths: tuple[Path, ...], reading: ReadingOptions) -> None:
	"""Show how files would be read, before grading: columns, dates, amounts, and what would be left out.

	It ends with the 'score' command that says all of it.
	"""
	console = terminal.page()
	opened, words = _opened(paths, reading)
	read = files.read_pieces(opened)
	for piece in read:
		_show_piece(console, piece)
	found = files.understood(opened, read)
	tables.show_decided(console, [one.as_data() for one in found.decided])
	if found.bad:
		_say_lines(console, bad_rows(found, "nothing is graded before they are corrected or skipped"))
	words += _show_what_counts(console, found)
	words += _made_plain(opened, found, words)
	terminal.say(console, "Grade by:")
	terminal.say(console, f"  {command_line('score', paths, words)}", "bold")


def _opened(paths: tuple[Path, ...], reading: ReadingOptions) -> tuple[files.Opened, list[str]]:
	"""The files; with the only profile that they fit, where their columns are not known without one."""
	chosen, asked = list(dict.fromkeys(paths)), reading.asked
	try:
		return files.open_sources(chosen, asked), reading.words()
	except ColumnsError:
		names = _only_profile(chosen, reading)
		if not names:
			raise
		profile = profiles.load(names)
		pairs = asked.mapping.pairs
		fitted = replace(
			asked,
			mapping=Mapping(pairs, profile.columns),
			dates=asked.dates or profile.dates,
			lines=profile.lines if asked.lines is None else asked.lines,
			statuses={**profile.statuses, **asked.statuses},
		)
		return files.open_sources(chosen, fitted), ["--profile", names, *reading.words()]


def _only_profile(paths: list[Path], reading: ReadingOptions) -> str:
	if reading.given["profile"]:
		return ""
	found = looked.look(paths, lambda names: len(names), reading.asked.encoding, reading.asked.sheets)
	fitting = [set(profiles.fitting(source.heading.names)) for source in found.sources]
	common = sorted(set.intersection(*fitting)) if fitting else []
	return common[0] if len(common) == 1 else ""


def _show_piece(console: Console, piece: Piece) -> None:
	"""A table of a file: what each of its columns is taken for."""
	source = piece.source
	how = (
		f", {source.encoding.removesuffix('-sig')}, cells parted by {_called(source.delimiter)}"
		if source.delimiter
		else ""
	)
	terminal.say(console, f"{source.name}: {terminal.many(piece.rows, 'row')}{how}.", "bold")
	table = tables.empty_table()
	for name in ("Your column", "is read as", "Different", "Empty", "Examples"):
		table.add_column(name, justify="right" if name in ("Different", "Empty") else "left")
	read = {at: name for name, at in piece.found.positions.items() if name in piece.cells}
	for at, name in sorted(read.items()):
		known, empty, examples = _seen(piece, name)
		table.add_row(
			Text(terminal.printable(source.heading.names[at])),
			f"{_meaning(piece, name)} ({name})",
			number(known),
			number(empty),
			Text(terminal.printable(", ".join(examples))),
		)
	console.print(table)
	unread = [name for at, name in enumerate(source.heading.names) if at not in read and name.strip()]
	if unread:
		terminal.say(console, f"Not read: {', '.join(map(clip, unread))}.", "dim")


def _meaning(piece: Piece, name: str) -> str:
	"""What a column is taken for, in words."""
	if name == "base_net_total":
		name = piece.found.amount
		if name == "net_total" and is_in_company_currency(piece):
			name = "base_net_total"
	return BY_FIELD[name].what if name in BY_FIELD else {"mapped": "the net amount"}.get(name, f"the {name}")


def _called(delimiter: str) -> str:
	return {",": "commas", ";": "semicolons", "\t": "tabs"}.get(delimiter, delimiter)


def _seen(piece: Piece, name: str) -> tuple[int, int, list[str]]:
	"""How many cells of a column differ, how many are empty, and the first of them."""
	cells = piece.cells[name]
	if cells.numbers is not None and not len(cells.known):
		values = np.unique(cells.numbers)
		return len(values), 0, [f"{value:g}" for value in cells.numbers[:EXAMPLES]]
	texts = np.array([text or "" for text in cells.texts()], dtype=object)
	told = texts[cells.codes] if len(texts) else np.array([], dtype=object)
	full = pd.unique(told[told != ""])
	return len(full), int((told == "").sum()), [clip(text) for text in full[:EXAMPLES]]


def _show_what_counts(console: Console, found: files.Reading) -> list[str]:
	"""What would be graded and what would be left out; options that are needed for it."""
	policy = Policy.from_dict(policies.load(policies.DEFAULT))
	words: list[str] = []
	if not len(found.documents):
		raise Refused("There is nothing to grade.")
	try:
		selection = select(found.documents, policy)
	except FarAhead as far:
		_say_lines(console, far_ahead(found, far))
		words += ["--as-of", far.before.isoformat()]
		selection = select(found.documents, policy, far.before)
	except NothingLeft as nothing:
		raise Refused(f"There is nothing to grade: {nothing}") from nothing
	left_out = {
		key: {"rows": out.rows, "net_amount": out.net_amount} for key, out in selection.left_out.items()
	}
	unseen = {key: {"rows": rows, "net_amount": 0.0} for key, rows in found.unseen.items() if rows}
	tables.show_left_out(console, {**unseen, **left_out}, "Rows that would be left out")
	_show_total(console, selection)
	return words


def _say_lines(console: Console, text: str) -> None:
	for line in text.splitlines():
		terminal.say(console, line, "yellow")


def _show_total(console: Console, selection: Selection) -> None:
	sales = selection.facts.sales
	total, first = float(sales["net_amount"].sum()), sales["posting_date"].min().date()
	customers = terminal.many(len(selection.facts.index), "customer")
	terminal.say(
		console,
		f"{terminal.many(len(sales), 'document')} of {customers} would be graded, from "
		f"{first} to {selection.as_of}: {terminal.money(total)} in all.",
		"bold",
	)
	if len(sales) < 2 or total <= 0:
		return
	each = sales.groupby("customer", observed=True)["net_amount"].sum()
	if len(each) > 2 and each.max() > _LARGE * total:
		name = str(each.idxmax())
		terminal.say(
			console,
			f"Odd: {name} has {each.max() / total:.0%} of it. If that is no customer but cash sales, add "
			f"--leave-out {name!r}.",
			"yellow",
		)
	largest = sales.loc[sales["net_amount"].idxmax()]
	if len(sales) > 4 and largest["net_amount"] > _LARGE * total:
		terminal.say(
			console,
			f"Odd: document {largest['document']} alone has {largest['net_amount'] / total:.0%} of it.",
			"yellow",
		)


def _made_plain(opened: files.Opened, found: files.Reading, words: list[str]) -> list[str]:
	"""What was found out, as options that say it."""
	more: list[str] = []
	guessed = {source.encoding for source in opened.sources if source.guessed}
	if len(guessed) == 1 and all(source.guessed or source.sheet for source in opened.sources):
		more += ["--encoding", guessed.pop()]
	if len(found.orders) == 1 and (order := found.orders[0]) and "--dates" not in words:
		more += ["--dates", order]
	if found.marks == [","] and "--decimal" not in words:
		more += ["--decimal", ","]
	if any(one.what == "lines" for one in found.decided) and "--lines" not in words:
		more += ["--lines"]
	return more
