{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Follow-ups Due", [
	tiering.filters.view([
		["Customers", __("Customers", null, "Customer Tiering")],
		["Owners", __("Owners")],
		["Tiers", __("Tiers", null, "Customer Tiering")],
	]),
	{ fieldname: "everyone", label: __("Show All", null, "Customer Tiering"), fieldtype: "Check" },
	...tiering.owner_filters(),
]);
