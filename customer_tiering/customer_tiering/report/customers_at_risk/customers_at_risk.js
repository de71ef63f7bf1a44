{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Customers at Risk", [
	tiering.filters.view([
		["Customers", __("Customers", null, "Customer Tiering")],
		["Owners", __("Owners")],
	]),
	{
		fieldname: "at_least_tier",
		label: __("At Least Tier"),
		fieldtype: "Link",
		options: "Customer Tier",
	},
	{ fieldname: "include_lost", label: __("Include Lost Customers"), fieldtype: "Check" },
	{ fieldname: "everyone", label: __("Show All", null, "Customer Tiering"), fieldtype: "Check" },
	...tiering.owner_filters(),
]);
