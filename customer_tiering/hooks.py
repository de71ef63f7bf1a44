from customer_tiering import __version__

app_name = "customer_tiering"
app_title = "Customer Tiering"
app_publisher = "Customer Tiering contributors"
app_description = "Know which customers matter: tiers, scores and life-cycle stages for ERPNext"
app_email = "customer-tiering@example.com"
app_license = "gpl-3.0"
required_apps = ["frappe/erpnext"]  # with its owner, or an install asks GitHub for it

after_install = "customer_tiering.setup.install.after_install"
before_uninstall = "customer_tiering.setup.install.before_uninstall"
before_migrate = "customer_tiering.setup.version.refuse_downgrade"
after_migrate = "customer_tiering.setup.install.after_migrate"

# A submitted document marks its customer; nothing is computed in its transaction.
_sales_document = {
	"on_submit": "customer_tiering.events.sales_document.on_submit",
	"on_cancel": "customer_tiering.events.sales_document.on_cancel",
	"on_update_after_submit": "customer_tiering.events.sales_document.on_update_after_submit",
}
_tier_kept = {"before_validate": "customer_tiering.events.sales_document.before_validate"}
_inquiry = {"on_change": "customer_tiering.events.inquiry.on_change"}
# What is not a sale marks its customer only where a published policy reads such facts.
_payment = {
	"on_submit": "customer_tiering.events.payment.on_submit",
	"on_cancel": "customer_tiering.events.payment.on_cancel",
	"on_update_after_submit": "customer_tiering.events.payment.on_update_after_submit",
}
_complaint = {
	"on_update": "customer_tiering.events.complaint.on_update",
	"on_trash": "customer_tiering.events.complaint.on_trash",
}
_contact = {
	"on_update": "customer_tiering.events.contact.on_update",
	"on_trash": "customer_tiering.events.contact.on_trash",
}
# What a published policy names: it follows a rename.
_named = {
	"before_rename": "customer_tiering.events.named_record.before_rename",
	"after_rename": "customer_tiering.events.named_record.after_rename",
}
doc_events = {
	"Sales Invoice": {**_sales_document, **_tier_kept},
	"POS Invoice": {**_sales_document, **_tier_kept},
	"Sales Order": _tier_kept,
	"Delivery Note": _tier_kept,
	"Quotation": {**_inquiry, "before_validate": "customer_tiering.events.inquiry.before_validate"},
	"Opportunity": _inquiry,
	"Payment Entry": _payment,
	"Journal Entry": _payment,
	"Unreconcile Payment": {"on_submit": "customer_tiering.events.payment.on_submit"},
	"Issue": _complaint,
	"Warranty Claim": _complaint,
	"Communication": _contact,
	"Event": _contact,
	"ToDo": _contact,
	"Maintenance Visit": {**_contact, "on_cancel": "customer_tiering.events.contact.on_cancel"},
	"Auto Email Report": {"validate": "customer_tiering.events.auto_email_report.validate"},
	"Customer": {
		"before_save": "customer_tiering.events.customer.before_save",
		"after_insert": "customer_tiering.events.customer.after_insert",
		"on_update": "customer_tiering.events.customer.on_update",
		"after_rename": "customer_tiering.events.customer.after_rename",
		"on_trash": "customer_tiering.events.customer.on_trash",
	},
	"Territory": {**_named, "on_update": "customer_tiering.events.named_record.on_update"},
	"Customer Group": {**_named, "on_update": "customer_tiering.events.named_record.on_update"},
	"Company": _named,
	"User Permission": {
		"on_update": "customer_tiering.events.user_permission.on_update",
		"after_delete": "customer_tiering.events.user_permission.after_delete",
	},
	"Currency": _named,
}

scheduler_events = {
	"cron": {
		"*/5 * * * *": ["customer_tiering.jobs.sweep", "customer_tiering.jobs.restore_tiers"],
		"30 6 * * *": ["customer_tiering.jobs.morning_mails"],
	},
	"daily_long": ["customer_tiering.jobs.nightly", "customer_tiering.jobs.monthly_review"],
}

# Records of ours must not keep anyone from deleting a customer; the log outlives him.
ignore_links_on_delete = [
	"Customer Score",
	"Tier Change",
	"Rescore Request",
	"Tiering Failure",
	"Customer Follow-up",
]

# Who may not read a customer may not read what was graded about him, nor a total that counts him.
_about_customers = ("Customer Score", "Tier Change", "Rescore Request", "Customer Follow-up")
permission_query_conditions = {
	**dict.fromkeys(_about_customers, "customer_tiering.site.access.permissions.query_condition"),
	"Tier Snapshot": "customer_tiering.site.access.permissions.totals_condition",
}
has_permission = {
	**dict.fromkeys(_about_customers, "customer_tiering.site.access.permissions.has_permission"),
	"Tier Snapshot": "customer_tiering.site.access.permissions.may_see_totals",
}

extend_bootinfo = "customer_tiering.desk.boot.extend_bootinfo"
# On every page of the desk, as they are; by the version in the address no browser goes on with older ones.
_on_the_desk = ("shared", "labels", "standing", "desk/picker", "desk/search")
app_include_js = [f"/assets/customer_tiering/js/{file}.js?v={__version__}" for file in _on_the_desk]
# The host sends these files with the form, one after the other, in one scope that every app's files share.
_document_form = [
	"public/js/shared.js",
	"public/js/labels.js",
	"public/js/standing.js",
	"public/js/documents/badge.js",
]
_sales_form = [*_document_form, "public/js/customer/figures.js", "public/js/documents/outlook.js"]
# Which documents tell their customer's tier; those that a Pricing Rule can price keep it.
_priced = ("Quotation", "Sales Order", "Delivery Note", "Sales Invoice", "POS Invoice")
_documents = (*_priced, "Opportunity", "Issue", "Project")
doctype_js = {
	**dict.fromkeys(_documents, _document_form),
	"Quotation": _sales_form,
	"Sales Order": _sales_form,
	"Customer": [
		"public/js/shared.js",
		"public/js/labels.js",
		"public/js/customer/figures.js",
		"public/js/customer/outlook.js",
		"public/js/customer/year.js",
		"public/js/customer/timeline.js",
		"public/js/customer/dialogs.js",
		"public/js/today/acts.js",
		"public/js/customer/panel.js",
		"public/js/customer/form.js",
	],
}
# After each list's own script, and read with the form as well: how it shows a tier, and filters by one.
_tier_list = ["public/js/labels.js", "public/js/tier_list.js"]
_document_list = [
	"public/js/shared.js",
	"public/js/labels.js",
	"public/js/standing.js",
	"public/js/documents/list.js",
]
_priced_list = [*_document_list, "public/js/tier_list.js"]
doctype_list_js = {
	"Customer": [
		"public/js/shared.js",
		"public/js/labels.js",
		"public/js/customer/figures.js",
		"public/js/customer_list.js",
		"public/js/tier_list.js",
	],
	**dict.fromkeys(_documents, _document_list),
	**dict.fromkeys(_priced, _priced_list),
	**dict.fromkeys(("Customer Score", "Tier Change", "Tier Rule", "Tier Snapshot"), _tier_list),
}
override_doctype_dashboards = {"Customer": "customer_tiering.desk.connections.customer"}
