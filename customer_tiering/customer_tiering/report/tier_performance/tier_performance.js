{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Tier Performance", [
	tiering.filters.view([
		["Tiers", __("Tiers")],
		["Customers", __("Customers", null, "Customer Tiering")],
		["Active Customers", __("Active Customers")],
		["Documents", __("Documents", null, "Customer Tiering")],
	]),
]);
