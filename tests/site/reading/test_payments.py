"""What is owed and how late was paid: from real invoices and payments, as of any day."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import frappe
import pytest

from customer_tiering.engine import Policy, evaluate
from customer_tiering.site.grading import customer_scores, full_runs, outbox, state
from customer_tiering.site.publishing import draft, versions
from customer_tiering.site.reading import currency, payments, site_facts
from tests.site.conftest import QUINTILES
from tests.site.helpers.paying import pay, pay_by_journal, unreconcile
from tests.site.helpers.selling import ago, credit, drain, graded, invoice, make_customer, today

#: Whoever owes more than nothing that is past due is at most Bronze; the rest goes by revenue.
RULES = [
	{
		"name": "Spends", "metric": "Revenue", "method": "Linear", "zero_at": 0, "full_at": 100, "weight": 1,
	},
	{
		"name": "On time", "metric": "Average Days Late", "method": "Linear", "zero_at": 30, "full_at": 0,
		"weight": 0,
	},
	{
		"name": "Owes", "type": "Cap", "metric": "Overdue Amount", "condition": ">=", "value": 0.01,
		"tier": "Bronze",
	},
]  # fmt: skip
NAN = math.nan


@pytest.fixture
def policy() -> Policy:
	"""Published: a policy that reads payments."""
	draft.load({**json.loads(QUINTILES.read_text(encoding="utf-8")), "name": "Credit", "rules": RULES})
	versions.publish("of a test")
	drain()
	current = state.published()
	assert current is not None
	return current.policy


def found(policy: Policy, customer: str, days: int = 0) -> tuple[float, float]:
	"""Overdue Amount and Average Days Late as of a day, which one customer and everyone must agree on."""
	both = []
	for customers in ([customer], None):
		known = site_facts.read_facts(policy, customers)
		row = evaluate(known, policy, ago(days)).scores.set_index("customer").loc[customer]
		both.append((row["overdue_amount"], row["average_days_late_365d"]))
	assert both[0] == pytest.approx(both[1], nan_ok=True, abs=0)
	return both[0]


def check(policy: Policy, customer: str, *expected: tuple[int, float, float]) -> None:
	"""Days ago, and both as of that day."""
	for days, *values in expected:
		assert found(policy, customer, days) == pytest.approx(tuple(values), nan_ok=True, abs=1e-9), days


def test_an_invoice_is_overdue_from_the_day_after_it_was_due(policy: Policy) -> None:
	buyer = make_customer("Buyer")
	invoice(buyer, 100, ago(40))  # due ten days ago
	check(policy, buyer, (41, 0, NAN), (10, 0, NAN), (9, 100, NAN))


def test_a_part_payment_leaves_the_rest_and_a_full_one_tells_how_late_it_was(policy: Policy) -> None:
	buyer = make_customer("Buyer")
	bill, other = invoice(buyer, 100, ago(60)), invoice(buyer, 50, ago(50))
	pay(bill, 30, ago(25))
	pay(bill, 70, ago(20))  # ten days late
	pay(other, on=ago(45))  # in time
	check(policy, buyer, (26, 100, 0), (25, 70, 0), (20, 0, 5))


def test_a_credit_note_takes_what_is_owed_and_is_no_payment(policy: Policy) -> None:
	buyer = make_customer("Buyer")
	bill, back = invoice(buyer, 100, ago(60)), invoice(buyer, 80, ago(60))
	credit(bill, 40, ago(25))
	credit(back, on=ago(25))
	check(policy, buyer, (26, 180, NAN), (25, 60, NAN))
	pay(bill, 60, ago(20))
	check(policy, buyer, (20, 0, 10))


def test_a_journal_entry_pays_as_well(policy: Policy) -> None:
	buyer = make_customer("Buyer")
	pay_by_journal(invoice(buyer, 100, ago(40)), 100, ago(4))
	check(policy, buyer, (5, 100, NAN), (4, 0, 6))


def test_each_part_of_an_invoice_is_due_on_its_own_day(policy: Policy) -> None:
	buyer = make_customer("Buyer")
	parts = [
		{"due_date": ago(20), "invoice_portion": 30, "payment_amount": 30},
		{"due_date": ago(-10), "invoice_portion": 70, "payment_amount": 70},
	]
	bill = invoice(buyer, 100, ago(30), due_date=ago(-10), payment_schedule=parts)
	check(policy, buyer, (20, 0, NAN), (19, 30, NAN), (-10, 30, NAN), (-11, 100, NAN))
	pay(bill, 20, ago(5))
	check(policy, buyer, (6, 30, NAN), (5, 10, NAN))


def test_what_was_cancelled_never_was(policy: Policy) -> None:
	buyer = make_customer("Buyer")
	bill, undone = invoice(buyer, 100, ago(40)), invoice(buyer, 50, ago(40))
	entry = pay(bill, 100, ago(3))
	check(policy, buyer, (4, 150, NAN), (0, 50, 7))
	entry.cancel()
	undone.reload()
	undone.cancel()
	check(policy, buyer, (0, 100, NAN))


def test_documents_that_do_not_count_owe_nothing(policy: Policy) -> None:
	buyer = make_customer("Buyer")
	merged, opening = invoice(buyer, 100, ago(40)), invoice(buyer, 50, ago(40))
	invoice(buyer, 7, ago(40))
	frappe.db.set_value("Sales Invoice", merged.name, "is_consolidated", 1)
	frappe.db.set_value("Sales Invoice", opening.name, "is_opening", "Yes")
	check(policy, buyer, (0, 7, NAN))


def test_amounts_are_in_the_reporting_currency_at_the_rate_of_the_invoice(
	policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
	buyer = make_customer("Buyer")
	bill = invoice(buyer, 100, ago(40))
	rates = {ago(40): 1.1, ago(5): 3.0}
	monkeypatch.setattr(currency, "reporting_currency", lambda _policy: "XAU")
	monkeypatch.setattr(currency, "_exchange", lambda source, _target: sorted(rates.items()))
	check(policy, buyer, (0, 110, NAN))
	for day, part in ((5, 33.33), (4, 33.33), (3, 33.34)):
		pay(bill, part, ago(day))
	check(policy, buyer, (0, 0, 7))


def test_ledgers_are_read_only_for_a_policy_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
	def refuse(*_args: object) -> None:
		raise AssertionError("nobody asked for payments")

	current = state.published()
	assert current is not None
	buyer = make_customer("Buyer")
	bill = invoice(buyer, 100, ago(40))
	frappe.db.delete("Rescore Request")
	monkeypatch.setattr(payments, "read_payments", refuse)
	assert site_facts.read_facts(current.policy).payments is None
	pay(bill)
	assert not outbox.waiting()


#: What becomes of who owed 100; nobody is rated who gave back all that he bought.
TIERS = {
	"a part is paid": "Bronze",
	"all is paid": "Platinum",
	"by a journal entry": "Platinum",
	"a payment is cancelled": "Bronze",
	"a payment is taken back": "Bronze",
	"a credit note": None,
}
STEPS: dict[str, Callable[[Any], Any]] = {
	"a part is paid": lambda bill: pay(bill, 40),
	"all is paid": pay,
	"by a journal entry": lambda bill: pay_by_journal(bill, 100, today()),
	"a payment is cancelled": lambda bill: pay(bill).cancel(),
	"a payment is taken back": lambda bill: unreconcile(pay(bill)),
	"a credit note": credit,
}


@pytest.mark.parametrize("step", STEPS)
def test_a_drain_gives_what_a_full_run_gives(policy: Policy, step: str) -> None:
	frappe.db.set_single_value(draft.SETTINGS, "small_site_customers", 0)  # or a drain is a full run
	buyer, other = make_customer("Buyer"), make_customer("Other")
	invoice(other, 100)
	bill = invoice(buyer, 100, ago(40))
	drain()
	assert graded(buyer)["tier"] == "Bronze"
	STEPS[step](bill)
	requests = {request.customer for request in outbox.waiting()}
	assert requests == {buyer}
	drain()
	held = customer_scores.read_held([buyer]).iloc[0]
	current = state.published()
	assert current is not None
	everyone = full_runs.evaluate_everyone(current.policy, today())
	row = everyone.evaluation.scores.set_index("customer").loc[buyer]
	tiers = [tier if isinstance(tier, str) else None for tier in (held["tier"], row["tier"])]
	assert tiers == [TIERS[step]] * 2
	assert held["score"] == (
		0 if tiers[0] is None else row["score"]
	)  # a field cannot hold that there is none
	assert everyone.evaluation.changes.empty


def test_time_alone_makes_an_invoice_overdue(policy: Policy) -> None:
	buyer = make_customer("Buyer")
	invoice(buyer, 100, ago(30))  # due today
	drain()
	before = graded(buyer)["tier"]
	full_runs.nightly(today() + timedelta(days=1))
	assert (before, graded(buyer)["tier"]) == ("Platinum", "Bronze")
