{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Tier Potential", [
	tiering.filters.view([
		["Customers", __("Customers", null, "Customer Tiering")],
		["Owners", __("Owners")],
		["Tiers", __("Tiers")],
	]),
	{
		fieldname: "next_tier",
		label: __("Leads To", null, "Customer Tiering"),
		fieldtype: "Link",
		options: "Customer Tier",
	},
	...tiering.owner_filters(),
]);
