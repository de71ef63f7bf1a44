"""Ladders by share, and steady ones, from the forms to the grades that are stored."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import frappe
import pytest

from customer_tiering import api
from customer_tiering.customer_tiering.report.tier_potential import tier_potential
from customer_tiering.desk import account, boot
from customer_tiering.engine import evaluate
from customer_tiering.names import SETTINGS
from customer_tiering.site.access import permissions
from customer_tiering.site.grading import customer_scores, drains, full_runs, outbox, state
from customer_tiering.site.publishing import draft, versions
from customer_tiering.site.reading import site_facts
from tests.site.helpers.ladders import by_hand, by_share, change, ladder, publish, sold  # noqa: F401
from tests.site.helpers.selling import ago, changes, credit, drain, graded, today

pytestmark = pytest.mark.usefixtures("by_hand")
TIERS = ("Platinum", "Gold", "Silver", "Bronze")


def large_site() -> None:
	"""From now on a drain grades only those who have a request."""
	frappe.db.set_single_value(SETTINGS, "small_site_customers", 0)
	frappe.db.commit()
	full_runs.nightly()


@pytest.fixture
def ten() -> list[str]:
	"""Ten customers of 9, 18 and so on to 90 points."""
	names = [f"Number {at}" for at in range(1, 11)]
	for at, name in enumerate(names, start=1):
		sold(name, 9 * at, 5)
	return names


def the_year() -> dict[str, str]:
	return {"from_date": str(ago(364)), "to_date": str(today())}


def held_by(names: list[str]) -> list[str]:
	return [graded(name)["tier"] for name in names]


# -- by share ---------------------------------------------------------------------------------------


def test_tiers_by_share_are_published_through_the_forms_and_graded(ten: list[str]) -> None:
	publish(by_share(), tiers_by="Share")
	drain()
	assert held_by(ten) == ["Bronze"] * 4 + ["Silver"] * 3 + ["Gold"] * 2 + ["Platinum"]
	current = state.published()
	assert current.policy.by_share and current.cut_points["tiers"] == {"score": [45.0, 72.0, 90.0]}
	stored = json.loads(frappe.db.get_value("Tiering Policy", current.name, "policy"))
	assert [tier.get("top_share") for tier in stored["tiers"]] == [10, 30, 60, None]
	assert not any("min_score" in tier for tier in stored["tiers"])
	assert not api.policy_status()["changed"]


def test_a_preview_by_share_says_from_which_score_and_how_many(ten: list[str]) -> None:
	for name, values in by_share().items():
		change("Customer Tier", name, **values)
	change(SETTINGS, SETTINGS, tiers_by="Share")
	seen = api.preview()
	assert seen["tiers"] == list(TIERS) and seen["by_share"]
	assert seen["thresholds"] == [90, 72, 45, 0]
	assert {move["to_tier"]: move["customers"] for move in seen["moves"]} == dict(
		zip(TIERS, (1, 2, 3, 4), strict=True)
	)


def test_a_preview_tells_who_has_to_wait_for_a_rise(ten: list[str]) -> None:
	publish(by_share(), tiers_by="Share")
	full_runs.nightly(ago(2))
	full_runs.nightly()
	change("Customer Tier", "Gold", top_share=50, rise_days=30)
	seen = api.preview()
	assert (seen["moved"], seen["waiting"]) == (0, 2)
	assert seen["later"] == dict(zip(TIERS, (1, 4, 1, 4), strict=True))


def test_on_a_large_site_a_document_is_graded_by_the_shares_of_the_night(ten: list[str]) -> None:
	publish(by_share(), tiers_by="Share")
	drain()
	large_site()
	sold(ten[0], 67)
	drain()
	assert graded(ten[0])["tier"] == "Gold" and graded(ten[7])["tier"] == "Gold"
	frappe.db.commit()
	full_runs.nightly()
	assert graded(ten[7])["tier"] == "Silver", "and the night counts them anew"


def test_who_has_nobody_as_good_is_shown_without_an_error() -> None:
	"""A lone customer has place a half: nobody reaches the top tenth or the best third."""
	sold("Alone", 50, 5)
	publish(by_share(), tiers_by="Share")
	drain()
	told = api.get_grade("Alone")
	assert told["tier"] == "Silver"
	assert [rung["threshold"] for rung in told["ladder"]] == [0, 50, None, None]
	assert told["explanation"]["above"] == {"tier": "Gold", "points": None, "ways": []}
	assert tier_potential.execute(the_year())[1] == []


def test_all_that_reads_thresholds_reads_those_of_the_night(ten: list[str]) -> None:
	publish(by_share(), tiers_by="Share")
	drain()
	told = api.get_grade(ten[8])
	assert [rung["threshold"] for rung in told["ladder"]] == [0, 45, 72, 90]
	assert told["explanation"]["above"]["points"] == 9
	rows = tier_potential.execute(the_year())[1]
	least = {row["customer"]: row["least"] for row in rows if row.get("next_tier") == "Platinum"}
	assert least[ten[8]] == next(
		one["amount"] for one in told["orders"]["reach"] if one["tier"] == "Platinum"
	)
	info: Any = frappe._dict()
	boot.extend_bootinfo(info)
	assert info.customer_tier_ladder == list(TIERS)


def test_whoever_does_not_see_everyone_is_told_whole_points(
	ten: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
	"""A threshold by share is the score of somebody."""
	sold(ten[7], 0.4)
	publish(by_share(), tiers_by="Share")
	drain()
	assert account.read_account(ten[6])["ladder"][2]["threshold"] == 72.4
	monkeypatch.setattr(permissions, "sees_everyone", lambda *_args: False)
	told = account.read_account(ten[6])
	assert [rung["threshold"] for rung in told["ladder"]] == [0, 45, 73, 90]
	assert told["explanation"]["above"]["points"] == 10
	assert [way["value"] for way in told["explanation"]["above"]["ways"]] == [7300]


@pytest.mark.parametrize(
	("shares", "said"),
	[
		({"Silver": 0}, "Top Share .* is 0; it is a percentage above 0"),
		({"Platinum": 0, "Gold": 0, "Silver": 0}, "Top Share .* is 0; it is a percentage above 0"),
		({"Bronze": 90}, "the lowest tier takes everyone who is left"),
		({"Gold": 60}, "share Top Share"),
	],
)
def test_half_a_ladder_by_share_is_refused(shares: dict[str, float], said: str) -> None:
	tiers = by_share()
	for name, share in shares.items():
		tiers[name] = {"top_share": share}
	with pytest.raises(frappe.ValidationError, match=said):
		publish(tiers, tiers_by="Share")


@pytest.mark.parametrize("share", [-1, 100, 250])
def test_a_share_that_is_none_is_refused_by_the_form(share: float) -> None:
	with pytest.raises(frappe.ValidationError):
		change("Customer Tier", "Gold", top_share=share)


def test_a_ladder_of_one_tier_is_everybodys() -> None:
	for name in TIERS[:-1]:
		change("Customer Tier", name, disabled=1)
	change("Customer Tier", "Bronze", top_share=0, min_score=0)
	change(SETTINGS, SETTINGS, tiers_by="Share")
	assert [tier.min_score for tier in draft.to_policy().tiers] == [0]


def test_the_settings_alone_say_which_field_of_a_tier_is_read(ten: list[str]) -> None:
	"""So a ladder can be filled in beside the other one, and changed back."""
	publish(tiers_by="Score")
	before = state.published().policy
	change(SETTINGS, SETTINGS, margin=0)
	for name, values in by_share().items():
		change("Customer Tier", name, **values)
	assert not api.policy_status()["changed"]
	versions_before = frappe.db.count("Tiering Policy")
	change(SETTINGS, SETTINGS, tiers_by="Share")
	versions.publish("by share")
	assert frappe.db.count("Tiering Policy") == versions_before + 1
	change(SETTINGS, SETTINGS, tiers_by="Score")
	versions.publish("and back")
	assert state.published().policy == before
	drain()


def test_cut_points_of_an_older_version_still_do_or_are_found_anew(ten: list[str]) -> None:
	def without_tiers() -> None:
		stored = state.kept(frappe.db.get_single_value(SETTINGS, "cut_points", cache=False))
		del stored["cut_points"]["tiers"]
		state.set_state({"cut_points": json.dumps(stored)})
		frappe.db.commit()

	publish(tiers_by="Score")
	drain()
	without_tiers()
	assert state.published().cut_points, "by score there are none to be missed"
	large_site()
	publish(by_share(), tiers_by="Share")
	drain()
	without_tiers()
	assert state.published().cut_points is None
	assert api.get_grade(ten[9])["tier"], "shown by himself alone until then"
	outbox.mark(ten[0], "Manual")
	drain()
	assert state.published().cut_points["tiers"]["score"] == [45.0, 72.0, 90.0]
	assert held_by(ten)[-1] == "Platinum"


# -- steady -----------------------------------------------------------------------------------------


def month(back: int) -> date:
	"""The first day of this month, or of one before it."""
	first = today().replace(day=1)
	for _month in range(back):
		first = (first - timedelta(days=1)).replace(day=1)
	return first


def on(day: date) -> int:
	"""How many days ago that was."""
	return (today() - day).days


def test_a_rise_is_foretold_and_comes() -> None:
	sold("Climber", 50, 20)
	publish({"Gold": {"rise_days": 10}, "Platinum": {"rise_days": 30}})
	full_runs.nightly(ago(5))
	sold("Climber", 45, 3)
	frappe.db.commit()
	drains.drain(ago(3))
	waits = ladder("Climber")
	assert (waits["tier"], waits["rises_on"], waits["rises_to"]) == ("Silver", ago(-7), "Gold")
	assert json.loads(waits["climbing"]) == {"Gold": str(ago(3)), "Platinum": str(ago(3))}
	assert api.get_grade("Climber")["explanation"]["rising"] == {
		"by": "rise", "until": str(ago(-7)), "rises_to": "Gold",
	}  # fmt: skip
	full_runs.nightly(ago(-6))
	assert ladder("Climber")["tier"] == "Silver"
	full_runs.nightly(ago(-7))
	rose = ladder("Climber")
	assert (rose["tier"], rose["rises_on"], rose["rises_to"]) == ("Gold", ago(-27), "Platinum")
	assert changes("Climber")[-1] == ("Silver", "Gold", "Time")


def test_between_reviews_nobody_moves_though_his_row_was_right_all_along() -> None:
	"""Who did not change on the day of the review was there all the same."""
	sold("Climber", 50, on(month(1)) + 30)
	sold("Faller", 90, on(month(1)) + 30)
	publish(reviewed="Monthly")
	full_runs.nightly(month(1) - timedelta(days=3))
	full_runs.nightly(month(1))
	assert ladder("Climber")["as_of"] == month(1), "nothing changed but the day"
	later = month(1) + timedelta(days=4)
	large_site_on(later)
	sold("Climber", 25, on(later))
	invoice_back("Faller", later)
	frappe.db.commit()
	drains.drain(later)
	rises, falls = ladder("Climber"), ladder("Faller")
	assert (rises["tier"], rises["rises_on"], rises["rises_to"]) == ("Silver", month(0), "Gold")
	assert (falls["tier"], falls["falls_on"], falls["falls_to"]) == ("Platinum", month(0), "Bronze")
	full_runs.nightly(month(0) - timedelta(days=1))
	assert ladder("Climber")["tier"] == "Silver"
	full_runs.nightly(month(0))
	assert (ladder("Climber")["tier"], ladder("Faller")["tier"]) == ("Gold", "Bronze")


def large_site_on(day: date) -> None:
	frappe.db.set_single_value(SETTINGS, "small_site_customers", 0)
	frappe.db.commit()
	full_runs.nightly(day)


def invoice_back(customer: str, day: date) -> None:
	original = frappe.get_last_doc("Sales Invoice", {"customer": customer, "is_return": 0})
	credit(original, 8000, day)


def test_without_reviews_a_month_is_marked_once_too() -> None:
	"""The next policy may have reviews; nobody is then to be taken for unseen."""
	sold("Still", 50, on(month(1)) + 30)
	publish(tiers_by="Score")
	assert full_runs.nightly(month(1) - timedelta(days=3)) == 1
	assert full_runs.nightly(month(1) - timedelta(days=2)) <= 1
	assert full_runs.nightly(month(1)) == 1
	assert full_runs.nightly(month(1)) == 0


def test_a_margin_keeps_a_tier_and_says_so() -> None:
	sold("Wavering", 72, 20)
	publish(margin=2)
	full_runs.nightly(ago(5))
	sold("Other", 10, 5)
	credit(frappe.get_last_doc("Sales Invoice", {"customer": "Wavering"}), 350, ago(2))
	drain()
	assert ladder("Wavering")["tier"] == "Gold"
	why = api.get_grade("Wavering")["explanation"]
	assert (why["score"], why["margin"]) == (68.5, {"tier": "Gold", "down_to": 68.0})
	assert why["held"] is None


@pytest.mark.parametrize("small", [True, False], ids=["small", "large"])
def test_draining_after_each_document_gives_what_one_full_run_gives(small: bool) -> None:
	names = [f"Walker {letter}" for letter in "ABCDEF"]
	for at, name in enumerate(names):
		sold(name, 12 * at + 20, 40)
	publish(
		{name: {"rise_days": days, "grace_days": 3} for name, days in (("Gold", 4), ("Platinum", 9))},
		margin=1.5,
		reviewed="Monthly",
		rises_between_reviews=1,
	)
	frappe.db.set_single_value(SETTINGS, "small_site_customers", 1000 if small else 0)
	frappe.db.commit()
	full_runs.nightly(ago(12))
	for days in (10, 8, 5, 2):
		full_runs.nightly(ago(days))
		morning = customer_scores.read_held(as_of=ago(days))
		for at, name in enumerate(names):
			if (at + days) % 3 == 0:
				sold(name, 7 + days, days)
			elif (at + days) % 3 == 1:
				frappe.get_last_doc("Sales Invoice", {"customer": name, "docstatus": 1}).cancel()
				sold(name, 20 + 4 * at, days)
			frappe.db.commit()
			drains.drain(ago(days))
		current = state.published()
		known, held = site_facts.read_facts(current.policy), customer_scores.read_held()
		at_once = evaluate(known, current.policy, ago(days), morning, current.cut_points, current.forecast)
		assert not customer_scores.differing(at_once, held).any()
	assert any(ladder(name)["climbing"] for name in names)
	assert full_runs.nightly(ago(2)) == 0


# -- names ------------------------------------------------------------------------------------------


def test_a_tier_that_is_renamed_is_renamed_where_customers_climb() -> None:
	sold("Climber", 50, 20)
	publish({"Gold": {"rise_days": 10}, "Platinum": {"rise_days": 30}})
	full_runs.nightly(ago(5))
	sold("Climber", 45, 3)
	frappe.db.commit()
	drains.drain(ago(3))
	full_runs.nightly(ago(0))
	before = frappe.get_doc("Customer Score", {"customer": "Climber"})
	frappe.rename_doc("Customer Tier", "Gold", "Gold “A”", force=True)
	try:
		frappe.db.commit()
		after = frappe.get_doc("Customer Score", before.name)
		for field in ("climbing", "rises_to"):
			assert after.get(field) == before.get(field).replace("Gold", "Gold “A”")
		assert full_runs.nightly(ago(0)) == 0, "letter by letter what the engine writes"
		frappe.db.set_value("Customer Score", before.name, "opening_climbing", after.climbing)
	finally:
		frappe.rename_doc("Customer Tier", "Gold “A”", "Gold", force=True)
		frappe.db.commit()
	back = frappe.get_doc("Customer Score", before.name)
	assert back.climbing == back.opening_climbing == before.climbing


def test_a_climb_that_is_no_text_of_ours_stops_no_rename() -> None:
	sold("Climber", 50, 20)
	publish({"Gold": {"rise_days": 10}})
	drain()
	frappe.db.set_value("Customer Score", {"customer": "Climber"}, "climbing", "[1]")
	frappe.rename_doc("Customer Tier", "Gold", "Golden", force=True)
	frappe.rename_doc("Customer Tier", "Golden", "Gold", force=True)
	frappe.db.commit()
	assert frappe.db.get_value("Customer Score", {"customer": "Climber"}, "climbing") == "[1]"


@pytest.mark.parametrize("kept", ["Early", "Late"])
def test_a_merge_keeps_the_longer_climb(kept: str) -> None:
	for name in ("Early", "Late"):
		sold(name, 50, 40)
	publish({"Gold": {"rise_days": 20}, "Platinum": {"rise_days": 20}})
	full_runs.nightly(ago(12))
	for name, days in (("Early", 10), ("Late", 5)):
		sold(name, 22, days)
		frappe.db.commit()
		full_runs.nightly(ago(days))
	other = "Late" if kept == "Early" else "Early"
	frappe.rename_doc("Customer", other, kept, merge=True)
	drain()
	merged = ladder(kept)
	assert merged["tier"] == "Silver" and json.loads(merged["climbing"])["Gold"] == str(ago(10))
	assert (merged["rises_on"], merged["rises_to"]) == (ago(-10), "Gold")
