// The tier panel on the Customer form. It shows what the server worked out and decides nothing itself.
frappe.ui.form.on("Customer", {
	refresh(frm) {
		if (frm.is_new()) return;
		frappe
			.call({ method: "customer_tiering.api.get_grade", args: { customer: frm.doc.name }, type: "GET" })
			.then(({ message: grade }) => {
				if (grade && grade.policy && !frm.is_new() && frm.doc.name === grade.customer) {
					new TierPanel(frm, grade).show();
				}
			});
	},
});

class TierPanel {
	constructor(frm, grade) {
		this.frm = frm;
		this.grade = grade;
		this.why = grade.explanation;
	}

	show() {
		// At the top of the first tab: seen as soon as the form opens, on both hosts.
		const form = this.frm.layout.wrapper;
		form.find(".customer-tier-panel").remove();
		this.badge();
		const section = $(
			`<div class="customer-tier-panel">${this.style()}
				<section>${this.tier()}${this.ladder()}${this.reasons()}</section>
				<section>${this.outlook()}</section>
				<section>${this.year()}${this.footer()}</section>
				${this.timeline()}
			</div>`
		).prependTo(form.find(".tab-pane").first());
		section.find("[data-action=override]").on("click", () => this.override_dialog());
		section.find("[data-action=end-override]").on("click", () => this.end_override());
		section.find("[data-action=changes]").on("click", () => this.open_changes());
		section.find("[data-action=documents]").on("click", (e) => this.open_documents(e));
		section.find("[data-month]").on("click", (e) => this.open_month($(e.currentTarget).data("month")));
	}

	badge() {
		const page = this.frm.page;
		page.wrapper.find(".customer-tier-badge").remove();
		// The tier itself is the form's own indicator, as in the list.
		const badges = [];
		if (this.grade.lifecycle_stage) {
			badges.push([__(this.grade.lifecycle_stage), STAGE_COLORS[this.grade.lifecycle_stage] || "gray"]);
		}
		if (this.grade.rfm_segment) badges.push([__(this.grade.rfm_segment), "gray"]);
		page.wrapper
			.find(".page-head .title-area .title-text")
			.parent()
			.append(
				badges
					.map(([text, color]) => `<span class="customer-tier-badge">${pill(text, color)}</span>`)
					.join("")
			);
	}

	name(tier = this.grade.tier) {
		return tier ? __(tier) : __("Unrated");
	}

	tier() {
		const facts = [];
		if (this.grade.tier_since) facts.push(__("since {0}", [day(this.grade.tier_since)]));
		if (this.why.score !== null) facts.push(__("score {0}", [`<b>${number(this.grade.score)}</b>`]));
		const pending = this.grade.pending
			? `<div class="note">${__("There is news about this customer: the grade follows shortly.")}</div>`
			: "";
		return `<h6>${__("Tier")}</h6><span class="big">${text(this.name())}</span>
			<span class="text-muted">${facts.join(" · ")}</span>${pending}`;
	}

	ladder() {
		if (this.why.score === null) return "";
		const rungs = this.grade.ladder;
		const spans = rungs.map((rung, i) => {
			const end = i + 1 < rungs.length ? rungs[i + 1].min_score : 100;
			const width = Math.max(end - rung.min_score, 0);
			const [name, from] = [text(__(rung.name)), rung.min_score ? number(rung.min_score, 0) : ""];
			return `<div style="width:${width}%"><i style="background:var(--${shade(rung.color)})"></i>
				<span title="${name} ${from}"><em>${name}</em><em>${from}</em></span></div>`;
		});
		return `<div class="ladder">${spans.join("")}<b style="left:${this.why.score}%"></b></div>`;
	}

	reasons() {
		const rows = this.why.rules.map((rule) => {
			const value = rule.missing
				? `<span class="text-muted">${__("not known")}</span>`
				: rule.metric
				? `<a data-action="documents" data-days="${rule.window_days || ""}">${this.value(rule)}</a>`
				: text(__(this.grade.lifecycle_stage));
			return `<tr><td>${text(__(rule.rule))}</td><td class="n">${value}</td>
				<td><div class="bar"><i style="width:${rule.points}%"></i></div></td>
				<td class="n">${number(rule.points, 0)} × ${number(rule.share * 100, 0)} %</td></tr>`;
		});
		if (!rows.length) return `<p class="text-muted">${this.unrated()}</p>`;
		return `<table><tr class="text-muted"><td>${__("Why")}</td><td></td><td></td>
			<td class="n">${__("points × weight")}</td></tr>${rows.join("")}</table>${this.limits()}`;
	}

	unrated() {
		return this.grade.first_purchase
			? __("No rule of the published policy is about this customer.")
			: __("This customer has not purchased anything yet.");
	}

	limits() {
		const floors = this.why.floors.map((one) =>
			__("At least {0}, by rule {1}.", [bold(this.name(one.tier)), text(__(one.rule))])
		);
		const caps = this.why.caps.map((one) =>
			__("At most {0}, by rule {1}.", [bold(this.name(one.tier)), text(__(one.rule))])
		);
		return [...floors, ...caps].map((line) => `<div class="note">${line}</div>`).join("");
	}

	outlook() {
		const notes = [...this.override_note(), ...this.held_note(), ...this.above_note(), ...this.service_note()];
		return `<h6>${__("What comes")}</h6>${notes.join("") || `<p class="text-muted">${__("Nothing is due.")}</p>`}`;
	}

	override_note() {
		const one = this.why.override;
		if (!one) return [];
		const sentence = {
			Exact: __("{0} by decision", [bold(this.name(one.tier))]),
			"At Least": __("At least {0} by decision", [bold(this.name(one.tier))]),
			"At Most": __("At most {0} by decision", [bold(this.name(one.tier))]),
		}[one.mode];
		const until = one.until ? __("until {0}", [day(one.until)]) : __("without an end date");
		return [note("blue", `${sentence} <span class="text-muted">${until}</span>`, text(one.reason || ""))];
	}

	held_note() {
		const held = this.why.held;
		if (!held) return this.silence_note();
		const ways = held.ways.map((way) => this.way(way));
		const lines = ways.length ? [__("What would keep it:"), ...ways] : [];
		return [
			note(
				"red",
				`<b>${__("Falls to {0} on {1}", [text(this.name(held.falls_to)), day(held.until)])}</b>`,
				[...lines, this.silence()].join("<br>")
			),
		];
	}

	silence_note() {
		const quiet = ["At Risk", "Lost"].includes(this.grade.lifecycle_stage);
		return quiet ? [note("red", `<b>${text(__(this.grade.lifecycle_stage))}</b>`, this.silence())] : [];
	}

	silence() {
		if (!this.grade.last_purchase) return "";
		const days = frappe.datetime.get_day_diff(this.why.as_of, this.grade.last_purchase);
		return __("Last purchase {0} ago; the usual gap is {1}.", [days_of(days), days_of(this.why.usual_gap)]);
	}

	above_note() {
		const above = this.why.above;
		if (!above || above.points <= 0) return [];
		const ways = above.ways.map((way) => this.way(way));
		return [
			note(
				"orange",
				`<b>${__("{0} is {1} points away", [text(this.name(above.tier)), number(above.points)])}</b>`,
				ways.join("<br>")
			),
		];
	}

	way(way) {
		const now = this.why.rules.find((rule) => rule.rule === way.rule).value;
		const [rule, enough] = [text(__(way.rule)), this.value(way)];
		return way.value < now
			? __("{0}: {1} or less would do it.", [rule, enough])
			: __("{0}: {1} would do it, {2} more.", [rule, enough, this.value({ ...way, value: way.value - now })]);
	}

	service_note() {
		const service = this.grade.service;
		if (!service) return [];
		const lines = [service.strategy, service.benefits].filter(Boolean).map((line) => text(__(line)));
		if (service.contact_every_days) {
			lines.push(__("Contact every {0}.", [days_of(service.contact_every_days)]));
		}
		return lines.length
			? [note("green", `<b>${__("Service for {0}", [text(this.name())])}</b>`, lines.join("<br>"))]
			: [];
	}

	year() {
		const months = this.grade.months;
		const top = Math.max(...months.map((m) => Math.max(m.sold, -m.returned)), 1);
		const bars = months.map((m, i) => {
			const up = (m.sold / top) * 48;
			const down = (-m.returned / top) * 16;
			const amounts = [strip(this.money(m.sold)), m.returned ? strip(this.money(m.returned)) : ""];
			const label = `${month_name(m.month)}: ${amounts.join(" ")}`;
			return `<g data-month="${m.month}"><title>${text(label)}</title>
				<rect class="month" x="${i * 20}" y="0" width="20" height="70"></rect>
				<rect class="sold" x="${i * 20 + 3}" y="${52 - up}" width="14" height="${up}"></rect>
				<rect class="back" x="${i * 20 + 3}" y="52" width="14" height="${down}"></rect></g>`;
		});
		const sum = months.reduce((total, m) => total + m.sold + m.returned, 0);
		return `<h6>${__("Twelve months")} · <b>${strip(this.money(sum))}</b></h6>
			<svg viewBox="0 0 240 70" role="img" aria-label="${__("Revenue by month")}">${bars.join("")}
			<line x1="0" y1="52" x2="240" y2="52"></line></svg>
			<div class="ends"><span>${month_name(months[0].month)}</span>
			<span>${month_name(months[months.length - 1].month)}</span></div>`;
	}

	// What was held, day by day, with the score above it, and the latest changes with their reasons.
	timeline() {
		const changes = [...this.grade.changes].reverse();
		if (!changes.length) return "";
		return `<section class="timeline"><h6>${__("Tier and score over time")}</h6>
			${this.band(changes)}${this.latest()}</section>`;
	}

	band(changes) {
		const today = this.why.as_of;
		const first = changes[0].from_tier || changes[0].from_stage ? this.grade.since : changes[0].as_of;
		const begin = [first, this.grade.since].sort()[1];
		const days = Math.max(frappe.datetime.get_day_diff(today, begin), 1);
		const at = (date) => Math.max((frappe.datetime.get_day_diff(date, begin) / days) * 100, 0);
		const ends = [...changes.slice(1).map((change) => change.as_of), today];
		const stays = changes.map((change, i) => ({ ...change, from: at(change.as_of), to: at(ends[i]) }));
		if (stays[0].from > 0) stays.unshift({ to_tier: changes[0].from_tier, from: 0, to: stays[0].from });
		const seen = stays.filter((stay) => stay.to > stay.from || stay === stays[stays.length - 1]);
		const color = (tier) => {
			const rung = this.grade.ladder.find((one) => one.name === tier);
			return rung ? `var(--${shade(rung.color)})` : "var(--gray-200)";
		};
		const bands = seen.map(
			(stay) =>
				`<i style="left:${stay.from}%;width:${stay.to - stay.from}%;background:${color(stay.to_tier)}" title="${text(
					this.name(stay.to_tier)
				)}"></i>`
		);
		const marks = changes
			.filter((change) => change.as_of >= begin)
			.map((change) => {
				const label = `${day(change.as_of)} · ${strip(this.move(change))}`;
				return `<b style="left:${at(change.as_of)}%" title="${text(label)}"></b>`;
			});
		return `<div class="course">${this.course(seen)}<div class="band">${bands.join("")}${marks.join("")}</div>
			<div class="ends"><span>${day(begin)}</span><span>${day(today)}</span></div></div>`;
	}

	// The score as a line of steps: the log has it at each change, and today's is known.
	course(stays) {
		const known = stays.filter((stay) => stay.score !== undefined && stay.score !== null);
		if (!known.length) return "";
		const height = (score) => 38 - (Math.min(Math.max(score, 0), 100) / 100) * 36;
		const steps = known.map((stay) => `${stay.from * 10},${height(stay.score)} ${stay.to * 10},${height(stay.score)}`);
		const now = this.why.score === null ? "" : ` 1000,${height(this.why.score)}`;
		return `<svg class="score" viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label="${__(
			"Score over time"
		)}"><polyline points="${steps.join(" ")}${now}"></polyline></svg>`;
	}

	latest() {
		const rows = this.grade.changes.slice(0, 3).map((change) => {
			const form = frappe.utils.get_form_link("Tier Change", change.name, true, day(change.as_of));
			return `<tr><td class="nowrap">${form}</td><td class="nowrap">${this.move(change)}</td>
				<td class="n">${number(change.score)}</td>
				<td class="text-muted">${[this.cause(change), ...this.moved_by(change)].join(" · ")}</td></tr>`;
		});
		return `<table><tr class="text-muted"><td>${__("Date")}</td><td>${__("What changed")}</td>
			<td class="n">${__("Score")}</td><td>${__("Why")}</td></tr>${rows.join("")}</table>`;
	}

	move(change) {
		const moves = [];
		if (change.from_tier !== change.to_tier) {
			const after = `<b>${text(this.name(change.to_tier))}</b>`;
			const is_first = !change.from_tier && !change.from_stage;
			moves.push(is_first ? after : `${text(this.name(change.from_tier))} → ${after}`);
		}
		if (change.from_stage !== change.to_stage && change.to_stage) {
			const before = change.from_stage ? `${text(__(change.from_stage))} → ` : "";
			moves.push(`${before}${text(__(change.to_stage))}`);
		}
		return moves.join(", ");
	}

	cause(change) {
		const link =
			change.reference_doctype && change.reference_doctype !== "Customer Score" && change.reference_name
				? frappe.utils.get_form_link(
						change.reference_doctype,
						change.reference_name,
						true,
						text(change.reference_name)
				  )
				: "";
		if (change.cause === "Policy" && link) return __("new policy {0}", [link]);
		if (link) return link;
		const causes = {
			"First Grade": __("first grade"),
			Time: __("time went by"),
			Population: __("other customers changed"),
			Override: __("override"),
			Manual: __("graded again by hand"),
		};
		return causes[change.cause] || text(__(change.cause || ""));
	}

	// Which rules moved the score: Orders in a year 12 → 9.
	moved_by(change) {
		return change.rules.map((one) => {
			const rule = this.why.rules.find((known) => known.rule === one.rule);
			const shown = (value) =>
				value === null || value === undefined
					? __("not known")
					: rule
					? this.value({ ...rule, value })
					: number(value);
			return `${text(__(one.rule))} ${shown(one.before)} → ${shown(one.after)}`;
		});
	}

	footer() {
		const links = [`<a data-action="changes">${__("All changes")}</a>`];
		if (this.grade.may_override) {
			links.push(`<a data-action="override">${__("Override…")}</a>`);
			if (this.why.override) links.push(`<a data-action="end-override">${__("End override")}</a>`);
		}
		links.push(
			`<span class="text-muted whole">${__("as of {0}, policy {1}", [
				day(this.why.as_of),
				text(this.grade.policy),
			])}</span>`
		);
		return `<small>${links.join(" · ")}</small>`;
	}

	value(one) {
		if (one.unit === "currency") return this.money(one.value);
		if (one.unit === "percent") return `${number(one.value, 1)} %`;
		if (one.unit === "days") return days_of(one.value);
		return number(one.value, 0);
	}

	money(amount) {
		const shown = format_currency(amount, this.grade.currency, Math.abs(amount) >= 1000 ? 0 : 2);
		return shown.replaceAll(" ", "\u00a0"); // a line does not end between an amount and its currency
	}

	open_changes() {
		frappe.set_route("List", "Tier Change", { customer: this.frm.doc.name });
	}

	open_documents(event) {
		const days = $(event.currentTarget).data("days");
		const filters = { customer: this.frm.doc.name, docstatus: 1 };
		if (days) filters.posting_date = [">", frappe.datetime.add_days(this.why.as_of, -days)];
		frappe.set_route("List", "Sales Invoice", filters);
	}

	open_month(month) {
		const last = moment(`${month}-01`).endOf("month").format("YYYY-MM-DD");
		frappe.set_route("List", "Sales Invoice", {
			customer: this.frm.doc.name,
			docstatus: 1,
			posting_date: ["between", [`${month}-01`, last]],
		});
	}

	override_dialog() {
		const dialog = new frappe.ui.Dialog({
			title: __("Override the tier of {0}", [text(this.frm.doc.customer_name)]),
			fields: [
				{
					fieldname: "mode",
					fieldtype: "Select",
					label: __("Override Mode"),
					options: this.grade.modes.map((mode) => ({ value: mode, label: __(mode) })),
					default: "At Least",
					reqd: 1,
				},
				{
					fieldname: "tier",
					fieldtype: "Select",
					label: __("Tier"),
					options: [...this.grade.ladder]
						.reverse()
						.map((rung) => ({ value: rung.name, label: __(rung.name) })),
					reqd: 1,
				},
				{ fieldname: "until", fieldtype: "Date", label: __("Until"), description: __("Empty: no end.") },
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
			],
			primary_action_label: __("Override"),
			primary_action: (values) => {
				this.post("set_override", values).then(() => dialog.hide());
			},
		});
		dialog.show();
	}

	end_override() {
		frappe.confirm(__("End the override? The customer goes to the tier that has been earned, at once."), () =>
			this.post("end_override", {})
		);
	}

	post(method, args) {
		return frappe
			.call({
				method: `customer_tiering.api.${method}`,
				type: "POST",
				args: { customer: this.frm.doc.name, ...args },
				freeze: true,
			})
			.then(() => this.frm.reload_doc());
	}

	style() {
		return `<style>
			.customer-tier-panel{display:grid;grid-template-columns:minmax(0,1.3fr) minmax(0,1fr) minmax(0,.9fr);
				padding:14px 20px;border-bottom:1px solid var(--border-color)}
			.customer-tier-panel>section{padding:0 18px}
			.customer-tier-panel>section:first-of-type{padding-left:0}
			.customer-tier-panel>section+section{border-left:1px solid var(--border-color)}
			@media(max-width:991px){.customer-tier-panel{grid-template-columns:1fr}
				.customer-tier-panel>section,.customer-tier-panel>section+section{border:0;padding:8px 0}}
			.customer-tier-panel h6{color:var(--text-muted);font-weight:500;margin:0 0 8px}
			.customer-tier-panel .big{font-size:24px;font-weight:600;margin-right:6px}
			.customer-tier-panel .ladder{position:relative;display:flex;margin:12px 0 10px}
			.customer-tier-panel .ladder div{min-width:0}
			.customer-tier-panel .ladder i{display:block;height:8px}
			.customer-tier-panel .ladder div:first-child i{border-radius:4px 0 0 4px}
			.customer-tier-panel .ladder div:last-of-type i{border-radius:0 4px 4px 0}
			.customer-tier-panel .ladder span{display:flex;flex-wrap:wrap;column-gap:.3em;font-size:11px;color:var(--text-muted);margin-top:3px}
			.customer-tier-panel .ladder em{font-style:normal;max-width:100%;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
			.customer-tier-panel .ladder b{position:absolute;top:-5px;width:3px;height:18px;margin-left:-1px;border-radius:2px;background:var(--text-color)}
			.customer-tier-panel table{width:100%}
			.customer-tier-panel td{padding:3px 6px 3px 0;vertical-align:top}
			.customer-tier-panel .nowrap{white-space:nowrap}.customer-tier-panel .whole{display:inline-block}
			.customer-tier-panel td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
			.customer-tier-panel .bar{height:6px;border-radius:3px;background:var(--bg-light-gray,var(--gray-100));min-width:40px;margin-top:7px}
			.customer-tier-panel .bar i{display:block;height:6px;border-radius:3px;background:var(--blue-400,#4a9df2)}
			.customer-tier-panel a{cursor:pointer;text-decoration:underline;text-decoration-color:var(--border-color)}
			.customer-tier-panel .note{border-left:3px solid var(--border-color);padding-left:10px;margin:6px 0 10px}
			.customer-tier-panel .note small{display:block;color:var(--text-muted)}
			.customer-tier-panel .note.red{border-color:var(--red-500)}.customer-tier-panel .note.orange{border-color:var(--orange-500)}
			.customer-tier-panel .note.green{border-color:var(--green-500)}.customer-tier-panel .note.blue{border-color:var(--blue-500)}
			.customer-tier-panel svg{width:100%;max-width:280px;height:auto}
			.customer-tier-panel .sold{fill:var(--blue-400,#9ec5ee)}.customer-tier-panel .back{fill:var(--red-400,#e79b9b)}
			.customer-tier-panel .month{fill:transparent;cursor:pointer}.customer-tier-panel g:hover .month{fill:var(--bg-light-gray,var(--gray-100))}
			.customer-tier-panel .ends{display:flex;justify-content:space-between;font-size:11px;color:var(--text-muted);max-width:280px}
			.customer-tier-panel .ends{margin-bottom:6px}.customer-tier-panel .timeline .ends{max-width:none}
			.customer-tier-panel>section.timeline{grid-column:1/-1;border-left:0;border-top:1px solid var(--border-color);padding:12px 0 0;margin-top:14px}
			.customer-tier-panel .timeline table{margin-top:8px;font-size:12px}
			.customer-tier-panel .timeline td{padding-right:18px}.customer-tier-panel .timeline td:last-child{width:60%}
			.customer-tier-panel svg.score{display:block;max-width:none;height:40px}
			.customer-tier-panel .score polyline{fill:none;stroke:var(--text-muted);stroke-width:1.5;vector-effect:non-scaling-stroke}
			.customer-tier-panel .band{position:relative;height:10px;border-radius:5px;overflow:hidden;background:var(--gray-200)}
			.customer-tier-panel .band i{position:absolute;top:0;height:10px}
			.customer-tier-panel .band b{position:absolute;top:0;width:2px;height:10px;margin-left:-1px;background:var(--text-color)}
			.customer-tier-panel line{stroke:var(--border-color)}
		</style>`;
	}
}

const STAGE_COLORS = {
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

const text = (value) => frappe.utils.escape_html(String(value === null || value === undefined ? "" : value));
const strip = (html) => $("<div>").html(html).text();
const bold = (value) => `<b>${text(value)}</b>`;
const number = (value, decimals) =>
	format_number(value, null, decimals === undefined ? (Number.isInteger(value) ? 0 : 1) : decimals);
const days_of = (value) => (Math.round(value) === 1 ? __("1 day") : __("{0} days", [number(value, 0)]));
const month_name = (month) =>
	new Date(`${month}-15`).toLocaleDateString(frappe.boot.lang || "en", { year: "numeric", month: "short" });
const day = (value) => frappe.datetime.str_to_user(value);
const shade = (color) => (color === "Light Blue" ? "blue-200" : `${color.toLowerCase()}-300`);
const pill = (label, color) =>
	`<span class="indicator-pill no-indicator-dot whitespace-nowrap ${color}" style="margin-left:6px"><span>${text(
		label
	)}</span></span>`;
const note = (color, head, more) =>
	`<div class="note ${color}">${head}${more ? `<small>${more}</small>` : ""}</div>`;
