"""Reading for a full run from the bench's read replica, once it holds all that anybody was graded by.

A replica lags. A run that read older documents there than a drain has graded by would write older grades over
newer ones. So who is about to evaluate everyone first takes the lock, reads his requests, and then asks the
primary how far its log goes: past all that any drain has read, and past whatever those requests are about.
The replica is read once it has played that much, in one transaction. If it does not within some seconds, or
fails, or if the primary keeps no log, the primary is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import frappe
from pypika.terms import Function, PseudoColumn, Term

from customer_tiering.site.withstanding import log

#: Seconds that a replica is waited for. Drains wait as long; invoices do not.
PATIENCE = 5
T = TypeVar("T")


def read_from_replica(work: Callable[[], T]) -> T:
	"""What some work reads: from the replica, if there is one and it catches up, else from the primary."""
	if not frappe.conf.read_from_replica or frappe.db.db_type != "mariadb":
		return work()
	try:
		position = _asked(PseudoColumn("@@gtid_binlog_pos"))
		if position:
			with _connected():
				if _reaches(position):
					return work()
		log.note("the replica lags behind; the primary was read instead")
	except (frappe.db.OperationalError, frappe.db.InternalError, frappe.db.ProgrammingError, OSError):
		log.note("could not read from the replica")
	return work()


@contextmanager
def _connected() -> Iterator[None]:
	"""Meanwhile ``frappe.db`` is a connection to the replica."""
	primary = frappe.local.db
	for name in ("primary_db", "replica_db"):  # the host leaves them behind, and would not connect again
		if hasattr(frappe.local, name):
			delattr(frappe.local, name)
	frappe.connect_replica()
	try:
		yield
	finally:
		frappe.local.db.close()
		frappe.local.db = primary


def _reaches(position: str) -> bool:
	"""Wait until the replica has played the primary's log so far; whether it has. Reads begin after that."""
	reached = _asked(Function("MASTER_GTID_WAIT", position, PATIENCE)) == 0
	frappe.db.begin(read_only=True)
	return reached


def _asked(term: Term) -> Any:
	return frappe.qb.select(term).run()[0][0]
