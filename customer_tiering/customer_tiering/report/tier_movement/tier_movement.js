{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Tier Movement", [
	tiering.filters.view([
		["Customers", __("Customers", null, "Customer Tiering")],
		["Revenue", __("Revenue", null, "Customer Tiering")],
		["Who Moved", __("Who Moved")],
		["Movers and Stayers", __("Movers and Stayers")],
	]),
	tiering.tier_then("from_tier", __("Tier Then")),
	tiering.tier_then("to_tier", __("Tier in the End")),
	tiering.choice("move", __("Movement", null, "Customer Tiering"), [
		["Moved Up", __("Moved Up")],
		["Moved Down", __("Moved Down")],
		["New in a Tier", __("New in a Tier")],
		["Without a Tier Now", __("Without a Tier Now")],
		["Tier Replaced", __("Tier Replaced")],
		["Stayed", __("Stayed")],
		["No Tier Yet", __("No Tier Yet")],
	]),
], { days: 90 });
