"""Our reports as the host mails them: by the permissions of the user who is named, and names are no markup.

The host runs a mailed report as whoever runs the scheduler, and hides rows of other customers afterwards; a
total would still count them. It also puts values into its HTML as they are.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe.email.doctype.auto_email_report.auto_email_report import AutoEmailReport

from customer_tiering.names import MODULE
from customer_tiering.reporting.showing import markup
from customer_tiering.site.access import permissions


class MailedReport(AutoEmailReport):
	"""The host's Auto Email Report; other apps' reports are mailed as ever."""

	def get_report_content(self) -> Any:
		"""What the host makes of the report, run as the user whose permissions it is based on."""
		if frappe.db.get_value("Report", self.report, "module") != MODULE:
			return super().get_report_content()
		with permissions.acting(self.user), markup.cells(self.format in ("HTML", "PDF")):
			return super().get_report_content()
