"""Whatever our part of a document's event touches is broken: the document goes through as without the app."""

from __future__ import annotations

import ast
import copy
import inspect
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import frappe
import pytest

from customer_tiering.events import complaint, contact, customer, inquiry, payment, sales_document
from customer_tiering.hooks import doc_events
from customer_tiering.site.grading import outbox, state
from customer_tiering.site.withstanding import events, log, servers
from tests.bench import free_port
from tests.site.helpers.paying import pay
from tests.site.helpers.selling import ago, invoice, make_customer, today

#: Where our code runs while somebody saves, submits or cancels a document.
MODULES = (complaint, contact, customer, inquiry, payment, sales_document, outbox, events, log, servers)
ITEMS = [{"item_code": "Service Hour", "qty": 1, "rate": 10}]
#: As documents besides sales name their customer.
PARTY = {
	"party_type": "Customer", "party": "Buyer", "reference_type": "Customer", "reference_doctype": "Customer",
	"reference_name": "Buyer", "communication_type": "Communication", "status": "Closed",
}  # fmt: skip
OWN = ("customer_tier", "tier_score", "lifecycle_stage", "rfm_segment")
#: Values that differ from one making of a document to the next.
_OF_ITS_TIME = {
	"name", "parent", "creation", "modified", "posting_time", "voucher_no", "prevdoc_docname",
	"against_voucher", "opportunity_name",
	"title", "__onload", "payment_schedule", "amended_from", "transaction_time",
}  # fmt: skip
_without: list[Any] = []


def touched() -> list[str]:
	"""Everything of frappe that our code touches meanwhile, but for classes of errors."""
	trees = [ast.parse(Path(inspect.getfile(module)).read_text()) for module in MODULES]
	nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
	names = {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "frappe"}
	return sorted(name for name in names if not inspect.isclass(getattr(frappe, name, None)))


class Broken:
	"""Stands for the module frappe, of which one thing fails."""

	def __init__(self, what: str):
		self._what = what

	def __getattr__(self, name: str) -> Any:
		if name == self._what:
			raise RuntimeError(f"{name} is broken")
		return getattr(frappe, name)


def fail(*_args: object, **_kwargs: object) -> None:
	raise RuntimeError("it is broken")


class Broke:
	"""Ways to break something until the end of a test."""

	def __init__(self, monkeypatch: pytest.MonkeyPatch):
		self.patch = monkeypatch

	def of_frappe(self, what: str) -> None:
		for module in MODULES:
			if hasattr(module, "frappe"):
				self.patch.setattr(module, "frappe", Broken(what))

	def database(self, method: str, ours: Callable[..., bool]) -> None:
		"""A method of the database that fails for us alone."""
		original = getattr(frappe.local.db, method)

		def call(*args: Any, **kwargs: Any) -> Any:
			if ours(*args, **kwargs):
				fail()
			return original(*args, **kwargs)

		self.patch.setattr(frappe.local.db, method, call)

	def column(self) -> None:
		"""A real error of the database, in the middle of the document's transaction."""
		self.patch.setattr(outbox, "FIELDS", (*outbox.FIELDS[:-1], "no_such_column"))

	def rollback(self) -> None:
		self.column()
		self.database("rollback", lambda *_args, save_point=None, **_more: save_point == outbox._SAVEPOINT)

	def everything(self) -> None:
		self.rollback()
		self.patch.setattr(log, "frappe", Broken("logger"))


SAVEPOINT = {
	name: lambda broke, name=name: broke.database(
		name, lambda point=None, **_more: point == outbox._SAVEPOINT
	)
	for name in ("savepoint", "release_savepoint")
}
BREAKING: dict[str, Callable[[Broke], None]] = {
	**{f"frappe.{name}": lambda broke, name=name: broke.of_frappe(name) for name in touched()},
	**SAVEPOINT,
	"a column is missing": Broke.column,
	"the savepoint is lost": Broke.rollback,
	"the clock": lambda broke: broke.patch.setattr(outbox, "now", fail),
	"the grade's columns are missing": lambda broke: broke.patch.setattr(
		customer, "GRADE_FIELDS", {"none": ""}
	),
	"the servers' configuration": lambda broke: broke.patch.setattr(servers, "urlsplit", fail),
	"no thread can be started": lambda broke: broke.patch.setattr(servers, "Thread", fail),
	"everything at once": Broke.everything,
}


@contextmanager
def events_of_others() -> Iterator[None]:
	"""Meanwhile documents have the events of all other apps, and none of ours."""
	hooks = copy.deepcopy(frappe.get_doc_hooks())
	for of_doctype in hooks.values():
		for event, paths in of_doctype.items():
			of_doctype[event] = [path for path in paths if not path.startswith("customer_tiering.")]
	frappe.local.doc_events_hooks = hooks
	try:
		yield
	finally:
		frappe.local.doc_events_hooks = None


def values(doc: Any) -> Any:
	"""What a document says, without what differs from one making to the next."""
	return _plain(doc.as_dict())


def _plain(value: Any) -> Any:
	if isinstance(value, dict):
		kept = {key: _plain(one) for key, one in value.items() if key not in _OF_ITS_TIME}
		return kept | {key: kept[key] or None for key in OWN if key in kept}  # all kinds of empty are alike
	return [_plain(one) for one in value] if isinstance(value, list) else value


def story(renames: bool = True) -> list[Any]:
	"""A day's work: how many messages there were, and what every document says at its end."""
	frappe.clear_messages()
	buyer, other = make_customer("Buyer"), make_customer("Leaver")
	bill, undone = invoice(buyer, 100, ago(3)), invoice(buyer, 70, ago(2))
	frappe.db.commit()
	bill.reload()
	bill.group_same_items = 1  # may be changed once it is submitted
	bill.save()
	undone.reload()
	undone.cancel()
	person = frappe.get_doc("Customer", buyer)
	person.update({"customer_details": "Asks for cash", "territory": "Rest Of The World"})
	person.save()
	quotation = {"doctype": "Quotation", "quotation_to": "Customer", "party_name": buyer, "items": ITEMS}
	chance = {"doctype": "Opportunity", "opportunity_from": "Customer", "party_name": buyer}
	order = {"doctype": "Sales Order", "customer": buyer, "delivery_date": today(), "items": ITEMS}
	made = [frappe.get_doc({"company": bill.company, **one}).insert() for one in (quotation, chance, order)]
	made[0].submit()
	made[2].submit()
	frappe.delete_doc("Customer", other)
	if renames:
		frappe.rename_doc("Customer", make_customer("Mover"), "Moved", show_alert=False)
	frappe.db.commit()
	documents = [frappe.get_doc(doc.doctype, doc.name) for doc in (bill, undone, *made)]
	told = len(frappe.get_message_log())
	return [told, *(values(doc) for doc in [*documents, frappe.get_doc("Customer", buyer)])]


@pytest.fixture
def without() -> list[Any]:
	"""The same work where the app has no events."""
	if not _without:
		from tests.site.conftest import empty

		with events_of_others():
			story()  # for the first time: the host keeps the item's price, and says so
			empty()
			_without.extend(story())
		empty()
	return _without


@pytest.mark.parametrize("what", ["a column is missing", "frappe.db", "everything at once"])
def test_every_document_goes_through_as_without_the_app(
	without: list[Any], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
	BREAKING[what](Broke(monkeypatch))
	assert story() == without


@pytest.fixture
def no_table() -> Iterator[None]:
	frappe.db.commit()
	frappe.db.sql_ddl("rename table `tabRescore Request` to `tabRescore Request Away`")
	yield
	frappe.db.rollback()
	frappe.db.sql_ddl("rename table `tabRescore Request Away` to `tabRescore Request`")


@pytest.mark.parametrize("what", ["a column is missing", "frappe.db", "everything at once"])
def test_what_is_no_sale_goes_through_as_well(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
	buyer = make_customer("Buyer")
	bill = invoice(buyer, 100, ago(3))
	about = {"reference_type": "Customer", "reference_name": buyer, "description": "Call", "status": "Closed"}
	state.set_state({"facts_read": "complaints contacts payments"})  # as of a policy that reads them all
	frappe.db.delete("Rescore Request")
	frappe.db.commit()
	BREAKING[what](Broke(monkeypatch))
	pay(bill)
	frappe.get_doc({"doctype": "Issue", "subject": "Late", "customer": buyer}).insert()
	frappe.get_doc({"doctype": "ToDo", **about}).insert()
	frappe.db.commit()
	monkeypatch.undo()
	assert frappe.db.get_value("Sales Invoice", bill.name, "outstanding_amount") == 0
	assert frappe.db.count("Issue", {"customer": buyer}) == frappe.db.count("ToDo", about) == 1
	assert not outbox.waiting()


def test_a_table_is_missing(without: list[Any], no_table: None) -> None:
	# The host itself rewrites a renamed customer in every table that it knows of.
	assert story(renames=False) == without


@pytest.mark.parametrize("what", BREAKING)
def test_no_event_ever_raises(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
	"""Of a till's document, too, which needs a whole opened till to be submitted."""
	name = make_customer("Buyer")
	# Whoever mails a report by another's permissions is to be stopped; every other event only follows.
	followed = [doctype for doctype in doc_events if doctype != "Auto Email Report"]
	docs = [frappe.new_doc(doctype, customer=name, party_name=name, **PARTY) for doctype in followed]
	state.set_state({"facts_read": "complaints contacts payments"})
	before = [values(doc) for doc in docs]
	BREAKING[what](Broke(monkeypatch))
	for doc in docs:
		doc.update({"quotation_to": "Customer", "opportunity_from": "Customer"})
		for event, path in doc_events[doc.doctype].items():
			more = ("Old", name, False) if event in ("before_rename", "after_rename") else ()
			frappe.get_attr(path)(doc, event, *more)
	monkeypatch.undo()
	now = [values(doc) for doc in docs]
	for old, new in zip(before, now, strict=True):
		assert {key: new.get(key) for key in old if key not in OWN} == {
			key: old[key] for key in old if key not in OWN
		} | {key: new[key] for key in ("quotation_to", "opportunity_from") if key in old}


def test_after_a_deadlock_nothing_is_left_to_go_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
	# The database has undone the invoice by then; half of it must not be committed.
	name = make_customer("Buyer")
	monkeypatch.setattr(outbox, "_insert", lambda *_args: (_ for _ in ()).throw(frappe.QueryDeadlockError))
	with pytest.raises(frappe.QueryDeadlockError):
		invoice(name, 10)


# -- Redis ------------------------------------------------------------------------------------------


@pytest.fixture
def hole() -> Iterator[str]:
	"""The address of a server that takes connections and never answers."""
	with socket.socket() as listening:
		listening.bind(("127.0.0.1", 0))
		listening.listen(8)
		yield f"redis://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
	servers._silent.clear()
	yield
	servers._silent.clear()


@pytest.mark.parametrize("which", [servers.CACHE, servers.QUEUE])
@pytest.mark.parametrize("how", ["down", "silent", "nowhere"])
def test_a_submit_does_not_wait_for_redis(
	monkeypatch: pytest.MonkeyPatch, hole: str, which: str, how: str
) -> None:
	outbox.drain_begins()
	address = {"down": f"redis://127.0.0.1:{free_port()}", "silent": hole, "nowhere": "redis://no.such.host"}
	monkeypatch.setitem(frappe.local.conf, which, address[how])
	monkeypatch.setattr(frappe, "enqueue", fail)
	began = time.monotonic()
	for _submit in range(1000):
		outbox.queue_drain()
	assert time.monotonic() - began < 3, "it is asked once, for a moment, and then left alone"
	assert not servers.answers(which)
	monkeypatch.undo()
	assert servers.answers(which)


def test_a_server_is_asked_again_after_a_while(monkeypatch: pytest.MonkeyPatch, hole: str) -> None:
	monkeypatch.setitem(frappe.local.conf, servers.QUEUE, hole)
	assert not servers.answers(servers.QUEUE)
	servers._silent[hole] = time.monotonic() - 1
	monkeypatch.setattr(servers, "_asked", lambda _address: True)
	assert servers.answers(servers.QUEUE)


def test_a_server_that_wants_a_password_answers(monkeypatch: pytest.MonkeyPatch) -> None:
	here, there = socket.socketpair()
	monkeypatch.setattr(servers, "_connected", lambda _url: here)
	there.sendall(b"-NOAUTH Authentication required.\r\n")
	assert servers._asked("redis://somewhere")
	here, there = socket.socketpair()
	there.sendall(b"-LOADING Redis is loading the dataset in memory\r\n")
	assert not servers._asked("redis://somewhere"), "the host's client would wait for it"


def test_a_log_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
	name = make_customer("Buyer")
	frappe.db.commit()
	monkeypatch.setattr(outbox, "FIELDS", ("no_such_column",))
	monkeypatch.setattr(frappe, "loggers", {})
	monkeypatch.chdir(tmp_path)  # there is no folder for logs beside it
	with pytest.raises(OSError):
		frappe.logger("customer_tiering")
	assert invoice(name, 10).docstatus == 1
