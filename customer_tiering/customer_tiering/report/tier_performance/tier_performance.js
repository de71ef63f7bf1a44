{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Tier Performance", [
	tiering.filters.company(),
	tiering.filters.from_date(),
	tiering.filters.to_date(),
	tiering.filters.view([
		["Tiers", __("Tiers")],
		["Customers", __("Customers")],
		["Active Customers", __("Active Customers")],
		["Documents", __("Documents")],
	]),
	...tiering.customer_filters(),
]);
