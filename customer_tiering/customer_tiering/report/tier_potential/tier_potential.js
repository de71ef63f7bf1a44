{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Tier Potential", [
	tiering.filters.view([
		["Customers", __("Customers", null, "Customer Tiering")],
		["Owners", __("Owners")],
		["Tiers", __("Tiers")],
	]),
	{
		fieldname: "points",
		label: __("Points Missing At Most"),
		fieldtype: "Int",
		default: 10,
	},
	{
		fieldname: "next_tier",
		label: __("Next Tier"),
		fieldtype: "Link",
		options: "Customer Tier",
	},
	...tiering.owner_filters(),
]);
