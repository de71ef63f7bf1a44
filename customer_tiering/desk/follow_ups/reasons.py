"""Why a customer is on a list, in sentences of the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import frappe
from frappe.utils import formatdate

from customer_tiering.acting.signals import (
	CONTACT_DUE,
	FALLING,
	NEAR_RISE,
	QUOTATION,
	SECOND_ORDER,
	SILENT,
	WON_BACK,
	Standing,
)
from customer_tiering.desk import orders
from customer_tiering.engine.what_if import Customer
from customer_tiering.site.acting.contacts import Contact
from customer_tiering.site.grading import customer_scores, state
from customer_tiering.site.reading import site_facts
from customer_tiering.wording.labels import tier_label
from customer_tiering.wording.texts import _, named

Money = Callable[[float], str]


def told(reason: str, one: Standing, current: state.Published, money: Money) -> dict[str, str]:
	"""``head``: the reason; ``more``: what would settle it. Without amounts where none may be known."""
	return {
		FALLING: _falling,
		SILENT: _silent,
		QUOTATION: _quotation,
		NEAR_RISE: _near_rise,
		CONTACT_DUE: _contact_due,
		SECOND_ORDER: _second_order,
		WON_BACK: _won_back,
	}[reason](one, current, money)


def _falling(one: Standing, current: state.Published, money: Money) -> dict[str, str]:
	if one.falls_on is None:
		return {"head": "", "more": ""}
	head = _("Falls to {0} on {1}").format(tier_label(one.falls_to), formatdate(one.falls_on))
	goals = _goals(one, current) if money(0) else None
	if goals is None:
		return {"head": head, "more": ""}
	if goals["stay"] is None:
		return {"head": head, "more": _("By the cut points of today no single order would prevent it.")}
	text = _("An order of {0} or more before then keeps {1}.")
	return {"head": head, "more": text.format(money(_up(goals["stay"])), tier_label(one.tier))}


def _silent(one: Standing, _current: state.Published, _money: Money) -> dict[str, str]:
	days = (state.today() - one.last_purchase).days if one.last_purchase else 0
	head = _("Silent for {0} days").format(days)
	if one.purchases < 3:
		return {"head": head, "more": ""}
	return {"head": head, "more": _("Usually orders every {0} days.").format(round(one.gap))}


def _quotation(one: Standing, _current: state.Published, money: Money) -> dict[str, str]:
	offer = one.quotation
	if offer is None:
		return {"head": "", "more": ""}
	head = _("Quotation {0} ends on {1}").format(offer.name, formatdate(offer.until))
	return {"head": head, "more": _("It is over {0}.").format(money(offer.amount)) if money(0) else ""}


def _near_rise(one: Standing, current: state.Published, money: Money) -> dict[str, str]:
	head = _("One usual order from {0}").format(tier_label(one.near))
	goals = _goals(one, current) if money(0) else None
	least = next(
		(goal["amount"] for goal in (goals or {}).get("reach", ()) if goal["tier"] == one.near), None
	)
	if least is None or not one.usual:
		return {"head": head, "more": ""}
	if least <= 1:
		return {
			"head": head,
			"more": _("Any order today leads there; a usual one is {0}.").format(money(one.usual)),
		}
	text = _("{0} or more today leads there; a usual order is {1}.")
	return {"head": head, "more": text.format(money(_up(least)), money(one.usual))}


def _contact_due(one: Standing, _current: state.Published, _money: Money) -> dict[str, str]:
	cadence = one.cadence
	if cadence.due is None:
		return {"head": "", "more": ""}
	late = (state.today() - cadence.due).days
	if one.last_contact is None:
		head = _("Never contacted")
	elif late > 0:
		head = _("Contact overdue by {0} days").format(late)
	else:
		head = _("Contact due today")
	return {"head": head, "more": _("{0}: every {1} days.").format(tier_label(one.tier), cadence.days)}


def _second_order(one: Standing, _current: state.Published, _money: Money) -> dict[str, str]:
	head = _("Waits for a second order")
	if one.first_purchase is None:
		return {"head": head, "more": ""}
	text = _("First order on {0}: ask how it went.")
	return {"head": head, "more": text.format(formatdate(one.first_purchase))}


def _won_back(one: Standing, _current: state.Published, _money: Money) -> dict[str, str]:
	head = _("Back after a long silence")
	if one.last_purchase is None:
		return {"head": head, "more": ""}
	return {"head": head, "more": _("Ordered on {0}: thank them.").format(formatdate(one.last_purchase))}


def recovered(reason: str, one: Standing) -> str:
	"""Why a follow-up closed by itself."""
	bought = formatdate(one.last_purchase) if one.last_purchase else ""
	return {
		FALLING: _("Closed by itself: {0} is kept for now.").format(tier_label(one.tier)),
		SILENT: _("Closed by itself: not silent any more, last order on {0}.").format(bought),
		QUOTATION: _("Closed by itself: the quotation is ordered, lost or over."),
		NEAR_RISE: _("Closed by itself: no longer one order away; now {0}.").format(tier_label(one.tier)),
		CONTACT_DUE: _("Closed by itself: there was a contact, or none is due any more."),
		SECOND_ORDER: _("Closed by itself: the second order is there, or the first is too long ago."),
		WON_BACK: _("Closed by itself: the greeting would come too late."),
	}[reason]


def detail(one: Standing, met: Contact | None, names: Mapping[str, str], today: date) -> list[str]:
	"""What else to know before calling."""
	found = []
	if one.last_purchase and one.stage != "At Risk":
		found.append(_("Last bought {0} days ago.").format((today - one.last_purchase).days))
	if met is None:
		found.append(_("No contact on record."))
	elif met.user == frappe.session.user:
		found.append(_("Last contact {0} days ago, by you.").format((today - met.day).days))
	else:
		text = _("Last contact {0} days ago, by {1}.")
		found.append(text.format((today - met.day).days, names.get(met.user, met.user)))
	return found


def service(tier: str | None) -> list[str]:
	"""What the service of a tier says: its strategy and its benefits."""
	if not tier:
		return []
	found = frappe.db.get_value("Customer Tier", tier, ["strategy", "benefits"], cache=True)
	return [named(text, "Customer Tier") for text in found or () if text]


def _goals(one: Standing, current: state.Published) -> dict[str, Any] | None:
	"""What a single order would do to the tier of one customer."""
	known = site_facts.read_facts(current.policy, [one.customer])
	held = customer_scores.read_held([one.customer])
	asked = Customer(known, current.policy, state.today(), held, current.cut_points, current.forecast)
	return orders.goals(asked)


def _up(amount: float) -> float:
	"""The next whole amount: shown without decimals, it must still be enough."""
	return float(-(-amount // 1))
