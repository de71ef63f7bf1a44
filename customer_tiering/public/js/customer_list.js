// The Customer list: the tier's badge, score, revenue and stage as its first columns, and the ways to whom to see to.
// ERPNext has assigned its own settings already: these join them.
(() => {
	const settings = (frappe.listview_settings["Customer"] = frappe.listview_settings["Customer"] || {});
	const fields = ["customer_tier", "lifecycle_stage", "disabled"];
	settings.add_fields = [...new Set([...(settings.add_fields || []), ...fields])];

	tiering.label_list("Customer", {
		customer_tier: tiering.tier_label,
		lifecycle_stage: tiering.stage_label,
		rfm_segment: tiering.segment_label,
	});

	// Who has been graded and has no tier is told by where he stands: as a prospect, most often.
	const unrated = (stage) => [tiering.stage_label(stage), tiering.stage_color(stage), `lifecycle_stage,=,${stage}`];

	const before = settings.get_indicator;
	settings.get_indicator = (doc) => {
		if (!doc.disabled && !doc.customer_tier && doc.lifecycle_stage) return unrated(doc.lifecycle_stage);
		if (doc.disabled || !doc.customer_tier) return before ? before(doc) : undefined;
		const label = tiering.escaped(tiering.tier_label(doc.customer_tier));
		// The host puts it into an attribute as it is, and reads it there again.
		const filter = `customer_tier,=,${tiering.escaped(doc.customer_tier)}`;
		return [label, tiering.color(doc.customer_tier), filter];
	};

	const told = (text) => tiering.html`<span class="ellipsis" title="${text}">${text}</span>`.toString();
	settings.formatters.tier_score = (value, _field, doc) => (doc.customer_tier ? told(format_number(value, null, 2)) : "");
	settings.formatters.tier_revenue = (value) =>
		told(tiering.money(value || 0, frappe.boot.customer_tiering_currency, 0));

	// -- columns ------------------------------------------------------------------------------------------

	const FIRST = ["tier_score", "tier_revenue", "lifecycle_stage"];
	// 15 shows no more columns than its screen has room for; 16 scrolls.
	const room = (list) => list.max_number_of_fields || (window.innerWidth < 1600 ? 6 : 8);

	// Whoever has chosen his columns has them as he chose.
	const arrange = (list) => {
		const { fields, total_fields } = list.list_view_settings || {};
		if (fields || !list.columns) return;
		const hidden = ["customer_tier", ...(frappe.boot.customer_tiering_revenue_listed ? [] : ["tier_revenue"])];
		const own = list
			.get_fields_in_list_view()
			.filter((df) => df.in_list_view && !df.is_virtual && df.fieldname !== list.meta.title_field);
		const place = (df) => (FIRST.includes(df.fieldname) ? FIRST.indexOf(df.fieldname) : FIRST.length);
		const shown = own.filter((df) => !hidden.includes(df.fieldname)).sort((a, b) => place(a) - place(b));
		const head = list.columns.filter((column) => column.type !== "Field");
		const last = list.columns.filter((column) => column.df?.fieldname === "name" && column.type === "Field");
		const left = Math.max(0, Math.max(total_fields || 0, room(list)) - head.length);
		list.columns = [...head, ...shown.slice(0, left).map((df) => ({ type: "Field", df })), ...last];
		// The badge is the tier's column, and sorts by it.
		const status = head.find((column) => column.type === "Status");
		if (status) status.df = frappe.meta.get_docfield("Customer", "customer_tier");
		list.render_header(true);
	};

	// -- ways from the list -------------------------------------------------------------------------------

	// Who is at risk, whom one order lifts: the reports know, and no filter of a list could tell.
	const report = (name, options) => () => {
		frappe.route_options = options;
		frappe.set_route("query-report", name);
	};
	const scores = () => {
		frappe.route_options = { lifecycle_stage: "New", purchases: 1 };
		frappe.set_route("List", "Customer Score", "List");
	};

	const ways = (list) => {
		const may_run = frappe.boot.user.all_reports || {};
		const top = frappe.boot.customer_tier_top || [];
		const offer = (is_offered, label, open) => is_offered && list.page.add_menu_item(label, open);
		const of_the_top = { at_least_tier: top[top.length - 1], everyone: 1 };
		offer(
			top.length && may_run["Customers at Risk"],
			__("At risk in my top tiers"),
			report("Customers at Risk", of_the_top)
		);
		offer(may_run["Tier Potential"], __("One order from the next tier"), report("Tier Potential", {}));
		const sees_scores = frappe.model.can_read("Customer Score") && frappe.boot.customer_tiering_sees_all;
		offer(sees_scores, __("New without a second order"), scores);
	};

	const onload = settings.onload;
	settings.onload = function (list) {
		onload?.call(this, list);
		arrange(list);
		ways(list);
	};
})();
