{% include "customer_tiering/public/js/reports.js" %}

tiering.report("RFM Segments", [
	tiering.filters.view([
		["Customer Map", __("Customer Map")],
		["Revenue Map", __("Revenue Map")],
		["Segments", __("Segments")],
		["Customers", __("Customers", null, "Customer Tiering")],
	]),
], {
	last: [
		{
			fieldname: "segment",
			label: __("RFM Segment"),
			fieldtype: "Select",
			options: [
				...tiering.options(tiering.choices("rfm_segment"), tiering.segment_label),
				{ value: "No Segment", label: __("No Segment") },
			],
		},
		{
			fieldname: "recency",
			label: __("Recency Score"),
			fieldtype: "Select",
			options: ["", "5", "4", "3", "2", "1"],
		},
		{
			fieldname: "frequency",
			label: __("Frequency Score"),
			fieldtype: "Select",
			options: ["", "5", "4", "3", "2", "1"],
		},
	],
});
