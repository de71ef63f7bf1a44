"""A connection to the fresh site; each test sees a site without customers and leaves none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frappe
import pytest
import redis

from tests.site.helpers.kept import Kept, keep, put_back
from tests.site.helpers.reports import reader, small, untidy  # noqa: F401 fixtures of every report
from tests.site.helpers.shops.moving import moved  # noqa: F401 a fixture of the reports about the past
from tests.site.helpers.shops.rhythm import weekly  # noqa: F401 a fixture of whatever is tried on the past
from tests.site.helpers.shops.three import three  # noqa: F401 a fixture of whoever is renamed, merged or gone

PORTS: dict[str, int] = json.loads(os.environ["CUSTOMER_TIERING_REDIS"])
SITE = os.environ["CUSTOMER_TIERING_SITE"]
OURS = (
	"Customer Score", "Tier Change", "Rescore Request", "Tiering Failure", "Tier Snapshot",
	"Customer Follow-up",
)  # fmt: skip
SALES = (
	"Sales Invoice", "Sales Invoice Item", "POS Invoice", "POS Invoice Item", "Quotation", "Quotation Item",
	"Opportunity", "Sales Order", "Sales Order Item", "GL Entry", "Payment Ledger Entry", "Customer",
	"Sales Team", "Payment Entry", "Payment Entry Reference", "Journal Entry", "Journal Entry Account",
	"Payment Schedule", "Issue", "Warranty Claim",
)  # fmt: skip
#: Where contacts with customers are, and the field that says that they are.
CONTACTS = {
	"Communication": "reference_doctype",
	"Communication Link": "link_doctype",
	"ToDo": "reference_type",
	"Event Participants": "reference_doctype",
}
#: What the site is graded by unless a test says otherwise: by score, so that few documents move a customer.
QUINTILES = Path(__file__).parents[1] / "quintiles.json"
#: Follow-ups as on a new site.
ACTING = {
	"follow_ups": 0, "follow_ups_a_day": 8, "escalate_after_days": 5,
	"count_calls": 1, "count_meetings": 1, "count_mails": 1, "count_tasks": 1,
}  # fmt: skip
#: What the site is configured in, beside the Settings.
CONFIGURED = (
	"Customer Tier", "Tier Contact Interval", "Tier Rule", "Tier Rule Band", "Tiering Policy",
	"Tiering Company",
)  # fmt: skip
#: All of it, as the first test had it.
_first: Kept = {}
#: What :func:`_configured` said when a test began.
_known: dict[str, str] = {"configured": ""}


#: What the host forgets whenever a record is renamed, and then reads again for seconds: no test changes it
#: without saying so.
DEFINITIONS = ("doctype_meta", "table_columns")


@pytest.fixture(scope="session", autouse=True)
def _definitions_stay() -> Iterator[None]:
	"""DocTypes stay in the cache when the host empties it, by its own hook for that."""
	hooks = frappe.get_hooks

	def with_definitions(hook: str | None = None, *words: Any, **more: Any) -> Any:
		found = hooks(hook, *words, **more)
		return [*found, *DEFINITIONS] if hook == "persistent_cache_keys" else found

	with pytest.MonkeyPatch.context() as patch:
		patch.setattr(frappe, "get_hooks", with_definitions)
		yield


def connect() -> None:
	frappe.init(SITE, sites_path=os.environ["SITES_PATH"])
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.local.conf.throttle_user_limit = 100_000  # so many readers are made within an hour


@pytest.fixture(scope="session", autouse=True)
def _site() -> Iterator[None]:
	# The host reads its files relative to the folder of sites.
	before = Path.cwd()
	os.chdir(os.environ["SITES_PATH"])
	connect()
	yield
	frappe.destroy()
	os.chdir(before)


@pytest.fixture(autouse=True)
def _clean(_site: None) -> Iterator[None]:
	frappe.set_user("Administrator")
	frappe.db.rollback()
	empty()
	yield
	frappe.set_user("Administrator")
	frappe.db.rollback()


def empty() -> None:
	"""No customers, no documents, nothing graded; the tests' policy published."""
	from customer_tiering.site.grading import outbox, state
	from customer_tiering.site.publishing import draft

	for doctype in (*SALES, *OURS):
		frappe.db.delete(doctype)
	frappe.db.delete("User Permission")
	for doctype, field in CONTACTS.items():
		frappe.db.delete(doctype, {field: "Customer"})
	if _configured() != _known["configured"]:  # saving it all takes longer than most tests
		_configure()
	state.set_state({"cut_points": "{}", "forecast": "", "last_run_customers": 0})
	frappe.clear_document_cache(draft.SETTINGS, draft.SETTINGS)
	frappe.db.delete("Rescore Request")
	frappe.db.commit()
	_known["configured"] = _configured()
	redis.Redis(port=PORTS["redis_queue"]).flushdb()  # a worker finds only what its own test has queued
	outbox.drain_begins()


def _configured() -> str:
	"""What stands for draft, settings and published policy: another text as soon as one is touched."""
	from customer_tiering.site.publishing import draft

	sums = frappe.db.sql(f"CHECKSUM TABLE {', '.join(f'`tab{table}`' for table in CONFIGURED)}")
	settings = frappe.db.get_singles_dict(draft.SETTINGS)
	kept = {
		name: value
		for name, value in settings.items()
		if name != "forecast" and not name.startswith(("last_run", "cut_points"))
	}
	return repr((sums, sorted(kept.items())))


def _configure() -> None:
	"""The tests' policy as draft and published, all settings as after the install."""
	from customer_tiering.site.grading import state
	from customer_tiering.site.publishing import draft, versions

	if _first:
		put_back(_first)
		return
	draft.load(json.loads(QUINTILES.read_text(encoding="utf-8")))
	settings = frappe.get_doc(draft.SETTINGS)
	settings.update({"companies": [], "currency": None, "small_site_customers": 1000, **ACTING})
	settings.save()
	current, _why = state.readable()
	if current is None or draft.is_changed(current.policy):
		versions.publish("for a test")
	_first.update(keep((*CONFIGURED, draft.SETTINGS)))
