// Tier Performance: its filters, and the list behind each figure. The figures themselves come from the server.
(() => {
	const REPORT = "Tier Performance";
	// Which list a figure opens, and whether that of the period before.
	const BEHIND = {
		customers: { view: "Customers" },
		active: { view: "Active Customers" },
		revenue: { view: "Documents" },
		share: { view: "Documents" },
		gross_profit: { view: "Documents" },
		invoices: { view: "Documents" },
		average: { view: "Documents" },
		before: { view: "Documents", before: true },
		change: { view: "Documents", before: true },
	};

	frappe.query_reports[REPORT] = {
		filters: [
			{
				fieldname: "company",
				label: __("Company"),
				fieldtype: "Link",
				options: "Company",
				default: frappe.defaults.get_user_default("Company"),
			},
			{
				fieldname: "from_date",
				label: __("From Date"),
				fieldtype: "Date",
				default: frappe.datetime.add_days(frappe.datetime.get_today(), -364),
				reqd: 1,
			},
			{
				fieldname: "to_date",
				label: __("To Date"),
				fieldtype: "Date",
				default: frappe.datetime.get_today(),
				reqd: 1,
			},
			{
				fieldname: "view",
				label: __("View"),
				fieldtype: "Select",
				options: [
					{ value: "Tiers", label: __("Tiers") },
					{ value: "Customers", label: __("Customers") },
					{ value: "Active Customers", label: __("Active Customers") },
					{ value: "Documents", label: __("Documents") },
				],
				default: "Tiers",
				reqd: 1,
			},
			{ fieldname: "tier", label: __("Tier"), fieldtype: "Link", options: "Customer Tier" },
			{ fieldname: "stage", label: __("Life Cycle Stage"), fieldtype: "Select", options: stages() },
			{ fieldname: "territory", label: __("Territory"), fieldtype: "Link", options: "Territory" },
			{
				fieldname: "customer_group",
				label: __("Customer Group"),
				fieldtype: "Link",
				options: "Customer Group",
			},
			{
				fieldname: "sales_person",
				label: __("Sales Person"),
				fieldtype: "Link",
				options: "Sales Person",
			},
			{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
			{ fieldname: "unrated", label: __("Unrated Customers Only"), fieldtype: "Check" },
		],

		onload(report) {
			report.$report
				.off("click.tier_performance")
				.on("click.tier_performance", "a[data-behind]", (event) => open(event));
		},

		formatter(value, row, column, data, default_formatter) {
			if (!data) return default_formatter(value, row, column, data);
			// A row on paper is no array of cells; nobody clicks there.
			const on_screen = Array.isArray(row);
			const shown = cell(value, row, column, data, default_formatter, on_screen);
			return data.is_total ? `<b>${shown}</b>` : shown;
		},
	};

	function stages() {
		const field = frappe.meta.docfield_map["Customer Score"]?.lifecycle_stage;
		return field ? field.options : "";
	}

	function cell(value, row, column, data, default_formatter, on_screen) {
		if (BEHIND[column.fieldname]) {
			return figure(value, column, data, default_formatter(value, row, column, data), on_screen);
		}
		if (column.fieldtype === "Date") return default_formatter(value, row, column, data);
		const text = frappe.utils.escape_html(cstr(value));
		if (data.is_total || !value) return text;
		if (column.fieldname === "tier") return pill(text, data.rung);
		if (column.fieldname === "voucher_type") return frappe.utils.escape_html(__(value));
		const doctype = column.fieldtype === "Dynamic Link" ? data[column.options] : column.options;
		const is_link = ["Link", "Dynamic Link"].includes(column.fieldtype);
		if (!on_screen || !is_link || !frappe.model.can_read(doctype)) return text;
		return frappe.utils.get_form_link(doctype, value, true, text);
	}

	function pill(text, rung) {
		const color = rung ? (frappe.boot.customer_tier_colors || {})[rung] || "Gray" : "Gray";
		const name = color.toLowerCase().replace(" ", "-");
		return `<span class="indicator-pill no-indicator-dot whitespace-nowrap ${name}"><span>${text}</span></span>`;
	}

	// The value, which the server has made and the host has formatted, as a link to the list behind it.
	function figure(value, column, data, formatted, on_screen) {
		if (!value || !on_screen || (!data.customer && !("customers" in data)) || data.document) {
			return formatted;
		}
		const url = frappe.utils.escape_html(address(behind(column.fieldname, data)));
		const color = column.fieldname === "change" ? `color: var(--text-on-${value < 0 ? "red" : "green"})` : "";
		return `<a data-behind href="${url}" style="${color}">${formatted}</a>`;
	}

	// The host's own handling of a link does not go from a report to itself with other filters.
	function open(event) {
		if (event.ctrlKey || event.metaKey || event.shiftKey) return;
		event.preventDefault();
		event.stopPropagation();
		window.history.pushState(null, null, event.currentTarget.getAttribute("href"));
		frappe.route_options = null;
		frappe.router.route();
	}

	function behind(fieldname, data) {
		const { view, before } = BEHIND[fieldname];
		const filters = { ...chosen(), view };
		if (before) Object.assign(filters, period_before(filters));
		if (data.is_total) return filters;
		if (data.customer) return { ...filters, customer: data.customer };
		return { ...filters, tier: data.rung, unrated: data.rung ? 0 : 1 };
	}

	function period_before({ from_date, to_date }) {
		const days = frappe.datetime.get_day_diff(to_date, from_date) + 1;
		return {
			from_date: frappe.datetime.add_days(from_date, -days),
			to_date: frappe.datetime.add_days(from_date, -1),
		};
	}

	// Every filter, the empty ones as well: left out, a filter would get its default back.
	function chosen() {
		const names = frappe.query_reports[REPORT].filters.map((filter) => filter.fieldname);
		const empty = Object.fromEntries(names.map((name) => [name, ""]));
		return { ...empty, unrated: 0, ...frappe.query_report.get_filter_values() };
	}

	function address(filters) {
		return `${frappe.router.make_url(["query-report", REPORT])}?${new URLSearchParams(filters)}`;
	}
})();
