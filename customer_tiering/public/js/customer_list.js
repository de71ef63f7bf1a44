// The tier badge in the Customer list. ERPNext has assigned its own settings already: these join them.
(() => {
	const settings = (frappe.listview_settings["Customer"] = frappe.listview_settings["Customer"] || {});
	const fields = ["customer_tier", "lifecycle_stage", "disabled"];
	settings.add_fields = [...new Set([...(settings.add_fields || []), ...fields])];

	const before = settings.get_indicator;
	settings.get_indicator = (doc) => {
		if (doc.disabled || !doc.customer_tier) return before ? before(doc) : undefined;
		const color = (frappe.boot.customer_tier_colors || {})[doc.customer_tier] || "Gray";
		return [
			frappe.utils.escape_html(__(doc.customer_tier)),
			color.toLowerCase().replace(" ", "-"),
			`customer_tier,=,${doc.customer_tier}`,
		];
	};
})();
