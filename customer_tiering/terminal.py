"""What the command line shows: tables on standard output, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from customer_tiering.engine import Policy
from customer_tiering.sources.documents import LEFT_OUT, LeftOut

#: How wide a page is that goes into a file or a pipe.
PAGE = 110
BAR = 24
_COLORS = {
	"Gray": "bright_black", "Blue": "blue", "Light Blue": "bright_blue", "Green": "green",
	"Orange": "dark_orange", "Yellow": "yellow", "Red": "red", "Pink": "hot_pink", "Purple": "medium_purple",
	"Cyan": "cyan",
}  # fmt: skip


def page() -> Console:
	"""Standard output: coloured in a terminal, plain elsewhere; a letter it cannot show does no harm."""
	reconfigure = getattr(sys.stdout, "reconfigure", None)
	if reconfigure:
		reconfigure(errors="replace")
	console = Console(file=sys.stdout, highlight=False)
	return console if console.is_terminal else Console(file=sys.stdout, highlight=False, width=PAGE)


Advance = Callable[[str, float], None]


@contextmanager
def progress() -> Iterator[Advance]:
	"""A bar on standard error, told by a text and a part from 0 to 1; nothing where that is no terminal."""
	console = Console(stderr=True)
	bar = Progress(
		SpinnerColumn(),
		TextColumn("{task.description}", markup=False),
		BarColumn(),
		TimeElapsedColumn(),
		console=console,
		transient=True,
		disable=not console.is_terminal,
	)
	with bar:
		task = bar.add_task("", total=1.0)
		yield lambda text, part: bar.update(task, description=printable(text), completed=part)


def printable(text: str) -> str:
	"""A text without anything that would move the cursor or change colours."""
	return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def printable_lines(text: str) -> str:
	"""The same, but for line ends."""
	return "\n".join(map(printable, text.splitlines()))


def say(console: Console, text: str = "", style: str = "") -> None:
	"""A sentence; long ones wrap in a terminal only."""
	console.print(Text(printable(text), style=style), soft_wrap=not console.is_terminal)


def number(value: float, decimals: int = 0) -> str:
	"""With separators, to be read by people: 1,234.50."""
	return f"{value:,.{decimals}f}"


def many(count: int, one: str) -> str:
	"""1 row; 2 rows."""
	return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def money(value: float) -> str:
	"""To the penny."""
	return number(value, 2)


def sheet(title: str = "") -> Table:
	"""An empty table in the house's look."""
	return Table(
		title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
	)


def show_tiers(console: Console, summary: dict[str, Any], policy: Policy) -> None:
	"""Customers, revenue and share by tier, with a bar each in a terminal."""
	colors = {tier.name: _COLORS[tier.color] for tier in policy.tiers}
	rows = summary["tiers"]
	most = max((row["share_percent"] or 0 for row in rows), default=0)
	table = sheet()
	for name in ("Tier", "Customers", "Revenue", "Share"):
		table.add_column(name, justify="left" if name == "Tier" else "right")
	if console.is_terminal:
		table.add_column("")
	for row in rows:
		color = colors.get(row["name"], "")
		cells: list[Text | str] = [
			Text(printable(row["name"] or "Unrated"), style=f"bold {color}" if color else "dim"),
			*_figures(row),
		]
		if console.is_terminal:
			share = max(0.0, row["share_percent"] or 0.0)
			cells.append(Text("█" * round(BAR * share / most) if most else "", style=color or "dim"))
		table.add_row(*cells)
	table.add_section()
	total = {**summary, "share_percent": 100.0 if summary["revenue"] > 0 else None}
	table.add_row(Text("Total", style="bold"), *_figures(total))
	console.print(table)


def show_stages_and_segments(console: Console, summary: dict[str, Any]) -> None:
	"""Side by side where there is room."""
	tables = [
		_groups("Life cycle", summary["stages"], "No stage"),
		_groups("RFM segment", summary["segments"], "No segment"),
	]
	console.print(Columns(tables, padding=(0, 6)))


def _groups(title: str, rows: Sequence[dict[str, Any]], nobody: str) -> Table:
	table = sheet()
	for name in (title, "Customers", "Revenue", "Share"):
		table.add_column(name, justify="left" if name == title else "right")
	for row in rows:
		if row["customers"]:
			table.add_row(row["name"] or Text(nobody, style="dim"), *_figures(row))
	return table


def _figures(row: dict[str, Any]) -> list[str]:
	share = row["share_percent"]
	return [number(row["customers"]), money(row["revenue"]), "" if share is None else f"{share:.1f}%"]


def show_left_out(console: Console, left_out: dict[str, LeftOut], title: str) -> None:
	"""Which rows are left out and why; nothing if there are none."""
	if not left_out:
		return
	table = sheet()
	table.add_column(title)
	table.add_column("Rows", justify="right")
	table.add_column("Net amount", justify="right")
	for key, out in left_out.items():
		unknown = key in ("blank", "totals")
		table.add_row(LEFT_OUT[key].capitalize(), number(out.rows), "" if unknown else money(out.net_amount))
	console.print(table)


def show_moves(console: Console, moves: Sequence[dict[str, Any]], policy: Policy) -> None:
	"""Who rose and who fell, one row each."""
	colors = {tier.name: _COLORS[tier.color] for tier in policy.tiers}
	table = sheet()
	for name in ("Biggest movers", "From", "", "To", "Score", "Stage", "Last purchase"):
		table.add_column(name, justify="right" if name == "Score" else "left")
	for move in moves:
		up = move["rungs"] > 0
		table.add_row(
			Text(printable(move["customer"])),
			Text(printable(move["from_tier"]), style=colors.get(move["from_tier"], "")),
			Text("↑", style="green") if up else Text("↓", style="red"),
			Text(printable(move["to_tier"]), style=colors.get(move["to_tier"], "")),
			f"{move['from_score']:g} → {move['to_score']:g}",
			move["stage"],
			move["last_purchase"],
		)
	console.print(table)


def show_policies(console: Console, policies: Sequence[Policy]) -> None:
	"""What each is called, its tiers from the highest down, and what it is for."""
	table = sheet()
	for name in ("Policy", "Tiers", "What it does"):
		table.add_column(name)
	for policy in policies:
		tiers = " > ".join(tier.name for tier in reversed(policy.tiers))
		table.add_row(Text(policy.name, style="bold"), tiers, policy.description)
	console.print(table)
