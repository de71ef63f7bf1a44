// A record of what was to be done: it is changed from My Customers Today alone.
frappe.ui.form.on("Customer Follow-up", {
	refresh(frm) {
		frm.disable_save();
	},
});
