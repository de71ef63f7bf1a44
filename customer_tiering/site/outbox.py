"""The outbox: who is to be graded again, written in the transaction that gave the reason.

Imported by every request that submits an invoice, so it imports nothing but frappe, and none of its failures
reaches the document: a customer who could not be marked is found by the next nightly run.
"""

import frappe
from frappe.utils import now

DRAIN = "customer_tiering.jobs.drain"
FIELDS = (
	"name", "creation", "modified", "owner", "modified_by",
	"customer", "cause", "reference_doctype", "reference_name",
)  # fmt: skip
#: A drain that was asked for and never began is asked for again after so many seconds.
_PATIENCE = 60
_SAVEPOINT = "customer_tiering_mark"


def mark(
	customer: str | None, cause: str, reference_doctype: str | None = None, reference_name: str | None = None
) -> None:
	"""Ask for a customer to be graded again, or for everyone if ``customer`` is None."""
	try:
		_insert_guarded(customer, cause, reference_doctype, reference_name)
		ask_for_drain()
	except Exception:
		_log("could not mark {0}", customer)


def ask_for_drain() -> None:
	"""Queue a drain once this transaction is committed; once for all that it marks."""
	if not frappe.flags.customer_tiering_drain_asked:
		frappe.flags.customer_tiering_drain_asked = True
		frappe.db.after_commit.add(queue_drain)
		frappe.db.after_rollback.add(_forget)


def queue_drain() -> None:
	"""Queue a drain unless one waits already. Without Redis the scheduled sweep does it later."""
	_forget()
	told = len(frappe.local.message_log)
	try:
		if frappe.cache.set(_waiting_key(), 1, nx=True, ex=_PATIENCE):
			try:
				frappe.enqueue(DRAIN, queue="short")
			except Exception:
				frappe.cache.delete(_waiting_key())
				raise
	except Exception:
		frappe.local.message_log = frappe.local.message_log[:told]  # whoever submits need not hear of a queue
		_log("could not queue a drain; the next sweep will do it")


def drain_begins() -> None:
	"""From now on a new request needs a new drain: this one may not see it."""
	try:
		frappe.cache.delete(_waiting_key())
	except Exception:
		_log("could not reach the cache")


def _insert_guarded(*request: str | None) -> None:
	"""Whatever goes wrong here leaves the document's transaction as it was."""
	frappe.db.savepoint(_SAVEPOINT)
	try:
		_insert(*request)
	except Exception:
		frappe.db.rollback(save_point=_SAVEPOINT)
		raise
	frappe.db.release_savepoint(_SAVEPOINT)


def _insert(customer: str | None, cause: str, doctype: str | None, name: str | None) -> None:
	stamp, user = now(), frappe.session.user
	row = (frappe.generate_hash(length=20), stamp, stamp, user, user, customer, cause, doctype, name)
	frappe.db.bulk_insert("Rescore Request", FIELDS, [row])


def _waiting_key() -> bytes:
	return frappe.cache.make_key("customer_tiering_drain_waiting")


def _forget() -> None:
	frappe.flags.customer_tiering_drain_asked = False


def _log(message: str, *args: object) -> None:
	# A file, not the Error Log: that would write into the transaction that must not fail.
	frappe.logger("customer_tiering").exception(message.format(*args))
