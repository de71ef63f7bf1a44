"""The verb ``demo``: a made-up company, graded day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console

from customer_tiering import policies
from customer_tiering.command.language import language_option
from customer_tiering.command.shown import tables, terminal
from customer_tiering.command.written.folder import staged
from customer_tiering.command.written.review import left_out, write_review
from customer_tiering.command.written.scores import write_scores
from customer_tiering.command.written.summary import summarise, write_json
from customer_tiering.engine import Evaluation, Policy, evaluate
from customer_tiering.engine.forecast import Forecast
from customer_tiering.review.review import Read, Review, Then, days_to_look_back_at
from customer_tiering.review.told.everything import told
from customer_tiering.sources import sample_company
from customer_tiering.sources.documents import Selection
from customer_tiering.wording.figures import customers, number, series
from customer_tiering.wording.labels import policy_label
from customer_tiering.wording.texts import _

DEMO_DAYS = 365
_FITTED_EVERY = 30  # days
MOVERS = 12
PAGE, DATABASE = "report.html", "company.sqlite"


@click.command("demo")
@click.option(
	"--out",
	type=click.Path(file_okay=False, path_type=Path),
	default=Path("customer-tiering-demo"),
	metavar="DIR",
	show_default=True,
	help="Where to write the sample company and its grades.",
)
@language_option
def run_demo(out: Path) -> None:
	"""Make up a company, grade its customers over a year, and show who rose and who fell."""
	policy = Policy.from_dict(policies.load(policies.DEFAULT))
	with staged(out) as folder:
		with terminal.progress() as advance:
			advance(_("Inventing a company"), 0.0)
			sample_company.write_company(folder / DATABASE, sample_company.invent())
			books = sample_company.read_books(folder / DATABASE)
			lived = _live_through(books, policy, advance)
		summary = summarise(lived.last, lived.selection)
		write_scores(folder / "scores.csv", lived.last)
		write_json(folder / "summary.json", summary)
		write_review(told(_review(books, lived)), folder / PAGE)
	_show_demo(terminal.page(), out, len(books.documents), lived, summary)


@dataclass(frozen=True)
class _Lived:
	"""A year of nights.

	Attributes:
		last: the grades in the end; ``previous``, those of the night before.
		past: those of the days that a review looks back at, the latest first.
		selection: what was graded in the end.
	"""

	last: Evaluation
	previous: pd.DataFrame | None
	past: list[Evaluation]
	selection: Selection

	@property
	def first(self) -> Evaluation:
		return self.past[-1]


def _live_through(books: sample_company.Books, policy: Policy, advance: terminal.Advance) -> _Lived:
	"""Grade on the first day, then every day as a site does at night.

	A forecast differs little from that of the day before, so only some of them are fitted.
	"""
	wanted = days_to_look_back_at(books.select(policy, sample_company.AS_OF).facts, sample_company.AS_OF)
	past: list[Evaluation] = []
	previous: pd.DataFrame | None = None
	held: pd.DataFrame | None = None
	forecast: Forecast | None = None
	for day in range(DEMO_DAYS + 1):
		as_of = sample_company.AS_OF - timedelta(DEMO_DAYS - day)
		advance(_("Grading {0}").format(as_of), day / DEMO_DAYS)
		selection = books.select(policy, as_of)
		forecast = None if day % _FITTED_EVERY == 0 else forecast
		evaluation = evaluate(selection.facts, policy, as_of, held, forecast=forecast)
		forecast = evaluation.forecast
		if as_of in wanted:
			past.insert(0, evaluation)
		previous, held = held, evaluation.scores.assign(as_of=pd.Timestamp(as_of))
	return _Lived(evaluation, previous, past, selection)


def _review(books: sample_company.Books, lived: _Lived) -> Review:
	graded = len(lived.selection.facts.sales)
	known = Read([DATABASE], len(books.documents), graded, left_out(lived.selection))
	return Review(
		lived.last,
		lived.selection.facts,
		known,
		[Then(one.as_of, one.scores) for one in lived.past],
		previous=lived.previous,
		company=sample_company.COMPANY,
		lists=_("scores.csv lists all customers."),
	)


def _show_demo(console: Console, out: Path, documents: int, lived: _Lived, summary: dict[str, Any]) -> None:
	first, last = lived.first, lived.last
	terminal.say(
		console,
		_("{0}, a made-up company: {1}, {2} documents, graded by {3} as of {4}.").format(
			sample_company.COMPANY,
			customers(summary["customers"]),
			number(documents),
			policy_label(last.policy.name),
			last.as_of,
		),
		"bold",
	)
	tables.show_grades(console, last.policy, summary)
	tables.show_left_out(console, summary["rows_left_out"], _("Documents left out"))
	moves = movers(first, last)
	rose = sum(move["rungs"] > 0 for move in moves)
	text = _("Graded every day since {0}: {1} rose, {2} fell.")
	terminal.say(console, text.format(first.as_of, customers(rose), number(len(moves) - rose)), "bold")
	tables.show_moves(console, _biggest(moves), last.policy)
	names = series(["scores.csv", "summary.json", DATABASE])
	terminal.say(console, _("Written to {0}: {1}.").format(out, names))
	terminal.say(console, _("To read, open {0}.").format(out / PAGE), "bold")
	terminal.say(
		console, _("Next: export your Sales Invoices as CSV or Excel, then customer-tiering report FILE.")
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
