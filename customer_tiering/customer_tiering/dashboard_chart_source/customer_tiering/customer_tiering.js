// The workspace's charts. Their values come from the server; their colours are options of the charts' records,
// while a tier's colour is the site's to choose, so it is put there when a chart asks where its values are.
frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Customer Tiering"] = {
	get method() {
		const names = ["Tiers Over Time", "Monthly Revenue by Tier"];
		const ladder = frappe.boot.customer_tier_ladder || [];
		const shades = { Gray: "grey" };
		const tiers = ladder.map((name) => {
			const color = (frappe.boot.customer_tier_colors || {})[name] || "Gray";
			return shades[color] || color.toLowerCase().replace(" ", "-");
		});
		names.map((name) => (locals["Dashboard Chart"] || {})[name]).forEach((chart) => {
			if (!chart) return;
			const options = JSON.parse(chart.custom_options || "{}");
			// After the ladder come the unrated, and all tiers of former policies together.
			options.colors = [...tiers, "#D1D8DD", "#687178"];
			chart.custom_options = JSON.stringify(options);
		});
		const revenue = (locals["Dashboard Chart"] || {})["Monthly Revenue by Tier"];
		if (revenue) {
			revenue.currency =
				frappe.boot.customer_tiering_currency || erpnext.get_currency(frappe.sys_defaults.company);
		}
		return "customer_tiering.api.chart";
	},
	filters: [],
};
