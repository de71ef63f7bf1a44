// The tier in the lists of documents, beside the title: a column more would push another one out on a narrow screen.
// A sales document shows the tier that it keeps; the others, which keep none, that of today.
(() => {
	const settings_of = (doctype) =>
		(frappe.listview_settings[doctype] = frappe.listview_settings[doctype] || {});
	const fields = {
		Quotation: ["customer_tier"],
		"Sales Order": ["customer_tier"],
		"Delivery Note": ["customer_tier"],
		"Sales Invoice": ["customer_tier"],
		"POS Invoice": ["customer_tier"],
		Opportunity: ["opportunity_from", "party_name"],
		Issue: ["customer"],
		Project: ["customer"],
	};

	const tiers_of = async (list, keeps) => {
		if (keeps) return list.data.map((doc) => doc.customer_tier);
		const customers = list.data.map((doc) => tiering.customer_of({ ...doc, doctype: list.doctype }));
		const standings = await tiering.standings(customers);
		return customers.map((one) => standings.get(one)?.tier);
	};

	const pill = (tier, keeps) => {
		const look = tiering.html`margin-left: 6px; flex: none`;
		const filter = keeps ? tiering.html`class="filterable tier-pill" data-filter="customer_tier,=,${tier}"` : "";
		return tiering.html`<span ${filter || tiering.markup('class="tier-pill"')} style="${look}">${tiering.tier_pill(tier)}</span>`;
	};

	const draw = async (list, keeps) => {
		const tiers = await tiers_of(list, keeps);
		const by_name = new Map(list.data.map((doc, at) => [doc.name, tiers[at]]));
		for (const subject of list.$result[0].querySelectorAll(".list-row .list-subject")) {
			if (subject.querySelector(".tier-pill")) continue;
			const tier = by_name.get(subject.querySelector("[data-name]")?.dataset.name);
			if (!tier) continue;
			subject.insertAdjacentHTML("beforeend", pill(tier, keeps).toString());
			// The title gives way, not the tier.
			const title = subject.querySelector("a[data-name]")?.parentElement;
			if (title) Object.assign(title.style, { flexShrink: 1, minWidth: 0 });
		}
	};

	for (const [doctype, needed] of Object.entries(fields)) {
		const settings = settings_of(doctype);
		if (settings.shows_tiers) continue;
		settings.shows_tiers = true;
		settings.add_fields = [...new Set([...(settings.add_fields || []), ...needed])];
		const before = settings.onload;
		settings.onload = function (list) {
			before?.call(this, list);
			const keeps = needed.includes("customer_tier");
			const draw_soon = frappe.utils.debounce(() => draw(list, keeps), 50);
			// Rows come and are replaced in more ways than one.
			new MutationObserver(draw_soon).observe(list.$result[0], { childList: true });
		};
	}
})();
