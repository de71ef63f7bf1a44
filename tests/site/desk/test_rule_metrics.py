"""What a rule can measure: the form is told by the server, and the server refuses anything else."""

from __future__ import annotations

import frappe
import pytest

from customer_tiering import api
from customer_tiering.engine.metrics import METRICS, metric

RULE = {"doctype": "Tier Rule", "rule_name": "Of a Test", "method": "Linear", "zero_at": 0, "full_at": 1}


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> str:
	"""A metric of another app."""
	ask = frappe.get_hooks
	monkeypatch.setattr(
		frappe,
		"get_hooks",
		lambda hook=None, *args, **kwargs: (
			{"Store Visits": ["an_app.store_visits"]}
			if hook == "customer_tiering_metrics"
			else ask(hook, *args, **kwargs)
		),
	)
	return "Store Visits"


def test_every_metric_is_told_as_the_engine_has_it(visits: str) -> None:
	told = {one.pop("name"): one for one in api.metrics()}
	assert list(told) == [*METRICS, visits]
	for name, one in told.items():
		has = metric(name)
		assert one == {"label": name, "unit": has.unit, "windowed": has.windowed, "better": has.better}
	assert not told[visits]["windowed"]


def test_its_label_is_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(frappe.local, "lang", "zh")
	labels = {one["name"]: one["label"] for one in api.metrics()}
	assert not [name for name, label in labels.items() if label == name]


def test_a_rule_may_name_each_of_them(visits: str) -> None:
	for name in (*METRICS, visits):
		frappe.get_doc({**RULE, "rule_name": name, "metric": name}).insert()


@pytest.mark.parametrize("name", ["Revenu", "revenue", "Revenue\n", "<b>Revenue</b>", "0"])
def test_a_rule_that_names_another_is_refused_when_it_is_saved(name: str) -> None:
	with pytest.raises(frappe.ValidationError, match="There is no metric") as refused:
		frappe.get_doc({**RULE, "metric": name}).insert()
	assert "<b>" not in str(refused.value)
