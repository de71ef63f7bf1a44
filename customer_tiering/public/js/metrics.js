// What a rule can measure, asked of the server once: name, label, unit, windowed and better of each metric.
frappe.provide("tiering");

tiering.metrics = () => {
	tiering.known_metrics ??= frappe
		.call({ method: "customer_tiering.api.metrics", type: "GET" })
		.then(({ message }) => message);
	return tiering.known_metrics;
};

// Fills a field in which one of them is chosen.
tiering.offer_metrics = (field, metrics) =>
	field.set_data(metrics.map(({ name, label }) => ({ value: name, label })));
