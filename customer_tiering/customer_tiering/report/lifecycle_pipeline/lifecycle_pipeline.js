{% include "customer_tiering/public/js/reports.js" %}

(() => {
	// Which changes, or customers, a list is about; the views about all of them leave both out.
	const stage = (fieldname, label) => ({
		...tiering.choice(fieldname, label, [
			...tiering.stages().map((name) => [name, tiering.stage_label(name)]),
			["*ungraded", __("Not Graded Yet")],
		]),
		depends_on: "eval:['Conversion', 'Customers', 'Changes of Stage'].includes(doc.view)",
	});

	tiering.report("Lifecycle Pipeline", [
		tiering.filters.view([
			["Stages", __("Stages")],
			["Customers by Month", __("Customers by Month")],
			["Revenue by Month", __("Revenue by Month")],
			["Conversion", __("Conversion")],
			["Customers", __("Customers", null, "Customer Tiering")],
			["Changes of Stage", __("Changes of Stage")],
		]),
		stage("from_stage", __("From Stage")),
		stage("to_stage", __("To Stage")),
	]);
})();
