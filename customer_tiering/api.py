"""Every whitelisted function. Each asks for permission before it does anything."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import escape_html

from customer_tiering.site.access import arguments
from customer_tiering.site.grading import outbox
from customer_tiering.wording.texts import _

_MAX_CUSTOMERS = 1000


@frappe.whitelist()
def get_grade(customer: str = "") -> dict[str, Any]:
	"""A customer's grade and the reasons for it, for whoever may read the customer."""
	from customer_tiering.desk import account

	_check_customers([customer])
	return account.read_account(customer) | {"may_override": _may_configure()}


@frappe.whitelist(methods=["GET"])
def order_outlook(customer: str = "", company: str = "") -> dict[str, Any]:
	"""What an order of any amount would do to a customer's tier, for whoever may read the customer."""
	from customer_tiering.desk import orders

	_check_customers([customer])
	return orders.outlook(customer, arguments.text(company))


@frappe.whitelist(methods=["GET"])
def standing(customers: str | list[str] = "") -> dict[str, dict[str, Any]]:
	"""Where customers stand, shortly and as stored, of those of them whom the reader may read."""
	from customer_tiering.desk import standing

	_only_who_reads_customers()
	return standing.of(filter(arguments.is_name, arguments.names(customers)))


@frappe.whitelist(methods=["GET"])
def changes(after: str = "", limit: str | int = 100) -> dict[str, Any]:
	"""Who moved after a point in time, for other systems: ``changes``, and ``next``, where to go on from."""
	from customer_tiering.site.past import change_log

	_only_readers()
	return change_log.told_after(arguments.point(after), arguments.whole(limit))


@frappe.whitelist(methods=["POST"])
def rescore(customers: str | list[str] = "") -> int:
	"""Have customers graded again in the background; gives how many were marked."""
	_only_managers()
	names = arguments.names(customers)
	if len(names) > _MAX_CUSTOMERS:
		frappe.throw(
			_("Rescore up to {0} customers at once; publishing grades everyone.").format(_MAX_CUSTOMERS)
		)
	_check_customers(names)
	for name in names:
		outbox.mark(name, "Manual")
	return len(names)


@frappe.whitelist()
def policy_status() -> dict[str, Any]:
	"""What is published, and whether the draft differs from it."""
	from customer_tiering.site.publishing import versions

	_only_managers()
	return versions.status()


@frappe.whitelist(methods=["GET"])
def health() -> dict[str, Any]:
	"""What happened: the last run, the backlog, what failed and why, who was skipped, and, as ``unreadable``,
	why the policy in force cannot be read.
	"""
	from customer_tiering.site.grading import state
	from customer_tiering.site.withstanding.health import status

	_only_managers()
	return status() | {"unreadable": state.readable()[1]}


@frappe.whitelist(methods=["GET"])
def forecast() -> dict[str, Any]:
	"""The forecast: what it was fitted on, how well it foresaw a past not seen before, what it goes by."""
	from customer_tiering.desk import foresight

	_only_managers()
	return foresight.told()


@frappe.whitelist(methods=["GET"])
def metrics() -> list[dict[str, Any]]:
	"""What a rule can measure: name, label, unit, whether it has a window, and which values are better."""
	from customer_tiering.desk import rule_metrics

	_only_readers()
	return rule_metrics.offered()


@frappe.whitelist()
def figure(filters: str | dict[str, Any] = "", **_more: Any) -> str:
	"""A figure of the workspace and its trend, of the customers whom the reader may see; for number cards."""
	from customer_tiering.desk import workspace

	_only_readers()
	return workspace.card(str(arguments.choices(filters).get("figure", "")))


@frappe.whitelist()
def chart(chart_name: str = "", **_more: Any) -> dict[str, Any]:
	"""A chart of the workspace, of the customers whom the reader may see."""
	from customer_tiering.desk import workspace

	_only_readers()
	return workspace.chart(arguments.text(chart_name))


@frappe.whitelist(methods=["GET"])
def review_page(month: str = "") -> None:
	"""The review of the month of a day (empty: of this one) as a page to keep, for who may see everyone."""
	from customer_tiering.reporting.showing import review_page
	from customer_tiering.site.grading import state

	_only_readers()
	_only_who_reads_customers()
	day = arguments.day(month) or state.today()
	frappe.response.update(
		{
			"type": "download",
			"filename": f"customer-tiering-{day:%Y-%m}.html",
			"filecontent": review_page.page(day),
			"content_type": "text/html; charset=utf-8",
			"display_content_as": "attachment",
		}
	)


@frappe.whitelist()
def preview() -> dict[str, Any]:
	"""Who would go where if the draft were published now."""
	from customer_tiering.site.publishing import preview

	_only_managers()
	return preview.preview()


@frappe.whitelist(methods=["GET"])
def ladder_figures() -> dict[str, Any]:
	"""How steady the draft would have been in the past, and what its top tier would have caught, beside what
	is in force.
	"""
	from customer_tiering.reporting.past import ladder_figures

	_only_managers()
	return ladder_figures.told()


@frappe.whitelist(methods=["POST"])
def publish(comment: str = "") -> str:
	"""Make the draft the policy in force; gives its name."""
	from customer_tiering.site.publishing import versions

	_only_managers()
	return versions.publish(arguments.text(comment))


@frappe.whitelist()
def ready_made_policies() -> list[dict[str, Any]]:
	"""The ready-made policies: name, title, description and tiers from the highest down."""
	from customer_tiering import policies

	_only_managers()
	found = {name: policies.load(name) for name in policies.names()}
	return [
		{
			"name": name,
			"title": p["name"],
			"description": p["description"],
			"tiers": [tier["name"] for tier in p["tiers"]],
		}
		for name, p in found.items()
	]


@frappe.whitelist(methods=["POST"])
def load_policy(name: str = "") -> None:
	"""Replace the draft by a ready-made policy; nothing is published."""
	from customer_tiering import policies
	from customer_tiering.site.publishing import ready_made

	_only_managers()
	if name not in policies.names():
		frappe.throw(_("There is no ready-made policy {0}.").format(frappe.bold(escape_html(str(name)))))
	ready_made.load(name)


@frappe.whitelist(methods=["POST"])
def set_override(
	customer: str = "", tier: str = "", mode: str = "", reason: str = "", until: str | None = None
) -> None:
	"""Lay a tier over the one that a customer has earned."""
	from customer_tiering.site.grading import overrides

	_only_managers()
	_check_customers([customer])
	overrides.override(customer, *map(arguments.text, (tier, mode, reason)), arguments.day(until))


@frappe.whitelist(methods=["POST"])
def end_override(customer: str = "") -> None:
	"""Let the earned tier count again."""
	from customer_tiering.site.grading import overrides

	_only_managers()
	_check_customers([customer])
	overrides.end_override(customer)


@frappe.whitelist(methods=["GET"])
def today(user: str = "") -> dict[str, Any]:
	"""Whom a person is to contact today and why: one's own list, or for a manager anybody's."""
	from customer_tiering.desk.follow_ups import today as shown
	from customer_tiering.reporting.mailing import morning_mails

	_only_readers()
	return shown.page(_whose(user)) | {
		"manager": _manages(),
		"team": shown.team() if _manages() else [],
		"mailed": morning_mails.is_wanted(frappe.session.user),
	}


@frappe.whitelist(methods=["POST"])
def make_my_list() -> None:
	"""Make one's own list for today, without waiting for the night."""
	from customer_tiering.site.acting import follow_ups

	_only_readers()
	follow_ups.make_list(frappe.session.user)


@frappe.whitelist(methods=["POST"])
def mail_me_each_morning(wanted: str | int = 0) -> None:
	"""Have one's own list mailed each working morning, or no longer."""
	from customer_tiering.reporting.mailing import morning_mails

	_only_readers()
	morning_mails.want(frappe.session.user, bool(arguments.whole(wanted)))


@frappe.whitelist(methods=["POST"])
def log_contact(customer: str = "", medium: str = "", note: str = "") -> str:
	"""File a contact of today under a customer and close what was open about him; gives its Communication."""
	from customer_tiering.site.acting import acts

	_check_acting(customer)
	return acts.contacted(customer, arguments.text(medium), arguments.text(note))


@frappe.whitelist(methods=["POST"])
def mailed(customer: str = "", mail: str = "") -> None:
	"""Close what was open about a customer by the mail that one has just sent him."""
	from customer_tiering.site.acting import acts

	_check_acting(customer)
	acts.mailed(customer, arguments.text(mail))


@frappe.whitelist(methods=["POST"])
def put_off(customer: str = "", until: str | None = None) -> None:
	"""Take a customer off the list until a later day."""
	from customer_tiering.site.acting import acts

	_check_deciding(customer)
	acts.put_off(customer, arguments.day(until))


@frappe.whitelist(methods=["POST"])
def skip_follow_up(customer: str = "", reason: str = "") -> None:
	"""Take a customer off the list, as long as nothing new happens; with a reason."""
	from customer_tiering.site.acting import acts

	_check_deciding(customer)
	acts.skip(customer, arguments.text(reason))


@frappe.whitelist(methods=["POST"])
def hand_over(customer: str = "", user: str = "") -> None:
	"""Put a customer on the list of somebody else, who may see him."""
	from customer_tiering.site.acting import acts

	_check_deciding(customer)
	acts.hand_over(customer, arguments.text(user))


@frappe.whitelist(methods=["POST"])
def agree_contacts(
	customer: str = "",
	days: str | int = 0,
	until: str | None = None,
	paused_until: str | None = None,
	reason: str = "",
) -> None:
	"""Agree on how often one customer is contacted, or that he is not for a while; with a reason."""
	from customer_tiering.site.acting import agreed

	_check_deciding(customer)
	agreed.agree(
		customer,
		arguments.whole(days),
		arguments.day(until),
		arguments.day(paused_until),
		arguments.text(reason),
	)


def _check_acting(customer: str) -> None:
	_only_readers()
	_check_customers([customer])


def _check_deciding(customer: str) -> None:
	from customer_tiering.site.acting import acts

	_check_acting(customer)
	if not _manages() and not acts.may_decide(customer, frappe.session.user):
		frappe.throw(
			_("Somebody else looks after this customer: ask him, or a Sales Manager."), frappe.PermissionError
		)


def _manages() -> bool:
	return _may_configure() or "Sales Manager" in frappe.get_roles()


def _whose(user: str) -> str:
	"""Whose list is asked for; only managers look at those of others."""
	asked = arguments.text(user) or frappe.session.user
	if asked != frappe.session.user and not _manages():
		frappe.throw(_("Only a Sales Manager may see the lists of others."), frappe.PermissionError)
	return asked


def _may_configure() -> bool:
	from customer_tiering.site.access.permissions import MAY_CONFIGURE

	return frappe.session.user == "Administrator" or bool(set(MAY_CONFIGURE) & set(frappe.get_roles()))


def _only_managers() -> None:
	if not _may_configure():
		frappe.throw(_("Only a Tiering Manager may do this."), frappe.PermissionError)


def _only_readers() -> None:
	if not frappe.has_permission("Customer Score", "read"):
		frappe.throw(_("You may not see how customers are graded."), frappe.PermissionError)


def _only_who_reads_customers() -> None:
	if not frappe.has_permission("Customer", "read"):
		frappe.throw(_("There is no such customer, or you may not see him."), frappe.PermissionError)


def _check_customers(customers: list[str]) -> None:
	"""Nobody learns here which customers there are besides those that he may read."""
	for customer in customers:
		known = arguments.is_name(customer) and frappe.db.exists("Customer", {"name": customer}) == customer
		if not known or not frappe.has_permission("Customer", "read", customer):
			frappe.throw(_("There is no such customer, or you may not see him."), frappe.PermissionError)
