// A tier in a list. The host puts what a click filters by into an attribute as it is, and takes it apart again at
// some characters; here it is put there as text, and a click filters by exactly the tier that it says.
// The host reads this file after the list script of each of these DocTypes, which may assign its settings anew.
(() => {
	const TIERS = {
		Customer: ["customer_tier"],
		Quotation: ["customer_tier"],
		"Sales Order": ["customer_tier"],
		"Delivery Note": ["customer_tier"],
		"Sales Invoice": ["customer_tier"],
		"POS Invoice": ["customer_tier"],
		"Customer Score": ["tier", "earned_tier", "falls_to", "rises_to", "override_tier"],
		"Tier Change": ["from_tier", "to_tier"],
		"Tier Rule": ["tier"],
		"Tier Snapshot": ["tier"],
	};
	const escaped = (text) => frappe.utils.escape_html(String(text ?? ""));

	// A column of the list, as the host would draw it.
	const drawn = (fieldname) => (tier) =>
		`<a class="filterable ellipsis" data-filter="${fieldname},=,${escaped(tier)}">${escaped(tiering.tier_label(tier))}</a>`;

	// Before the host's own handler, which takes a name apart.
	const filter = (list, fields) => (event) => {
		const told = event.target.closest(".filterable")?.getAttribute("data-filter") || "";
		const field = fields.find((name) => told.startsWith(`${name},=,`));
		if (!field || event.metaKey || event.ctrlKey) return;
		event.stopPropagation();
		list.filter_area.remove(field);
		list.filter_area.add([[list.doctype, field, "=", told.slice(field.length + 3)]]);
	};

	for (const [doctype, fields] of Object.entries(TIERS)) {
		const settings = (frappe.listview_settings[doctype] = frappe.listview_settings[doctype] || {});
		if (settings.has_tiers) continue;
		settings.has_tiers = true;
		const formatters = fields.map((name) => [name, drawn(name)]);
		settings.formatters = { ...Object.fromEntries(formatters), ...settings.formatters };
		const before = settings.onload;
		settings.onload = function (list) {
			before?.call(this, list);
			list.$result[0].addEventListener("click", filter(list, fields), true);
		};
	}
})();
