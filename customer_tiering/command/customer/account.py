"""A customer's account in words: the tier, why it is so, what holds it and what would lift it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from customer_tiering.command.shown.tables import empty_table
from customer_tiering.command.shown.terminal import many, money, printable, say
from customer_tiering.engine import Evaluation
from customer_tiering.engine.what_if import Customer, Reach, least_to_stay, reachable

_BAR = 20
#: An order of no more than this is any order.
_LEAST_ORDER = 0.01


def show_account(console: Console, evaluation: Evaluation, name: str, customer: Customer) -> None:
	"""All of it.

	Args:
		console: where to.
		evaluation: of everyone.
		name: whose account.
		customer: the same one alone, to try orders on.
	"""
	why = evaluation.explain(name)
	row = evaluation.scores[evaluation.scores["customer"] == name].iloc[0]
	_show_tier(console, name, row, why, evaluation)
	_show_reasons(console, row, why)
	lines = [*_what_comes(row, why, customer), *_above(why, customer)]
	for line in lines or ["Nothing is due."]:
		say(console, line)


def _show_tier(
	console: Console, name: str, row: pd.Series, why: dict[str, Any], evaluation: Evaluation
) -> None:
	tier = why["tier"] or "Unrated"
	since = f", since {_day(row['tier_since'])}" if why["tier"] and not pd.isna(row["tier_since"]) else ""
	score = "" if why["score"] is None else f", score {why['score']:g}"
	say(
		console,
		f"{name}: {tier}{since}{score}; as of {why['as_of']}, policy {evaluation.policy.name}.",
		"bold",
	)
	stage, segment = row["lifecycle_stage"], row["rfm_segment"]
	told = [
		f"Stage: {stage}." if not pd.isna(stage) else "",
		f"RFM segment: {segment}." if not pd.isna(segment) else "",
	]
	bought = ""
	if not pd.isna(row["first_purchase"]):
		bought = (
			f"{many(int(row['purchases']), 'purchase')} of {money(float(row['purchase_amount']))} in all, "
			f"from {_day(row['first_purchase'])} to {_day(row['last_purchase'])}."
		)
	say(console, " ".join(part for part in (*told, bought) if part))


def _show_reasons(console: Console, row: pd.Series, why: dict[str, Any]) -> None:
	"""Each rule's value, points and weight; or why there are none."""
	if why["score"] is None or not why["rules"]:
		bought = not pd.isna(row["first_purchase"])
		say(
			console,
			"No rule of the policy is about this customer."
			if bought
			else "This customer has not purchased anything yet. The first purchase gives a tier.",
		)
		return
	table = empty_table()
	for name in ("Why", "", "Points", "", "Points × weight"):
		table.add_column(name, justify="left" if name == "Why" else "right")
	for rule in why["rules"]:
		table.add_row(
			Text(printable(rule["rule"])),
			_value(rule, row),
			f"{rule['points']:g}",
			Text("█" * round(_BAR * rule["points"] / 100), style="blue"),
			f"{rule['points']:.0f} × {rule['share']:.0%}",
		)
	console.print(table)
	for kind, sentence in (("floors", "At least {}, by rule {}."), ("caps", "At most {}, by rule {}.")):
		for one in why[kind]:
			say(console, sentence.format(one["tier"], one["rule"]))


def _value(rule: dict[str, Any], row: pd.Series) -> str:
	if rule["missing"]:
		return "not known"
	return _in_unit(rule["value"], rule["unit"]) if rule["metric"] else str(row["lifecycle_stage"])


def _in_unit(value: float, unit: str) -> str:
	if unit == "currency":
		return money(value)
	if unit == "percent":
		return f"{value:.1f}%"
	if unit == "days":
		return many(int(value), "day")
	return f"{value:,.10g}"


def _what_comes(row: pd.Series, why: dict[str, Any], customer: Customer) -> list[str]:
	lines = []
	if held := why["held"]:
		lines.append(f"Falls to {held['falls_to']} on {held['until']}.")
		if held["by"] == "review":
			lines.append("Until then nobody falls: it is the next review.")
		lines += [_staying(why["tier"], least_to_stay(customer)), *_silence(row, why)]
	elif row["lifecycle_stage"] in ("At Risk", "Lost"):
		lines += _silence(row, why)
	if (margin := why["margin"]) and margin["down_to"] is not None:
		lines.append(
			f"Stays {margin['tier']} down to {margin['down_to']:g} points: the score is below what the tier "
			"asks, and within the margin."
		)
	if rising := why["rising"]:
		lines.append(f"{rising['rises_to']} from {rising['until']}, if it stays: the score is high enough.")
	if why["next_review"]:
		lines.append(f"Next review: {why['next_review']}.")
	return lines


def _staying(tier: str, least: float | None) -> str:
	if least is None:
		return f"No single order would keep {tier}."
	if least <= _LEAST_ORDER:
		return f"Any order before then keeps {tier}."
	return f"An order of {money(least)} or more before then keeps {tier}."


def _silence(row: pd.Series, why: dict[str, Any]) -> list[str]:
	if pd.isna(row["last_purchase"]):
		return []
	days, gap = many(int(row["recency_days"]), "day"), f"{why['usual_gap']:g} days"
	if why["own_gap"]:
		return [f"Last purchase {days} ago; the usual gap is {gap}."]
	return [
		f"Last purchase {days} ago. With fewer than three purchase days, {gap} are taken as the usual gap."
	]


def _above(why: dict[str, Any], customer: Customer) -> list[str]:
	"""The next tier and what one order today would do; where none would, each rule that alone would."""
	above = why["above"]
	if not above or not (above["points"] or 0) > 0:
		return []
	lines = [f"{above['tier']} is {above['points']:g} points away."]
	reach = reachable(customer)
	if reach:
		return lines + [_order(one, customer.as_of) for one in reach]
	return [*lines, "No single order would do it.", *(_way(way, why) for way in above["ways"])]


def _order(one: Reach, today: date) -> str:
	least = "Any order" if one.amount <= _LEAST_ORDER else f"An order of {money(one.amount)} or more"
	later = f" on {one.on}, if it stays so" if one.on > today else ""
	return f"{least} today leads to {one.tier}{later}."


def _way(way: dict[str, Any], why: dict[str, Any]) -> str:
	now = next(rule["value"] for rule in why["rules"] if rule["rule"] == way["rule"])
	enough = _in_unit(way["value"], way["unit"])
	if way["value"] < now:
		return f"{way['rule']}: {enough} or less would do it."
	return f"{way['rule']}: {enough} would do it, {_in_unit(way['value'] - now, way['unit'])} more."


def _day(value: Any) -> str:
	return str(pd.Timestamp(value).date())
