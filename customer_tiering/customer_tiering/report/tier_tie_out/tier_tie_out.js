{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Tier Tie-out", [
	tiering.filters.view([
		["Statement", __("Tie-out Statement")],
		["Documents", __("Documents", null, "Customer Tiering")],
	]),
	{
		fieldname: "document_class",
		label: __("Class of the Document"),
		fieldtype: "Select",
		options: [
			{ value: "", label: "" },
			{ value: "Included", label: __("Included") },
			{ value: "POS", label: __("Included, by a POS Invoice") },
			{ value: "Opening", label: __("Left Out: Opening Entry") },
			{ value: "Internal", label: __("Left Out: Internal Customer") },
			{ value: "Consolidated", label: __("Left Out: Consolidated") },
			{ value: "Company", label: __("Left Out: Company Outside the Policy") },
			{ value: "Sales Register", label: __("All in the Sales Register") },
		],
	},
]);
