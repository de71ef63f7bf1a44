import frappe
from frappe.model.document import Document

from customer_tiering.site.access.arguments import check_fields

#: Written by grading and publishing alone; a form that was opened before must not write the old values back.
STATE = (
	"current_policy", "cut_points", "forecast", "facts_read", "last_run_began_on", "last_run_on",
	"last_run_as_of", "last_run_seconds", "last_run_customers", "schema_version", "review_sent",
)  # fmt: skip


class CustomerTieringSettings(Document):
	def validate(self) -> None:
		check_fields(self)

	def before_save(self) -> None:
		stored = frappe.db.get_singles_dict(self.doctype, for_update=True)
		for field in STATE:
			self.set(field, stored.get(field))
