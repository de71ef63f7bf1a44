{% include "customer_tiering/public/js/metrics.js" %}

frappe.listview_settings["Tier Rule"] = {
	onload(list) {
		const { metric } = list.page.fields_dict;
		if (metric) tiering.metrics().then((metrics) => tiering.offer_metrics(metric, metrics));
	},
};
