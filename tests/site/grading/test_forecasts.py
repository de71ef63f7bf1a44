"""What is foreseen on a site: fitted in the night, kept, the same for one customer as for all."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import frappe
import numpy as np
import pandas as pd
import pytest

from customer_tiering import api, jobs
from customer_tiering.engine import evaluate
from customer_tiering.engine.forecast import Forecast, fit_forecast
from customer_tiering.names import SETTINGS
from customer_tiering.patches import say_how_stages_go
from customer_tiering.site.grading import customer_scores, forecasts, full_runs, state
from customer_tiering.site.publishing import draft
from customer_tiering.site.reading import site_facts
from tests.site.helpers.reports import COMPANY, other_company
from tests.site.helpers.selling import ago, drain, graded, invoice, make_customer, today
from tests.site.helpers.shops import rhythm

FIELDS = customer_scores.FORECAST


@pytest.fixture
def shop() -> None:
	rhythm.load()
	jobs.nightly()


def _kept() -> str:
	frappe.db.commit()
	return frappe.db.get_single_value(SETTINGS, "forecast") or ""


def _forecast() -> Forecast:
	current = state.published()
	assert current is not None and current.forecast is not None
	return current.forecast


def _stored() -> dict[str, tuple[float, ...]]:
	rows = frappe.get_all(
		"Customer Score", fields=["customer", *FIELDS], as_list=True, order_by="customer asc"
	)
	return {customer: tuple(values) for customer, *values in rows}


def _large() -> None:
	frappe.db.set_single_value(SETTINGS, "small_site_customers", 0)
	frappe.db.commit()


def _fails(*_args: object, **_kwargs: object) -> None:
	raise ZeroDivisionError("nothing to divide by")


def _check_as_one_run_finds_it() -> None:
	"""Everyone holds what one evaluation of everyone by the kept forecast and cut points gives."""
	current, held = state.published(), customer_scores.read_held()
	assert current is not None
	known = site_facts.read_facts(current.policy)
	at_once = evaluate(known, current.policy, today(), held, current.cut_points, current.forecast)
	names = (*customer_scores.STATE, *FIELDS)
	scores = at_once.scores.set_index("customer")[[*names]].astype(str)
	wrong = scores.compare(held.set_index("customer")[[*names]].astype(str))
	assert not customer_scores.differing(at_once, held).any(), wrong.to_string()


def test_the_night_fits_one_and_stores_what_it_foresees_of_everyone(shop: None) -> None:
	found = _forecast()
	assert (found.as_of, found.chance.method) == (today(), "regression")
	policy = state.published().policy
	told = fit_forecast(site_facts.read_facts(policy), today())
	assert json.loads(_kept())["forecast"] == json.loads(json.dumps(told.as_data()))
	stored = np.array([*_stored().values()])
	assert stored.shape == (60, 3) and (stored[:, 0] > 0).all() and (stored[:, 0] <= 100).all()
	assert len({*stored[:, 0]}) > 20 and stored[:, 2].max() > 100
	_check_as_one_run_finds_it()
	before = frappe.get_all("Customer Score", fields=["*"], order_by="name")
	assert full_runs.nightly() == 0
	assert frappe.get_all("Customer Score", fields=["*"], order_by="name") == before, "again, nothing changes"


def test_it_is_stored_in_steps_close_to_what_is_foreseen(shop: None) -> None:
	current = state.published()
	known = site_facts.read_facts(current.policy)
	scores = evaluate(known, current.policy, today(), forecast=current.forecast).scores
	exact = scores.set_index("customer").loc[[*_stored()], [*FIELDS]].to_numpy()
	stored = np.array([*_stored().values()])
	assert (np.abs(stored[:, 0] - exact[:, 0]) <= 0.5).all() and (stored[:, 0] % 1 == 0).all()
	assert (np.abs(stored[:, 1] - exact[:, 1]) <= np.maximum(0.05, 0.05 * exact[:, 1]) + 1e-6).all()
	assert (np.abs(stored[:, 2] - exact[:, 2]) <= 0.05 * exact[:, 2] + 1e-6).all()
	assert {len(f"{value:.6f}".replace(".", "").strip("0")) for value in stored[:, 1:].ravel()} <= {0, 1, 2}


def test_a_small_chance_is_not_none() -> None:
	scores = pd.DataFrame({"chance_to_buy": [0.04, 0.4, 99.6, 0.0, np.nan], **dict.fromkeys(FIELDS[1:], 0.0)})
	stored = forecasts.in_steps(scores)
	assert stored["chance_to_buy"].fillna(-1).tolist() == [0.1, 0.1, 100, 0, -1]
	assert (stored[[*FIELDS[1:]]] == 0).all(axis=None)


@pytest.mark.parametrize("large", [False, True], ids=["small site", "large site"])
def test_a_drain_goes_by_the_kept_one(shop: None, large: bool) -> None:
	if large:
		_large()
	kept, before = _kept(), _stored()
	name = min(before, key=lambda one: before[one][0])
	invoice(name, 500)
	drain()
	after = _stored()
	assert _kept() == kept
	assert after[name][0] > before[name][0] and after[name][2] > before[name][2]
	assert {one for one in after if after[one] != before[one]} == {name}
	_check_as_one_run_finds_it()


def test_what_is_foreseen_moves_with_the_days_and_is_no_grade(shop: None) -> None:
	before, customers = _stored(), dict(frappe.get_all("Customer", fields=["name", "modified"], as_list=True))
	log, tomorrow = frappe.db.count("Tier Change"), today() + timedelta(days=1)
	written = full_runs.nightly(tomorrow)
	moved = frappe.db.count("Customer Score", {"as_of": tomorrow})
	assert written == moved < 60, "only new grades count as written"
	assert sum(before[name] != values for name, values in _stored().items()) > 50
	assert frappe.db.count("Tier Change") - log <= moved
	assert dict(frappe.get_all("Customer", fields=["name", "modified"], as_list=True)) == customers
	assert _forecast().as_of == tomorrow
	assert full_runs.nightly(tomorrow) == 0


def test_it_is_written_chunk_by_chunk_as_well(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(full_runs, "CHUNK", 7)
	full_runs.nightly(today() + timedelta(days=1))
	chunked = _stored()
	full_runs.nightly()
	monkeypatch.setattr(full_runs, "CHUNK", 1000)
	full_runs.nightly(today() + timedelta(days=1))
	assert _stored() == chunked


def test_a_fit_that_fails_is_told_keeps_the_last_one_and_stops_nothing(
	shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
	kept, before = _kept(), _stored()
	invoice("Shop 05", 50)
	frappe.db.commit()
	with monkeypatch.context() as broken:
		broken.setattr(forecasts, "fit_forecast", _fails)
		jobs.nightly()
		frappe.db.commit()
		told = {row["kind"]: row["reason"] for row in api.health()["failures"]}
		assert list(told) == ["Forecast"] and "goes on being used" in told["Forecast"]
		assert "ZeroDivisionError" in frappe.db.get_value("Tiering Failure", {}, "details")
	assert _kept() == kept and _stored()["Shop 05"] != before["Shop 05"]
	assert not frappe.db.count("Rescore Request")
	jobs.nightly()
	assert not api.health()["failures"] and _kept() != kept


def test_before_the_first_fit_a_failure_leaves_everyone_graded(monkeypatch: pytest.MonkeyPatch) -> None:
	rhythm.load()
	monkeypatch.setattr(forecasts, "fit_forecast", _fails)
	assert jobs.nightly() == 60
	assert "nothing is foreseen" in api.health()["failures"][0]["reason"]
	assert not _kept() and not any(any(values) for values in _stored().values())
	assert graded("Shop 05")["tier"]


def test_with_too_little_past_nothing_is_foreseen_and_nothing_is_wrong() -> None:
	make_customer("Alone")
	invoice("Alone", 100, ago(9))
	drain()
	jobs.nightly()
	assert _stored() == {"Alone": (0, 0, 0)} and not api.health()["failures"]
	assert api.get_grade("Alone")["forecast"] is None
	told = api.forecast()
	assert not told["groups"] and "No forecast is fitted yet" in told["sentences"][0]


def test_a_policy_that_goes_by_it_is_previewed_published_and_drained_alike(shop: None) -> None:
	rule = {"doctype": "Tier Rule", "rule_name": "Will Buy", "rule_type": "Score", "metric": "Chance to Buy"}
	frappe.get_doc({**rule, "method": "Quantile", "buckets": 5, "weight": 50}).insert()
	try:
		seen = api.preview()
		assert seen["changed"] and seen["moved"]
		kept = json.loads(_kept())
		frappe.db.set_single_value(SETTINGS, "forecast", "")
		api.publish("by the chance")
		assert json.loads(_kept()) == kept, "fitted on the same facts"
		drain()
		for small in (1000, 0):
			frappe.db.set_single_value(SETTINGS, "small_site_customers", small)
			invoice("Shop 05", 50 + small)
			drain()
			_check_as_one_run_finds_it()
		held, now = graded("Shop 05"), api.get_grade("Shop 05")
		assert (now["tier"], now["score"], now["pending"]) == (held["tier"], held["score"], False)
		will_buy = next(row for row in now["explanation"]["rules"] if row["rule"] == "Will Buy")
		assert will_buy["unit"] == "percent" and round(will_buy["value"]) == now["forecast"]["chance"]
	finally:
		frappe.db.rollback()
		frappe.db.delete("Tier Rule", {"name": "Will Buy"})
		frappe.db.commit()


def test_a_forecast_of_other_companies_is_not_used(shop: None) -> None:
	current = state.published()
	narrower = type(current.policy).from_dict({**current.policy.to_dict(), "companies": [COMPANY]})
	assert state.last_forecast(current.policy) is not None
	assert state.last_forecast(narrower) is None
	for unreadable in ("{no JSON", "[]", _kept().replace("silence_rank", "weather")):
		state.set_state({"forecast": unreadable})
		assert state.published().forecast is None
	assert full_runs.nightly() == 0 and state.published().forecast is not None


def test_the_panel_says_a_customers_chance_in_numbers_of_a_sentence(shop: None) -> None:
	for name in rhythm.NAMES[:20]:
		told = api.get_grade(name)["forecast"]
		last = frappe.db.get_value("Customer Score", {"customer": name}, "last_purchase")
		assert told["chance"] == round(_stored()[name][0]) and told["horizon"] == 90
		assert told["silent_days"] == (today() - last).days
		why = api.get_grade(name)["explanation"]
		assert told["usual_gap"] == (round(why["usual_gap"]) if why["own_gap"] else None)
		assert (told["days"] > 2) == why["own_gap"]
	make_customer("Never")
	assert api.get_grade("Never")["forecast"] is None


def test_whoever_may_not_see_all_companies_is_told_no_chance(shop: None, reader: Callable[..., str]) -> None:
	other_company()
	reader("Sales User", company=COMPANY)
	assert api.get_grade("Shop 05")["limited"] and api.get_grade("Shop 05")["forecast"] is None


def test_the_settings_say_how_good_it_is(shop: None) -> None:
	told = api.forecast()
	text = " ".join(told["sentences"])
	for part in (
		"Fitted on ",
		"60 customers",
		"learnt from your own past",
		"Checked by what followed ",
		"What it goes by most",
	):
		assert part in text, text
	assert sum(group["customers"] for group in told["groups"]) > 30
	assert all(0 <= group[key] <= 100 for group in told["groups"] for key in ("foreseen", "happened"))
	frappe.set_user("Guest")
	with pytest.raises(frappe.PermissionError):
		api.forecast()


def test_the_draft_has_the_parameters_of_stages_and_an_older_site_keeps_what_it_had() -> None:
	stages: dict[str, Any] = draft.to_dict()["stages"]
	told = {name: stages[name] for name in ("risk_by", "at_risk_chance", "lost_chance", "trend_against")}
	assert told == {
		"risk_by": "Chance to Buy", "at_risk_chance": 30, "lost_chance": 10, "trend_against": "Year Before",
	}  # fmt: skip
	fields = ("in", [*told])
	frappe.db.delete("Singles", {"doctype": SETTINGS, "field": fields})
	before = draft.to_policy()
	say_how_stages_go.execute()
	after = draft.to_policy()
	assert after == before and (after.stages.risk_by, after.stages.trend_against) == ("Gaps", "Days Before")
	assert frappe.db.get_single_value(SETTINGS, "at_risk_chance") == 30
