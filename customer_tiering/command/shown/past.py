"""A back-test in a manager's words."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from customer_tiering.command.shown.tables import empty_table
from customer_tiering.command.shown.terminal import money, printable, say
from customer_tiering.engine import Policy
from customer_tiering.wording.figures import customers, days, number
from customer_tiering.wording.labels import metric_label, policy_label, rule_label, stage_label, tier_label
from customer_tiering.wording.texts import _, run_on

#: Areas below this are no better than drawing lots.
_NO_PATTERN = 0.55


def show_backtest(console: Console, policy: Policy, data: dict[str, Any]) -> None:
	"""All that a back-test found, beginning with what matters most."""
	text = _("{0} graded by {1} as of {2}. In the {3} after it, {4} of them ({5}) did not come back.")
	told = text.format(
		customers(data["customers"]), policy_label(policy.name), data["cut"], days(data["horizon"]),
		number(data["gone"]), _percent(data["gone"] / data["customers"]),
	)  # fmt: skip
	say(console, told, "bold")
	_show_tiers(console, data)
	_show_flags(console, data)
	_show_orders(console, data)
	_show_chance(console, data)
	_show_expected(console, data)
	_show_year(console, policy, data)


def _table(texts: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
	"""An empty table: columns of texts, then of numbers."""
	table = empty_table()
	for name in texts:
		table.add_column(name)
	for name in numbers:
		table.add_column(name, justify="right")
	return table


def _show_tiers(console: Console, data: dict[str, Any]) -> None:
	table = _table(
		(_("Tier"),),
		(
			_("Customers"), _("Came back"), _("Next revenue"), _("Share"), _("With those above"),
			_("As many by revenue"),
		),
	)  # fmt: skip
	for row in data["tiers"]:
		table.add_row(
			Text(printable(tier_label(row["tier"]))),
			number(row["customers"]),
			_percent(row["came_back"]),
			money(row["revenue"]),
			_percent(row["share"][0]),
			_percent(row["share_and_above"][0]),
			_percent(row["share_of_as_many"][0]),
		)
	console.print(table)
	top = next((row for row in data["tiers"] if row["customers"] and row["tier"]), None)
	if top is not None:
		text = _(
			"Of what known customers brought after the day, {0} brought {1}; as many of the largest of the year before, {2}."  # noqa: E501 a sentence is translated whole
		)
		shares = _range(top["share_and_above"]), _range(top["share_of_as_many"])
		say(console, text.format(printable(tier_label(top["tier"])), *shares))
	text = _("{0} came new, with {1}.")
	say(console, text.format(customers(data["new_customers"]), money(data["new_revenue"])))


def _show_flags(console: Console, data: dict[str, Any]) -> None:
	say(console)
	between = _("{0}; {1}")
	for row in data["flags"][:2]:
		name = stage_label(row["name"])
		if not row["customers"]:
			say(console, _("It called nobody {0}.").format(name))
			continue
		text = _(
			"Of those whom it called {0}, {1} of 100 did not come back; of as many of the longest silent, {2}"
		)
		told = text.format(name, _of_100(row["precision"]), _of_100(row["longest_silent"]))
		if "least_likely" in row:
			least = _("of as many with the least Chance to Buy, {0}").format(_of_100(row["least_likely"]))
			told = between.format(told, least)
		say(console, _("{0} ({1} each).").format(told, customers(row["customers"])))
	if data["gone"]:
		drawn = _("Of 100 drawn by lot, {0}.")
		say(console, drawn.format(_of_100([data["gone"] / data["customers"]])))


def _show_orders(console: Console, data: dict[str, Any]) -> None:
	known = [row for row in data["orders"] if row["auc"][0] is not None]
	if not known:
		say(console, _("All or none of them came back: nothing can be told of who foresees it."))
		return
	say(console, _("Who foresees that a customer does not come back:"), "bold")
	table = _table((_("By"), ""), (_("Right of 100 pairs"), "95 %", _("Average precision")))
	for row in known:
		value, low, high = row["auc"]
		name = rule_label(row["name"]) if row["kind"] == "rule" else _by(row["name"])
		precision = row["average_precision"][0]
		table.add_row(
			Text(printable(name)), _kind(row["kind"]), f"{value * 100:.1f}",
			_("{0} to {1}").format(f"{low * 100:.1f}", f"{high * 100:.1f}"), f"{precision:.3f}",
		)  # fmt: skip
	console.print(table)
	if max(row["auc"][0] for row in known) < _NO_PATTERN:
		say(
			console,
			_("Nothing foresees it: who buys when shows no pattern, and 50 pairs of 100 are luck."),
		)


def _by(name: str) -> str:
	"""What an order goes by that is no rule of the policy."""
	return {
		"Score": _("Score"),
		"Stage": _("Stage"),
		"Chance to Buy": metric_label("Chance to Buy"),
		"Expected Purchases": metric_label("Expected Purchases"),
		"Expected Value": metric_label("Expected Value"),
		"Recency": metric_label("Recency"),
		"Frequency": _("Frequency"),
		"Recency and Frequency": _("Recency and Frequency"),
		"Own Gap": _("Own Gap"),
	}[name]


def _kind(kind: str) -> str:
	return {
		"rule": _("rule"),
		"score": _("score"),
		"stage": _("stage"),
		"forecast": _("forecast"),
		"plain": _("plain"),
	}[kind]


def _show_chance(console: Console, data: dict[str, Any]) -> None:
	forecast = data["forecast"]
	if forecast is None:
		say(console, run_on([_("There is no forecast."), _(data["forecast_refused"])]))
		return
	chance = forecast["chance"]
	say(console, _("Chance to Buy: {0}.").format(_method(chance)))
	check = chance["check"]
	if check is not None:
		text = (
			_(
				"Checked at {0} before it was used: right in {1} of 100 pairs; the best plain rule there, {2}, in {3}."  # noqa: E501 a sentence is translated whole
			)
			if check["by"] == "later days"
			else _(
				"Checked on customers kept aside before it was used: right in {1} of 100 pairs; the best plain rule there, {2}, in {3}."  # noqa: E501 a sentence is translated whole
			)
		)
		best = check["best_rule"]
		right = f"{check['auc'] * 100:.1f}", _by(best), f"{check['rules'][best] * 100:.1f}"
		say(console, text.format(check["cut"], *right))
	say(console, _("Chance to Buy and who came back, from the least likely to the most:"), "bold")
	table = _table((), (_("Customers"), _("Foreseen"), _("Came back"), "95 %"))
	for row in data["calibration"]:
		value, low, high = row["happened"]
		between = _("{0} to {1}").format(_percent(low), _percent(high))
		table.add_row(number(row["customers"]), _percent(row["foreseen"]), _percent(value), between)
	console.print(table)


def _method(chance: dict[str, Any]) -> str:
	"""What the Chance to Buy comes from."""
	earlier = len(chance["cuts"])
	learnt = _("1 earlier day") if earlier == 1 else _("{0} earlier days").format(number(earlier))
	return {
		"regression": _("learnt from {0}"),
		"rule": _("the plain rule {1}, which foresaw better than what was learnt from {0}"),
		"purchases": _("the model of purchases alone, as the past is too short to learn from"),
		"rhythm": _("each customer's own rhythm alone, as hardly anybody came back"),
	}[chance["method"]].format(learnt, _by(chance["rule"]) if chance["rule"] else "")


def _show_expected(console: Console, data: dict[str, Any]) -> None:
	forecast, expected = data["forecast"], data["expected"]
	if forecast is None:
		return
	parts = (
		("purchases", _("Expected Purchases: the BG/NBD was refused. {0}")),
		("amounts", _("Expected Value: the Gamma-Gamma was refused. {0}")),
	)
	for part, text in parts:
		fitted = forecast[part]
		if fitted["refused"]:
			instead = (
				_("The {0} stands for it.").format(fitted["model"])
				if fitted["model"]
				else _("Nothing stands for it.")
			)
			say(console, run_on([text.format(fitted["refused"]), instead]))
	if "expected_purchases" in expected:
		row = expected["expected_purchases"]
		text = _("Days with a purchase, foreseen {0}, came {1}.")
		say(console, text.format(number(row["foreseen"]), number(row["happened"][0])))
	if "expected_value" in expected:
		row = expected["expected_value"]
		text = _("Value, returns aside, foreseen {0}; net revenue came {1}.")
		say(console, text.format(money(row["foreseen"]), money(row["happened"][0])))


def _show_year(console: Console, policy: Policy, data: dict[str, Any]) -> None:
	year = data["year"]
	if not year or not year["months"]:
		return
	text = {
		1: _("The year before, graded every day:"),
		7: _("The year before, graded every week:"),
		None: _("The year before, graded at month ends:"),
	}[year["step_days"]]
	say(console, text, "bold")
	names = [tier.name for tier in reversed(policy.tiers)]
	table = _table(
		(_("Until"),),
		(
			*(printable(tier_label(name)) for name in names), _("Moved"), _("Top caught"),
			_("As many by revenue"),
		),
	)  # fmt: skip
	for month in year["months"]:
		moved = month["moved"] / month["rated"] if month["rated"] else None
		table.add_row(
			month["until"],
			*(number(month["customers"][name]) for name in names),
			f"{number(month['moved'])} ({_percent(moved)})",
			_percent(month["caught"]),
			_percent(month["caught_by_as_many"]),
		)
	console.print(table)


def _percent(share: float | None) -> str:
	return "–" if share is None else f"{share * 100:.1f}%"


def _range(figure: list[float | None]) -> str:
	value, low, high = figure
	if low is None:
		return _percent(value)
	return _("{0} ({1} to {2})").format(_percent(value), _percent(low), _percent(high))


def _of_100(figure: list[float | None]) -> str:
	return "–" if figure[0] is None else f"{figure[0] * 100:.0f}"
