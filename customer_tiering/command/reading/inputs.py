"""Sales documents from the files that a user names: how they are read, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click

from customer_tiering.command.reading.options import ReadingOptions
from customer_tiering.command.refused import Refused
from customer_tiering.command.shown import terminal
from customer_tiering.command.written.rejects import Rejects
from customer_tiering.engine import Policy
from customer_tiering.sources import files
from customer_tiering.sources.documents import LEFT_OUT, FarAhead, LeftOut, NothingLeft, Selection, select

#: A file, or a folder of files.
FILES = click.Path(exists=True, readable=True, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
as_of_option = click.option(
	"--as-of", metavar="DATE", help="Grade as on this day, like 2025-06-30. Default: the data's last date."
)
previous_option = click.option(
	"--previous",
	type=FILE,
	metavar="SCORES",
	help="The scores.csv of the last run; grace periods and moves go on from it.",
)


@dataclass(frozen=True)
class Inputs:
	"""The files that a verb was given, open."""

	paths: tuple[Path, ...]
	opened: files.Opened
	skip_bad_rows: bool

	@classmethod
	def of(cls, paths: tuple[Path, ...], reading: ReadingOptions) -> Inputs:
		"""Open them."""
		opened = files.open_sources(list(dict.fromkeys(paths)), reading.asked)
		return cls(paths, opened, reading.skip_bad_rows)


def check_overwriting(paths: Sequence[Path], out: Path, names: Sequence[str]) -> None:
	written = {(out / name).resolve() for name in (*names, "rejects.csv")}
	for path in paths:
		if path.resolve() in written:
			raise Refused(f"{path} would be overwritten by the result; choose another folder with --out.")


def read_day(text: str, option: str) -> date:
	"""A date as a user gives it."""
	try:
		if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
			raise ValueError(text)
		found = date.fromisoformat(text)
		if not files.FIRST_DAY <= found <= files.LAST_DAY:
			raise ValueError(text)
	except ValueError as problem:
		raise Refused(
			f"{option} {text} is not a date; write it as year-month-day, like 2025-06-30."
		) from problem
	return found


def read(inputs: Inputs, folder: Path) -> files.Reading:
	"""All rows; bad ones go to ``rejects.csv`` in the folder, or nothing is read."""
	with ExitStack() as stack:
		advance = stack.enter_context(terminal.progress())
		reject = None
		if inputs.skip_bad_rows:
			rejects = (folder / "rejects.csv").open(
				"w", encoding="utf-8", newline="", errors="backslashreplace"
			)
			reject = Rejects(stack.enter_context(rejects), inputs.opened.headings)
		reading = files.read_sales(
			inputs.opened, reject, lambda path, part: advance(f"Reading {path.name}", part)
		)
	if reading.bad and not inputs.skip_bad_rows:
		raise Refused(bad_rows(reading, "nothing was written"))
	return reading


#: What may help, by a part of a reason.
_HINTS = {
	"is not a number like": "Amounts with a decimal comma are read with --decimal ','.",
	"again with another amount": "If the rows of a document are its lines, --lines adds them up.",
	"that a spreadsheet has cut": (
		"Export again without saving from a spreadsheet; or make the column text there."
	),
}


def bad_rows(reading: files.Reading, follows: str) -> str:
	"""The first bad rows, how many there are of each kind, and what to do."""
	one = reading.bad == 1
	lines = [f"{reading.bad:,} of {reading.rows:,} rows {'is' if one else 'are'} bad; {follows}."]
	lines += [f"  {bad.file}, line {bad.line}: {bad.told}" for bad in reading.samples]
	if reading.bad > len(reading.samples):
		lines.append(f"  … and {reading.bad - len(reading.samples):,} more.")
		lines += ["In all:", *(f"  {count:,} × {reason}" for reason, count in reading.reasons.most_common())]
	lines += [hint for part, hint in _HINTS.items() if any(part in reason for reason in reading.reasons)]
	lines.append("Correct them, or use --skip-bad-rows to write them to rejects.csv and grade the rest.")
	return "\n".join(map(terminal.printable, lines))


def select_documents(
	reading: files.Reading, policy: Policy, as_of: date | None = None, may_choose: bool = True
) -> Selection:
	"""The documents that a policy grades.

	Args:
		reading: what was read.
		policy: its switches and companies.
		as_of: None for the last date in the documents.
		may_choose: whether the verb has an option for the day.
	"""
	unseen = {key: LeftOut(reading.unseen[key], 0.0) for key in LEFT_OUT if reading.unseen[key]}
	if policy.companies and "company" not in reading.has:
		raise Refused(
			f"The policy grades only {', '.join(policy.companies)}, and the files have no column company."
		)
	try:
		if not len(reading.documents):
			raise NothingLeft({})
		selection = select(reading.documents, policy, as_of)
	except NothingLeft as nothing:
		raise Refused(_nothing(reading, {**unseen, **nothing.left_out})) from nothing
	except FarAhead as far:
		raise Refused(far_ahead(reading, far, may_choose)) from far
	return replace(selection, left_out={**unseen, **selection.left_out})


def far_ahead(reading: files.Reading, far: FarAhead, may_choose: bool = True) -> str:
	"""Which row is dated long after all others, and what to do."""
	row = reading.documents.iloc[int(far.rows[0])]
	where = f"{reading.tables[row['table']]}, line {row['line']}"
	years = round((far.last - far.before).days / 365.25, 1)
	rows = f"{terminal.many(len(far.rows), 'row')} {'is' if len(far.rows) == 1 else 'are'}"
	told = (
		f"The last date, {far.last} ({where}), is {years:g} years after the last one of the others, "
		f"{far.before}; {rows} dated so."
	)
	ways = (
		f"If it is a slip, correct it, or add --as-of {far.before}, which leaves later rows out. "
		f"If it is right, add --as-of {far.last}."
	)
	return terminal.printable_lines(f"{told}\n{ways if may_choose else 'Correct it, or take the row out.'}")


def _nothing(reading: files.Reading, left_out: dict[str, LeftOut]) -> str:
	where = [f"{out.rows:,} left out: {LEFT_OUT[key]}" for key, out in left_out.items()]
	where += [f"{bad.file}, line {bad.line}: {bad.told}" for bad in reading.samples]
	if reading.bad > len(reading.samples):
		where.append(f"… and {reading.bad - len(reading.samples):,} more bad rows.")
	lines = [
		f"There is nothing to grade in {terminal.many(reading.rows, 'row')}.",
		*(f"  {line}" for line in where),
	]
	return "\n".join(map(terminal.printable, lines))
