"""The stages of the life cycle in plain words."""

from __future__ import annotations

from customer_tiering.engine.stages import CHANCE, YEAR_BEFORE, StageParameters
from customer_tiering.wording.figures import days, number
from customer_tiering.wording.labels import stage_label
from customer_tiering.wording.texts import _


def stages(p: StageParameters) -> list[tuple[str, str]]:
	"""Each stage and when a customer is in it, in the order in which they are tried."""
	said = {
		"Engaged": _("never purchased, and a quotation or an opportunity is open"),
		"Prospect": _("never purchased"),
		"Lost": _lost(p),
		"At Risk": _at_risk(p),
		"Won Back": _("purchased within {0} after a silence that was Lost").format(days(p.new_days)),
		"New": _("the first purchase lies less than {0} back").format(days(p.new_days)),
		"Growing": _trend(p, _("the last {1} brought at least {0} of {2}"), p.growing_factor),
		"Declining": _trend(p, _("the last {1} brought at most {0} of {2}"), p.declining_factor),
		"Loyal": _("customer for {0} or more, with {1} purchases or more in {2}").format(
			days(p.loyal_tenure), number(p.loyal_purchases), days(p.loyal_days)
		),
		"Active": _("everyone else"),
	}
	return [(stage_label(name), when) for name, when in said.items()]


def _lost(p: StageParameters) -> str:
	silent = _("silent for more than {0} times the usual gap, and for more than {1}")
	told = silent.format(_plain(p.lost_gaps), days(p.lost_days))
	return told if p.risk_by != CHANCE else _by_chance(p.lost_chance, told)


def _at_risk(p: StageParameters) -> str:
	told = _("silent for more than {0} times the usual gap").format(_plain(p.at_risk_gaps))
	return told if p.risk_by != CHANCE else _by_chance(p.at_risk_chance, told)


def _by_chance(chance: float, otherwise: str) -> str:
	text = _("silent for longer than the usual gap, with a Chance to Buy below {0}%; without a forecast: {1}")
	return text.format(_plain(chance), otherwise)


def _trend(p: StageParameters, text: str, factor: float) -> str:
	against = (
		_("what the same days of last year did, or for newer customers the days before")
		if p.trend_against == YEAR_BEFORE
		else _("what as many days before did")
	)
	return text.format(f"{_plain(factor * 100)}%", days(p.trend_days), against)


def _plain(value: float) -> str:
	return number(value, 0 if value == round(value) else 2)
