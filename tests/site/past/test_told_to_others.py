"""What other systems hear of changes: by asking again and again, and by the host's own webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import frappe
import pytest

from customer_tiering import api
from customer_tiering.site.past import change_log
from tests.site.helpers.faults.working import work
from tests.site.helpers.reports import reader  # noqa: F401
from tests.site.helpers.selling import ago, drain, graded, invoice, make_customer, sold


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(change_log, "HELD_BACK", timedelta(0))


def _grade(*names: str) -> None:
	for name in names:
		sold(make_customer(name), (5, 100))
	api.rescore([*names])
	drain()


def _all(limit: int) -> list[str]:
	"""The customers of every change, as somebody hears of them who asks until there is nothing new."""
	heard, point = [], ""
	while (answer := api.changes(point, limit))["changes"]:
		assert len(answer["changes"]) <= limit
		heard += [row["customer"] for row in answer["changes"]]
		point = answer["next"]
	assert answer["next"] == point, "where nothing is new, the point stays"
	return heard


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_whoever_asks_again_and_again_hears_of_every_change_once(at_once: None, limit: int) -> None:
	_grade("Ada", "Bob", "Cy", "Dee", "Eve")  # written at once, so all at the same time
	assert sorted(_all(limit)) == ["Ada", "Bob", "Cy", "Dee", "Eve"]
	point = api.changes("", 1000)["next"]
	invoice("Cy", 90_000, ago(0))
	drain()
	later = [row["customer"] for row in api.changes(point, 1000)["changes"]]
	assert "Cy" in later and later == [row.customer for row in _written()[5:]]


def _written() -> list[Any]:
	return frappe.get_all("Tier Change", fields=["customer"], order_by="creation asc, name asc")


def test_a_change_is_told_once_all_that_was_written_before_it_is_there() -> None:
	_grade("Ada")
	assert api.changes()["changes"] == []
	frappe.db.set_value("Tier Change", {"customer": "Ada"}, "creation", f"{ago(1)} 12:00:00.000001")
	(row,) = api.changes()["changes"]
	tier = graded("Ada")["tier"]
	assert (row["customer"], row["from_tier"], row["to_tier"]) == ("Ada", None, tier)
	assert api.changes(f"{ago(0)} 00:00:00")["changes"] == []


def test_nobody_hears_of_customers_whom_he_may_not_see(at_once: None, reader: Callable[..., str]) -> None:  # noqa: F811
	_grade("Ada", "Bob")
	frappe.set_user(reader("Sales User", customer="Bob"))
	assert _all(1000) == ["Bob"]
	frappe.set_user("Guest")
	with pytest.raises(frappe.PermissionError):
		api.changes()


@pytest.mark.parametrize(
	("after", "limit", "said"),
	[
		("yesterday", 5, "A time must be written like 2026-12-31 23:59:59."),
		("2026-13-01 00:00:00", 5, "A time must be written like"),
		("2026-12-01 00:00:00 a b", 5, "A time must be written like"),
		("", 0, "Ask for 1 to 1,000 changes at a time."),
		("", 1001, "Ask for 1 to 1,000 changes at a time."),
		("", "many", "whole number"),
	],
)
def test_what_cannot_be_asked_is_said(after: str, limit: Any, said: str) -> None:
	with pytest.raises(frappe.ValidationError, match=said):
		api.changes(after, limit)


# -- webhooks ---------------------------------------------------------------------------------------


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict[str, Any]]]]:
	"""Another system: its address, and what it was sent."""
	sent: list[dict[str, Any]] = []

	class Other(BaseHTTPRequestHandler):
		def do_POST(self) -> None:
			sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
			self.send_response(200)
			self.end_headers()

		def log_message(self, *_words: object) -> None:
			"""Nothing is said on the screen."""

	server = HTTPServer(("127.0.0.1", 0), Other)
	Thread(target=server.serve_forever, daemon=True).start()
	yield f"http://127.0.0.1:{server.server_port}", sent
	server.shutdown()
	server.server_close()


@pytest.fixture
def webhook(received: tuple[str, list[dict[str, Any]]]) -> Iterator[Any]:
	fields = ("customer", "from_tier", "to_tier", "cause")
	made = frappe.get_doc(
		{
			"doctype": "Webhook",
			"name": "Told of Changes",
			"webhook_doctype": "Tier Change",
			"webhook_docevent": "after_insert",
			"request_url": received[0],
			"request_method": "POST",
			"request_structure": "Form URL-Encoded",
			"webhook_data": [{"fieldname": field, "key": field} for field in fields],
		}
	).insert()
	frappe.db.commit()
	yield made
	frappe.db.rollback()
	made.delete()
	frappe.db.commit()


def test_a_webhook_of_the_host_is_sent_each_change(
	webhook: Any, received: tuple[str, list[dict[str, Any]]]
) -> None:
	_grade("Ada", "Bob")
	assert received[1] == [], "it is sent by a worker, not while customers are graded"
	work("default")
	assert sorted(one["customer"] for one in received[1]) == ["Ada", "Bob"]
	assert received[1][0]["to_tier"] == graded("Ada")["tier"]
	assert received[1][0]["cause"] == frappe.db.get_value("Tier Change", {"customer": "Ada"}, "cause")


def test_nobody_hears_of_a_change_that_was_taken_back(
	webhook: Any, received: tuple[str, list[dict[str, Any]]]
) -> None:
	make_customer("Ada")
	frappe.db.commit()
	fields, row = ("customer", "to_tier", "cause", "as_of"), ("Ada", "Gold", "Manual", ago(0))
	change_log.write(fields, [row])
	frappe.db.rollback()  # as where two transactions met, and the grading is tried again
	frappe.db.savepoint("one_of_many")
	change_log.write(fields, [row])
	frappe.db.rollback(save_point="one_of_many")
	_grade("Bob")
	work("default")
	heard = {(one["customer"], one["to_tier"]) for one in received[1]}
	assert ("Ada", "Gold") not in heard and "Bob" in {customer for customer, _tier in heard}


def test_one_change_that_a_webhook_fails_at_hides_no_other(
	webhook: Any, received: tuple[str, list[dict[str, Any]]]
) -> None:
	frappe.db.set_value("Webhook", webhook.name, "condition", "1 / (doc.customer != 'Ada')")
	frappe.cache.delete_value("webhooks")
	_grade("Ada", "Bob", "Cy")
	work("default")
	assert sorted(one["customer"] for one in received[1]) == ["Bob", "Cy"]


def test_a_webhook_that_fails_keeps_nobody_from_his_grade(webhook: Any) -> None:
	frappe.db.set_value("Webhook", webhook.name, "condition", "doc.no_such_thing.at_all > 1")
	frappe.cache.delete_value("webhooks")
	_grade("Ada")
	assert graded("Ada")["tier"]
