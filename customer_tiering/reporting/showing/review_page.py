"""The review of a month as one page to keep: the page of the command, from the site's own facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import frappe
import pandas as pd

from customer_tiering.engine import Evaluation, evaluate
from customer_tiering.review.figures import months
from customer_tiering.review.review import LOOKS_BACK, Read, Review, Then
from customer_tiering.review.told.everything import told
from customer_tiering.site.access import companies, permissions
from customer_tiering.site.grading import customer_scores, state
from customer_tiering.site.past import change_log
from customer_tiering.site.reading import currency, site_facts
from customer_tiering.wording.figures import customers, day
from customer_tiering.wording.texts import _


def may_read() -> bool:
	"""Whether nothing of it is kept from the reader: it is of every customer, with all companies' figures."""
	return permissions.sees_everyone() and companies.sees_all()


def page(month: date) -> str:
	"""The page, in the reader's language; of the month of a day, up to today.

	Raises:
		frappe.PermissionError: some customers or companies are kept from the reader.
		frappe.ValidationError: nothing is published, or it cannot be read.
	"""
	from customer_tiering.review.page.render import page as page_of  # its libraries take a while to load

	if not may_read():
		frappe.throw(
			_("The page is of every customer and company, and you may not see them all."),
			frappe.PermissionError,
		)
	return page_of(told(_review(month)))


def _review(month: date) -> Review:
	current, why = state.readable()
	if current is None:
		frappe.throw(why or _("No policy is published yet, so no customer has a tier."))
	policy, today = current.policy, state.today()
	as_of = min(months.last_day(int(months.number(month))), today)
	facts, faulty = site_facts.read_sound_facts(policy)
	facts = facts.up_to(as_of)
	if not len(facts.sales):
		frappe.throw(_("There are no documents up to {0}.").format(day(as_of)))
	held = customer_scores.read_held() if as_of == today else None
	forecast = current.forecast if as_of == today else None
	evaluation = evaluate(facts, policy, as_of, held, forecast=forecast)
	log = change_log.read_log(as_of)
	stood = replace(evaluation, scores=_as_held(evaluation, log))
	past, why_not = _past(log, as_of)
	read = Read([frappe.local.site], len(facts.sales), len(facts.sales), notes=_notes(faulty))
	policy_of_review = replace(policy, currency=currency.reporting_currency(policy))
	names = dict(frappe.get_all("Customer", ["name", "customer_name"], as_list=True, order_by=None, limit=0))
	return Review(replace(stood, policy=policy_of_review), facts, read, past, why_not, held, names=names)


def _as_held(evaluation: Evaluation, log: change_log.Log) -> pd.DataFrame:
	"""The scores with tier and stage as the log has them at the close of the day, and so every report."""
	held = _named(log.at(evaluation.as_of)).set_index("customer")
	held = held.reindex(evaluation.scores["customer"])
	columns = {name: held[name].to_numpy(dtype=object) for name in ("tier", "lifecycle_stage")}
	return evaluation.scores.assign(**columns)


def _named(stood: pd.DataFrame) -> pd.DataFrame:
	"""What the log gives, by the engine's names; an empty tier or stage is none."""
	found = stood.set_axis(["tier", "lifecycle_stage"], axis=1).replace("", None)
	return found.rename_axis("customer").reset_index()


def _past(log: change_log.Log, as_of: date) -> tuple[Sequence[Then], str]:
	"""Where customers stood on the earlier days of which the log tells, and a sentence on it."""
	days = [months.months_before(as_of, count) for count in LOOKS_BACK]
	known = [when for when in days if log.begins and log.begins <= when]
	if known or not log.begins:
		told_by = _("Where customers stood on earlier days is told by the log of changes.")
		return [Then(when, _named(log.at(when))) for when in known], told_by
	late = _("The log of changes begins on {0}, so nothing is told of where customers stood before.")
	return [], late.format(day(log.begins))


def _notes(faulty: dict[str, Exception]) -> list[str]:
	"""What is told of where the figures come from."""
	found = [_("Documents that are not counted, such as opening entries, are listed in Tier Tie-out.")]
	if faulty:
		text = _("Left out, as they have a document that cannot be counted: {0}.")
		found.append(text.format(customers(len(faulty))))
	return found
