"""What grading keeps about itself: the policy in force, its cut points, the last run; and the lock.

Grading is serialised by a lock on this state, which no invoice ever touches. It is taken before anything is
read, so whoever holds it sees all that was committed before, and nobody overwrites newer grades with older
ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import frappe
from frappe.query_builder import DocType
from frappe.utils import cint, get_datetime, getdate, now, now_datetime, nowdate

from customer_tiering.engine import Evaluation, Policy, PolicyError
from customer_tiering.engine.forecast import Forecast
from customer_tiering.engine.ladder import tier_cut_count
from customer_tiering.engine.scoring import cut_count
from customer_tiering.names import SETTINGS
from customer_tiering.site.published import kept_forecast, older_versions
from customer_tiering.wording.problems import sentence
from customer_tiering.wording.texts import _

#: A full run that is not over by then has stopped. Were it not, another one would do no harm.
_PATIENCE = timedelta(hours=1)
_TRIES = 3
#: How a transaction locks the state: alone, or with others of its kind.
EXCLUSIVE = {"mariadb": "for update", "postgres": 'for update of "tabSingles"'}
SHARED = {"mariadb": "lock in share mode", "postgres": 'for share of "tabSingles"'}
_UNLOCKED = {"mariadb": "", "postgres": ""}
_REASON = 300  # letters of what was met in place of a policy
_RFM = ("recency", "frequency", "monetary")
_STATE = ("current_policy", "cut_points", "forecast", "last_run_customers", "small_site_customers")
T = TypeVar("T")


class UnreadablePolicyError(frappe.ValidationError):
	"""What is in force cannot be read; the message says so in sentences, and what to do."""


@dataclass(frozen=True)
class Published:
	"""The policy in force, the thresholds from the last time that everyone was evaluated under it, and the
	forecast.
	"""

	name: str
	policy: Policy
	cut_points: dict[str, Any] | None
	customers: int  # in the last full run
	small: bool  # so few that a drain grades everyone
	run: str | None = None  # the full run whose chunks are not all written
	forecast: Forecast | None = None  # the last that was fitted on what this policy counts


def today() -> date:
	"""The site's date, the as-of date of whatever runs now."""
	return getdate(nowdate())


def published(lock: bool = False) -> Published | None:
	"""What is published; None before anything is. With ``lock``, nobody else grades until the next commit.

	Raises:
		UnreadablePolicyError: there is something, and it cannot be read; a lock that was asked for is held.
	"""
	return locked(EXCLUSIVE if lock else None)


def readable(lock: bool = False) -> tuple[Published | None, str]:
	"""The same, or None and the sentences that say why what is in force cannot be read."""
	try:
		return published(lock), ""
	except UnreadablePolicyError as error:
		return None, str(error)


def locked(lock: dict[str, str] | None) -> Published | None:
	held = _state(lock)
	name = held.get("current_policy")
	if not name:
		return None
	policy = _readable_policy(name, held["policy"])
	stored = kept(held.get("cut_points"))
	mine = stored if stored.get("policy") == name else {}
	customers = cint(held.get("last_run_customers"))
	return Published(
		name,
		policy,
		_usable(mine.get("cut_points"), policy),
		customers,
		customers <= cint(held.get("small_site_customers")),
		mine.get("run"),
		kept_forecast.usable(held.get("forecast"), policy),
	)


def _readable_policy(name: str, text: str | None) -> Policy:
	if text is None:
		raise UnreadablePolicyError(_("{0} is in force, but is not there any more.").format(name) + _remedy())
	try:
		return _policy(text)
	except PolicyError as error:
		problems = " ".join(map(sentence, error.problems))
	except Exception as error:  # whatever a text may be that is no policy
		found = f"{type(error).__name__}: {error}"[:_REASON]
		problems = _("what is stored is not a policy ({0}).").format(found)
	reason = _("{0} is in force, but cannot be read: {1}").format(name, problems)
	raise UnreadablePolicyError(reason + _remedy())


def _remedy() -> str:
	return " " + _(
		"Everybody keeps the grade that he has. Publish a new version in Customer Tiering Settings to go on."
	)


@lru_cache(maxsize=4)
def _policy(text: str) -> Policy:
	"""A worker reads the same policy again and again."""
	data = older_versions.readable(json.loads(text))
	return Policy.from_dict(data, older_versions.metrics_of(data))


def kept(text: str | None) -> dict[str, Any]:
	"""What is kept in the Settings as JSON; what cannot be read counts as not there, and is written anew."""
	with suppress(ValueError, TypeError, RecursionError):
		found = json.loads(text or "{}")
		if isinstance(found, dict):
			return found
	return {}


def _usable(cut_points: Any, policy: Policy) -> dict[str, Any] | None:
	"""Stored cut points, if they are what such a policy needs; else everyone has to be evaluated first."""
	try:
		rules, rfm = cut_points["rules"], cut_points["rfm"]
		cuts = [(rules[rule.name], cut_count(rule)) for rule in policy.rules if cut_count(rule)]
		cuts += [(rfm[name], len(rfm[name])) for name in _RFM]
		if count := tier_cut_count(policy):  # none by score; an older version of the app kept none at all
			cuts.append((cut_points["tiers"]["score"], count))
		return cut_points if all(_are_cuts(*one) for one in cuts) else None
	except (KeyError, TypeError):
		return None


def _are_cuts(values: Any, count: int) -> bool:
	numbers = isinstance(values, list) and all(type(value) in (int, float, type(None)) for value in values)
	return numbers and len(values) == count


def stalled() -> bool:
	"""Whether a full run began long ago and has not ended: its worker died, and time did not wait for it."""
	stored = kept(_state().get("cut_points"))
	if not stored.get("run"):
		return False
	try:
		return now_datetime() - get_datetime(stored["began"]) > _PATIENCE
	except Exception:  # nobody knows when it began
		return True


def save_cut_points(policy: str, evaluation: Evaluation, run: str | None = None) -> None:
	"""Keep the thresholds of an evaluation of everyone for the rescores that follow.

	With ``run``: chunks of that full run are yet to be written.
	"""
	stored = {"policy": policy, "as_of": evaluation.as_of.isoformat(), "cut_points": evaluation.cut_points}
	set_state({"cut_points": json.dumps(stored | ({"run": run, "began": now()} if run else {}))})


def save_forecast(policy: Policy, forecast: Forecast) -> None:
	"""Keep a forecast for all that is foreseen until the next is fitted."""
	set_state({"forecast": kept_forecast.as_text(forecast, policy)})


def last_forecast(policy: Policy) -> Forecast | None:
	"""The forecast that is kept, if a policy can go by it."""
	return kept_forecast.usable(_state().get("forecast"), policy)


def set_state(values: dict[str, Any]) -> None:
	"""Write what the app keeps about itself in the Settings; to an admin's open form nothing has changed."""
	for field, value in values.items():
		frappe.db.set_single_value(SETTINGS, field, value, update_modified=False)


def record_run(as_of: date, seconds: float, customers: int) -> None:
	set_state(
		{
			"last_run_on": now(),
			"last_run_as_of": as_of,
			"last_run_seconds": round(seconds, 1),
			"last_run_customers": customers,
		}
	)


def _state(lock: dict[str, str] | None = None) -> dict[str, str | None]:
	"""What the Settings hold for grading, from the database itself; locked, it is what was last committed.

	With the text of the ``policy`` in force: who holds the lock needs it at once.
	"""
	table, version = DocType("Singles"), DocType("Tiering Policy")
	query = (
		frappe.qb.from_(table)
		.left_join(version)
		.on((table.field == "current_policy") & (version.name == table.value))
		.select(table.field, table.value, version.policy)
		.where((table.doctype == SETTINGS) & table.field.isin(_STATE))
	)
	text = query.get_sql()  # the query builder has no word for a lock that is shared
	found = frappe.db.multisql({kind: f"{text} {word}" for kind, word in (lock or _UNLOCKED).items()})
	state = {field: value for field, value, _policy in found}
	return state | {"policy": next((policy for *_rest, policy in found if policy), None)}


def retried(work: Callable[[], T]) -> T:
	"""Do the work in a transaction of its own; after a deadlock or a lock's time-out, again."""
	for attempt in range(1, _TRIES + 1):
		frappe.db.commit()  # the lock must be the first thing that the transaction reads
		try:
			return work()
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			_roll_back()
			if attempt == _TRIES:
				raise
		except Exception:
			_roll_back()
			raise
	raise AssertionError("unreachable")


def _roll_back() -> None:
	"""Undo. A lost connection is undone by the database itself; that error, not this one, is to be told."""
	with suppress(Exception):
		frappe.db.rollback()
