"""The verb ``score``: sales documents from files in, grades out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console

from customer_tiering.command.chosen_policy import (
	chosen_policy,
	fitted_policy,
	policy_option,
	told_thresholds,
)
from customer_tiering.command.language import language_option
from customer_tiering.command.notes import moves, notes
from customer_tiering.command.reading.inputs import (
	FILES,
	Inputs,
	as_of_option,
	check_overwriting,
	previous_option,
	read,
	read_day,
	select_documents,
)
from customer_tiering.command.reading.options import ReadingOptions, reading_options
from customer_tiering.command.shown import tables, terminal
from customer_tiering.command.written.folder import names_in, staged
from customer_tiering.command.written.previous import read_previous
from customer_tiering.command.written.scores import write_scores
from customer_tiering.command.written.summary import summarise, write_json
from customer_tiering.engine import Evaluation, Policy, evaluate
from customer_tiering.sources import files
from customer_tiering.sources.documents import Selection
from customer_tiering.wording.figures import customers, number, rows, series
from customer_tiering.wording.labels import policy_label
from customer_tiering.wording.texts import _


@dataclass(frozen=True)
class Job:
	"""What ``score`` was asked to do."""

	inputs: Inputs
	choice: str  # of the policy
	policy: Policy
	as_of: date | None
	previous: pd.DataFrame | None
	out: Path


@click.command("score")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILES)
@policy_option
@as_of_option
@previous_option
@click.option(
	"--out",
	type=click.Path(file_okay=False, path_type=Path),
	default=Path("."),
	metavar="DIR",
	help="Where to write scores.csv and summary.json. Default: here.",
)
@language_option
@reading_options
def run_score(
	paths: tuple[Path, ...],
	choice: str,
	as_of: str | None,
	previous: Path | None,
	out: Path,
	reading: ReadingOptions,
) -> None:
	"""Grade the customers of sales documents in CSV (also .gz) or Excel files.

	The columns are called as in ERPNext or as in its exports; needed are name (ID), customer, posting_date
	(Date) and base_net_total (Net Total (Company Currency)). Several files are taken as one.
	"""
	check_overwriting(paths, out, ("scores.csv", "summary.json", "policy.json"))
	inputs = Inputs.of(paths, reading)
	job = Job(
		inputs,
		choice,
		chosen_policy(choice),
		None if as_of is None else read_day(as_of, "--as-of"),
		read_previous(previous, reading.asked.encoding) if previous else None,
		out,
	)
	_score(job, terminal.page())


def _score(job: Job, console: Console) -> None:
	with staged(job.out) as folder:
		reading = read(job.inputs, folder)
		selection = select_documents(reading, job.policy, job.as_of)
		policy = fitted_policy(job.choice, job.policy, selection.facts, selection.as_of)
		evaluation = evaluate(selection.facts, policy, selection.as_of, job.previous)
		summary = _summary(job, reading, selection, evaluation)
		write_scores(folder / "scores.csv", evaluation)
		write_json(folder / "summary.json", summary)
		if told_thresholds(job.choice, policy):
			write_json(folder / "policy.json", policy.to_dict())
		written = names_in(folder)
	_show_score(console, job, evaluation, summary)
	terminal.say(console, _("Written to {0}: {1}.").format(job.out, series(written)))


def _summary(
	job: Job, reading: files.Reading, selection: Selection, evaluation: Evaluation
) -> dict[str, Any]:
	summary = summarise(evaluation, selection)
	summary["as_of_is"] = "given" if job.as_of else "the last date in the data"
	summary["files"] = [str(path) for path in job.inputs.paths]
	summary["rows_read"] = reading.rows
	summary["decided"] = [one.as_data() for one in reading.decided]
	summary["rows_bad"] = {"rows": reading.bad, "reasons": dict(reading.reasons.most_common())}
	if job.previous is not None:
		summary["moves"] = moves(evaluation)
	summary["notes"] = [
		*told_thresholds(job.choice, evaluation.policy),
		*notes(job.previous, reading.has, evaluation),
	]
	order = (
		"as_of", "as_of_is", "policy", "files", "rows_read", "rows_graded", "rows_left_out", "rows_bad",
		"decided",
		"customers", "revenue", "without_purchase", "tiers", "stages", "segments", "moves", "notes",
	)  # fmt: skip
	return {key: summary[key] for key in order if key in summary}


def _show_score(console: Console, job: Job, evaluation: Evaluation, summary: dict[str, Any]) -> None:
	text = (
		_("{0} graded by {1}, as of {2}.")
		if job.as_of
		else _("{0} graded by {1}, as of {2}, the last date in the data.")
	)
	who = customers(summary["customers"])
	title = text.format(who, policy_label(job.policy.name), evaluation.as_of)
	terminal.say(console, title, "bold")
	tables.show_grades(console, evaluation.policy, summary)
	tables.show_left_out(console, summary["rows_left_out"], _("Rows left out"))
	tables.show_decided(console, summary["decided"])
	read, graded = summary["rows_read"], summary["rows_graded"]
	text = _("{0} read, {1} graded, {2} not.")
	terminal.say(console, text.format(rows(read), number(graded), number(read - graded)))
	if "moves" in summary:
		terminal.say(console, _told_moves(summary["moves"]))
	for note in summary["notes"]:
		terminal.say(console, _("Note: {0}").format(note), "yellow")
	if job.inputs.skip_bad_rows:
		terminal.say(
			console, _("Bad rows, in rejects.csv: {0}.").format(number(summary["rows_bad"]["rows"])), "yellow"
		)


def _told_moves(moves: dict[str, int]) -> str:
	text = _(
		"Since the previous scores: {0} up, {1} down, {2} with a tier for the first time, {3} without one now."  # noqa: E501 a sentence is translated whole
	)
	return text.format(*(number(moves[name]) for name in ("up", "down", "first_tier", "tier_lost")))
