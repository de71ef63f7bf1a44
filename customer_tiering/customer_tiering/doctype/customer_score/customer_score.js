{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

// What is stored of each rule, for people. The field itself stays, for exports.
frappe.ui.form.on("Customer Score", {
	refresh(frm) {
		frm.disable_save(); // grading writes it; a decision is made on the Customer form
		const field = frm.get_field("breakdown");
		field.$wrapper.siblings(".tiering-breakdown").remove();
		const table = tiering.broken_down(frm.doc.breakdown);
		field.$wrapper.toggle(!table);
		if (table) $(table.toString()).insertBefore(field.$wrapper);
	},
});

// The markup; empty where nothing can be told, whoever wrote it.
tiering.broken_down = (stored) => {
	let rules;
	try {
		rules = Object.entries(JSON.parse(stored || "{}"));
	} catch {
		return "";
	}
	const number = (value) => (typeof value === "number" ? format_number(value, null, Number.isInteger(value) ? 0 : 2) : "–");
	const rows = rules.map(
		([rule, one]) => tiering.html`<tr><td>${tiering.rule_label(rule)}</td><td class="text-right">${number(one?.value)}</td>
			<td class="text-right">${number(one?.points)}</td></tr>`
	);
	return rows.length
		? tiering.html`<table class="table table-bordered tiering-breakdown"><tr class="text-muted"><td>${__("Rule")}</td>
			<td class="text-right">${__("Figure", null, "Customer Tiering")}</td><td class="text-right">${__("Points", null, "Customer Tiering")}</td></tr>${rows}</table>`
		: "";
};
