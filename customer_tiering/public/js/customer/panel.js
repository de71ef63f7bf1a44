// The tier panel: the tier and why it is so, what comes, the year, and how it came to be.
frappe.provide("tiering");

tiering.STAGE_COLORS = {
	Prospect: "gray",
	Engaged: "light-blue",
	New: "blue",
	Active: "blue",
	Growing: "green",
	Loyal: "green",
	"Won Back": "green",
	Declining: "orange",
	"At Risk": "red",
	Lost: "gray",
};

tiering.Panel = class {
	constructor(frm, grade) {
		this.frm = frm;
		this.grade = grade;
		this.why = grade.explanation;
	}

	show() {
		this.badge();
		// At the top of the first tab: seen as soon as the form opens, on both hosts.
		const form = this.frm.layout.wrapper;
		form.find(".customer-tier-panel").remove();
		const panel = $(this.markup().toString()).prependTo(form.find(".tab-pane").first());
		this.answer(panel);
	}

	markup() {
		const [outlook, year] = [new tiering.Outlook(this.grade), new tiering.Year(this.grade)];
		return tiering.html`<div class="customer-tier-panel">
			<section>${this.tier()}${this.ladder()}${this.reasons()}</section>
			<section>${outlook.markup()}</section>
			<section>${year.markup()}${this.footer()}</section>
			${new tiering.Timeline(this.grade).markup()}</div>`;
	}

	answer(panel) {
		const on = (selector, action) =>
			panel.find(selector).on("click", (event) => action($(event.currentTarget)));
		on("[data-action=override]", () => tiering.override(this.frm, this.grade));
		on("[data-action=end-override]", () => tiering.end_override(this.frm));
		on("[data-action=changes]", () => this.open_changes());
		on("[data-action=documents]", (link) => this.open_documents(link.data("days")));
		on("[data-month]", (bar) => this.open_month(bar.data("month")));
	}

	badge() {
		const page = this.frm.page;
		page.wrapper.find(".customer-tier-badge").remove();
		// The tier itself is the form's own indicator, as in the list.
		const { lifecycle_stage: stage, rfm_segment: segment } = this.grade;
		const pills = [];
		// A stage and a segment may have one name, so each says which it is.
		if (stage) pills.push(tiering.pill(tiering.stage_told(stage), tiering.STAGE_COLORS[stage] || "gray"));
		if (segment) pills.push(tiering.pill(tiering.segment_told(segment), "gray"));
		const badges = pills.map((pill) => tiering.html`<span class="customer-tier-badge">${pill}</span>`);
		page.wrapper.find(".page-head .title-area .title-text").parent().append(tiering.escaped(badges));
	}

	tier() {
		const facts = [];
		if (this.grade.tier_since) facts.push(__("since {0}", [tiering.day(this.grade.tier_since)]));
		if (this.why.score !== null) {
			facts.push(tiering.sentence(__("score {0}"), tiering.bold(tiering.number(this.grade.score))));
		}
		const name = tiering.tier_label(this.grade.tier);
		const news = __("There is news about this customer: the grade follows shortly.");
		return tiering.html`<h6>${__("Tier")}</h6><span class="big">${name}</span>
			<span class="text-muted">${tiering.joined(facts, " · ")}</span>
			${this.grade.pending ? tiering.html`<div class="note">${news}</div>` : ""}`;
	}

	ladder() {
		if (this.why.score === null) return "";
		const rungs = this.grade.ladder.map((rung, i, all) => {
			const end = i + 1 < all.length ? all[i + 1].min_score : 100;
			return this.rung(rung, Math.max(end - rung.min_score, 0));
		});
		return tiering.html`<div class="ladder">${rungs}<b style="--from: ${this.why.score}%"></b></div>`;
	}

	rung(rung, length) {
		const [name, from] = [tiering.tier_label(rung.name), rung.min_score ? tiering.number(rung.min_score, 0) : ""];
		return tiering.html`<div style="--length: ${length}%; --color: ${tiering.shade(rung)}"><i></i>
			<span title="${name} ${from}"><em>${name}</em><em>${from}</em></span></div>`;
	}

	reasons() {
		// Whoever may not see all companies sees the grade, and not what it was made from.
		if (this.grade.limited) return tiering.html`<p class="text-muted">${this.grade.limited}</p>`;
		if (!this.why.rules.length) return tiering.html`<p class="text-muted">${this.unrated()}</p>`;
		return tiering.html`<table><tr class="text-muted"><td>${__("Why")}</td><td></td><td></td>
			<td class="n">${__("points × weight")}</td></tr>
			${this.why.rules.map((rule) => this.reason(rule))}</table>${this.limits()}`;
	}

	reason(rule) {
		const points = `${tiering.number(rule.points, 0)} × ${tiering.percent(rule.share * 100, 0)}`;
		return tiering.html`<tr><td>${tiering.rule_label(rule.rule)}</td><td class="n">${this.value(rule)}</td>
			<td><div class="bar"><i style="--length: ${rule.points}%"></i></div></td><td class="n">${points}</td></tr>`;
	}

	value(rule) {
		if (rule.missing) return tiering.html`<span class="text-muted">${__("not known")}</span>`;
		if (!rule.metric) return tiering.stage_label(this.grade.lifecycle_stage);
		const value = tiering.value(rule, this.grade.currency);
		return tiering.html`<a data-action="documents" data-days="${rule.window_days || ""}">${value}</a>`;
	}

	unrated() {
		return this.grade.first_purchase
			? __("No rule of the published policy is about this customer.")
			: __("This customer has not purchased anything yet.");
	}

	limits() {
		const told = (sentence, one) =>
			tiering.sentence(sentence, tiering.bold(tiering.tier_label(one.tier)), tiering.rule_label(one.rule));
		const floors = this.why.floors.map((one) => told(__("At least {0}, by rule {1}."), one));
		const caps = this.why.caps.map((one) => told(__("At most {0}, by rule {1}."), one));
		return [...floors, ...caps].map((line) => tiering.html`<div class="note">${line}</div>`);
	}

	footer() {
		const link = (action, label) => tiering.html`<a data-action="${action}">${label}</a>`;
		const links = this.grade.limited ? [] : [link("changes", __("All changes"))];
		if (this.grade.may_override) {
			links.push(link("override", __("Override…")));
			if (this.why.override) links.push(link("end-override", __("End override")));
		}
		const source = __("as of {0}, policy {1}", [tiering.day(this.why.as_of), this.grade.policy]);
		links.push(tiering.html`<span class="text-muted whole">${source}</span>`);
		return tiering.html`<small>${tiering.joined(links, " · ")}</small>`;
	}

	open_changes() {
		frappe.set_route("List", "Tier Change", { customer: this.frm.doc.name });
	}

	open_documents(days) {
		const since = days && frappe.datetime.add_days(this.why.as_of, -days);
		this.open_invoices(since ? { posting_date: [">", since] } : {});
	}

	open_month(month) {
		const last = moment(`${month}-01`).endOf("month").format("YYYY-MM-DD");
		this.open_invoices({ posting_date: ["between", [`${month}-01`, last]] });
	}

	open_invoices(filters) {
		frappe.set_route("List", "Sales Invoice", { customer: this.frm.doc.name, docstatus: 1, ...filters });
	}
};
