{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Cohort Retention", [
	tiering.filters.view([
		["Customers %", __("Customers %")],
		["Customers", __("Customers", null, "Customer Tiering")],
		["Revenue %", __("Revenue %")],
		["Revenue", __("Revenue", null, "Customer Tiering")],
		["Customer List", __("Customer List")],
		["Revenue List", __("Revenue List")],
	]),
], {
	last: [
		{ fieldname: "months", label: __("Months Followed"), fieldtype: "Int", default: 12 },
		{ fieldname: "running", label: __("Include the Running Month"), fieldtype: "Check" },
		{ fieldname: "cohort", label: __("Cohort of the Month"), fieldtype: "Date" },
		{
			// A Select, for the host drops a number of 0.
			fieldname: "offset",
			label: __("Months Since First Purchase"),
			fieldtype: "Select",
			options: ["", ...Array.from({ length: 25 }, (_value, month) => String(month))],
		},
	],
});
