"""The tables that the command shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from customer_tiering.command.shown.terminal import money, printable, say
from customer_tiering.command.written.review import WITHOUT_AMOUNT, reason
from customer_tiering.engine import Policy
from customer_tiering.wording.figures import customers, number, rows
from customer_tiering.wording.labels import segment_label, stage_label, tier_label
from customer_tiering.wording.texts import _, listed

BAR = 24
_COLORS = {
	"Gray": "bright_black", "Blue": "blue", "Light Blue": "bright_blue", "Green": "green",
	"Orange": "dark_orange", "Yellow": "yellow", "Red": "red", "Pink": "hot_pink", "Purple": "medium_purple",
	"Cyan": "cyan",
}  # fmt: skip


def show_grades(console: Console, policy: Policy, summary: dict[str, Any]) -> None:
	"""By tier, by stage and by segment, and who of them never bought."""
	_show_tiers(console, summary, policy)
	without = summary["without_purchase"]
	if without["customers"]:
		say(
			console,
			_("{0} never made a purchase that counts; with other documents, such as returns: {1}.").format(
				customers(without["customers"]), number(without["of_these_with_documents"])
			),
			"dim",
		)
	_show_stages_and_segments(console, summary)


def empty_table(title: str = "") -> Table:
	"""An empty table in the house's look."""
	return Table(
		title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
	)


def _show_tiers(console: Console, summary: dict[str, Any], policy: Policy) -> None:
	"""Customers, revenue and share by tier, with a bar each in a terminal."""
	colors = {tier.name: _COLORS[tier.color] for tier in policy.tiers}
	rows = summary["tiers"]
	most = max((row["share_percent"] or 0 for row in rows), default=0)
	table = empty_table()
	table.add_column(_("Tier"))
	for name in (_("Customers"), _("Revenue"), _("Share")):
		table.add_column(name, justify="right")
	if console.is_terminal:
		table.add_column("")
	for row in rows:
		color = colors.get(row["name"], "")
		cells: list[Text | str] = [
			Text(printable(tier_label(row["name"])), style=f"bold {color}" if color else "dim"),
			*_figures(row),
		]
		if console.is_terminal:
			share = max(0.0, row["share_percent"] or 0.0)
			cells.append(Text("█" * round(BAR * share / most) if most else "", style=color or "dim"))
		table.add_row(*cells)
	table.add_section()
	total = {**summary, "share_percent": 100.0 if summary["revenue"] > 0 else None}
	table.add_row(Text(_("Total"), style="bold"), *_figures(total))
	console.print(table)


def _show_stages_and_segments(console: Console, summary: dict[str, Any]) -> None:
	"""Side by side where there is room."""
	tables = [
		_groups(_("Life cycle"), summary["stages"], stage_label, _("No stage")),
		_groups(_("RFM segment"), summary["segments"], segment_label, _("No segment")),
	]
	console.print(Columns(tables, padding=(0, 6)))


def _groups(title: str, rows: Sequence[dict[str, Any]], label: Callable[[str], str], nobody: str) -> Table:
	table = empty_table()
	table.add_column(title)
	for name in (_("Customers"), _("Revenue"), _("Share")):
		table.add_column(name, justify="right")
	for row in rows:
		if row["customers"]:
			table.add_row(label(row["name"]) or Text(nobody, style="dim"), *_figures(row))
	return table


def _figures(row: dict[str, Any]) -> list[str]:
	share = row["share_percent"]
	return [number(row["customers"]), money(row["revenue"]), "" if share is None else f"{share:.1f}%"]


def show_left_out(console: Console, left_out: dict[str, dict[str, Any]], title: str) -> None:
	"""Which rows are left out and why; nothing if there are none."""
	if not left_out:
		return
	table = empty_table()
	table.add_column(title)
	table.add_column(_("Rows"), justify="right")
	table.add_column(_("Net amount"), justify="right")
	for key, out in left_out.items():
		unknown = key in WITHOUT_AMOUNT
		table.add_row(reason(key), number(out["rows"]), "" if unknown else money(out["net_amount"]))
	console.print(table)


def show_decided(console: Console, decided: Sequence[dict[str, Any]]) -> None:
	"""What was decided while the files were read: a sentence each, with rows and money if there are any."""
	for one in decided:
		figures = [rows(one["rows"])] if "rows" in one else []
		figures += [_("net amount {0}").format(money(one["net_amount"]))] if "net_amount" in one else []
		text = f"{one['told']} ({listed(figures)})" if figures else one["told"]
		say(console, _("Reading: {0}").format(text), "cyan")


def show_moves(console: Console, moves: Sequence[dict[str, Any]], policy: Policy) -> None:
	"""Who rose and who fell, one row each."""
	colors = {tier.name: _COLORS[tier.color] for tier in policy.tiers}
	table = empty_table()
	for name in (_("Biggest movers"), _("From"), "", _("To")):
		table.add_column(name)
	table.add_column(_("Score"), justify="right")
	for name in (_("Stage"), _("Last purchase")):
		table.add_column(name)
	for move in moves:
		up = move["rungs"] > 0
		table.add_row(
			Text(printable(move["customer"])),
			Text(printable(tier_label(move["from_tier"])), style=colors.get(move["from_tier"], "")),
			Text("↑", style="green") if up else Text("↓", style="red"),
			Text(printable(tier_label(move["to_tier"])), style=colors.get(move["to_tier"], "")),
			f"{move['from_score']:g} → {move['to_score']:g}",
			stage_label(move["stage"]),
			move["last_purchase"],
		)
	console.print(table)


def show_policies(console: Console, policies: Mapping[str, Policy]) -> None:
	"""By what name each is chosen, its tiers from the highest down, and what it is for."""
	table = empty_table()
	for name in (_("Policy"), _("Tiers"), _("What it does")):
		table.add_column(name)
	for name, policy in policies.items():
		tiers = " > ".join(tier_label(tier.name) for tier in reversed(policy.tiers))
		table.add_row(Text(name, style="bold"), tiers, _(policy.description))
	console.print(table)
