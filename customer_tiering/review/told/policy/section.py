"""The section of a review on the policy: what the grades go by."""

from __future__ import annotations

import pandas as pd

from customer_tiering.engine import Policy
from customer_tiering.engine.policy import Rule, Tier
from customer_tiering.review.review import Review
from customer_tiering.review.section import Section
from customer_tiering.review.tables import Column, Table
from customer_tiering.review.told.policy.rules import how, looks_at, scope
from customer_tiering.review.told.policy.stages import stages
from customer_tiering.wording.figures import days, number, series
from customer_tiering.wording.labels import policy_label, rule_label, tier_label
from customer_tiering.wording.texts import _, named


def policy(review: Review) -> Section:
	"""What the policy of a review says."""
	found = review.policy
	tables = [_tiers(found), _rules(found), *_limits(found), _stages(found)]
	return Section("policy", _("What the Policy Says"), _says(found), None, tables)


def _says(policy: Policy) -> list[str]:
	said = [_("The policy is {0}.").format(policy_label(policy.name))]
	if policy.description:
		said.append(_(policy.description))
	said.append(
		_("The score, from 0 to 100, is the mean of the points that the rules give, each by its weight.")
	)
	if policy.margin:
		text = _("Nobody falls while the score is less than {0} points too low.")
		said.append(text.format(number(policy.margin, 2 if policy.margin % 1 else 0)))
	if policy.reviewed != "Always":
		often = {
			"Monthly": _("on the first day of each month"),
			"Quarterly": _("on the first day of each quarter"),
		}
		said.append(_("Tiers are reviewed {0}; between, they stay.").format(often[policy.reviewed]))
	if not policy.grade_prospects:
		said.append(_("Who never made a purchase that counts has a stage, and no tier."))
	if policy.companies:
		said.append(_("Only documents of {0} count.").format(series(policy.companies)))
	return said


# -- tiers ------------------------------------------------------------------------------------------


def _tiers(policy: Policy) -> Table:
	down = list(reversed(policy.tiers))
	rows = pd.DataFrame(
		{
			"tier": [tier_label(tier.name) for tier in down],
			"who": [_who(policy, tier, down[at - 1] if at else None) for at, tier in enumerate(down)],
			"rises": [_days(tier.rise_days, _("at once")) for tier in down],
			"falls": [_days(tier.grace_days, _("at once")) for tier in down],
			"holds": [_days(tier.hold_days, "") for tier in down],
			"benefits": [named(tier.benefits, "Customer Tier") for tier in down],
			"strategy": [named(tier.strategy, "Customer Tier") for tier in down],
		}
	)
	rows.loc[rows.index[-1], ["rises", "falls"]] = ""
	columns = [
		Column("tier", _("Tier")),
		Column("who", _("Who stands there"), "sentence"),
		Column("rises", _("Rises after")),
		Column("falls", _("Falls after")),
		Column("holds", _("Kept at least")),
		Column("benefits", _("What they get"), "sentence"),
		Column("strategy", _("What to do"), "sentence"),
	]
	some = [column for column in columns if rows[column.name].astype(bool).any()]
	return Table("ladder", _("The tiers, from the highest down"), some, rows)


def _days(count: int, none: str) -> str:
	return days(count) if count else none


def _who(policy: Policy, tier: Tier, above: Tier | None) -> str:
	if policy.by_share:
		if tier.top_share is None:
			return _("everyone else who is rated")
		if above is None or above.top_share is None:
			return _("the best {0}% of the rated customers").format(_plain(tier.top_share))
		return _("the next {0}%").format(_plain(tier.top_share - above.top_share))
	if above is None:
		return _("a score of {0} or more").format(_plain(tier.min_score or 0.0))
	return _("a score from {0} to below {1}").format(
		_plain(tier.min_score or 0.0), _plain(above.min_score or 0.0)
	)


def _plain(value: float) -> str:
	"""A number without needless decimals."""
	return number(value, 0 if value == round(value) else 2)


# -- rules ------------------------------------------------------------------------------------------


def _rules(policy: Policy) -> Table:
	rules = policy.score_rules
	weight = sum(rule.weight for rule in rules)
	rows = pd.DataFrame(
		{
			"rule": [rule_label(rule.name) for rule in rules],
			"looks": [looks_at(rule) for rule in rules],
			"how": [how(rule) for rule in rules],
			"weight": [rule.weight / weight * 100 if weight else None for rule in rules],
			"scope": [scope(rule) for rule in rules],
		}
	)
	columns = [
		Column("rule", _("Rule")),
		Column("looks", _("Looks at")),
		Column("how", _("How many points"), "sentence"),
		Column("weight", _("Weight %"), "percent"),
		*([Column("scope", _("Only for"), "sentence")] if rows["scope"].astype(bool).any() else []),
	]
	return Table("rules", _("What gives points"), columns, rows)


def _limits(policy: Policy) -> list[Table]:
	"""What sets the lowest or the highest tier, whatever the score."""
	rules = [rule for rule in policy.rules if rule.type != "Score"]
	if not rules:
		return []
	rows = pd.DataFrame(
		{
			"rule": [rule_label(rule.name) for rule in rules],
			"when": [_when(rule) for rule in rules],
			"then": [_then(rule) for rule in rules],
			"scope": [scope(rule) for rule in rules],
		}
	)
	columns = [
		Column("rule", _("Rule")),
		Column("when", _("If"), "sentence"),
		Column("then", _("Then")),
		*([Column("scope", _("Only for"), "sentence")] if rows["scope"].astype(bool).any() else []),
	]
	return [Table("limits", _("What holds whatever the score"), columns, rows)]


def _when(rule: Rule) -> str:
	value, to = _plain(rule.value or 0.0), _plain(rule.value_to or 0.0)
	text = {
		">=": _("{0} is {1} or more"),
		"<=": _("{0} is {1} or less"),
		"Between": _("{0} lies between {1} and {2}"),
	}[rule.condition]
	return text.format(looks_at(rule), value, to)


def _then(rule: Rule) -> str:
	text = _("at least {0}") if rule.type == "Floor" else _("at most {0}")
	return text.format(tier_label(rule.tier))


# -- stages -----------------------------------------------------------------------------------------


def _stages(policy: Policy) -> Table:
	rows = pd.DataFrame(stages(policy.stages), columns=["stage", "when"])
	columns = [Column("stage", _("Stage")), Column("when", _("When: the first that holds"), "sentence")]
	return Table("whatstages", _("The stages of the life cycle"), columns, rows)
