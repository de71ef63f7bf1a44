// What comes: a decision over the tier, a fall or a rise that is due, a margin, the next tier and the way there, the tier's service.
frappe.provide("tiering");

// The smallest amount that an order can have: then any does.
tiering.LEAST_ORDER = 0.01;

tiering.Outlook = class {
	constructor(grade) {
		this.grade = grade;
		this.why = grade.explanation;
	}

	markup() {
		return tiering.html`<h6>${__("What comes")}</h6>${this.grade.disabled ? this.standstill() : this.notes()}`;
	}

	// No order and no day moves who is disabled.
	standstill() {
		return tiering.html`<p class="text-muted">${__("A disabled customer keeps the last grade. Once enabled, grading goes on.")}</p>`;
	}

	notes() {
		const due = [...this.override(), ...this.fall(), ...this.margin(), ...this.rise(), ...this.above()];
		const notes = [...due, ...this.first(), ...this.chance(), ...this.service()];
		const nothing = tiering.html`<p class="text-muted">${__("Nothing is due.")}</p>`;
		return tiering.html`${notes.length ? notes : nothing}${this.review()}`;
	}

	note(color, head, lines) {
		const more = lines.length ? tiering.html`<small>${tiering.joined(lines, "<br>")}</small>` : "";
		return tiering.html`<div class="note ${color}">${head}${more}</div>`;
	}

	override() {
		const one = this.why.override;
		if (!one) return [];
		const sentence = {
			Exact: __("{0} by decision"),
			"At Least": __("At least {0} by decision"),
			"At Most": __("At most {0} by decision"),
		}[one.mode];
		const decision = tiering.sentence(sentence, tiering.bold(tiering.tier_label(one.tier)));
		const until = one.until ? __("until {0}", [tiering.day(one.until)]) : __("without an end date");
		const head = tiering.html`${decision} <span class="text-muted">${until}</span>`;
		return [this.note("blue", head, one.reason ? [one.reason] : [])];
	}

	fall() {
		const held = this.why.held;
		if (!held) return this.quiet();
		const head = __("Falls to {0} on {1}", [tiering.tier_label(held.falls_to), tiering.day(held.until)]);
		const lines = this.grade.orders ? [this.staying()] : [];
		if (held.by === "review") lines.unshift(__("Until then nobody falls: it is the next review."));
		return [this.note("red", tiering.bold(head), [...lines, ...this.silence()])];
	}

	margin() {
		const margin = this.why.margin;
		if (!margin || margin.down_to === null) return [];
		const head = __("Stays {0} down to {1} points", [tiering.tier_label(margin.tier), tiering.number(margin.down_to)]);
		return [this.note("orange", tiering.bold(head), [__("The score is below what the tier asks, and within the margin.")])];
	}

	rise() {
		const rising = this.why.rising;
		if (!rising) return [];
		const head = __("{0} from {1}, if it stays", [tiering.tier_label(rising.rises_to), tiering.day(rising.until)]);
		const line = {
			review: __("The score is high enough. Until then nobody rises: it is the next review."),
			rise: __("The score is high enough, and has to stay so until then."),
		}[rising.by];
		return [this.note("green", tiering.bold(head), [line])];
	}

	review() {
		const day = this.why.next_review;
		return day ? tiering.html`<p class="text-muted">${__("Next review: {0}", [tiering.day(day)])}</p>` : "";
	}

	quiet() {
		const stage = this.grade.lifecycle_stage;
		const is_quiet = ["At Risk", "Lost"].includes(stage);
		return is_quiet ? [this.note("red", tiering.bold(tiering.stage_told(stage)), this.silence())] : [];
	}

	silence() {
		if (!this.grade.last_purchase) return [];
		const days = frappe.datetime.get_day_diff(this.why.as_of, this.grade.last_purchase);
		const gaps = [tiering.days(days), tiering.days(this.why.usual_gap)];
		return this.why.own_gap
			? [__("Last purchase {0} ago; the usual gap is {1}.", gaps)]
			: [__("Last purchase {0} ago. With fewer than three purchase days, {1} are taken as the usual gap.", gaps)];
	}

	// Only where there is a forecast, and to whoever may see what it was made from. A day or two are no rhythm.
	chance() {
		const one = this.grade.forecast;
		if (!one) return [];
		const said = [tiering.percent(one.chance, 0), tiering.days(one.horizon)];
		const [silent, gap, days] = [one.silent_days, one.usual_gap, one.days].map((count) => tiering.days(count));
		const has_rhythm = one.usual_gap !== null;
		const today = has_rhythm
			? __("{0} chance of an order in the next {1}: ordered today, usually every {2}.", [...said, gap])
			: __("{0} chance of an order in the next {1}: ordered today, on {2} so far.", [...said, days]);
		const before = has_rhythm
			? __("{0} chance of an order in the next {1}: silent for {2}, usually orders every {3}.", [...said, silent, gap])
			: __("{0} chance of an order in the next {1}: silent for {2}, ordered on {3} so far.", [...said, silent, days]);
		return [tiering.html`<div class="note"><small>${one.silent_days ? before : today}</small></div>`];
	}

	above() {
		const above = this.why.above;
		if (!above || !(above.points > 0)) return []; // none where nobody is that good
		const step = [tiering.tier_label(above.tier), tiering.number(above.points)];
		const head = __("{0} is {1} points away", step);
		return [this.note("orange", tiering.bold(head), this.orders(above.ways))];
	}

	// What one order today would do to the tier; where none would, each rule that alone would.
	orders(ways) {
		if (!this.grade.orders) return [];
		const { reach } = this.grade.orders;
		if (reach.length) return reach.map((one) => this.order(one));
		return [__("By the cut points of today no single order would do it."), ...ways.map((way) => this.way(way))];
	}

	order({ tier, amount, on }) {
		const label = tiering.tier_label(tier);
		const [least, day] = [this.amount(amount), tiering.day(on)];
		if (on > this.why.as_of) {
			return amount <= tiering.LEAST_ORDER
				? __("Any order today leads to {0} on {1}, if it stays so.", [label, day])
				: __("An order of {0} or more today leads to {1} on {2}, if it stays so.", [least, label, day]);
		}
		return amount <= tiering.LEAST_ORDER
			? __("Any order today leads to {0}.", [label])
			: __("An order of {0} or more today leads to {1}.", [least, label]);
	}

	staying() {
		const { stay } = this.grade.orders;
		const label = tiering.tier_label(this.why.tier);
		if (stay === null) return __("By the cut points of today no single order would keep {0}.", [label]);
		return stay <= tiering.LEAST_ORDER
			? __("Any order before then keeps {0}.", [label])
			: __("An order of {0} or more before then keeps {1}.", [this.amount(stay), label]);
	}

	// To the last digit: a little less would not do.
	amount(value) {
		return tiering.money(value, this.grade.currency, 2);
	}

	// Before the first purchase.
	first() {
		const steps = {
			Prospect: __("Nothing is open. To win the first purchase, make an opportunity or a quotation."),
			Engaged: __("An opportunity or a quotation is open. To win the first purchase, follow it up."),
		};
		const step = steps[this.grade.lifecycle_stage];
		return step ? [this.note("blue", tiering.bold(__("Not purchased yet")), [step])] : [];
	}

	way(way) {
		const now = this.why.rules.find((rule) => rule.rule === way.rule).value;
		const [rule, enough] = [tiering.rule_label(way.rule), this.value(way)];
		if (way.value < now) return __("{0}: {1} or less would do it.", [rule, enough]);
		const more = this.value({ ...way, value: way.value - now });
		return __("{0}: {1} would do it, {2} more.", [rule, enough, more]);
	}

	value(one) {
		return tiering.value(one, this.grade.currency);
	}

	service() {
		const service = this.grade.service || {};
		const lines = [service.strategy, service.benefits].filter(Boolean).map((line) => tiering.named(line, "Customer Tier"));
		lines.push(...this.contact());
		const head = __("Service for {0}", [tiering.tier_label(this.grade.tier)]);
		return lines.length ? [this.note("green", tiering.bold(head), lines)] : [];
	}

	// How often, when last and when next; below it what a person can do about it.
	contact() {
		const one = this.grade.contact;
		if (!one.every && !one.last) return [];
		const lines = one.every ? [__("Contact every {0}.", [tiering.days(one.every)])] : [];
		lines.push(...this.last_contact(one), ...this.next_contact(one), ...this.agreed(one));
		if (!one.may_act) return lines;
		const deeds = [
			tiering.html`<a data-action="log-contact">${__("Log a contact…")}</a>`,
			tiering.html`<a data-action="agree">${__("Agree on contacts…")}</a>`,
		];
		return [...lines, tiering.joined(deeds.map(tiering.apart), " ")];
	}

	last_contact(one) {
		if (!one.last) return [__("No contact on record.")];
		const ago = tiering.days(frappe.datetime.get_day_diff(this.why.as_of, one.last));
		return [one.own ? __("Last contact {0} ago, by you.", [ago]) : __("Last contact {0} ago, by {1}.", [ago, one.by])];
	}

	next_contact(one) {
		const due = tiering.bold(one.due ? tiering.day(one.due) : "");
		const late = tiering.days(one.due ? frappe.datetime.get_day_diff(this.why.as_of, one.due) : 0);
		return {
			None: [],
			Paused: [tiering.sentence(__("Next contact on {0}, after a pause."), due)],
			"On Track": [tiering.sentence(__("Next contact on {0}."), due)],
			"Due Soon": [tiering.sentence(__("Next contact on {0}."), due)],
			Due: [tiering.bold(__("Contact due today"))],
			Overdue: [tiering.bold(__("Contact overdue by {0}", [late]))],
			"Never Contacted": [tiering.bold(__("A first contact is due"))],
		}[one.state];
	}

	agreed({ agreed }) {
		if (!agreed) return [];
		const until = agreed.until ? tiering.day(agreed.until) : "";
		const interval = until ? __("Agreed: every {0}, until {1}.", [tiering.days(agreed.days), until]) : __("Agreed: every {0}.", [tiering.days(agreed.days)]);
		return [agreed.days ? interval : "", agreed.reason || ""].filter(Boolean);
	}
};
