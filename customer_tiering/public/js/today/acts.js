// What a person does about a customer on the list. After each act the list is loaded again, and shows it.
frappe.provide("tiering");

tiering.TodayActs = class {
	constructor(today) {
		this.today = today;
	}

	on(button) {
		const act = button.attr("data-act");
		const row = this.row(button.closest("[data-customer]").attr("data-customer"));
		const days = { tomorrow: 1, three_days: 3, monday: this.days_to_monday() }[act];
		if (days) this.put_off(row, frappe.datetime.add_days(this.today.data.today, days));
		else this[act](row);
	}

	row(customer) {
		const { rows, later, others } = this.today.data;
		return [...rows, ...later, ...others].find((one) => one.customer === customer);
	}

	days_to_monday() {
		return 8 - (new Date(`${this.today.data.today}T12:00:00`).getDay() || 7);
	}

	do(row, method, values, said) {
		const args = { customer: row.customer, ...values };
		return frappe
			.call({ method: `customer_tiering.api.${method}`, type: "POST", args, freeze: true })
			.then(() => {
				this.today.leave(row.customer);
				this.done(said);
			});
	}

	done(said) {
		frappe.show_alert({ message: tiering.escaped(said), indicator: "green" });
		this.today.load();
	}

	ask(title, fields, label, answer) {
		const dialog = new frappe.ui.Dialog({
			title: tiering.escaped(title),
			fields,
			primary_action_label: label,
			primary_action: (values) => answer(values).then(() => dialog.hide()),
		});
		dialog.show();
	}

	call(row) {
		const medium = {
			fieldname: "medium",
			fieldtype: "Select",
			label: __("Kind of Contact"),
			options: [
				{ value: "Phone", label: __("Call", null, "Customer Tiering") },
				{ value: "Visit", label: __("Visit", null, "Customer Tiering") },
				{ value: "Meeting", label: __("Meeting", null, "Customer Tiering") },
			],
			default: "Phone",
			reqd: 1,
		};
		const note = { fieldname: "note", fieldtype: "Small Text", label: __("What Was Said") };
		this.ask(__("Contact with {0}", [row.name]), [medium, note], __("Log", null, "Customer Tiering"), (values) =>
			this.do(row, "log_contact", values, __("The contact with {0} is logged.", [row.name]))
		);
	}

	// As from the customer's own form: with his price list, currency and address.
	quotation(row) {
		const method = "erpnext.selling.doctype.customer.customer.make_quotation";
		frappe.model.open_mapped_doc({ method, source_name: row.customer });
	}

	// The host's own window; what it sent is a contact.
	mail(row) {
		const Composer = tiering.composer();
		new Composer({
			doc: { doctype: "Customer", name: row.customer },
			title: __("New Mail"),
			subject: "",
			recipients: row.mail || "",
			attach_document_print: false,
			success: (reply) => this.mailed(row, reply.message?.name),
		});
	}

	mailed(row, mail) {
		this.do(row, "mailed", { mail }, __("The mail to {0} is logged.", [row.name]));
	}

	task(row) {
		const fields = [
			{ fieldname: "description", fieldtype: "Small Text", label: __("What Is to Be Done"), reqd: 1 },
			{ fieldname: "date", fieldtype: "Date", label: __("Due On", null, "Customer Follow-up"), default: this.today.data.today },
		];
		this.ask(__("Task about {0}", [row.name]), fields, __("Make It"), ({ description, date }) =>
			frappe
				.xcall("frappe.client.insert", {
					doc: {
						doctype: "ToDo",
						description: tiering.escaped(description), // the host keeps markup there
						date,
						allocated_to: frappe.session.user,
						reference_type: "Customer",
						reference_name: row.customer,
					},
				})
				.then(() => this.done(__("The task about {0} is on your list of ToDos.", [row.name])))
		);
	}

	put_off(row, until) {
		const said = __("{0} comes back on {1}.", [row.name, frappe.datetime.str_to_user(until)]);
		return this.do(row, "put_off", { until }, said);
	}

	date(row) {
		const until = { fieldname: "until", fieldtype: "Date", label: __("Comes Back On"), reqd: 1 };
		this.ask(__("Put off {0}", [row.name]), [until], __("Put Off"), (values) => this.put_off(row, values.until));
	}

	skip(row) {
		const reason = {
			fieldname: "reason",
			fieldtype: "Small Text",
			label: __("Reason"),
			description: __("The customer comes back once something new happens."),
			reqd: 1,
		};
		this.ask(__("Skip {0}", [row.name]), [reason], __("Skip", null, "Customer Tiering"), (values) =>
			this.do(row, "skip_follow_up", values, __("{0} is off the list.", [row.name]))
		);
	}

	hand_over(row) {
		const user = { ...tiering.user_field(), label: __("To Whom"), reqd: 1 };
		this.ask(__("Hand over {0}", [row.name]), [user], __("Hand Over"), (values) =>
			this.do(row, "hand_over", values, __("{0} is with {1} now.", [row.name, frappe.user.full_name(values.user)]))
		);
	}

	take_back(row) {
		const values = { user: this.today.data.user };
		this.do(row, "hand_over", values, __("{0} is on the list again.", [row.name]));
	}

	agree(row) {
		const day = (fieldname, label, more) => ({ fieldname, fieldtype: "Date", label, ...more });
		const until = { description: __("Empty: no end."), depends_on: "days" };
		const every = __("Contact Every (Days)", null, "Customer Score");
		const fields = [
			{ fieldname: "days", fieldtype: "Int", label: every, description: __("0: as his tier has it.") },
			day("until", __("Until", null, "Customer Tiering"), until),
			day("paused_until", __("No Contact Until", null, "Customer Score")),
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason") },
		].map((field) => ({ ...field, default: row.agreed[field.fieldname] }));
		this.ask(__("Contacts agreed with {0}", [row.name]), fields, __("Agree"), (values) =>
			this.do(row, "agree_contacts", values, __("What was agreed with {0} is kept.", [row.name]))
		);
	}
};

// The host's window for a mail. Whoever may not read mail accounts has his own signature or none: the host would
// ask for that of the account all the same, and show a refusal.
tiering.composer = () =>
	class extends frappe.views.CommunicationComposer {
		get_signature(...args) {
			const is_asked = frappe.boot.user.email_signature || frappe.model.can_read("Email Account");
			return is_asked ? super.get_signature(...args) : "";
		}
	};

// The host offers those who can log in to the desk. Sales people may choose a user, and open none; a filter of ours
// on what they may not read would be refused.
tiering.user_field = () => ({
	fieldname: "user",
	fieldtype: "Link",
	options: "User",
	ignore_link_validation: 1,
});
