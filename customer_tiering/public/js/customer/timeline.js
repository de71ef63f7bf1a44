// What was held, day by day, with the score above it, and the latest changes with their reasons.
frappe.provide("tiering");

tiering.Timeline = class {
	constructor(grade) {
		this.grade = grade;
		this.why = grade.explanation;
		this.changes = [...grade.changes].reverse();
	}

	markup() {
		if (!this.changes.length) return "";
		const since = __("Tier and score since {0}", [tiering.day(this.begin())]);
		return tiering.html`<section class="timeline"><h6>${since}</h6>
			${this.course()}${this.latest()}</section>`;
	}

	course() {
		const [begin, today] = [this.begin(), this.why.as_of];
		const days = Math.max(frappe.datetime.get_day_diff(today, begin), 1);
		const at = (date) => Math.max((frappe.datetime.get_day_diff(date, begin) / days) * 100, 0);
		const stays = this.stays(at, today);
		const marks = this.changes.filter((change) => change.as_of >= begin);
		return tiering.html`<div class="course">${this.score(stays)}
			<div class="band">${stays.map((stay) => this.stay(stay))}${marks.map((one) => this.mark(one, at))}</div>
			<div class="ends"><span>${tiering.day(begin)}</span><span>${begin < today ? tiering.day(today) : ""}</span></div></div>`;
	}

	// A year ago, or with the first grade ever.
	begin() {
		const first = this.changes[0];
		const since = first.from_tier || first.from_stage ? this.grade.since : first.as_of;
		return [since, this.grade.since].sort()[1];
	}

	stays(at, today) {
		// All of it happened today: there is no length to divide.
		if (this.begin() >= today) return [{ ...this.changes[this.changes.length - 1], from: 0, to: 100 }];
		const ends = [...this.changes.slice(1).map((change) => change.as_of), today];
		const starts = this.changes.map((change) => at(change.as_of));
		const stays = this.changes.map((change, i) => ({ ...change, from: starts[i], to: at(ends[i]) }));
		if (stays[0].from > 0) {
			stays.unshift({ to_tier: this.changes[0].from_tier, from: 0, to: stays[0].from });
		}
		return stays.filter((stay) => stay.to > stay.from || stay === stays[stays.length - 1]);
	}

	stay({ to_tier: tier, from, to }) {
		const rung = this.grade.ladder.find((one) => one.name === tier);
		// A tier of a former policy has its colour still, if it is there.
		const color = rung || frappe.boot.customer_tier_colors?.[tier];
		const shade = color ? tiering.shade(rung || { color }) : "var(--gray-200)";
		return tiering.html`<i style="--from: ${from}%; --length: ${to - from}%; --color: ${shade}"
			title="${tiering.tier_label(tier)}"></i>`;
	}

	mark(change, at) {
		const moved = frappe.utils.html2text(this.move(change).toString());
		const title = `${tiering.day(change.as_of)} · ${moved}`;
		return tiering.html`<b style="--from: ${at(change.as_of)}%" title="${title}"></b>`;
	}

	// The score as a line of steps: the log has it at each change, and today's is known.
	score(stays) {
		const known = stays.filter((stay) => stay.to_tier && stay.score !== undefined && stay.score !== null);
		if (!known.length) return "";
		const height = (score) => 38 - (Math.min(Math.max(score, 0), 100) / 100) * 36;
		const points = known.map(
			({ from, to, score }) => `${from * 10},${height(score)} ${to * 10},${height(score)}`
		);
		if (this.why.score !== null) points.push(`1000,${height(this.why.score)}`);
		return tiering.html`<svg class="score" viewBox="0 0 1000 40" preserveAspectRatio="none" role="img"
			aria-label="${__("Score over time")}"><polyline points="${points.join(" ")}"></polyline></svg>`;
	}

	latest() {
		const rows = this.grade.changes.slice(0, 3).map((change) => this.row(change));
		return tiering.html`<table><tr class="text-muted"><td>${__("Date")}</td><td>${__("What changed")}</td>
			<td class="n">${__("Score", null, "Customer Tiering")}</td><td>${__("Why")}</td></tr>${rows}</table>`;
	}

	row(change) {
		const why = tiering.joined([this.cause(change), ...this.moved_by(change)].map(tiering.apart), " ");
		const score = change.to_tier ? tiering.number(change.score) : "";
		const day = tiering.day(change.as_of);
		const date = this.grade.limited ? day : this.link("Tier Change", change.name, day);
		return tiering.html`<tr><td class="nowrap">${date}</td>
			<td class="nowrap">${this.move(change)}</td><td class="n">${score}</td>
			<td class="text-muted">${why}</td></tr>`;
	}

	// Whoever may not read it gets its name.
	link(doctype, name, label = name) {
		if (!frappe.model.can_read(doctype)) return label;
		return tiering.markup(frappe.utils.get_form_link(doctype, name, true, tiering.escaped(label)));
	}

	move(change) {
		const moves = [];
		if (change.from_tier !== change.to_tier) {
			const after = tiering.bold(tiering.tier_label(change.to_tier));
			const is_first = !change.from_tier && !change.from_stage;
			moves.push(is_first ? after : tiering.html`${tiering.tier_label(change.from_tier)} → ${after}`);
		}
		if (change.from_stage !== change.to_stage && change.to_stage) {
			const stages = [change.from_stage, change.to_stage].filter(Boolean).map(tiering.stage_label);
			moves.push(__("Stage: {0}", [stages.join(" → ")]));
		}
		return tiering.listed(moves);
	}

	cause(change) {
		const { reference_doctype: doctype, reference_name: name } = change;
		const is_himself = doctype === "Customer" && name === this.grade.customer;
		if (doctype && doctype !== "Customer Score" && name && !is_himself) {
			const link = this.link(doctype, name);
			return change.cause === "Policy" ? tiering.sentence(__("new policy {0}"), link) : link;
		}
		if (is_himself && !change.from_tier && !change.from_stage) return __("first grade");
		const causes = {
			"First Grade": __("first grade"),
			Time: __("time passed"),
			Population: __("other customers changed"),
			Override: __("override"),
			Customer: __("the customer's own data is new or changed"),
			Manual: __("graded again by hand"),
		};
		return causes[change.cause] || tiering.cause_label(change.cause || "");
	}

	// Which rules moved the score: Orders in a year 12 → 9.
	moved_by(change) {
		return change.rules.map((one) => {
			const rule = this.why.rules.find((known) => known.rule === one.rule);
			const [label, before, after] = [tiering.rule_label(one.rule), this.shown(rule, one.before), this.shown(rule, one.after)];
			if (before !== after) return `${label} ${before} → ${after}`;
			// The figure is the same, and worth something else: compared with others, or by another rule.
			const points = [one.points_before, one.points].map((value) => tiering.number(value, 0));
			return __("{0}: {1} → {2} points", [label, ...points]);
		});
	}

	shown(rule, value) {
		if (value === null || value === undefined) return __("not known");
		return rule ? tiering.value({ ...rule, value }, this.grade.currency) : tiering.number(value);
	}
};
