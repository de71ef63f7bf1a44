"""What the log and the panel explain is read whatever is in it."""

from __future__ import annotations

import json

import frappe

from customer_tiering import api
from customer_tiering.site.grading import full_runs
from tests.site.helpers.selling import ago, drain, graded, invoice, make_customer


def test_the_panel_opens_after_a_metric_became_undefined() -> None:
	name = make_customer("Regretful")
	document = invoice(name, 500, ago(3))
	frappe.db.commit()
	full_runs.nightly(ago(1))
	document.cancel()
	drain()
	moved = api.get_grade(name)["changes"][0]["rules"]
	assert moved and all(one["after"] is None for one in moved)


BROKEN = (
	"{",
	"[]",
	"null",
	'"x"',
	'{"A": 1}',
	'{"A": {"value": "x", "points": []}}',
	'{"A": {"points": NaN}}',
)


def test_a_broken_breakdown_breaks_nothing(three: tuple[str, ...]) -> None:
	small = three[0]
	frappe.db.set_value("Customer Score", {"customer": small}, "breakdown", "{")
	invoice(small, 50_000)
	drain()
	assert graded(small)["tier"] == "Platinum"
	json.loads(frappe.get_last_doc("Tier Change", {"customer": small}).explanation)
	for broken in BROKEN:
		for text in (broken, f'{{"before": {broken}, "after": {{"A": {{"points": 5}}}}}}', '{"before": 1}'):
			frappe.db.set_value("Tier Change", {"customer": small}, "explanation", text)
			assert len(api.get_grade(small)["changes"]) == 2
