"""The verb ``report``: sales documents from files in, one page to read out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import click
import pandas as pd

from customer_tiering.command.chosen_policy import (
	chosen_policy,
	fitted_policy,
	policy_option,
	told_thresholds,
)
from customer_tiering.command.language import language_option
from customer_tiering.command.notes import notes
from customer_tiering.command.reading.inputs import (
	FILES,
	Inputs,
	as_of_option,
	previous_option,
	read,
	read_day,
	select_documents,
)
from customer_tiering.command.reading.options import ReadingOptions, reading_options
from customer_tiering.command.refused import Refused
from customer_tiering.command.shown import terminal
from customer_tiering.command.written.folder import names_in, staged
from customer_tiering.command.written.previous import read_previous
from customer_tiering.command.written.review import left_out, write_review
from customer_tiering.engine import evaluate
from customer_tiering.review.review import Read, Review, look_back
from customer_tiering.review.section import Told
from customer_tiering.review.told.everything import told
from customer_tiering.wording.figures import series
from customer_tiering.wording.texts import _

_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.command("report")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILES)
@policy_option
@as_of_option
@previous_option
@click.option(
	"-o",
	"--output",
	type=_OUTPUT,
	default=Path("report.html"),
	show_default=True,
	metavar="FILE",
	help="Where to write the page.",
)
@click.option("--xlsx", type=_OUTPUT, metavar="FILE", help="Write its tables, whole, to a workbook as well.")
@language_option
@reading_options
def run_report(
	paths: tuple[Path, ...],
	choice: str,
	as_of: str | None,
	previous: Path | None,
	output: Path,
	xlsx: Path | None,
	reading: ReadingOptions,
) -> None:
	"""Grade customers as 'score' does, and write what there is to know on one HTML page.

	The page is complete in itself: it can be mailed, printed and read without a network.
	"""
	_check_overwriting((*paths, *([previous] if previous else [])), output, xlsx)
	inputs = Inputs.of(paths, reading)
	day = None if as_of is None else read_day(as_of, "--as-of")
	held = read_previous(previous, reading.asked.encoding) if previous else None
	with staged(output.parent) as folder, terminal.progress() as advance:
		review = replace(_review(inputs, choice, day, held, folder, advance), lists=_lists(xlsx))
		advance(_("Writing the page"), 0.9)
		found = told(review)
		write_review(found, folder / output.name, xlsx and folder / xlsx.name)
		written = names_in(folder)
	_show(found, output, written)


def _check_overwriting(paths: tuple[Path, ...], output: Path, xlsx: Path | None) -> None:
	if xlsx is not None and xlsx.parent.resolve() != output.parent.resolve():
		raise Refused("Write the page and the workbook into one folder: -o and --xlsx name two.")
	rejects = output.parent / "rejects.csv"
	written = {path.resolve() for path in (output, xlsx, rejects) if path is not None}
	if xlsx is not None and xlsx.resolve() == output.resolve():
		raise Refused("The page and the workbook cannot be one file; give --xlsx another name.")
	for path in paths:
		if path.resolve() in written:
			raise Refused(f"{path} would be overwritten by the result; choose another name with -o.")


def _review(
	inputs: Inputs,
	choice: str,
	as_of: date | None,
	previous: pd.DataFrame | None,
	folder: Path,
	advance: terminal.Advance,
) -> Review:
	"""The figures, from the same grading as that of ``score``."""
	reading = read(inputs, folder)
	selection = select_documents(reading, chosen_policy(choice), as_of)
	facts, day = selection.facts, selection.as_of
	advance(_("Grading {0}").format(day), 0.3)
	policy = fitted_policy(choice, chosen_policy(choice), facts, day)
	evaluation = evaluate(facts, policy, day, previous)
	advance(_("Looking back"), 0.6)
	past = look_back(facts, policy, day)
	said = [
		*told_thresholds(choice, policy, is_kept=False),
		*notes(previous, reading.has, evaluation),
		*(one.told for one in reading.decided),
	]
	known = Read(
		[path.name for path in inputs.paths],
		reading.rows,
		len(facts.sales),
		left_out(selection),
		reading.bad,
		dict(reading.reasons.most_common()),
		said,
	)
	return Review(evaluation, facts, known, past, previous=previous)


def _lists(xlsx: Path | None) -> str:
	if xlsx is None:
		return _("With --xlsx a workbook lists them all.")
	return _("{0} lists them all.").format(xlsx.name)


def _show(found: Told, output: Path, written: list[str]) -> None:
	console = terminal.page()
	terminal.say(console, found.title, "bold")
	for sentence in found.headline:
		terminal.say(console, sentence)
	terminal.say(console, _("Written to {0}: {1}.").format(output.parent, series(written)))
