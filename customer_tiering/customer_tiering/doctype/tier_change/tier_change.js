{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

// What is stored as the explanation, for people: a line per rule. The field itself stays, for lists and exports.
frappe.ui.form.on("Tier Change", {
	refresh(frm) {
		frm.disable_save(); // a log is read
		const field = frm.get_field("explanation");
		field.$wrapper.siblings(".tiering-explanation").remove();
		const table = tiering.explained(frm.doc.explanation);
		// A section whose fields are all hidden would be hidden with what is put there.
		field.$wrapper.toggle(!table);
		if (table) $(table.toString()).insertBefore(field.$wrapper);
	},
});

// The markup; empty where nothing can be told, whoever wrote it.
tiering.explained = (stored) => {
	const { before, after } = tiering.read_explanation(stored);
	const rules = [...new Set([...Object.keys(after), ...Object.keys(before)])];
	const number = (value) => (typeof value === "number" ? format_number(value, null, Number.isInteger(value) ? 0 : 2) : "–");
	const told = (rule, key) => [before[rule]?.[key], after[rule]?.[key]].map(number).join(" → ");
	const rows = rules.map(
		(rule) => tiering.html`<tr><td>${tiering.rule_label(rule)}</td><td class="text-right">${told(rule, "value")}</td>
			<td class="text-right">${told(rule, "points")}</td></tr>`
	);
	return rows.length
		? tiering.html`<table class="table table-bordered tiering-explanation"><tr class="text-muted"><td>${__("Rule")}</td>
			<td class="text-right">${__("Figure, before and after")}</td>
			<td class="text-right">${__("Points, before and after")}</td></tr>${rows}</table>`
		: "";
};

tiering.read_explanation = (stored) => {
	const object = (value) => (value && typeof value === "object" && !Array.isArray(value) ? value : {});
	try {
		const { before, after } = object(JSON.parse(stored || "{}"));
		return { before: object(before), after: object(after) };
	} catch {
		return { before: {}, after: {} };
	}
};
