{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Sales Person by Tier", [
	tiering.filters.view([
		["Sales Persons", __("Sales Persons")],
		["Customers", __("Customers", null, "Customer Tiering")],
	]),
	{
		fieldname: "of_person",
		label: __("Sales Person Alone"),
		fieldtype: "Link",
		options: "Sales Person",
	},
	{ fieldname: "without_person", label: __("Without Sales Person"), fieldtype: "Check" },
	{
		fieldname: "move",
		label: __("Movement", null, "Customer Tiering"),
		fieldtype: "Select",
		options: [
			{ value: "", label: "" },
			{ value: "Moved Up", label: __("Moved Up") },
			{ value: "Moved Down", label: __("Moved Down") },
		],
	},
	{ fieldname: "at_risk", label: __("At Risk or Declining"), fieldtype: "Check" },
]);
