// The tier panel: the tier and why it is so, what comes, the year, and how it came to be.
frappe.provide("tiering");

tiering.Panel = class {
	constructor(frm, grade) {
		this.frm = frm;
		this.grade = grade;
		this.why = grade.explanation;
	}

	static clear(frm) {
		frm.page.wrapper.find(".customer-tier-badge").remove();
		frm.layout.wrapper.find(".customer-tier-panel").remove();
	}

	show() {
		tiering.Panel.clear(this.frm);
		this.badge();
		// At the top of the first tab: seen as soon as the form opens, on both hosts.
		const tab = this.frm.layout.wrapper.find(".tab-pane").first();
		this.answer($(this.markup().toString()).prependTo(tab));
	}

	markup() {
		const [outlook, year] = [new tiering.Outlook(this.grade), new tiering.Year(this.grade)];
		return tiering.html`<div class="customer-tier-panel">
			<section><div class="badges">${this.badges()}</div>${this.tier()}${this.ladder()}${this.reasons()}</section>
			<section>${outlook.markup()}</section>
			<section>${year.markup()}${this.footer()}</section>
			${new tiering.Timeline(this.grade).markup()}</div>`;
	}

	answer(panel) {
		const on = (selector, action) =>
			panel.find(selector).on("click", (event) => action($(event.currentTarget)));
		on("[data-action=override]", () => tiering.override(this.frm, this.grade));
		on("[data-action=end-override]", () => tiering.end_override(this.frm));
		on("[data-action=log-contact]", () => this.acts().call(this.row()));
		on("[data-action=agree]", () => this.acts().agree(this.row()));
		on("[data-action=changes]", () => this.open_changes());
		on("[data-action=documents]", (link) => this.open_documents(link.data("from"), this.why.as_of));
		on("[data-month]", (bar) => this.open_month(bar.data("month")));
	}

	// What can be done from here as from a list of customers.
	acts() {
		return new tiering.TodayActs({ data: { today: this.why.as_of }, load: () => this.frm.reload_doc() });
	}

	row() {
		return { customer: this.frm.doc.name, name: this.frm.doc.customer_name };
	}

	// After the form's own indicator, which is the tier, as in the list; a phone has no room there.
	badge() {
		const own = this.frm.page.wrapper.find(".page-head .title-area .indicator-pill").last();
		// Without a tier, that indicator is the stage.
		const { customer_tier: tier, lifecycle_stage: stage } = this.frm.doc;
		own.after(tiering.escaped(this.badges(tier || !stage ? this.grade.lifecycle_stage : "")));
	}

	// A stage and a segment may have one name, so each says which it is.
	badges(stage = this.grade.lifecycle_stage) {
		const segment = this.grade.rfm_segment;
		const pills = [];
		if (stage) pills.push(tiering.pill(tiering.stage_told(stage), tiering.stage_color(stage)));
		if (segment) pills.push(tiering.pill(tiering.segment_told(segment), "gray"));
		return pills.map((pill) => tiering.html`<span class="customer-tier-badge">${pill}</span>`);
	}

	tier() {
		const facts = [];
		if (this.grade.tier_since) facts.push(__("since {0}", [tiering.day(this.grade.tier_since)]));
		if (this.why.score !== null) {
			facts.push(tiering.sentence(__("score {0}"), tiering.bold(tiering.number(this.why.score))));
		}
		const name = tiering.tier_label(this.grade.tier);
		const held = tiering.bold(tiering.tier_label(this.grade.held_tier));
		const news = tiering.sentence(
			__("There is news about this customer: this is the grade from today's documents. Until it follows shortly, lists and documents show {0}."),
			held
		);
		return tiering.html`<h6>${__("Tier")}</h6><span class="big">${name}</span>
			<span class="text-muted">${tiering.joined(facts.map(tiering.apart), " ")}</span>
			${this.grade.pending ? tiering.html`<div class="note">${news}</div>` : ""}`;
	}

	ladder() {
		if (this.why.score === null) return "";
		// Where tiers go by share, nobody may be good enough for one: then it is nowhere on the scale.
		const reached = this.grade.ladder.filter((rung) => rung.threshold !== null);
		const rungs = reached.map((rung, i, all) => {
			const end = i + 1 < all.length ? all[i + 1].threshold : 100;
			const length = Math.max(end - rung.threshold, 0);
			return this.rung(rung, length, i + 1 === all.length && length < tiering.ROOM_FOR_A_NAME);
		});
		return tiering.html`<div class="ladder">${rungs}<b style="--from: ${this.why.score}%"></b></div>`;
	}

	rung(rung, length, is_short) {
		const [name, from] = [tiering.tier_label(rung.name), rung.threshold ? tiering.number(rung.threshold) : ""];
		const look = tiering.html`class="${is_short ? "short" : ""}" style="--length: ${length}%; --color: ${tiering.shade(rung)}"`;
		return tiering.html`<div ${look}><i></i>
			<span title="${name} ${from}"><em>${name}</em><em>${from}</em></span></div>`;
	}

	reasons() {
		// Whoever may not see all companies sees the grade, and not what it was made from.
		if (this.grade.limited) return tiering.html`<p class="text-muted">${this.grade.limited}</p>`;
		if (!this.why.rules.length || this.why.score === null) {
			return tiering.html`<p class="text-muted">${this.unrated()}</p>`;
		}
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
		const from = this.grade.behind[rule.rule];
		if (!from || !tiering.has_documents()) return value;
		const [first, last] = [from, this.why.as_of].map(tiering.day);
		const days = __("{0} – {1}", [first, last], "Customer Tiering");
		return tiering.html`<a data-action="documents" data-from="${from}" title="${days}">${value}</a>`;
	}

	unrated() {
		return this.grade.first_purchase
			? __("No rule of the published policy is about this customer.")
			: __("This customer has not purchased anything yet. The first purchase gives a tier.");
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
		const has_log = !this.grade.limited && frappe.model.can_read("Tier Change");
		const links = has_log ? [link("changes", __("All changes"))] : [];
		if (this.grade.may_override) {
			links.push(link("override", __("Override…")));
			if (this.why.override) links.push(link("end-override", __("End override")));
		}
		const source = __("as of {0}, policy {1}", [tiering.day(this.why.as_of), tiering.version_label(this.grade.policy)]);
		links.push(tiering.html`<span class="text-muted">${source}</span>`);
		return tiering.html`<small>${tiering.joined(links.map(tiering.apart), " ")}</small>`;
	}

	open_changes() {
		frappe.set_route("List", "Tier Change", { customer: this.frm.doc.name });
	}

	open_month(month) {
		const last = moment(`${month}-01`).endOf("month").format("YYYY-MM-DD");
		this.open_documents(`${month}-01`, last);
	}

	// The report's own list: whoever may see the figures may open it, and it counts what they count. Whoever keeps
	// the books and reads no report of ours has the invoices themselves.
	open_documents(from, to) {
		const customer = this.frm.doc.name;
		if (tiering.has_report()) {
			const chosen = { view: "Documents", company: "", customer, from_date: from, to_date: to };
			frappe.set_route("query-report", tiering.DOCUMENTS, chosen);
		} else if (tiering.has_documents()) {
			const posting_date = ["between", [from, to]];
			frappe.set_route("List", "Sales Invoice", { customer, docstatus: 1, posting_date });
		}
	}
};

// Percent of the ladder; on a shorter top rung the name stands below, and ends where the ladder does.
tiering.ROOM_FOR_A_NAME = 20;
tiering.DOCUMENTS = "Tier Performance";
tiering.has_report = () => tiering.DOCUMENTS in (frappe.boot.user.all_reports || {});
tiering.has_documents = () => tiering.has_report() || frappe.model.can_read("Sales Invoice");
