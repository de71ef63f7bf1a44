"""The verb ``explain``: why one customer has his grade, and what would change it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click
import pandas as pd

from customer_tiering.command.chosen_policy import chosen_policy, fitted_policy, policy_option
from customer_tiering.command.customer.account import show_account
from customer_tiering.command.reading.inputs import FILE, FILES, Inputs, read, read_day, select_documents
from customer_tiering.command.reading.options import ReadingOptions, reading_options
from customer_tiering.command.refused import Refused
from customer_tiering.command.shown import tables, terminal
from customer_tiering.command.written.previous import read_previous
from customer_tiering.engine import Evaluation, Facts, evaluate
from customer_tiering.engine.what_if import Customer
from customer_tiering.sources.understanding.names import nearest, tidy


@click.command("explain")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILES)
@click.option("--customer", required=True, metavar="NAME", help="Whom to explain.")
@policy_option
@click.option("--as-of", metavar="DATE", help="As of this day. Default: the data's last date.")
@click.option(
	"--previous",
	type=FILE,
	metavar="SCORES",
	help="The scores.csv of the last run, from which grace goes on.",
)
@reading_options
def run_explain(
	paths: tuple[Path, ...],
	customer: str,
	choice: str,
	as_of: str | None,
	previous: Path | None,
	reading: ReadingOptions,
) -> None:
	"""Tell why one customer has the tier, what holds it, when it falls and what would lift it.

	The files are read and graded as by 'score'.
	"""
	policy = chosen_policy(choice)
	day = None if as_of is None else read_day(as_of, "--as-of")
	held = read_previous(previous, reading.asked.encoding) if previous else None
	with tempfile.TemporaryDirectory(prefix="customer-tiering-") as folder:
		rows = read(Inputs.of(paths, reading), Path(folder))
	selection = select_documents(rows, policy, day)
	policy = fitted_policy(choice, policy, selection.facts, selection.as_of)
	evaluation = evaluate(selection.facts, policy, selection.as_of, held)
	name = _known(customer, evaluation)
	console = terminal.page()
	show_account(console, evaluation, name, _alone(evaluation, selection.facts, name, held))
	tables.show_decided(console, [one.as_data() for one in rows.decided])


def _known(customer: str, evaluation: Evaluation) -> str:
	known = evaluation.scores["customer"].tolist()
	for name in (customer, tidy(customer)):
		if name in known:
			return name
	same = [name for name in known if name.casefold() == customer.strip().casefold()]
	if len(same) == 1:
		return str(same[0])
	near = nearest(customer, known)
	hint = f" Did you mean {' or '.join(near)}?" if near else ""
	raise Refused(
		terminal.printable_lines(f"There is no customer {customer} among the {len(known):,} graded.{hint}")
	)


def _alone(evaluation: Evaluation, facts: Facts, name: str, held: pd.DataFrame | None) -> Customer:
	"""The customer with nobody else's documents, compared with all by what they were compared by."""
	own = replace(
		facts,
		sales=facts.sales[(facts.sales["customer"] == name).to_numpy()],
		customers=None
		if facts.customers is None
		else facts.customers[(facts.customers["customer"] == name).to_numpy()],
	)
	mine = None if held is None else held[(held["customer"] == name).to_numpy()].reset_index(drop=True)
	return Customer(
		own, evaluation.policy, evaluation.as_of, mine, evaluation.cut_points, evaluation.forecast
	)
