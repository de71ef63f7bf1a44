"""The policy that a user names: a ready-made one, or one of his own in a JSON file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from customer_tiering import policies
from customer_tiering.command.refused import Refused
from customer_tiering.command.shown.terminal import printable_lines
from customer_tiering.engine import Facts, Policy, PolicyError, evaluate
from customer_tiering.engine.policy import Rule
from customer_tiering.policies.proposed import proposed
from customer_tiering.wording.figures import series
from customer_tiering.wording.labels import rule_label
from customer_tiering.wording.texts import _, run_on

MAX_POLICY = 1_000_000  # bytes
#: How a verb is told which; it gets the name or path as ``choice``.
policy_option = click.option(
	"--policy",
	"choice",
	metavar="NAME|FILE",
	default=policies.DEFAULT,
	show_default=True,
	help="A ready-made policy, or a JSON file.",
)


def ready_made(name: str) -> dict[str, Any]:
	"""A ready-made policy as plain data."""
	try:
		return policies.load(name)
	except KeyError as problem:
		raise Refused(
			f"There is no ready-made policy {name}. Choose one of {', '.join(policies.names())}."
		) from problem


def chosen_policy(choice: str) -> Policy:
	"""A policy by the name of a ready-made one, or from a JSON file."""
	path = Path(choice)
	try:
		if choice in policies.names():
			return Policy.from_dict(policies.load(choice))
		if path.is_file():
			return Policy.from_dict(_policy_data(path))
	except PolicyError as problem:
		lines = "\n".join(f"  {line}" for line in str(problem).splitlines())
		raise Refused(printable_lines(f"The policy {choice} cannot be used:\n{lines}")) from problem
	raise Refused(
		f"There is no ready-made policy and no file {choice}. Choose one of {', '.join(policies.names())}, "
		"or name a JSON file."
	)


def fitted_policy(choice: str, policy: Policy, facts: Facts, as_of: date) -> Policy:
	"""The chosen policy with thresholds from these very figures, where a ready-made one asks for them.

	Args:
		choice: what the user named.
		policy: what :func:`chosen_policy` gave for it.
		facts: everyone's.
		as_of: the day whose figures count.
	"""
	if choice not in policies.names() or not policies.proposals(choice):
		return policy
	return Policy.from_dict(proposed(choice, evaluate(facts, policy, as_of)))


def told_thresholds(choice: str, policy: Policy, is_kept: bool = True) -> list[str]:
	"""A sentence for each rule whose thresholds were proposed; ``is_kept``: policy.json has them."""
	asked = policies.proposals(choice) if choice in policies.names() else {}
	return [_proposed(rule, is_kept) for rule in policy.rules if rule.name in asked]


def _proposed(rule: Rule, is_kept: bool) -> str:
	starts = series([f"{start:,.10g}" for start, _points in rule.bands])
	told = _("{0}: {1} are proposed from these customers.").format(rule_label(rule.name), starts)
	if not is_kept:
		return told
	keep = _("To grade by the same next time, keep policy.json and give it to --policy.")
	return run_on([told, keep])


def _policy_data(path: Path) -> Any:
	if path.stat().st_size > MAX_POLICY:
		raise Refused(f"{path} is larger than {MAX_POLICY:,} bytes; no policy is.")
	content = path.read_bytes()
	try:
		data = json.loads(content.decode(json.detect_encoding(content)), parse_constant=_no_constant)
		json.dumps(data, ensure_ascii=False).encode()  # half a character, written as \\ud800, is no text
		return data
	except (ValueError, RecursionError) as problem:
		raise Refused(
			f"{path} is not JSON: {problem}. 'customer-tiering policies {policies.DEFAULT}' prints a policy "
			"to begin with."
		) from problem


def _no_constant(name: str) -> None:
	raise ValueError(f"{name} is not a number")
