"""What the monthly review says: who holds which tier and what that brings, who moved, and who is at risk.

Everything is of the reader's own customers, and a text by the time that it reaches the template.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import frappe
import numpy as np
import pandas as pd
from frappe.utils import fmt_money, formatdate

from customer_tiering.desk import workspace
from customer_tiering.engine.stages import SLIPPING
from customer_tiering.names import MODULE
from customer_tiering.reporting.choosing import reader
from customer_tiering.reporting.choosing.filters import Filters
from customer_tiering.reporting.past import standing
from customer_tiering.reporting.past.standing import Standing
from customer_tiering.reporting.showing import addresses, charts, review_page, sentences
from customer_tiering.site.grading import state
from customer_tiering.site.past import snapshots
from customer_tiering.wording.labels import stage_label, tier_label
from customer_tiering.wording.texts import _, listed

#: So many customers are named: of those who rose, who fell, and who are at risk.
NAMED = 5
AT_RISK = 10
Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
	"""What a review is made from.

	Attributes:
		standing: the reader's months up to the one under review.
		moves: who came to another tier in it, with ``step`` (above zero: up), ``customer_name``, and his
			``revenue`` of 365 days, those with most of it first.
		risk: who holds one of the top tiers now and is slipping, in the same manner: ``customer``,
			``customer_name``, ``rung``, ``stage``, ``revenue``.
		whose: whose figures these are, where he may not see all companies' figures.
	"""

	standing: Standing
	moves: pd.DataFrame
	risk: pd.DataFrame
	whose: list[str]


def mail(month: date, made: dict[str, Found | None]) -> Row | None:
	"""Subject and texts of a review; None: there is nothing to tell this reader.

	Args:
		month: the last day of the month.
		made: what was found for others, by what they may see; it is added to.
	"""
	key = workspace.signature()
	if key not in made:
		made[key] = find(month)
	found = made[key]
	return None if found is None else _texts(found, month)


def find(month: date) -> Found | None:
	"""What there is to be told; None where the month was not kept."""
	current = state.published()
	known = standing.read_standing(month, months=1, at_once=False)
	if current is None or known is None or known.of(month.replace(day=1)).empty:
		return None
	moves = standing.moves(month.replace(day=1) - timedelta(days=1), month)
	moves = moves.assign(step=standing.rising(moves, known.ladder))
	seen = reader.read_seen(current.policy, Filters(month, month))
	sales = seen.sales(month - timedelta(days=snapshots.YEAR - 1), month)
	held = seen.customers.set_index("customer")
	held = held.assign(
		revenue=sales.groupby("customer")["net_amount"].sum().reindex(held.index, fill_value=0.0)
	)
	slipping = held[held["rung"].isin(known.top) & held["stage"].isin(SLIPPING)]
	moves = moves.join(held[["customer_name", "revenue"]], on="customer", how="inner")
	return Found(known, _largest(moves), _largest(slipping.reset_index()), sentences.whose(seen, str))


def _largest(rows: pd.DataFrame) -> pd.DataFrame:
	return rows.sort_values(["revenue", "customer"], ascending=[False, True], kind="stable")


# -- texts ------------------------------------------------------------------------------------------


def _texts(found: Found, month: date) -> Row:
	known, name = found.standing, standing.month_name(month, "yMMMM")
	up, down = (found.moves[found.moves["step"] * way > 0] for way in (1, -1))
	return {
		"subject": _("Customer tiers in {0}").format(name),
		"title": _("Customer tiers in {0}").format(name),
		"lead": _lead(known),
		"tiers": _tiers(known),
		"groups": [
			_group(_("Customers who rose: {0}").format(_count(len(up))), up, found),
			_group(_("Customers who fell: {0}").format(_count(len(down))), down, found),
		],
		"risk": _risk(found),
		"links": _links(month),
		"note": _note(found),
	}


def _lead(known: Standing) -> str:
	now, before = (known.in_top(known.at(ago))["customers"].sum() for ago in (0, 1))
	share = _share(known.at(), known.in_top(known.at()))
	tiers = listed(tier_label(tier) for tier in known.top)
	if known.at(1).empty:
		text = _("Customers who hold {1}: {0}. Their share of the revenue of the last 365 days: {2}.")
		return text.format(_count(now), tiers, _percent(share))
	text = _(
		"Customers who hold {1}: {0}, {2} against the month before. Their share of the revenue of the last 365 days: {3}."  # noqa: E501 a sentence is translated whole
	)
	return text.format(_count(now), tiers, _signed(now - before), _percent(share))


def _tiers(known: Standing) -> Row:
	now, before = known.at(), known.at(1)
	head = [
		_("Tier"),
		_("Customers"),
		_("Change in Customers"),
		_("Revenue of 365 Days"),
		_("Share %"),
		_("Change in Points"),
	]
	rungs = [
		rung for rung in known.rungs if rung in set(now["tier"]) | set(before["tier"]) | set(known.ladder)
	]
	rows = [
		_tier_row(tier_label(rung), now[now["tier"] == rung], before[before["tier"] == rung], known)
		for rung in rungs
	]
	return {"head": head, "rows": [*rows, {**_tier_row(_("Total"), now, before, known), "bold": True}]}


def _tier_row(label: str, now: pd.DataFrame, before: pd.DataFrame, known: Standing) -> Row:
	shares = _share(known.at(), now), _share(known.at(1), before)
	customers = [part["customers"].sum() for part in (now, before)]
	points = np.nan if np.isnan(shares).any() else shares[0] - shares[1]
	compared = not known.at(1).empty
	return {
		"cells": [
			label,
			_count(customers[0]),
			_signed(customers[0] - customers[1]) if compared else "",
			_money(now["revenue"].sum(min_count=1), known),
			_percent(shares[0]),
			_signed(round(points, 1), 1) if compared and not np.isnan(points) else "",
		]
	}


def _group(title: str, moves: pd.DataFrame, found: Found) -> Row:
	rows = [
		[
			_link(row.customer, row.customer_name),
			f"{tier_label(row.from_tier)} → {tier_label(row.to_tier)}",
			_money(row.revenue, found.standing),
		]
		for row in moves.head(NAMED).itertuples()
	]
	head = [_("Customer"), _("Moved From → To"), _("Revenue of 365 Days")]
	return {"title": title, "head": head, "rows": rows}


def _risk(found: Found) -> Row:
	count, whole = len(found.risk), found.risk["revenue"].sum()
	title = _(
		"Customers in the top tiers who are at risk or declining now: {0}; their revenue of 365 days: {1}"
	)
	rows = [
		[
			_link(row.customer, row.customer_name),
			tier_label(row.rung),
			stage_label(row.stage),
			_money(row.revenue, found.standing),
		]
		for row in found.risk.head(AT_RISK).itertuples()
	]
	head = [_("Customer"), _("Tier"), _("Stage"), _("Revenue of 365 Days")]
	return {"title": title.format(_count(count), _money(whole, found.standing)), "head": head, "rows": rows}


def _link(customer: str, name: str) -> Row:
	return {"text": name or customer, "url": addresses.whole(addresses.form("Customer", customer))}


def _links(month: date) -> list[Row]:
	before = month.replace(day=1) - timedelta(days=1)
	days = {"company": "", "from_date": before.isoformat(), "to_date": month.isoformat()}
	year = {**days, "from_date": (month - timedelta(days=snapshots.YEAR - 1)).isoformat()}
	paths = {
		_("Tier Performance"): addresses.report("Tier Performance", **year),
		_("Tier Movement"): addresses.report("Tier Movement", **days),
		_("Customers at Risk"): addresses.report("Customers at Risk", company=""),
		_(MODULE): f"{addresses.desk()}/{frappe.scrub(MODULE).replace('_', '-')}",
	}
	if review_page.may_read():
		paths[_("The Whole Review as a Page")] = addresses.review_page(month)
	return [{"text": text, "url": addresses.whole(path)} for text, path in paths.items()]


def _note(found: Found) -> str:
	text = _("Tiers and revenue are as of {0}; only customers whom you may see are counted.")
	return " ".join([text.format(formatdate(found.standing.as_of)), *found.whose])


def _share(whole: pd.DataFrame, part: pd.DataFrame) -> float:
	total = whole["revenue"].sum()
	return float(part["revenue"].sum() / total * 100) if total > 0 else float("nan")


def _percent(value: float) -> str:
	return charts.percent(value) or "–"


def _count(number: Any) -> str:
	return str(fmt_money(int(number), precision=0))


def _signed(number: Any, precision: int = 0) -> str:
	sign = "+" if number > 0 else "−" if number < 0 else "±"
	return f"{sign}{fmt_money(abs(number), precision=precision)}"


def _money(amount: Any, known: Standing) -> str:
	if pd.isna(amount):
		return "–"
	return str(fmt_money(round(float(amount)) + 0.0, precision=0, currency=known.currency))
