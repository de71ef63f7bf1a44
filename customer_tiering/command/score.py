"""The verb ``score``: sales documents from files in, grades out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console

from customer_tiering import policies
from customer_tiering.command.chosen_policy import chosen_policy
from customer_tiering.command.notes import moves, notes
from customer_tiering.command.refused import Refused
from customer_tiering.command.shown import tables, terminal
from customer_tiering.command.written.folder import staged
from customer_tiering.command.written.rejects import Rejects
from customer_tiering.command.written.scores import read_previous, write_scores
from customer_tiering.command.written.summary import summarise, write_summary
from customer_tiering.engine import Evaluation, Policy, evaluate
from customer_tiering.sources import files
from customer_tiering.sources.columns import Mapping
from customer_tiering.sources.documents import LEFT_OUT, LeftOut, NothingLeft, Selection, select

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@dataclass(frozen=True)
class Job:
	"""What ``score`` was asked to do."""

	paths: tuple[Path, ...]
	policy: Policy
	as_of: date | None
	previous: pd.DataFrame | None
	sources: list[files.Source]
	out: Path
	skip_bad_rows: bool


@click.command("score")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option(
	"--policy",
	"choice",
	metavar="NAME|FILE",
	default=policies.DEFAULT,
	show_default=True,
	help="A ready-made policy, or a JSON file.",
)
@click.option(
	"--as-of", metavar="DATE", help="Grade as on this day, like 2025-06-30. Default: the data's last date."
)
@click.option(
	"--previous",
	type=FILE,
	metavar="SCORES",
	help="The scores.csv of the last run; grace periods and moves go on from it.",
)
@click.option(
	"--out",
	type=click.Path(file_okay=False, path_type=Path),
	default=Path("."),
	metavar="DIR",
	help="Where to write scores.csv and summary.json. Default: here.",
)
@click.option(
	"--map",
	"maps",
	multiple=True,
	metavar="THEIRS=OURS",
	help="Which of your columns is ours, as 'Amount=base_net_total'. Repeatable.",
)
@click.option("--skip-bad-rows", is_flag=True, help="Write bad rows to rejects.csv and grade the rest.")
@click.option("--encoding", default="", metavar="NAME", help="Of CSV files, like gb18030. Default: UTF-8.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True,
	help="The decimal mark of amounts in CSV files.")  # fmt: skip
def run_score(
	paths: tuple[Path, ...],
	choice: str,
	as_of: str | None,
	previous: Path | None,
	out: Path,
	maps: tuple[str, ...],
	skip_bad_rows: bool,
	encoding: str,
	decimal: str,
) -> None:
	"""Grade the customers of sales documents in CSV (also .gz) or Excel files.

	The columns are called as in ERPNext or as in its exports; needed are name (ID), customer, posting_date
	(Date) and base_net_total (Net Total (Company Currency)). Several files are taken as one.
	"""
	_check_encoding(encoding)
	_check_overwriting(paths, out)
	job = Job(
		paths,
		chosen_policy(choice),
		_as_of(as_of),
		read_previous(previous) if previous else None,
		files.open_sources(list(dict.fromkeys(paths)), Mapping.parse(maps), encoding, decimal),
		out,
		skip_bad_rows,
	)
	_score(job, terminal.page())


def _check_encoding(name: str) -> None:
	try:
		if name:
			codecs.lookup(name)
	except LookupError as problem:
		raise Refused(f"There is no encoding {name}; try utf-8, gb18030 or cp1252.") from problem


def _check_overwriting(paths: Sequence[Path], out: Path) -> None:
	written = {(out / name).resolve() for name in ("scores.csv", "summary.json", "rejects.csv")}
	for path in paths:
		if path.resolve() in written:
			raise Refused(f"{path} would be overwritten by the result; choose another folder with --out.")


def _as_of(text: str | None) -> date | None:
	if text is None:
		return None
	try:
		if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
			raise ValueError(text)
		found = date.fromisoformat(text)
		if not files.FIRST_DAY <= found <= files.LAST_DAY:
			raise ValueError(text)
	except ValueError as problem:
		raise Refused(
			f"--as-of {text} is not a date; write it as year-month-day, like 2025-06-30."
		) from problem
	return found


def _score(job: Job, console: Console) -> None:
	with staged(job.out) as folder:
		reading = _read(job, folder)
		selection = _select(job, reading)
		evaluation = evaluate(selection.facts, job.policy, selection.as_of, job.previous)
		summary = _summary(job, reading, selection, evaluation)
		write_scores(folder / "scores.csv", evaluation)
		write_summary(folder / "summary.json", summary)
	_show_score(console, job, evaluation, summary)


def _read(job: Job, folder: Path) -> files.Reading:
	with ExitStack() as stack:
		advance = stack.enter_context(terminal.progress())
		reject = None
		if job.skip_bad_rows:
			rejects = (folder / "rejects.csv").open(
				"w", encoding="utf-8", newline="", errors="backslashreplace"
			)
			headings = [source.heading for source in job.sources]
			reject = Rejects(stack.enter_context(rejects), headings)
		reading = files.read_sales(
			job.sources, reject, lambda path, part: advance(f"Reading {path.name}", part)
		)
	if reading.bad and not job.skip_bad_rows:
		raise Refused(_bad_rows(reading))
	return reading


def _bad_rows(reading: files.Reading) -> str:
	"""The first bad rows, how many there are of each kind, and what to do."""
	one = reading.bad == 1
	lines = [f"{reading.bad:,} of {reading.rows:,} rows {'is' if one else 'are'} bad; nothing was written."]
	lines += [f"  {bad.file}, line {bad.line}: {bad.told}" for bad in reading.samples]
	if reading.bad > len(reading.samples):
		lines.append(f"  … and {reading.bad - len(reading.samples):,} more.")
		lines += ["In all:", *(f"  {count:,} × {reason}" for reason, count in reading.reasons.most_common())]
	if any("plain number" in reason for reason in reading.reasons):
		lines.append("Amounts with a decimal comma are read with --decimal ','.")
	lines.append("Correct them, or use --skip-bad-rows to write them to rejects.csv and grade the rest.")
	return "\n".join(map(terminal.printable, lines))


def _select(job: Job, reading: files.Reading) -> Selection:
	unseen = {key: LeftOut(reading.unseen[key], 0.0) for key in LEFT_OUT if reading.unseen[key]}
	if job.policy.companies and "company" not in reading.has:
		raise Refused(
			f"The policy grades only {', '.join(job.policy.companies)}, and the files have no column company."
		)
	try:
		if not len(reading.documents):
			raise NothingLeft({})
		selection = select(reading.documents, job.policy, job.as_of)
	except NothingLeft as nothing:
		raise Refused(_nothing(reading, {**unseen, **nothing.left_out})) from nothing
	return Selection(selection.facts, selection.as_of, {**unseen, **selection.left_out})


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


def _summary(
	job: Job, reading: files.Reading, selection: Selection, evaluation: Evaluation
) -> dict[str, Any]:
	summary = summarise(evaluation, selection)
	summary["as_of_is"] = "given" if job.as_of else "the last date in the data"
	summary["files"] = [str(path) for path in job.paths]
	summary["rows_read"] = reading.rows
	summary["rows_bad"] = {"rows": reading.bad, "reasons": dict(reading.reasons.most_common())}
	if job.previous is not None:
		summary["moves"] = moves(evaluation)
	summary["notes"] = notes(job.previous, reading.has, evaluation)
	order = (
		"as_of", "as_of_is", "policy", "files", "rows_read", "rows_graded", "rows_left_out", "rows_bad",
		"customers", "revenue", "without_purchase", "tiers", "stages", "segments", "moves", "notes",
	)  # fmt: skip
	return {key: summary[key] for key in order if key in summary}


def _show_score(console: Console, job: Job, evaluation: Evaluation, summary: dict[str, Any]) -> None:
	given = "" if job.as_of else ", the last date in the data"
	customers = terminal.many(summary["customers"], "customer")
	title = f"{customers} graded by {job.policy.name}, as of {evaluation.as_of}{given}."
	terminal.say(console, title, "bold")
	tables.show_grades(console, job.policy, summary)
	tables.show_left_out(console, summary["rows_left_out"], "Rows left out")
	read, graded = summary["rows_read"], summary["rows_graded"]
	terminal.say(console, f"{terminal.many(read, 'row')} read, {graded:,} graded, {read - graded:,} not.")
	if "moves" in summary:
		terminal.say(console, _told_moves(summary["moves"]))
	for note in summary["notes"]:
		terminal.say(console, f"Note: {note}", "yellow")
	written = "scores.csv and summary.json"
	if job.skip_bad_rows:
		written = "scores.csv, summary.json and rejects.csv"
		terminal.say(console, f"Bad rows, in rejects.csv: {summary['rows_bad']['rows']:,}.", "yellow")
	terminal.say(console, f"Written to {job.out}: {written}.")


def _told_moves(moves: dict[str, int]) -> str:
	return (
		f"Since the previous scores: {moves['up']:,} up, {moves['down']:,} down, "
		f"{moves['first_tier']:,} with a tier for the first time, {moves['tier_lost']:,} without one now."
	)
