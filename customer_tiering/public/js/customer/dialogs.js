// What people decide on the panel: a tier over the earned one, and its end.
frappe.provide("tiering");

tiering.override = (frm, grade) => {
	const dialog = new frappe.ui.Dialog({
		title: __("Override the tier of {0}", [tiering.escaped(frm.doc.customer_name)]),
		fields: tiering.override_fields(grade),
		primary_action_label: __("Override"),
		primary_action: (values) => {
			tiering.decide(frm, "set_override", values).then(() => dialog.hide());
		},
	});
	dialog.show();
};

tiering.override_fields = ({ modes, ladder }) => [
	{
		fieldname: "mode",
		fieldtype: "Select",
		label: __("Override Mode"),
		options: modes.map((mode) => ({ value: mode, label: tiering.mode_label(mode) })),
		default: "At Least",
		reqd: 1,
	},
	{
		fieldname: "tier",
		fieldtype: "Select",
		label: __("Tier"),
		options: [...ladder].reverse().map((rung) => ({ value: rung.name, label: tiering.tier_label(rung.name) })),
		reqd: 1,
	},
	{ fieldname: "until", fieldtype: "Date", label: __("Until", null, "Customer Tiering"), description: __("Empty: no end.") },
	{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
];

tiering.end_override = (frm) => {
	frappe.confirm(__("End the override? The customer goes to the tier that has been earned, at once."), () =>
		tiering.decide(frm, "end_override", {})
	);
};

tiering.decide = (frm, method, values) =>
	frappe
		.call({
			method: `customer_tiering.api.${method}`,
			type: "POST",
			args: { customer: frm.doc.name, ...values },
			freeze: true,
		})
		.then(() => frm.reload_doc());
