frappe.ui.form.on("Customer Tier", {
	async refresh(frm) {
		const by_share = (await ladder(frm)) === "Share";
		frm.toggle_display("min_score", !by_share);
		frm.toggle_reqd("min_score", !by_share);
		frm.toggle_display("top_share", by_share);
	},
});

// The Settings say which of the two a tier asks for, and may have changed since the form was read. Whoever may not
// read them changes no tier, and has what came with it.
async function ladder(frm) {
	if (!frappe.model.can_read("Customer Tiering Settings")) return frm.doc.__onload?.tiers_by;
	return await frappe.db.get_single_value("Customer Tiering Settings", "tiers_by");
}
