{% include "customer_tiering/public/js/reports.js" %}

tiering.report("Tier Performance", [
	tiering.filters.view([
		["Tiers", __("Tiers")],
		["Customers", __("Customers", null, "Customer Tiering")],
		["Active Customers", __("Active Customers")],
		["Documents", __("Documents", null, "Customer Tiering")],
	]),
]);

// The whole review of the month of the last day, as a page to keep: whoever may not see everyone is told so.
{
	const shown = frappe.query_reports["Tier Performance"];
	const { onload } = shown;
	shown.onload = (report) => {
		onload(report);
		report.page.add_inner_button(__("Review as a Page"), () => {
			const month = encodeURIComponent(report.get_filter_value("to_date") || "");
			window.open(`/api/method/customer_tiering.api.review_page?month=${month}`);
		});
	};
}
