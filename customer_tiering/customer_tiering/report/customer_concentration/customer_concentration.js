{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Customer Concentration", [
	tiering.filters.view([
		["Curve", __("Curve")],
		["Customers", __("Customers", null, "Customer Tiering")],
		["Dependence", __("Dependence")],
	]),
], {
	last: [
		{
			fieldname: "share_at_least",
			label: __("Share At Least %"),
			fieldtype: "Float",
			default: 5,
			precision: 1,
		},
		{ fieldname: "top", label: __("Top % of Customers"), fieldtype: "Int" },
		{ fieldname: "beyond", label: __("Without the Top %"), fieldtype: "Int" },
		{
			fieldname: "revenue_is",
			label: __("Customer's Revenue Is"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "Above Zero", label: __("Above Zero") },
				{ value: "Zero", label: __("Exactly Zero") },
				{ value: "Below Zero", label: __("Below Zero") },
			],
		},
	],
});
