frappe.ui.form.on("Tier Rule", {
	refresh: name_bands,
	method: name_bands,
});

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
