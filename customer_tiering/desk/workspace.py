"""What the workspace shows: a few figures with their trend, and three charts, of the reader's own customers.

Opening a workspace must cost next to nothing: snapshots and the log are small, and what was worked out for a
reader is kept for a few minutes, until a full run, or until what he may see changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import frappe
import pandas as pd
from frappe.permissions import get_user_permissions
from frappe.utils import escape_html, fmt_money, formatdate

from customer_tiering.engine.stages import SLIPPING, STAGES
from customer_tiering.names import SETTINGS
from customer_tiering.reporting.choosing.reader import UNRATED
from customer_tiering.reporting.past import standing
from customer_tiering.reporting.past.standing import Standing
from customer_tiering.reporting.showing import addresses, charts
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import state
from customer_tiering.wording.labels import stage_label, tier_label
from customer_tiering.wording.texts import _, listed

_KEPT_SECONDS = 300
#: Spreads a link over the card around its figure, but for the corner with the card's menu.
_WHOLE_CARD = (
	"display:block;color:inherit;text-decoration:none;margin:-44px -12px -12px;padding:44px 12px 12px;"
	"clip-path:polygon(0 0,calc(100% - 48px) 0,calc(100% - 48px) 40px,100% 40px,100% 100%,0 100%)"
)
_CACHE = "customer_tiering_desk"
Moves = dict[str, dict[str, int]]
Row = dict[str, Any]


@dataclass(frozen=True)
class Known:
	"""What all figures and charts of a reader are made from.

	Attributes:
		standing: his months.
		moves: how many customers went ``up`` and ``down``, ``now`` (this month, so far) and ``before`` (in
			the month before it).
		today: the day on which it was worked out.
	"""

	standing: Standing
	moves: Moves
	today: date

	@property
	def before(self) -> date:
		"""The last day of the month before."""
		return self.today.replace(day=1) - timedelta(days=1)


@dataclass(frozen=True)
class Card:
	"""A figure as the host's number card shows it.

	Attributes:
		value: formatted.
		says: what the figure is, in a sentence.
		path: of the report behind it.
		trend: against the month before; empty: nothing to compare with.
		good: whether the trend is welcome; None: neither.
	"""

	value: str
	says: str = ""
	path: str = ""
	trend: str = ""
	good: bool | None = None

	def html(self) -> str:
		"""Markup for the host's number card: it works out no trend for a figure that a method gives."""
		color = {True: "green-stat", False: "red-stat", None: "text-muted"}[self.good]
		trend = (
			f'<div class="card-stats {color}" style="font-weight:normal;line-height:1.4">'
			f'<span class="percentage-stat-area">{escape_html(self.trend)}</span></div>'
		)
		return self._linked(f"{escape_html(self.value)}{trend if self.trend else ''}")

	def _linked(self, shown: str) -> str:
		says = escape_html(self.says)
		if not self.path:
			return f'<span title="{says}">{shown}</span>'
		return f'<a href="{escape_html(self.path)}" title="{says}" style="{_WHOLE_CARD}">{shown}</a>'


# -- what is known ----------------------------------------------------------------------------------


def known() -> Known | None:
	"""What is kept for such a reader, or worked out anew; None: nothing is published."""
	key = f"{_CACHE}:{signature()}"
	kept = _readable(key)
	if kept is None:
		kept = _to_keep(standing.read_standing(state.today()))
		frappe.cache.set_value(key, kept, expires_in_sec=_KEPT_SECONDS)
	return _from_kept(kept)


def _readable(key: str) -> Row | None:
	"""What is kept; None: nothing, or nothing that this version of the app can read."""
	try:
		kept = frappe.cache.get_value(key, expires=True)
		_from_kept(kept)
	except Exception:
		return None
	return kept


def signature() -> str:
	"""Another one as soon as the figures, or what the reader may see of them, could be others.

	Readers who may see the same share what was worked out for one of them.
	"""
	settings = frappe.db.get_singles_dict(SETTINGS)
	user = frappe.session.user
	parts = (
		state.today(), settings.get("current_policy"), settings.get("last_run_on"),
		permissions.customers_condition(user, "Customer Score"), get_user_permissions(user),
	)  # fmt: skip
	return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()[:20]


def _to_keep(found: Standing | None) -> Row:
	if found is None:
		return {"today": None}
	today = state.today()
	month = today.replace(day=1) - timedelta(days=1)
	spans = {"now": (month, today), "before": (month.replace(day=1) - timedelta(days=1), month)}
	moves: Moves = {"up": {}, "down": {}}
	for name, (after, until) in spans.items():
		steps = standing.rising(standing.moves(after, until), found.ladder)
		moves["up"][name], moves["down"][name] = int((steps > 0).sum()), int((steps < 0).sum())
	return {
		"today": today,
		"ladder": found.ladder,
		"currency": found.currency,
		"columns": list(found.months),
		"months": found.months.to_numpy(dtype=object).tolist(),
		"moves": moves,
	}


def _from_kept(kept: Row) -> Known | None:
	if kept["today"] is None:
		return None
	months = pd.DataFrame(kept["months"], columns=kept["columns"])
	return Known(Standing(kept["ladder"], kept["currency"], months), kept["moves"], kept["today"])


# -- figures ----------------------------------------------------------------------------------------


def card(name: str) -> str:
	"""A figure of the workspace, for the host's number card.

	Raises:
		frappe.ValidationError: there is no such figure.
	"""
	if name not in CARDS:
		frappe.throw(_("There is no such figure."))
	if not frappe.has_permission("Customer", "read"):
		return Card(
			"–", trend=_("You may not read customers. Ask for a role that may, such as Sales User.")
		).html()
	_current, unreadable = state.readable()
	if unreadable:
		trend = _("The policy in force cannot be read.")
		return Card("–", says=unreadable, path=addresses.form(SETTINGS), trend=trend).html()
	found = known()
	if found is None:
		return Card("–", path=addresses.form(SETTINGS), trend=_("Publish a policy first.")).html()
	if found.standing.as_of is None:
		return Card("–", path=addresses.form(SETTINGS), trend=_("Nobody is graded yet.")).html()
	return CARDS[name](found).html()


def _customers(found: Known) -> Card:
	each = [found.standing.in_top(found.standing.at(ago))["customers"].sum() for ago in (0, 1)]
	says = _("Customers who hold {0}, the upper half of the ladder, as of {1}.")
	return Card(
		_count(each[0]),
		_about(says, found),
		_performance(found),
		*_change(found, each[0] - each[1], _count, good=1),
	)


def _share(found: Known) -> Card:
	each = [_share_of_top(found.standing, ago) for ago in (0, 1)]
	says = _("The part of the revenue of 365 days that customers who hold {0} brought, as of {1}.")
	if each[0] is None:
		return _not_worked_out(_about(says, found), _performance(found))
	change = None if each[1] is None else each[0] - each[1]
	return Card(
		charts.percent(each[0]) or "–",
		_about(says, found),
		_performance(found),
		*_change(found, change, lambda points: fmt_money(points, precision=1), good=1),
	)


def _share_of_top(what: Standing, ago: int) -> float | None:
	rows = what.at(ago)
	whole, top = rows["revenue"].sum(), what.in_top(rows)["revenue"].sum()
	return top / whole * 100 if whole > 0 else None


def _risk(found: Known) -> Card:
	rows = [found.standing.in_top(found.standing.at(ago), SLIPPING) for ago in (0, 1)]
	says = _(
		"Revenue of 365 days of those who hold {0} and are in the stage At Risk or Declining, as of {1}."
	)
	top = found.standing.top
	path = addresses.report("Customers at Risk", company="", **({"at_least_tier": top[-1]} if top else {}))
	if found.standing.at()["revenue"].isna().any():
		return _not_worked_out(_about(says, found), path)
	each = [part["revenue"].sum() for part in rows]
	return Card(
		_amount(each[0], found),
		_about(says, found),
		path,
		*_change(found, each[0] - each[1], lambda amount: _amount(amount, found), good=-1),
	)


def _upgrades(found: Known) -> Card:
	says = _("Customers who hold a higher tier than at the end of last month, as of {0}.")
	return _moved(found, "up", says.format(formatdate(found.today)))


def _downgrades(found: Known) -> Card:
	says = _("Customers who hold a lower tier than at the end of last month, as of {0}.")
	return _moved(found, "down", says.format(formatdate(found.today)))


def _moved(found: Known, way: str, says: str) -> Card:
	now, before = found.moves[way]["now"], found.moves[way]["before"]
	path = addresses.report(
		"Tier Movement", company="", from_date=found.before.isoformat(), to_date=found.today.isoformat()
	)
	trend = (
		_("Other tiers were in force a month ago")
		if found.standing.had_other_tiers(1)
		else _("{0} in the whole of last month").format(_count(before))
	)
	return Card(_count(now), says, path, trend)


CARDS: Mapping[str, Callable[[Known], Card]] = {
	"customers": _customers,
	"share": _share,
	"risk": _risk,
	"upgrades": _upgrades,
	"downgrades": _downgrades,
}


def _not_worked_out(says: str, path: str) -> Card:
	return Card("–", says, path, _("Many customers: open the report."))


def _about(sentence: str, found: Known) -> str:
	tiers = listed(tier_label(tier) for tier in found.standing.top)
	return sentence.format(tiers, formatdate(found.standing.as_of))


def _performance(found: Known) -> str:
	as_of = found.standing.as_of or found.today
	since = as_of - timedelta(days=364)
	return addresses.report(
		"Tier Performance", company="", from_date=since.isoformat(), to_date=as_of.isoformat()
	)


def _change(
	found: Known, change: float | None, formatted: Callable[[Any], str], good: int
) -> tuple[str, bool | None]:
	"""The trend since the month before, and whether it is welcome; ``good``: 1 if more is better, else -1."""
	last = found.standing.at(1)
	if change is None or last.empty or pd.isna(change):
		return "", None
	if found.standing.had_other_tiers(1):
		return _("Other tiers were in force a month ago"), None
	day = formatdate(last["as_of"].iloc[0])
	shown = formatted(abs(change))
	if shown == formatted(0):
		return _("Unchanged since {0}").format(day), None
	return _("{0} since {1}").format(f"{'▲' if change > 0 else '▼'} {shown}", day), change * good > 0


def _count(number: Any) -> str:
	return str(fmt_money(int(number), precision=0))


def _amount(amount: float, found: Known) -> str:
	return str(fmt_money(round(float(amount)), precision=0, currency=found.standing.currency))


# -- charts -----------------------------------------------------------------------------------------


def chart(name: str) -> Row:
	"""Labels and values of a chart of the workspace; none where there is nothing to be drawn.

	Raises:
		frappe.ValidationError: there is no such chart.
	"""
	if name not in CHARTS:
		frappe.throw(_("There is no such chart."))
	if state.readable()[0] is None:
		return {}  # the figures beside it say why
	found = known() if frappe.has_permission("Customer", "read") else None
	if found is None or found.standing.as_of is None:
		return {}
	return CHARTS[name](found.standing)


def _tiers_over_time(what: Standing) -> Row:
	return _by_month(what, "customers")


def _revenue_by_tier(what: Standing) -> Row:
	if what.months["month_revenue"].isna().any():
		return {}
	return _by_month(what, "month_revenue")


def _by_month(what: Standing, figure: str) -> Row:
	"""A bar per month: the ladder, the unrated and, together, tiers of former policies, where some are."""
	months = what.months["month"].unique()[-standing.MONTHS :]
	table = what.months.groupby(["tier", "month"])[figure].sum().unstack(fill_value=0)
	table = table.reindex(columns=months, fill_value=0).astype(float)
	known = [*what.ladder, UNRATED]
	former = table[~table.index.isin(known)]
	table = table.reindex(index=known, fill_value=0.0)
	shown = {tier_label(rung): table.loc[rung].tolist() for rung in known}
	if len(former):
		shown[_("Former tiers")] = former.sum().tolist()
	elif not table.loc[UNRATED].any():
		del shown[tier_label(UNRATED)]
	return _data([_month(month, month == months[0]) for month in months], shown)


def _month(month: date, first: bool) -> str:
	"""Short, and the year only where it begins: a phone has room for no more."""
	return standing.month_name(month, "yMMM" if first or month.month == 1 else "MMM")


def _stages(what: Standing) -> Row:
	held = what.at().groupby("lifecycle_stage")["customers"].sum()
	stages = [stage for stage in STAGES if held.get(stage, 0)]
	return _data(
		[stage_label(stage) for stage in stages], {_("Customers"): [int(held[stage]) for stage in stages]}
	)


def _data(labels: list[str], datasets: Mapping[str, Sequence[float]]) -> Row:
	return charts.chart("bar", labels, datasets)["data"]


#: By the names of the Dashboard Charts.
CHARTS: Mapping[str, Callable[[Standing], Row]] = {
	"Tiers Over Time": _tiers_over_time,
	"Customers by Life Cycle Stage": _stages,
	"Monthly Revenue by Tier": _revenue_by_tier,
}
