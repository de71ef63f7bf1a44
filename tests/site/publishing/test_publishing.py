"""Draft, preview, publish; overrides."""

from __future__ import annotations

import frappe
import pytest

from customer_tiering import api, policies
from customer_tiering.engine import Policy
from customer_tiering.site.grading import full_runs
from customer_tiering.site.publishing import draft
from customer_tiering.site.reading import site_facts
from tests.site.helpers.selling import ago, changes, drain, graded, invoice, make_customer


@pytest.fixture
def pair() -> tuple[str, str]:
	names = (make_customer("Lesser"), make_customer("Greater"))
	invoice(names[0], 1_000, ago(40))
	for days in (4, 5):
		invoice(names[1], 60_000, ago(days))
	drain()
	return names


def test_installing_published_the_default_policy() -> None:
	status = api.policy_status()
	assert status["published"]["version"] >= 1
	assert not status["changed"]
	doc = frappe.get_doc("Tiering Policy", status["published"]["name"])
	assert doc.docstatus == 1
	assert frappe.parse_json(doc.policy)["name"] == "rfm"


def test_an_edited_tier_is_a_draft_until_published(pair: tuple[str, str]) -> None:
	lesser, greater = pair
	assert graded(lesser)["tier"] == "Bronze"
	tier = frappe.get_doc("Customer Tier", "Silver")
	tier.min_score = 30
	tier.save()
	assert api.policy_status()["changed"]
	frappe.db.commit()
	full_runs.nightly()
	assert graded(lesser)["tier"] == "Bronze", "a draft has no effect"
	seen = api.preview()
	assert seen["changed"]
	assert {"from_tier": "Bronze", "to_tier": "Silver", "customers": 1} in seen["moves"]
	assert (seen["moved"], seen["customers"]) == (1, 2)
	name = api.publish("Silver begins earlier")
	drain()
	assert graded(lesser)["tier"] == "Silver"
	assert changes(lesser)[-1] == ("Bronze", "Silver", "Policy")
	assert graded(greater)["tier"] == "Gold"
	assert not api.policy_status()["changed"]
	assert frappe.db.get_value("Customer Score", {"customer": lesser}, "policy") == name


def test_publishing_nothing_new_is_refused() -> None:
	with pytest.raises(frappe.ValidationError, match="nothing to publish"):
		api.publish()


def test_a_broken_draft_is_refused_with_every_reason_at_once() -> None:
	frappe.db.set_value("Customer Tier", "Bronze", "min_score", 10)
	frappe.db.set_value("Customer Tier", "Gold", "min_score", 85)
	frappe.db.set_value("Tier Rule", {"disabled": 0}, "weight", 0)
	with pytest.raises(frappe.ValidationError) as refusal:
		api.publish()
	said = str(refusal.value)
	for reason in ("lowest tier must have From Score 0", "share From Score 85", "sum to nothing"):
		assert reason in said
	assert not frappe.db.exists("Rescore Request", {"cause": "Policy"})


def test_a_published_policy_cannot_be_edited_cancelled_or_deleted() -> None:
	doc = frappe.get_doc("Tiering Policy", api.policy_status()["published"]["name"])
	with pytest.raises(frappe.ValidationError):
		doc.policy = "{}"
		doc.save()
	with pytest.raises(frappe.ValidationError):
		doc.reload().cancel()
	with pytest.raises(frappe.ValidationError):
		frappe.delete_doc("Tiering Policy", doc.name)


@pytest.mark.parametrize("name", __import__("customer_tiering.policies").policies.names())
def test_every_ready_made_policy_can_be_loaded_previewed_and_published(
	name: str, pair: tuple[str, str]
) -> None:
	api.load_policy(name)
	policy = draft.to_policy()
	ready = Policy.from_dict(policies.load(name))
	assert policy.name == ready.name
	assert policy.tiers == ready.tiers
	assert policy.rules == ready.rules
	api.preview()
	api.publish(name)
	drain()
	assert {graded(customer)["tier"] for customer in pair} <= {tier.name for tier in policy.tiers}


def test_thresholds_are_proposed_from_the_companys_own_figures(
	pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr("customer_tiering.policies.proposed.LEAST_CUSTOMERS", 2)
	api.load_policy("purchase-amount")
	(rule,) = draft.to_policy().rules
	assert [start for start, _points in rule.bands] == [120_000, 150_000, 200_000]
	api.publish("our own figures")
	drain()
	assert graded(pair[1])["tier"] == "Regular"
	frappe.db.set_value("Customer", pair[1], "disabled", 1)
	monkeypatch.setattr("customer_tiering.policies.proposed.LEAST_CUSTOMERS", 1)
	api.load_policy("purchase-amount")
	assert draft.to_policy().rules[0].bands[0][0] == 1_000, "whoever is disabled does not count"


def test_a_ready_made_policy_of_before_stays_and_a_newer_one_is_offered() -> None:
	assert api.policy_status()["made_anew"]  # the tests' policy is called as one was
	api.load_policy("rfm")
	assert api.policy_status()["made_anew"], "nothing moves by itself"
	api.publish("the new one")
	assert not api.policy_status()["made_anew"]


def test_an_override_shows_at_once_and_ends_by_itself(pair: tuple[str, str]) -> None:
	lesser, _greater = pair
	api.set_override(lesser, "Platinum", "Exact", "Founder's friend", str(ago(-10)))
	assert graded(lesser)["tier"] == "Platinum"
	assert frappe.db.get_value("Customer", lesser, "customer_tier") == "Platinum"
	assert changes(lesser)[-1] == ("Bronze", "Platinum", "Override")
	told = api.get_grade(lesser)
	assert told["explanation"]["override"]["reason"] == "Founder's friend"
	frappe.db.commit()
	full_runs.nightly(ago(-10))
	assert graded(lesser)["tier"] == "Platinum"
	full_runs.nightly(ago(-11))
	assert graded(lesser)["tier"] == "Bronze", "a granted tier has no grace"


def test_an_override_can_be_ended(pair: tuple[str, str]) -> None:
	lesser, _greater = pair
	api.set_override(lesser, "Gold", "At Least", "Big tender under way")
	api.end_override(lesser)
	assert graded(lesser)["tier"] == "Bronze"


@pytest.mark.parametrize(
	("values", "said"),
	[
		({"reason": "  "}, "reason"),
		({"tier": "Diamond"}, "not a tier"),
		({"mode": "Perhaps"}, "Exact, At Least or At Most"),
		({"until": "2001-01-01"}, "before today"),
	],
)
def test_a_bad_override_is_refused_with_a_sentence(
	values: dict[str, str], said: str, pair: tuple[str, str]
) -> None:
	with pytest.raises(frappe.ValidationError, match=said):
		api.set_override(**{"customer": pair[0], "tier": "Gold", "mode": "Exact", "reason": "x"} | values)


def test_the_panel_gets_the_reasons_and_what_comes_next(pair: tuple[str, str]) -> None:
	lesser, _greater = pair
	told = api.get_grade(lesser)
	assert not told["pending"]
	why = told["explanation"]
	assert [rule["value"] for rule in why["rules"]] == [1000, 1, 40]
	assert sum(rule["contribution"] for rule in why["rules"]) == pytest.approx(told["score"], abs=0.01)
	assert why["above"]["tier"] == "Silver"
	assert sum(month["sold"] for month in told["months"]) == 1000
	invoice(lesser, 90_000, ago(1))
	assert api.get_grade(lesser)["pending"], "the facts have moved on"


def test_an_amount_without_an_exchange_rate_is_refused_with_a_sentence(pair: tuple[str, str]) -> None:
	document = frappe.get_last_doc("Sales Invoice", {"customer": pair[0]})
	frappe.db.set_single_value("Customer Tiering Settings", "currency", "CHF")
	frappe.db.delete("Currency Exchange")
	with pytest.raises(frappe.ValidationError, match="Currency Exchange from USD to CHF"):
		api.preview()
	frappe.get_doc(
		{
			"doctype": "Currency Exchange",
			"date": ago(300),
			"from_currency": "USD",
			"to_currency": "CHF",
			"exchange_rate": 0.5,
			"for_selling": 1,
		}
	).insert()
	known = site_facts.read_facts(draft.to_policy(), [pair[0]])
	assert known.sales["net_amount"].tolist() == [document.base_net_total / 2]


def test_only_managers_configure_and_only_readers_see(pair: tuple[str, str]) -> None:
	make_user("sally@example.com", "Sales User")
	make_user("nobody@example.com")
	frappe.set_user("sally@example.com")
	assert api.get_grade(pair[0])["tier"] == "Bronze"
	assert not api.get_grade(pair[0])["may_override"]
	for call in (
		api.preview,
		api.publish,
		api.policy_status,
		api.ready_made_policies,
		lambda: api.load_policy("rfm"),
		lambda: api.rescore([pair[0]]),
		lambda: api.set_override(pair[0], "Gold", "Exact", "please"),
		lambda: api.end_override(pair[0]),
	):
		with pytest.raises(frappe.PermissionError):
			call()
	frappe.set_user("nobody@example.com")
	with pytest.raises(frappe.PermissionError):
		api.get_grade(pair[0])


def make_user(email: str, *roles: str) -> None:
	"""A desk user with just these roles."""
	if not frappe.db.exists("User", email):
		frappe.get_doc(
			{"doctype": "User", "email": email, "first_name": email.split("@")[0], "send_welcome_email": 0}
		).insert().add_roles(*roles)


@pytest.mark.parametrize("name", ["100%", "%", "A &amp; B", "&#39;"])
def test_a_tier_by_which_no_list_could_be_filtered_is_refused(name: str) -> None:
	with pytest.raises(frappe.ValidationError, match="no list could be filtered"):
		frappe.get_doc({"doctype": "Customer Tier", "tier_name": name, "min_score": 1}).insert()


@pytest.mark.parametrize("name", ["Founder's Club", "R&D, 5% and up", 'The "best"', "A|B", "金牌"])
def test_any_other_name_of_a_tier_is_taken(name: str) -> None:
	assert (
		frappe.get_doc({"doctype": "Customer Tier", "tier_name": name, "min_score": 1}).insert().name == name
	)
