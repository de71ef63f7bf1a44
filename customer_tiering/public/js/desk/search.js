// Searching a tier's name leads to its customers: "Gold: 526 customers". How many there are is asked when the search
// is begun, of the host's own count for the sidebar of a list: of the customers whom the reader may see.
frappe.provide("tiering");

tiering.Search = class {
	static SEARCH = "#navbar-search";
	static PATIENCE = 60000;

	constructor() {
		this.until = 0;
		$(document).on("focusin", tiering.Search.SEARCH, () => void this.ask());
	}

	async ask() {
		if (this.until > Date.now()) return;
		this.until = Date.now() + tiering.Search.PATIENCE;
		const question = new URLSearchParams({ doctype: "Customer", current_filters: "[]", field: "customer_tier" });
		const reply = await fetch(`/api/method/frappe.desk.listview.get_group_by_count?${question}`).catch(() => null);
		const { message } = reply?.ok ? await reply.json().catch(() => ({})) : {};
		this.offer((message || []).filter((row) => row.name));
		// Who has typed already finds them too.
		const input = $(tiering.Search.SEARCH).filter(":focus");
		if (input.val()) input.trigger("input");
	}

	offer(rows) {
		const { utils } = frappe.search;
		utils.searchable_functions = utils.searchable_functions.filter((one) => one.action !== tiering.Search.open);
		for (const { name, count } of rows) {
			// By what the reader calls it, and by what it is called.
			for (const label of new Set([tiering.tier_label(name), name])) {
				utils.make_function_searchable(tiering.Search.open, this.told(label, count), [name]);
			}
		}
	}

	// The host shows it as markup.
	told(label, count) {
		const number = format_number(count, null, 0);
		return count === 1
			? tiering.sentence(__("{0}: 1 customer"), label).toString()
			: tiering.sentence(__("{0}: {1} customers"), label, number).toString();
	}

	static open(tier) {
		frappe.route_options = { customer_tier: ["=", tier] };
		frappe.set_route("List", "Customer", "List");
	}
};

if (frappe.search?.utils && !tiering.search) tiering.search = new tiering.Search();
