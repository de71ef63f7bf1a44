"""The figures of a ladder in the preview: of the draft and of what is in force, on the site's own past."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe
import pytest
from frappe.utils import formatdate

from customer_tiering import api
from customer_tiering.customer_tiering.report.policy_back_test import policy_back_test as report
from customer_tiering.engine.backtest import backtest
from customer_tiering.names import SETTINGS
from customer_tiering.reporting.past import hindsight, ladder_figures
from customer_tiering.site.grading import full_runs, state
from customer_tiering.site.publishing import draft
from customer_tiering.site.reading import site_facts
from tests.site.helpers.ladders import SHARES, change
from tests.site.helpers.selling import ago, drain, invoice, make_customer, today
from tests.site.helpers.shops import rhythm

pytestmark = pytest.mark.usefixtures("weekly")


@pytest.fixture
def shop() -> None:
	rhythm.load()
	full_runs.nightly()


@pytest.fixture
def changed(shop: None) -> None:
	"""A draft by which fewer are on top."""
	frappe.db.set_value("Customer Tier", "Platinum", "min_score", 95)


def _report(told: dict[str, Any], **filters: Any) -> list[dict[str, Any]]:
	"""The rows of the report about the same days."""
	days = {"from_date": str(told["cut"] + timedelta(1)), "to_date": str(told["until"])}
	return report.execute(days | filters)[1]


def _in_percent(share: float) -> float:
	return round(share * 100, 1)


@pytest.mark.parametrize(("which", "filters"), [("draft", {"draft": 1}), ("in_force", {})])
def test_the_figures_are_those_of_the_report(changed: None, which: str, filters: dict[str, int]) -> None:
	told = api.ladder_figures()[which]
	top = _report(told, view="Tiers", **filters)[0]
	assert (_in_percent(told["caught"]), _in_percent(told["as_many"])) == (top["above"], top["as_many"])
	people = [row for row in _report(told, view="Customers", **filters) if not row.get("is_total")]
	assert told["held"] == top["customers"] / len(people) and 0 < told["held"] < 0.5
	months = [row["moved_share"] for row in _report(told, view="Year", **filters)]
	assert len(months) == 12, "the day is the last of a month, so that months are whole"
	assert _in_percent(told["moved"]) == pytest.approx(sum(months) / 12, abs=0.11) and told["moved"] > 0


def test_the_figures_are_those_of_the_engine(changed: None) -> None:
	both, current = api.ladder_figures(), state.published()
	assert current is not None and both["draft"]["held"] < both["in_force"]["held"]
	for told, policy in ((both["draft"], draft.to_policy()), (both["in_force"], current.policy)):
		assert told["cut"] <= today() - timedelta(182) and (told["cut"] + timedelta(1)).day == 1
		days = (told["until"] - told["cut"]).days
		data = backtest(site_facts.read_facts(policy), policy, told["cut"], days, pace=hindsight._PACE).data
		top, months = data["tiers"][0], data["year"]["months"]
		assert told["caught"] == top["share_and_above"][0] and told["as_many"] == top["share_of_as_many"][0]
		assert told["held"] == top["customers"] / data["customers"]
		assert told["moved"] == pytest.approx(sum(m["moved"] / m["rated"] for m in months) / 12)


def test_each_is_a_sentence(changed: None) -> None:
	told = api.ladder_figures()["draft"]
	days, cut = (told["until"] - told["cut"]).days, formatdate(told["cut"])
	moved, held, caught, as_many = (
		ladder_figures._of_100(told[name]) for name in ("moved", "held", "caught", "as_many")
	)
	steady, top = told["sentences"]
	assert steady.startswith(f"{moved} of 100 customers change tier in a month (on average from ")
	assert top == (
		f"Platinum holds {held}% of customers and would have caught {caught}% of what known customers "
		f"brought in the {days} days after {cut}; as many by the revenue of the year before: {as_many}%."
	)


def test_a_draft_that_is_in_force_is_told_once(shop: None) -> None:
	told = api.ladder_figures()
	assert told["draft"] is None and len(told["in_force"]["sentences"]) == 2


def test_nothing_in_force_leaves_the_draft(shop: None) -> None:
	state.set_state({"current_policy": ""})
	told = api.ladder_figures()
	assert told["in_force"] == {"sentences": ["No policy is published yet, so nobody is graded."]}
	assert len(told["draft"]["sentences"]) == 2


def test_a_top_tier_that_nobody_reaches_catches_nothing(shop: None) -> None:
	for name, share in (SHARES | {"Platinum": 0.1}).items():
		change("Customer Tier", name, top_share=share)
	change(SETTINGS, SETTINGS, tiers_by="Share")
	told = api.ladder_figures()["draft"]
	assert told["held"] == 0 and told["caught"] == 0
	assert told["sentences"][1].startswith("Nobody would have been Platinum on ")
	assert "of 100 customers change tier in a month" in told["sentences"][0]


@pytest.mark.parametrize("days", [None, 40, 300], ids=["no past", "too short", "too few customers"])
def test_too_little_past_is_told(days: int | None) -> None:
	if days is not None:
		make_customer("Alone")
		invoice("Alone", 100, ago(days))
		invoice("Alone", 100, ago(0))
		drain()
	(said,) = api.ladder_figures()["in_force"]["sentences"]
	assert said.startswith(
		"There is too little past to try it on: it takes 90 days of sales, and 20 customers"
	)


def test_a_shorter_past_is_parted_in_three(shop: None) -> None:
	frappe.db.delete("Sales Invoice", {"posting_date": ("<", ago(270))})
	told = api.ladder_figures()["in_force"]
	assert ago(90 + 31) <= told["cut"] <= ago(88) and told["moved"] is not None


def test_too_many_documents_are_told(changed: None, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(hindsight, "MOST_OF_A_YEAR", 50)
	told = api.ladder_figures()["draft"]
	assert told["moved"] is None and told["caught"] > 0
	assert "it takes up to 50. Run the command customer-tiering backtest" in told["sentences"][0]
	monkeypatch.setattr(hindsight, "MOST_DOCUMENTS", 60)
	told = api.ladder_figures()
	assert told["draft"] is told["in_force"] is None and "it takes up to 60." in told["message"]
