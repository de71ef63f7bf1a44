// The tier panel on the Customer form. It shows what the server worked out and decides nothing itself.
// The host sends the files that hooks.py names for this form along with it, and with no other page; the style
// comes the same way, so it is always of the version of the markup, and asks for neither a request nor a build.
frappe.dom.set_style(
	`{% include "customer_tiering/public/css/panel.css" %}
	{% include "customer_tiering/public/css/charts.css" %}`,
	"customer-tiering-style"
);

frappe.ui.form.on("Customer", {
	refresh(frm) {
		// One page shows one customer after the other: what stands there may be about another one.
		tiering.Panel.clear(frm);
		if (frm.is_new()) return;
		frappe
			.call({ method: "customer_tiering.api.get_grade", args: { customer: frm.doc.name }, type: "GET" })
			.then(({ message: grade }) => {
				if (grade && grade.policy && !frm.is_new() && frm.doc.name === grade.customer) {
					new tiering.Panel(frm, grade).show();
				} else if (grade && grade.unreadable && frm.doc.name === grade.customer) {
					frm.dashboard.add_comment(frappe.utils.escape_html(grade.unreadable), "orange", true);
				}
			});
	},
});
