// The customer's tier on a document as soon as he is chosen, with the reason; and the tier that the document is going
// to keep, so that a Pricing Rule which asks for it prices right before anything is saved. Whatever fails, the
// document is none the wiser.
frappe.provide("tiering");

tiering.Badge = class {
	// The one of this form, whichever document it shows.
	static of(frm) {
		frm.tiering_badge = frm.tiering_badge || new tiering.Badge(frm);
		return frm.tiering_badge;
	}

	constructor(frm) {
		this.frm = frm;
	}

	get customer() {
		return tiering.customer_of(this.frm.doc);
	}

	get field() {
		return this.frm.fields_dict[tiering.PARTY_TYPES[this.frm.doctype] ? "party_name" : "customer"];
	}

	refreshed() {
		const { frm } = this;
		if (this.name !== frm.doc.name || !(frm.is_new() || frm.is_dirty())) this.is_chosen = false;
		this.name = frm.doc.name;
		return this.show();
	}

	chosen() {
		this.name = this.frm.doc.name;
		this.is_chosen = true;
		return this.show();
	}

	async show() {
		const { customer } = this;
		const { name } = this.frm.doc;
		if (customer !== this.shown) this.draw(null);
		const standing = customer && (await tiering.standing(customer));
		if (customer !== this.customer || name !== this.frm.doc.name) return;
		this.shown = customer;
		this.draw(standing);
		this.keep(standing?.tier || null);
	}

	draw(standing) {
		if (!this.field) return;
		this.$told = this.$told || $(`<div class="tier-badge small"></div>`).css({ margin: "-4px 0 12px" });
		// The host may have drawn the field anew.
		if (!this.$told.parent().is(this.field.wrapper)) this.$told.appendTo(this.field.wrapper);
		const is_told = Boolean(standing && (standing.tier || standing.stage));
		this.$told.toggle(is_told).html(is_told ? this.markup(standing).toString() : "");
		// A customer who is chosen is not hidden in a section that is closed.
		if (is_told) this.field.section?.collapse(false);
	}

	markup(standing) {
		const reason = tiering.reason(standing);
		const told = tiering.html`${tiering.standing_pills(standing)} <span class="text-muted">${reason}</span>`;
		const kept = this.frm.doc.customer_tier;
		// What it says of the day when it was made may be past.
		return this.frm.is_new() || !this.keeps_tier || kept === standing.tier
			? told
			: tiering.sentence(__("Now {0}"), told);
	}

	get keeps_tier() {
		return Boolean(this.frm.fields_dict.customer_tier);
	}

	// What saving it would keep: see events/sales_document.py.
	keep(tier) {
		const { frm } = this;
		if (!this.keeps_tier || frm.doc.docstatus || !(frm.is_new() || this.is_chosen)) return;
		if ((frm.doc.customer_tier || null) === tier) return;
		frm.doc.customer_tier = tier;
		frm.refresh_field("customer_tier");
		if (this.is_chosen) this.price();
	}

	// The host prices anew for another customer, in several steps, some of them before the tier is known: what has
	// been priced is priced once more, by the rules alone, as soon as that is over.
	price() {
		clearInterval(this.waiting);
		const { doc } = this.frm;
		let quiet = 0;
		this.waiting = setInterval(() => {
			if (this.frm.doc !== doc || doc.docstatus) return clearInterval(this.waiting);
			const { in_apply_price_list } = this.frm.cscript || {};
			const is_busy = frappe.request.ajax_count || in_apply_price_list || this.frm.updating_party_details;
			quiet = is_busy ? 0 : quiet + 1;
			if (quiet < 4) return;
			clearInterval(this.waiting);
			if ((doc.items || []).some((row) => row.item_code)) this.frm.cscript?.apply_pricing_rule?.();
		}, 100);
	}
};

// Each of these forms reads this file; what happens on all of them is said once.
if (!tiering.has_badges) {
	tiering.has_badges = true;
	const chosen = (frm) => void tiering.Badge.of(frm).chosen();
	const refresh = (frm) => void tiering.Badge.of(frm).refreshed();
	for (const doctype of ["Sales Order", "Delivery Note", "Sales Invoice", "POS Invoice", "Issue", "Project"]) {
		frappe.ui.form.on(doctype, { refresh, customer: chosen });
	}
	for (const [doctype, party] of Object.entries(tiering.PARTY_TYPES)) {
		frappe.ui.form.on(doctype, { refresh, [party]: chosen, party_name: chosen });
	}
}
