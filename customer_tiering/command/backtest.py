"""The verb ``backtest``: a policy as of a past day, held against what followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

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
	check_overwriting,
	read,
	read_day,
	select_documents,
)
from customer_tiering.command.reading.options import ReadingOptions, reading_options
from customer_tiering.command.shown import past, tables, terminal
from customer_tiering.command.written.folder import names_in, scratch, staged
from customer_tiering.command.written.scores import write_scores
from customer_tiering.command.written.summary import write_json
from customer_tiering.engine.backtest import Backtest, backtest, checked_end
from customer_tiering.engine.forecast import HORIZON
from customer_tiering.wording.figures import number, series
from customer_tiering.wording.texts import _


@click.command("backtest")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILES)
@policy_option
@click.option("--cut", required=True, metavar="DATE", help="Grade as on this past day, like 2025-03-31.")
@click.option(
	"--horizon",
	type=click.IntRange(1, 3650),
	default=HORIZON,
	show_default=True,
	metavar="DAYS",
	help="How long after it to look.",
)
@click.option(
	"--out",
	type=click.Path(file_okay=False, path_type=Path),
	default=None,
	metavar="DIR",
	help="Where to write scores.csv and backtest.json. Default: nothing is written.",
)
@language_option
@reading_options
def run_backtest(
	paths: tuple[Path, ...],
	choice: str,
	cut: str,
	horizon: int,
	out: Path | None,
	reading: ReadingOptions,
) -> None:
	"""Grade as on a past day, and see what the customers did after it.

	The files are read as by 'score'. Grades and forecasts see nothing after the day; what followed tells how
	often they were right, beside plain lists of as many customers.
	"""
	if out is not None:
		check_overwriting(paths, out, ("scores.csv", "backtest.json", "policy.json"))
	inputs = Inputs.of(paths, reading)
	policy, day = chosen_policy(choice), read_day(cut, "--cut")
	with staged(out) if out is not None else scratch() as folder:
		found_rows = read(inputs, folder)
		selection = select_documents(found_rows, policy, may_choose=False)
		with terminal.progress() as advance:
			advance(_("Looking back at {0}").format(day), 0.5)
			checked_end(selection.facts, day, horizon)
			known = select_documents(found_rows, policy, day).facts
			policy = fitted_policy(choice, policy, known, day)
			found = backtest(selection.facts, policy, day, horizon, known)
		left_out = {
			key: {"rows": out.rows, "net_amount": out.net_amount} for key, out in selection.left_out.items()
		}
		data = {
			**found.data,
			"files": [str(path) for path in paths],
			"rows_read": found_rows.rows,
			"rows_left_out": left_out,
			"rows_bad": {"rows": found_rows.bad, "reasons": dict(found_rows.reasons.most_common())},
			"decided": [one.as_data() for one in found_rows.decided],
			"notes": [*told_thresholds(choice, policy), *notes(None, found_rows.has, found.evaluation)],
		}
		write_scores(folder / "scores.csv", found.evaluation, found.forecasts)
		write_json(folder / "backtest.json", data)
		if told_thresholds(choice, policy):
			write_json(folder / "policy.json", policy.to_dict())
		written = names_in(folder)
	_show(terminal.page(), found, data, inputs.skip_bad_rows)
	if out is not None:
		terminal.say(terminal.page(), _("Written to {0}: {1}.").format(out, series(written)))


def _show(console: Console, found: Backtest, data: dict[str, Any], skipped_bad: bool) -> None:
	past.show_backtest(console, found.evaluation.policy, data)
	tables.show_left_out(console, data["rows_left_out"], _("Rows left out"))
	tables.show_decided(console, data["decided"])
	if skipped_bad:
		terminal.say(console, _("Bad rows: {0}.").format(number(data["rows_bad"]["rows"])), "yellow")
	for note in data["notes"]:
		terminal.say(console, _("Note: {0}").format(note), "yellow")
