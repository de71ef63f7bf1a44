{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Coverage", [
	tiering.filters.view([
		["Owners", __("Owners")],
		["Tiers", __("Tiers", null, "Customer Tiering")],
		["Customers", __("Customers", null, "Customer Tiering")],
	]),
	...tiering.owner_filters(),
	{ fieldname: "capacity", label: __("Customers per Person"), fieldtype: "Int" },
]);
