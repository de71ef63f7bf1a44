"""A rule in plain words: what it looks at, and how many points it gives."""

from __future__ import annotations

from customer_tiering.engine.metrics import metric
from customer_tiering.engine.policy import Rule
from customer_tiering.wording.figures import days, number, series
from customer_tiering.wording.labels import metric_label, stage_label
from customer_tiering.wording.texts import _, run_on


def looks_at(rule: Rule) -> str:
	"""The metric and its window."""
	if rule.method == "By Stage":
		return _("Stage of the life cycle")
	name = metric_label(rule.metric)
	if not metric(rule.metric).windowed:
		return name
	text = {
		"Rolling": _("{0} of the last {1}"),
		"All Time": _("{0} of all time"),
		"Fiscal Year": _("{0} of the fiscal year so far"),
	}[rule.window]
	return text.format(name, days(rule.window_days))


def how(rule: Rule) -> str:
	"""How many points a value gets."""
	said = {
		"Quantile": _quantile,
		"Bands": _bands,
		"Linear": _linear,
		"Pareto": _pareto,
		"By Stage": _by_stage,
	}[rule.method](rule)
	if not rule.points_if_missing:
		return said
	missing = _("{0} points where it is not known.").format(_plain(rule.points_if_missing))
	return run_on([said, missing])


def _quantile(rule: Rule) -> str:
	text = (
		_("Customers are compared, the lower the better: {0} for the best {1} of them, and so on down.")
		if rule.lower_is_better
		else _("Customers are compared, the higher the better: {0} for the best {1} of them, and so on down.")
	)
	return text.format(_points(100), f"{_plain(100 / rule.buckets)}%")


def _bands(rule: Rule) -> str:
	text = _("{0} or more: {1}")
	rows = sorted(((float(start), points) for start, points in rule.bands), reverse=True)
	return _rows([text.format(_plain(start), _points(points)) for start, points in rows])


def _pareto(rule: Rule) -> str:
	text = _("the largest, up to {0}% of the total: {1}")
	return _rows([text.format(_plain(float(start)), _points(points)) for start, points in rule.bands])


def _by_stage(rule: Rule) -> str:
	text = _("{0}: {1}")
	return _rows([text.format(stage_label(str(stage)), _points(points)) for stage, points in rule.bands])


def _linear(rule: Rule) -> str:
	text = _("0 points at {0}, 100 at {1}, and in proportion between.")
	return text.format(_plain(rule.zero_at or 0.0), _plain(rule.full_at or 0.0))


def _rows(rows: list[str]) -> str:
	between = _("{0}; {1}")
	told = rows[0]
	for row in rows[1:]:
		told = between.format(told, row)
	return told


def _points(points: float) -> str:
	return _("1 point") if points == 1 else _("{0} points").format(_plain(points))


def _plain(value: float) -> str:
	return number(value, 0 if value == round(value) else 2)


def scope(rule: Rule) -> str:
	"""Whom a rule is about; empty: everyone."""
	return series(
		[name for name in (rule.company, rule.customer_group, rule.territory, rule.customer_type) if name]
	)
