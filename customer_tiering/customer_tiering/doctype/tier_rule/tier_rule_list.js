{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}
{% include "customer_tiering/public/js/metrics.js" %}

frappe.listview_settings["Tier Rule"] = {
	onload(list) {
		const { metric } = list.page.fields_dict;
		if (metric) tiering.metrics().then((metrics) => tiering.offer_metrics(metric, metrics));
	},
};

tiering.own_list("Tier Rule", {
	rule_name: tiering.rule_label,
	rule_type: tiering.rule_choice,
	metric: tiering.rule_choice,
});
