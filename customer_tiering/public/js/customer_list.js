// The tier badge in the Customer list. ERPNext has assigned its own settings already: these join them.
(() => {
	const settings = (frappe.listview_settings["Customer"] = frappe.listview_settings["Customer"] || {});
	const fields = ["customer_tier", "lifecycle_stage", "disabled"];
	settings.add_fields = [...new Set([...(settings.add_fields || []), ...fields])];

	tiering.label_list("Customer", {
		customer_tier: tiering.tier_label,
		lifecycle_stage: tiering.stage_label,
		rfm_segment: tiering.segment_label,
	});

	// Who has been graded and has no tier is told by where he stands: as a prospect, most often.
	const unrated = (stage) => [tiering.stage_label(stage), tiering.stage_color(stage), `lifecycle_stage,=,${stage}`];

	const before = settings.get_indicator;
	settings.get_indicator = (doc) => {
		if (!doc.disabled && !doc.customer_tier && doc.lifecycle_stage) return unrated(doc.lifecycle_stage);
		if (doc.disabled || !doc.customer_tier) return before ? before(doc) : undefined;
		const label = tiering.escaped(tiering.tier_label(doc.customer_tier));
		// The host puts it into an attribute as it is, and reads it there again.
		const filter = `customer_tier,=,${tiering.escaped(doc.customer_tier)}`;
		return [label, tiering.color(doc.customer_tier), filter];
	};
})();
