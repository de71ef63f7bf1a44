"""A back-test in a manager's words, view by view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frappe.utils import formatdate

from customer_tiering.reporting.choosing.reader import Seen
from customer_tiering.reporting.past.hindsight import Hindsight
from customer_tiering.reporting.showing import charts, sentences
from customer_tiering.wording.labels import policy_label, stage_label, tier_label
from customer_tiering.wording.texts import _

#: Areas below this are no better than drawing lots.
_NO_PATTERN = 0.55
Figure = list[float | None]


def message(seen: Seen[Any], back: Hindsight) -> list[str]:
	"""What was done and what it found, each a sentence."""
	view = {
		"Warnings": _warnings, "Tiers": _tiers, "Foresight": _orders, "Chance to Buy": _chance, "Year": _year,
	}.get(seen.chosen.view)  # fmt: skip
	return [_graded(seen, back), *(view(seen, back.data, back) if view else [])]


def warning(name: str) -> str:
	"""A stage that is a warning, or both."""
	return _("At Risk or Lost") if name == "At Risk or Lost" else stage_label(name)


def _graded(seen: Seen[Any], back: Hindsight) -> str:
	data, policy = back.data, back.found.evaluation.policy
	if seen.chosen.draft:
		text = _(
			"{0} customers are graded by the draft of {1} as of {2}, by what was known then. In the {3} days after it, {4} of them ({5}) did not come back."  # noqa: E501 a sentence is translated whole
		)
	else:
		text = _(
			"{0} customers are graded by {1} as of {2}, by what was known then. In the {3} days after it, {4} of them ({5}) did not come back."  # noqa: E501 a sentence is translated whole
		)
	return text.format(
		sentences.bold(f"{data['customers']:,}"), sentences.bold(policy_label(policy.name)),
		formatdate(seen.chosen.cut), data["horizon"], f"{data['gone']:,}",
		charts.percent(data["gone"] / data["customers"] * 100),
	)  # fmt: skip


def _warnings(_seen: Seen[Any], data: dict[str, Any], _back: Hindsight) -> Iterator[str]:
	for row in data["flags"][:2]:
		name = sentences.bold(warning(row["name"]))
		if not row["customers"]:
			yield _("It called nobody {0}.").format(name)
			continue
		figures = [of_100(row["precision"]), of_100(row["longest_silent"])]
		if "least_likely" in row:
			text = _(
				"Of those whom it called {0}, {1} of 100 did not come back; of as many of the longest silent, {2}; of as many with the least Chance to Buy, {3}."  # noqa: E501 a sentence is translated whole
			)
			figures.append(of_100(row["least_likely"]))
		else:
			text = _(
				"Of those whom it called {0}, {1} of 100 did not come back; of as many of the longest silent, {2}."  # noqa: E501 a sentence is translated whole
			)
		yield text.format(name, *figures)
	yield _(
		"Of 100 drawn by lot, {0} did not. In brackets: in 95 of 100 such samples it lies between these."
	).format(f"{data['gone'] / data['customers'] * 100:.0f}")


def _tiers(seen: Seen[Any], data: dict[str, Any], _back: Hindsight) -> Iterator[str]:
	top = next((row for row in data["tiers"] if row["customers"] and row["tier"]), None)
	if top is not None and top["share_and_above"][0] is not None:
		yield _(
			"Of every 100 that known customers brought after that day, {0} brought {1}; as many of the largest by revenue of the year before, {2}."  # noqa: E501 a sentence is translated whole
		).format(
			sentences.bold(tier_label(top["tier"])),
			of_100(top["share_and_above"]),
			of_100(top["share_of_as_many"]),
		)
	yield _("Customers who came new: {0}, with {1}; no grade could know them.").format(
		f"{data['new_customers']:,}", sentences.money(data["new_revenue"], seen)
	)


def _orders(_seen: Seen[Any], data: dict[str, Any], _back: Hindsight) -> Iterator[str]:
	known = [row["auc"][0] for row in data["orders"] if row["auc"][0] is not None]
	if not known:
		yield _("All or none of them came back: nothing can be told of who foresees it.")
	elif max(known) < _NO_PATTERN:
		yield _("Nothing foresees it: who buys when shows no pattern, and 50 pairs of 100 are luck.")
	else:
		yield _(
			"Of 100 pairs of a customer who came back and one who did not, so many are told apart rightly; 50 are luck."  # noqa: E501 a sentence is translated whole
		)


def _chance(seen: Seen[Any], data: dict[str, Any], _back: Hindsight) -> Iterator[str]:
	if data["forecast"] is None:
		yield _("There is no forecast: too little was known by then.")
		return
	yield _(
		"Ten groups of customers, from the least likely to buy again to the most: what was foreseen, and what came."  # noqa: E501 a sentence is translated whole
	)
	value = data["expected"].get("expected_value")
	if value is not None:
		yield _("All together were expected to bring {0}, returns aside, and brought {1}.").format(
			sentences.money(value["foreseen"], seen), sentences.money(value["happened"][0], seen)
		)


def _year(_seen: Seen[Any], data: dict[str, Any], back: Hindsight) -> Iterator[str]:
	year = data["year"]
	if not year or not year["months"]:
		yield _("There are no whole months before that day.")
		return
	yield {
		1: _("The year before that day, graded every day."),
		7: _("The year before that day, graded every week."),
	}.get(year["step_days"], _("The year before that day, graded at the end of each month."))
	top = back.found.evaluation.policy.tiers[-1].name
	yield _(
		"For each month: how many stood on each tier at its end, how many changed tier in it, and what share of its revenue came from those who were {0} when it began, beside as many of the largest by revenue of the year before."  # noqa: E501 a sentence is translated whole
	).format(sentences.bold(tier_label(top)))


def of_100(figure: Figure) -> str:
	"""A share as so many of a hundred, with its interval."""
	value, low, high = figure
	if value is None:
		return "–"
	if low is None or high is None:
		return f"{value * 100:.0f}"
	return _("{0} ({1} to {2})").format(f"{value * 100:.0f}", f"{low * 100:.0f}", f"{high * 100:.0f}")
