{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

frappe.listview_settings["Customer Tier"] = {
	add_fields: ["color", "disabled"],
	get_indicator: (doc) =>
		doc.disabled
			? [__("Disabled"), "gray", "disabled,=,1"]
			: [__("Enabled"), (doc.color || "Gray").toLowerCase().replace(" ", "-"), "disabled,=,0"],
};

tiering.own_list("Customer Tier", { tier_name: tiering.tier_label });
