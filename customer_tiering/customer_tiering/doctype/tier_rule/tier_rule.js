frappe.ui.form.on("Tier Rule", {
	refresh(frm) {
		offer_metrics(frm);
		name_bands(frm);
	},
	method: name_bands,
});

// The app's own metrics, and those that other apps add.
function offer_metrics(frm) {
	const own = frappe.meta.get_docfield("Tier Rule", "metric").options.split("\n").filter(Boolean);
	const names = [...own, ...(frappe.boot.customer_tiering_metrics || [])];
	frm.fields_dict.metric.set_data(names.map((name) => ({ value: name, label: __(name) })));
}

// One table serves three methods: show the columns that the method reads, under its own words.
function name_bands(frm) {
	const grid = frm.get_field("bands").grid;
	const by_stage = frm.doc.method === "By Stage";
	const labels = { Bands: __("At Least"), Pareto: __("Up to Share (%)") };
	grid.update_docfield_property("threshold", "label", labels[frm.doc.method] || __("From"));
	grid.update_docfield_property("threshold", "hidden", by_stage);
	grid.update_docfield_property("threshold", "in_list_view", !by_stage);
	grid.update_docfield_property("stage", "hidden", !by_stage);
	grid.update_docfield_property("stage", "in_list_view", by_stage);
	grid.visible_columns = undefined;
	grid.setup_visible_columns();
	grid.grid_rows = [];
	frm.refresh_field("bands");
}
