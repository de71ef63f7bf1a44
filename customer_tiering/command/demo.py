"""The verb ``demo``: a made-up company, graded day by day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console

from customer_tiering import policies
from customer_tiering.command.shown import tables, terminal
from customer_tiering.command.written.folder import staged
from customer_tiering.command.written.scores import write_scores
from customer_tiering.command.written.summary import summarise, write_summary
from customer_tiering.engine import Evaluation, Policy, evaluate
from customer_tiering.engine.forecast import Forecast
from customer_tiering.sources import sample_company
from customer_tiering.sources.documents import Selection

DEMO_DAYS = 90
_FITTED_EVERY = 30  # days
MOVERS = 12


@click.command("demo")
@click.option(
	"--out",
	type=click.Path(file_okay=False, path_type=Path),
	default=Path("customer-tiering-demo"),
	metavar="DIR",
	show_default=True,
	help="Where to write the sample company and its grades.",
)
def run_demo(out: Path) -> None:
	"""Make up a company, grade its customers over 90 days, and show who rose and who fell."""
	policy = Policy.from_dict(policies.load(policies.DEFAULT))
	with staged(out) as folder:
		with terminal.progress() as advance:
			advance("Inventing a company", 0.0)
			sample_company.write_company(folder / "company.sqlite", sample_company.invent())
			books = sample_company.read_books(folder / "company.sqlite")
			first, evaluation, selection = _live_through(books, policy, advance)
		summary = summarise(evaluation, selection)
		write_scores(folder / "scores.csv", evaluation)
		write_summary(folder / "summary.json", summary)
	_show_demo(terminal.page(), out, len(books.documents), first, evaluation, summary)


def _live_through(
	books: sample_company.Books, policy: Policy, advance: terminal.Advance
) -> tuple[Evaluation, Evaluation, Selection]:
	"""Grade on the first day, then every day as a site does at night; the first, the last, and its facts.

	A forecast differs little from that of the day before, so only some of them are fitted.
	"""
	previous: pd.DataFrame | None = None
	first: Evaluation | None = None
	forecast: Forecast | None = None
	for day in range(DEMO_DAYS + 1):
		as_of = sample_company.AS_OF - timedelta(DEMO_DAYS - day)
		advance(f"Grading {as_of}", day / DEMO_DAYS)
		selection = books.select(policy, as_of)
		forecast = None if day % _FITTED_EVERY == 0 else forecast
		evaluation = evaluate(selection.facts, policy, as_of, previous, forecast=forecast)
		forecast = evaluation.forecast
		previous = evaluation.scores.assign(as_of=pd.Timestamp(as_of))
		first = first or evaluation
	assert first is not None
	return first, evaluation, selection


def _show_demo(
	console: Console,
	out: Path,
	documents: int,
	first: Evaluation,
	last: Evaluation,
	summary: dict[str, Any],
) -> None:
	terminal.say(
		console,
		f"{sample_company.COMPANY}, a made-up company: {summary['customers']:,} customers, "
		f"{documents:,} documents, graded by {last.policy.name} as of {last.as_of}.",
		"bold",
	)
	tables.show_grades(console, last.policy, summary)
	tables.show_left_out(console, summary["rows_left_out"], "Documents left out")
	moves = movers(first, last)
	rose = sum(move["rungs"] > 0 for move in moves)
	told = f"{terminal.many(rose, 'customer')} rose, {len(moves) - rose:,} fell"
	terminal.say(console, f"Graded every day since {first.as_of}: {told}.", "bold")
	tables.show_moves(console, _biggest(moves), last.policy)
	terminal.say(console, f"Written to {out}: scores.csv, summary.json and company.sqlite.")
	terminal.say(
		console, "Next: export your Sales Invoices as CSV or Excel, then customer-tiering score FILE."
	)


def movers(first: Evaluation, last: Evaluation) -> list[dict[str, Any]]:
	"""Everyone whose tier differs, the biggest moves first."""
	both = first.scores.merge(last.scores, on="customer", suffixes=("_then", "_now"))
	both = both[both["tier_then"].notna() & both["tier_now"].notna()]
	found = [
		{
			"customer": row["customer"],
			"from_tier": row["tier_then"],
			"to_tier": row["tier_now"],
			"rungs": last.policy.position(row["tier_now"]) - last.policy.position(row["tier_then"]),
			"from_score": row["score_then"],
			"to_score": row["score_now"],
			"stage": row["lifecycle_stage_now"],
			"last_purchase": _day(row["last_purchase_now"]),
		}
		for row in both[both["tier_then"] != both["tier_now"]].to_dict("records")
	]
	return sorted(found, key=lambda move: (-abs(move["rungs"]), -abs(move["to_score"] - move["from_score"])))


def _day(day: pd.Timestamp) -> str:
	"""As year-month-day; nothing for who never purchased."""
	return "" if pd.isna(day) else day.date().isoformat()


def _biggest(moves: list[dict[str, Any]]) -> list[dict[str, Any]]:
	"""Half of those shown rose and half fell, where there are as many."""
	up = [move for move in moves if move["rungs"] > 0]
	down = [move for move in moves if move["rungs"] < 0]
	half = MOVERS // 2
	return up[: max(half, MOVERS - len(down))] + down[: max(half, MOVERS - len(up))]
