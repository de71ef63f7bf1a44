frappe.listview_settings["Customer Tier"] = {
	add_fields: ["color", "disabled"],
	get_indicator: (doc) =>
		doc.disabled
			? [__("Disabled"), "gray", "disabled,=,1"]
			: [__("Enabled"), doc.color.toLowerCase().replace(" ", "-"), "disabled,=,0"],
};
