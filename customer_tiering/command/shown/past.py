"""A back-test in a manager's words."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from customer_tiering.command.shown.tables import empty_table
from customer_tiering.command.shown.terminal import many, money, number, printable, say
from customer_tiering.engine import Policy

#: Areas below this are no better than drawing lots.
_NO_PATTERN = 0.55
_METHODS = {
	"regression": "learnt from {days}",
	"rule": "the plain rule {rule}, which foresaw better than what was learnt from {days}",
	"purchases": "the model of purchases alone, as the past is too short to learn from",
	"rhythm": "each customer's own rhythm alone, as hardly anybody came back",
}

_MODELS = {"purchases": "the BG/NBD", "amounts": "the Gamma-Gamma"}


def show_backtest(console: Console, policy: Policy, data: dict[str, Any]) -> None:
	"""All that a back-test found, beginning with what matters most."""
	horizon, customers, gone = data["horizon"], data["customers"], data["gone"]
	say(
		console,
		f"{many(customers, 'customer')} graded by {policy.name} as of {data['cut']}. In the {horizon} days "
		f"after it, {gone:,} of them ({_percent(gone / customers)}) did not come back.",
		"bold",
	)
	_show_tiers(console, data)
	_show_flags(console, data)
	_show_orders(console, data)
	_show_chance(console, data)
	_show_expected(console, data)
	_show_year(console, policy, data)


def _show_tiers(console: Console, data: dict[str, Any]) -> None:
	table = empty_table()
	for name in (
		"Tier",
		"Customers",
		"Came back",
		"Next revenue",
		"Share",
		"With those above",
		"As many by revenue",
	):
		table.add_column(name, justify="left" if name == "Tier" else "right")
	for row in data["tiers"]:
		table.add_row(
			Text(printable(row["tier"] or "Unrated")),
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
		say(
			console,
			f"Of what known customers brought after the day, {printable(top['tier'])} brought "
			f"{_range(top['share_and_above'])}; as many of the largest of the year before, "
			f"{_range(top['share_of_as_many'])}.",
		)
	say(
		console,
		f"{many(data['new_customers'], 'customer')} came new, with {money(data['new_revenue'])}.",
	)


def _show_flags(console: Console, data: dict[str, Any]) -> None:
	say(console)
	for row in data["flags"][:2]:
		if not row["customers"]:
			say(console, f"It called nobody {row['name']}.")
			continue
		told = (
			f"Of those whom it called {row['name']}, {_of_100(row['precision'])} of 100 did not come back; "
			f"of as many of the longest silent, {_of_100(row['longest_silent'])}"
		)
		if "least_likely" in row:
			told += f"; of as many with the least Chance to Buy, {_of_100(row['least_likely'])}"
		say(console, f"{told} ({many(row['customers'], 'customer')} each).")
	if data["gone"]:
		say(console, f"Of 100 drawn by lot, {_of_100([data['gone'] / data['customers']])}.")


def _show_orders(console: Console, data: dict[str, Any]) -> None:
	known = [row for row in data["orders"] if row["auc"][0] is not None]
	if not known:
		say(console, "All or none of them came back: nothing can be told of who foresees it.")
		return
	say(console, "Who foresees that a customer does not come back:", "bold")
	table = empty_table()
	for name in ("By", "", "Right of 100 pairs", "95 %", "Average precision"):
		table.add_column(name, justify="left" if name in ("By", "") else "right")
	for row in known:
		value, low, high = row["auc"]
		precision = row["average_precision"][0]
		table.add_row(
			Text(printable(row["name"])), row["kind"], f"{value * 100:.1f}",
			f"{low * 100:.1f} to {high * 100:.1f}", f"{precision:.3f}",
		)  # fmt: skip
	console.print(table)
	if max(row["auc"][0] for row in known) < _NO_PATTERN:
		say(console, "Nothing foresees it: who buys when shows no pattern, and 50 pairs of 100 are luck.")


def _show_chance(console: Console, data: dict[str, Any]) -> None:
	forecast = data["forecast"]
	if forecast is None:
		say(console, f"There is no forecast. {data['forecast_refused']}")
		return
	chance = forecast["chance"]
	how = _METHODS[chance["method"]].format(
		days=many(len(chance["cuts"]), "earlier day"), rule=chance["rule"]
	)
	say(console, f"Chance to Buy: {how}.")
	check = chance["check"]
	if check is not None:
		where = f"at {check['cut']}" if check["by"] == "later days" else "on customers kept aside"
		say(
			console,
			f"Checked {where} before it was used: right in {check['auc'] * 100:.1f} of 100 pairs; the best "
			f"plain rule there, {check['best_rule']}, in {check['rules'][check['best_rule']] * 100:.1f}.",
		)
	say(console, "Chance to Buy and who came back, from the least likely to the most:", "bold")
	table = empty_table()
	for name in ("Customers", "Foreseen", "Came back", "95 %"):
		table.add_column(name, justify="right")
	for row in data["calibration"]:
		value, low, high = row["happened"]
		between = f"{_percent(low)} to {_percent(high)}"
		table.add_row(number(row["customers"]), _percent(row["foreseen"]), _percent(value), between)
	console.print(table)


def _show_expected(console: Console, data: dict[str, Any]) -> None:
	forecast, expected = data["forecast"], data["expected"]
	if forecast is None:
		return
	for part, what in (("purchases", "Expected Purchases"), ("amounts", "Expected Value")):
		fitted = forecast[part]
		if fitted["refused"]:
			instead = f" The {fitted['model']} stands for it." if fitted["model"] else f" There is no {what}."
			say(console, f"{what}: {_MODELS[part]} was refused. {fitted['refused']}{instead}")
	if "expected_purchases" in expected:
		row = expected["expected_purchases"]
		say(
			console,
			f"Days with a purchase, foreseen {number(row['foreseen'])}, came {number(row['happened'][0])}.",
		)
	if "expected_value" in expected:
		row = expected["expected_value"]
		say(
			console,
			f"Value, returns aside, foreseen {money(row['foreseen'])}; net revenue came "
			f"{money(row['happened'][0])}.",
		)


def _show_year(console: Console, policy: Policy, data: dict[str, Any]) -> None:
	year = data["year"]
	if not year or not year["months"]:
		return
	step = {1: "every day", 7: "every week", None: "at month ends"}[year["step_days"]]
	say(console, f"The year before, graded {step}:", "bold")
	table = empty_table()
	names = [tier.name for tier in reversed(policy.tiers)]
	for name in ("Until", *names, "Moved", "Top caught", "As many by revenue"):
		table.add_column(printable(name), justify="left" if name == "Until" else "right")
	for month in year["months"]:
		moved = month["moved"] / month["rated"] if month["rated"] else None
		table.add_row(
			month["until"],
			*(number(month["customers"][name]) for name in names),
			f"{month['moved']:,} ({_percent(moved)})",
			_percent(month["caught"]),
			_percent(month["caught_by_as_many"]),
		)
	console.print(table)


def _percent(share: float | None) -> str:
	return "–" if share is None else f"{share * 100:.1f}%"


def _range(figure: list[float | None]) -> str:
	value, low, high = figure
	return _percent(value) if low is None else f"{_percent(value)} ({_percent(low)} to {_percent(high)})"


def _of_100(figure: list[float | None]) -> str:
	return "–" if figure[0] is None else f"{figure[0] * 100:.0f}"
