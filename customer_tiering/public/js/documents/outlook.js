// Under the tier on a quotation or an order: what it would do to the tier, once it is invoiced. The server says which
// amount leads where; here the document's own is looked up in that. Whatever fails, the document is none the wiser.
frappe.provide("tiering");

// When nothing more is to be invoiced.
tiering.OVER = ["Ordered", "Partially Ordered", "Lost", "Expired", "Completed", "Closed", "Cancelled"];

tiering.SalesForm = class {
	// The one of this form, whichever document it shows.
	static of(frm) {
		frm.tiering_sales_form = frm.tiering_sales_form || new tiering.SalesForm(frm);
		return frm.tiering_sales_form;
	}

	constructor(frm) {
		this.frm = frm;
		// After the host's own calculation, which changes rows and totals one after the other.
		this.tell_soon = frappe.utils.debounce(() => this.tell(), 500);
		this.ask_soon = frappe.utils.debounce(() => this.ask(), 200);
		$(frm.wrapper).on("dirty", () => this.tell_soon());
	}

	// The document, or its customer or company, is another one now.
	changed() {
		this.answer = null;
		this.tell();
		this.ask_soon();
	}

	get customer() {
		return tiering.customer_of(this.frm.doc);
	}

	get question() {
		return new URLSearchParams({ customer: this.customer || "", company: this.frm.doc.company || "" }).toString();
	}

	// No call of the host's: it would show a message where the customer may not be read, or the server is away.
	async ask() {
		const { question } = this;
		if (!this.customer) return;
		const reply = await fetch(`/api/method/customer_tiering.api.order_outlook?${question}`).catch(() => null);
		if (!reply?.ok) return;
		const { message } = await reply.json().catch(() => ({}));
		if (!message || question !== this.question) return;
		this.answer = message;
		this.tell();
	}

	get is_open() {
		const { docstatus, per_billed, status } = this.frm.doc;
		return docstatus < 2 && !(per_billed > 0) && !tiering.OVER.includes(status);
	}

	tell() {
		const field = this.frm.fields_dict.customer_tier;
		if (!field) return;
		this.$told = this.$told || $(`<div class="tier-outlook small form-group"></div>`).insertAfter(field.wrapper);
		const goals = this.is_open && this.answer && this.answer.goals;
		const told = goals && this.sentence(goals);
		this.$told.toggle(Boolean(told)).html(told ? tiering.html`<span class="indicator ${told[0]}">${told[1]}</span>`.toString() : "");
	}

	// A colour and what to say, or nothing where nothing changes.
	sentence(goals) {
		const amount = Math.round(flt(this.frm.doc.base_net_total) * goals.rate * 10000) / 10000;
		if (!(amount > 0)) return null;
		const reached = goals.reach.filter((one) => one.amount <= amount).pop();
		if (reached) return ["green", this.lift(reached, goals)];
		if (goals.falls_on && goals.stay !== null) return this.staying(goals, amount);
		const next = goals.reach[0];
		// One that is far off is no matter of this document.
		if (!next || next.amount > 2 * amount) return null;
		const told = [tiering.tier_label(next.tier), ...this.missing(next.amount, amount, goals)];
		return ["blue", __("{0} needs {1} more: {2} in all.", told)];
	}

	lift({ tier, on }, goals) {
		const label = tiering.tier_label(tier);
		return on > goals.today
			? __("Invoiced today, this would lead to {0} on {1}, if it stays so.", [label, tiering.day(on)])
			: __("Invoiced today, this would lift the customer to {0}.", [label]);
	}

	staying(goals, amount) {
		const fall = [tiering.tier_label(goals.falls_to), tiering.day(goals.falls_on)];
		const label = tiering.tier_label(goals.tier);
		if (goals.stay <= amount) {
			return ["green", __("Invoiced today, this would keep {0}, which falls to {1} on {2} otherwise.", [label, ...fall])];
		}
		const missing = this.missing(goals.stay, amount, goals);
		return ["orange", __("To keep {0}, {1} more are needed: {2} in all. It falls to {3} on {4} otherwise.", [label, ...missing, ...fall])];
	}

	// What more is needed, and how much that is in all.
	missing(needed, amount, goals) {
		const more = Math.ceil((needed - amount) * 100 - 1e-6) / 100;
		return [more, needed].map((value) => tiering.money(value, goals.currency, 2));
	}
};

frappe.ui.form.on("Quotation", {
	refresh: (frm) => tiering.SalesForm.of(frm).changed(),
	quotation_to: (frm) => tiering.SalesForm.of(frm).changed(),
	party_name: (frm) => tiering.SalesForm.of(frm).changed(),
	company: (frm) => tiering.SalesForm.of(frm).changed(),
});

frappe.ui.form.on("Sales Order", {
	refresh: (frm) => tiering.SalesForm.of(frm).changed(),
	customer: (frm) => tiering.SalesForm.of(frm).changed(),
	company: (frm) => tiering.SalesForm.of(frm).changed(),
});
