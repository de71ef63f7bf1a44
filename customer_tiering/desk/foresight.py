"""What is foreseen, as people see it: of one customer in a sentence, and how good the forecast is."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe
from frappe.utils import formatdate

from customer_tiering.engine import Evaluation
from customer_tiering.engine.forecast import Forecast
from customer_tiering.engine.forecast.features import TELLS_OF
from customer_tiering.names import SETTINGS
from customer_tiering.site.published import kept_forecast
from customer_tiering.wording.texts import _, listed

#: So many of what drives a chance are named.
_NAMED = 3
_LATER = "later days"


def of_customer(evaluation: Evaluation) -> dict[str, Any] | None:
	"""The chance of the only customer of an evaluation, with what a sentence names; None without a forecast.

	Returns:
		``chance`` in whole percent, ``horizon``, ``silent_days``, ``days`` with a purchase, and ``usual_gap``
		in whole days as the stages have it: None where the days are too few for a rhythm.
	"""
	if evaluation.forecast is None or evaluation.forecast.is_rank:
		return None
	found = evaluation.forecast.explain(evaluation.ledger, 0)
	if not found:
		return None
	grounds = evaluation.grounds
	return {
		"chance": round(found["chance"] * 100),
		"horizon": found["horizon"],
		"silent_days": found["numbers"]["silent_days"],
		"usual_gap": max(1, round(float(grounds.usual_gap[0]))) if grounds.own_gap[0] else None,
		"days": int(evaluation.ledger.purchase_days.counts[0]),
	}


def told() -> dict[str, Any]:
	"""What the Settings say of the forecast, in the reader's language.

	Returns:
		``sentences``; ``groups`` of customers from the least likely to buy to the likeliest: ``customers``,
		``foreseen`` and ``happened`` in percent, empty where nothing could be checked.
	"""
	kept = kept_forecast.told(frappe.db.get_single_value(SETTINGS, "forecast"))
	if kept is None:
		text = _("No forecast is fitted yet: the next full run fits one, once customers have bought.")
		return {"sentences": [text], "groups": []}
	chance, check = kept["chance"], kept["chance"]["check"]
	if Forecast.from_data(kept).is_rank:
		text = _("There is too little past to foresee anything: what goes by it is undefined for now.")
		return {"sentences": [_fitted(kept), text], "groups": []}
	sentences = [_fitted(kept), _how(chance), *_checked(check), *_drives(chance)]
	return {"sentences": sentences, "groups": [_group(one) for one in (check or {}).get("calibration", ())]}


def _fitted(kept: dict[str, Any]) -> str:
	text = _("Fitted on {0}, on {1} customers: the chance of an order in the next {2} days.")
	return text.format(_day(kept["as_of"]), kept["customers"], kept["horizon"])


def _how(chance: dict[str, Any]) -> str:
	if chance["method"] == "rule":
		text = _("A plain rule foresaw better than what was learnt from your past, so it is used: {0}.")
		return text.format(_rule(chance["rule"]))
	how = {
		"regression": _("It is learnt from your own past, from {0} examples of who bought and who did not."),
		"purchases": _("There is too little past to learn from: it is what a model of purchases says."),
	}
	return how[chance["method"]].format(chance["examples"])


def _checked(check: dict[str, Any] | None) -> list[str]:
	if check is None:
		return []
	on = (
		_("Checked by what followed {0}: it had learnt from the days before alone.")
		if check["by"] == _LATER
		else _("Checked by what followed {0}, on customers from whom it had not learnt.")
	)
	best = check["best_rule"]
	text = _(
		"Of one who bought and one who did not, it found the right one {0} times of 100; "
		"the best plain rule ({1}) {2} times."
	)
	pairs = text.format(_of_100(check["auc"]), _rule(best), _of_100(check["rules"][best]))
	luck = _("So small a difference may be luck, and what was learnt is used.")
	is_near = check["gain"] < 0 and check["instead"] is None
	return [on.format(_day(check["cut"])), pairs, *([luck] if is_near else [])]


def _drives(chance: dict[str, Any]) -> list[str]:
	"""What the regression goes by most: the coefficients of what tells of one thing, taken together."""
	if chance["method"] != "regression":
		return []
	weights: dict[str, float] = {}
	for term in chance["regression"]["terms"]:
		name = TELLS_OF.get(term["feature"], "")
		weights[name] = weights.get(name, 0.0) + abs(term["coefficient"])
	most = sorted(filter(None, weights), key=lambda name: -weights[name])[:_NAMED]
	return [_("What it goes by most: {0}.").format(listed(_driver(name) for name in most))]


def _driver(name: str) -> str:
	"""What the features of one kind tell of."""
	return {
		"silence": _("how long they have been silent"),
		"rhythm": _("their own rhythm"),
		"frequency": _("how often they buy"),
		"age": _("how long they have been customers"),
		"amount": _("what they spend"),
		"trend": _("whether they buy more or less than before"),
		"season": _("whether they bought in this season of last year"),
		"model": _("what a model of purchases expects"),
	}[name]


def _rule(name: str) -> str:
	"""What a plain rule goes by."""
	return {
		"Recency": _("how long they have been silent"),
		"Frequency": _("how often they buy"),
		"Recency and Frequency": _("how long they have been silent and how often they buy"),
		"Own Gap": _("their silence against their own rhythm"),
		"Expected Purchases": _("what a model of purchases expects"),
	}[name]


def _group(one: dict[str, float]) -> dict[str, float]:
	share = {key: round(one[key] * 100, 1) for key in ("foreseen", "happened")}
	return {"customers": int(one["customers"]), **share}


def _of_100(area: float) -> str:
	return f"{area * 100:.1f}"


def _day(text: str) -> str:
	return formatdate(date.fromisoformat(text))
