"""The ``customer-tiering`` command: the engine without a site, on files or on a sample company."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Any

import click
import pandas as pd
from rich.console import Console

from customer_tiering import __version__, policies, results, terminal
from customer_tiering.engine import Evaluation, FactsError, Policy, PolicyError, evaluate
from customer_tiering.sources import demo, files
from customer_tiering.sources.columns import ColumnsError, Mapping
from customer_tiering.sources.documents import LEFT_OUT, LeftOut, NothingLeft, Selection, select
from customer_tiering.sources.tables import TableError

MAX_POLICY = 1_000_000  # bytes
DEMO_DAYS = 90
MOVERS = 12
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


class Refused(click.ClickException):
	"""Input that cannot be used, told in a sentence."""

	exit_code = 2

	def show(self, file: IO[Any] | None = None) -> None:
		click.echo(self.format_message(), file=file, err=file is None)


class _Sentences(click.Group):
	"""Turns what may go wrong with files and facts into a sentence and exit code 2."""

	def invoke(self, ctx: click.Context) -> Any:
		try:
			return super().invoke(ctx)
		except (TableError, ColumnsError, FactsError, results.PreviousError) as problem:
			raise Refused(terminal.printable_lines(str(problem))) from problem
		except BrokenPipeError:
			raise
		except OSError as problem:
			where = f"{problem.filename}: " if problem.filename else ""
			raise Refused(f"{where}{problem.strerror or problem}.") from problem
		except MemoryError as problem:
			raise Refused(
				"There is not enough memory for this file; split it by year or company."
			) from problem


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="customer-tiering")
def main() -> None:
	"""Grade customers from their sales documents: tier, score, life-cycle stage and RFM segment.

	Begin with 'customer-tiering demo'; then export your Sales Invoices and run 'customer-tiering score'.
	"""


# -- policies ------------------------------------------------------------------------------------


@main.command("policies")
@click.argument("name", required=False)
def show_policies(name: str | None) -> None:
	"""List the ready-made policies, or print one as JSON to edit.

	\b
	  customer-tiering policies rfm > my-policy.json
	  customer-tiering score sales.csv --policy my-policy.json
	"""
	if name is not None:
		text = json.dumps(_ready_made(name), indent=2, ensure_ascii=False) + "\n"
		click.echo(text.encode(), nl=False)  # bytes, so that a redirected file is UTF-8 everywhere
		return
	console = terminal.page()
	terminal.show_policies(console, [Policy.from_dict(policies.load(name)) for name in policies.names()])


def _ready_made(name: str) -> dict[str, Any]:
	try:
		return policies.load(name)
	except KeyError as problem:
		raise Refused(
			f"There is no ready-made policy {name}. Choose one of {', '.join(policies.names())}."
		) from problem


def _policy(choice: str) -> Policy:
	"""A policy by the name of a ready-made one, or from a JSON file."""
	path = Path(choice)
	try:
		if choice in policies.names():
			return Policy.from_dict(policies.load(choice))
		if path.is_file():
			return Policy.from_dict(_policy_data(path))
	except PolicyError as problem:
		lines = "\n".join(f"  {line}" for line in str(problem).splitlines())
		raise Refused(terminal.printable_lines(f"The policy {choice} cannot be used:\n{lines}")) from problem
	raise Refused(
		f"There is no ready-made policy and no file {choice}. Choose one of {', '.join(policies.names())}, "
		"or name a JSON file."
	)


def _policy_data(path: Path) -> Any:
	if path.stat().st_size > MAX_POLICY:
		raise Refused(f"{path} is larger than {MAX_POLICY:,} bytes; no policy is.")
	content = path.read_bytes()
	try:
		data = json.loads(content.decode(json.detect_encoding(content)), parse_constant=_no_constant)
		json.dumps(data, ensure_ascii=False).encode()  # half a character, written as \\ud800, is no text
		return data
	except (ValueError, RecursionError) as problem:
		raise Refused(
			f"{path} is not JSON: {problem}. 'customer-tiering policies {policies.DEFAULT}' prints a policy "
			"to begin with."
		) from problem


def _no_constant(name: str) -> None:
	raise ValueError(f"{name} is not a number")


# -- score ---------------------------------------------------------------------------------------


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


@main.command()
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
	type=FOLDER,
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
def score(
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
		_policy(choice),
		_as_of(as_of),
		results.read_previous(previous) if previous else None,
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
	with results.staged(job.out) as folder:
		reading = _read(job, folder)
		selection = _select(job, reading)
		evaluation = evaluate(selection.facts, job.policy, selection.as_of, job.previous)
		summary = _summary(job, reading, selection, evaluation)
		results.write_scores(folder / "scores.csv", evaluation)
		results.write_summary(folder / "summary.json", summary)
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
			reject = results.Rejects(stack.enter_context(rejects), headings)
		reading = files.read(job.sources, reject, lambda path, part: advance(f"Reading {path.name}", part))
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
	summary = results.summarise(evaluation, selection)
	summary["as_of_is"] = "given" if job.as_of else "the last date in the data"
	summary["files"] = [str(path) for path in job.paths]
	summary["rows_read"] = reading.rows
	summary["rows_bad"] = {"rows": reading.bad, "reasons": dict(reading.reasons.most_common())}
	if job.previous is not None:
		summary["moves"] = _moves(evaluation)
	summary["notes"] = _notes(job, reading, evaluation)
	order = (
		"as_of", "as_of_is", "policy", "files", "rows_read", "rows_graded", "rows_left_out", "rows_bad",
		"customers", "revenue", "without_purchase", "tiers", "stages", "segments", "moves", "notes",
	)  # fmt: skip
	return {key: summary[key] for key in order if key in summary}


def _moves(evaluation: Evaluation) -> dict[str, int]:
	"""How many rose, fell, or have a tier for the first time."""
	policy, changes = evaluation.policy, evaluation.changes
	before = changes["from_tier"].map(policy.position, na_action="ignore")
	after = changes["to_tier"].map(policy.position, na_action="ignore")
	known = changes["from_tier"].notna() & changes["to_tier"].notna()
	return {
		"up": int((known & (after > before)).sum()),
		"down": int((known & (after < before)).sum()),
		"first_tier": int((changes["from_tier"].isna() & changes["to_tier"].notna()).sum()),
		"tier_lost": int((changes["from_tier"].notna() & changes["to_tier"].isna()).sum()),
	}


def _notes(job: Job, reading: files.Reading, evaluation: Evaluation) -> list[str]:
	"""What a reader of the grades should know about them."""
	notes = []
	if job.policy.needs_cost and "gross_profit" not in reading.has:
		notes.append(
			"The policy looks at profit, and the files have no column gross_profit: its rules give their "
			"points for a missing value."
		)
	if "is_return" not in reading.has:
		notes.append("The files have no column is_return: every negative document is taken for a return.")
	for name in ("company", "customer_group", "territory", "customer_type"):
		limited = [rule.name for rule in job.policy.rules if getattr(rule, name)]
		if limited and name not in reading.has:
			notes.append(
				f"The files have no column {name}: nobody is in the scope of rule {', '.join(limited)}."
			)
	return notes + _notes_on_previous(job, evaluation)


def _notes_on_previous(job: Job, evaluation: Evaluation) -> list[str]:
	if job.previous is None or not len(job.previous):
		return []
	notes = []
	gone = ~job.previous["customer"].isin(evaluation.scores["customer"])
	if gone.any():
		notes.append(
			f"{terminal.many(int(gone.sum()), 'customer')} of the previous scores without documents now: "
			"not graded."
		)
	tiers = {tier.name for tier in job.policy.tiers}
	other = sorted(set(job.previous["tier"].dropna()) - tiers)
	if other:
		notes.append(f"The previous scores have tiers that this policy does not: {', '.join(other[:10])}.")
	if (job.previous["as_of"] > pd.Timestamp(evaluation.as_of)).any():
		notes.append("The previous scores are later than the as-of date.")
	return notes


def _show_score(console: Console, job: Job, evaluation: Evaluation, summary: dict[str, Any]) -> None:
	given = "" if job.as_of else ", the last date in the data"
	customers = terminal.many(summary["customers"], "customer")
	title = f"{customers} graded by {job.policy.name}, as of {evaluation.as_of}{given}."
	terminal.say(console, title, "bold")
	_show_grades(console, evaluation, summary)
	terminal.show_left_out(console, _left_out(summary), "Rows left out")
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


def _left_out(summary: dict[str, Any]) -> dict[str, LeftOut]:
	return {key: LeftOut(**out) for key, out in summary["rows_left_out"].items()}


def _show_grades(console: Console, evaluation: Evaluation, summary: dict[str, Any]) -> None:
	terminal.show_tiers(console, summary, evaluation.policy)
	without = summary["without_purchase"]
	if without["customers"]:
		terminal.say(
			console,
			f"{terminal.many(without['customers'], 'customer')} never made a purchase that counts; "
			f"with other documents, such as returns: {without['of_these_with_documents']:,}.",
			"dim",
		)
	terminal.show_stages_and_segments(console, summary)


# -- demo ----------------------------------------------------------------------------------------


@main.command("demo")
@click.option("--out", type=FOLDER, default=Path("customer-tiering-demo"), metavar="DIR", show_default=True,
	help="Where to write the sample company and its grades.")  # fmt: skip
def run_demo(out: Path) -> None:
	"""Make up a company, grade its customers over 90 days, and show who rose and who fell."""
	policy = Policy.from_dict(policies.load(policies.DEFAULT))
	with results.staged(out) as folder:
		with terminal.progress() as advance:
			advance("Inventing a company", 0.0)
			demo.write(folder / "company.sqlite", demo.invent())
			ledger = demo.read(folder / "company.sqlite")
			first, evaluation, selection = _live_through(ledger, policy, advance)
		summary = results.summarise(evaluation, selection)
		results.write_scores(folder / "scores.csv", evaluation)
		results.write_summary(folder / "summary.json", summary)
	_show_demo(terminal.page(), out, len(ledger.documents), first, evaluation, summary)


def _live_through(
	ledger: demo.Ledger, policy: Policy, advance: terminal.Advance
) -> tuple[Evaluation, Evaluation, Selection]:
	"""Grade on the first day, then every day as a site does at night; the first, the last, and its facts."""
	previous: pd.DataFrame | None = None
	first: Evaluation | None = None
	for day in range(DEMO_DAYS + 1):
		as_of = demo.AS_OF - timedelta(DEMO_DAYS - day)
		advance(f"Grading {as_of}", day / DEMO_DAYS)
		selection = ledger.select(policy, as_of)
		evaluation = evaluate(selection.facts, policy, as_of, previous)
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
		f"{demo.COMPANY}, a made-up company: {summary['customers']:,} customers, {documents:,} documents, "
		f"graded by {last.policy.name} as of {last.as_of}.",
		"bold",
	)
	_show_grades(console, last, summary)
	terminal.show_left_out(console, _left_out(summary), "Documents left out")
	moves = _demo_moves(first, last)
	rose = sum(move["rungs"] > 0 for move in moves)
	told = f"{terminal.many(rose, 'customer')} rose, {len(moves) - rose:,} fell"
	terminal.say(console, f"Graded every day since {first.as_of}: {told}.", "bold")
	terminal.show_moves(console, _biggest(moves), last.policy)
	terminal.say(console, f"Written to {out}: scores.csv, summary.json and company.sqlite.")
	terminal.say(
		console, "Next: export your Sales Invoices as CSV or Excel, then customer-tiering score FILE."
	)


def _demo_moves(first: Evaluation, last: Evaluation) -> list[dict[str, Any]]:
	"""Everyone whose tier differs, the biggest moves first."""
	both = first.scores.merge(last.scores, on="customer", suffixes=("_then", "_now"))
	both = both[both["tier_then"].notna() & both["tier_now"].notna()]
	moves = [
		{
			"customer": row["customer"],
			"from_tier": row["tier_then"],
			"to_tier": row["tier_now"],
			"rungs": last.policy.position(row["tier_now"]) - last.policy.position(row["tier_then"]),
			"from_score": row["score_then"],
			"to_score": row["score_now"],
			"stage": row["lifecycle_stage_now"],
			"last_purchase": str(row["last_purchase_now"].date()),
		}
		for row in both[both["tier_then"] != both["tier_now"]].to_dict("records")
	]
	return sorted(moves, key=lambda move: (-abs(move["rungs"]), -abs(move["to_score"] - move["from_score"])))


def _biggest(moves: list[dict[str, Any]]) -> list[dict[str, Any]]:
	"""Half of those shown rose and half fell, where there are as many."""
	up = [move for move in moves if move["rungs"] > 0]
	down = [move for move in moves if move["rungs"] < 0]
	half = MOVERS // 2
	return up[: max(half, MOVERS - len(down))] + down[: max(half, MOVERS - len(up))]
