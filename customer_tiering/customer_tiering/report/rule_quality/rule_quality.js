{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Rule Quality", [
	tiering.filters.view([
		["Rules", __("Rules")],
		["Points", __("Points", null, "Customer Tiering")],
		["Customers", __("Customers", null, "Customer Tiering")],
	]),
	{ fieldname: "rule", label: __("Tier Rule"), fieldtype: "Link", options: "Tier Rule" },
	{
		fieldname: "points",
		label: __("Points", null, "Customer Tiering"),
		fieldtype: "Select",
		options: [
			{ value: "", label: "" },
			{ value: "100", label: "80-100" },
			{ value: "80", label: "60-80" },
			{ value: "60", label: "40-60" },
			{ value: "40", label: "20-40" },
			{ value: "20", label: "0-20" },
		],
	},
	{ fieldname: "missing", label: __("Metric Undefined"), fieldtype: "Check" },
], { days: 89 });
