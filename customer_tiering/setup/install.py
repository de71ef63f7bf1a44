"""What happens when the app comes and goes. Each function can run twice without harm."""

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

from customer_tiering import policies
from customer_tiering.names import MODULE, ROLE
from customer_tiering.reporting.mailing import morning_mails
from customer_tiering.setup import version
from customer_tiering.setup.fields import CUSTOM_FIELDS
from customer_tiering.site.acting import switches
from customer_tiering.site.publishing import draft, versions
from customer_tiering.site.reading import sales

#: What is kept of the log, and under which name: the host drops only tables named after a DocType.
KEPT = {"Tier Change": "__customer_tiering_changes", "Tiering Policy": "__customer_tiering_policies"}


def after_install() -> None:
	"""Fields, role, the default policy published, and everyone queued for grading."""
	make_role()
	make_fields()
	make_indexes()
	widen_columns()
	bring_back_log()
	version.remember()
	switches.write_defaults()
	if not frappe.db.get_single_value("Customer Tiering Settings", "current_policy"):
		draft.load(policies.load(policies.DEFAULT))
		versions.publish(frappe._("Ready-made policy"))


def after_migrate() -> None:
	"""Fields may have changed with the app's version, or with ERPNext's."""
	make_fields()
	make_indexes()
	widen_columns()
	version.remember()


def before_uninstall() -> None:
	"""Leave Customer and every sales document as they were before, and the log if the admin wants it kept."""
	if version.setting("keep_log") == "1":
		keep_log()
	remove_fields()
	remove_indexes()
	remove_role()
	# The host drops our tables; what it keeps in tables of its own is ours to clear.
	frappe.db.delete("Singles", {"doctype": draft.SETTINGS})
	frappe.db.delete("Scheduled Job Type", {"method": ("like", "customer_tiering.%")})
	morning_mails.forget_wishes()
	remove_navigation()
	remove_onboarding()


def make_role() -> None:
	"""The role that configures, publishes and overrides."""
	if not frappe.db.exists("Role", ROLE):
		frappe.get_doc({"doctype": "Role", "role_name": ROLE, "desk_access": 1}).insert(
			ignore_permissions=True
		)


def make_fields() -> None:
	"""Create or update the custom fields."""
	create_custom_fields(CUSTOM_FIELDS, ignore_validate=True)


def remove_fields() -> None:
	"""Delete the custom fields, what was customised on them, and their columns."""
	for doctype, fields in CUSTOM_FIELDS.items():
		names = [field["fieldname"] for field in fields]
		frappe.db.delete("Property Setter", {"doc_type": doctype, "field_name": ("in", names)})
		for name in frappe.get_all(
			"Custom Field", filters={"dt": doctype, "fieldname": ("in", names)}, pluck="name", order_by=None
		):
			frappe.delete_doc("Custom Field", name, ignore_missing=True, force=True)
		for name in names:
			if frappe.db.has_column(doctype, name):
				# Both names are constants of this app; DDL takes no parameters.
				frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP COLUMN `{name}`")
		frappe.clear_cache(doctype=doctype)
	frappe.db.delete("Custom Field", {"module": MODULE})


def make_indexes() -> None:
	"""One index on each kind of invoice, of all that is read of it; submits go on while it is made.

	Without it all is right, and slower: a table that cannot have it is logged, and `migrate` tries again.
	"""
	for doctype in sales.INVOICES:
		has = frappe.db.get_table_columns(doctype)
		columns = [name for name in sales.FIELDS if name in has]
		try:
			frappe.db.add_index(doctype, columns, sales.index_of(doctype))
		except Exception:
			frappe.db.rollback()  # of nothing: the host commits before it alters a table
			frappe.log_error(f"Customer Tiering could not add its index to {doctype}; reading is slower.")


def widen_columns() -> None:
	"""Make columns of sums as wide as their fields say: in rupiah they have more digits than the usual 12.

	Older releases of the host do not read the length of such a field.
	"""
	for doctype in frappe.get_all("DocType", filters={"module": MODULE}, pluck="name", order_by=None):
		for field in frappe.get_meta(doctype).fields:
			is_sum = field.fieldtype in ("Currency", "Float") and field.length
			if is_sum and _digits(doctype, field.fieldname) < field.length:
				frappe.db.change_column_type(doctype, field.fieldname, f"decimal({field.length},9)")


def _digits(doctype: str, column: str) -> int:
	columns = frappe.qb.Schema("information_schema").columns
	query = frappe.qb.from_(columns).select(columns.numeric_precision)
	mine = (columns.table_name == f"tab{doctype}") & (columns.column_name == column)
	found: list[int] = query.where(mine & (columns.table_schema == frappe.conf.db_name)).run(pluck=True)
	return int(found[0]) if found else 0


def remove_indexes() -> None:
	"""Drop them."""
	for doctype in sales.INVOICES:
		# Both names are constants of this app; DDL takes no parameters.
		of_table = f" ON `tab{doctype}`" if frappe.db.db_type == "mariadb" else ""
		frappe.db.sql_ddl(f"DROP INDEX IF EXISTS `{sales.index_of(doctype)}`{of_table}")


def remove_navigation() -> None:
	"""Delete the desktop icon and the sidebar that 16 made from the app's files; 15 has none."""
	for doctype in ("Desktop Icon", "Workspace Sidebar"):
		if frappe.db.exists("DocType", doctype) and frappe.get_meta(doctype).has_field("app"):
			names = frappe.get_all(doctype, filters={"app": "customer_tiering"}, pluck="name", order_by=None)
			if names:
				for table in frappe.get_meta(doctype).get_table_fields():
					frappe.db.delete(table.options, {"parenttype": doctype, "parent": ("in", names)})
				frappe.db.delete(doctype, {"name": ("in", names)})


def remove_onboarding() -> None:
	"""Delete the steps of the module's onboarding: the host knows of no module that they belong to."""
	filters = {"parenttype": "Module Onboarding", "parent": MODULE}
	steps = frappe.get_all("Onboarding Step Map", filters=filters, pluck="step", order_by=None)
	if steps:
		frappe.db.delete("Onboarding Step", {"name": ("in", steps)})


def remove_role() -> None:
	"""Delete the role and everyone's hold of it."""
	for doctype in ("Has Role", "Custom DocPerm", "DocPerm"):
		frappe.db.delete(doctype, {"role": ROLE})
	if frappe.db.exists("Role", ROLE):
		frappe.delete_doc("Role", ROLE, ignore_permissions=True, force=True)


def keep_log() -> None:
	"""Put the log, and the policies that it names, where uninstalling does not reach them."""
	frappe.db.commit()  # a table is renamed outside of any transaction
	for doctype, kept in KEPT.items():
		frappe.db.rename_table(doctype, kept)


def bring_back_log() -> None:
	"""Take up the log that was kept, in place of the new and empty one; versions of policies count on."""
	for doctype, kept in KEPT.items():
		if _table_exists(kept) and not frappe.db.count(doctype):
			frappe.db.sql_ddl(f"DROP TABLE `tab{doctype}`")  # a constant of this app
			frappe.db.rename_table(kept, doctype)
			frappe.db.updatedb(doctype)


def _table_exists(name: str) -> bool:
	tables = frappe.qb.Schema("information_schema").tables
	query = frappe.qb.from_(tables).select(tables.table_name).where(tables.table_name == name)
	return bool(query.where(tables.table_schema == frappe.conf.db_name).run())
