"""Our reports as the host mails them: by the permissions of the user who is named, and names are no markup.

The host runs a mailed report as whoever runs the scheduler, and hides rows of other customers afterwards; a
total would still count them. It also puts values into its HTML as they are. It tells a report nothing of the
mail, so the report looks for it among its callers: no class of the host has to be taken from other apps.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.model.document import Document

from customer_tiering.reporting.showing import markup
from customer_tiering.site.access import permissions

DOCTYPE = "Auto Email Report"


@contextmanager
def as_named() -> Iterator[None]:
	"""What is read inside is what the mail's user may see, if it is read for a mail."""
	mail = _mail()
	if mail is None:
		yield
		return
	with permissions.acting(_reader(mail)), markup.cells(mail.format in ("HTML", "PDF")):
		yield


def _mail() -> Any:
	"""The Auto Email Report whose content is being made, or None."""
	frame = sys._getframe()
	while frame is not None:
		found = frame.f_locals.get("self")
		if isinstance(found, Document) and found.doctype == DOCTYPE:
			return found
		frame = frame.f_back
	return None


def _reader(mail: Any) -> str:
	"""By whose permissions a mail is made: the named user's, if all who had a hand in it may name him."""
	hands = (frappe.session.user, mail.modified_by)
	return next((hand for hand in hands if not permissions.may_name(hand, mail.user)), mail.user)
