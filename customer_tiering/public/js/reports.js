{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}
// What the reports share in the browser: their filters, and the list behind each figure. Every report's script
// includes this file. The figures themselves, and what lies behind them, come from the server.
frappe.provide("tiering");

// The site's day, by which documents are dated and customers graded; a reader elsewhere may be in another one.
tiering.today = () => frappe.datetime.system_datetime().substring(0, 10);

// The choices that people expect. Each is a function, as a label is translated when it is shown.
tiering.filters = {
	company: () => ({
		fieldname: "company",
		label: __("Company"),
		fieldtype: "Link",
		options: "Company",
		default: frappe.defaults.get_user_default("Company"),
	}),
	from_date: (days = 364) => ({
		fieldname: "from_date",
		label: __("From Date", null, "Customer Tiering"),
		fieldtype: "Date",
		default: frappe.datetime.add_days(tiering.today(), -days),
		reqd: 1,
	}),
	to_date: () => ({
		fieldname: "to_date",
		label: __("To Date", null, "Customer Tiering"),
		fieldtype: "Date",
		default: tiering.today(),
		reqd: 1,
	}),
	// Names as the server knows them, and their labels: [["Tiers", __("Tiers")], …].
	view: (views) => ({
		fieldname: "view",
		label: __("View", null, "Customer Tiering"),
		fieldtype: "Select",
		options: views.map(([value, label]) => ({ value, label })),
		default: views[0][0],
		reqd: 1,
	}),
	tier: () => ({ fieldname: "tier", label: __("Tier"), fieldtype: "Link", options: "Customer Tier" }),
	stage: () => ({
		fieldname: "stage",
		label: __("Life Cycle Stage"),
		fieldtype: "Select",
		options: tiering.options(tiering.stages(), tiering.stage_label),
	}),
	territory: () => ({
		fieldname: "territory",
		label: __("Territory"),
		fieldtype: "Link",
		options: "Territory",
	}),
	customer_group: () => ({
		fieldname: "customer_group",
		label: __("Customer Group"),
		fieldtype: "Link",
		options: "Customer Group",
	}),
	sales_person: () => ({
		fieldname: "sales_person",
		label: __("Sales Person"),
		fieldtype: "Link",
		options: "Sales Person",
	}),
	customer: () => ({ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" }),
	unrated: () => ({ fieldname: "unrated", label: __("Unrated Customers Only"), fieldtype: "Check" }),
};

// Whose customers: an owner is the first sales person of a customer, else his account manager.
tiering.owner_filters = () => [
	{ fieldname: "owned_by", label: __("Customer Owner"), fieldtype: "Data" },
	{ fieldname: "unowned", label: __("Without an Owner Only"), fieldtype: "Check" },
];

// One of some values, or none: [["Moved Up", __("Moved Up")], …]. A value in the address is one of them even if
// nobody thought of it, as a tier that is no more: the host would empty the field.
tiering.choice = (fieldname, label, values) => ({
	fieldname,
	label,
	fieldtype: "Select",
	get options() {
		const given = new URLSearchParams(window.location.search).get(fieldname);
		const known = [["", ""], ...values];
		if (given && !known.some(([value]) => value === given)) known.push([given, given]);
		return known.map(([value, text]) => ({ value, label: frappe.utils.escape_html(text) }));
	},
});

// The stages in the order of a life, and the segments from the best down.
tiering.choices = (fieldname) =>
	(frappe.meta.docfield_map["Customer Score"]?.[fieldname]?.options || "").split("\n").filter(Boolean);
tiering.stages = () => tiering.choices("lifecycle_stage");

tiering.options = (names, label) => [
	{ value: "", label: "" },
	...names.map((name) => ({ value: name, label: label(name) })),
];

// A tier in which a customer stood on some day; see customer_tiering/reporting/past/states.py.
tiering.tier_then = (fieldname, label) =>
	tiering.choice(fieldname, label, [
		...Object.keys(frappe.boot.customer_tier_colors || {}).map((name) => [name, tiering.tier_label(name)]),
		["*unrated", __("Unrated")],
		["*ungraded", __("Not Graded Yet")],
	]);

// Tier, stage, territory, group, person and customer: which customers a report is about.
tiering.customer_filters = () =>
	["tier", "stage", "territory", "customer_group", "sales_person", "customer", "unrated"].map((name) =>
		tiering.filters[name]()
	);

// A report: its view and choices of its own stand between the period and the customers, or after them (last).
tiering.report = (name, own, { days, last = [] } = {}) => {
	const { company, from_date, to_date } = tiering.filters;
	frappe.query_reports[name] = {
		filters: [company(), from_date(days), to_date(), ...own, ...tiering.customer_filters(), ...last],

		onload(report) {
			report.$report
				.off("click.tiering")
				.on("click.tiering", "a[data-behind]", (event) => tiering.open(event));
			report.render_chart = tiering.render_chart;
			tiering.print_whole(report);
			tiering.fold_filters(report);
		},

		formatter(value, row, column, data, default_formatter) {
			if (!data) return default_formatter(value, row, column, data);
			// A row on paper is no array of cells; nobody clicks there.
			const shown = tiering.cell(value, column, data, Array.isArray(row), () =>
				default_formatter(value, row, column, data)
			);
			return data.is_total ? `<b>${shown}</b>` : shown;
		},
	};
};

// On paper there are the choices, the figures above the table, the chart and the sentences as well: what the table
// is of. The host prints the choices only if asked, and nothing of the rest.
tiering.print_whole = (report) => {
	const host = Object.getPrototypeOf(report);
	for (const name of ["print_report", "pdf_report"]) {
		report[name] = (settings) => host[name].call(report, { ...settings, include_filters: 1 });
	}
	report.get_filters_html_for_print = () =>
		host.get_filters_html_for_print.call(report) + tiering.above_the_table(report);
};

tiering.above_the_table = (report) => {
	const figures = (report.raw_data?.report_summary || []).map(({ label, value, datatype, currency }) => {
		const shown = frappe.format(value, { fieldtype: datatype, options: "currency" }, { only_value: true }, { currency });
		return `<div>${label}: <b>${shown}</b></div>`;
	});
	const drawn = report.$chart?.is(":visible") ? tiering.chart_on_paper(report.$chart.find("svg.frappe-chart")[0]) : "";
	const said = report.raw_data?.message ? `<div style="margin: 12px 0">${report.raw_data.message}</div>` : "";
	return `${tiering.FIT_PAPER}<div style="margin-top: 12px">${figures.join("")}</div>${drawn}${said}`;
};

// The host gives each column on paper the width that it has on the screen; ten of them run past the page.
tiering.FIT_PAPER = `<style>
	.table th, .table td { min-width: 0 !important; padding: 3px 4px !important; font-size: 8pt; }
	.table td .tiering-heat { margin: -3px -4px !important; padding: 3px 4px !important; }
</style>`;

// As wide as the paper, whatever the screen was.
tiering.chart_on_paper = (chart) => {
	if (!chart) return "";
	const { width, height } = chart.getBoundingClientRect();
	const copy = chart.cloneNode(true);
	const size = { viewBox: `0 0 ${width} ${height}`, width: "100%" };
	for (const [name, value] of Object.entries(size)) copy.setAttribute(name, value);
	copy.removeAttribute("height");
	return `<div style="margin: 12px 0">${copy.outerHTML}</div>`;
};

// Of a phone's first screen the filters would take all: what is not chosen is kept folded.
tiering.fold_filters = (report) => {
	const ALWAYS = ["view", "from_date", "to_date"];
	const form = report.page.page_form;
	form.find(".tiering-fold").remove();
	const foldable = report.filters.filter(({ df }) => !ALWAYS.includes(df.fieldname) && !df.reqd);
	const fold = (folded) => {
		for (const filter of foldable) filter.$wrapper.toggleClass("hidden-xs", folded && !filter.get_value());
		more.text(folded ? __("More filters") : __("Fewer filters")).data("folded", folded);
	};
	const more = $(`<a class="tiering-fold visible-xs btn btn-default btn-xs"></a>`).appendTo(form);
	more.on("click", () => fold(!more.data("folded")));
	fold(true);
};

// The host gives the axes of every report's chart the same options; some charts have their own. It also writes
// 800 as 800.00.
tiering.render_chart = function (options) {
	const shown = options.axisOptions?.numberFormatter;
	const numberFormatter = (value, ...more) => (shown ? tiering.short(shown(value, ...more)) : value);
	const axisOptions = { ...options.axisOptions, ...(shown ? { numberFormatter } : {}), ...options.axis };
	Object.getPrototypeOf(this).render_chart.call(this, { ...options, axisOptions });
};

tiering.short = (text) => String(text).replace(/\.0+(?=\D*$)/, "");

tiering.cell = (value, column, data, on_screen, formatted) => {
	if (["Int", "Float", "Currency", "Percent", "Date"].includes(column.fieldtype)) {
		return tiering.figure(value, column, data, on_screen, formatted());
	}
	const label = cstr(column.translate ? __(value) : value);
	const text = tiering.escaped(label);
	if (data.is_total || !value) return text;
	// Null: a line that is about no tier; empty: the unrated.
	if (column.pill && data[column.pill] !== null) {
		const pill = tiering.pill(label, tiering.color(data[column.pill])).toString();
		return tiering.link(pill, column, data, on_screen);
	}
	if (column.behind) return tiering.link(text, column, data, on_screen);
	const doctype = column.fieldtype === "Dynamic Link" ? data[column.options] : column.options;
	const is_link = ["Link", "Dynamic Link"].includes(column.fieldtype);
	if (!on_screen || !is_link || !doctype || !frappe.model.can_read(doctype)) return text;
	return frappe.utils.get_form_link(doctype, value, true, text);
};

// The value, which the server has made and the host has formatted, as a link to the list behind it.
tiering.figure = (value, column, data, on_screen, formatted) => {
	if (value === null || value === undefined || value === "") return "";
	let style = "";
	if (column.trend && value) style = `color: var(--text-on-${value < 0 ? "red" : "green"})`;
	const shown = value ? tiering.link(formatted, column, data, on_screen, style) : formatted;
	if (!column.heat || data.is_total) return shown;
	return tiering.heated(tiering.captioned(shown, data[column.caption]), value / column.heat);
};

// What a figure is of, on the other side of its cell.
tiering.captioned = (shown, caption) => {
	if (!caption) return shown;
	const word = `<span class="small ellipsis">${frappe.utils.escape_html(caption)}</span>`;
	return `<div style="display: flex; justify-content: space-between; gap: 4px">${word}<div>${shown}</div></div>`;
};

// A cell of a heat map: the more, the darker. Text stays readable at every shade, in both themes.
tiering.heated = (shown, part) => {
	const strength = Math.round(Math.min(Math.max(part, 0), 1) * 60);
	return `<div class="tiering-heat" style="margin: -6px -8px; padding: 6px 8px; background: color-mix(in srgb, var(--blue-400, #70b6f0) ${strength}%, transparent)">${shown}</div>`;
};

tiering.link = (shown, column, data, on_screen, style = "") => {
	// A total of some rows has no list of its own, unless the list's filters say which rows.
	const has_list = column.behind && !(data.is_total && column.total_behind === 0);
	if (!on_screen || !has_list) return style ? `<span style="${style}">${shown}</span>` : shown;
	const url = frappe.utils.escape_html(tiering.address(column.behind, data));
	return `<a data-behind href="${url}" style="${style}">${shown}</a>`;
};

// Every filter, the empty ones as well: left out, a filter would get its default back.
tiering.address = (behind, data) => {
	const names = frappe.query_report.report_settings.filters.map((filter) => filter.fieldname);
	const chosen = {
		...Object.fromEntries(names.map((name) => [name, ""])),
		unrated: 0,
		...frappe.query_report.get_filter_values(),
	};
	// Another report has views of its own.
	if (behind.report !== frappe.query_report.report_name) delete chosen.view;
	// A total is about everything that was chosen, whatever stands in its row.
	for (const [filter, fieldname] of Object.entries(data.is_total ? {} : behind.row)) {
		const value = data[fieldname];
		if (value !== null && value !== undefined) chosen[filter] = value;
	}
	const filters = new URLSearchParams({ ...chosen, ...behind.filters });
	return `${frappe.router.make_url(["query-report", behind.report])}?${filters}`;
};

// The host's own handling of a link does not go from a report to itself with other filters.
tiering.open = (event) => {
	if (event.ctrlKey || event.metaKey || event.shiftKey) return;
	event.preventDefault();
	event.stopPropagation();
	window.history.pushState(null, null, event.currentTarget.getAttribute("href"));
	frappe.route_options = null;
	frappe.router.route();
};
