{% include "customer_tiering/public/js/metrics.js" %}

frappe.ui.form.on("Tier Rule", {
	refresh(frm) {
		follow_metrics(frm);
		name_bands(frm);
	},
	metric: follow_metrics,
	method: name_bands,
});

// The metrics of the app and of other apps, by their labels; some of them have no window.
function follow_metrics(frm) {
	tiering.metrics().then((metrics) => {
		tiering.offer_metrics(frm.fields_dict.metric, metrics);
		frm.refresh_field("metric");
		const chosen = metrics.find(({ name }) => name === frm.doc.metric);
		frm.toggle_display(["window", "window_days"], chosen?.windowed ?? true);
	});
}

// One table serves three methods: show the columns that the method reads, under its own words.
function name_bands(frm) {
	const grid = frm.get_field("bands").grid;
	const by_stage = frm.doc.method === "By Stage";
	const labels = { Bands: __("At Least"), Pareto: __("Up to Share (%)") };
	grid.update_docfield_property("threshold", "label", labels[frm.doc.method] || __("From", null, "Tier Rule Band"));
	grid.update_docfield_property("threshold", "hidden", by_stage);
	grid.update_docfield_property("threshold", "in_list_view", !by_stage);
	grid.update_docfield_property("stage", "hidden", !by_stage);
	grid.update_docfield_property("stage", "in_list_view", by_stage);
	grid.visible_columns = undefined;
	grid.setup_visible_columns();
	grid.grid_rows = [];
	frm.refresh_field("bands");
}
