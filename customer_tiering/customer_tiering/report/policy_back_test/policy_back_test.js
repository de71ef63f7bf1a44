{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Policy Back-test", [
	tiering.filters.view([
		["Warnings", __("Warnings")],
		["Tiers", __("Tiers")],
		["Foresight", __("Foresight")],
		["Chance to Buy", __("Chance to Buy")],
		["Year", __("Year Before", null, "Customer Tiering")],
		["Customers", __("Customers", null, "Customer Tiering")],
	]),
	{ fieldname: "draft", label: __("Try the Draft"), fieldtype: "Check" },
	tiering.choice("then_tier", __("Tier on That Day"), [
		...Object.keys(frappe.boot.customer_tier_colors || {}).map((name) => [name, tiering.tier_label(name)]),
		["*unrated", __("Unrated")],
	]),
	tiering.choice("called", __("Called", null, "Customer Tiering"), [
		["At Risk", tiering.stage_label("At Risk")],
		["Lost", tiering.stage_label("Lost")],
		["At Risk or Lost", __("At Risk or Lost")],
	]),
	{ fieldname: "gone", label: __("Did Not Come Back"), fieldtype: "Check" },
], { days: 89 });
